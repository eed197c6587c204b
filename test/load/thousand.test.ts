/** A thousand connections to the real executable, one of which never reads (threats T37). */
import { expect, test } from "bun:test";
import { connect as connectTcp, type Socket } from "node:net";
import { startChild, TOKEN } from "../support/child.ts";
import { connect } from "../support/wire-client.ts";

const CLIENTS = 1000;
const EVENTS = 500;
/** Together more than a v3 reader may leave unread plus what the system buffers for it. */
const EVENT_CHARS = 14_000;
/** What the gateway may grow by: buffers of a thousand sockets, not copies of what was sent. */
const MAX_GROWTH_BYTES = 150 * 1024 * 1024;

/** A client frame (RFC 6455) with a zero mask. */
function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const size = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...size, 0, 0, 0, 0]), body]);
}

/** Connects by hand, so that nothing below it reads on its behalf, and stops reading after hello-ok. */
function openDeafReader(url: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const client = { id: "gateway-client", version: "1", platform: "linux", mode: "backend" };
  const params = { minProtocol: 3, maxProtocol: 3, client, auth: { token: TOKEN } };
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  let seen = "";
  socket.on("error", reject);
  socket.on("data", (chunk: Buffer) => {
    const before = seen;
    seen += chunk.toString("latin1");
    if (!before.includes("connect.challenge") && seen.includes("connect.challenge")) {
      socket.write(textFrame(JSON.stringify({ type: "req", id: "c", method: "connect", params })));
    }
    if (seen.includes("hello-ok")) {
      socket.pause();
      resolve(socket);
    }
  });
  return promise;
}

/** A reader that checks order while frames come, without keeping them. */
function openReader(url: string) {
  const socket = new WebSocket(url);
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const state = { chats: 0, gaps: 0, lastSeq: 0, closed: undefined as number | undefined };
  socket.onmessage = ({ data }) => {
    const text = String(data);
    if (text.startsWith('{"type":"event","event":"connect.challenge"')) {
      const client = { id: "gateway-client", version: "1", platform: "linux", mode: "backend" };
      const params = { minProtocol: 4, maxProtocol: 4, client, scopes: ["operator.read"], auth: { token: TOKEN } };
      socket.send(JSON.stringify({ type: "req", id: "c", method: "connect", params }));
    } else if (text.startsWith('{"type":"res","id":"c"')) {
      if (text.includes('"ok":true')) ready.resolve();
      else ready.reject(new Error(text));
    } else {
      const seq = Number(text.slice(text.lastIndexOf(":") + 1, -1));
      if (seq !== state.lastSeq + 1) state.gaps++;
      state.lastSeq = seq;
      if (text.startsWith('{"type":"event","event":"chat"') && ++state.chats === EVENTS) done.resolve();
    }
  };
  socket.onclose = ({ code }) => {
    state.closed = code;
    ready.reject(new Error(`closed with ${code}`));
    done.resolve();
  };
  return { socket, state, ready: ready.promise, done: done.promise };
}

test("threat(T37): one of a thousand never reads: it is closed, the others miss nothing, memory stays flat", async () => {
  await using gateway = await startChild({ args: ["--verbose"] });
  const deaf = await openDeafReader(gateway.url);
  const readers = Array.from({ length: CLIENTS - 2 }, () => openReader(gateway.url));
  await Promise.all(readers.map(({ ready }) => ready));
  await using speaker = await connect({ url: gateway.url, token: TOKEN });
  await speaker.call("sessions.create", { key: "agent:main:load" });
  const atRest = gateway.memoryBytes();

  let highest = 0;
  const message = "x".repeat(EVENT_CHARS);
  for (let sent = 0; sent < EVENTS; sent++) {
    const { ok } = await speaker.call("chat.inject", { sessionKey: "agent:main:load", message });
    expect(ok).toBe(true);
    highest = Math.max(highest, gateway.memoryBytes());
  }
  await Promise.all(readers.map(({ done }) => done));

  expect(readers.filter(({ state }) => state.closed !== undefined)).toHaveLength(0);
  expect(readers.filter(({ state }) => state.gaps > 0)).toHaveLength(0);
  expect(readers.filter(({ state }) => state.chats !== EVENTS)).toHaveLength(0);
  const status = await speaker.call("status");
  expect((status["payload"] as { connections: number }).connections).toBe(CLIENTS - 1);
  expect(gateway.output()).toContain("slow consumer");
  console.log(
    `1000 connections: ${Math.round(atRest / 2 ** 20)} MB at rest, at most ${Math.round(highest / 2 ** 20)} MB under ${EVENTS} events of ${EVENT_CHARS} characters`,
  );
  expect(highest - atRest).toBeLessThan(MAX_GROWTH_BYTES);
  for (const { socket } of readers) socket.close();
  deaf.destroy();
}, 120_000);
