/** A node of each generation on one gateway, asked by a caller of each. */
import { expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { connectClient } from "../gateway/client.ts";
import { answer, approve, asked, connectNode, startWithAdmin } from "./harness.ts";

test("both do what either generation of caller asks, each in its own words", async () => {
  await using scene = await startWithAdmin();
  const { url, admin } = scene;
  const keys = { 3: testKey("k2"), 4: testKey("k3") } as const;
  using old = await connectNode(url, { version: 3, key: keys[3], commands: ["system.run"], displayName: "Old" });
  using current = await connectNode(url, {
    version: 4,
    key: keys[4],
    commands: ["system.run"],
    displayName: "Current",
  });
  await approve(admin, keys[4].deviceId);
  using caller3 = await connectClient(url, { version: 3 });
  using caller4 = await connectClient(url, { version: 4 });
  for (const caller of [caller3, caller4]) {
    for (const [node, version] of [
      [old, 3],
      [current, 4],
    ] as const) {
      const { deviceId } = keys[version];
      const call = { nodeId: deviceId, command: "system.run", params: { command: ["id"] }, idempotencyKey: "k" };
      const calling = caller.call("node.invoke", call);
      const { id, params } = await asked(node);
      // Runs have ids where the host tells them apart by them.
      expect(params).toEqual(version === 3 ? { command: ["id"] } : { command: ["id"], runId: expect.any(String) });
      await answer(node, id, { ok: true, payload: version }, deviceId);
      expect((await calling).payload).toMatchObject({ ok: true, nodeId: deviceId, payload: version });
    }
  }
  const names = async (caller: typeof caller3) => (await caller.call("node.list", {})).payload.nodes;
  const [seen3, seen4] = [await names(caller3), await names(caller4)];
  for (const rows of [seen3, seen4]) {
    expect(rows.map(({ displayName }: { displayName: string }) => displayName)).toEqual(["Current", "Old"]);
    expect(rows.every(({ connected, paired }: Record<string, boolean>) => connected && paired)).toBe(true);
  }
  expect(seen3[0]).not.toHaveProperty("approvalState");
  expect(seen4[0]).toMatchObject({ approvalState: "approved", clientId: "node-host", deviceFamily: "Linux" });
  expect((await caller3.call("node.describe", { nodeId: keys[3].deviceId })).payload).toMatchObject({
    displayName: "Old",
  });
  expect(scene.gateway.badResults).toEqual([]);
});
