/** The devices this gateway knows: who is approved for what, who waits, and the tokens they hold. */
import { EventEmitter } from "node:events";
import type { DevicePairResolved, PairedDevice, PendingDevice, TokenSummary } from "#schemas/devices.ts";
import type { Clock } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import type { DeviceFacts, DeviceRecord, DeviceStore, TokenRecord } from "../store/devices.ts";
import { coversScopes, grantScopes, hasScope, mergeScopes } from "./scopes.ts";

/** How long a request waits for its owner (`protocol/handshake.md` section 11). */
const PENDING_TTL_MS = 5 * 60 * 1000;
/** Requests that may wait at once; strangers can make them, so the oldest give way. */
const MAX_PENDING = 100;
/** How exactly the last visit of a device is kept. */
const NOTE_INTERVAL_MS = 60_000;
/** Devices whose last visit is remembered in memory. */
const MAX_NOTED = 10_000;
/** Bytes of randomness in a device token. */
const TOKEN_BYTES = 32;

/** What a proven device asks for at connect. */
export interface DeviceAsk {
  deviceId: string;
  publicKey: string;
  role: string;
  scopes: readonly string[];
  facts: DeviceFacts;
}

/** Why approval is needed (`protocol/handshake.md` section 11, triggers). */
export type PairingReason = "not-paired" | "role-upgrade" | "scope-upgrade";

/** Who changes something: its scopes bound what it may hand out (rule R3). */
export interface Approver {
  scopes: readonly string[];
  deviceId?: string | undefined;
}

interface DeviceEvents {
  requested: [PendingDevice];
  resolved: [DevicePairResolved];
  /** A credential stopped being valid: sockets that used it must close. */
  invalidated: [{ deviceId: string; role?: string }];
}

/** Pairing, approval and tokens. Emits `requested`, `resolved` and `invalidated`. */
export class Devices extends EventEmitter<DeviceEvents> {
  readonly #store: DeviceStore;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #pending = new Map<string, PendingDevice>();
  /** When each device and role was last noted on the disk. */
  readonly #noted = new Map<string, number>();
  constructor(needs: { store: DeviceStore; clock: Clock; ids: Ids; log: Log }) {
    super();
    this.setMaxListeners(0); // Every waiting client listens; requests in flight bound them.
    this.#store = needs.store;
    this.#clock = needs.clock;
    this.#ids = needs.ids;
    this.#log = needs.log;
  }

  /** Why this device needs an approval for what it asks, or undefined when it has it. */
  reasonToPair(ask: DeviceAsk): PairingReason | undefined {
    const known = this.#store.find(ask.deviceId);
    if (!known || known.publicKey !== ask.publicKey) return "not-paired";
    if (!known.roles.includes(ask.role)) return "role-upgrade";
    return coversScopes(known.scopes, ask.scopes) ? undefined : "scope-upgrade";
  }

  /** The scopes a device is approved for; none when it is unknown. */
  scopesOf(deviceId: string): readonly string[] {
    return this.#store.find(deviceId)?.scopes ?? [];
  }

  /** Approves without asking anybody: only for a local peer that holds the gateway secret (design D7). */
  approveSilently(ask: DeviceAsk): void {
    const pending = this.#createPending(ask, true);
    this.#approve(pending, "silent");
    this.#log.info("device approved", { deviceId: ask.deviceId, role: ask.role, via: "silent" });
  }

