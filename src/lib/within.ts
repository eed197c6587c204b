/** A limit on waiting that does not trust what it waits for. */
import type { Clock } from "./clock.ts";

export interface Limits {
  clock: Clock;
  ms: number;
  signals: readonly AbortSignal[];
}

/**
 * Runs `work` until it ends, one of the signals aborts, or the time is over, whichever is first: a `work` that ignores
 * its signal is left behind. Rejects with the signal's reason or a `TimeoutError`. Leaves no timer and no listener.
 */
export async function within<T>({ clock, ms, signals }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const given = signals.find(({ aborted }) => aborted);
  if (given !== undefined) throw given.reason;
  const controller = new AbortController();
  const cut = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    controller.abort(reason);
    cut.reject(reason);
  };
  const timer = clock.after(ms, () => end(new DOMException("the deadline passed", "TimeoutError")));
  const onAbort = (event: Event) => end((event.target as AbortSignal).reason);
  for (const signal of signals) signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work(controller.signal), cut.promise]);
  } finally {
    timer.cancel();
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  }
}
