/**
 * A WebSocket client on a bare TCP connection: it shows refused upgrades byte for byte, and can misbehave as no client
 * library does (stop reading, cut a message in pieces, leave the masking to chance).
 */
import { connect as connectTcp, type Socket } from "node:net";

/** What the server sent instead of an upgrade. */
export interface Refusal {
  status: number;
  headers: Headers;
  body: string;
}

/** How a connection ended; 1006 when there was no close frame. */
export interface Closing {
  code: number;
  reason: string;
}

export interface SocketOptions {
  /** Replace or add headers of the upgrade; an array sends a header several times. */
  headers?: Record<string, string | readonly string[]> | undefined;
  /** Address to connect to, where it is not the one in the URL. */
  address?: string;
  path?: string;
}

/** Opens a connection. Resolves with the socket, or with what refused it. */
export async function dial(url: string, options: SocketOptions = {}): Promise<PeerSocket | Refusal> {
  const { hostname, port } = new URL(url);
  const host = options.address ?? hostname.replace(/^\[|\]$/g, "");
  const tcp = connectTcp({ host, port: Number(port), noDelay: true });
  const bytes = new Bytes(tcp);
  await bytes.opened;
  const headers: Record<string, string | readonly string[]> = {
    Host: `${host.includes(":") ? `[${host}]` : host}:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...options.headers,
  };
  tcp.write(`GET ${options.path ?? "/"} HTTP/1.1\r\n${headerLines(headers)}\r\n\r\n`);
  const answer = parseHead(await bytes.until("\r\n\r\n"));
  if (answer.status === 101) return new PeerSocket(tcp, bytes);
  const length = Number(answer.headers.get("content-length") ?? 0);
  const body = Buffer.from(await bytes.exactly(length)).toString("utf8");
  tcp.destroy();
  return { ...answer, body };
}

/** Opens a connection that must be upgraded. */
export async function open(url: string, options: SocketOptions = {}): Promise<PeerSocket> {
  const socket = await dial(url, options);
  if (socket instanceof PeerSocket) return socket;
  throw new Error(`the upgrade was refused with ${socket.status}`);
}

/** An upgraded connection. */
export class PeerSocket implements Disposable {
  /** Text messages that nobody took yet, in order. */
  readonly inbox: string[] = [];
  readonly closed: Promise<Closing>;
  readonly #tcp: Socket;
  readonly #waiting: { take: (text: string) => void; fail: (error: Error) => void }[] = [];
  #closing: Closing | undefined;
  #settle: (closing: Closing) => void = () => undefined;

  constructor(tcp: Socket, bytes: Bytes) {
    this.#tcp = tcp;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    void this.#read(bytes);
  }

  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  /** The next text message. Rejects when the connection ends first. */
  next(): Promise<string> {
    const text = this.inbox.shift();
    if (text !== undefined) return Promise.resolve(text);
    if (this.#closing) return Promise.reject(endedError(this.#closing));
    return new Promise((take, fail) => this.#waiting.push({ take, fail }));
  }

  send(message: string | Uint8Array): void {
    const opcode = typeof message === "string" ? TEXT : BINARY;
    this.sendFrame(opcode, Buffer.from(message), true);
  }

  /** Sends one message in as many frames as there are pieces. */
  sendPieces(pieces: readonly (string | Uint8Array)[]): void {
    for (const [index, piece] of pieces.entries()) {
      this.sendFrame(index === 0 ? TEXT : CONTINUATION, Buffer.from(piece), index === pieces.length - 1);
    }
  }

  sendFrame(opcode: number, payload: Uint8Array, isLast: boolean): void {
    this.sendBytes(encodeFrame(opcode, payload, isLast));
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#tcp.writable) this.#tcp.write(bytes);
  }

  /** Stops taking bytes from the kernel, so that the sender's buffers fill. */
  stopReading(): void {
    this.#tcp.pause();
  }

  readOn(): void {
    this.#tcp.resume();
  }

  /** Says goodbye and waits for the end. */
  async close(code = 1000): Promise<Closing> {
    const reason = Buffer.alloc(2);
    reason.writeUInt16BE(code);
    this.sendFrame(CLOSE, reason, true);
    return this.closed;
  }

  /** Cuts the connection without a goodbye. */
  [Symbol.dispose](): void {
    this.#tcp.destroy();
    this.#end({ code: 1006, reason: "" });
  }

  async #read(bytes: Bytes): Promise<void> {
    try {
      let text = "";
      for (;;) {
        const head = await bytes.exactly(2);
        const opcode = (head[0] ?? 0) & 0x0f;
        const isLast = ((head[0] ?? 0) & 0x80) !== 0;
        const payload = await bytes.exactly(await lengthOf(bytes, (head[1] ?? 0) & 0x7f));
        if (opcode === PING) this.sendFrame(PONG, payload, true);
        else if (opcode === CLOSE) return this.#onClose(payload);
        else if (opcode === TEXT || opcode === CONTINUATION) {
          text += payload.toString("utf8");
          if (isLast) {
            this.#deliver(text);
            text = "";
          }
        }
      }
    } catch {
      this.#end({ code: 1006, reason: "" }); // The connection is gone, which is what whoever waits is told.
    }
  }

  #onClose(payload: Buffer): void {
    this.sendFrame(CLOSE, payload.subarray(0, 2), true);
    this.#tcp.end();
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.#end({ code, reason: payload.subarray(2).toString("utf8") });
  }

  #deliver(text: string): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.take(text);
    else this.inbox.push(text);
  }

  #end(closing: Closing): void {
    if (this.#closing) return;
    this.#closing = closing;
    this.#settle(closing);
    for (const { fail } of this.#waiting.splice(0)) fail(endedError(closing));
  }
}

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** One frame of a client. The mask is all zero, which is a mask and leaves the bytes readable. */
export function encodeFrame(opcode: number, payload: Uint8Array, isLast: boolean): Buffer {
  const { length } = payload;
  const size = Buffer.alloc(length < 126 ? 1 : length < 65_536 ? 3 : 9);
  size[0] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) size.writeBigUInt64BE(BigInt(length), 1);
  else if (length >= 126) size.writeUInt16BE(length, 1);
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | opcode]), size, Buffer.alloc(4), payload]);
}

async function lengthOf(bytes: Bytes, short: number): Promise<number> {
  if (short === 126) return (await bytes.exactly(2)).readUInt16BE(0);
  if (short === 127) return Number((await bytes.exactly(8)).readBigUInt64BE(0));
  return short;
}

function endedError({ code, reason }: Closing): Error {
  return new Error(`the connection ended with ${code} ${reason}`.trim());
}

function headerLines(headers: Record<string, string | readonly string[]>): string {
  return Object.entries(headers)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`))
    .join("\r\n");
}

