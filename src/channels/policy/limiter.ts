/**
 * Keeps a flood, an echo or two talking bots from using up the agent (threats T39): a token bucket for each sender and
 * each chat, and a breaker that counts turns nobody seems to have typed. One notice, then silence.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Facts, Gate } from "./explain.ts";

/** `notice`: not answered, and the chat is told so, once. `drop`: silence. */
export type RateGate = Gate<"admit" | "notice" | "drop">;

/** What a bucket holds and how fast it fills. */
export interface Rate {
  burst: number;
  perMinute: number;
}

/** The limits of a limiter. */
export interface Limits {
  sender: Rate;
  chat: Rate;
  /** Turns in a row that look like a bot's before a chat is left alone. */
  botTurns: number;
  /** How long it is left alone, unless a person speaks. */
  restMs: number;
}

/** One event that wants a turn. Keys begin with channel and account: the same id elsewhere is somebody else. */
export interface Turn {
  senderKey: string;
  chatKey: string;
  /** The network says the sender is a bot. */
  isBot?: boolean;
}

/** A person typing fast stays below; a script does not. */
export const DEFAULT_LIMITS: Limits = {
  sender: { burst: 20, perMinute: 20 },
  chat: { burst: 60, perMinute: 60 },
  botTurns: 8,
  restMs: 600_000,
};

/** Senders and chats that are remembered; the one longest silent is forgotten first. */
const MAX_KEYS = 10_000;
/** What follows an answer faster was not read by anybody. */
const READING_MS = 2000;

interface Bucket {
  tokens: number;
  atMs: number;
  /** Was told, and hears nothing until the bucket is half full again. */
  isSilenced: boolean;
}

interface Talk {
  botTurns: number;
  lastBotAtMs: number;
  repliedAtMs: number | undefined;
}

/** Decides about turns of all accounts of a gateway. */
export class TurnLimiter {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #senders = new Map<string, Bucket>();
  readonly #chats = new Map<string, Bucket>();
  readonly #talks = new Map<string, Talk>();

  constructor({ clock, limits = DEFAULT_LIMITS }: { clock: Clock; limits?: Limits }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Called for every event that would start a run, or be kept; edits, reactions and buttons count like messages. */
  judge(turn: Turn): RateGate {
    const nowMs = this.#clock.monotonic();
    return this.#judgeTalk(turn, nowMs) ?? this.#judgeRate(turn, nowMs);
  }

  /** Called when an answer was sent to a chat. */
  replied(chatKey: string): void {
    const talk = this.#talks.get(chatKey) ?? { botTurns: 0, lastBotAtMs: 0, repliedAtMs: undefined };
    remember(this.#talks, chatKey, { ...talk, repliedAtMs: this.#clock.monotonic() });
  }

  #judgeTalk({ chatKey, isBot = false }: Turn, nowMs: number): RateGate | undefined {
    const { botTurns, restMs } = this.#limits;
    const talk = this.#talks.get(chatKey) ?? { botTurns: 0, lastBotAtMs: nowMs, repliedAtMs: undefined };
    const isHasty = talk.repliedAtMs !== undefined && nowMs - talk.repliedAtMs < READING_MS;
    if (!isBot && !isHasty) {
      remember(this.#talks, chatKey, { ...talk, botTurns: 0 });
      return undefined;
    }
    const isOver = nowMs - talk.lastBotAtMs >= restMs;
    const count = isOver ? 1 : talk.botTurns + 1;
    // While the breaker is open, further turns do not prolong the rest.
    const lastBotAtMs = count > botTurns + 1 ? talk.lastBotAtMs : nowMs;
    remember(this.#talks, chatKey, { ...talk, botTurns: Math.min(count, botTurns + 2), lastBotAtMs });
    if (count <= botTurns) return undefined;
    const facts: Facts = { chatKey, botTurns: count, limit: botTurns };
    const verdict = count === botTurns + 1 ? "notice" : "drop";
    return { gate: "loop", verdict, reason: "turns look like a bot's", facts };
  }

  #judgeRate({ senderKey, chatKey }: Turn, nowMs: number): RateGate {
    const { sender, chat } = this.#limits;
    const bySender = take(this.#senders, senderKey, sender, nowMs);
    // A silenced sender does not use up what the others in the chat have.
    if (bySender !== "admit") return rate(bySender, "the sender is too fast", { senderKey, ...sender });
    const byChat = take(this.#chats, chatKey, chat, nowMs);
    if (byChat !== "admit") return rate(byChat, "the chat is too fast", { chatKey, ...chat });
    return rate("admit", "within the limits", { senderKey, chatKey });
  }
}

function rate(verdict: RateGate["verdict"], reason: string, facts: Facts): RateGate {
  return { gate: "rate", verdict, reason, facts };
}

function take(buckets: Map<string, Bucket>, key: string, limit: Rate, nowMs: number): RateGate["verdict"] {
  const before = buckets.get(key) ?? { tokens: limit.burst, atMs: nowMs, isSilenced: false };
  const tokens = Math.min(limit.burst, before.tokens + ((nowMs - before.atMs) * limit.perMinute) / 60_000);
  const isSilenced = before.isSilenced && tokens < limit.burst / 2;
  const isAdmitted = !isSilenced && tokens >= 1;
  const after = { tokens: isAdmitted ? tokens - 1 : tokens, atMs: nowMs, isSilenced: !isAdmitted };
  remember(buckets, key, after);
  if (isAdmitted) return "admit";
  return isSilenced ? "drop" : "notice";
}

/** Puts the key last and forgets the first when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_KEYS) break;
    map.delete(oldest);
  }
}
