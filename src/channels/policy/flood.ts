/**
 * Counts what people send, so that one of them, or two bots that answer each other, cannot keep the agents busy without
 * end: one notice, then silence (threats T39). Judged by times of arrival, so that a backlog is no flood.
 */
import type { Inbound } from "../contract.ts";
import type { Gate } from "./explain.ts";
import { senderKey } from "./sender.ts";

/** `tell`: say once that it is too much. `drop`: silence. */
export type FloodGate = Gate<"admit" | "tell" | "drop">;

export interface FloodLimits {
  /** Messages of one person in a minute. */
  perMinute: number;
  /** Messages of bots in a row in one chat without a person in between. */
  botTurns: number;
}

const MINUTE_MS = 60_000;
/** People and chats that are remembered; the longest unseen is forgotten. */
const MAX_REMEMBERED = 5_000;

interface Count {
  sinceMs: number;
  count: number;
  isTold: boolean;
}

/** The counts of one account. In memory: a restart forgives. */
export class FloodGuard {
  readonly #limits: FloodLimits;
  readonly #people = new Map<string, Count>();
  readonly #botTurns = new Map<string, Count>();
  /** The last event of each queue with what was said of it: one that is tried again is not counted again. */
  readonly #latest = new Map<string, { eventId: string; gate: FloodGate }>();
  constructor(limits: FloodLimits) {
    this.#limits = limits;
  }

  /** Called for every message of an admitted sender: a person who speaks ends what bots have between them. */
  heard({ chat, sender }: Pick<Inbound, "chat" | "sender">): void {
    if (sender.isBot !== true) this.#botTurns.delete(chat.id);
  }

  /** Called for each message that would be answered. Of the one it judged last in a chat it says the same again. */
  judge(event: Pick<Inbound, "eventId" | "chat" | "sender" | "forAgent">, receivedAtMs: number): FloodGate {
    const { eventId, chat, forAgent } = event;
    const place = JSON.stringify([chat.id, chat.threadId, forAgent]);
    const last = this.#latest.get(place);
    const gate = last?.eventId === eventId ? last.gate : this.#count(event, receivedAtMs);
    keep(this.#latest, place, { eventId, gate });
    return gate;
  }

  #count(event: Pick<Inbound, "chat" | "sender">, receivedAtMs: number): FloodGate {
    const { perMinute, botTurns } = this.#limits;
    const person = recall(this.#people, senderKey(event.sender.id));
    // Either way: a clock that was set back must not keep somebody silent until it has caught up.
    if (Math.abs(receivedAtMs - person.sinceMs) >= MINUTE_MS)
      Object.assign(person, { sinceMs: receivedAtMs, count: 0, isTold: false });
    person.count++;
    const facts = { senderId: senderKey(event.sender.id), inThisMinute: person.count };
    if (person.count > perMinute) return { ...verdict(person, "more messages in a minute than allowed"), facts };

    if (event.sender.isBot === true) {
      const turns = recall(this.#botTurns, event.chat.id);
      if (++turns.count > botTurns)
        return { ...verdict(turns, "bots answer each other"), facts: { ...facts, botTurns: turns.count } };
    }
    return { gate: "flood", verdict: "admit", reason: "within limits", facts };
  }
}

function recall(counts: Map<string, Count>, key: string): Count {
  return keep(counts, key, counts.get(key) ?? { sinceMs: Number.NEGATIVE_INFINITY, count: 0, isTold: false });
}

/** Makes an entry the latest, and forgets the oldest when there are too many. */
function keep<T>(entries: Map<string, T>, key: string, value: T): T {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > MAX_REMEMBERED && oldest !== undefined) entries.delete(oldest);
  return value;
}

function verdict(count: Count, reason: string): Omit<FloodGate, "facts"> {
  const isFirst = !count.isTold;
  count.isTold = true;
  return { gate: "flood", verdict: isFirst ? "tell" : "drop", reason };
}
