/** Nodes come in, and what they may be asked: claims, approval, tables and configuration. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { connectClient } from "../gateway/client.ts";
import {
  answer,
  approve,
  asked,
  connectNode,
  invoke,
  nodeId,
  nodeKey,
  remote,
  rowOf,
  startWithAdmin,
  told,
} from "./harness.ts";

const everything = [
  "canvas.present",
  "camera.list",
  "camera.snap",
  "screen.record",
  "location.get",
  "sms.send",
  "system.run",
  "system.which",
  "system.notify",
  "system.run.prepare",
  "fs.listDir",
  "contacts.search",
  "device.info",
  "bogus.cmd",
];

describe("what a kind of device may be asked", () => {
  test.each<[title: string, version: 3 | 4, platform: string, family: string | undefined, commands: string]>([
    ["v3 iOS", 3, "iOS 17.2", "iPhone", "camera.list camera.snap canvas.present location.get screen.record"],
    [
      "v3 Android",
      3,
      "android",
      undefined,
      "camera.list camera.snap canvas.present location.get screen.record sms.send",
    ],
    ["v3 Linux", 3, "linux", undefined, "system.notify system.run system.which"],
    ["v3 by its family", 3, "something", "Windows", "system.notify system.run system.which"],
    ["v3 web", 3, "web", undefined, "camera.list camera.snap canvas.present location.get screen.record system.notify"],
    [
      "v4 iOS by its label",
      4,
      "iOS 18.1",
      "iPhone",
      "camera.list canvas.present contacts.search device.info location.get system.notify",
    ],
    ["v4 Linux", 4, "linux", "Linux", "fs.listDir system.notify system.run system.run.prepare system.which"],
    ["v4 with a family that does not agree", 4, "macos", "Linux", "camera.list location.get system.notify"],
    ["v4 desktop without a family", 4, "linux", undefined, "camera.list location.get system.notify"],
    ["v4 something unknown", 4, "toaster", undefined, "camera.list location.get system.notify"],
    ["v4 web", 4, "web", undefined, "camera.list camera.snap canvas.present location.get screen.record system.notify"],
  ])("%s", async (_title, version, platform, deviceFamily, commands) => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    const family = deviceFamily === undefined ? {} : { deviceFamily };
    using _node = await connectNode(url, {
      version,
      platform,
      ...family,
      clientId: "openclaw-ios",
      commands: everything,
    });
    if (version === 4) expect((await approve(admin)).ok).toBe(true);
    expect((await rowOf(admin)).commands.join(" ")).toBe(commands);
  });

  test("the owner's configuration adds and takes away, and what it takes away is gone at once", async () => {
    const config = {
      gateway: { nodes: { commands: { allow: ["camera.snap"], deny: ["system.which"] }, denyCommands: ["sms.send"] } },
    };
    await using scene = await startWithAdmin({ config });
    const { url, admin } = scene;
    using node = await connectNode(url, { commands: ["camera.snap", "system.which", "system.notify", "sms.send"] });
    await approve(admin);
    expect((await rowOf(admin)).commands).toEqual(["camera.snap", "system.notify"]);
    const { hash } = (await admin.call("config.get", {})).payload;
    const raw = '{ gateway: { nodes: { denyCommands: ["camera.snap"] } } }';
    expect((await admin.call("config.patch", { raw, baseHash: hash })).ok).toBe(true);
    const refused = await invoke(admin, "camera.snap");
    expect(refused.error?.details).toMatchObject({ reason: "command not allowlisted", command: "camera.snap" });
    expect(node.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
  });
});

describe("approval of commands", () => {
  test("a v4 node can do nothing until its owner approved it, then at once, without a new socket", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using node = await connectNode(url, { commands: ["system.which", "system.run"] });
    const { payload: request } = await admin.event(({ event }) => event === "node.pair.requested");
    expect(request).toMatchObject({
      nodeId,
      silent: true,
      commands: ["system.which", "system.run"],
      requiredApproveScopes: ["operator.pairing", "operator.admin"],
    });
    expect(await rowOf(admin)).toMatchObject({ commands: [], approvalState: "pending-approval", paired: true });
    const early = await invoke(admin, "system.which");
    expect(early.error).toMatchObject({
      code: "INVALID_REQUEST",
      details: { reason: "node did not declare commands", command: "system.which", requestId: request.requestId },
    });
    expect((await approve(admin)).payload.node).toMatchObject({ nodeId, commands: ["system.which", "system.run"] });
    const { payload } = await node.event(({ event }) => event === "node.pair.resolved");
    expect(payload).toMatchObject({ requestId: request.requestId, nodeId, decision: "approved" });
    const calling = invoke(admin, "system.which", { params: { bins: ["sh"] } });
    const { id, params } = await asked(node);
    expect(params).toEqual({ bins: ["sh"] });
    await answer(node, id, { ok: true, payloadJSON: '{"bins":{}}' });
    expect((await calling).payload).toMatchObject({ ok: true, nodeId, payload: { bins: {} } });
  });

  test("who comes back with more keeps what was approved, and the rest waits", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    {
      using node = await connectNode(url, { commands: ["system.which", "system.notify"] });
      await approve(admin);
      await node.socket.close();
    }
    using again = await connectNode(url, { commands: ["system.which", "system.run"], caps: ["system", "browser"] });
    expect(await rowOf(admin)).toMatchObject({
      commands: ["system.which"],
      caps: ["system"],
      approvalState: "pending-reapproval",
      pendingDeclaredCommands: ["system.which", "system.run"],
    });
    expect(told(await invoke(admin, "system.run", { params: { command: ["id"] } })).message).toContain("not allowed");
    await approve(admin);
    expect(await rowOf(admin)).toMatchObject({ commands: ["system.run", "system.which"], approvalState: "approved" });
    expect(again.events.filter(({ event }) => event === "node.invoke.request")).toEqual([]);
  });

  test("who comes back with less is not asked about, and a refusal leaves what was approved", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    {
      using node = await connectNode(url, { commands: ["system.which", "system.notify"] });
      await approve(admin);
      await node.socket.close();
    }
    {
      using less = await connectNode(url, { commands: ["system.notify"] });
      expect(await rowOf(admin)).toMatchObject({ commands: ["system.notify"], approvalState: "approved" });
      await less.socket.close();
    }
    using more = await connectNode(url, { commands: ["system.notify", "system.run"] });
    const { pending } = (await admin.call("node.pair.list", {})).payload;
    const { requestId } = pending[0];
    expect((await admin.call("node.pair.reject", { requestId })).payload).toEqual({ requestId, nodeId });
    expect(await rowOf(admin)).toMatchObject({ commands: ["system.notify"], approvalState: "approved" });
    expect((await more.event(({ event }) => event === "node.pair.resolved")).payload.decision).toBe("rejected");
  });

  test("approvals outlive the gateway", async () => {
    await using scene = await startWithAdmin();
    using first = await connectNode(scene.url);
    await approve(scene.admin);
    await first.socket.close();
    await scene.gateway.stop();
    await using again = await startWithAdmin({ stateDir: scene.gateway.stateDir });
    using _node = await connectNode(again.url);
    expect(await rowOf(again.admin)).toMatchObject({ commands: ["system.which"], approvalState: "approved" });
  });

  test("a v3 node needs the pairing of its device only", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using _node = await connectNode(url, { version: 3 });
    expect(await rowOf(admin)).toMatchObject({ commands: ["system.which"], approvalState: "approved" });
    expect((await admin.call("node.pair.list", {})).payload).toEqual({ pending: [], paired: [] });
  });

  test("from elsewhere the device waits for its owner first, in both generations", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    for (const [version, key] of [
      [3, testKey("k2")],
      [4, testKey("k3")],
    ] as const) {
      await expect(connectNode(url, { version, key, headers: remote })).rejects.toThrow("pairing required");
      const { pending } = (await admin.call("device.pair.list", {})).payload;
      await admin.call("device.pair.approve", { requestId: pending[0].requestId });
      using _node = await connectNode(url, { version, key, headers: remote });
      const row = await rowOf(admin, key.deviceId);
      expect(row).toMatchObject({ connected: true, commands: version === 3 ? ["system.which"] : [] });
    }
  });
});

describe("sockets", () => {
  test("a second socket of a node takes its place; what the first was sent it may still answer", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using first = await connectNode(url, { version: 3 });
    const calling = invoke(admin, "system.which");
    const { id } = await asked(first);
    using second = await connectNode(url, { version: 3 });
    const next = invoke(admin, "system.which");
    const { id: nextId } = await asked(second);
    expect((await answer(second, id, { ok: true, payload: "forged" })).payload).toEqual({ ok: true, ignored: true });
    await answer(first, id, { ok: true, payload: "old" });
    expect((await calling).payload.payload).toBe("old");
    await first.socket.close();
    expect((await rowOf(admin)).connected).toBe(true);
    await answer(second, nextId, { ok: true, payload: "new" });
    expect((await next).payload.payload).toBe("new");
  });

  test.each<[title: string, version: 3 | 4, message: string, details: object | undefined]>([
    ["v3", 3, "Error: node disconnected (system.which)", undefined],
    [
      "v4",
      4,
      "node not connected",
      {
        code: "NOT_CONNECTED",
        nodeError: { code: "NOT_CONNECTED", message: "node not connected" },
        nodeCommandDispatched: true,
      },
    ],
  ])("whoever waits hears that the node left: %s", async (_title, version, message, details) => {
    await using scene = await startWithAdmin();
    using caller = await connectClient(scene.url, { version });
    using node = await connectNode(scene.url, { version: 3 });
    const calling = invoke(caller, "system.which");
    await asked(node);
    await node.socket.close();
    const { error } = await calling;
    expect({ code: error?.code, message: error?.message, details: error?.details }).toEqual({
      code: "UNAVAILABLE",
      message,
      details: details as never,
    });
    expect(error?.retryable).toBeUndefined();
  });

  test("removing the device ends the socket, the calls and the approval", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using node = await connectNode(url);
    await approve(admin);
    const calling = invoke(admin, "system.which");
    await asked(node);
    await admin.call("device.pair.remove", { deviceId: nodeId });
    expect((await calling).error).toMatchObject({ code: "UNAVAILABLE", details: { code: "PAIRING_CHANGED" } });
    expect((await node.socket.closed).code).toBe(4001);
    expect(await rowOf(admin)).toBeUndefined();
    using again = await connectNode(url);
    expect((await rowOf(admin)).approvalState).toBe("pending-approval");
    await again.socket.close();
  });

  test("taking back the approval closes the socket, and the node has to be approved anew, also as v3", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using node = await connectNode(url, { version: 3 });
    expect((await rowOf(admin)).commands).toEqual(["system.which"]);
    const removed = await admin.call("node.pair.remove", { nodeId });
    expect(removed.payload).toMatchObject({ nodeId, decision: "removed" });
    expect((await node.socket.closed).code).toBe(4001);
    using _again = await connectNode(url, { version: 3 });
    expect(await rowOf(admin)).toMatchObject({ commands: [], approvalState: "pending-approval" });
  });
});

describe("presence", () => {
  const rowsOf = async (admin: Awaited<ReturnType<typeof connectClient>>) =>
    (await admin.call("system-presence", {})).payload.filter((row: { deviceId?: string }) => row.deviceId === nodeId);

  test.each<[first: "node" | "operator"]>([["node"], ["operator"]])(
    "a device that is here as node and as operator is one row, whoever comes first: %s",
    async (first) => {
      await using scene = await startWithAdmin();
      const { url, admin } = scene;
      const asOperator = () =>
        connectClient(url, { key: nodeKey, scopes: ["operator.read"], client: { id: "openclaw-ios", mode: "ui" } });
      const asNode = () => connectNode(url, { version: 3 });
      using one = await (first === "node" ? asNode() : asOperator());
      using other = await (first === "node" ? asOperator() : asNode());
      const [row, ...rest] = await rowsOf(admin);
      expect(rest).toEqual([]);
      expect(row.roles.toSorted()).toEqual(["node", "operator"]);
      expect(row).toMatchObject({ mode: "node", reason: "connect", instanceId: nodeId });
      await other.socket.close();
      expect((await rowsOf(admin)).map(({ roles }: { roles: string[] }) => roles)).toEqual([[first]]);
      await one.socket.close();
      expect((await rowsOf(admin)).every(({ reason }: { reason: string }) => reason === "disconnect")).toBe(true);
    },
  );
});

describe("names", () => {
  test("a node can be given a name in both generations, and keeps it", async () => {
    await using scene = await startWithAdmin();
    const { url, admin } = scene;
    using v3 = await connectClient(url, { version: 3 });
    using node = await connectNode(url, { displayName: "Its own" });
    expect((await rowOf(v3)).displayName).toBe("Its own");
    expect((await v3.call("node.rename", { nodeId, displayName: "Mine" })).payload).toEqual({
      nodeId,
      displayName: "Mine",
    });
    await node.socket.close();
    using _again = await connectNode(url, { displayName: "Its own" });
    expect((await rowOf(admin)).displayName).toBe("Mine");
    expect(told(await admin.call("node.rename", { nodeId: "nope", displayName: "x" })).message).toBe("unknown nodeId");
  });
});
