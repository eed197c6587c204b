/** The commands against a real gateway in this process. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/run.ts";
import { startStandIn } from "../client/stand-in.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { createIo, run } from "./test-io.ts";

const at = ({ stateDir, token }: TestGateway, more: Partial<Io> = {}): Partial<Io> => ({
  env: { MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: token },
  ...more,
});

async function json(gateway: TestGateway, ...argv: string[]) {
  const { code, stdout } = await run([...argv, "--json"], at(gateway));
  return { code, value: JSON.parse(stdout) };
}

function emptyFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "moltbot-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

describe("with a running gateway", () => {
  test("every reading command answers, for people and for scripts", async () => {
    await using gateway = await startGateway();
    for (const line of [
      "status",
      "health",
      "gateway status",
      "gateway probe",
      "sessions",
      "devices",
      "config get",
      "logs",
      "call health",
    ]) {
      const people = await run(line.split(" "), at(gateway));
      expect([line, people.code, people.stderr]).toEqual([line, 0, ""]);
    }
    const { value } = await json(gateway, "status");
    expect(value).toMatchObject({ url: gateway.app.url, port: gateway.app.port });
    expect(gateway.badResults).toEqual([]);
  });

  test("agent prints the answer, takes the question from stdin, and leaves a session", async () => {
    await using gateway = await startGateway();
    const piped = await run(["agent"], at(gateway, { isInputTerminal: false, readInput: async () => "hello\n" }));
    expect(piped.code).toBe(0);
    expect(piped.stdout).toContain("assistant");
    const streamed = await run(["agent", "--message", "hi", "--stream", "--session-key", "other"], at(gateway));
    expect([streamed.code, streamed.stdout.length > 10, streamed.stdout.endsWith("\n")]).toEqual([0, true, true]);
    const { value } = await json(gateway, "sessions");
    expect(value.sessions.map(({ key }: { key: string }) => key).sort()).toEqual([
      "agent:main:main",
      "agent:main:other",
    ]);
  });

  test("sessions are changed, previewed, compacted, reset and deleted", async () => {
    await using gateway = await startGateway();
    expect((await run(["send", "--message", "one\x1b[31m", "--to", "tea"], at(gateway))).code).toBe(0);
    expect((await run(["sessions", "patch", "tea", "--label", "Tea \u202E time"], at(gateway))).code).toBe(0);
    const list = await run(["sessions"], at(gateway));
    expect(list.stdout).toContain("Tea  time");
    expect((await run(["sessions", "preview", "tea"], at(gateway))).stdout).toContain("one");
    expect((await run(["sessions", "preview", "nosuch"], at(gateway))).code).toBe(1);
    expect((await run(["sessions", "compact", "tea", "--keep", "1"], at(gateway))).code).toBe(0);
    expect((await run(["sessions", "reset", "tea"], at(gateway))).code).toBe(0);
    expect((await json(gateway, "sessions", "delete", "tea")).value.deleted).toBe(true);
    expect((await run(["sessions", "delete", "tea"], at(gateway))).code).toBe(1);
  });

  test("config changes go through the gateway and apply at once; secrets stay hidden", async () => {
    await using gateway = await startGateway({ config: { gateway: { auth: { password: "canary-password-1" } } } });
    expect((await run(["config", "set", "agents.list", '[{id:"a"},{id:"b"}]'], at(gateway))).code).toBe(0);
    expect((await run(["config", "set", "agents.list[1].id", "c"], at(gateway))).code).toBe(0);
    expect((await json(gateway, "config", "get", "agents.list")).value).toEqual([{ id: "a" }, { id: "c" }]);
    expect((await run(["config", "unset", "agents.list"], at(gateway))).code).toBe(0);
    expect((await run(["config", "get", "agents.list"], at(gateway))).code).toBe(1);
    const bad = await run(["config", "set", "gateway.port", "many"], at(gateway));
    expect([bad.code, bad.stderr.includes("gateway.port")]).toEqual([1, true]);
    const all = await run(["config", "get"], at(gateway));
    expect(all.stdout).not.toContain("canary-password-1");
    expect(readFileSync(join(gateway.stateDir, "moltbot.json5"), "utf8")).toContain("canary-password-1");
  });

  test("a wrong secret, a missing scope and an unknown method end with their codes", async () => {
    await using gateway = await startGateway();
    const wrong = await run(["status", "--token", "nonsense"], at(gateway));
    expect([wrong.code, wrong.stderr.includes("nonsense")]).toEqual([4, false]);
    expect((await run(["call", "nosuch"], at(gateway))).code).toBe(1);
    expect((await json(gateway, "call", "chat.history")).value).toMatchObject({
      ok: false,
      error: { code: "INVALID_REQUEST" },
    });
  });

  test("each call asks for the scope of its method and no more", async () => {
    await using gateway = await startGateway();
    await run(["status"], at(gateway));
    const { value } = await json(gateway, "gateway", "probe");
    expect(value.scopes).toEqual(["operator.read"]);
  });

  test("auth mode none works by the device key, which only its owner can read", async () => {
    await using gateway = await startGateway({ overrides: { token: undefined, authMode: "none" } });
    const { code } = await run(["status"], { env: { MOLTBOT_STATE_DIR: gateway.stateDir } });
    expect(code).toBe(0);
    expect(statSync(join(gateway.stateDir, "cli-device.pem")).mode & 0o777).toBe(0o600);
  });

  test("TLS is pinned by what the gateway wrote into its own state folder", async () => {
    await using gateway = await startGateway({ overrides: { tls: true } });
    expect(gateway.url).toStartWith("wss://");
    expect((await run(["status"], at(gateway))).code).toBe(0);
    const other = await run(["status", "--tls-fingerprint", "ab".repeat(32)], at(gateway));
    expect(other.code).toBe(4);
  });

  test("the page's address carries the token for a person, and for a script only on request", async () => {
    await using gateway = await startGateway();
    const fragment = `#token=${gateway.token}`;
    expect((await run(["dashboard"], at(gateway))).stdout).not.toContain(gateway.token);
    expect((await run(["dashboard", "--with-token"], at(gateway))).stdout).toContain(fragment);
    expect((await run(["dashboard"], at(gateway, { isTerminal: true }))).stdout).toContain(fragment);
    const opened = await run(["dashboard", "--open"], at(gateway));
    expect([opened.opened[0]?.endsWith(fragment), opened.stdout.includes(gateway.token)]).toEqual([true, false]);
  });

  test("events are JSON lines until the signal, and a reader who leaves ends them quietly", async () => {
    await using gateway = await startGateway();
    const io = createIo(at(gateway));
    const written = Promise.withResolvers<void>();
    io.out = (text) => {
      io.stdout += text;
      written.resolve();
    };
    const listening = runCli(["events", "--filter", "chat,health"], io);
    const asking = (async () => {
      for (;;) {
        await run(["call", "health", "--params", "{probe:true}"], at(gateway));
        if (io.stdout) return;
      }
    })();
    await written.promise;
    io.stop.abort("SIGINT");
    await asking;
    expect(await listening).toBe(0);
    expect(JSON.parse(io.stdout.split("\n")[0] ?? "")).toMatchObject({ event: "health" });
    expect((await run(["events", "--filter", "nosuch"], at(gateway))).code).toBe(2);
  });

  test("ctrl-C during a call is 130", async () => {
    await using gateway = await startGateway();
    const io = createIo(at(gateway));
    const calling = runCli(["call", "agent.wait", "--params", '{runId:"never",timeoutMs:60000}'], io);
    io.stop.abort("SIGINT");
    expect(await calling).toBe(130);
  });
});

describe("without a running gateway", () => {
  test("commands say how to start one, in one line or one object", async () => {
    using folder = emptyFolder();
    const env = { MOLTBOT_STATE_DIR: folder.path };
    const people = await run(["status"], { env });
    expect([people.code, people.stderr]).toEqual([
      3,
      "error: no gateway is running: start it with `moltbot gateway`\n",
    ]);
    const script = await run(["status", "--json"], { env });
    expect([script.code, script.stderr]).toEqual([3, ""]);
    expect(JSON.parse(script.stdout)).toMatchObject({ ok: false, error: { code: "NOT_RUNNING" } });
  });

  test("looking leaves nothing behind", async () => {
    const path = join(tmpdir(), `moltbot-never-${crypto.randomUUID()}`);
    expect((await run(["status"], { env: { MOLTBOT_STATE_DIR: path } })).code).toBe(3);
    expect(existsSync(path)).toBe(false);
  });

  test("a stranger on the port of a gateway that died gets nothing", async () => {
    using folder = emptyFolder();
    await using stranger = startStandIn();
    const holder = { pid: 1, url: stranger.url, port: stranger.port, version: "1", startedAtMs: 1 };
    writeFileSync(join(folder.path, "gateway.json"), JSON.stringify(holder));
    writeFileSync(join(folder.path, "gateway.token"), "canary-token\n");
    expect((await run(["status"], { env: { MOLTBOT_STATE_DIR: folder.path } })).code).toBe(3);
    expect(stranger.received).toEqual([]);
  });

  test("an address from outside never gets the secret of this host's gateway", async () => {
    using folder = emptyFolder();
    await using stranger = startStandIn();
    writeFileSync(join(folder.path, "gateway.token"), "canary-token\n");
    writeFileSync(join(folder.path, "moltbot.json5"), '{gateway: {auth: {token: "canary-config"}}}');
    await run(["health", "--url", stranger.url, "--timeout", "50"], { env: { MOLTBOT_STATE_DIR: folder.path } });
    expect(stranger.received.join("")).toContain('"connect"');
    expect(stranger.received.join("")).not.toContain("canary");
  });

  test("the config is read and changed on the file", async () => {
    using folder = emptyFolder();
    const env = { MOLTBOT_STATE_DIR: folder.path };
    expect((await run(["config", "set", "gateway.port", "4242"], { env })).code).toBe(0);
    expect((await run(["config", "set", "gateway.auth.token", "canary-token-22"], { env })).code).toBe(0);
    expect((await run(["config", "get", "gateway.port"], { env })).stdout).toBe("4242\n");
    expect((await run(["config", "get"], { env })).stdout).not.toContain("canary");
    expect((await run(["config", "unset", "gateway.port"], { env })).code).toBe(0);
    expect(readFileSync(join(folder.path, "moltbot.json5"), "utf8")).toContain("canary-token-22");
    expect((await run(["config", "validate"], { env })).code).toBe(0);
    writeFileSync(join(folder.path, "moltbot.json5"), "{gateway: {port: 'x'}}");
    const wrong = await run(["config", "validate"], { env });
    expect([wrong.code, wrong.stdout.includes("gateway.port")]).toEqual([1, true]);
    expect((await run(["config", "path"], { env })).stdout).toBe(`${join(folder.path, "moltbot.json5")}\n`);
    expect(JSON.parse((await run(["config", "schema", "gateway.port"], { env })).stdout)).toMatchObject({
      path: "gateway.port",
    });
  });

  test("the protocol and the version are printed", async () => {
    expect(JSON.parse((await run(["protocol", "schema"])).stdout)).toBeObject();
    expect((await run(["protocol", "swift"])).stdout).toContain("struct");
    expect((await run(["protocol", "docs"])).stdout).toContain("sessions.list");
    expect((await run(["version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
