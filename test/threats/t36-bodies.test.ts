/** Bodies of deliveries: nothing is read before the headers were judged, and never more, or for longer, than allowed. */
import { describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import type { Account, Webhook } from "../../src/channels/contract.ts";
import { createWebhookRoute } from "../../src/channels/webhooks.ts";
import { createLog } from "../../src/lib/log.ts";
import { FakeClock } from "../support/clock.ts";

const never = () => Promise.reject(new Error("not asked here"));
const MAX_BYTES = 4096;
const BODY_MS = 10_000;
const HUGE = 20_000_000;

function serve() {
  const clock = new FakeClock();
  const taken: number[] = [];
  const webhook: Webhook = { path: "/hook", maxBytes: MAX_BYTES, isWelcome: (headers) => headers["x-secret"] === "s" };
  const account: Account = {
    run: never,
    send: never,
    probe: never,
    webhook: async ({ body }) => {
      taken.push(body.length);
      return { status: 200 };
    },
  };
  const route = createWebhookRoute({
    find: () => ({ webhook, account }),
    clock,
    log: createLog({ clock, level: "error", sinks: [] }),
  });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    maxRequestBodySize: HUGE,
    fetch: (request) => route(request, new URL(request.url)) ?? new Response(null, { status: 404 }),
  });
  return { clock, taken, port: server.port ?? 0, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** A connection that says what it likes, byte for byte. */
async function open(port: number, head: string[]) {
  const socket: Socket = connect(port, "127.0.0.1");
  const status = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<void>();
  let text = "";
  socket.on("data", (data) => {
    text += data;
    const [, found] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
    if (found) status.resolve(Number(found));
  });
  socket.on("error", () => closed.resolve());
  socket.on("close", () => closed.resolve());
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  socket.write(["POST /hook HTTP/1.1", "Host: x", ...head, "", ""].join("\r\n"));
  return { socket, status: status.promise, closed: closed.promise, [Symbol.dispose]: () => socket.destroy() };
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("threat(T36): before the secret is right", () => {
  test.each<[title: string, head: string[]]>([
    ["a declared body", [`Content-Length: ${HUGE}`]],
    ["a streamed body", ["Transfer-Encoding: chunked"]],
    ["a wrong secret", ["X-Secret: t", `Content-Length: ${HUGE}`]],
  ])("%s: refused without a byte of it, and cut", async (_title, head) => {
    await using hook = serve();
    using client = await open(hook.port, head);
    // Not one byte of the body was sent.
    expect(await client.status).toBe(401);
    await client.closed;
    expect(hook.taken).toEqual([]);
  });

  test("who sends on without waiting for the answer is cut in the middle", async () => {
    await using hook = serve();
    using client = await open(hook.port, [`Content-Length: ${HUGE}`]);
    let isOpen = true;
    void client.closed.then(() => (isOpen = false));
    for (let sent = 0; isOpen && sent < HUGE; sent += 65_536) {
      if (!client.socket.write(Buffer.alloc(65_536)))
        await Promise.race([new Promise((resolve) => client.socket.once("drain", resolve)), client.closed]);
      await Bun.sleep(0);
    }
    expect(isOpen).toBe(false);
    expect(hook.taken).toEqual([]);
  });
});

describe("threat(T36): behind the right secret", () => {
  test("a declared length over the limit is refused without a byte of it, and cut", async () => {
    await using hook = serve();
    using client = await open(hook.port, ["X-Secret: s", `Content-Length: ${MAX_BYTES + 1}`]);
    expect(await client.status).toBe(413);
    await client.closed;
    expect(hook.taken).toEqual([]);
  });

  test("a stream is read up to the limit, and cut there", async () => {
    await using hook = serve();
    using client = await open(hook.port, ["X-Secret: s", "Transfer-Encoding: chunked"]);
    // The stream does not end: the limit alone ends it.
    for (let at = 0; at < 5; at++) client.socket.write(chunk("x".repeat(1000)));
    expect(await client.status).toBe(413);
    await client.closed;
    expect(hook.taken).toEqual([]);
  });

  test("a stream that is exactly as long as it may be is taken", async () => {
    await using hook = serve();
    using client = await open(hook.port, ["X-Secret: s", "Transfer-Encoding: chunked"]);
    client.socket.write(chunk("x".repeat(MAX_BYTES)) + chunk(""));
    expect(await client.status).toBe(200);
    expect(hook.taken).toEqual([MAX_BYTES]);
  });

  test("a byte a second is cut after ten, and others are served meanwhile", async () => {
    await using hook = serve();
    using slow = await open(hook.port, ["X-Secret: s", "Content-Length: 100"]);
    await hook.clock.waitsFor(BODY_MS);
    let isAnswered = false;
    void slow.status.then(() => (isAnswered = true));
    for (let seconds = 1; seconds < 10; seconds++) {
      slow.socket.write("x");
      hook.clock.advance(1000);
    }
    using quick = await open(hook.port, ["X-Secret: s", "Content-Length: 2"]);
    quick.socket.write("ok");
    expect(await quick.status).toBe(200);
    expect(isAnswered).toBe(false);
    hook.clock.advance(1000);
    expect(await slow.status).toBe(408);
    await slow.closed;
    expect(hook.taken).toEqual([2]);
  });

  test("many that say nothing more are all cut, and leave nothing behind", async () => {
    await using hook = serve();
    const silent = await Promise.all(
      Array.from({ length: 100 }, () => open(hook.port, ["X-Secret: s", "Content-Length: 100"])),
    );
    while (hook.clock.pending < 100) await Bun.sleep(1);
    hook.clock.advance(BODY_MS);
    expect(new Set(await Promise.all(silent.map(({ status }) => status)))).toEqual(new Set([408]));
    await Promise.all(silent.map(({ closed }) => closed));
    expect(hook.clock.pending).toBe(0);
    expect(hook.taken).toEqual([]);
  });

  test("a client that goes away in the middle is nobody's trouble", async () => {
    await using hook = serve();
    const gone = await open(hook.port, ["X-Secret: s", "Content-Length: 100"]);
    await hook.clock.waitsFor(BODY_MS);
    gone.socket.destroy();
    while (hook.clock.pending > 0) await Bun.sleep(1);
    expect(hook.taken).toEqual([]);
  });
});
