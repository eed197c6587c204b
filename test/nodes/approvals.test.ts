/** The owner's word about executions, from the question to its use. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { connectClient, type Json, type TestClient } from "../gateway/client.ts";
import { answer, asked, connectNode, invoke, nodeId, startWithAdmin, told } from "./harness.ts";

const requestedBy = (client: TestClient) => client.event(({ event }) => event === "exec.approval.requested");
const approver = { scopes: ["operator.approvals"], client: { displayName: "Ada" } };

describe("questions", () => {
  test.each<[version: 3 | 4]>([[3], [4]])("v%p: asked, shown, answered", async (version) => {
    await using scene = await startWithAdmin();
    using ada = await connectClient(scene.url, approver);
    using agent = await connectClient(scene.url, { version, scopes: ["operator.admin"] });
    using reader = await connectClient(scene.url, { scopes: ["operator.read"] });
    const asking = agent.call("exec.approval.request", {
      id: "a1",
      command: "make all",
      cwd: "/srv",
      timeoutMs: 5_000,
    });
    const { payload } = await requestedBy(ada);
    expect(payload).toMatchObject({
      id: "a1",
      request: { command: "make all", commandLength: 8, cwd: "/srv", host: null, sessionKey: null },
      expiresAtMs: scene.clock.now() + 5_000,
    });
    expect((await ada.call("exec.approval.list", {})).payload).toEqual([payload]);
    expect((await ada.call("exec.approval.get", { id: "a1" })).payload).toEqual(payload);
    expect((await ada.call("exec.approval.resolve", { id: "a1", decision: "allow-once" })).payload).toEqual({
      ok: true,
    });
    expect((await asking).payload).toEqual({
      id: "a1",
      decision: "allow-once",
      createdAtMs: scene.clock.now(),
      expiresAtMs: scene.clock.now() + 5_000,
    });
    const resolved = await ada.event(({ event }) => event === "exec.approval.resolved");
    expect(resolved.payload).toEqual({ id: "a1", decision: "allow-once", resolvedBy: "Ada", ts: scene.clock.now() });
    expect(agent.events.some(({ event }) => event === "exec.approval.requested")).toBe(version === 3);
    expect(reader.events.filter(({ event }) => event?.startsWith("exec."))).toEqual([]);
  });

  test("nobody answers: the word is none, and comes too late afterwards", async () => {
    await using scene = await startWithAdmin();
    using ada = await connectClient(scene.url, approver);
    const asking = scene.admin.call("exec.approval.request", { id: "a1", command: "true" });
    await requestedBy(ada);
    scene.clock.advance(120_000);
    expect((await asking).payload).toMatchObject({ id: "a1", decision: null });
    const late = await ada.call("exec.approval.resolve", { id: "a1", decision: "allow-once" });
    expect(late.error).toMatchObject({ details: { reason: "APPROVAL_NOT_FOUND" } });
  });

  test("a question that reaches nobody ends at once for v4; v3 waits for somebody to come", async () => {
    await using scene = await startWithAdmin();
    scene.admin[Symbol.dispose]();
    using v4 = await connectClient(scene.url);
    const request = { id: "a1", command: "true", twoPhase: true };
    expect((await v4.call("exec.approval.request", request)).payload).toMatchObject({ id: "a1", decision: null });
    const waited = await v4.call("exec.approval.waitDecision", { id: "a1" });
    expect(waited.payload).toMatchObject({ decision: null, terminalReason: "no-route" });
    using v3 = await connectClient(scene.url, { version: 3 });
    await v4.socket.close();
    const asking = v3.call("exec.approval.request", { id: "a2", command: "true" });
    await requestedBy(v3);
    using ada = await connectClient(scene.url, approver);
    await ada.call("exec.approval.resolve", { id: "a2", decision: "deny" });
    expect((await asking).payload.decision).toBe("deny");
  });

  test("in two phases: accepted first, then the word, also to who asks for it elsewhere", async () => {
    await using scene = await startWithAdmin();
    using ada = await connectClient(scene.url, approver);
    scene.admin.send({
      type: "req",
      id: "q",
      method: "exec.approval.request",
      params: { id: "a1", command: "true", twoPhase: true },
    });
    expect((await scene.admin.answer("q")).payload).toMatchObject({
      status: "accepted",
      id: "a1",
      deliveryRoute: "client",
    });
    using other = await connectClient(scene.url);
    const waiting = other.call("exec.approval.waitDecision", { id: "a1" });
    await ada.call("exec.approval.resolve", { id: "a1", decision: "allow-always" });
    expect((await scene.admin.answer("q")).payload.decision).toBe("allow-always");
    expect((await waiting).payload.decision).toBe("allow-always");
  });

  test("who asks cannot answer; the same word again is no error, another one is", async () => {
    await using scene = await startWithAdmin();
    using ada = await connectClient(scene.url, approver);
    const asking = scene.admin.call("exec.approval.request", { id: "a1", command: "true" });
    await requestedBy(ada);
    const resolve = (client: TestClient, decision: string, id = "a1") =>
      client.call("exec.approval.resolve", { id, decision });
    expect(told(await resolve(scene.admin, "allow-once")).code).toBe("FORBIDDEN");
    expect(told(await resolve(ada, "maybe")).message).toBe("invalid decision");
    expect((await resolve(ada, "deny")).ok).toBe(true);
    expect((await asking).payload.decision).toBe("deny");
    expect((await resolve(ada, "deny")).ok).toBe(true);
    expect((await resolve(ada, "allow-once")).error?.details).toEqual({ reason: "APPROVAL_ALREADY_RESOLVED" });
    using v3 = await connectClient(scene.url, { version: 3 });
    expect(told(await resolve(v3, "deny")).message).toBe("unknown approval id");
    expect(told(await resolve(v3, "deny", "never")).message).toBe("unknown approval id");
    const again = await scene.admin.call("exec.approval.request", { id: "a1", command: "true" });
    expect(told(again).message).toBe("approval id already pending");
  });

  test("a hundred questions wait; the next is refused", async () => {
    await using scene = await startWithAdmin();
    using ada = await connectClient(scene.url, approver);
    const asking = Array.from({ length: 100 }, (_, at) =>
      scene.admin.call("exec.approval.request", { id: `a${at}`, command: "true", timeoutMs: 1_000 }),
    );
    const { error } = await scene.admin.call("exec.approval.request", { command: "true" });
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect((await ada.call("exec.approval.list", {})).payload).toHaveLength(100);
    scene.clock.advance(1_000);
    await Promise.all(asking);
    expect((await ada.call("exec.approval.list", {})).payload).toEqual([]);
  });
});

describe("from the word to the run", () => {
  test("an older agent's way: the text is approved, and its shell runs it once", async () => {
    await using scene = await startWithAdmin();
    const { url } = scene;
    using ada = await connectClient(url, approver);
    const key = testKey("k1");
    using agent = await connectClient(url, { version: 3, key, scopes: ["operator.admin"] });
    using node = await connectNode(url, { version: 3, commands: ["system.run"] });
    const asking = agent.call("exec.approval.request", {
      id: "run-1",
      command: "ls | wc -l",
      cwd: "/srv",
      host: "node",
      agentId: "main",
    });
    await requestedBy(ada);
    await ada.call("exec.approval.resolve", { id: "run-1", decision: "allow-once" });
    await asking;
    const params = {
      command: ["/bin/sh", "-lc", "ls | wc -l"],
      rawCommand: "ls | wc -l",
      cwd: "/srv",
      agentId: "main",
      runId: "run-1",
      approved: true,
      approvalDecision: "allow-once",
    };
    // The agent's tools open a socket of their own for each call.
    using tool = await connectClient(url, { version: 3, key, scopes: ["operator.admin"] });
    const calling = invoke(tool, "system.run", { params });
    const { id, params: sent } = await asked(node);
    expect(sent).toMatchObject({
      ...params,
      approvalHash: expect.any(String),
      approvalExpiresAtMs: expect.any(Number),
    });
    await answer(node, id, { ok: true, payload: {} });
    expect((await calling).ok).toBe(true);
    expect(told(await invoke(tool, "system.run", { params })).message).toBe("approval required");
  });

  test("without a claim to be approved the node decides by its own rules", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3, commands: ["system.run"] });
    const calling = invoke(scene.admin, "system.run", {
      params: { command: ["id"], approved: false, approvalHash: "forged" },
    });
    const { id, params } = await asked(node);
    expect(params).toEqual({ command: ["id"] });
    await answer(node, id, {
      ok: false,
      error: { code: "UNAVAILABLE", message: "SYSTEM_RUN_DENIED: approval required" },
    });
    expect((await calling).error?.message).toContain("SYSTEM_RUN_DENIED");
  });

  test.each<[title: string, params: unknown]>([
    ["no parameters", undefined],
    ["a command that is a text", { command: "id" }],
    ["an empty command", { command: [] }],
    ["a text that says something else", { command: ["rm", "-rf", "/"], rawCommand: "ls" }],
    ["a shell with more than its text", { command: ["/bin/sh", "-c", "ls", "x"], rawCommand: "ls" }],
  ])("refused: %s", async (_title, params) => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3, commands: ["system.run"] });
    const more: Json = params === undefined ? {} : { params };
    expect((await invoke(scene.admin, "system.run", more)).error?.code).toBe("INVALID_REQUEST");
    expect(node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
    expect(nodeId).toBeString();
  });
});
