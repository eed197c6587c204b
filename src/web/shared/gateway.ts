/**
 * A page's line to its gateway: keeps one signed-in connection and says in which state it is.
 * Speaks protocol v4, as whom the page says. No DOM; time, randomness, sockets and secrets are handed in.
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

/** As what a page connects. */
export interface Persona {
  clientId: string;
  clientMode: string;
  role: "operator" | "node";
  scopes: readonly string[];
  /** How long it waits before it comes back: the first time, how much more each time, and at most. */
  backoff: { firstMs: number; factor: number; maxMs: number };
  /** What else it says of itself, asked anew for every connection: fields of `client`, and of `connect` itself. */
  describe(): { client: Fields; claims: Fields };
}

export interface GatewayOptions {
  persona: Persona;
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
const PLATFORM = "web";

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
    this.#options.credentials.forgetInvite();
    this.#options.credentials.keepSharedToken(token);
    this.reconnectNow("signing in again");
  }

  /** Signs in with an invite, which counts before everything else that is known. */
  useInvite(invite: string): void {
    this.#options.credentials.keepInvite(invite);
    this.reconnectNow("signing in again");
  }

  /** Gives up the connection, if there is one, for a new one: what it says of itself changed, or it is dead. */
  reconnectNow(reason: string): void {
    this.#failures = 0;
    this.#link?.close(1000, reason);
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
    const { persona, credentials, identity, version, instanceId, locale } = this.#options;
    const { clientId, clientMode, role, scopes } = persona;
    const auth = secretsOf(credentials);
    const device = await proveDevice(identity, {
      clientId,
      clientMode,
      role,
      scopes,
      platform: PLATFORM,
      token: auth.token ?? auth.deviceToken ?? auth.bootstrapToken,
      nonce: challenge.nonce,
      signedAtMs: challenge.ts,
    });
    const { client, claims } = persona.describe();
    return {
      minProtocol: PROTOCOL,
      maxProtocol: PROTOCOL,
      client: { id: clientId, mode: clientMode, version, platform: PLATFORM, instanceId, ...client },
      role,
      scopes,
      ...claims,
      device,
      ...(Object.keys(auth).length > 0 && { auth }),
      ...(locale && { locale }),
    };
  }

  #onHello(hello: Hello): void {
    this.#failures = 0;
    const { credentials } = this.#options;
    if (hello.deviceToken !== undefined) {
      credentials.keepDeviceToken(hello.deviceToken);
      credentials.forgetInvite();
    }
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
        if (verdict.isSecretWrong) this.#forgetOffered();
        return this.#become({ kind: "refused", refusal: verdict.refusal });
    }
  }

  /** The secret that was refused is worthless: the invite, when there was one, because it alone was sent. */
  #forgetOffered(): void {
    const { credentials } = this.#options;
    if (credentials.invite() === undefined) credentials.forgetSharedToken();
    else credentials.forgetInvite();
  }

  #comeBack(reason: "offline" | "restarting", atLeastMs = 0): void {
    const { firstMs, factor, maxMs } = this.#options.persona.backoff;
    const planned = Math.min(maxMs, firstMs * factor ** this.#failures);
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

/** What is sent in `auth`: an invite alone, as it is what a person has just opened; else all that is known. */
function secretsOf(credentials: Credentials): { token?: string; deviceToken?: string; bootstrapToken?: string } {
  const invite = credentials.invite();
  if (invite !== undefined) return { bootstrapToken: invite };
  const token = credentials.sharedToken();
  const deviceToken = credentials.deviceToken();
  return { ...(token !== undefined && { token }), ...(deviceToken !== undefined && { deviceToken }) };
}
