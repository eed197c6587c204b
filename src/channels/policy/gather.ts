/**
 * Decides which waiting messages of a chat are one: what somebody writes in several goes before the agent is asked, and
 * a long paste that the network cut. Pure; times are those of arrival (channel behaviour: debounce, long paste).
 */
import type { Inbound } from "../contract.ts";

/** A waiting event. */
export interface Waiting {
  event: Inbound;
  receivedAtMs: number;
}

/** What gathering reads. */
export interface GatherOptions {
  /** How long to wait for the next message of the same person; 0: not at all. */
  debounceMs: number;
  /** Longest text of one message on the network: one that is nearly as long was probably cut. */
  textLimit: number;
  isCommand(text: string): boolean;
}

/** The first `count` waiting events are one, complete at `readyAtMs`. */
export interface Gathered {
  count: number;
  readyAtMs: number;
  event: Inbound;
}

/** The rest of a paste follows within this. */
const PASTE_GAP_MS = 1_500;
/** A text this near to the limit was probably cut. */
const PASTE_SHARE = 0.95;
/** More is no paste and no train of thought. */
const MAX_PARTS = 12;
const MAX_CHARS = 50_000;

/** Called with what waits in a chat, oldest first; at least one. */
export function gatherMessages(waiting: readonly [Waiting, ...Waiting[]], options: GatherOptions): Gathered {
  const [first] = waiting;
  let last = first;
  let count = 1;
  let chars = first.event.text?.length ?? 0;
  const alone = { count: 1, readyAtMs: 0, event: first.event };
  if (!isPlain(first.event, options)) return alone;
  for (const next of waiting.slice(1, MAX_PARTS)) {
    chars += next.event.text?.length ?? 0;
    const gapMs = next.receivedAtMs - last.receivedAtMs;
    const mostMs = patienceMs(last.event, options);
    if (!isPlain(next.event, options) || !isOneTalk(first.event, next.event)) break;
    // Without patience nothing is joined, not even what came in the same millisecond.
    if (mostMs === 0 || gapMs > mostMs || chars > MAX_CHARS) break;
    last = next;
    count++;
  }
  const isFull = count === MAX_PARTS || count < waiting.length;
  const readyAtMs = isFull ? 0 : last.receivedAtMs + patienceMs(last.event, options);
  if (count === 1) return { ...alone, readyAtMs };
  return { count, readyAtMs, event: joined(waiting.slice(0, count).map(({ event }) => event)) };
}

/** How long what follows this message still belongs to it. */
function patienceMs({ text = "" }: Inbound, { debounceMs, textLimit }: GatherOptions): number {
  const isCut = text.length >= textLimit * PASTE_SHARE;
  return Math.max(debounceMs, isCut ? PASTE_GAP_MS : 0);
}

function isPlain({ type, media, text }: Inbound, { isCommand }: GatherOptions): boolean {
  return type === "message" && media === undefined && text !== undefined && !isCommand(text);
}

/** The same person, in the same place, heard by the same agent. */
function isOneTalk(one: Inbound, other: Inbound): boolean {
  const isSamePlace = one.chat.id === other.chat.id && one.chat.threadId === other.chat.threadId;
  return isSamePlace && one.sender.id === other.sender.id && one.forAgent === other.forAgent;
}

/** One message with the ids of the last. */
function joined(events: readonly Inbound[]): Inbound {
  const last = events.at(-1);
  if (last === undefined) throw new RangeError("nothing to join");
  const quote = events.find((event) => event.quote !== undefined)?.quote;
  return {
    ...last,
    text: events.map(({ text = "" }) => text).join("\n"),
    ...(events.some(({ mentionsSelf }) => mentionsSelf === true) ? { mentionsSelf: true } : {}),
    ...(quote === undefined ? {} : { quote }),
  };
}
