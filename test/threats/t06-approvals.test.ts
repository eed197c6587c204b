/** Nobody hands out more than they hold: approvals of nodes, and a hundred approvals at once. */
import { describe, expect, test } from "bun:test";
import { hasScope } from "../../src/devices/scopes.ts";
import { scopesToApprove } from "../../src/nodes/commands.ts";
import { testKey } from "../devices/keys.ts";
import { connectClient } from "../gateway/client.ts";
import { sequence } from "../lib/sequence.ts";
import { connectNode, nodeId, rowOf, startWithAdmin } from "../nodes/harness.ts";

const scopes = ["read", "write", "admin", "approvals", "pairing"].map((name) => `operator.${name}`);
const commands = ["system.run", "system.which", "system.notify", "fs.listDir", "browser.proxy", "terminal.upload"];

describe("threat(T06): approving nodes", () => {
  test("random approvers approve random offers exactly when they hold every scope that it takes", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    const random = sequence(6);
    const some = <T>(from: readonly T[]) => from.filter(() => random() < 0.4);
    for (let round = 0; round < 60; round++) {
      await admin.call("node.pair.remove", { nodeId });
      const held = some(scopes);
      const offer = some(commands);
      using by = await connectClient(url, { scopes: held });
      using node = await connectNode(url, { commands: offer, caps: ["system"] });
      const { pending } = (await admin.call("node.pair.list", {})).payload;
      const { requestId, requiredApproveScopes } = pending[0];
      expect(requiredApproveScopes).toEqual(scopesToApprove({ commands: offer }));
      const { ok } = await by.call("node.pair.approve", { requestId });
      const isEntitled = requiredApproveScopes.every((scope: string) => hasScope(held, scope));
      expect({ held, offer, ok }).toEqual({ held, offer, ok: isEntitled });
      expect((await rowOf(admin)).commands).toEqual(isEntitled ? offer.toSorted() : []);
      await node.socket.close();
    }
  });

  test("a hundred approvals of one request: one counts", async () => {
    await using scene = await startWithAdmin();
    using _node = await connectNode(scene.url, { commands });
    const { pending } = (await scene.admin.call("node.pair.list", {})).payload;
    const { requestId } = pending[0];
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => scene.admin.call("node.pair.approve", { requestId })),
    );
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
    expect(replies.filter(({ error }) => error?.message === "unknown requestId")).toHaveLength(99);
  });

  test("a node approves nothing, least of all itself", async () => {
    await using scene = await startWithAdmin();
    using node = await connectNode(scene.url, { commands });
    const { pending } = (await scene.admin.call("node.pair.list", {})).payload;
    const { requestId } = pending[0];
    for (const [method, params] of [
      ["node.pair.approve", { requestId }],
      ["device.pair.approve", { requestId }],
      ["exec.approval.resolve", { id: "a", decision: "allow-once" }],
      ["exec.approvals.set", { file: { version: 1 } }],
      ["device.token.rotate", { deviceId: nodeId, role: "operator" }],
    ] as const)
      expect((await node.call(method, params)).error?.message).toBe("unauthorized role: node");
    expect((await rowOf(scene.admin)).commands).toEqual([]);
  });

  test("the device of an approved node gets no operator scopes by it", async () => {
    await using scene = await startWithAdmin();
    const key = testKey("k2");
    using node = await connectNode(scene.url, { key, commands });
    const { deviceToken } = node.hello["auth"] as { deviceToken: string };
    const asOperator = {
      key,
      auth: { token: deviceToken },
      scopes: ["operator.read"],
      client: { id: "cli", mode: "cli" },
    } as const;
    await expect(connectClient(scene.url, asOperator)).rejects.toThrow("unauthorized");
  });
});
