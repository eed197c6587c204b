/**
 * The chat behind the page: one gateway connection, the list of sessions, and the transcript of the open one.
 * No DOM. Whoever shows it subscribes and reads `state`, which is replaced and never changed in place.
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import { type ConnectionState, GatewayClient, type GatewayOptions } from "../shared/gateway.ts";
import type { PageIds } from "../shared/platform.ts";
import { type Fields, fieldsOf, GatewayFailure, textOf } from "../shared/wire.ts";
import { chatPersona } from "./persona.ts";
import { type SessionItem, sessionItems } from "./sessions.ts";
import { type Action, emptyTranscript, liveTurn, reduce, type Transcript } from "./transcript.ts";

export interface ChatState {
  connection: ConnectionState;
  /** A connection existed before, so that losing it leaves the transcript on the screen. */
  wasConnected: boolean;
  sessions: readonly SessionItem[];
  canCreateSession: boolean;
  transcript: Transcript;
  /** What went wrong with the last thing a person asked for, other than sending. */
  notice: string | undefined;
}

export interface ChatOptions extends Omit<GatewayOptions, "persona"> {
  clock: Clock;
  ids: PageIds;
  /** Where the key of the open session is kept across visits. */
  lastSession: { read(): string | undefined; keep(key: string): void };
}

/** Newest messages read when a session opens; the page is for talking, not for archives. */
const HISTORY_LIMIT = 200;
const SESSION_LIMIT = 50;
/** A busy gateway announces many changes of the session list; one read covers those that come together. */
const SESSIONS_SETTLE_MS = 400;

