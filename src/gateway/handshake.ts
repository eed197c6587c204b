/**
 * From the first frame to hello-ok or a refusal (`protocol/handshake.md` sections 2 to 11). Order of checks: frame,
 * version, role, origin, device proof, secret, pairing. Nothing a client declares is used before it is bound (rule R2).
 */
import { type ConnectParams, ConnectParamsV3, controlUiIds, ConnectParams as Offer4 } from "#schemas/connect.ts";
import { RequestFrame } from "#schemas/frames.ts";
import type { HelloOk, HelloOkV3 } from "#schemas/hello.ts";
import type { ProtocolVersion } from "#schemas/method.ts";
import type { DeviceAsk, Devices, PairingReason } from "../devices/devices.ts";
import { type SignedFields, verifyProof } from "../devices/identity.ts";
import { ADMIN, grantScopes } from "../devices/scopes.ts";
import type { Clock } from "../lib/clock.ts";
import { fail, GatewayError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { validator } from "../lib/validate.ts";
import { type AuthPolicy, type AuthVerdict, authenticate, describeRefusal } from "./auth.ts";
import type { Connection, Identity } from "./connection.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { Tailscale } from "./tailscale.ts";

const requestFrame = validator(RequestFrame);
const connectV4 = validator(Offer4);
const connectV3 = validator(ConnectParamsV3);

/** Most capabilities and commands a client may declare. */
const MAX_DECLARED = 256;
/** Longest shared secret or token that is compared. */
const MAX_SECRET_CHARS = 4096;

/** How a caller was let in that showed an invite. */
const INVITE = "bootstrap";

/** Ends a handshake: with an answer and a close, or (without an id) with a close only. */
export class HandshakeRefusal extends Error {
  override readonly name = "HandshakeRefusal";
  readonly closeCode: number;
  /** What is answered before the close; undefined: nothing. */
  readonly answer: { id: unknown; error: GatewayError } | undefined;
  constructor(closeCode: number, reason: string, answer?: { id: unknown; error: GatewayError }) {
    super(reason);
    this.closeCode = closeCode;
    this.answer = answer;
  }
}

/** The owner's choices about who is let in. */
export interface AdmissionPolicy {
  auth: AuthPolicy;
  /** Approve devices of local peers that hold the secret, without asking (design D7). */
  autoApproveLocal: boolean;
  /** Let a control page without device identity in when it holds the secret. */
  allowInsecureControlUi: boolean;
}

/** What a hello says about the gateway; `app.ts` fills it from the rooms. */
export interface HelloFacts {
  server: { version: string; bootId: string; host: string };
  methods(version: ProtocolVersion): string[];
  events: string[];
  /** The snapshot as this caller may see it. */
  snapshot(identity: Identity): HelloOk["snapshot"];
  /** Where a node finds the pages that it shows; bound to its socket, whose end is told by `onClose`. */
  nodeHello?(identity: Identity, connection: Connection): NodeHello;
}

/** What a node's hello says besides: v3 peers read the first, v4 peers the second. */
export interface NodeHello {
  canvasHostUrl?: string;
  pluginSurfaceUrls?: Record<string, string>;
}

/** Codes with which a device may ask for approval as a node (threats T06); `devices/invites.ts` satisfies it. */
export interface InviteBook {
  redeem(code: string, publicKey: string): boolean;
  spend(code: string): void;
}

interface Needs {
  policy: () => AdmissionPolicy;
  devices: Devices;
  invites: InviteBook;
  limiter: RateLimiter;
  tailscale: Tailscale;
  facts: HelloFacts;
  clock: Clock;
  log: Log;
}

/** Admits connections. */
export class Handshake {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /**
   * Handles the first frame of a connection. On success the connection is identified and the answer to `connect` is
   * returned; otherwise throws {@link HandshakeRefusal}.
   */
  async admit(frame: unknown, connection: Connection): Promise<{ id: string; hello: HelloOk | HelloOkV3 }> {
    if (!requestFrame.check(frame)) throw new HandshakeRefusal(1008, "invalid request frame");
    const { id } = frame;
    try {
      if (frame.method !== "connect") fail("INVALID_REQUEST", "invalid handshake: first request must be connect");
      const params = parseConnect(frame.params);
      const version = negotiate(params);
      const identity = await this.#identify(params, version, connection);
      return { id, hello: this.#hello(identity, connection) };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      throw new HandshakeRefusal(error instanceof VersionError ? 1002 : 1008, reasonOf(error), { id, error });
    }
  }

  async #identify(
    params: ConnectParams,
    version: ProtocolVersion,
    connection: Connection,
  ): Promise<Identity & { token?: { value: string; issuedAtMs: number } }> {
    const { peer } = connection;
    const role = params.role ?? "operator";
    if (role !== "operator" && role !== "node") return fail("INVALID_REQUEST", "invalid role");
    const isControlUi = controlUiIds.includes(params.client.id);
    if (version === 4 && isControlUi && peer.origin === undefined) refuseOrigin();

    const requested = params.scopes ?? [];
    const isProven = this.#prove(params, version, role, requested, connection);
    const verdict = await this.#authenticate(params, version, role, isProven, connection);
    // v3 peers that name no scope mean all of them; the signature covers what they named (section 6).
    const asked = role === "node" ? [] : requested.length === 0 && version === 3 ? [ADMIN] : requested;
    const identity = {
      version,
      role,
      client: params.client,
      caps: new Set((params.caps ?? []).slice(0, MAX_DECLARED)),
      isByDeviceToken: verdict.method === "device-token",
      ...(role === "node" ? { claims: claimsOf(params) } : {}),
    } as const;

    if (!params.device || !isProven) {
      const admitted = {
        ...identity,
        scopes: this.#withoutDevice(params, version, role, asked, verdict.method, connection),
      };
      connection.identify(admitted);
      return admitted;
    }
    const ask: DeviceAsk = {
      deviceId: params.device.id,
      publicKey: isProven.publicKey,
      role,
      scopes: asked,
      facts: factsOf(params, role, peer.isLocal ? undefined : peer.clientIp),
    };
    this.#pair(ask, version, verdict.method, connection);
    if (verdict.method === INVITE) this.#needs.invites.spend(params.auth?.bootstrapToken ?? "");
    const token = this.#needs.devices.ensureToken(ask.deviceId, role, asked);
    const scopes = grantScopes(asked, this.#needs.devices.scopesOf(ask.deviceId));
    const admitted = { ...identity, scopes, deviceId: ask.deviceId };
    connection.identify(admitted);
    return { ...admitted, token: { value: token.token, issuedAtMs: token.rotatedAtMs ?? token.createdAtMs } };
  }

  /** Verifies the device proof; undefined when none was given. */
  #prove(
    params: ConnectParams,
    version: ProtocolVersion,
    role: string,
    scopes: readonly string[],
    connection: Connection,
  ): { publicKey: string } | undefined {
    if (!params.device) return undefined;
    const { auth } = params;
    const fields: SignedFields = {
      client: params.client,
      role,
      scopes,
      token: auth?.token ?? auth?.deviceToken ?? auth?.bootstrapToken ?? "",
    };
    const result = verifyProof(params.device, fields, {
      version,
      nonce: connection.nonce,
      nowMs: this.#needs.clock.now(),
      isLocal: connection.peer.isLocal,
    });
    if ("refusal" in result) {
      const { message, code, reason } = result.refusal;
      return fail("INVALID_REQUEST", message, { details: { code, reason } });
    }
    return { publicKey: Buffer.from(result.publicKey).toString("base64url") };
  }

  /** The gateway's secret first, then the device's own token (section 9). */
  async #authenticate(
    params: ConnectParams,
    version: ProtocolVersion,
    role: "operator" | "node",
    isProven: { publicKey: string } | undefined,
    connection: Connection,
  ): Promise<{ method: string }> {
    const { policy, devices, limiter, tailscale } = this.#needs;
    const { auth, device } = params;
    const address = connection.peer.clientIp;
    const candidate = auth?.deviceToken ?? auth?.token;
    const isOffered = Boolean(auth?.token || auth?.password || auth?.deviceToken);
    if (auth?.bootstrapToken && !isOffered) return this.#byInvite(auth.bootstrapToken, role, isProven, connection);
    const isVouched =
      policy().auth.mode === "none" ||
      policy().auth.mode === "trusted-proxy" ||
      connection.peer.headers.has("tailscale-user-login");
    if (!device && !isOffered && !isVouched) {
      fail("NOT_PAIRED", "device identity required", { details: { code: "DEVICE_IDENTITY_REQUIRED" } });
    }
    if (version === 3 && !device && !auth?.token && !isVouched) {
      fail("NOT_PAIRED", "device identity required", { details: { code: "DEVICE_IDENTITY_REQUIRED" } });
    }
    const lockedMs = limiter.retryAfterMs(address, "shared-secret");
    const verdict: AuthVerdict = lockedMs
      ? { ok: false, reason: "rate_limited", isGuess: false }
      : await authenticate(policy().auth, auth, connection.peer, { version, tailscale });
    if (verdict.ok) {
      limiter.succeed(address, "shared-secret");
      return { method: verdict.method };
    }
    let { reason, isGuess } = verdict;
    let retryAfterMs = lockedMs;
    if (device && isProven && candidate) {
      const scopes = role === "node" ? [] : (params.scopes ?? (version === 3 ? [ADMIN] : []));
      retryAfterMs = Math.max(lockedMs, limiter.retryAfterMs(address, "device-token"));
      const isLocked = limiter.retryAfterMs(address, "device-token") > 0;
      const result = isLocked ? "locked" : devices.verifyToken(device.id, role, candidate, scopes);
      if (result === "ok") {
        limiter.succeed(address, "device-token");
        return { method: "device-token" };
      }
      if (result === "scope") isGuess = false; // It is the device's own token, which clients send in either place.
      if (result === "mismatch" && auth?.deviceToken) limiter.fail(address, "device-token");
      if (result === "locked" && auth?.deviceToken) reason = "rate_limited";
      else if (reason !== "rate_limited" && result === "mismatch" && auth?.deviceToken)
        reason = "device_token_mismatch";
      else if (result === "scope" && version === 4) reason = "scope_mismatch";
    }
    if (isGuess) limiter.fail(address, "shared-secret");
    const canRetry = Boolean(isProven && auth?.token && !auth.deviceToken);
    return this.#refuseAuth(reason, reason === "rate_limited" ? retryAfterMs : 0, canRetry, connection);
  }

  /** Lets a device ask for approval as a node: nothing else, and nobody but the first that shows the code. */
  #byInvite(
    code: string,
    role: "operator" | "node",
    isProven: { publicKey: string } | undefined,
    connection: Connection,
  ): { method: string } {
    const { limiter, invites } = this.#needs;
    const address = connection.peer.clientIp;
    const lockedMs = limiter.retryAfterMs(address, "bootstrap-token");
    if (lockedMs) return this.#refuseAuth("rate_limited", lockedMs, false, connection);
    if (role === "node" && isProven && invites.redeem(code, isProven.publicKey)) return { method: INVITE };
    limiter.fail(address, "bootstrap-token");
    return this.#refuseAuth("bootstrap_token_invalid", 0, false, connection);
  }

  #refuseAuth(
    reason: Exclude<AuthVerdict, { ok: true }>["reason"],
    retryAfterMs: number,
    canRetry: boolean,
    connection: Connection,
  ): never {
    this.#needs.log.warn("a connection was refused", { reason, ip: connection.peer.clientIp, connId: connection.id });
    const { message, details } = describeRefusal(reason, canRetry && reason === "token_mismatch");
    return fail("INVALID_REQUEST", message, { details, ...(retryAfterMs ? { retryable: true, retryAfterMs } : {}) });
  }

  /**
   * The scopes of a caller without device identity (design D8; section 6, scope clearing): only this host's own backend
   * and command line keep what they asked for.
   */
  #withoutDevice(
    params: ConnectParams,
    version: ProtocolVersion,
    role: "operator" | "node",
    asked: readonly string[],
    method: string,
    connection: Connection,
  ): readonly string[] {
    const { id, mode } = params.client;
    if (role === "node")
      fail("NOT_PAIRED", "device identity required", { details: { code: "DEVICE_IDENTITY_REQUIRED" } });
    const isVouchedUser = method === "trusted-proxy" || method === "tailscale";
    if (controlUiIds.includes(id)) {
      if (isVouchedUser || this.#needs.policy().allowInsecureControlUi) return asked;
      if (version === 3) fail("INVALID_REQUEST", "control ui requires HTTPS or localhost (secure context)");
      fail("INVALID_REQUEST", "control ui requires device identity (open it over HTTPS or on localhost)", {
        details: { code: "CONTROL_UI_DEVICE_IDENTITY_REQUIRED" },
      });
    }
    const { isLocal, origin } = connection.peer;
    const isSecret = method === "token" || method === "password";
    const isBackend = id === "gateway-client" && mode === "backend" && (isSecret || method === "none");
    const isCli = id === "cli" && mode === "cli" && isSecret;
    return isLocal && origin === undefined && (isBackend || isCli) ? asked : [];
  }

  /** Lets an approved device through, approves a local one that holds the secret, leaves a request for the rest. */
  #pair(ask: DeviceAsk, version: ProtocolVersion, method: string, connection: Connection): void {
    const { devices, policy, log } = this.#needs;
    const reason = devices.reasonToPair(ask);
    if (!reason) return;
    const holdsSecret = method === "token" || method === "password" || method === "none";
    // A paired operator that suddenly wants to be a node is for the owner to decide; v3 peers never had that question.
    const isNewNodeRole = reason === "role-upgrade" && ask.role === "node" && version === 4;
    if (connection.peer.isLocal && holdsSecret && policy().autoApproveLocal && !isNewNodeRole) {
      return devices.approveSilently(ask);
    }
    const pending = devices.request(ask);
    log.info("a device waits for approval", { deviceId: ask.deviceId, requestId: pending.requestId, reason });
    refusePairing(ask, reason, pending.requestId, connection);
  }

  #hello(
    identity: Identity & { token?: { value: string; issuedAtMs: number } },
    connection: Connection,
  ): HelloOk | HelloOkV3 {
    const { server, methods, events, snapshot, nodeHello } = this.#needs.facts;
    const { version, role, token } = identity;
    const scopes = [...identity.scopes];
    const { canvasHostUrl, pluginSurfaceUrls } = (role === "node" && nodeHello?.(identity, connection)) || {};
    const shared = {
      type: "hello-ok" as const,
      features: { methods: methods(version), events },
      snapshot: snapshot(identity),
      policy: connection.policy,
    };
    if (version === 3) {
      const { value: deviceToken, issuedAtMs } = token ?? {};
      return {
        ...shared,
        protocol: 3,
        server: { version: server.version, connId: connection.id, host: server.host },
        ...(canvasHostUrl === undefined ? {} : { canvasHostUrl }),
        ...(deviceToken === undefined || issuedAtMs === undefined
          ? {}
          : { auth: { deviceToken, role, scopes, issuedAtMs } }),
      };
    }
    return {
      ...shared,
      protocol: 4,
      server: { version: server.version, connId: connection.id, bootId: server.bootId },
      ...(pluginSurfaceUrls === undefined ? {} : { pluginSurfaceUrls }),
      auth: { role, scopes, ...(token ? { deviceToken: token.value, issuedAtMs: token.issuedAtMs } : {}) },
    };
  }
}

