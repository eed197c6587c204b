/** The headless node host end to end: the executable as gateway, as host and as command line. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { connectClient, type Json, type ServerFrame, type TestClient } from "../gateway/client.ts";
import { createPlace, type Place } from "../node-host/harness.ts";
import { startModelStandin } from "../standins/model.ts";
import { BINARY, type Child, startChild, TOKEN } from "../support/child.ts";
import { gone, isAlive, pidsIn } from "../support/processes.ts";

const auth = { token: TOKEN };
const owner = (url: string) => connectClient(url, { auth, client: { displayName: "owner" } });
const approver = (url: string) =>
  connectClient(url, { auth, scopes: ["operator.approvals"], client: { displayName: "approver" } });

/** The node host as a process, with its log. */
function startHost(place: Place, args: string[], env: Record<string, string> = {}, cwd = place.home) {
  const child = Bun.spawn([BINARY, "node", "run", `--state-dir=${place.stateDir}`, "--name=attic", ...args], {
    cwd,
    env: { PATH: `${place.bin}:/usr/bin:/bin`, HOME: place.home, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  let waiting: (() => void)[] = [];
  const wake = () => {
    for (const one of waiting.splice(0)) one();
  };
  void (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      wake();
    }
    wake();
  })();
  return {
    process: child as Subprocess,
    output: () => text,
    problem: new Response(child.stderr).text(),
    /** Resolves when its log has this line so often. */
    async said(message: string, times = 1): Promise<void> {
      while (text.split(`"message":"${message}`).length <= times) {
        if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}: ${text}`);
        await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Runs one command line to its end. */
async function cli(gateway: Child, ...args: string[]) {
  const child = Bun.spawn([BINARY, ...args], {
    env: {
      PATH: "/usr/bin:/bin",
      HOME: gateway.stateDir,
      MOLTBOT_STATE_DIR: gateway.stateDir,
      MOLTBOT_GATEWAY_TOKEN: TOKEN,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

let keys = 0;
async function invoke(client: TestClient, command: string, params: Json, more: Json = {}): Promise<ServerFrame> {
  const { nodes } = (await client.call("node.list", {})).payload;
  const node = nodes.find(({ displayName }: { displayName: string }) => displayName === "attic");
  return client.call("node.invoke", { nodeId: node?.nodeId, command, params, idempotencyKey: `k${++keys}`, ...more });
}

const told = ({ ok, payload, error }: ServerFrame) => (ok ? payload.payload : error?.message);

/** A gateway and an approved host that asks its owner about everything that is not listed. */
async function setUp(security = "allowlist", config: object = {}) {
  await using undo = new AsyncDisposableStack();
  const place = undo.use(createPlace());
  const gateway = undo.use(await startChild({ config }));
  const host = undo.use(startHost(place, [`--url=${gateway.url}`, `--token=${TOKEN}`]));
  await host.said("connected");
  const approved = await cli(gateway, "nodes", "approve", "attic");
  expect([approved.code, approved.stderr]).toEqual([0, ""]);
  await host.said("the owner decided");
  const rules = ["--node", "attic", "--agent", "*", "--security", security, "--ask", "on-miss"];
  expect((await cli(gateway, "approvals", "rules", ...rules)).stderr).toBe("");
  const operator = undo.use(await owner(gateway.url));
  const owned = undo.move();
  return { place, gateway, host, operator, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
type Scene = Awaited<ReturnType<typeof setUp>>;

test("an agent runs a program after the owner's word, and not without it", async () => {
  await using model = await startModelStandin();
  await using scene = await setUp("allowlist", {
    models: {
      providers: { mock: { baseUrl: model.url, apiKey: "k", api: "openai-completions", models: [{ id: "m1" }] } },
    },
    agents: { defaults: { model: { primary: "mock/m1" } } },
  });
  const { gateway, place } = scene;
  place.script("tea", 'echo "tea for $1"');
  const agent = () => cli(gateway, "agent", "--message", 'call exec {"command":["tea","two; id"]}');
  const waiting = async () => {
    for (;;) {
      const [one] = JSON.parse((await cli(gateway, "approvals", "list", "--json")).stdout) as {
        id: string;
        request: { command: string; resolvedPath: string };
      }[];
      if (one) return one;
      await Bun.sleep(20);
    }
  };
  const allowed = agent();
  const asked = await waiting();
  expect(asked.request.resolvedPath).toBe(join(place.bin, "tea"));
  expect((await cli(gateway, "approvals", "approve", asked.id)).code).toBe(0);
  expect((await allowed).stdout).toContain("tea for two; id");
  const denied = agent();
  expect((await cli(gateway, "approvals", "deny", (await waiting()).id)).code).toBe(0);
  expect((await denied).stdout).toContain("does not want this to run");
}, 60_000);

test("from nothing to a command's output, by the command line alone", async () => {
  await using scene = await setUp();
  const { gateway, place } = scene;
  place.script("hello", 'echo "hello $1"; echo problem >&2; exit 7');
  expect((await cli(gateway, "nodes", "list")).stdout).toMatch(/attic +[0-9a-f]{12} +linux +yes +system/);
  const { stdout } = await cli(
    gateway,
    "nodes",
    "invoke",
    "attic",
    "system.which",
    "--params",
    '{bins:["hello","nosuch"]}',
  );
  expect(JSON.parse(stdout)).toEqual({ bins: { hello: join(place.bin, "hello") } });
  const running = cli(gateway, "nodes", "run", "attic", "--", "hello", "you; id");
  const list = async () => JSON.parse((await cli(gateway, "approvals", "list", "--json")).stdout);
  let waiting = await list();
  while (waiting.length === 0) waiting = await list();
  expect(waiting[0].request).toMatchObject({
    command: "hello 'you; id'",
    resolvedPath: join(place.bin, "hello"),
    cwd: place.home,
  });
  expect((await cli(gateway, "approvals", "approve", waiting[0].id, "--always")).code).toBe(0);
  const once = await running;
  expect([once.code, once.stdout]).toEqual([7, "hello you; id\n"]);
  expect(once.stderr).toContain("problem\n");
  // From now on it is listed.
  const again = await cli(gateway, "nodes", "run", "attic", "--", "hello", "again");
  expect([again.code, again.stdout, again.stderr]).toEqual([7, "hello again\n", "problem\n"]);
  const wrapped = await cli(gateway, "nodes", "run", "attic", "--wait", "100", "--", "env", "hello");
  expect(wrapped.code).toBe(5);
  const status = Bun.spawnSync([BINARY, "node", "status", `--state-dir=${place.stateDir}`, "--json"]);
  expect(JSON.parse(status.stdout.toString())).toMatchObject({ running: true, state: "connected", waiting: [] });
}, 60_000);

describe("threat(T09, T10): what is approved is what runs", () => {
  /** Asks for an execution as the host prepares it, has it approved, and gives what the run has to say. */
  async function approve(scene: Scene, asked: Json, decision = "allow-once"): Promise<Json> {
    const { payload } = (await invoke(scene.operator, "system.run.prepare", asked)).payload;
    const { plan, env, resolvedPath } = payload;
    using other = await approver(scene.gateway.url);
    const id = `approval-${++keys}`;
    const whom = { agentId: plan.agentId, sessionKey: plan.sessionKey };
    const { nodes } = (await scene.operator.call("node.list", {})).payload;
    const asking = scene.operator.call("exec.approval.request", {
      id,
      command: plan.commandText,
      commandArgv: plan.argv,
      cwd: plan.cwd,
      env,
      resolvedPath,
      ...whom,
      host: "node",
      nodeId: nodes[0].nodeId,
    });
    await other.event(({ event }) => event === "exec.approval.requested");
    expect((await other.call("exec.approval.resolve", { id, decision })).ok).toBe(true);
    await asking;
    return {
      command: plan.argv,
      cwd: plan.cwd,
      env,
      ...whom,
      resolvedPath,
      runId: id,
      approved: true,
      approvalDecision: decision,
    };
  }

  const asked = (place: Place): Json => ({
    command: ["stub", "a b", "$(id)", "\u202e", ""],
    cwd: place.home,
    env: { FOO: "1", BAR: "2" },
    agentId: "main",
    sessionKey: "agent:main:main",
  });

  test("exactly that reaches execve, once; every field that is changed afterwards is refused", async () => {
    await using scene = await setUp();
    const { place, operator } = scene;
    place.stub();
    place.stub("stub2");
    const run = await approve(scene, asked(place));
    expect(told(await invoke(operator, "system.run", run))).toMatchObject({ exitCode: 0, success: true });
    const env = { PATH: `${place.bin}:/usr/bin:/bin`, HOME: place.home, FOO: "1", BAR: "2" };
    expect(place.started()).toEqual([{ args: ["a b", "$(id)", "\u202e", ""], cwd: place.home, env }]);
    expect(told(await invoke(operator, "system.run", run))).toBe("approval required");
    place.forget();

    const changes: [field: string, change: Json][] = [
      ["an argument", { command: ["stub", "a b", "$(id)", "", ""] }],
      ["arguments joined", { command: ["stub", "a", "b", "$(id)", "\u202e", ""] }],
      ["the program", { command: ["stub2", "a b", "$(id)", "\u202e", ""] }],
      ["the file", { resolvedPath: join(place.bin, "stub2") }],
      ["the folder", { cwd: place.dir }],
      ["no folder", { cwd: null }],
      ["a variable", { env: { FOO: "1", BAR: "3" } }],
      ["a variable more", { env: { FOO: "1", BAR: "2", BAZ: "3" } }],
      ["a variable less", { env: { FOO: "1" } }],
      ["the agent", { agentId: "other" }],
      ["the session", { sessionKey: "agent:main:other" }],
      ["another approval", { runId: "approval-0" }],
      ["no approval", { runId: null }],
      ["a hash of one's own", { approvalHash: "0".repeat(64), approvalExpiresAtMs: 1e15, runId: "x" }],
    ];
    for (const [field, change] of changes) {
      const approvedRun = await approve(scene, asked(place));
      const answer = await invoke(operator, "system.run", { ...approvedRun, ...change });
      expect([field, answer.ok, told(answer)]).toEqual([field, false, "approval required"]);
    }
    expect(place.started()).toEqual([]);

    // What only the host can see: another file under the approved name.
    const swapped = await approve(scene, asked(place));
    rmSync(join(place.bin, "stub"));
    symlinkSync(join(place.bin, "stub2"), join(place.bin, "stub"));
    expect(told(await invoke(operator, "system.run", swapped))).toBe(
      "UNAVAILABLE: SYSTEM_RUN_DENIED: approval required",
    );
    expect(place.started()).toEqual([]);
  }, 120_000);

  test("a denial, and a claim without any approval, run nothing; wrappers are asked about every time", async () => {
    await using scene = await setUp();
    const { place, operator } = scene;
    const stub = place.stub();
    const denied = await approve(scene, asked(place), "deny");
    expect(told(await invoke(operator, "system.run", { ...denied, approvalDecision: "allow-once" }))).toBe(
      "approval required",
    );
    await cli(scene.gateway, "approvals", "rules", "--node", "attic", "--agent", "*", "--allow", "/**");
    for (const command of [
      ["env", stub],
      ["sudo", stub],
      ["xargs", stub],
      ["busybox", "sh", "-c", stub],
      ["sh", "-c", `${stub} $(id)`],
      ["python3", "-c", "pass"],
      ["node", "-e", "1"],
    ]) {
      expect(told(await invoke(operator, "system.run", { command }))).toBe(
        "UNAVAILABLE: SYSTEM_RUN_DENIED: approval required",
      );
      expect(
        told(await invoke(operator, "system.run", { command, approved: true, approvalDecision: "allow-once" })),
      ).toBe("approval required");
    }
    expect(place.started()).toEqual([]);
    // Approved once, always is not for them.
    const always = await approve(scene, { command: ["env", stub] }, "allow-always");
    expect(told(await invoke(operator, "system.run", always))).toMatchObject({ success: true });
    expect(told(await invoke(operator, "system.run", { command: ["env", stub] }))).toContain("approval required");
    expect(place.started()).toHaveLength(1);
  }, 120_000);
});

test("its rules are read and replaced through the gateway; what it runs is told to its session", async () => {
  await using scene = await setUp("full");
  const { operator, place } = scene;
  place.script("talk", "echo words");
  const { nodes } = (await operator.call("node.list", {})).payload;
  const { payload } = await operator.call("exec.approvals.node.get", { nodeId: nodes[0].nodeId });
  expect(payload).toMatchObject({ path: join(place.stateDir, "exec-approvals.json"), exists: true });
  expect(JSON.stringify(payload)).not.toContain('"token"');
  const answer = await invoke(operator, "system.run", { command: ["talk"], sessionKey: "main" });
  expect(told(answer)).toEqual({
    exitCode: 0,
    timedOut: false,
    success: true,
    stdout: "words\n",
    stderr: "",
    error: null,
  });
  const late = await invoke(operator, "system.run", { command: ["sleep", "600"], timeoutMs: 50 });
  expect(told(late)).toMatchObject({ timedOut: true, success: false });
}, 60_000);

describe("links", () => {
  test("kill -9 of the gateway: the host is back by itself, with its own token, and can be asked within seconds", async () => {
    await using scene = await setUp("full");
    const { gateway, host } = scene;
    const port = new URL(gateway.url).port;
    await gateway.kill();
    await host.said("the connection was lost");
    await host.said("not connected");
    await using again = await startChild({ stateDir: gateway.stateDir, args: ["--port", port] });
    const sinceMs = performance.now();
    await host.said("connected", 2);
    using operator = await owner(again.url);
    expect(told(await invoke(operator, "system.run", { command: ["uname"] }))).toMatchObject({ stdout: "Linux\n" });
    expect(performance.now() - sinceMs).toBeLessThan(5_000);
    expect(readFileSync(join(scene.place.stateDir, "node-secrets.json"), "utf8")).not.toContain(TOKEN);
  }, 60_000);

  test.each<[signal: "SIGKILL" | "SIGTERM"]>([["SIGKILL"], ["SIGTERM"]])(
    "%s of the host while something runs: no orphan, and who waits is told at once",
    async (signal) => {
      await using scene = await setUp("full");
      const { place, host, operator } = scene;
      const pids = join(place.dir, "pids");
      place.script("slow", `sleep 600 & echo $! $$ > ${pids}; wait`);
      const running = invoke(operator, "system.run", { command: ["slow"] }, { timeoutMs: 60_000 });
      const both = await pidsIn(pids, 2);
      expect(both.every(isAlive)).toBe(true);
      host.process.kill(signal);
      await host.process.exited;
      await Promise.all(both.map(gone));
      const answer = await running;
      expect(answer.ok).toBe(false);
      if (signal === "SIGTERM") expect(host.process.exitCode).toBe(0);
    },
    60_000,
  );

  test("what waits for a host that is away is done the moment it is back", async () => {
    await using scene = await setUp("full");
    const { place, gateway, host, operator } = scene;
    host.process.kill("SIGTERM");
    expect(await host.process.exited).toBe(0);
    for (let times = 0; times < 3; times++) {
      const waiting = invoke(operator, "system.run", { command: ["uname"] }, { queueMs: 20_000 });
      await using back = startHost(place, [`--url=${gateway.url}`]);
      expect(told(await waiting)).toMatchObject({ stdout: "Linux\n" });
      back.process.kill("SIGTERM");
      await back.process.exited;
    }
  }, 60_000);

  test("one host on a folder; another says who is there", async () => {
    await using scene = await setUp();
    await using second = startHost(scene.place, [`--url=${scene.gateway.url}`, `--token=${TOKEN}`]);
    expect(await second.process.exited).toBe(6);
    expect(await second.problem).toContain("already runs");
  }, 60_000);

  test("the wrong secret ends it with a line that says what to do; no gateway does not", async () => {
    using place = createPlace();
    await using gateway = await startChild();
    await using wrong = startHost(place, [`--url=${gateway.url}`, `--token=${TOKEN.replace("child", "chilt")}`]);
    expect(await wrong.process.exited).toBe(4);
    expect(await wrong.problem).toContain("--token");
    await using early = startHost(place, []);
    await early.said("no gateway is running here");
    expect(early.process.exitCode).toBeNull();
  }, 60_000);

  test("an invite: the device waits for its owner, then for approval of what it offers, and needs no secret", async () => {
    using place = createPlace();
    await using gateway = await startChild();
    const { url } = JSON.parse((await cli(gateway, "nodes", "invite", "--json")).stdout);
    await using host = startHost(place, [`--url=${gateway.url}`, `--invite=${url}`]);
    await host.said("this device waits for approval");
    const requestId = /moltbot devices approve ([\w-]+)/.exec(host.output())?.[1] ?? "none";
    expect((await cli(gateway, "devices", "approve", requestId)).code).toBe(0);
    await host.said("connected");
    using operator = await owner(gateway.url);
    expect((await invoke(operator, "system.which", { bins: ["ls"] })).ok).toBe(false);
    const nodeId = /moltbot nodes approve ([0-9a-f]+)/.exec(host.output())?.[1] ?? "none";
    expect((await cli(gateway, "nodes", "approve", nodeId)).code).toBe(0);
    expect(told(await invoke(operator, "system.which", { bins: ["ls"] }))).toEqual({ bins: { ls: "/usr/bin/ls" } });
    // Another device has no use for the code.
    using elsewhere = createPlace();
    await using thief = startHost(elsewhere, [`--url=${gateway.url}`, `--invite=${url}`]);
    expect(await thief.process.exited).toBe(4);
    expect(await thief.problem).toContain("moltbot nodes invite");
  }, 60_000);
});

test("threat(T13): started in a hostile folder, nothing of it runs", async () => {
  using place = createPlace();
  await using gateway = await startChild();
  const folder = join(place.dir, "hostile");
  mkdirSync(join(folder, "node_modules", "ws"), { recursive: true });
  const canary = `require("node:fs").writeFileSync(${JSON.stringify(join(place.dir, "canary"))}, "ran")`;
  writeFileSync(join(folder, "evil.js"), canary);
  writeFileSync(join(folder, "node_modules", "ws", "index.js"), canary);
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./evil.js"]\n');
  writeFileSync(join(folder, "tsconfig.json"), '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}');
  const env = [
    `MOLTBOT_STATE_DIR=${folder}`,
    "MOLTBOT_GATEWAY_TOKEN=wrong",
    `NODE_OPTIONS=--require=${folder}/evil.js`,
  ];
  writeFileSync(join(folder, ".env"), env.join("\n"));
  for (const name of ["ls", "sh", "notify-send"]) place.stub(name, folder);
  await using host = startHost(place, [`--url=${gateway.url}`, `--token=${TOKEN}`], {}, folder);
  await host.said("connected");
  await cli(gateway, "nodes", "approve", "attic");
  await cli(gateway, "approvals", "rules", "--node", "attic", "--security", "full", "--ask", "off");
  using operator = await owner(gateway.url);
  expect(told(await invoke(operator, "system.run", { command: ["ls", "-d", "/"] }))).toMatchObject({ stdout: "/\n" });
  expect(place.started()).toEqual([]);
  expect(await Bun.file(join(place.dir, "canary")).exists()).toBe(false);
}, 60_000);
