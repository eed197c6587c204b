/**
 * One WebSocket from open to close: challenge, connect, requests, events, liveness.
 * Knows nothing of reconnecting or of what the answers mean; a new attempt is a new Link.
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import {
  type Fields,
  type Frame,
  fieldsOf,
  GatewayFailure,
  type Hello,
  numberOf,
  parseFrame,
  parseHello,
  textOf,
} from "./wire.ts";

/** How a connection ended, for the one who decides what happens next. */
export interface LinkEnd {
  closeCode: number;
  reason: string;
  /** The gateway's answer, when it refused `connect`. */
  refusal: GatewayFailure | undefined;
  /** The gateway announced that it goes away on purpose. */
  isRestart: boolean;
}

export interface LinkHandlers {
  onHello(hello: Hello): void;
  onEvent(event: string, payload: Fields): void;
  /** Some events were lost; what was built from them must be read again. */
  onGap(): void;
  /** Called exactly once, last. */
  onEnd(end: LinkEnd): void;
}

export interface LinkOptions {
  clock: Clock;
  openSocket: () => WebSocket;
  /** Builds the `connect` params for one challenge. */
  introduce: (challenge: { nonce: string; ts: number }) => Promise<Fields>;
  handlers: LinkHandlers;
}

interface Pending {
  resolve(payload: unknown): void;
  reject(error: GatewayFailure): void;
  timer: Timer;
}

/** The protocol's limits for the two halves of the handshake. */
const HANDSHAKE_MS = 15_000;
/** The protocol's default deadline of a request. */
const REQUEST_MS = 30_000;
/** Requests waiting for an answer; more than any screen needs, so beyond it something runs wild. */
const MAX_PENDING = 128;
/** What the gateway closes with when it restarts. */
const CLOSE_RESTART = 1012;
/** What a page closes with; browsers let it use 1000 and the 4000s only. */
const CLOSE_TIMEOUT = 4000;
const CLOSE_FAILED = 4008;

export class Link {
  readonly #options: LinkOptions;
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();
  readonly #abort = new AbortController();
  #handshake: Timer;
  #watchdog: Timer | undefined;
  #nextId = 1;
  #lastSeq: number | undefined;
  #lastFrameAtMs: number;
  #isReady = false;
  #isRestart = false;
  #isEnded = false;
  #refusal: GatewayFailure | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#lastFrameAtMs = options.clock.monotonic();
    this.#socket = options.openSocket();
    this.#handshake = options.clock.after(HANDSHAKE_MS, () => this.close(CLOSE_FAILED, "connect challenge timeout"));
    const { signal } = this.#abort;
    this.#socket.addEventListener("message", (event) => this.#receive(event.data), { signal });
    this.#socket.addEventListener("close", (event) => this.#end(event.code, event.reason), { signal });
    // An `error` is always followed by `close`, which carries the code.
  }

  /** Sends a request and resolves with its first answer. Rejects with the gateway's failure, or when the link ends. */
  request(method: string, params: Fields = {}): Promise<unknown> {
    if (!this.#isReady) return Promise.reject(new GatewayFailure("UNAVAILABLE", "not connected"));
    return this.#call(method, params);
  }

  /** Ends the link at once, without waiting for a dead peer to agree. */
  close(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#socket.close(code, reason);
    this.#end(code, reason);
  }

  #call(method: string, params: Fields): Promise<unknown> {
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new GatewayFailure("UNAVAILABLE", "too many requests are waiting for an answer"));
    }
    const id = `${this.#nextId++}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = this.#options.clock.after(REQUEST_MS, () => {
      this.#pending.delete(id);
      reject(new GatewayFailure("UNAVAILABLE", `no answer to ${method} in time`));
    });
    this.#pending.set(id, { resolve, reject, timer });
    this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    return promise;
  }

  #receive(data: unknown) {
    const frame = parseFrame(data);
    if (frame === undefined) return;
    this.#lastFrameAtMs = this.#options.clock.monotonic();
    if (frame.type === "res") return this.#settle(frame);
    if (!this.#isReady) {
      if (frame.event === "connect.challenge") this.#introduce(fieldsOf(frame.payload));
      return;
    }
    this.#checkSeq(frame.seq);
    if (frame.event === "shutdown") this.#isRestart = true;
    this.#options.handlers.onEvent(frame.event, fieldsOf(frame.payload));
  }

  #settle(frame: Frame & { type: "res" }): void {
    const pending = this.#pending.get(frame.id);
    if (pending === undefined) return;
    this.#pending.delete(frame.id);
    pending.timer.cancel();
    if (frame.error === undefined) pending.resolve(frame.payload);
    else pending.reject(frame.error);
  }

  #introduce(challenge: Fields): void {
    this.#handshake.cancel();
    this.#handshake = this.#options.clock.after(HANDSHAKE_MS, () => this.close(CLOSE_TIMEOUT, "connect timeout"));
    const nonce = textOf(challenge["nonce"]) ?? "";
    const ts = numberOf(challenge["ts"]) ?? this.#options.clock.now();
    this.#options
      .introduce({ nonce, ts })
      .then((params) => this.#call("connect", params))
      .then(
        (payload) => this.#begin(parseHello(payload)),
        (error: unknown) => this.#refuse(error),
      );
  }

  #begin(hello: Hello): void {
    if (this.#isEnded) return;
    this.#handshake.cancel();
    this.#isReady = true;
    this.#watch(hello.tickIntervalMs * 2);
    this.#options.handlers.onHello(hello);
  }

  #refuse(error: unknown): void {
    if (this.#isEnded) return;
    this.#refusal = error instanceof GatewayFailure ? error : failureOf(error);
    this.close(CLOSE_FAILED, "connect failed");
  }

  /** Looks once per quiet period instead of moving a timer with every frame. */
  #watch(limitMs: number): void {
    const { clock } = this.#options;
    const look = () => {
      const quietMs = clock.monotonic() - this.#lastFrameAtMs;
      if (quietMs >= limitMs) this.close(CLOSE_TIMEOUT, "tick timeout");
      else this.#watchdog = clock.after(limitMs - quietMs, look);
    };
    this.#watchdog = clock.after(limitMs, look);
  }

  #checkSeq(seq: number | undefined): void {
    if (seq === undefined) return;
    const isGap = this.#lastSeq !== undefined && seq > this.#lastSeq + 1;
    this.#lastSeq = seq;
    if (isGap) this.#options.handlers.onGap();
  }

  #end(closeCode: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#isReady = false;
    this.#abort.abort();
    this.#handshake.cancel();
    this.#watchdog?.cancel();
    for (const pending of this.#pending.values()) {
      pending.timer.cancel();
      pending.reject(new GatewayFailure("UNAVAILABLE", "the connection to the gateway was lost"));
    }
    this.#pending.clear();
    const isRestart = this.#isRestart || closeCode === CLOSE_RESTART;
    this.#options.handlers.onEnd({ closeCode, reason, refusal: this.#refusal, isRestart });
  }
}

function failureOf(error: unknown): GatewayFailure {
  const message = error instanceof Error ? error.message : "unknown failure";
  return new GatewayFailure("DEVICE_KEY", `this browser could not sign in: ${message}`);
}