/** A refusal that closes with 1002. */
class VersionError extends GatewayError {}

function parseConnect(raw: unknown): ConnectParams {
  const offersV4 = typeof raw === "object" && raw !== null && "maxProtocol" in raw && Number(raw.maxProtocol) >= 4;
  const params = offersV4 ? connectV4 : connectV3;
  if (!params.check(raw))
    return fail("INVALID_REQUEST", `invalid connect params: ${params.problems(raw, offersV4 ? 4 : 3)}`);
  const secrets = [raw.auth?.token, raw.auth?.password, raw.auth?.deviceToken, raw.auth?.bootstrapToken];
  if (secrets.some((secret) => (secret?.length ?? 0) > MAX_SECRET_CHARS)) {
    return fail(
      "INVALID_REQUEST",
      `invalid connect params: at /auth: must not have more than ${MAX_SECRET_CHARS} characters`,
    );
  }
  return raw;
}

/** The newest generation both sides speak (section 4). */
function negotiate({ minProtocol, maxProtocol }: ConnectParams): ProtocolVersion {
  if (minProtocol <= 4 && 4 <= maxProtocol) return 4;
  if (minProtocol <= 3 && 3 <= maxProtocol) return 3;
  throw new VersionError("INVALID_REQUEST", "protocol mismatch", {
    details: {
      code: "PROTOCOL_MISMATCH",
      clientMinProtocol: minProtocol,
      clientMaxProtocol: maxProtocol,
      expectedProtocol: 4,
      minimumProbeProtocol: 3,
    },
  });
}

