/** `moltbot nodes` and `moltbot approvals` against a real gateway, with nodes that a test plays. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../src/cli/io.ts";
import { testKey } from "../devices/keys.ts";
import { connectClient, type Json, type TestClient } from "../gateway/client.ts";
import { answer, approve, asked, connectNode, type NodeOptions, nodeId } from "../nodes/harness.ts";
import { startGateway, type TestGateway, TOKEN } from "../support/gateway.ts";
import { run } from "./test-io.ts";

const at = ({ stateDir, token }: TestGateway, more: Partial<Io> = {}): Partial<Io> => ({
  env: { MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: token },
  ...more,
});

const page: NodeOptions = {
  platform: "web",
  clientId: "openclaw-ios",
  displayName: "Kitchen tablet",
  commands: [
    "camera.list camera.snap camera.clip screen.record location.get system.notify",
    "canvas.present canvas.hide canvas.navigate canvas.eval canvas.snapshot",
    "canvas.a2ui.push canvas.a2ui.pushJSONL canvas.a2ui.reset",
  ]
    .join(" ")
    .split(" "),
};

/** A gateway with an approved node that answers what it is told to, and remembers what it was asked. */
async function setUp(options: NodeOptions = page) {
  const gateway = await startGateway();
  const admin = await connectClient(gateway.url);
  const node = await connectNode(gateway.url, options);
  await approve(admin);
  const folder = mkdtempSync(join(tmpdir(), "moltbot-nodes-"));
  const heard: { command: string; params: unknown }[] = [];
  /** Runs a command line while the node answers with this. */
  async function cli(line: readonly string[], payload?: unknown, more: Partial<Io> = {}) {
    const answering = payload === undefined ? undefined : answerNext(node, payload, heard);
    answering?.catch(() => undefined); // Nobody asked: the exit code says why.
    const result = await run([...line], at(gateway, more));
    if (result.code === 0) await answering;
    return result;
  }
  return {
    gateway,
    admin,
    node,
    folder,
    heard,
    cli,
    async [Symbol.asyncDispose]() {
      node[Symbol.dispose]();
      admin[Symbol.dispose]();
      await gateway[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
      expect(gateway.badResults).toEqual([]);
    },
  };
}

async function answerNext(node: TestClient, payload: unknown, heard: { command: string; params: unknown }[]) {
  const { id, command, params } = await asked(node);
  heard.push({ command, params });
  await answer(
    node,
    id,
    typeof payload === "function" ? payload(params) : { ok: true, payloadJSON: JSON.stringify(payload) },
  );
}

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(40)]).toString("base64");
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Array(40).fill(0)]).toString("base64");
const webm = Buffer.from([0x1a, 0x45, 0xdf, 0xa3, ...Array(40).fill(0)]).toString("base64");

