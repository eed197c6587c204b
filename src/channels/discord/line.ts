/**
 * One connection to the gateway, from its first byte to its end, through the network's client library: it greets,
 * identifies or resumes, beats and notices missing beats. It would also reconnect by itself, without pause or end, and
 * forget the session whenever a connection fails; so each connection has a client of its own here, which is let go when
 * the connection ends, and what follows is the receiver's to decide.
 */
import type { FetchingStrategyOptions, SessionInfo, WebSocketShard } from "@discordjs/ws";
import type { GatewayDispatchPayload } from "discord-api-types/v10";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Secret } from "../../lib/secret.ts";
import { API_VERSION } from "./client.ts";
import { type End, endOf } from "./close-codes.ts";
import type { Session } from "./session.ts";

/** From the request to the gateway's hello. */
const HELLO_MS = 4_000;
/** Until the session goes on or begins; one that goes on first tells all that was missed. */
const READY_MS = 30_000;
/** Two beats of the network's 41 seconds, and time for the answer. Nothing by then: a peer that is gone. */
const SILENCE_MS = 90_000;
const WATCH_MS = 5_000;
/** Ends a connection but not its session, which 1000 would. */
const KEEP_SESSION = 4200;

/** What the owner of a line is told. */
export interface LineEvents {
  /** A new session began; it comes before what is told in it. */
  onSession(session: Omit<Session, "selfId" | "intents">, line: Line): void;
  onDispatch(payload: GatewayDispatchPayload, line: Line): void;
  /** Something came, or a beat was answered. */
  onSign(): void;
  /** The line ended by itself after it was open; told once, and not after `close`. */
  onEnd(line: Line, end: End): void;
}

export interface LineOptions {
  /** Where it connects to; the owner has checked it. */
  url: string;
  /** The one to go on with; absent: a new one. */
  session?: Session;
  token: Secret;
  intents: number;
  clock: Clock;
  events: LineEvents;
}

/** A connection. */
export class Line {
  readonly #clock: Clock;
  readonly #events: LineEvents;
  readonly #opened = Promise.withResolvers<End | undefined>();
  readonly #shard: WebSocketShard;
  readonly #timers: Timer[];
  #session: SessionInfo | null;
  #openedAtMs: number | undefined;
  #heardAtMs: number;
  #isGreeted = false;
  #isOver = false;

  /** Loads the library and connects. */
  static async open(options: LineOptions): Promise<Line> {
    const { WebSocketShard } = await import("@discordjs/ws");
    return new Line(options, WebSocketShard);
  }

