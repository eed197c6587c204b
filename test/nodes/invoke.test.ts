/** Asking nodes: what is checked, in which order, in whose words, and what has an end. */
import { describe, expect, test } from "bun:test";
import { connectClient } from "../gateway/client.ts";
import { answer, approve, asked, connectNode, invoke, nodeId, startWithAdmin, told } from "./harness.ts";

describe("refusals", () => {
  test.each<[title: string, version: 3 | 4, target: string, command: string, expected: object]>([
    [
      "v3: unknown node",
      3,
      "nope",
      "bogus.cmd",
      { code: "UNAVAILABLE", message: "node not connected", details: { code: "NOT_CONNECTED" } },
    ],
    [
      "v4: unknown node",
      4,
      "nope",
      "bogus.cmd",
      {
        code: "UNAVAILABLE",
        message: "node pairing changed while invocation was active",
        retryable: true,
        details: { code: "PAIRING_CHANGED" },
      },
    ],
    [
      "v3: not in the table",
      3,
      nodeId,
      "bogus.cmd",
      {
        code: "INVALID_REQUEST",
        message: "node command not allowed",
        details: { reason: "command not allowlisted", command: "bogus.cmd" },
      },
    ],
    [
      "v4: not in the table",
      4,
      nodeId,
      "bogus.cmd",
      {
        message: 'node command not allowed: "bogus.cmd" is not in the allowlist for platform "linux"',
        details: { reason: "command not allowlisted", command: "bogus.cmd" },
      },
    ],
    [
      "v3: not declared",
      3,
      nodeId,
      "system.notify",
      { details: { reason: "command not declared by node", command: "system.notify" } },
    ],
    [
      "v4: rules have their own methods",
      4,
      nodeId,
      "system.execApprovals.set",
      { code: "INVALID_REQUEST", details: { command: "system.execApprovals.set" } },
    ],
  ])("%s", async (_title, version, target, command, expected) => {
    await using scene = await startWithAdmin();
    using caller = await connectClient(scene.url, { version });
    using node = await connectNode(scene.url, { version: 3, commands: ["system.which", "system.execApprovals.set"] });
    const { error } = await invoke(caller, command, { nodeId: target });
    expect(error).toMatchObject(expected);
    expect(node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
  });

  test("a node that declares nothing is told apart from one that does not declare this", async () => {
    await using scene = await startWithAdmin();
    using _node = await connectNode(scene.url, { version: 3, commands: [] });
    expect((await invoke(scene.admin, "system.which")).error?.details).toMatchObject({
      reason: "node did not declare commands",
    });
  });

  test("an absent node fails at once, and says that trying later can help", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    await node.socket.close();
    const { error } = await invoke(scene.admin, "system.which");
    expect(error).toEqual({
      code: "UNAVAILABLE",
      message: "node not connected",
      retryable: true,
      details: {
        code: "NOT_CONNECTED",
        nodeError: { code: "NOT_CONNECTED", message: "node not connected" },
        nodeCommandDispatched: false,
      },
    });
  });

  test.each<[command: string, scopes: string[], isSent: boolean]>([
    ["system.which", ["operator.write"], true],
    ["system.which", ["operator.read"], false],
    ["browser.proxy", ["operator.write"], false],
    ["browser.proxy", ["operator.admin"], true],
  ])("%s with %p is sent: %p", async (command, scopes, isSent) => {
    await using scene = await startWithAdmin();
    using caller = await connectClient(scene.url, { scopes });
    using node = await connectNode(scene.url, { version: 3, commands: ["system.which", "browser.proxy"] });
    const calling = invoke(caller, command);
    if (isSent) {
      const { id } = await asked(node);
      await answer(node, id, { ok: true });
      expect((await calling).ok).toBe(true);
    } else {
      expect((await calling).error).toMatchObject({ code: "FORBIDDEN", details: { code: "MISSING_SCOPE" } });
      expect(node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
    }
  });
});

describe("answers", () => {
  test.each<[title: string, answered: object, payload: unknown, payloadJSON: string | null]>([
    ["JSON text", { payloadJSON: '{"a":[1]}' }, { a: [1] }, '{"a":[1]}'],
    ["a value", { payload: { a: 1 } }, { a: 1 }, null],
    ["both: the text wins", { payload: 1, payloadJSON: "2" }, 2, "2"],
    ["text that is no JSON", { payloadJSON: "nope{" }, { payloadJSON: "nope{" }, "nope{"],
    [
      "text with a poisoned key",
      { payloadJSON: '{"__proto__":1}' },
      { payloadJSON: '{"__proto__":1}' },
      '{"__proto__":1}',
    ],
    ["null in place of text", { payload: "x", payloadJSON: null }, "x", null],
    ["an object in place of text", { payloadJSON: { a: 1 } }, { a: 1 }, null],
    ["nothing", { error: null }, undefined, null],
  ])("%s", async (_title, answered, payload, payloadJSON) => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3 });
    const calling = invoke(scene.admin, "system.which");
    const { id } = await asked(node);
    expect((await answer(node, id, { ok: true, ...answered })).payload).toEqual({ ok: true });
    const reply = await calling;
    expect(reply.payload).toEqual({
      ok: true,
      nodeId,
      command: "system.which",
      ...(payload === undefined ? {} : { payload }),
      payloadJSON,
    });
  });

  test.each<[version: 3 | 4, message: string, details: object]>([
    [3, "no can do", { nodeError: { code: "CAMERA_DISABLED", message: "no can do" } }],
    [
      4,
      "CAMERA_DISABLED: no can do",
      { nodeError: { code: "CAMERA_DISABLED", message: "no can do" }, nodeCommandDispatched: true },
    ],
  ])("a node's refusal reaches a caller of v%p", async (version, message, details) => {
    await using scene = await startWithAdmin();
    using caller = await connectClient(scene.url, { version });
    using node = await connectNode(scene.url, { version: 3 });
    const calling = invoke(caller, "system.which");
    const { id } = await asked(node);
    await answer(node, id, { ok: false, error: { code: "CAMERA_DISABLED", message: "no can do" } });
    expect((await calling).error).toEqual({ code: "UNAVAILABLE", message, details: details as never });
  });

  test("a command that takes too long ends, the node is told to stop, and its late answer is ignored", async () => {
    await using scene = await startWithAdmin();
    const { url, admin, clock } = scene;
    using node = await connectNode(url);
    await approve(admin);
    const calling = invoke(admin, "system.which", { timeoutMs: 400 });
    const { id, timeoutMs } = await asked(node);
    expect(timeoutMs).toBe(400);
    clock.advance(400);
    expect(told(await calling)).toEqual({ ok: false, code: "UNAVAILABLE", message: "TIMEOUT: node invoke timed out" });
    const { payload } = await node.event(({ event }) => event === "node.invoke.cancel");
    expect(payload).toEqual({ invokeId: id, nodeId });
    expect((await answer(node, id, { ok: true })).payload).toEqual({ ok: true, ignored: true });
  });

  test("without a time it is thirty seconds, and half an hour at most", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3 });
    const ask = (more: object) => {
      const params = { nodeId, command: "system.which", idempotencyKey: "k", ...more };
      scene.admin.send({ type: "req", id: "x", method: "node.invoke", params });
    };
    ask({});
    expect((await asked(node)).timeoutMs).toBe(30_000);
    ask({ timeoutMs: 1e9 });
    expect((await asked(node)).timeoutMs).toBe(30 * 60_000);
  });

  test("when the caller is gone, a v4 node is told to stop", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    await approve(scene.admin);
    using caller = await connectClient(scene.url);
    caller.send({
      type: "req",
      id: "x",
      method: "node.invoke",
      params: { nodeId, command: "system.which", idempotencyKey: "k" },
    });
    const { id, idempotencyKey } = await asked(node);
    expect(idempotencyKey).toBe("k");
    await caller.socket.close();
    expect((await node.event(({ event }) => event === "node.invoke.cancel")).payload.invokeId).toBe(id);
  });

  test("the same key twice is two calls: it is for the node to know", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3 });
    const calls = [1, 2].map(() => invoke(scene.admin, "system.which", { idempotencyKey: "same" }));
    for (const payload of ["one", "two"]) await answer(node, (await asked(node)).id, { ok: true, payload });
    expect((await Promise.all(calls)).map((reply) => reply.payload.payload).toSorted()).toEqual(["one", "two"]);
  });

  test("output while it runs is taken in order, from the socket that was asked", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url);
    await approve(scene.admin);
    const calling = invoke(scene.admin, "system.which");
    const { id } = await asked(node);
    const tell = (seq: number, invokeId = id) =>
      node.call("node.invoke.progress", { invokeId, nodeId, seq, chunk: `part ${seq}` });
    expect((await tell(0)).payload).toEqual({ ok: true });
    expect((await tell(0)).payload).toEqual({ ok: true, ignored: true });
    expect((await tell(1, "unknown")).payload).toEqual({ ok: true, ignored: true });
    expect(
      (await node.call("node.invoke.progress", { invokeId: id, nodeId, seq: 2, chunk: "x".repeat(16_385) })).ok,
    ).toBe(false);
    await answer(node, id, { ok: true });
    expect((await calling).ok).toBe(true);
    expect((await tell(2)).payload).toEqual({ ok: true, ignored: true });
  });
});

