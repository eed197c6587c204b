/**
 * One socket: its state, who is behind it once that is proven, and everything that is sent to it.
 * Numbers events without gaps and applies the slow-reader rule (`protocol/handshake.md` section 12, threats T37).
 */
import type { ServerWebSocket } from "bun";
import type { ClientInfo } from "#schemas/connect.ts";
import type { ErrorShape } from "#schemas/errors.ts";
import { type Guard, type ProtocolVersion, type ScopeName, scopeNames } from "#schemas/method.ts";
import { hasScope } from "../devices/scopes.ts";
import type { Peer } from "./peer.ts";
import { closeReason, encodeResponse, policyOf, type WirePolicy } from "./wire.ts";

/** Requests one connection may have under way; who does not read answers is not served more (threats T37). */
export const MAX_IN_FLIGHT = 256;
/** Topics one connection may follow; a client shows a handful of sessions at once. */
const MAX_SUBSCRIPTIONS = 512;

const noGuards = {
  everyone: false,
  never: false,
  read: false,
  write: false,
  admin: false,
  approvals: false,
  pairing: false,
};

/** What a successful handshake established. */
export interface Identity {
  version: ProtocolVersion;
  role: "operator" | "node";
  /** Granted, not asked (rule R3). */
  scopes: readonly string[];
  client: ClientInfo;
  caps: ReadonlySet<string>;
  /** What a node says it can do; whether any of it counts is decided elsewhere. */
  claims?: { commands: readonly string[]; permissions?: Readonly<Record<string, boolean>>; pathEnv?: string };
  deviceId?: string;
  /** True when a device token opened the door, not the gateway's secret. */
  isByDeviceToken: boolean;
}

/** A socket from its opening to its end. */
export class Connection {
  readonly id: string;
  readonly nonce: string;
  readonly openedAtMs: number;
  readonly peer: Peer;
  readonly subscriptions = new Set<string>();
  inFlight = 0;
  /** Consecutive calls that this role may not make. */
  unauthorizedCalls = 0;
  /** Why we ended it; undefined when the client did. */
  ended: { code: number; reason: string } | undefined;
  #identity: Identity | undefined;
  #policy: WirePolicy = policyOf(4, "operator");
  #socket: ServerWebSocket<unknown> | undefined;
  #seq = 0;
  #isGone = false;
  /** Made when the first call asks for its signal: most never do, and it costs more than a signature. */
  #goneController: AbortController | undefined;
  /** Which guards let it through; filled when it is identified, because every broadcast asks. */
  #entitled: Readonly<Record<Guard | "never", boolean>> = noGuards;
  /** Set when the system's buffer was full at the last send; until it drains, our own is looked at before each send. */
  #isBehind = false;
  /** Whether it receives runs only of sessions it follows (v4 capability). */
  isSessionScoped = false;

  constructor(needs: { id: string; nonce: string; openedAtMs: number; peer: Peer }) {
    this.id = needs.id;
    this.nonce = needs.nonce;
    this.openedAtMs = needs.openedAtMs;
    this.peer = needs.peer;
  }

  /** Undefined until hello-ok. */
  get identity(): Identity | undefined {
    return this.#identity;
  }
  get policy(): WirePolicy {
    return this.#policy;
  }
  get isOpen(): boolean {
    return this.#socket !== undefined && !this.#isGone;
  }
  /** Aborted when the socket is gone. */
  get gone(): AbortSignal {
    if (!this.#goneController) {
      this.#goneController = new AbortController();
      if (this.#isGone) this.#goneController.abort();
    }
    return this.#goneController.signal;
  }

  /** The socket is closed, whoever closed it. */
  end(): void {
    this.#isGone = true;
    this.#goneController?.abort();
  }

  attach(socket: ServerWebSocket<unknown>): void {
    this.#socket = socket;
  }

  /** Makes this an authenticated connection. Called once, by the handshake. */
  identify(identity: Identity): void {
    const { version, role, scopes, caps } = identity;
    this.#identity = identity;
    this.#policy = policyOf(version, role);
    this.isSessionScoped = caps.has("session-scoped-events");
    const mayUse = (scope: ScopeName) => role === "operator" && hasScope(scopes, `operator.${scope}`);
    const granted = Object.fromEntries(scopeNames.map((scope) => [scope, mayUse(scope)])) as Record<ScopeName, boolean>;
    this.#entitled = { ...granted, everyone: true, never: false };
  }

  /** Whether events under this guard are for this connection. */
  isEntitled(guard: Guard | "never"): boolean {
    return this.#entitled[guard];
  }

  /** The system's buffer took everything. */
  drained(): void {
    this.#isBehind = false;
  }

  /** Follows a topic; returns false when the connection follows too many already. */
  subscribe(topic: string): boolean {
    if (this.subscriptions.size >= MAX_SUBSCRIPTIONS && !this.subscriptions.has(topic)) return false;
    this.subscriptions.add(topic);
    return true;
  }

  /** Answers a request. A full buffer means that nobody reads: the connection ends. */
  respond(id: unknown, result: { payload: unknown } | { error: ErrorShape; payload?: unknown }): void {
    if (this.#isFull()) return this.close(1008, "slow consumer");
    this.#send(encodeResponse(id, result, this.#identity?.version ?? 4));
  }

  /** Sends an event to this connection only, outside the numbering. */
  notify(event: string, payload: unknown): void {
    this.#send(JSON.stringify({ type: "event", event, payload }));
  }

  /** Sends an event to this connection only, outside the numbering, under the rule of {@link deliver}. */
  tell(event: string, payload: unknown, isDroppable = false): void {
    if (!this.#isFull()) return this.notify(event, payload);
    if (!isDroppable) this.close(1008, "slow consumer");
  }

  /** Sends a prepared event with the next number. A slow reader loses droppable ones, and otherwise its connection. */
  deliver(head: string, isDroppable: boolean): void {
    this.#seq++;
    if (this.#isFull()) {
      if (!isDroppable) this.close(1008, "slow consumer");
      return;
    }
    this.#send(`${head},"seq":${this.#seq}}`);
  }

  /** Ends the connection; a slow reader is cut, since it would not read the close frame either. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.ended = { code, reason };
    this.end();
    this.#socket?.close(code, closeReason(reason));
  }

  #isFull(): boolean {
    return this.#isBehind && (this.#socket?.getBufferedAmount() ?? 0) > this.#policy.maxBufferedBytes;
  }

  #send(text: string): void {
    // -1: queued behind what the peer has not read yet.
    if (this.isOpen && this.#socket?.send(text) === -1) this.#isBehind = true;
  }
}
