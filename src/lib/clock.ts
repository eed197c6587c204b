/** Time as a value that is handed in, so that tests turn it by hand. */

/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** The only source of time for everything below `app.ts`. */
export interface Clock {
  /** Milliseconds since 1970, UTC; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Runs `fn` once after `delayMs`. Timers do not keep the process alive by themselves. */
  after(delayMs: number, fn: () => void): Timer;
  /** Runs `fn` every `periodMs`. */
  every(periodMs: number, fn: () => void): Timer;
}

/** The real clock of this host. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fn) {
    const id = setTimeout(fn, delayMs);
    id.unref();
    return { cancel: () => clearTimeout(id) };
  },
  every(periodMs, fn) {
    const id = setInterval(fn, periodMs);
    id.unref();
    return { cancel: () => clearInterval(id) };
  },
};

/** A signal that aborts with a `TimeoutError` after `delayMs` of `clock`; combine it with `AbortSignal.any`. */
export function deadline(clock: Clock, delayMs: number): AbortSignal {
  const controller = new AbortController();
  clock.after(delayMs, () => controller.abort(new DOMException("the deadline passed", "TimeoutError")));
  return controller.signal;
}

/** Resolves after `delayMs` of `clock`, or rejects with the signal's reason when it aborts first. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const onAbort = () => {
    timer.cancel();
    reject(signal?.reason);
  };
  const timer = clock.after(delayMs, () => {
    signal?.removeEventListener("abort", onAbort);
    resolve();
  });
  signal?.addEventListener("abort", onAbort, { once: true });
  return promise;
}
