/**
 * Turns a row of the Messages database into the event every network has, or says why it is none. Pure: the same row gives
 * the same event, so that a row that comes again is recognised.
 */
import type { ChatRef, Inbound } from "../contract.ts";
import { handleOf } from "./address.ts";
import { mediaOf } from "./media.ts";
import type { Row } from "./row.ts";

/** What conversion knows besides the row. */
export interface Facts {
  /** Whether a message is ours, by its guid. */
  isOwn(guid: string): boolean;
  /** When this connection began, in milliseconds since 1970. */
  connectedAtMs: number;
  /** Whether files are passed on. */
  hasMedia: boolean;
}

/** Why a row is no event; logged under these names. */
export type DropReason =
  | "own message"
  | "no sender"
  | "no chat"
  | "no id"
  | "reaction without emoji"
  | "content without text or file";

export type Converted = { event: Inbound } | { drop: DropReason };

/** Converts one row. */
export function convert(row: Row, facts: Facts): Converted {
  if (row.is_from_me === true) return { drop: "own message" };
  const sender = handleOf(row.sender ?? "");
  if (sender === "") return { drop: "no sender" };
  const chat = chatOf(row, sender);
  if (chat === undefined) return { drop: "no chat" };
  const { guid } = row;
  if (!guid) return { drop: "no id" };
  const timeMs = timeOf(row, facts);
  const frame: Frame = {
    eventId: guid,
    chat,
    sender: { id: sender, ...(row.sender_name ? { name: row.sender_name } : {}) },
    timeMs,
    ...(timeMs < facts.connectedAtMs ? { isBacklog: true } : {}),
  };
  return row.is_reaction === true ? fromReaction(row, frame) : fromMessage(row, frame, facts);
}

/** What every kind of event has. */
type Frame = Pick<Inbound, "eventId" | "chat" | "sender" | "timeMs" | "isBacklog">;

function fromMessage(row: Row, frame: Frame, facts: Facts): Converted {
  const media = mediaOf(row.attachments ?? []);
  const told = textOf(row);
  // Of files that are not passed on it is told that they came.
  const text = told === "" && !facts.hasMedia ? media.map(({ kind }) => `<media:${kind}>`).join(" ") : told;
  const passed = facts.hasMedia ? media : [];
  if (text === "" && passed.length === 0) return { drop: "content without text or file" };
  const quote = quoteOf(row, facts);
  const event: Inbound = {
    ...frame,
    type: "message",
    messageId: frame.eventId,
    // Messages has no mentions that are told; answering one of ours is as good.
    mentionsSelf: quote?.isOfSelf === true,
    ...(text === "" ? {} : { text }),
    ...(passed.length === 0 ? {} : { media: passed }),
    ...(quote === undefined ? {} : { quote }),
  };
  return { event };
}

/** The six of old; others come with their emoji. */
const classic: Readonly<Record<string, string>> = {
  love: "❤️",
  like: "👍",
  dislike: "👎",
  laugh: "😂",
  emphasis: "‼️",
  question: "❓",
};

function fromReaction(row: Row, frame: Frame): Converted {
  const emoji = classic[row.reaction_type ?? ""] ?? row.reaction_emoji ?? "";
  const target = messageGuid(row.reacted_to_guid ?? "");
  if (emoji === "" || target === "") return { drop: "reaction without emoji" };
  const reaction = { emoji, isRemoved: row.is_reaction_add === false };
  return { event: { ...frame, type: "reaction", messageId: target, reaction } };
}

function chatOf({ chat_id, chat_name, is_group, chat_guid, chat_identifier }: Row, sender: string) {
  const isGroup = is_group ?? [chat_guid, chat_identifier].some((name) => name?.includes(";+;") === true);
  if (!isGroup) return { kind: "direct", id: sender } satisfies ChatRef;
  // Zero is what rows have that are not in a chat yet.
  if (!chat_id || chat_id < 1) return undefined;
  return {
    kind: "group",
    id: `chat_id:${chat_id}`,
    ...(chat_name ? { title: chat_name } : {}),
  } satisfies Inbound["chat"];
}

function timeOf({ created_at }: Row, { connectedAtMs }: Facts): number {
  const timeMs = Date.parse(created_at ?? "");
  return Number.isNaN(timeMs) ? connectedAtMs : timeMs;
}

function quoteOf(row: Row, facts: Facts): Inbound["quote"] {
  const id = row.reply_to_guid ?? row.thread_originator_guid ?? row.reply_to_id;
  const guid = messageGuid(String(id ?? ""));
  if (guid === "") return undefined;
  return {
    messageId: guid,
    isOfSelf: facts.isOwn(guid),
    ...(row.reply_to_text ? { text: readable(row.reply_to_text) } : {}),
    ...(row.reply_to_sender ? { senderName: handleOf(row.reply_to_sender) } : {}),
  };
}

/** Parts of a message are named `p:0/…` and `bp:…` before its guid. */
function messageGuid(name: string): string {
  return name.replace(/^(p:\d+\/|bp:)/, "");
}

function textOf({ text, poll }: Row): string {
  const own = readable(text ?? "");
  if (own !== "" || poll?.kind !== "created") return own;
  const options = (poll.options ?? []).map((option) => option.text ?? "").filter(Boolean);
  return [`Poll: ${poll.question ?? ""}`, ...options.map((option) => `- ${option}`)].join("\n");
}

/** The text without the characters that stand for files in it. */
function readable(text: string): string {
  return text.includes("\uFFFC") ? text.replaceAll("\uFFFC", "").trim() : text;
}
