/**
 * Lets one piece of work run at a time per session, and only so many at once over all sessions. Sessions take turns, so
 * that one noisy group cannot starve the rest.
 */
import { GatewayError } from "../lib/errors.ts";

/** The bounds of all lanes together and of each. */
export interface LaneLimits {
  /** Pieces that run at once, over all sessions. */
  maxConcurrent: number;
  /** Pieces that wait in one session; one more is refused. */
  maxWaiting: number;
}

type Work = () => Promise<void>;

/** Queues by session key. */
export class Lanes {
  readonly #limits: () => LaneLimits;
  readonly #waiting = new Map<string, Work[]>();
  readonly #running = new Set<string>();
  constructor(limits: () => LaneLimits) {
    this.#limits = limits;
  }

  /** Whether work handed in now would start at once. */
  isIdle(key: string): boolean {
    return !this.#running.has(key) && !this.#waiting.has(key);
  }

  /** Throws a retryable `UNAVAILABLE` when this session has no place left; call it before anything is stored. */
  requirePlace(key: string): void {
    const { maxWaiting } = this.#limits();
    if ((this.#waiting.get(key)?.length ?? 0) < maxWaiting) return;
    throw new GatewayError(
      "UNAVAILABLE",
      `${maxWaiting} messages wait in this session already: try again when some are answered`,
      {
        retryable: true,
        retryAfterMs: 5_000,
      },
    );
  }

  /**
   * Queues work. It must not reject; what it does about failures is its own affair. It starts after the caller is done,
   * so that who asked hears that it was accepted before anything else.
   */
  add(key: string, work: Work): void {
    const queue = this.#waiting.get(key);
    if (queue) queue.push(work);
    else this.#waiting.set(key, [work]);
    queueMicrotask(() => this.#advance());
  }

  /** Starts what may start. The session served last goes to the end of the line. */
  #advance(): void {
    for (const [key, queue] of this.#waiting) {
      if (this.#running.size >= this.#limits().maxConcurrent) return;
      if (this.#running.has(key)) continue;
      const work = queue.shift();
      this.#waiting.delete(key);
      if (queue.length) this.#waiting.set(key, queue);
      if (work) void this.#perform(key, work);
    }
  }

  async #perform(key: string, work: Work): Promise<void> {
    this.#running.add(key);
    try {
      await work();
    } finally {
      this.#running.delete(key);
      this.#advance();
    }
  }
}