describe("which nodes there are", () => {
  test("listed, described, renamed; pending, rejected, approved by request or by node", async () => {
    await using scene = await setUp();
    const { cli } = scene;
    const list = await cli(["nodes"]);
    expect(list.code).toBe(0);
    expect(list.stdout).toContain("Kitchen tablet");
    expect(list.stdout).toContain("camera canvas location");
    expect((await cli(["nodes", "describe", "kitchen tablet"])).stdout).toContain(nodeId);
    expect((await cli(["nodes", "describe", nodeId.slice(0, 8)])).stdout).toContain("approval     approved");
    expect((await cli(["nodes", "describe", nodeId])).code).toBe(0);
    expect((await cli(["nodes", "describe", "nosuch"])).stderr).toContain('no node is called "nosuch"');
    using more = await connectNode(scene.gateway.url, {
      ...page,
      commands: [...page.commands!],
      caps: ["system", "more"],
    });
    const pending = JSON.parse((await cli(["nodes", "pending", "--json"])).stdout).pending;
    expect(pending).toMatchObject([{ nodeId, requiredApproveScopes: ["operator.pairing", "operator.write"] }]);
    expect((await cli(["nodes", "pending"])).stdout).toContain("pairing write");
    expect((await cli(["nodes", "reject", "Kitchen tablet"])).stdout).toBe(
      `rejected Kitchen tablet (${nodeId.slice(0, 12)})\n`,
    );
    expect((await cli(["nodes", "approve", "Kitchen tablet"])).stderr).toContain("nothing waits for approval");
    more[Symbol.dispose]();
    expect((await cli(["nodes", "rename", "Kitchen tablet", "Hall\u202e"])).stdout).toContain("is called Hall now");
    expect((await cli(["nodes", "remove", nodeId, "--yes"])).code).toBe(0);
    using again = await connectNode(scene.gateway.url, page);
    expect(again.hello).toBeDefined();
    expect((await cli(["nodes", "list"])).stdout).toContain("waits for approval");
    expect((await cli(["nodes", "approve", nodeId.slice(0, 6)])).stdout).toStartWith("approved ");
  });

  test("two nodes of one name are not mixed up", async () => {
    await using scene = await setUp();
    const key = testKey("k1");
    using _other = await connectNode(scene.gateway.url, { ...page, key });
    const { code, stderr } = await scene.cli(["nodes", "describe", "Kitchen tablet"]);
    expect(code).toBe(1);
    expect(stderr).toContain("several nodes fit");
    expect((await scene.cli(["nodes", "describe", key.deviceId.slice(0, 10)])).stdout).toContain(key.deviceId);
  });

  test("no nodes, and nothing to approve, say what to do", async () => {
    await using gateway = await startGateway();
    expect((await run(["nodes"], at(gateway))).stdout).toContain("moltbot nodes invite");
    expect((await run(["nodes", "pending"], at(gateway))).stdout).toBe("nothing waits for approval\n");
    expect((await run(["approvals"], at(gateway))).stdout).toBe("nothing waits for your word\n");
  });

  test("an invite is a link to the page, a code to scan, and a warning when it is for this computer only", async () => {
    await using gateway = await startGateway();
    const { stdout } = await run(["nodes", "invite"], at(gateway));
    const link = /http:\/\/127\.0\.0\.1:\d+\/node#invite=[\w-]{20,}/.exec(stdout)?.[0];
    expect(link).toBeDefined();
    expect(stdout).toContain("▄");
    expect(stdout).toContain("this computer only");
    const json = JSON.parse(
      (await run(["nodes", "invite", "--base", "https://home.example", "--json"], at(gateway))).stdout,
    );
    expect(json.url).toBe(`https://home.example/node#invite=${json.code}`);
    expect(
      (await run(["nodes", "invite", "--base", "https://home.example", "--no-qr"], at(gateway))).stdout,
    ).not.toContain("▄");
  });
});

