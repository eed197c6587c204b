/** What an agent can do with devices: the tools, through a real gateway, a model that calls them and a node that answers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/lib/clock.ts";
import { connectClient, type TestClient } from "../../gateway/client.ts";
import { answer, approve, asked, connectNode } from "../../nodes/harness.ts";
import { type ModelStandin, startModelStandin } from "../../standins/model.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";

const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
const commands = ["camera.snap", "location.get", "system.notify", "canvas.present", "canvas.eval", "canvas.a2ui.push"];

let model: ModelStandin;
let gateway: TestGateway;
let admin: TestClient;
let node: TestClient;

const configOf = (more: object = {}) => ({
  models: {
    providers: { mock: { baseUrl: model.url, apiKey: "key", api: "openai-completions", models: [{ id: "m1" }] } },
  },
  agents: { defaults: { model: { primary: "mock/m1" } } },
  gateway: { nodes: { commands: { allow: [...commands, "system.run"] } } },
  ...more,
});

async function start(more: object = {}, claimed: readonly string[] = commands): Promise<void> {
  gateway = await startGateway({ clock: systemClock, config: configOf(more) });
  admin = await connectClient(gateway.url);
  node = await connectNode(gateway.url, { platform: "web", caps: ["canvas", "camera"], commands: claimed });
  await approve(admin);
}

beforeEach(async () => {
  model = await startModelStandin();
});

afterEach(async () => {
  node[Symbol.dispose]();
  admin[Symbol.dispose]();
  expect(gateway.badResults).toEqual([]);
  await gateway[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

let asks = 0;
/** Asks the agent, as the owner, and gives its answer. */
function ask(message: string): Promise<string> {
  const idempotencyKey = `ask-${++asks}`;
  return admin
    .call("agent", { message, idempotencyKey, sessionKey: `s${asks}` })
    .then(({ payload }) => admin.call("agent.wait", { runId: payload.runId, timeoutMs: 20_000 }))
    .then(() => admin.call("chat.history", { sessionKey: `s${asks}` }))
    .then(({ payload }) => JSON.stringify(payload.messages.at(-1)));
}

const offered = () => {
  const tools = (model.requests.at(-1)?.body["tools"] ?? []) as { function: { name: string } }[];
  return tools.map((tool) => tool.function.name).sort();
};

