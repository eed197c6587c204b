/**
 * The node's line to its gateway: comes back by itself, quickly, and says what the owner has decided about it.
 * Carries commands in and answers out; what they do is not its affair.
 */
import type { Timer } from "../../lib/clock.ts";
import { type ConnectionState, GatewayClient, type GatewayOptions } from "../shared/gateway.ts";
import { requestIdOf } from "../shared/refusal.ts";
import { type Fields, GatewayFailure, type Hello, textOf } from "../shared/wire.ts";
import { watchWake } from "./wake.ts";

/** What the owner has said about the commands that this node offers. */
export type Approval = { kind: "approved" } | { kind: "waiting"; requestId: string | undefined } | { kind: "rejected" };

export interface LineOptions extends Omit<GatewayOptions, "persona"> {
  displayName: string;
  /** What this node can do now: fields of `connect`. */
  claims(): Fields;
}

export interface LineHandlers {
  onState(): void;
  onConnected(hello: Hello): void;
  onDisconnected(): void;
  onInvoke(request: Fields): void;
  onCancel(invokeId: string): void;
  /** A piece of the answer of an agent that was asked from here. */
  onChat(payload: Fields): void;
}

/** Quick, because somebody may be waiting for this device: at most this long until the next attempt. */
const BACKOFF = { firstMs: 500, factor: 1.5, maxMs: 3_000 } as const;
/** How long a line that may be dead has to prove that it is not. */
const PROBE_MS = 2_000;

export class Line {
  readonly #client: GatewayClient;
  readonly #options: LineOptions;
  readonly #handlers: LineHandlers;
  #approval: Approval = { kind: "approved" };
  #wasConnected = false;
  #isConnected = false;
  #wake: Timer | undefined;
  #isProbing = false;
  #isAway = false;

  constructor(options: LineOptions, handlers: LineHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const persona = {
      clientId: "node-host",
      clientMode: "node",
      role: "node" as const,
      scopes: [],
      backoff: BACKOFF,
      describe: () => ({ client: { displayName: options.displayName }, claims: options.claims() }),
    };
    this.#client = new GatewayClient(
      { ...options, persona },
      {
        onState: (state) => this.#onState(state),
        onEvent: (event, payload) => this.#onEvent(event, payload),
        // Nothing here is built from numbered events.
        onGap: () => undefined,
      },
    );
  }

  get state(): ConnectionState {
    return this.#client.state;
  }

  get approval(): Approval {
    return this.#approval;
  }

  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  start(): void {
    this.#isAway = false;
    this.#wake ??= watchWake(this.#options.clock, () => this.comeBack());
    this.#client.connectNow();
  }

  /** Ends the line, until it is asked to come back. */
  stop(): void {
    this.#isAway = true;
    this.#wake?.cancel();
    this.#wake = undefined;
    this.#client.stop();
  }

  useToken(token: string): void {
    this.#client.useToken(token);
  }

  useInvite(invite: string): void {
    this.#client.useInvite(invite);
  }

  /** Says anew what this node can do. */
  reintroduce(): void {
    if (this.#isConnected) this.#client.reconnectNow("what this node can do has changed");
  }

  /** The device woke up, the network is back, or somebody looks: a line that is down is tried, one that is up proves it. */
  comeBack(): void {
    if (this.#isAway) return this.start();
    switch (this.#client.state.kind) {
      case "connected":
        return void this.#probe();
      case "refused":
        return; // Only a person can change this.
      case "pairing":
        return this.#client.connectNow();
      default:
        return this.#client.reconnectNow("trying again");
    }
  }

  /** A person is tired of waiting. */
  retryNow(): void {
    if (!this.#isConnected) this.#client.reconnectNow("trying again");
  }

  /** Calls a method of the gateway. */
  request(method: string, params: Fields): Promise<unknown> {
    return this.#client.request(method, params);
  }

  /** Tells the gateway something; resolves with why it was not taken, or undefined. */
  async tell(event: string, payload: Fields): Promise<string | undefined> {
    const answer = await this.#client.request("node.event", { event, payloadJSON: JSON.stringify(payload) });
    const fields = answer as Fields | null;
    return fields?.["handled"] === false ? (textOf(fields["reason"]) ?? "the gateway did not take it") : undefined;
  }

  #onState(state: ConnectionState): void {
    const wasConnected = this.#isConnected;
    this.#isConnected = state.kind === "connected";
    if (wasConnected && !this.#isConnected) this.#handlers.onDisconnected();
    if (state.kind === "connected") {
      this.#wasConnected = true;
      // Whoever waits is told so right after this.
      this.#approval = { kind: "approved" };
      this.#handlers.onConnected(state.hello);
    }
    this.#handlers.onState();
  }

  #onEvent(event: string, payload: Fields): void {
    switch (event) {
      case "node.invoke.request":
        return this.#handlers.onInvoke(payload);
      case "node.invoke.cancel":
        return this.#handlers.onCancel(textOf(payload["invokeId"]) ?? "");
      case "node.pair.requested":
        return this.#decide({ kind: "waiting", requestId: requestIdOf(payload) });
      case "node.pair.resolved":
        return this.#decide({ kind: payload["decision"] === "approved" ? "approved" : "rejected" });
      case "chat":
        return this.#handlers.onChat(payload);
    }
  }

  #decide(approval: Approval): void {
    this.#approval = approval;
    this.#handlers.onState();
  }

  /** Asks for a sign of life; a line that gives none is replaced. */
  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const timer = this.#options.clock.after(PROBE_MS, () => this.#client.reconnectNow("no sign of life"));
    try {
      await this.tell("node.presence.alive", { trigger: "wake" });
    } catch (error) {
      // A refusal is a sign of life, too; a line that ended is being replaced.
      if (!(error instanceof GatewayFailure)) throw error;
    } finally {
      timer.cancel();
      this.#isProbing = false;
    }
  }
}