describe("asking for something", () => {
  test("any command by its name; the answer is printed as JSON", async () => {
    await using scene = await setUp();
    const line = ["nodes", "invoke", "Kitchen tablet", "location.get", "--params", "{maxAgeMs: 5}"];
    const { code, stdout } = await scene.cli(line, { lat: 1, lon: 2 });
    expect([code, JSON.parse(stdout)]).toEqual([0, { lat: 1, lon: 2 }]);
    expect(scene.heard).toEqual([{ command: "location.get", params: { maxAgeMs: 5 } }]);
    const refused = await scene.cli(["nodes", "invoke", nodeId, "system.run", "--json"]);
    expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([1, "INVALID_REQUEST"]);
  });

  test.each<[line: string[], command: string, params: Json]>([
    [["notify", "N", "--title", "Tea"], "system.notify", { title: "Tea", body: "" }],
    [
      ["notify", "N", "--title", "Tea", "--body", "now", "--priority", "timeSensitive"],
      "system.notify",
      { title: "Tea", body: "now", priority: "timeSensitive" },
    ],
    [["location", "get", "N", "--accuracy", "precise"], "location.get", { desiredAccuracy: "precise" }],
    [["canvas", "present", "N"], "canvas.present", {}],
    [
      ["canvas", "present", "N", "/a.html", "--x", "1", "--width", "300"],
      "canvas.present",
      { url: "/a.html", placement: { x: 1, width: 300 } },
    ],
    [["canvas", "hide", "N"], "canvas.hide", {}],
    [["canvas", "navigate", "N", "https://a.example"], "canvas.navigate", { url: "https://a.example" }],
    [["canvas", "a2ui", "reset", "N"], "canvas.a2ui.reset", {}],
    [["a2ui", "reset", "N"], "canvas.a2ui.reset", {}],
    [["camera", "list", "N"], "camera.list", {}],
  ])("%p", async (line, command, params) => {
    await using scene = await setUp();
    const named = line.map((word) => (word === "N" ? nodeId.slice(0, 8) : word));
    const { code, stderr } = await scene.cli(["nodes", ...named], { ok: true });
    expect([code, stderr]).toEqual([0, ""]);
    expect(scene.heard).toEqual([{ command, params }]);
  });

  test.each<[line: string[]]>([
    [["notify", "N"]],
    [["notify", "N", "--title", "a", "--priority", "loud"]],
    [["location", "get", "N", "--accuracy", "very"]],
    [["camera", "snap", "N", "--facing", "up"]],
    [["camera", "snap", "N", "--quality", "2"]],
    [["camera", "clip", "N", "--duration", "600000"]],
    [["canvas", "snapshot", "N", "--format", "gif"]],
    [["canvas", "present", "N", "--x", "-1"]],
    [["invoke", "N", "camera.list", "--params", "{"]],
    [["run", "N", "--env", "{A: 1}", "--", "ls"]],
    [["run", "N"]],
    [["nosuch"]],
  ])("a wrong command line asks nobody: %p", async (line) => {
    await using gateway = await startGateway();
    const { code } = await run(["nodes", ...line], at(gateway));
    expect(code).toBe(2);
  });

  test("eval prints the value, from the command line or stdin; a terminal gets it disarmed", async () => {
    await using scene = await setUp();
    const line = ["nodes", "canvas", "eval", "Kitchen tablet"];
    expect((await scene.cli([...line, "1+1"], { result: "2" })).stdout).toBe("2\n");
    const more = { readInput: async () => "document.title", isTerminal: true };
    const { stdout } = await scene.cli([...line, "-"], { result: "a\x1b[31mb\u202e" }, more);
    expect(stdout).toBe("ab\n");
    expect(scene.heard.map(({ params }) => params)).toEqual([{ javaScript: "1+1" }, { javaScript: "document.title" }]);
  });

  test("forms come from a file, stdin, or one text", async () => {
    await using scene = await setUp();
    const line = ["nodes", "canvas", "a2ui", "push", "Kitchen tablet"];
    const jsonl = '{"beginRendering":{"surfaceId":"main","root":"root"}}\n';
    const file = join(scene.folder, "form.jsonl");
    await Bun.write(file, jsonl);
    await scene.cli([...line, "--file", file], { ok: true });
    await scene.cli(line, { ok: true }, { isInputTerminal: false, readInput: async () => jsonl });
    await scene.cli([...line, "--text", "Tea is ready"], { ok: true });
    // The gateway reads the lines, and the node gets the messages.
    const [one, two, three] = scene.heard.map(({ params }) => (params as { messages: Json[] }).messages);
    expect([one, two]).toEqual(Array(2).fill([JSON.parse(jsonl)]));
    expect(three?.flatMap((message) => Object.keys(message))).toEqual(["surfaceUpdate", "beginRendering"]);
    expect((await scene.cli([...line, "--file", "/nosuch"])).code).toBe(1);
    expect((await scene.cli(line)).code).toBe(2);
  });

  test("a node that is away fails at once, and is waited for when asked", async () => {
    await using scene = await setUp();
    scene.node[Symbol.dispose]();
    const line = ["nodes", "location", "get", "Kitchen tablet"];
    for (let here = 1; here > 0; ) {
      const { stdout } = await scene.cli(["nodes", "list", "--connected", "--json"]);
      here = JSON.parse(stdout).nodes.length;
    }
    const gone = await scene.cli([...line, "--json"]);
    expect([gone.code, JSON.parse(gone.stdout).error.details.code]).toEqual([1, "NOT_CONNECTED"]);
    const waiting = scene.cli([...line, "--queue", "10000", "--json"]);
    using back = await connectNode(scene.gateway.url, page);
    await answerNext(back, { lat: 1, lon: 2, accuracyMeters: 4.6 }, []);
    expect((await waiting).code).toBe(0);
  });

  test("the place is readable", async () => {
    await using scene = await setUp();
    const place = { lat: 48.2, lon: 16.37, accuracyMeters: 12.4, timestamp: "2026-01-01T00:00:00Z" };
    expect((await scene.cli(["nodes", "location", "get", nodeId], place)).stdout).toBe(
      "48.2, 16.37 ±12 m at 2026-01-01T00:00:00Z\n",
    );
  });
});

