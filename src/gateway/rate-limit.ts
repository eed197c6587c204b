/**
 * Counts failed authentications and locks out who fails too often: one limiter for every entrance, loopback included
 * (threats T03, `protocol/handshake.md` section 9). A locked caller is refused before its secret is looked at, so the
 * right one tells it nothing.
 */
import type { Clock } from "../lib/clock.ts";
import { rateKeyOf } from "../lib/ip.ts";

/** What was wrong; each class is counted by itself, so that one credential cannot reset or lock another. */
export type CredentialClass = "shared-secret" | "device-token" | "bootstrap-token";

/** The owner's numbers. */
export interface RateLimits {
  maxAttempts: number;
  windowMs: number;
  lockoutMs: number;
}

/** Ten failures in a minute lock for five minutes, as the protocol's peers do. */
export const defaultRateLimits: RateLimits = { maxAttempts: 10, windowMs: 60_000, lockoutMs: 300_000 };

/** Failures from everywhere together before every remote caller is slowed; a botnet has many addresses. */
const GLOBAL_MAX_ATTEMPTS = 1000;
/** Callers remembered at once; the oldest are forgotten first. */
const MAX_CALLERS = 10_000;

interface Failures {
  count: number;
  sinceMs: number;
  lockedUntilMs: number;
}

/** Failures by caller and class. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #limits: RateLimits;
  readonly #callers = new Map<string, Failures>();
  constructor(clock: Clock, limits: RateLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Milliseconds until this caller may try again; 0 when it may now. */
  retryAfterMs(address: string, kind: CredentialClass): number {
    const until = Math.max(this.#find(keyOf(address, kind)), this.#find(everybody(kind)));
    return Math.max(0, until - this.#clock.now());
  }

  /** Counts one failure. */
  fail(address: string, kind: CredentialClass): void {
    this.#count(keyOf(address, kind), this.#limits.maxAttempts);
    this.#count(everybody(kind), GLOBAL_MAX_ATTEMPTS);
  }

  /** Forgets a caller's failures of this class. */
  succeed(address: string, kind: CredentialClass): void {
    this.#callers.delete(keyOf(address, kind));
  }

  #find(key: string): number {
    return this.#callers.get(key)?.lockedUntilMs ?? 0;
  }

  #count(key: string, max: number): void {
    const nowMs = this.#clock.now();
    const known = this.#callers.get(key);
    const isFresh = known !== undefined && nowMs - known.sinceMs < this.#limits.windowMs;
    const failures = isFresh ? known : { count: 0, sinceMs: nowMs, lockedUntilMs: 0 };
    failures.count++;
    if (failures.count >= max) failures.lockedUntilMs = nowMs + this.#limits.lockoutMs;
    this.#callers.delete(key);
    this.#callers.set(key, failures);
    const oldest = this.#callers.keys().next().value;
    if (this.#callers.size > MAX_CALLERS && oldest !== undefined) this.#callers.delete(oldest);
  }
}

function keyOf(address: string, kind: CredentialClass): string {
  return `${kind} ${rateKeyOf(address)}`;
}

function everybody(kind: CredentialClass): string {
  return `${kind} *`;
}
