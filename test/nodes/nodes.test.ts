/** The room by itself: names people use, who stands behind a call, and a disk that takes nothing. */
import { describe, expect, test } from "bun:test";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { ExecApprovals } from "../../src/nodes/approvals.ts";
import type { NodeOrigin } from "../../src/nodes/commands.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { openDatabase } from "../../src/store/database.ts";
import { NodeStore } from "../../src/store/nodes.ts";
import { FakeClock } from "../support/clock.ts";

const deviceOf = (deviceId: string, displayName: string) => ({
  deviceId,
  displayName,
  roles: ["node"],
  approvedVia: "owner" as const,
  approvedAtMs: 1,
});

function setUp(store = new NodeStore(openDatabase(":memory:"))) {
  const clock = new FakeClock();
  const logged: LogRecord[] = [];
  const log = createLog({ clock, level: "debug", sinks: [(record) => logged.push(record)] });
  const devices = [deviceOf("aaaa1111", "Phone"), deviceOf("aaaa2222", "Laptop"), deviceOf("bbbb3333", "Laptop")];
  const nodes = new Nodes({
    store,
    devices: {
      paired: () => devices,
      find: (id) => devices.find(({ deviceId }) => deviceId === id),
      rename: () => undefined,
    },
    approvals: new ExecApprovals({ clock, ids: systemIds, log, hasRoute: () => true }),
    policy: () => ({ allow: ["camera.snap", "system.execApprovals.get"], deny: [] }),
    clock,
    ids: systemIds,
    log,
  });
  const sent: { event: string; payload: unknown }[] = [];
  const connect = (nodeId: string, commands: string[]) =>
    nodes.connected({
      nodeId,
      link: {
        id: `link of ${nodeId}`,
        isOpen: true,
        tell: (event, payload) => sent.push({ event, payload }),
        close: () => undefined,
      },
      version: 3,
      client: { id: "node-host", version: "1", platform: "linux", mode: "node" },
      claims: { caps: [], commands },
      remoteIp: undefined,
    });
  return { nodes, connect, sent, logged, clock };
}

describe("names", () => {
  test.each<[meant: string, found: string]>([
    ["aaaa1111", "aaaa1111"],
    ["phone", "aaaa1111"],
    [" Phone ", "aaaa1111"],
    ["bbbb33", "bbbb3333"],
    ["Laptop", "several nodes are called Laptop: name one by its id"],
    ["aaaa", "unknown nodeId"],
    ["", "unknown nodeId"],
  ])("%p means %s", (meant, found) => {
    const { nodes } = setUp();
    const resolve = () => nodes.resolve(meant).nodeId;
    if (found.includes(" ")) expect(resolve).toThrow(found);
    else expect(resolve()).toBe(found);
  });
});

describe("who stands behind a call", () => {
  test.each<[kind: NodeOrigin["kind"], command: string, isSent: boolean]>([
    ["operator", "system.run", true],
    ["agent", "system.run", true],
    ["chat", "camera.snap", true],
    ["cron", "system.notify", true],
    ["cron", "system.run", false],
    ["hook", "camera.snap", false],
    ["node", "system.run", false],
    ["agent", "system.execApprovals.get", false],
  ])("%s asks for %s: %p", async (kind, command, isSent) => {
    const { nodes, connect, sent } = setUp();
    connect("aaaa1111", ["system.run", "camera.snap", "system.notify", "system.execApprovals.get"]);
    const params = command === "system.run" ? { command: ["id"] } : undefined;
    const calling = nodes.invoke({ node: "Phone", command, params, origin: { kind } }, new AbortController().signal);
    if (!isSent) {
      await expect(calling).rejects.toThrow("not allowed");
      expect(sent).toEqual([]);
      return;
    }
    const [request] = sent.map(({ payload }) => payload as { id: string });
    nodes.answer("link of aaaa1111", { id: request?.id ?? "", ok: true, payload: 1 });
    expect(await calling).toEqual({ nodeId: "aaaa1111", payload: 1, payloadJSON: null });
  });

  test("a call that nobody waits for any more ends", async () => {
    const { nodes, connect } = setUp();
    connect("aaaa1111", ["system.notify"]);
    const controller = new AbortController();
    const order = { node: "Phone", command: "system.notify", origin: { kind: "agent" as const } };
    const calling = nodes.invoke(order, controller.signal);
    controller.abort();
    await expect(calling).rejects.toThrow("nobody waits");
    await expect(nodes.invoke(order, controller.signal)).rejects.toThrow("nobody waits");
  });
});

test("a disk that takes nothing does not matter to a socket that ends", () => {
  class FullStore extends NodeStore {
    override left(): void {
      throw new Error("the disk is full");
    }
  }
  const { nodes, connect, logged } = setUp(new FullStore(openDatabase(":memory:")));
  connect("aaaa1111", ["system.notify"]);
  nodes.disconnected("link of aaaa1111");
  expect(nodes.get("aaaa1111").connected).toBe(false);
  expect(logged.filter(({ level }) => level === "warn")).toHaveLength(1);
});