  private constructor(options: LineOptions, Shard: typeof WebSocketShard) {
    const { clock, events, session } = options;
    this.#clock = clock;
    this.#events = events;
    this.#heardAtMs = clock.monotonic();
    this.#session = session === undefined ? null : sessionInfoOf(session, options.url);
    this.#shard = new Shard(
      {
        options: shardOptions(options),
        // A client that is let go would connect once more: it waits for this answer for ever instead.
        retrieveSessionInfo: () => (this.#isOver ? new Promise<never>(() => undefined) : this.#session),
        updateSessionInfo: (_id, info) => this.#onSessionInfo(info),
        waitForIdentify: async () => undefined,
      },
      0,
    );
    this.#timers = [
      clock.after(HELLO_MS, () => this.#isGreeted || this.#fail(endOf("no greeting"))),
      clock.after(READY_MS, () => this.#openedAtMs ?? this.#fail(endOf("no greeting"))),
      clock.every(WATCH_MS, () => this.#checkHeard()),
    ];
    this.#listen();
  }

  /** Resolves when events flow, or with how it ended before they did. */
  get opened(): Promise<End | undefined> {
    return this.#opened.promise;
  }

  /** For how long events have flowed; 0 before. */
  get ageMs(): number {
    return this.#openedAtMs === undefined ? 0 : this.#clock.monotonic() - this.#openedAtMs;
  }

  /** What came up to there is stored: beats tell so, and a session that is resumed goes on from there. */
  confirm(seq: number): void {
    if (this.#session !== null && seq > this.#session.sequence) this.#session.sequence = seq;
  }

  /** Ends the line but not its session; idempotent. */
  close(): void {
    if (this.#isOver) return;
    this.#end(endOf("given up"));
  }

  #listen(): void {
    const shard = this.#shard;
    const on = (event: string, listener: (value: never) => void) => void shard.on(event as never, listener as never);
    on("hello", () => {
      this.#isGreeted = true;
    });
    on("ready", () => this.#onOpened());
    on("resumed", () => this.#onOpened());
    on("dispatch", (payload: GatewayDispatchPayload) => {
      if (this.#isOver) return;
      this.#sign();
      this.#events.onDispatch(payload, this);
    });
    on("heartbeat", () => this.#sign());
    on("closed", (code: number) => this.#fail(endOf(code)));
    // What an error says may hold the address; the close that follows has a code. Codes that are final come as errors
    // too, after the close.
    on("socketError", () => undefined);
    on("error", () => undefined);
    shard.connect().catch(() => undefined); // It rejects with those same errors.
  }

  /** The library's notes about the session. They are its own business except for a new session and the end of one. */
  #onSessionInfo(info: SessionInfo | null): void {
    if (this.#isOver) return;
    // Ends of connections are told before, so that this can only be the gateway that knows the session no more.
    if (info === null) return this.#fail(endOf("invalid session"));
    if (info.sessionId === this.#session?.sessionId) return;
    this.#session = { ...info };
    this.#events.onSession({ id: info.sessionId, url: info.resumeURL, seq: info.sequence }, this);
  }

  #onOpened(): void {
    if (this.#isOver || this.#openedAtMs !== undefined) return;
    this.#openedAtMs = this.#clock.monotonic();
    this.#sign();
    this.#opened.resolve(undefined);
  }

  #sign(): void {
    this.#heardAtMs = this.#clock.monotonic();
    if (!this.#isOver) this.#events.onSign();
  }

  #checkHeard(): void {
    if (this.#clock.monotonic() - this.#heardAtMs > SILENCE_MS) this.#fail(endOf("silence"));
  }

  #fail(end: End): void {
    if (this.#isOver) return;
    this.#end(end);
    if (this.#openedAtMs !== undefined) this.#events.onEnd(this, end);
  }

  #end(end: End): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
    this.#opened.resolve(end);
    // The library says goodbye and waits for the answer, for ever if the peer is gone; and it leaves a connection that
    // is just being made. So the goodbye is sent, which takes it no longer than this turn, and the socket is ended.
    this.#shard.destroy({ code: KEEP_SESSION }).catch(() => undefined);
    queueMicrotask(() => queueMicrotask(() => terminate(this.#shard)));
  }
}

/** Ends the library's socket, which it has no word for. */
function terminate(shard: WebSocketShard): void {
  const socket: unknown = Reflect.get(shard, "connection");
  if (typeof socket !== "object" || socket === null || !("terminate" in socket)) return;
  if (typeof socket.terminate === "function") socket.terminate();
}

function sessionInfoOf({ id, seq }: Session, url: string): SessionInfo {
  return { sessionId: id, resumeURL: url, sequence: seq, shardId: 0, shardCount: 1 };
}

function shardOptions({ url, token, intents }: LineOptions): FetchingStrategyOptions {
  return {
    // Read when it is sent, so that it is in no field of anything that is printed.
    get token() {
      return token.reveal();
    },
    intents,
    version: API_VERSION,
    encoding: "json" as never, // Its type is an enum of this very word.
    compression: null,
    useIdentifyCompression: false,
    identifyProperties: { browser: "moltbot", device: "moltbot", os: process.platform },
    initialPresence: null,
    largeThreshold: null,
    // These are ours to limit, by a clock that tests can turn.
    handshakeTimeout: null,
    helloTimeout: null,
    readyTimeout: null,
    shardCount: 1,
    gatewayInformation: {
      url,
      shards: 1,
      session_start_limit: { total: 1, remaining: 1, reset_after: 0, max_concurrency: 1 },
    },
  };
}
