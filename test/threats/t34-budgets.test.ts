/** Sockets that say nothing give way, and nobody may take the time of others. */
import { describe, expect, test } from "bun:test";
import { connectClient, openClient, type TestClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const MAX_UNPROVEN = 1024;
const MAX_PER_ADDRESS = 32;
const HANDSHAKE_MS = 10_000;
const remote = { headers: { "X-Forwarded-For": "203.0.113.9" } };

async function openMany(url: string, count: number, options = {}): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (let at = 0; at < count; at++) {
    const client = await openClient(url, options);
    await client.challenge();
    clients.push(client);
  }
  return clients;
}

describe("threat(T34): silent sockets", () => {
  test("the oldest silent sockets give way to new ones, and an honest client gets in meanwhile", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const silent = await openMany(gateway.url, MAX_UNPROVEN);
    expect(silent.every(({ socket }) => socket.isOpen)).toBe(true);
    const extra = await openMany(gateway.url, 3);
    for (const { socket } of silent.slice(0, 3)) {
      expect(await socket.closed).toEqual({ code: 1013, reason: "too many unauthenticated connections" });
    }
    using honest = await connectClient(gateway.url);
    expect((await honest.call("status", {})).ok).toBe(true);
    expect(silent.slice(4).every(({ socket }) => socket.isOpen)).toBe(true);
    for (const client of [...silent, ...extra]) client[Symbol.dispose]();
  });

  test("one remote address holds at most 32, and takes none from others", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const [other] = await openMany(gateway.url, 1);
    const silent = await openMany(gateway.url, MAX_PER_ADDRESS, remote);
    const [extra] = await openMany(gateway.url, 1, remote);
    expect((await silent[0]?.socket.closed)?.code).toBe(1013);
    expect([other, silent[1], extra].map((client) => client?.socket.isOpen)).toEqual([true, true, true]);
    for (const client of [other, extra, ...silent]) client?.[Symbol.dispose]();
  });

  test("who has not proven itself in ten seconds is cut, admitted clients are not", async () => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    using admitted = await connectClient(gateway.url);
    const [silent, slow] = await openMany(gateway.url, 2);
    slow?.socket.sendFrame(0x1, Buffer.from('{"type":"req",'), false);
    clock.advance(HANDSHAKE_MS - 1);
    expect((await admitted.call("status", {})).ok).toBe(true);
    expect([silent?.socket.isOpen, slow?.socket.isOpen]).toEqual([true, true]);
    clock.advance(1);
    for (const client of [silent, slow]) expect(await client?.socket.closed).toEqual({ code: 1000, reason: "" });
    expect((await admitted.call("status", {})).ok).toBe(true);
  });
});

describe("threat(T37): readers that do not read", () => {
  const IN_FLIGHT = 256;

  test.each<[version: 3 | 4]>([[3], [4]])(
    "a v%p client that asks and never reads is closed, others are served",
    async (version) => {
      await using gateway = await startGateway({ clock: new FakeClock() });
      using other = await connectClient(gateway.url);
      const connections = async () => (await other.call("status", {})).payload.connections;
      using lazy = await connectClient(gateway.url, { version });
      lazy.socket.stopReading();
      expect(await connections()).toBe(2);
      const frame = (id: number) => JSON.stringify({ type: "req", id: `q${id}`, method: "config.schema", params: {} });
      let asked = 0;
      while ((await connections()) === 2 && asked < 40_000) {
        for (let at = 0; at < 100; at++) lazy.socket.send(frame(asked++));
      }
      expect(await connections()).toBe(1);
      expect((await other.call("health", {})).ok).toBe(true);
    },
    30_000,
  );

  test("a connection has at most 256 requests under way; the next is told to wait, and to be served later", async () => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    using client = await connectClient(gateway.url);
    const wait = { runId: "nobody", timeoutMs: 1_000 };
    const waiting = Array.from({ length: IN_FLIGHT }, () => client.call("agent.wait", wait));
    const { ok, error } = await client.call("status", {});
    expect({ ok, code: error?.code, retryable: error?.retryable }).toEqual({
      ok: false,
      code: "UNAVAILABLE",
      retryable: true,
    });
    using other = await connectClient(gateway.url);
    expect((await other.call("status", {})).ok).toBe(true);
    clock.advance(1_000);
    expect((await Promise.all(waiting)).every(({ payload }) => payload.status === "timeout")).toBe(true);
    expect((await client.call("status", {})).ok).toBe(true);
  });

  test("calls outside its role end a connection after ten in a row", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const { testKey } = await import("../devices/keys.ts");
    using node = await connectClient(gateway.url, { key: testKey("k-node"), role: "node", scopes: [] });
    for (let at = 0; at < 10; at++) {
      expect((await node.call("status", {})).error?.message).toBe("unauthorized role: node");
    }
    node.send({ type: "req", id: "last", method: "status" });
    expect(await node.socket.closed).toEqual({ code: 1008, reason: "repeated unauthorized calls" });
  });
});
