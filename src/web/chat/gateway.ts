/**
 * The page's line to its gateway: keeps one signed-in connection and says in which state it is.
 * Speaks protocol v4 as an operator. No DOM; time, randomness, sockets and secrets are handed in.
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Credentials } from "./credentials.ts";
import { type DeviceIdentity, proveDevice } from "./device.ts";
import { Link, type LinkEnd } from "./link.ts";
import type { PageIds } from "./platform.ts";
import { judge, type Refusal } from "./refusal.ts";
import { type Fields, GatewayFailure, type Hello } from "./wire.ts";

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "connected"; hello: Hello }
  /** Lost or not reached; comes back by itself. */
  | { kind: "waiting"; reason: "offline" | "restarting" }
  /** A person has to approve this browser on the gateway's host; looks again by itself. */
  | { kind: "pairing"; requestId: string | undefined; reason: string }
  /** Only a person can change this. */
  | { kind: "refused"; refusal: Refusal };

export interface GatewayOptions {
  identity: DeviceIdentity;
  credentials: Credentials;
  clock: Clock;
  ids: PageIds;
  openSocket: () => WebSocket;
  /** Version of this page. */
  version: string;
  /** Tells the tabs of one browser apart. */
  instanceId: string;
  locale?: string;
}

export interface GatewayHandlers {
  onState(state: ConnectionState): void;
  onEvent(event: string, payload: Fields): void;
  onGap(): void;
}

const PROTOCOL = 4;
const CLIENT_ID = "openclaw-control-ui";
const CLIENT_MODE = "webchat";
const PLATFORM = "web";
const ROLE = "operator";
const SCOPES = ["operator.admin", "operator.approvals", "operator.pairing"] as const;

/** The protocol's reconnect schedule for pages. */
const BACKOFF = { firstMs: 800, factor: 1.7, maxMs: 15_000 } as const;
/** Share of a delay that is random, so that a restarted gateway is not met by all pages at once. */
const JITTER = 0.25;
/** How often a page that waits for approval looks again. */
const PAIRING_RETRY_MS = 3_000;

export class GatewayClient {
  readonly #options: GatewayOptions;
  readonly #handlers: GatewayHandlers;
  #link: Link | undefined;
  #retry: Timer | undefined;
  #failures = 0;
  #state: ConnectionState = { kind: "connecting" };

  constructor(options: GatewayOptions, handlers: GatewayHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects now, whatever the schedule says: at start, when the network is back, when a person asks. */
  connectNow(): void {
    if (this.#link !== undefined) return;
    this.#retry?.cancel();
    if (this.#state.kind !== "pairing") this.#become({ kind: "connecting" });
    this.#link = new Link({
      clock: this.#options.clock,
      openSocket: this.#options.openSocket,
      introduce: (challenge) => this.#introduce(challenge),
      handlers: {
        onHello: (hello) => this.#onHello(hello),
        onEvent: (event, payload) => this.#handlers.onEvent(event, payload),
        onGap: () => this.#handlers.onGap(),
        onEnd: (end) => this.#onEnd(end),
      },
    });
  }

  /** Signs in with another shared token. */
  useToken(token: string): void {
    this.#options.credentials.keepSharedToken(token);
    this.#failures = 0;
    this.#link?.close(1000, "signing in again");
    this.connectNow();
  }

  /** Calls a method of the gateway; rejects with a {@link GatewayFailure}. */
  request(method: string, params: Fields = {}): Promise<unknown> {
    return this.#link?.request(method, params) ?? Promise.reject(new GatewayFailure("UNAVAILABLE", "not connected"));
  }

  /** Ends the connection for good. */
  stop(): void {
    const link = this.#link;
    this.#retry?.cancel();
    link?.close(1000, "page closed");
    this.#retry?.cancel();
  }

  async #introduce(challenge: { nonce: string; ts: number }): Promise<Fields> {
    const { credentials, identity, version, instanceId, locale } = this.#options;
    const token = credentials.sharedToken();
    const deviceToken = credentials.deviceToken();
    const device = await proveDevice(identity, {
      clientId: CLIENT_ID,
      clientMode: CLIENT_MODE,
      role: ROLE,
      scopes: SCOPES,
      platform: PLATFORM,
      token: token ?? deviceToken,
      nonce: challenge.nonce,
      signedAtMs: challenge.ts,
    });
    const auth = { ...(token && { token }), ...(deviceToken && { deviceToken }) };
    return {
      minProtocol: PROTOCOL,
      maxProtocol: PROTOCOL,
      client: { id: CLIENT_ID, mode: CLIENT_MODE, version, platform: PLATFORM, instanceId },
      role: ROLE,
      scopes: SCOPES,
      caps: ["tool-events"],
      device,
      ...(Object.keys(auth).length > 0 && { auth }),
      ...(locale && { locale }),
    };
  }

  #onHello(hello: Hello): void {
    this.#failures = 0;
    if (hello.deviceToken !== undefined) this.#options.credentials.keepDeviceToken(hello.deviceToken);
    this.#become({ kind: "connected", hello });
  }

  #onEnd(end: LinkEnd) {
    this.#link = undefined;
    if (end.refusal === undefined) return this.#comeBack(end.isRestart ? "restarting" : "offline");
    const verdict = judge(end.refusal);
    switch (verdict.kind) {
      case "retry":
        return this.#comeBack("restarting", verdict.afterMs);
      case "forget-device-token":
        this.#options.credentials.forgetDeviceToken();
        return this.#comeBack("offline");
      case "pairing":
        this.#become({ kind: "pairing", requestId: verdict.requestId, reason: verdict.reason });
        return this.#connectAfter(PAIRING_RETRY_MS);
      case "refused":
        if (verdict.isSecretWrong) this.#options.credentials.forgetSharedToken();
        return this.#become({ kind: "refused", refusal: verdict.refusal });
    }
  }

  #comeBack(reason: "offline" | "restarting", atLeastMs = 0): void {
    const planned = Math.min(BACKOFF.maxMs, BACKOFF.firstMs * BACKOFF.factor ** this.#failures);
    this.#failures += 1;
    this.#become({ kind: "waiting", reason });
    this.#connectAfter(Math.max(planned, atLeastMs));
  }

  #connectAfter(delayMs: number): void {
    const spread = delayMs * JITTER * this.#options.ids.fraction();
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(delayMs + spread, () => this.connectNow());
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#handlers.onState(state);
  }
}
