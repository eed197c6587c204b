/** What nodes tell: words, questions, followed sessions, and commands that ended. */
import { describe, expect, test } from "bun:test";
import { connectClient, type ServerFrame, type TestClient } from "../gateway/client.ts";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { answer, approve, asked, connectNode, invoke, nodeId, startWithAdmin } from "./harness.ts";

const configOf = ({ url }: ModelStandin) => ({
  models: {
    providers: {
      mock: {
        baseUrl: `${url}/v1`,
        apiKey: "k",
        api: "openai-completions",
        models: [{ id: "m1", contextWindow: 8000 }],
      },
    },
  },
  agents: { defaults: { model: { primary: "mock/m1" } } },
});

const tell = (node: TestClient, event: string, payload?: unknown) =>
  node.call("node.event", { event, ...(payload === undefined ? {} : { payloadJSON: JSON.stringify(payload) }) });

const isFinal = (frame: ServerFrame) => frame.event === "chat" && frame.payload.state === "final";

describe("questions", () => {
  test.each<[title: string, event: string, payload: object, sessionKey: string]>([
    ["spoken words go to the main session", "voice.transcript", { text: "hello there" }, "agent:main:main"],
    ["or to the one that is named", "voice.transcript", { text: "hello there", sessionKey: "talk" }, "agent:main:talk"],
    ["a request has the node's own session", "agent.request", { message: "hello there" }, `agent:main:node-${nodeId}`],
    ["unless it names one", "agent.request", { message: "hello there", sessionKey: "main" }, "agent:main:main"],
  ])("%s", async (_title, event, payload, sessionKey) => {
    await using model = await startModelStandin();
    await using scene = await startWithAdmin({ config: configOf(model) });
    using node = await connectNode(scene.url);
    expect((await tell(node, event, payload)).payload).toEqual({ ok: true, event, handled: true });
    const final = await scene.admin.event(isFinal);
    expect(final.payload.sessionKey).toBe(sessionKey);
    expect(JSON.stringify(model.requests[0]?.body["messages"])).toContain("hello there");
    expect(node.events.filter((frame) => frame.event === "chat" || frame.event === "agent")).toEqual([]);
  });

  test.each<[title: string, event: string, payload: unknown]>([
    ["no text", "voice.transcript", {}],
    ["blank text", "voice.transcript", { text: "  " }],
    ["too much text", "voice.transcript", { text: "x".repeat(20_001) }],
    ["a message that is none", "agent.request", { message: 7 }],
    ["no payload", "agent.request", undefined],
    ["no key to follow", "chat.subscribe", { sessionKey: "" }],
  ])("%s starts nothing, and is no error", async (_title, event, payload) => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    using v3 = await connectNode(scene.url, { version: 3 });
    expect((await tell(node, event, payload)).payload).toEqual({
      ok: true,
      event,
      handled: false,
      reason: "invalid_payload",
    });
    expect((await tell(v3, event, payload)).payload).toEqual({ ok: true });
    expect((await scene.admin.call("sessions.list", {})).payload.sessions).toEqual([]);
  });

  test("a node that asks all the time is told to wait", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    for (let at = 0; at < 30; at++) {
      expect((await tell(node, "agent.request", { message: "again", sessionKey: `s${at}` })).ok).toBe(true);
    }
    const { ok, error } = await tell(node, "agent.request", { message: "again", sessionKey: "more" });
    expect({ ok, retryAfterMs: error?.retryAfterMs }).toEqual({ ok: false, retryAfterMs: 60_000 });
    scene.clock.advance(60_000);
    expect((await tell(node, "agent.request", { message: "again", sessionKey: "more" })).ok).toBe(true);
  });
});

describe("following a session", () => {
  test("a node hears a session it follows, without numbers, under the key that it used, until it stops", async () => {
    await using model = await startModelStandin();
    await using scene = await startWithAdmin({ config: configOf(model) });
    const { url, admin } = scene;
    using v3 = await connectNode(url, { version: 3 });
    await tell(v3, "chat.subscribe", { sessionKey: "Main" });
    const say = async (idempotencyKey: string) => {
      await admin.call("chat.send", { sessionKey: "agent:main:main", message: "hello", idempotencyKey });
      await admin.event((frame) => isFinal(frame) && frame.payload.runId === idempotencyKey);
    };
    await say("r1");
    const heard = await v3.event(isFinal);
    expect(heard.seq).toBeUndefined();
    expect(heard.payload).toMatchObject({ sessionKey: "Main", runId: "r1" });
    expect(heard.payload).not.toHaveProperty("agentId");
    await tell(v3, "chat.unsubscribe", { sessionKey: "main" });
    v3.events.length = 0;
    await say("r2");
    expect(v3.events.filter(({ event }) => event === "chat" || event === "agent")).toEqual([]);
  });

  test("a v4 node hears the canonical key, and nothing of other sessions", async () => {
    await using model = await startModelStandin();
    await using scene = await startWithAdmin({ config: configOf(model) });
    const { url, admin } = scene;
    using node = await connectNode(url);
    expect((await tell(node, "chat.subscribe", { sessionKey: "main" })).payload).toEqual({ ok: true });
    for (const sessionKey of ["other", "main"]) {
      await admin.call("chat.send", { sessionKey, message: "hello", idempotencyKey: sessionKey });
      await admin.event((frame) => isFinal(frame) && frame.payload.runId === sessionKey);
    }
    const { payload, seq } = await node.event(isFinal);
    expect({ payload, seq }).toMatchObject({
      payload: { sessionKey: "agent:main:main", runId: "main" },
      seq: undefined,
    });
    expect(node.events.filter(({ payload: told }) => told?.runId === "other")).toEqual([]);
  });

  test("at most sixty-four sessions, and none after the socket is gone", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    for (let at = 0; at < 64; at++) await tell(node, "chat.subscribe", { sessionKey: `s${at}` });
    expect((await tell(node, "chat.subscribe", { sessionKey: "one more" })).ok).toBe(false);
    expect((await tell(node, "chat.subscribe", { sessionKey: "s0" })).ok).toBe(true);
    await node.socket.close();
    using again = await connectNode(scene.url);
    expect((await tell(again, "chat.subscribe", { sessionKey: "one more" })).ok).toBe(true);
  });
});

