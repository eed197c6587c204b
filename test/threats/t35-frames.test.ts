/** Frames have a size, before and after hello-ok, in each generation, however they are cut. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectClient, openClient, type TestClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A request of exactly that many bytes. */
function frameOf(sizeBytes: number, method = "last-heartbeat"): string {
  const frame = (pad: string) => JSON.stringify({ type: "req", id: "big", method, params: { pad } });
  return frame("x".repeat(sizeBytes - frame("").length));
}

/** Cuts a text into pieces of about the same size. */
function cut(text: string, count: number): string[] {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_none, at) => text.slice(at * size, (at + 1) * size));
}

const operator3: ConnectOptions = { version: 3 };
const node3: ConnectOptions = { version: 3, key: testKey("k-node"), role: "node", scopes: [] };

const limits: [title: string, limit: number, connect: ConnectOptions | undefined][] = [
  ["before hello-ok", 64 * KIB, undefined],
  ["of a v3 operator", 512 * KIB, operator3],
  ["of a v3 node", 25 * MIB, node3],
  ["of a v4 operator", 25 * MIB, {}],
];

async function enter(url: string, connect: ConnectOptions | undefined): Promise<TestClient> {
  if (connect) return await connectClient(url, connect);
  const client = await openClient(url);
  await client.challenge();
  return client;
}

describe("threat(T35): big and deep frames", () => {
  test.each(limits)(
    "a frame %s may have %p bytes, and not one more",
    async (_title, limit, connect) => {
      await using gateway = await startGateway({ clock: new FakeClock() });
      for (const sizeBytes of [limit - 1, limit]) {
        using client = await enter(gateway.url, connect);
        client.socket.send(frameOf(sizeBytes));
        expect((await client.answer("big")).type).toBe("res");
      }
      for (const send of [
        (client: TestClient) => client.socket.send(frameOf(limit + 1)),
        (client: TestClient) => client.socket.send(Buffer.from(frameOf(limit + 1))),
        (client: TestClient) => client.socket.sendPieces(cut(frameOf(limit + 1), 10)),
      ]) {
        using client = await enter(gateway.url, connect);
        send(client);
        const { code } = await client.socket.closed;
        // Beyond its own 25 MiB the server below us may cut a message in pieces without a goodbye.
        expect(limit === 25 * MIB ? [1009, 1006] : [1009]).toContain(code);
        expect(client.left.filter(({ type }) => type === "res")).toEqual([]);
      }
    },
    30_000,
  );

  test("bytes count, not characters", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await enter(gateway.url, undefined);
    client.socket.send(
      JSON.stringify({ type: "req", id: "big", method: "connect", params: { pad: "€".repeat(22 * KIB) } }),
    );
    expect((await client.socket.closed).code).toBe(1009);
  });

  test("a frame in ten thousand pieces is one frame", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    client.socket.sendPieces(cut(frameOf(100 * KIB), 10_000));
    expect((await client.answer("big")).type).toBe("res");
    expect((await client.call("status", {})).ok).toBe(true);
  });

  test("compression is not offered, and a frame that claims it is refused", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
    using client = await openClient(gateway.url, { headers });
    await client.challenge();
    client.socket.sendBytes(Buffer.from([0xc1, 0x80, 0, 0, 0, 0])); // RSV1: a compressed message.
    expect([1002, 1006]).toContain((await client.socket.closed).code);
  });

  test.each<[title: string, text: string]>([
    ["lists", "[".repeat(200_000)],
    ["objects", '{"a":'.repeat(80_000)],
    ["closed lists", "[".repeat(100_000) + "]".repeat(100_000)],
  ])("nesting of %s without end costs nothing but an answer", async (_title, text) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    client.socket.send(text);
    expect((await client.answer("invalid")).error?.message).toBe("invalid request frame: too deep");
    expect((await client.call("status", {})).ok).toBe(true);
  });

  test.each<[title: string, depth: number, isRead: boolean]>([
    ["64 levels", 62, true],
    ["65 levels", 63, false],
  ])("%s of nesting are read: %p", async (_title, depth, isRead) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    client.socket.send(
      `{"type":"req","id":"d","method":"status","params":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`,
    );
    expect((await client.answer(isRead ? "d" : "invalid")).ok).toBe(isRead);
  });
});
