/** Who may approve what a node offers, and the older entries that are no devices. */
import { describe, expect, test } from "bun:test";
import { connectClient } from "../gateway/client.ts";
import { approve, connectNode, nodeId, rowOf, startWithAdmin, told } from "./harness.ts";

describe("what approving takes", () => {
  test.each<[commands: string[], scopes: string[], missing: string | undefined]>([
    [["system.notify"], ["operator.pairing"], "operator.write"],
    [["system.notify"], ["operator.pairing", "operator.write"], undefined],
    [["system.run"], ["operator.pairing", "operator.write"], "operator.admin"],
    [["system.which"], ["operator.pairing", "operator.write"], "operator.admin"],
    [["system.run"], ["operator.admin"], undefined],
    [[], ["operator.pairing"], undefined],
    [["system.notify"], ["operator.write"], "operator.pairing"],
  ])("%p with %p", async (commands, scopes, missing) => {
    await using scene = await startWithAdmin();
    using by = await connectClient(scene.url, { scopes });
    using _node = await connectNode(scene.url, { commands, caps: ["system"] });
    const { pending } = (await scene.admin.call("node.pair.list", {})).payload;
    const reply = await by.call("node.pair.approve", { requestId: pending[0].requestId });
    const row = await rowOf(scene.admin);
    if (missing === undefined) {
      expect(reply.ok).toBe(true);
      expect(row).toMatchObject({ commands, caps: ["system"], approvalState: "approved" });
    } else {
      expect(told(reply)).toEqual({ ok: false, code: "FORBIDDEN", message: `missing scope: ${missing}` });
      expect(row).toMatchObject({ commands: [], caps: [], approvalState: "pending-approval" });
    }
  });

  test("a request is answered once, and v3 peers hear of it in their words", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using v3 = await connectClient(url, { version: 3 });
    using reader = await connectClient(url, { scopes: ["operator.read"] });
    using _node = await connectNode(url);
    const requested = (await v3.event(({ event }) => event === "node.pair.requested")).payload;
    expect(requested).toMatchObject({ nodeId, commands: ["system.which"] });
    expect(requested).not.toHaveProperty("requiredApproveScopes");
    expect((await approve(admin)).ok).toBe(true);
    for (const method of ["node.pair.approve", "node.pair.reject"])
      expect(told(await v3.call(method, { requestId: requested.requestId })).message).toBe("unknown requestId");
    const { payload } = await v3.event(({ event }) => event === "node.pair.resolved");
    expect(payload).toEqual({ requestId: requested.requestId, nodeId, decision: "approved", ts: scene.clock.now() });
    expect(reader.events.filter(({ event }) => event?.startsWith("node.pair"))).toEqual([]);
  });
});

describe("entries of node.pair.request", () => {
  test("are for v3, wait five minutes, and get a token that only v3 peers are told", async () => {
    await using scene = await startWithAdmin();
    const { url, admin, clock } = scene;
    using v3 = await connectClient(url, { version: 3 });
    const ask = { nodeId: "legacy", commands: ["canvas.present"] };
    expect(told(await admin.call("node.pair.request", ask)).message).toBe("unknown method: node.pair.request");
    expect((await v3.call("node.pair.request", ask)).payload.created).toBe(true);
    expect((await v3.call("node.pair.request", ask)).payload.created).toBe(false);
    clock.advance(5 * 60_000 + 1);
    expect((await v3.call("node.pair.list", {})).payload.pending).toEqual([]);
    const { requestId } = (await v3.call("node.pair.request", ask)).payload.request;
    const { token } = (await v3.call("node.pair.approve", { requestId })).payload.node;
    expect((await admin.call("node.pair.list", {})).payload.paired[0]).not.toHaveProperty("token");
    expect((await v3.call("node.pair.verify", { nodeId: "legacy", token })).payload.ok).toBe(true);
    expect((await v3.call("node.pair.verify", { nodeId: "legacy", token: "bad" })).payload).toEqual({ ok: false });
    expect(await rowOf(admin, "legacy")).toBeUndefined();
    await admin.call("node.pair.remove", { nodeId: "legacy" });
    expect((await v3.call("node.pair.verify", { nodeId: "legacy", token })).payload).toEqual({ ok: false });
  });

  test("open no door: such a token is no device token", async () => {
    await using scene = await startWithAdmin();
    using v3 = await connectClient(scene.url, { version: 3 });
    const { requestId } = (await v3.call("node.pair.request", { nodeId })).payload.request;
    const { token } = (await v3.call("node.pair.approve", { requestId })).payload.node;
    const auth = { token };
    const client = { id: "node-host", mode: "node" } as const;
    await expect(connectClient(scene.url, { version: 3, role: "node", scopes: [], auth, client })).rejects.toThrow();
  });

  test("features name each generation's methods", async () => {
    await using scene = await startWithAdmin();
    using v3 = await connectClient(scene.url, { version: 3 });
    const named = (client: { hello: Record<string, unknown> }) =>
      (client.hello["features"] as { methods: string[] }).methods;
    using v4 = await connectClient(scene.url);
    expect(named(v3)).toContain("node.pair.request");
    expect(named(v4)).not.toContain("node.pair.request");
    expect(named(v4)).toContain("node.invoke.progress");
    expect(named(v3)).not.toContain("node.invoke.progress");
  });
});
