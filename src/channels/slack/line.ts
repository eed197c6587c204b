/**
 * One connection of Socket Mode: opened, kept under watch, closed. It knows frames from pings and nothing of what is in
 * a frame but its type. A connection that ended is not opened again here.
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import { parseJson } from "../../lib/json.ts";
import { ChannelError } from "../contract.ts";
import { isJson, type Json } from "./json.ts";

/** How often the server is asked whether it is there; it answers pings, and sends its own about as often. */
const PING_MS = 10_000;
/** Three pings without any sign are a dead connection. */
const SILENCE_MS = 30_000;
/** From the request to the server's hello. */
const HELLO_MS = 30_000;
/** Envelopes are far smaller; a frame above this is none of them. */
const MAX_FRAME_CHARS = 4 * 1024 * 1024;

/** What the owner of a line is told. */
export interface LineEvents {
  /** A frame that is neither hello nor unreadable. */
  onFrame(frame: Json, line: Line): void;
  /** A frame, a ping or a pong came. */
  onSign(): void;
  /** A frame could not be read; the line goes on. */
  onGarbage(): void;
  /** The line ended by itself; told once, and not after `close`. */
  onEnd(line: Line, error: ChannelError): void;
}

/** A connection from its first byte on; `opened` resolves at the server's hello. */
export class Line {
  readonly openedAtMs: number;
  readonly #socket: Bun.WebSocket;
  readonly #clock: Clock;
  readonly #events: LineEvents;
  readonly #hello = Promise.withResolvers<void>();
  readonly #watch: Timer;
  readonly #helloTimer: Timer;
  #heardAtMs: number;
  #isOver = false;

  /** The address holds a ticket that lets in whoever has it: it goes into no message. */
  constructor(url: string, clock: Clock, events: LineEvents) {
    this.#clock = clock;
    this.#events = events;
    this.openedAtMs = clock.monotonic();
    this.#heardAtMs = this.openedAtMs;
    this.#hello.promise.catch(() => undefined); // Its owner is told by onEnd as well.
    // The type of the web's socket hides what Bun's can do besides: ping, and end without a handshake.
    this.#socket = new WebSocket(url) as Bun.WebSocket;
    this.#socket.addEventListener("message", ({ data }) => this.#read(data));
    for (const sign of ["ping", "pong"]) this.#socket.addEventListener(sign, () => this.#sign());
    this.#socket.addEventListener("close", ({ code }) => this.#fail(`the connection was closed (${code})`));
    // What an error says may hold the address; the close that follows has the code.
    this.#socket.addEventListener("error", () => undefined);
    this.#watch = clock.every(PING_MS, () => this.#check());
    this.#helloTimer = clock.after(HELLO_MS, () => this.#fail("the server did not say hello"));
  }

  get opened(): Promise<void> {
    return this.#hello.promise;
  }

  /** Tells the server that an envelope is stored; on a line that ended it does nothing, and the envelope comes again. */
  acknowledge(envelopeId: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ envelope_id: envelopeId }));
  }

  /** Ends the line; idempotent. */
  close(): void {
    if (this.#isOver) return;
    this.#end(new ChannelError("transient", "the connection was given up"));
    this.#socket.close(1000);
    // The goodbye is on its way; a peer that is gone would never answer it.
    this.#socket.terminate();
  }

  #read(data: unknown): void {
    if (this.#isOver) return;
    this.#sign();
    const result = typeof data === "string" && data.length <= MAX_FRAME_CHARS ? parseJson(data) : undefined;
    if (!result?.ok || !isJson(result.value)) return this.#events.onGarbage();
    if (result.value["type"] !== "hello") return this.#events.onFrame(result.value, this);
    this.#helloTimer.cancel();
    this.#hello.resolve();
  }

  #sign(): void {
    this.#heardAtMs = this.#clock.monotonic();
    if (!this.#isOver) this.#events.onSign();
  }

  #check(): void {
    if (this.#clock.monotonic() - this.#heardAtMs > SILENCE_MS) return this.#fail("nothing is heard any more");
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    const error = new ChannelError("transient", `Slack's connection ended: ${reason}`);
    this.#end(error);
    // A closing handshake with a peer that is gone would leave the connection open.
    this.#socket.terminate();
    this.#events.onEnd(this, error);
  }

  #end(error: ChannelError): void {
    this.#isOver = true;
    this.#watch.cancel();
    this.#helloTimer.cancel();
    this.#hello.reject(error);
  }
}