describe("an agent of the owner", () => {
  test("is offered what the devices can do, in a first request that stays small", async () => {
    await start();
    await ask("hello");
    expect(offered()).toEqual(["camera", "canvas", "current_time", "location", "nodes", "notify"]);
    expect(JSON.stringify(model.requests.at(-1)?.body).length).toBeLessThan(8_000);
  });

  test("takes a photo: the device is asked, and the file has a handle and no path", async () => {
    await start();
    const said = ask('call camera {"action":"snap","facing":"front"}');
    const { id, command, params } = await asked(node);
    expect({ command, params }).toEqual({ command: "camera.snap", params: { facing: "front" } });
    const payload = { format: "png", base64: dot.toString("base64"), width: 1, height: 1 };
    await answer(node, id, { ok: true, payload });
    const text = await said;
    const [handle = ""] = /media:[0-9a-f]{40}\.png/.exec(text) ?? [];
    expect(readFileSync(join(gateway.stateDir, "media", handle.slice("media:".length)))).toEqual(dot);
    expect(text).not.toContain(gateway.stateDir);
  });

  test("writes a page, shows it, and asks it", async () => {
    await start();
    const page = '{"action":"write","path":"/cake.html","content":"<h1>Cake</h1>"}';
    const said = ask(
      `call canvas ${page}\ncall canvas {"action":"present","url":"/cake.html"}\ncall canvas {"action":"eval","javaScript":"document.title"}`,
    );
    const shown = await asked(node);
    expect(shown).toMatchObject({ command: "canvas.present", params: { url: "/cake.html" } });
    expect(readFileSync(join(gateway.stateDir, "canvas", "cake.html"), "utf8")).toBe("<h1>Cake</h1>");
    await answer(node, shown.id, { ok: true, payload: {} });
    const { id, command } = await asked(node);
    expect(command).toBe("canvas.eval");
    await answer(node, id, { ok: true, payload: { result: "Cake" } });
    expect(await said).toContain("It brought: Cake");
  });

  test.each(["../gateway.db", "/..%2fgateway.db", "a\\\\b.html", ".hidden", "x\\u0000.html", "", "aux.html"])(
    "threat(T18): cannot write %p",
    async (path) => {
      await start();
      const text = await ask(`call canvas {"action":"write","path":"${path}","content":"x"}`);
      expect(text).toContain("not the name of a file in the canvas");
    },
  );

  test("threat(T18): cannot write through a link", async () => {
    await start();
    await ask('call canvas {"action":"write","path":"/there.html","content":"x"}');
    symlinkSync(gateway.stateDir, join(gateway.stateDir, "canvas", "out"));
    const text = await ask('call canvas {"action":"write","path":"/out/planted.html","content":"x"}');
    expect(text).toContain("not the name of a file in the canvas");
    expect(existsSync(join(gateway.stateDir, "planted.html"))).toBe(false);
  });

  test("pushes a form, and is told what was wrong with another", async () => {
    await start();
    const form = [
      {
        version: "v0.9",
        createSurface: { surfaceId: "s", catalogId: "https://a2ui.org/specification/v0_9/basic_catalog.json" },
      },
      {
        version: "v0.9",
        updateComponents: { surfaceId: "s", components: [{ id: "root", component: "Text", text: "hi" }] },
      },
    ];
    const said = ask(`call canvas ${JSON.stringify({ action: "a2ui_push", messages: form })}`);
    const { id, command, params } = await asked(node);
    expect(command).toBe("canvas.a2ui.push");
    expect(JSON.stringify(params)).toContain('"hi"');
    await answer(node, id, { ok: true, payload: { ok: true } });
    expect(await said).toContain("shown: s");
    expect(await ask('call canvas {"action":"a2ui_push","messages":[{"nonsense":1}]}')).toContain("nothing was shown");
  });

  test("hears what it cannot do, in words it can mend", async () => {
    await start();
    expect(await ask('call camera {"action":"dance"}')).toContain("wrong arguments");
    expect(await ask('call location {"node":"nobody"}')).toContain("unknown nodeId");
    expect(await ask('call camera {"action":"clip"}')).toContain("no connected device can do camera.clip");
  });
});

describe("threat(T09): exec", () => {
  const claimed = ["system.run"];
  const run = 'call exec {"command":["/bin/echo","hi"],"cwd":"/tmp"}';

  test("asks the owner about exactly this call, and runs it once when it is allowed", async () => {
    await start({}, claimed);
    const approver = await connectClient(gateway.url);
    const said = ask(run);
    const { payload } = await approver.event(({ event }) => event === "exec.approval.requested");
    expect(payload.request).toMatchObject({ commandArgv: ["/bin/echo", "hi"], cwd: "/tmp" });
    await approver.call("exec.approval.resolve", { id: payload.id, decision: "allow-once" });
    const { id, command, params } = await asked(node);
    expect(command).toBe("system.run");
    expect(params).toMatchObject({ command: ["/bin/echo", "hi"], cwd: "/tmp", approved: true });
    await answer(node, id, { ok: true, payload: { exitCode: 0, timedOut: false, stdout: "hi\n", stderr: "" } });
    expect(await said).toContain("hi");
    const again = await approver.call("exec.approval.resolve", { id: payload.id, decision: "allow-once" });
    expect(again.ok).toBe(true);
    approver[Symbol.dispose]();
  });

  test("does not run what the owner denies", async () => {
    await start({}, claimed);
    const approver = await connectClient(gateway.url);
    const said = ask(run);
    const { payload } = await approver.event(({ event }) => event === "exec.approval.requested");
    await approver.call("exec.approval.resolve", { id: payload.id, decision: "deny" });
    expect(await said).toContain("does not want this to run");
    approver[Symbol.dispose]();
  });
});

test("threat(T25): the owner's rules take a tool away, from all or from one agent", async () => {
  await start({ tools: { deny: ["camera", "canvas"] } });
  await ask("hello");
  expect(offered()).toEqual(["current_time", "location", "nodes", "notify"]);
  expect(await ask('call camera {"action":"snap"}')).toContain("there is no tool named camera");
});