  /** Leaves a request for the owner and returns it; a repeated ask for the same thing finds the one that waits. */
  request(ask: DeviceAsk): PendingDevice {
    this.#dropExpired();
    for (const pending of this.#pending.values()) {
      if (pending.deviceId !== ask.deviceId) continue;
      if (pending.roles.includes(ask.role) && coversScopes(pending.scopes, ask.scopes)) return pending;
      this.#resolve(pending, "rejected"); // It asks for more now: the newer request replaces the older.
    }
    const pending = this.#createPending(ask, false);
    this.#pending.set(pending.requestId, pending);
    const oldest = this.#pending.values().next().value;
    if (this.#pending.size > MAX_PENDING && oldest) this.#resolve(oldest, "rejected");
    this.emit("requested", pending);
    return pending;
  }

  /** Leaves a request of an approved device for more scopes. Throws when the device is unknown. */
  requestUpgrade(deviceId: string, role: string, scopes: readonly string[]): PendingDevice {
    const { publicKey, facts } = this.#store.find(deviceId) ?? fail("INVALID_REQUEST", "unknown deviceId");
    return this.request({ deviceId, publicKey, role, scopes, facts });
  }

  /** Approves a waiting request. Throws when it is unknown or the approver lacks a scope that it would hand out. */
  approve(requestId: string, by: Approver): { requestId: string; device: PairedDevice } {
    const pending = this.#getPending(requestId);
    const lacking = pending.scopes.find((scope) => !hasScope(by.scopes, scope));
    if (lacking)
      fail("FORBIDDEN", `missing scope: ${lacking}`, { details: { code: "MISSING_SCOPE", missingScope: lacking } });
    this.#approve(pending, "owner");
    this.#log.info("device approved", { deviceId: pending.deviceId, role: pending.role, via: "owner" });
    return { requestId, device: this.get(pending.deviceId) };
  }

  /** Refuses a waiting request. */
  reject(requestId: string): { requestId: string; deviceId: string } {
    const pending = this.#getPending(requestId);
    this.#resolve(pending, "rejected");
    return { requestId, deviceId: pending.deviceId };
  }

  /** Resolves with what the owner decided about a request, or undefined when `signal` aborts first. */
  decision(requestId: string, signal: AbortSignal): Promise<DevicePairResolved["decision"] | undefined> {
    return new Promise((resolve) => {
      const onResolved = (resolved: DevicePairResolved) => {
        if (resolved.requestId === requestId) settle(resolved.decision);
      };
      const settle = (decision?: DevicePairResolved["decision"]) => {
        this.off("resolved", onResolved);
        signal.removeEventListener("abort", onAbort);
        resolve(decision);
      };
      const onAbort = () => settle();
      this.on("resolved", onResolved);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Waiting requests, newest first. */
  pending(): PendingDevice[] {
    this.#dropExpired();
    return [...this.#pending.values()].reverse();
  }

  /** Approved devices, newest first; token values never leave. */
  paired(): PairedDevice[] {
    return this.#store.list().map((device) => this.#toPaired(device));
  }

  /** One approved device. Throws when it is unknown. */
  get(deviceId: string): PairedDevice {
    return this.find(deviceId) ?? fail("INVALID_REQUEST", "unknown deviceId");
  }

  /** One approved device; undefined when it is unknown. */
  find(deviceId: string): PairedDevice | undefined {
    const device = this.#store.find(deviceId);
    return device && this.#toPaired(device);
  }

  /** Gives a device a name of the owner's choosing. */
  rename(deviceId: string, label: string): { deviceId: string; label: string } {
    const device = this.#store.find(deviceId) ?? fail("INVALID_REQUEST", "unknown deviceId");
    this.#store.decide(() => this.#store.save({ ...device, label }));
    return { deviceId, label };
  }

  /** Forgets a device with its tokens; its sockets close. */
  remove(deviceId: string): { deviceId: string } {
    if (!this.#store.find(deviceId)) fail("INVALID_REQUEST", "unknown deviceId");
    this.#store.decide(() => this.#store.remove(deviceId));
    this.#log.info("device removed", { deviceId });
    this.emit("invalidated", { deviceId });
    return { deviceId };
  }

  /**
   * The token a device of that role gets with its hello: the same one while its scopes cover what is asked, else a
   * new one (`protocol/handshake.md` section 10). Also notes that the device was here.
   */
  ensureToken(deviceId: string, role: string, scopes: readonly string[]): TokenRecord {
    const nowMs = this.#clock.now();
    const known = this.#store.findToken(deviceId, role);
    this.#note(deviceId, role, nowMs);
    if (known && known.revokedAtMs === undefined && coversScopes(known.scopes, scopes)) return known;
    const token = this.#createToken(role, scopes);
    this.#store.decide(() => this.#store.saveToken(deviceId, { ...token, lastUsedAtMs: nowMs }));
    return token;
  }

  /** Checks a device token: `ok`, or what is wrong with it. */
  verifyToken(
    deviceId: string,
    role: string,
    candidate: string,
    scopes: readonly string[],
  ): "ok" | "mismatch" | "scope" {
    const token = this.#store.findToken(deviceId, role);
    if (!token || token.revokedAtMs !== undefined || !new Secret(token.token).equals(candidate)) return "mismatch";
    return coversScopes(token.scopes, scopes) ? "ok" : "scope";
  }

  /** Replaces a token. Its old value stops working at once. Scopes are bounded by the device and by the caller. */
  rotate(deviceId: string, role: string, asked: readonly string[] | undefined, by: Approver): TokenRecord {
    const { device, token } = this.#getToken(deviceId, role);
    const wanted = asked ?? token.scopes;
    const scopes = grantScopes(wanted, device.scopes, by.scopes);
    const lacking = wanted.find((scope) => !scopes.includes(scope));
    if (lacking)
      fail("FORBIDDEN", `missing scope: ${lacking}`, { details: { code: "MISSING_SCOPE", missingScope: lacking } });
    const rotated = {
      ...this.#createToken(role, scopes),
      createdAtMs: token.createdAtMs,
      rotatedAtMs: this.#clock.now(),
    };
    this.#store.decide(() => this.#store.saveToken(deviceId, rotated));
    this.#log.info("device token rotated", { deviceId, role });
    this.emit("invalidated", { deviceId, role });
    return rotated;
  }

  /** Makes a token useless; its sockets close. */
  revoke(deviceId: string, role: string): { deviceId: string; role: string; revokedAtMs: number } {
    const { token } = this.#getToken(deviceId, role);
    const revokedAtMs = this.#clock.now();
    this.#store.decide(() => this.#store.saveToken(deviceId, { ...token, revokedAtMs }));
    this.#log.info("device token revoked", { deviceId, role });
    this.emit("invalidated", { deviceId, role });
    return { deviceId, role, revokedAtMs };
  }

  /** Keeps when a device was last here, to the minute: clients that reconnect in a storm must not wear out a disk. */
  #note(deviceId: string, role: string, nowMs: number): void {
    const key = `${role} ${deviceId}`;
    const notedMs = this.#noted.get(key);
    if (notedMs !== undefined && nowMs - notedMs < NOTE_INTERVAL_MS) return;
    if (this.#noted.size >= MAX_NOTED) this.#noted.clear();
    this.#noted.set(key, nowMs);
    this.#store.touch(deviceId, role, nowMs);
  }

  #getToken(deviceId: string, role: string): { device: DeviceRecord; token: TokenRecord } {
    const device = this.#store.find(deviceId);
    const token = this.#store.findToken(deviceId, role);
    if (!device || !token) return fail("INVALID_REQUEST", "unknown deviceId/role");
    return { device, token };
  }

  #createToken(role: string, scopes: readonly string[]): TokenRecord {
    return { role, token: this.#ids.token(TOKEN_BYTES), scopes: [...scopes], createdAtMs: this.#clock.now() };
  }

  #createPending(ask: DeviceAsk, silent: boolean): PendingDevice {
    return {
      requestId: this.#ids.uuid(),
      deviceId: ask.deviceId,
      publicKey: ask.publicKey,
      ...ask.facts,
      role: ask.role,
      roles: [ask.role],
      scopes: [...ask.scopes],
      silent,
      isRepair: this.#store.find(ask.deviceId) !== undefined,
      ts: this.#clock.now(),
    };
  }

  #approve(pending: PendingDevice, approvedVia: PairedDevice["approvedVia"]): void {
    const nowMs = this.#clock.now();
    const {
      requestId,
      deviceId,
      publicKey,
      roles,
      scopes,
      role = "operator",
      silent: _s,
      isRepair: _r,
      ts: _t,
      ...facts
    } = pending;
    const known = this.#store.find(deviceId);
    const kept = known?.publicKey === publicKey ? known : undefined;
    this.#store.decide(() => {
      this.#store.save({
        deviceId,
        publicKey,
        facts: { ...facts, role },
        ...(kept?.label === undefined ? {} : { label: kept.label }),
        roles: mergeScopes(kept?.roles ?? [], roles),
        scopes: mergeScopes(kept?.scopes ?? [], scopes),
        approvedVia,
        createdAtMs: kept?.createdAtMs ?? nowMs,
        approvedAtMs: nowMs,
      });
      const token = this.#store.findToken(deviceId, role);
      if (!token || token.revokedAtMs !== undefined || !coversScopes(token.scopes, scopes)) {
        this.#store.saveToken(deviceId, this.#createToken(role, mergeScopes(token?.scopes ?? [], scopes)));
      }
    });
    this.#pending.delete(requestId);
    this.emit("resolved", { requestId, deviceId, decision: "approved", ts: nowMs });
  }

  #resolve(pending: PendingDevice, decision: "rejected"): void {
    this.#pending.delete(pending.requestId);
    this.emit("resolved", {
      requestId: pending.requestId,
      deviceId: pending.deviceId,
      decision,
      ts: this.#clock.now(),
    });
  }

  #getPending(requestId: string): PendingDevice {
    this.#dropExpired();
    return this.#pending.get(requestId) ?? fail("INVALID_REQUEST", "unknown requestId");
  }

  #dropExpired(): void {
    const since = this.#clock.now() - PENDING_TTL_MS;
    for (const pending of this.#pending.values()) if (pending.ts < since) this.#pending.delete(pending.requestId);
  }

  #toPaired(device: DeviceRecord): PairedDevice {
    const { facts, ...rest } = device;
    const tokens: TokenSummary[] = this.#store.tokens(device.deviceId).map(({ token: _token, ...summary }) => summary);
    return { ...facts, ...rest, tokens };
  }
}
