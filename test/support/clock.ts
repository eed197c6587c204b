/** A clock that stands still until a test turns it, so that no test waits. */
import type { Clock, Timer } from "../../src/lib/clock.ts";

interface Pending {
  dueAt: number;
  periodMs: number | undefined;
  fn: () => void;
}

/** The clock of tests. Time passes in {@link FakeClock.advance} only. */
export class FakeClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #pending = new Set<Pending>();
  readonly #waiting = new Set<{ delayMs: number; resolve: () => void }>();

  constructor(nowMs = Date.UTC(2026, 0, 15, 12)) {
    this.#now = nowMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(delayMs: number, fn: () => void): Timer {
    return this.#add({ dueAt: this.#elapsed + delayMs, periodMs: undefined, fn }, delayMs);
  }

  every(periodMs: number, fn: () => void): Timer {
    return this.#add({ dueAt: this.#elapsed + periodMs, periodMs, fn }, periodMs);
  }

  /** How many timers are running. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Lets `ms` pass and runs what falls due, in order of time. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#pass(next.dueAt - this.#elapsed);
      if (next.periodMs === undefined) this.#pending.delete(next);
      else next.dueAt += next.periodMs;
      next.fn();
    }
    this.#pass(until - this.#elapsed);
  }

  /** Moves the wall clock only, as a correction from outside does. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Resolves when the code under test waits for exactly `delayMs`; at once if it already does. */
  waitsFor(delayMs: number): Promise<void> {
    const isWaiting = [...this.#pending].some(({ dueAt }) => dueAt - this.#elapsed === delayMs);
    if (isWaiting) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add({ delayMs, resolve });
    return promise;
  }

  #add(timer: Pending, delayMs: number): Timer {
    this.#pending.add(timer);
    for (const waiter of this.#waiting) {
      if (waiter.delayMs !== delayMs) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
    return { cancel: () => this.#pending.delete(timer) };
  }

  #next(until: number): Pending | undefined {
    const due = [...this.#pending].filter(({ dueAt }) => dueAt <= until);
    return due.sort((one, other) => one.dueAt - other.dueAt)[0];
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#elapsed += ms;
  }
}