describe("limits", () => {
  test("thirty-two commands are under way on a node; the next is told to wait", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3 });
    const calls = Array.from({ length: 32 }, () => invoke(scene.admin, "system.which"));
    const { error } = await invoke(scene.admin, "system.which");
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, details: { code: "NODE_BUSY" } });
    for (const _call of calls) await answer(node, (await asked(node)).id, { ok: true });
    expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true);
    const next = invoke(scene.admin, "system.which");
    await answer(node, (await asked(node)).id, { ok: true });
    expect((await next).ok).toBe(true);
  });

  test("parameters have at most four million characters", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { version: 3 });
    const refused = await invoke(scene.admin, "system.which", { params: "x".repeat(4 * 1024 * 1024) });
    expect(refused.error?.code).toBe("INVALID_REQUEST");
    expect(node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
  });
});

describe("waiting for a node (queueMs)", () => {
  test("a call waits for its node, and is judged when it comes", async () => {
    await using scene = await startWithAdmin();
    const { url, admin, clock } = scene;
    {
      using node = await connectNode(url);
      await approve(admin);
      await node.socket.close();
    }
    const calling = invoke(admin, "system.which", { queueMs: 60_000 });
    const refused = invoke(admin, "system.run", { queueMs: 60_000, params: { command: ["id"] } });
    await clock.waitsFor(60_000);
    using node = await connectNode(url);
    const { id, command } = await asked(node);
    expect(command).toBe("system.which");
    await answer(node, id, { ok: true, payload: 1 });
    expect((await calling).payload.payload).toBe(1);
    expect((await refused).error?.details).toMatchObject({ reason: "command not declared by node" });
  });

  test("and no longer than it says", async () => {
    await using scene = await startWithAdmin();
    const { url, admin, clock } = scene;
    using node = await connectNode(url);
    await approve(admin);
    await node.socket.close();
    const calling = invoke(admin, "system.which", { queueMs: 5_000 });
    await clock.waitsFor(5_000);
    clock.advance(5_000);
    expect((await calling).error).toMatchObject({ message: "node not connected", retryable: true });
  });

  test("sixteen may wait; nobody waits for a stranger", async () => {
    await using scene = await startWithAdmin();
    const { url, admin, clock } = scene;
    using node = await connectNode(url);
    await node.socket.close();
    const calls = Array.from({ length: 16 }, () => invoke(admin, "system.which", { queueMs: 1_000 }));
    expect((await invoke(admin, "system.which", { queueMs: 1_000 })).error).toMatchObject({ retryable: true });
    expect((await invoke(admin, "system.which", { nodeId: "nope", queueMs: 1_000 })).error?.details).toEqual({
      code: "PAIRING_CHANGED",
    });
    clock.advance(1_000);
    expect((await Promise.all(calls)).every(({ error }) => error?.message === "node not connected")).toBe(true);
  });

  test("an app in the background pulls what waits when its window opens", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using node = await connectNode(url, { platform: "ios", clientId: "openclaw-ios", commands: ["canvas.present"] });
    await approve(admin);
    const calling = invoke(admin, "canvas.present", { queueMs: 60_000, params: { url: "/" } });
    await answer(node, (await asked(node)).id, {
      ok: false,
      error: { code: "NODE_BACKGROUND_UNAVAILABLE", message: "open the app" },
    });
    await scene.clock.waitsFor(60_000);
    const { actions } = (await node.call("node.pending.pull", {})).payload;
    expect(actions).toMatchObject([{ command: "canvas.present", paramsJSON: '{"url":"/"}' }]);
    const ids = [actions[0].id, "of somebody else"];
    const acknowledged = await node.call("node.pending.ack", { ids });
    expect(acknowledged.payload).toEqual({ nodeId, ackedIds: [actions[0].id], remainingCount: 0 });
    expect((await calling).payload).toEqual({ ok: true, nodeId, command: "canvas.present", payloadJSON: null });
  });
});