function refuseOrigin(): never {
  const hint = "open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins";
  fail("INVALID_REQUEST", `origin not allowed (${hint})`, {
    details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: "origin missing or invalid" },
  });
}

const pairingTexts: Record<PairingReason, string> = {
  "not-paired": "pairing required: device is not approved yet",
  "role-upgrade": "pairing required: device is asking for a higher role than currently approved",
  "scope-upgrade": "pairing required: device is asking for more scopes than currently approved",
};

function refusePairing(ask: DeviceAsk, reason: PairingReason, requestId: string, connection: Connection): never {
  const isControlUi = connection.peer.origin !== undefined;
  fail("NOT_PAIRED", pairingTexts[reason], {
    details: {
      code: "PAIRING_REQUIRED",
      reason,
      requestId,
      remediationHint: `approve it on the gateway host: moltbot devices approve ${requestId}`,
      deviceId: ask.deviceId,
      requestedRole: ask.role,
      requestedScopes: [...ask.scopes],
      ...(isControlUi ? { recommendedNextStep: "wait_then_retry", retryable: true, pauseReconnect: false } : {}),
    },
  });
}

function reasonOf(error: GatewayError): string {
  const { details } = error.extras;
  const requestId =
    typeof details === "object" && details !== null && "requestId" in details ? details.requestId : undefined;
  return requestId === undefined ? error.message : `${error.message} (requestId: ${requestId})`;
}

/** What a node claims, as much of it as one node may. */
function claimsOf({ commands = [], permissions, pathEnv }: ConnectParams): NonNullable<Identity["claims"]> {
  const named = Object.entries(permissions ?? {}).slice(0, MAX_DECLARED);
  return {
    commands: commands.slice(0, MAX_DECLARED),
    ...(permissions ? { permissions: Object.fromEntries(named) } : {}),
    ...(pathEnv === undefined ? {} : { pathEnv }),
  };
}

function factsOf(params: ConnectParams, role: string, remoteIp: string | undefined): DeviceAsk["facts"] {
  const { displayName, platform, deviceFamily, id, mode } = params.client;
  return {
    platform,
    clientId: id,
    clientMode: mode,
    role,
    ...(displayName === undefined ? {} : { displayName }),
    ...(deviceFamily === undefined ? {} : { deviceFamily }),
    ...(remoteIp === undefined ? {} : { remoteIp }),
  };
}
