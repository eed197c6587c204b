/** Nodes for tests: they connect over a real socket, say what they can do, and answer what they are asked. */
import { type TestKey, testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectClient, type Json, type ServerFrame, type TestClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway, type TestGatewayOptions } from "../support/gateway.ts";

/** What a test node says when it connects; by default a headless Linux host of v4. */
export interface NodeOptions {
  version?: 3 | 4;
  key?: TestKey;
  platform?: string;
  deviceFamily?: string;
  clientId?: "node-host" | "openclaw-ios" | "openclaw-android" | "openclaw-macos";
  displayName?: string;
  caps?: readonly string[];
  commands?: readonly string[];
  extra?: Json;
  headers?: Record<string, string>;
}

export const nodeKey = testKey("k-node");
export const nodeId = nodeKey.deviceId;
/** A peer that is not of this host. */
export const remote = { "X-Forwarded-For": "203.0.113.9" };

/** The connect of a node. */
export function nodeConnect(options: NodeOptions = {}): ConnectOptions {
  const { version = 4, key = nodeKey, platform = "linux", deviceFamily, clientId = "node-host" } = options;
  const { caps = ["system"], commands = ["system.which"], displayName } = options;
  return {
    version,
    key,
    role: "node",
    scopes: [],
    caps,
    client: {
      id: clientId,
      mode: "node",
      platform,
      ...(deviceFamily === undefined ? {} : { deviceFamily }),
      ...(displayName === undefined ? {} : { displayName }),
    },
    extra: { commands, ...options.extra },
  };
}

/** A node that was admitted. */
export function connectNode(url: string, options: NodeOptions = {}): Promise<TestClient & { hello: Json }> {
  return connectClient(url, nodeConnect(options), { headers: options.headers });
}

/** Approves what waits for a node, if anything does. */
export async function approve(admin: TestClient, id = nodeId): Promise<ServerFrame> {
  const { pending } = (await admin.call("node.pair.list", {})).payload;
  const request = pending.find((one: { nodeId: string }) => one.nodeId === id);
  return admin.call("node.pair.approve", { requestId: request?.requestId ?? "none" });
}

/** The next thing that a node is asked. */
export async function asked(node: TestClient): Promise<{ id: string; command: string; params: unknown } & Json> {
  const { payload } = await node.event(({ event }) => event === "node.invoke.request");
  return { ...payload, params: payload.paramsJSON === null ? undefined : JSON.parse(payload.paramsJSON) };
}

/** Answers something a node was asked. */
export function answer(node: TestClient, id: string, answered: Json, from = nodeId): Promise<ServerFrame> {
  return node.call("node.invoke.result", { id, nodeId: from, ...answered });
}

let keys = 0;
/** A call of `node.invoke` that has not ended. */
export function invoke(client: TestClient, command: string, more: Json = {}): Promise<ServerFrame> {
  return client.call("node.invoke", { nodeId, command, idempotencyKey: `k${++keys}`, ...more });
}

/** A gateway with an admin, on a clock that stands still. */
export async function startWithAdmin(options: TestGatewayOptions = {}) {
  const clock = new FakeClock();
  const gateway = await startGateway({ clock, ...options });
  const admin = await connectClient(gateway.url);
  return {
    clock,
    gateway,
    admin,
    url: gateway.url,
    async [Symbol.asyncDispose]() {
      admin[Symbol.dispose]();
      await gateway[Symbol.asyncDispose]();
      if (gateway.badResults.length) throw new Error(`undeclared results: ${gateway.badResults.join("; ")}`);
    },
  };
}

/** The row of a node as that client sees it. */
export async function rowOf(client: TestClient, id = nodeId) {
  const { nodes } = (await client.call("node.list", {})).payload;
  return nodes.find((one: { nodeId: string }) => one.nodeId === id);
}

/** What a refused call says. */
export const told = ({ ok, error }: ServerFrame) => ({ ok, code: error?.code, message: error?.message });