describe("hints (node.pending.enqueue)", () => {
  test("are handed out once, urgent ones first, and not after their end", async () => {
    await using scene = await startWithAdmin();
    const { url, admin, clock } = scene;
    using node = await connectNode(url);
    const enqueue = (type: string, more = {}) => admin.call("node.pending.enqueue", { nodeId, type, ...more });
    await enqueue("status.request", { expiresInMs: 1_000 });
    clock.advance(1_000);
    expect((await node.call("node.pending.drain", {})).payload).toMatchObject({ items: [], hasMore: false });
    const first = (await enqueue("status.request")).payload;
    expect(first).toMatchObject({
      nodeId,
      wakeTriggered: false,
      queued: { type: "status.request", priority: "normal" },
    });
    expect((await enqueue("status.request")).payload.queued.id).toBe(first.queued.id);
    await enqueue("location.request", { priority: "high" });
    const { items, hasMore } = (await node.call("node.pending.drain", { maxItems: 1 })).payload;
    expect([items[0].type, hasMore]).toEqual(["location.request", true]);
    expect((await node.call("node.pending.drain", {})).payload.items).toHaveLength(1);
    expect((await node.call("node.pending.drain", {})).payload.items).toEqual([]);
    expect((await admin.call("node.pending.enqueue", { nodeId: "nope", type: "status.request" })).ok).toBe(false);
  });
});
