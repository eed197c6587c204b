/**
 * Remembers, across restarts, how far the account has listened: the gateway's session with the last event that is
 * stored, and the last message of each chat, for when the session is gone.
 */
import { parseJson } from "../../lib/json.ts";
import type { AccountMemory } from "../contract.ts";

const SESSION = "session";
const POSITIONS = "positions";
/** Chats that are asked for what was missed, the ones that were talked in last; each costs a call. */
const MAX_POSITIONS = 100;

/** A session of the gateway. Whoever knows it needs the token all the same. */
export interface Session {
  id: string;
  /** Where it goes on. */
  url: string;
  /** Number of the last event that is stored, with all before it. */
  seq: number;
  /** Whose it is, and what was asked for: a session of another bot, or with other wishes, is not gone on with. */
  selfId: string;
  intents: number;
}

/** The last message of a chat that is stored. */
export interface Position {
  channelId: string;
  guildId?: string;
  messageId: string;
}

/** One account's place in the stream. Changes are kept when `save` is called. */
export class Progress {
  readonly #memory: AccountMemory;
  /** By channel, the one that was talked in longest ago first. */
  readonly #positions = new Map<string, Position>();
  #session: Session | undefined;
  #areMoved = false;

  constructor(memory: AccountMemory) {
    this.#memory = memory;
    this.#session = parseSession(memory.get(SESSION));
    for (const position of parsePositions(memory.get(POSITIONS))) this.#positions.set(position.channelId, position);
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** The chats that are remembered, the one that was talked in last first. */
  get positions(): Position[] {
    return [...this.#positions.values()].reverse();
  }

  /** Replaces the session, or forgets it. */
  adopt(session: Session | undefined): void {
    this.#session = session;
  }

  /** Events of the session up to there are stored. */
  advance(seq: number): void {
    if (this.#session !== undefined && seq > this.#session.seq) this.#session = { ...this.#session, seq };
  }

  /** A message is stored. */
  note(position: Position): void {
    const { channelId, messageId } = position;
    const before = this.#positions.get(channelId);
    if (before !== undefined && compareIds(before.messageId, messageId) >= 0) return;
    this.#positions.delete(channelId);
    this.#positions.set(channelId, position);
    const [oldest] = this.#positions.keys();
    if (this.#positions.size > MAX_POSITIONS && oldest !== undefined) this.#positions.delete(oldest);
    this.#areMoved = true;
  }

  /** There is nothing to be had there any more. */
  forget(channelId: string): void {
    this.#areMoved = this.#positions.delete(channelId) || this.#areMoved;
  }

  /** Positions first: when the session is lost in between, they are not behind it. */
  save(): void {
    if (this.#areMoved) this.#memory.set(POSITIONS, JSON.stringify([...this.#positions.values()]));
    this.#areMoved = false;
    const session = this.#session === undefined ? "" : JSON.stringify(this.#session);
    if (session !== (this.#memory.get(SESSION) ?? "")) this.#memory.set(SESSION, session);
  }
}

/** The network's ids grow with time; they are numbers too large to be exact. */
export function compareIds(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}

function parseSession(text = ""): Session | undefined {
  const result = parseJson(text);
  if (!result.ok || typeof result.value !== "object" || result.value === null) return undefined;
  const { id, url, seq, selfId, intents } = result.value as Record<string, unknown>;
  if (typeof id !== "string" || typeof url !== "string" || typeof selfId !== "string") return undefined;
  if (typeof seq !== "number" || typeof intents !== "number") return undefined;
  return { id, url, seq, selfId, intents };
}

function parsePositions(text = "[]"): Position[] {
  const result = parseJson(text);
  if (!result.ok || !Array.isArray(result.value)) return [];
  return result.value.flatMap((one: Record<string, unknown> | null) => {
    const { channelId, guildId, messageId } = one ?? {};
    if (typeof channelId !== "string" || typeof messageId !== "string") return [];
    return [{ channelId, messageId, ...(typeof guildId === "string" ? { guildId } : {}) }];
  });
}