describe("files have the ending of what they are", () => {
  test.each<[title: string, line: string[], payload: Json, out: string, written: string]>([
    [
      "a folder, and a photo",
      ["camera", "snap"],
      { format: "jpg", base64: jpeg, width: 2, height: 1 },
      "",
      "photo-*.jpg",
    ],
    ["a clip that says it is mp4", ["camera", "clip"], { format: "mp4", base64: webm }, "", "clip-*.webm"],
    ["a name with the wrong ending", ["camera", "clip"], { format: "mp4", base64: webm }, "cat.mp4", "cat.webm"],
    ["a name with the right ending", ["canvas", "snapshot"], { format: "png", base64: png }, "a.PNG", "a.PNG"],
    ["jpeg for jpg", ["camera", "snap"], { format: "jpg", base64: jpeg }, "a.jpeg", "a.jpeg"],
    ["a name without", ["canvas", "snapshot"], { format: "png", base64: png }, "canvas", "canvas.png"],
    ["a name with dots", ["screen", "record"], { format: "mp4", base64: webm }, "v1.2", "v1.2.webm"],
    ["what nobody knows", ["screen", "record"], { base64: Buffer.from("junk").toString("base64") }, "a.mp4", "a.bin"],
  ])("%s", async (_title, line, payload, out, written) => {
    await using scene = await setUp();
    const target = out ? join(scene.folder, out) : scene.folder;
    const result = await scene.cli(["nodes", ...line, "Kitchen tablet", "--out", target, "--json"], payload);
    expect(result.code).toBe(0);
    const [file = ""] = readdirSync(scene.folder);
    expect(file.replace(/-\d{4}-[\dT-]+Z?/, "-*")).toBe(written);
    const json = JSON.parse(result.stdout);
    expect(json.path).toBe(join(scene.folder, file));
    expect(json.base64).toBeUndefined();
    expect(readFileSync(json.path).toString("base64")).toBe(String(payload["base64"]));
    expect(statSync(json.path).mode & 0o777).toBe(0o600);
  });

  test("no file, and a place that cannot be written, are failures", async () => {
    await using scene = await setUp();
    const line = ["nodes", "camera", "snap", "Kitchen tablet", "--out"];
    const answering = answerNext(scene.node, { format: "jpg" }, []);
    expect((await scene.cli([...line, scene.folder])).stderr).toContain("the node sent no file");
    await answering;
    const again = answerNext(scene.node, { base64: jpeg }, []);
    expect((await scene.cli([...line, "/nosuch/a.jpg"])).stderr).toContain("give another place with --out");
    await again;
    expect(readdirSync(scene.folder)).toEqual([]);
  });
});

