/** The programs that skills of the gateway brought along, which an owner may let run without a list. */
import type { Clock } from "../lib/clock.ts";

/** How long an answer holds (`protocol/nodes.md` section 5). */
const KEEP_MS = 90_000;

const none: ReadonlySet<string> = new Set();

/** Asks for them when somebody needs them, and remembers the answer for a while. */
export class SkillBins {
  readonly #clock: Clock;
  readonly #ask: () => Promise<unknown>;
  #known: { bins: ReadonlySet<string>; untilMs: number } | undefined;
  /** `ask` calls `skills.bins`. */
  constructor(needs: { clock: Clock; ask: () => Promise<unknown> }) {
    this.#clock = needs.clock;
    this.#ask = needs.ask;
  }

  /** Never throws: a gateway that cannot say vouches for nothing. */
  async get(): Promise<ReadonlySet<string>> {
    const nowMs = this.#clock.monotonic();
    if (this.#known && nowMs < this.#known.untilMs) return this.#known.bins;
    const bins = await this.#ask().then(binsIn, () => none);
    this.#known = { bins, untilMs: nowMs + KEEP_MS };
    return bins;
  }
}

function binsIn(answer: unknown): ReadonlySet<string> {
  const bins = typeof answer === "object" && answer !== null && "bins" in answer ? answer.bins : undefined;
  return new Set(Array.isArray(bins) ? bins.filter((bin): bin is string => typeof bin === "string") : []);
}