describe("commands that ended", () => {
  const notes = async (admin: TestClient) => (await admin.call("status", {})).payload.queuedSystemEvents as string[];

  test("what was asked for in the main session is a note for its next turn", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using node = await connectNode(url, { commands: ["system.run"] });
    await approve(admin);
    const calling = invoke(admin, "system.run", { params: { command: ["make"], sessionKey: "main" } });
    const { id, params } = await asked(node);
    const { runId } = params as { runId: string };
    await answer(node, id, { ok: true, payload: {} });
    await calling;
    const report = { runId, command: "make", exitCode: 2, output: `${"x".repeat(5_000)}the end` };
    expect((await tell(node, "exec.finished", report)).payload).toMatchObject({ handled: true });
    const [note] = await notes(admin);
    expect(note).toStartWith(`Exec finished (node=${nodeId}, id=${runId}, code 2): make`);
    expect(note).toEndWith("the end");
    expect(note?.length).toBeLessThan(2_000);
    expect((await tell(node, "exec.finished", report)).payload).toMatchObject({ reason: "unmatched_exec_event" });
    expect(await notes(admin)).toHaveLength(1);
  });

  test("a v3 host makes its own id: one report for each command, and no more", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using node = await connectNode(url, { version: 3, commands: ["system.run"] });
    const calling = invoke(admin, "system.run", { params: { command: ["true"], sessionKey: "main" } });
    const { id, params } = await asked(node);
    expect(params).toEqual({ command: ["true"], sessionKey: "main" });
    for (const event of ["exec.started", "exec.finished"]) await tell(node, event, { runId: "r1", command: "true" });
    await tell(node, "exec.finished", { runId: "r2", command: "never asked" });
    await answer(node, id, { ok: true });
    await calling;
    expect((await notes(admin)).map((note) => note.slice(0, 13))).toEqual(["Exec started ", "Exec finished"]);
  });
});

describe("everything else", () => {
  test.each<[version: 3 | 4, payload: object]>([
    [3, { ok: true }],
    [4, { ok: true, event: "unknown.kind", handled: false, reason: "unsupported_event" }],
  ])("an unknown kind is passed over: v%p", async (version, payload) => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version });
    expect((await node.call("node.event", { event: "unknown.kind", payload: { a: 1 } })).payload).toEqual(payload);
  });

  test("a node that says that it is alive is seen", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    scene.clock.advance(90_000);
    expect((await tell(node, "node.presence.alive", { trigger: "background" })).payload.handled).toBe(true);
    const { nodes } = (await scene.admin.call("node.list", {})).payload;
    expect(nodes[0]).toMatchObject({ lastSeenAtMs: scene.clock.now(), lastSeenReason: "background" });
  });

  test("a method that a node does not find is unknown to it, and costs it nothing", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    for (let at = 0; at < 30; at++) {
      const { error } = await node.call("node.runnerInventory.update", {});
      expect(error?.message).toBe("unknown method: node.runnerInventory.update");
    }
    expect((await node.call("skills.bins", {})).payload).toEqual({ bins: [] });
  });

  test("an app of v3 that asks for what operators may is refused, and stays", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3 });
    for (let at = 0; at < 30; at++) {
      expect((await node.call("chat.history", {})).error?.message).toBe("unauthorized role: node");
    }
    expect((await node.call("skills.bins", {})).ok).toBe(true);
  });

  test("wake words: told to everyone, kept, trimmed, and never none", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using v3 = await connectClient(url, { version: 3 });
    using node = await connectNode(url);
    const words = (client: TestClient) => client.event(({ event }) => event === "voicewake.changed");
    expect((await words(node)).payload.triggers).toEqual(["moltbot", "claude", "computer"]);
    const triggers = [" hey ", "", "x".repeat(100), ...Array.from({ length: 40 }, (_, at) => `w${at}`)];
    const set = (await admin.call("voicewake.set", { triggers })).payload.triggers;
    expect(set.slice(0, 3)).toEqual(["hey", "x".repeat(64), "w0"]);
    expect(set).toHaveLength(32);
    for (const client of [admin, v3, node]) expect((await words(client)).payload.triggers).toEqual(set);
    expect((await admin.call("voicewake.set", { triggers: ["  "] })).payload.triggers).toHaveLength(3);
    expect((await admin.call("voicewake.set", { triggers: "no" })).error?.message).toBe(
      "voicewake.set requires triggers: string[]",
    );
    await admin.call("voicewake.set", { triggers: ["kept"] });
    await scene.gateway.stop();
    await using again = await startWithAdmin({ stateDir: scene.gateway.stateDir });
    expect((await again.admin.call("voicewake.get", {})).payload.triggers).toEqual(["kept"]);
  });
});