function parseHead(head: string): { status: number; headers: Headers } {
  const [first = "", ...lines] = head.trimEnd().split("\r\n");
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  return { status: Number(first.split(" ")[1]), headers };
}

/** Bytes as they come, taken in the portions that the reader wants. */
class Bytes {
  readonly opened: Promise<void>;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #isEnded = false;
  #wake: () => void = () => undefined;

  constructor(tcp: Socket) {
    this.opened = new Promise((resolve, reject) => tcp.once("connect", resolve).once("error", reject));
    tcp.on("data", (data) => {
      const chunk = Buffer.from(data);
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    tcp.on("error", () => this.#end()).on("close", () => this.#end());
  }

  async exactly(count: number): Promise<Buffer> {
    await this.#have(() => this.#length >= count);
    const all = Buffer.concat(this.#chunks.splice(0));
    this.#put(all.subarray(count));
    return all.subarray(0, count);
  }

  async until(mark: string): Promise<string> {
    await this.#have(() => Buffer.concat(this.#chunks).includes(mark));
    const at = Buffer.concat(this.#chunks).indexOf(mark);
    return (await this.exactly(at + mark.length)).toString("latin1");
  }

  async #have(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      if (this.#isEnded) throw new Error("the connection ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #put(rest: Buffer): void {
    this.#length = rest.length;
    if (rest.length) this.#chunks.push(rest);
  }

  #end(): void {
    this.#isEnded = true;
    this.#wake();
  }
}
