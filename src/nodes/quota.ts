/** How often one node may start a run of an agent: a phone that went wild must not spend the owner's money. */
import type { Clock } from "../lib/clock.ts";

/** Runs one node may start in a minute; people speak less often. */
const MAX_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

/** Counts by node, over the last minute. */
export class Quota {
  readonly #clock: Clock;
  readonly #taken = new Map<string, number[]>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one; false when the minute's share is used up. */
  take(nodeId: string): boolean {
    const nowMs = this.#clock.monotonic();
    const recent = (this.#taken.get(nodeId) ?? []).filter((atMs) => nowMs - atMs < MINUTE_MS);
    const isFree = recent.length < MAX_PER_MINUTE;
    this.#taken.set(nodeId, isFree ? [...recent, nowMs] : recent);
    return isFree;
  }

  forget(nodeId: string): void {
    this.#taken.delete(nodeId);
  }
}
