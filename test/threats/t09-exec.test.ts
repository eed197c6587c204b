/** What runs is what was approved, to the last byte, once, and before it expires. */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { groundsOf } from "../../src/lib/exec/allowlist.ts";
import { analyse, analyseText } from "../../src/lib/exec/analyse.ts";
import { bindingHash, type ExecBinding } from "../../src/lib/exec/binding.ts";
import { testKey } from "../devices/keys.ts";
import { connectClient, type Json, type ServerFrame, type TestClient } from "../gateway/client.ts";
import { sequence } from "../lib/sequence.ts";
import { answer, asked, connectNode, nodeId, startWithAdmin } from "../nodes/harness.ts";

const approved = {
  commandArgv: ["git", "push", "origin main"],
  cwd: "/srv/app",
  env: { CI: "1" },
  host: "node",
  nodeId,
  agentId: "main",
  sessionKey: "agent:main:main",
  resolvedPath: "/usr/bin/git",
};
const run = {
  command: approved.commandArgv,
  cwd: "/srv/app",
  env: { CI: "1" },
  agentId: "main",
  sessionKey: "agent:main:main",
  resolvedPath: "/usr/bin/git",
  runId: "r1",
  approved: true,
};

const key = testKey("k1");
const other = testKey("k2");

/** A gateway with a node, an agent that may ask, and an owner who says that word to its question. */
async function scene(decision: string) {
  const base = await startWithAdmin();
  const agent = await connectClient(base.url, { key, scopes: ["operator.admin"] });
  const node = await connectNode(base.url, { version: 3, commands: ["system.run"] });
  const asking = agent.call("exec.approval.request", { id: "r1", ...approved });
  await base.admin.event(({ event }) => event === "exec.approval.requested");
  await base.admin.call("exec.approval.resolve", { id: "r1", decision });
  await asking;
  const call = (client: TestClient, params: Json, more: Json = {}) =>
    client.call("node.invoke", { nodeId, command: "system.run", params, idempotencyKey: "k", ...more });
  const isRefused = async (calling: Promise<ServerFrame>) => {
    const { error } = await calling;
    expect(error).toMatchObject({ code: "INVALID_REQUEST", message: "approval required" });
    expect(node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
  };
  const isSent = async (calling: Promise<ServerFrame>) => {
    const { id, params } = await asked(node);
    await answer(node, id, { ok: true });
    expect((await calling).ok).toBe(true);
    return params as Json;
  };
  return {
    ...base,
    agent,
    node,
    call,
    isRefused,
    isSent,
    async [Symbol.asyncDispose]() {
      agent[Symbol.dispose]();
      node[Symbol.dispose]();
      await base[Symbol.asyncDispose]();
    },
  };
}

describe("threat(T09): an approval is for one execution", () => {
  test("exactly what was approved is sent, with the hash that the node compares", async () => {
    await using stage = await scene("allow-once");
    const sent = await stage.isSent(stage.call(stage.agent, run));
    const { env, cwd, agentId, sessionKey, resolvedPath } = run;
    const expiresAtMs = Number(sent["approvalExpiresAtMs"]);
    const binding = { argv: run.command, cwd, env, resolvedPath, nodeId, agentId, sessionKey, expiresAtMs };
    expect(sent).toEqual({
      ...run,
      approvalDecision: "allow-once",
      approvalHash: bindingHash(binding),
      approvalExpiresAtMs: expiresAtMs,
    });
    await stage.isRefused(stage.call(stage.agent, run));
  });

  test.each<[title: string, change: Json]>([
    ["another program", { command: ["rm", "push", "origin main"] }],
    ["one argument more", { command: [...run.command, "--force"] }],
    ["arguments cut in another way", { command: ["git", "push", "origin", "main"] }],
    ["a shell around it", { command: ["/bin/sh", "-c", "git push 'origin main'"] }],
    ["another folder", { cwd: "/srv/evil" }],
    ["no folder", { cwd: null }],
    ["a variable more", { env: { CI: "1", GIT_SSH_COMMAND: "evil" } }],
    ["a variable less", { env: {} }],
    ["a variable's value", { env: { CI: "0" } }],
    ["another agent", { agentId: "other" }],
    ["another session", { sessionKey: "agent:main:other" }],
    ["another binary", { resolvedPath: "/tmp/git" }],
    ["another question", { runId: "r2" }],
    ["no question", { runId: null }],
    ["a claim in another shape", { approved: "yes", runId: "r2" }],
    ["only the word", { approved: null, approvalDecision: "allow-always", runId: "r2" }],
  ])("refused, and not spent: %s", async (_title, change) => {
    await using stage = await scene("allow-once");
    await stage.isRefused(stage.call(stage.agent, { ...run, ...change }));
    await stage.isSent(stage.call(stage.agent, run));
  });

  test("not for another node, nor for another caller", async () => {
    await using stage = await scene("allow-once");
    using second = await connectNode(stage.url, { version: 3, key: other, commands: ["system.run"] });
    await stage.isRefused(stage.call(stage.agent, run, { nodeId: other.deviceId }));
    await stage.isRefused(stage.call(stage.admin, run));
    using stranger = await connectClient(stage.url, { key: testKey("k3"), scopes: ["operator.admin"] });
    await stage.isRefused(stage.call(stranger, run));
    expect(second.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
    await stage.isSent(stage.call(stage.agent, run));
  });

  test("not after its time, and not when the word was no", async () => {
    await using stage = await scene("allow-once");
    stage.clock.advance(150_001);
    await stage.isRefused(stage.call(stage.agent, run));
    await using denied = await scene("deny");
    await denied.isRefused(denied.call(denied.agent, run));
  });

  test("of fifty at once, one is sent", async () => {
    await using stage = await scene("allow-always");
    const calls = Array.from({ length: 50 }, () => stage.call(stage.agent, run));
    const { id } = await asked(stage.node);
    await answer(stage.node, id, { ok: true });
    const replies = await Promise.all(calls);
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
    expect(replies.filter(({ error }) => error?.message === "approval required")).toHaveLength(49);
    expect(stage.node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
  });

  test("an approval for this host is none for a node", async () => {
    await using stage = await scene("allow-once");
    const asking = stage.agent.call("exec.approval.request", { id: "r3", ...approved, host: "gateway" });
    await stage.admin.event(({ event, payload }) => event === "exec.approval.requested" && payload.id === "r3");
    await stage.admin.call("exec.approval.resolve", { id: "r3", decision: "allow-once" });
    await asking;
    await stage.isRefused(stage.call(stage.agent, { ...run, runId: "r3" }));
  });

  test("the hash changes with every field", () => {
    const binding: ExecBinding = {
      argv: ["a", "b"],
      cwd: "/",
      env: { X: "1" },
      resolvedPath: "/a",
      nodeId: "n",
      agentId: "m",
      sessionKey: "s",
      expiresAtMs: 1,
    };
    const changes: Partial<ExecBinding>[] = [
      { argv: ["a b"] },
      { argv: ["a", "b", ""] },
      { cwd: null },
      { env: {} },
      { env: { X: "1", Y: "" } },
      { resolvedPath: null },
      { nodeId: null },
      { agentId: "s", sessionKey: "m" },
      { sessionKey: null },
      { expiresAtMs: 2 },
    ];
    const hashes = [binding, ...changes.map((change) => ({ ...binding, ...change }))].map(bindingHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(bindingHash({ ...binding, env: { X: "1" } })).toBe(hashes[0] ?? "");
  });
});

describe("threat(T09): the list of allowed programs", () => {
  const trust = { allowlist: [{ pattern: "/usr/bin/**" }], skillBins: new Set<string>(), homeDir: "/" };
  const isAllowed = (argv: readonly string[]) => {
    const segments = analyse(argv)?.map((one) => ({ ...one, resolvedPath: `/usr/bin/${one.argv[0]}` }));
    return groundsOf(segments, trust) !== undefined;
  };

  test.each<[title: string, argv: string[]]>([
    ["a shell in a shell", ["sh", "-c", "sh -c ls"]],
    ["busybox as a shell", ["busybox", "sh", "-c", "ls"]],
    ["env as a wrapper", ["env", "X=1", "ls"]],
    ["env that splits", ["env", "-S", "sh -c ls"]],
    ["an interpreter with a text", ["python3", "-c", "1"]],
    ["a variable before it", ["sh", "-c", "X=1 ls"]],
    ["a line break", ["sh", "-c", "ls\nrm x"]],
    ["a carriage return", ["sh", "-c", "ls\rrm x"]],
    ["a substitution in quotes", ["sh", "-c", 'ls "$(rm x)"']],
    ["a backtick", ["sh", "-c", "ls `rm x`"]],
    ["a redirection", ["sh", "-c", "ls > /etc/passwd"]],
    ["a here document", ["sh", "-c", "ls <<X\nX"]],
    ["background", ["sh", "-c", "ls & rm x"]],
    ["a second text", ["sh", "-c", "ls", "-c", "rm x"]],
    ["a login shell with options", ["bash", "-lic", "ls"]],
    ["sudo", ["sudo", "ls"]],
    ["xargs behind a pipe", ["sh", "-c", "ls | xargs rm"]],
    ["find with exec", ["find", ".", "-exec", "rm", "{}", ";"]],
    ["a program behind awk", ["awk", 'BEGIN{system("rm x")}']],
    ["powershell", ["powershell.exe", "-EncodedCommand", "AAAA"]],
    ["no-break space", ["sh", "-c", "ls\u00a0-la"]],
  ])("never allows %s", (_title, argv) => {
    expect(isAllowed(argv)).toBe(false);
  });

  test("allows what is plain", () => {
    expect(isAllowed(["ls", "-la", "$(rm x)"])).toBe(true); // No shell sees it.
    expect(isAllowed(["sh", "-c", "ls -la | wc -l"])).toBe(true);
  });

  const folder = mkdtempSync(join(tmpdir(), "moltbot-exec-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("a line that is read at all is read as a real shell reads it", () => {
    const log = join(folder, "log");
    const stub = join(folder, "rec");
    writeFileSync(stub, `#!/bin/sh\n{ printf '%s\\0' "$@"; printf '\\n'; } >> '${log}'\n`);
    chmodSync(stub, 0o755);
    const random = sequence(9);
    const pick = (from: string) => from.charAt(Math.floor(random() * from.length));
    let read = 0;
    for (let round = 0; round < 4_000 && read < 250; round++) {
      const words = Array.from({ length: 1 + Math.floor(random() * 8) }, () => pick("ab='\"$ -/;&|*~\\#!{}(<,:@%+\n"));
      const text = `rec ${words.join("")}`;
      const segments = analyseText(text);
      if (!segments || segments.some(({ argv, operator }) => argv[0] !== "rec" || operator === "||")) continue;
      read++;
      writeFileSync(log, "");
      Bun.spawnSync(["/bin/sh", "-c", text], { env: { PATH: `${folder}:/usr/bin:/bin` }, cwd: folder });
      const ran = readFileSync(log, "utf8").split("\n").filter(Boolean);
      const wanted = segments.map(
        ({ argv }) =>
          argv
            .slice(1)
            .map((arg) => `${arg}\0`)
            .join("") || "\0",
      );
      expect({ text, ran: ran.toSorted() }).toEqual({ text, ran: wanted.toSorted() });
    }
    expect(read).toBeGreaterThan(100);
  });
});
