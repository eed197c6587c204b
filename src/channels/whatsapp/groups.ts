/** Names and members of groups, kept for a while: asking for each message would get the account limited. */
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import type { WASocket } from "./library.ts";

export type Group = Awaited<ReturnType<WASocket["groupMetadata"]>>;

/** More groups than people are in; the oldest is forgotten first. */
const MAX_GROUPS = 500;
/** The network tells of changes; this is for those that were missed. */
const FRESH_MS = 10 * 60 * 1000;
/** How long a message waits for the name of its group. */
const FETCH_MS = 3_000;

/** The groups of one account. */
export class Groups {
  readonly #clock: Clock;
  readonly #known = new Map<string, { group: Group | undefined; atMs: number }>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is known; undefined when nothing is, or it is old. */
  find(jid: string): Group | undefined {
    return this.#fresh(jid)?.group;
  }

  /** Something about the group has changed. */
  forget(jid: string): void {
    this.#known.delete(jid);
  }

  /** Asks the network unless the answer is known, be it none. Never throws: a group without a name is one all the same. */
  async learn(jid: string, socket: Pick<WASocket, "groupMetadata">, signal: AbortSignal): Promise<void> {
    if (this.#fresh(jid) !== undefined) return;
    const limits = { clock: this.#clock, ms: FETCH_MS, signals: [signal] };
    const group = await within(limits, () => socket.groupMetadata(jid)).catch(() => undefined);
    this.#known.delete(jid);
    this.#known.set(jid, { group, atMs: this.#clock.monotonic() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_GROUPS && oldest !== undefined) this.#known.delete(oldest);
  }

  #fresh(jid: string): { group: Group | undefined } | undefined {
    const known = this.#known.get(jid);
    return known !== undefined && this.#clock.monotonic() - known.atMs < FRESH_MS ? known : undefined;
  }
}
