/**
 * What waits for nodes that are away: calls whose caller waits (`queueMs`), calls that need the app in the foreground
 * (`node.pending.pull`), and hints to report something (`node.pending.enqueue`). All of it has an end, and none of it
 * outlives the gateway: whoever asked asks again.
 */
import type { NodePendingItem } from "#schemas/nodes.ts";
import type { Clock } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";

/** Calls that may wait for one node. */
const MAX_CALLS = 16;
/** How long a hint waits when not told. */
const HINT_MS = 10 * 60 * 1000;
/** Hints given out at once when not told. */
const DRAIN_ITEMS = 4;

/** A call that waits for its node. */
export interface WaitingCall {
  readonly id: string;
  readonly command: string;
  readonly paramsJSON: string | null;
  readonly enqueuedAtMs: number;
  /** The node is there but its app is in the background: only a pull gets this. */
  readonly isForForeground: boolean;
}

interface Held extends WaitingCall {
  done(how: HoldEnd): void;
}

/** How the wait of a call ended. */
export type HoldEnd = "node came" | "acknowledged" | "expired" | "cancelled";

/** The queues, by node. */
export class PendingWork {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #hints = new Map<string, NodePendingItem[]>();
  readonly #calls = new Map<string, Held[]>();
  #revision = 0;
  constructor(needs: { clock: Clock; ids: Ids }) {
    this.#clock = needs.clock;
    this.#ids = needs.ids;
  }

  /** Leaves a hint. One of the same kind that waits already is kept, with the later end: so there are two at most. */
  enqueue(
    nodeId: string,
    hint: { type: NodePendingItem["type"]; priority?: "normal" | "high" | undefined; expiresInMs?: number | undefined },
  ): { revision: number; queued: NodePendingItem } {
    const nowMs = this.#clock.now();
    const queue = this.#fresh(nodeId);
    const known = queue.find(({ type }) => type === hint.type);
    const expiresAtMs = Math.max(known?.expiresAtMs ?? 0, nowMs + (hint.expiresInMs ?? HINT_MS));
    const priority = hint.priority ?? known?.priority ?? "normal";
    const queued = { id: this.#ids.uuid(), type: hint.type, createdAtMs: nowMs, ...known, priority, expiresAtMs };
    this.#hints.set(nodeId, [...queue.filter((item) => item !== known), queued]);
    return { revision: ++this.#revision, queued };
  }

  /** Gives out hints, urgent ones first, and forgets them. */
  drain(nodeId: string, maxItems = DRAIN_ITEMS): { revision: number; items: NodePendingItem[]; hasMore: boolean } {
    const queue = this.#fresh(nodeId).toSorted((one, other) => urgency(other) - urgency(one));
    const items = queue.slice(0, maxItems);
    const rest = queue.slice(maxItems);
    if (rest.length) this.#hints.set(nodeId, rest);
    else this.#hints.delete(nodeId);
    return { revision: this.#revision, items, hasMore: rest.length > 0 };
  }

  /**
   * Holds a call until its node comes, or (when it is for the foreground) acknowledges it, its time is over, or nobody
   * waits for it any more. Throws `UNAVAILABLE` when too many wait.
   */
  hold(
    nodeId: string,
    call: Omit<WaitingCall, "id" | "enqueuedAtMs">,
    given: { deadlineMs: number; signal: AbortSignal },
  ): Promise<HoldEnd> {
    const queue = this.#calls.get(nodeId) ?? [];
    if (queue.length >= MAX_CALLS)
      fail("UNAVAILABLE", `more than ${MAX_CALLS} commands wait for this node`, { retryAfterMs: 1_000 });
    const { promise, resolve } = Promise.withResolvers<HoldEnd>();
    const end = (how: HoldEnd) => {
      timer.cancel();
      given.signal.removeEventListener("abort", onAbort);
      this.#drop(nodeId, held);
      resolve(how);
    };
    const onAbort = () => end("cancelled");
    const timer = this.#clock.after(given.deadlineMs, () => end("expired"));
    const held: Held = {
      id: this.#ids.uuid(),
      ...call,
      enqueuedAtMs: this.#clock.now(),
      done: end,
    };
    this.#calls.set(nodeId, [...queue, held]);
    given.signal.addEventListener("abort", onAbort, { once: true });
    if (given.signal.aborted) onAbort();
    return promise;
  }

  /** A node came: the calls that waited for that go on. */
  came(nodeId: string): void {
    for (const held of this.#calls.get(nodeId) ?? []) if (!held.isForForeground) held.done("node came");
  }

  /** The calls that wait for a node's foreground. */
  pull(nodeId: string): WaitingCall[] {
    return (this.#calls.get(nodeId) ?? []).filter(({ isForForeground }) => isForForeground);
  }

  /** The node has done these. Ids of others are passed over. */
  acknowledge(nodeId: string, ids: readonly string[]): { ackedIds: string[]; remainingCount: number } {
    const done = this.pull(nodeId).filter(({ id }) => ids.includes(id));
    for (const held of this.#calls.get(nodeId) ?? []) if (done.includes(held)) held.done("acknowledged");
    return { ackedIds: done.map(({ id }) => id), remainingCount: this.pull(nodeId).length };
  }

  /** Forgets the hints for a node that is no longer paired. */
  forget(nodeId: string): void {
    this.#hints.delete(nodeId);
  }

  #drop(nodeId: string, held: Held): void {
    const rest = (this.#calls.get(nodeId) ?? []).filter((one) => one !== held);
    if (rest.length) this.#calls.set(nodeId, rest);
    else this.#calls.delete(nodeId);
  }

  #fresh(nodeId: string): NodePendingItem[] {
    const nowMs = this.#clock.now();
    return (this.#hints.get(nodeId) ?? []).filter(({ expiresAtMs }) => (expiresAtMs ?? 0) > nowMs);
  }
}

function urgency({ priority }: NodePendingItem): number {
  return priority === "high" ? 1 : 0;
}