export class Chat {
  readonly #options: ChatOptions;
  readonly #client: GatewayClient;
  readonly #listeners = new Set<() => void>();
  #state: ChatState;
  #sessionsTimer: Timer | undefined;
  /** Counts openings, so that a slow answer for a session that was left does not replace the open one. */
  #opening = 0;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#state = {
      connection: { kind: "connecting" },
      wasConnected: false,
      sessions: [],
      canCreateSession: false,
      transcript: emptyTranscript(options.lastSession.read() ?? ""),
      notice: undefined,
    };
    this.#client = new GatewayClient(
      { ...options, persona: chatPersona },
      {
        onState: (connection) => this.#onConnection(connection),
        onEvent: (event, payload) => this.#onEvent(event, payload),
        onGap: () => this.#resync(),
      },
    );
  }

  get state(): ChatState {
    return this.#state;
  }

  /** Calls `listener` after every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#client.connectNow();
  }

  stop(): void {
    this.#sessionsTimer?.cancel();
    this.#client.stop();
  }

  /** The network is back, or a person is tired of waiting. */
  retryNow(): void {
    if (this.#state.connection.kind !== "connected") this.#client.connectNow();
  }

  useToken(token: string): void {
    this.#client.useToken(token);
  }

  /** Sends a new message of this page. It shows at once and is never lost: it ends sent or failed. */
  send(text: string): void {
    const idempotencyKey = this.#options.ids.uuid();
    this.#apply({ type: "sending", text, idempotencyKey, nowMs: this.#options.clock.now() });
    this.#deliver(text, idempotencyKey);
  }

  /** Sends a failed message again under its old key, so that it cannot arrive twice. */
  resend(idempotencyKey: string): void {
    const entry = this.#state.transcript.entries.find((one) => one.id === `user:${idempotencyKey}`);
    if (entry?.kind !== "user") return;
    this.#apply({ type: "retrying", idempotencyKey });
    this.#deliver(entry.text, idempotencyKey);
  }

  /** Stops the answer that is being written. */
  abort(): void {
    const turn = liveTurn(this.#state.transcript);
    if (turn === undefined) return;
    const { sessionKey } = this.#state.transcript;
    this.#attempt("stop the answer", async () => {
      await this.#client.request("chat.abort", { sessionKey, runId: turn.runId });
    });
  }

  openSession(key: string): void {
    if (key === this.#state.transcript.sessionKey) return;
    const left = this.#state.transcript.sessionKey;
    this.#change({ transcript: emptyTranscript(key) });
    this.#attempt("leave the session", async () => {
      await this.#client.request("sessions.messages.unsubscribe", { key: left });
    });
    this.#load(key);
  }

  createSession(): void {
    this.#attempt("start a session", async () => {
      const created = fieldsOf(await this.#client.request("sessions.create", {}));
      const key = textOf(created["key"]);
      if (key === undefined) throw new GatewayFailure("UNAVAILABLE", "the gateway gave the session no key");
      this.openSession(key);
      this.#readSessions();
    });
  }

  dismissNotice(): void {
    this.#change({ notice: undefined });
  }

  #onConnection(connection: ConnectionState) {
    if (connection.kind !== "connected") return this.#change({ connection });
    const { methods, mainSessionKey } = connection.hello;
    const canCreateSession = methods.includes("sessions.create");
    this.#change({ connection, canCreateSession, wasConnected: true, notice: undefined });
    this.#attempt("follow the sessions", async () => {
      await this.#client.request("sessions.subscribe");
    });
    this.#readSessions();
    this.#load(this.#state.transcript.sessionKey || mainSessionKey);
  }

  #onEvent(event: string, payload: Fields) {
    switch (event) {
      case "chat":
        return this.#apply({ type: "chat", payload });
      case "agent":
        return payload["stream"] === "tool" ? this.#apply({ type: "tool", payload }) : undefined;
      case "session.tool":
        return this.#apply({ type: "tool", payload });
      case "session.message":
        return this.#apply({ type: "message", payload });
      case "sessions.changed":
        this.#sessionsTimer ??= this.#options.clock.after(SESSIONS_SETTLE_MS, () => this.#readSessions());
        return;
    }
  }

  /** Events were lost: everything built from them is read again. */
  #resync(): void {
    this.#readSessions();
    this.#load(this.#state.transcript.sessionKey);
  }

  /** Follows a session, then reads its history, so that nothing falls between the two. */
  #load(key: string): void {
    this.#opening += 1;
    const opening = this.#opening;
    this.#attempt("read the session", async () => {
      const followed = fieldsOf(await this.#client.request("sessions.messages.subscribe", { key }));
      if (opening !== this.#opening) return;
      // Events name the session by its canonical key.
      const sessionKey = textOf(followed["key"]) ?? key;
      this.#options.lastSession.keep(sessionKey);
      this.#change({ transcript: { ...this.#state.transcript, sessionKey } });
      const result = fieldsOf(await this.#client.request("chat.history", { sessionKey, limit: HISTORY_LIMIT }));
      if (opening === this.#opening) this.#apply({ type: "history", result });
    });
  }

  #readSessions(): void {
    this.#sessionsTimer?.cancel();
    this.#sessionsTimer = undefined;
    this.#attempt("read the sessions", async () => {
      const result = await this.#client.request("sessions.list", {
        limit: SESSION_LIMIT,
        includeDerivedTitles: true,
        includeLastMessage: true,
      });
      this.#change({ sessions: sessionItems(result) });
    });
  }

  #deliver(text: string, idempotencyKey: string): void {
    const { sessionKey } = this.#state.transcript;
    this.#client.request("chat.send", { sessionKey, message: text, idempotencyKey }).then(
      (answer) => {
        const status = textOf(fieldsOf(answer)["status"]);
        this.#apply({ type: "sent", idempotencyKey, isRunning: status === "started" || status === "in_flight" });
      },
      (error: unknown) => this.#apply({ type: "failed", idempotencyKey, problem: reasonOf(error) }),
    );
  }

  /** Runs something whose failure a person should hear of, unless the connection is gone, which shows by itself. */
  #attempt(purpose: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.#state.connection.kind !== "connected") return;
      this.#change({ notice: `Could not ${purpose}: ${reasonOf(error)}` });
    });
  }

  #apply(action: Action): void {
    const transcript = reduce(this.#state.transcript, action);
    if (transcript !== this.#state.transcript) this.#change({ transcript });
  }

  #change(change: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown failure";
}