describe("running a command", () => {
  const host: NodeOptions = { displayName: "attic", commands: ["system.run", "system.run.prepare"] };
  const prepared = (more: Json = {}) => ({
    plan: { argv: ["ls", "-l"], cwd: "/home/ada", commandText: "ls -l", agentId: null, sessionKey: null },
    env: {},
    resolvedPath: "/usr/bin/ls",
    verdict: "run",
    ...more,
  });
  const done = { exitCode: 3, timedOut: false, success: false, stdout: "out\n", stderr: "err\x1b[31m\n", error: null };

  test("what the rules allow runs as it was prepared; output and exit code are the program's", async () => {
    await using scene = await setUp(host);
    const answering = answerNext(scene.node, prepared(), scene.heard).then(() =>
      answerNext(scene.node, done, scene.heard),
    );
    const line = ["nodes", "run", "attic", "--cwd", "/home/ada", "--limit", "5000", "--", "ls", "-l"];
    const { code, stdout, stderr } = await scene.cli(line);
    await answering;
    expect([code, stdout, stderr]).toEqual([3, "out\n", "err\n"]);
    expect(scene.heard).toMatchObject([
      { command: "system.run.prepare", params: { command: ["ls", "-l"], cwd: "/home/ada" } },
      {
        command: "system.run",
        params: { command: ["ls", "-l"], rawCommand: "ls -l", cwd: "/home/ada", timeoutMs: 5_000 },
      },
    ]);
    expect(scene.heard[1]?.params).not.toHaveProperty("approved");
  });

  test("arguments reach the node as they are typed", async () => {
    await using scene = await setUp(host);
    const argv = ["git", "log", "--json", "--", "a b", "-h", "--url", "--"];
    const plan = { argv, cwd: "/", commandText: undefined, agentId: null, sessionKey: null };
    const answering = answerNext(scene.node, prepared({ plan }), scene.heard).then(() =>
      answerNext(scene.node, { ...done, exitCode: 0 }, scene.heard),
    );
    expect((await scene.cli(["nodes", "run", "attic", "--", ...argv])).code).toBe(0);
    await answering;
    expect(scene.heard.map(({ params }) => (params as Json)["command"])).toEqual([argv, argv]);
  });

  test("what the rules refuse is not run, and the reason is told", async () => {
    await using scene = await setUp(host);
    const answering = answerNext(scene.node, prepared({ verdict: "refuse", reason: "security=deny" }), scene.heard);
    const { code, stderr } = await scene.cli(["nodes", "run", "attic", "--", "ls"]);
    await answering;
    expect([code, stderr.includes("security=deny")]).toEqual([1, true]);
    expect(scene.heard).toHaveLength(1);
  });

  test.each<[word: "approve" | "always" | "deny", code: number]>([
    ["approve", 0],
    ["always", 0],
    ["deny", 4],
  ])("what needs a word waits for it: %s", async (word, code) => {
    await using scene = await setUp(host);
    const answering = answerNext(scene.node, prepared({ verdict: "ask" }), scene.heard);
    const running = scene.cli(["nodes", "run", "attic", "--", "ls", "-l"]);
    await answering;
    let waiting: { id: string }[] = [];
    while (waiting.length === 0) waiting = (await scene.admin.call("exec.approval.list", {})).payload;
    const [{ id } = { id: "" }] = waiting;
    const list = await scene.cli(["approvals"]);
    expect(list.stdout).toContain("ls -l");
    const shown = await scene.cli(["approvals", "show", id.slice(0, 8)]);
    expect(shown.stdout).toBe(
      [
        "command   ls -l",
        "length    5 characters, 2 words",
        "program   /usr/bin/ls",
        "folder    /home/ada",
        `node      ${nodeId}`,
        "",
      ].join("\n"),
    );
    const ending = word === "deny" ? undefined : answerNext(scene.node, { ...done, exitCode: 0 }, scene.heard);
    const said = await scene.cli(
      word === "deny"
        ? ["approvals", "deny", id]
        : ["approvals", "approve", id, ...(word === "always" ? ["--always"] : [])],
    );
    expect(said.stdout).toContain("command   ls -l");
    const ended = await running;
    await ending;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(`moltbot approvals approve ${id}`);
    if (word === "deny") expect(scene.heard).toHaveLength(1);
    else
      expect(scene.heard[1]?.params).toMatchObject({
        approved: true,
        approvalDecision: word === "always" ? "allow-always" : "allow-once",
        approvalHash: expect.any(String),
        runId: id,
      });
    expect((await scene.cli(["approvals", "show", id])).stderr).toContain("no such question");
  });

  test("nobody answers: it does not run", async () => {
    await using scene = await setUp(host);
    const answering = answerNext(scene.node, prepared({ verdict: "ask" }), scene.heard);
    const { code, stderr } = await scene.cli(["nodes", "run", "attic", "--wait", "50", "--", "ls", "-l"]);
    await answering;
    expect([code, stderr.includes("nobody approved it in time")]).toEqual([5, true]);
    expect(scene.heard).toHaveLength(1);
  });

  test("threat(T10): what would hide or turn is shown as what it is; too long is not asked", async () => {
    await using scene = await setUp(host);
    const argv = ["rm", "\u202etxt.exe", "\x1b[2K", "pаypal"];
    const plan = { argv, cwd: "/", agentId: null, sessionKey: null };
    const answering = answerNext(scene.node, prepared({ plan, verdict: "ask" }), scene.heard);
    const running = scene.cli(["nodes", "run", "attic", "--wait", "2000", "--", "x"]);
    await answering;
    let waiting: { id: string }[] = [];
    while (waiting.length === 0) waiting = (await scene.admin.call("exec.approval.list", {})).payload;
    for (const isTerminal of [true, false]) {
      const { stdout } = await scene.cli(["approvals", "show", waiting[0]?.id ?? ""], undefined, { isTerminal });
      expect(stdout).toContain("'⟨U+202E⟩txt.exe' '⟨U+001B⟩[2K' 'p⟨U+0430⟩ypal'");
      expect(stdout).toMatch(/^[\x20-\x7e⟨⟩\n]*$/);
    }
    await scene.cli(["approvals", "deny", waiting[0]?.id ?? ""]);
    expect((await running).code).toBe(4);
    const long = { argv: ["echo", "x".repeat(100_000)], cwd: "/", agentId: null, sessionKey: null };
    const preparing = answerNext(scene.node, prepared({ plan: long, verdict: "ask" }), scene.heard);
    const refused = await scene.cli(["nodes", "run", "attic", "--", "x"]);
    await preparing;
    expect([refused.code, refused.stderr.includes("command too long to approve")]).toEqual([1, true]);
    expect(scene.heard.map(({ command }) => command)).toEqual(["system.run.prepare", "system.run.prepare"]);
  });

  test("no time left, and a program that could not start, are failures of their own", async () => {
    await using scene = await setUp(host);
    const twice = (payload: Json) =>
      answerNext(scene.node, prepared(), []).then(() => answerNext(scene.node, { ...done, ...payload }, []));
    let answering = twice({ exitCode: undefined, timedOut: true });
    const late = await scene.cli(["nodes", "run", "attic", "--limit", "100", "--", "ls"]);
    await answering;
    expect([late.code, late.stdout, late.stderr.includes("stopped after 100 ms")]).toEqual([5, "out\n", true]);
    answering = twice({ exitCode: undefined, error: "no such program: ls" });
    expect((await scene.cli(["nodes", "run", "attic", "--", "ls"])).stderr).toContain("no such program: ls");
    await answering;
    answering = twice({});
    const json = await scene.cli(["nodes", "run", "attic", "--json", "--", "ls"]);
    await answering;
    expect([json.code, JSON.parse(json.stdout)]).toEqual([3, done]);
  });
});

describe("rules", () => {
  test("of the gateway's own host: shown, changed, and never with its secret", async () => {
    await using gateway = await startGateway();
    const rules = (...more: string[]) => run(["approvals", "rules", ...more], at(gateway));
    expect((await rules()).stdout).toBe(
      "the gateway, agent main\nsecurity  deny (nothing runs, approved or not)\nask       on-miss\nfallback  deny\n",
    );
    expect((await rules("--security", "allowlist", "--allow", "/usr/bin/*")).stdout).toContain("allowed   /usr/bin/*");
    expect((await rules("--disallow", "/usr/bin/*", "--ask", "always")).stdout).toBe(
      "the gateway, agent main\nsecurity  allowlist\nask       always\nfallback  deny\n",
    );
    expect((await rules("--agent", "ada")).stdout).toContain("security  deny");
    for (const wrong of [
      ["--security", "some"],
      ["--ask", "never"],
      ["--allow", "ls"],
    ])
      expect((await rules(...wrong)).code).toBe(2);
    const file = JSON.parse(readFileSync(join(gateway.stateDir, "exec-approvals.json"), "utf8"));
    expect(file.agents.main).toMatchObject({ security: "allowlist", ask: "always", allowlist: [] });
    expect((await rules("--json")).stdout).not.toContain(file.socket.token);
  });
});

describe("the node on this computer", () => {
  const home = () => mkdtempSync(join(tmpdir(), "moltbot-home-"));

  test("install prints the unit and changes nothing, or writes it; the secret is not in it", async () => {
    const folder = home();
    const io: Partial<Io> = { home: folder, env: { PATH: "/usr/bin", MOLTBOT_GATEWAY_TOKEN: TOKEN.repeat(6) } };
    const line = [
      "node",
      "install",
      "--url",
      "wss://home.example:18789",
      "--name",
      "Attic %h",
      "--no-notify",
      "--no-start",
    ];
    const dry = await run([...line, "--dry-run"], io);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('"node" "run"');
    expect(dry.stdout).toContain('"--url=wss://home.example:18789" "--name=Attic %%h" "--no-notify"');
    expect(readdirSync(folder)).toEqual([]);
    const real = await run([...line, "--json"], io);
    const { path, started } = JSON.parse(real.stdout);
    expect([path, started]).toEqual([join(folder, ".config/systemd/user/moltbot-node.service"), false]);
    expect(readFileSync(path, "utf8")).not.toContain(TOKEN.repeat(6));
    const kept = join(folder, ".moltbot", "node-secrets.json");
    expect(readFileSync(kept, "utf8")).toContain(TOKEN.repeat(6));
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect((await run(["node", "install", "--name", "a\nb", "--dry-run"], io)).code).toBe(2);
    rmSync(folder, { recursive: true });
  });

  test("without one, status says so, and uninstall has nothing to do", async () => {
    const folder = home();
    const io: Partial<Io> = { home: folder };
    expect(await run(["node", "status"], io)).toMatchObject({
      code: 3,
      stdout: "no node host is running: moltbot node run\n",
    });
    expect((await run(["node", "uninstall"], io)).stderr).toContain("nothing is installed");
    expect(existsSync(join(folder, ".moltbot"))).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
