/**
 * Turns what came in an envelope into the event every network has, or says why it is none. Pure: the same delivery gives
 * the same event, so that one that comes again is recognised.
 */
import type { ChatRef, Inbound, InboundMedia } from "../contract.ts";
import { emojiOf } from "./emoji.ts";
import { type Json, listAt, objectAt, textAt } from "./json.ts";
import { mentions, readText, type TextFacts } from "./text.ts";

/** What conversion knows besides the envelope. */
export interface Facts extends TextFacts {
  /** The bot as an author of messages, which is another id than its user. */
  selfBotId: string | undefined;
  /** Kind and title of a chat, as far as known. */
  chatOf(chatId: string): { kind: ChatRef["kind"]; title?: string };
  /** Whether the bot has written in a thread. */
  takesPart(chatId: string, threadId: string): boolean;
  /** Name of a person, as far as known. */
  nameOf(userId: string): string | undefined;
}

/** Why an envelope is no event; counted and logged under these names. */
export type DropReason =
  | "kind not asked for"
  | "no sender"
  | "no chat"
  | "service message"
  | "nothing a person changed"
  | "content without text or file"
  | "reaction to something else than a message"
  | "button without a value";

export type Converted = { event: Inbound } | { drop: DropReason };

/** The part of a socket's frame that matters here. */
export interface Envelope {
  /** `events_api`, `interactive`, `slash_commands`. */
  type: string;
  payload: Json;
}

/** Converts one envelope. */
export function convert({ type, payload }: Envelope, facts: Facts): Converted {
  if (type === "interactive") return fromInteraction(payload, facts);
  if (type !== "events_api") return { drop: "kind not asked for" };
  const event = objectAt(payload, "event");
  // The network's id of the event, the same each time it is delivered.
  const eventId = textAt(payload, "event_id") ?? "";
  switch (event["type"]) {
    case "message":
      return fromAnyMessage(event, eventId, facts);
    case "app_mention":
      return fromMessage(event, facts);
    case "reaction_added":
    case "reaction_removed":
      return fromReaction(event, eventId, facts);
    default:
      return { drop: "kind not asked for" };
  }
}

/** The ids in an envelope whose names are worth knowing before it is converted. */
export function idsIn({ type, payload }: Envelope): { chatId?: string; chatType?: string; userId?: string } {
  if (type !== "events_api") return {};
  const event = objectAt(payload, "event");
  const chatId = textAt(event, "channel") ?? textAt(objectAt(event, "item"), "channel");
  const chatType = textAt(event, "channel_type");
  const userId = textAt(event, "user");
  return {
    ...(chatId === undefined ? {} : { chatId }),
    ...(chatType === undefined ? {} : { chatType }),
    ...(userId === undefined ? {} : { userId }),
  };
}

/** Kinds of messages a person or a bot wrote; all others are the network talking about the chat. */
const written: ReadonlySet<string> = new Set(["", "file_share", "thread_broadcast", "bot_message", "me_message"]);

function fromAnyMessage(event: Json, eventId: string, facts: Facts): Converted {
  switch (event["subtype"]) {
    case "message_changed":
      return fromChange(event, eventId, facts);
    case "message_deleted":
      return fromDeletion(event, objectAt(event, "previous_message"), { eventId, facts });
    default:
      return fromMessage(event, facts);
  }
}

/** A mention comes twice, as a message and as a mention; chat and time make both one event. */
function fromMessage(event: Json, facts: Facts): Converted {
  const chatId = textAt(event, "channel");
  const messageId = textAt(event, "ts");
  if (chatId === undefined || messageId === undefined) return { drop: "no chat" };
  if (!written.has(textAt(event, "subtype") ?? "")) return { drop: "service message" };
  const sender = senderOf(event, facts);
  if (sender === undefined) return { drop: "no sender" };
  const raw = textAt(event, "text") ?? "";
  const media = listAt(event, "files").flatMap(mediaOf);
  if (raw === "" && media.length === 0) return { drop: "content without text or file" };
  const threadId = threadOf(event);
  return {
    event: {
      eventId: `${chatId}:${messageId}`,
      type: "message",
      chat: placeOf(chatId, threadId, facts),
      sender,
      messageId,
      timeMs: timeOf(messageId),
      // Who writes in a thread notifies those who wrote there, as a mention does.
      mentionsSelf: mentions(raw, facts.selfUserId) || (threadId !== undefined && facts.takesPart(chatId, threadId)),
      ...(raw === "" ? {} : { text: readText(raw, facts) }),
      ...(media.length === 0 ? {} : { media }),
      ...(threadId === undefined ? {} : { quote: quoteOf(event, threadId, facts) }),
    },
  };
}

function fromChange(event: Json, eventId: string, facts: Facts): Converted {
  const message: Json = { ...objectAt(event, "message"), channel: event["channel"] };
  // What is left where a thread began that goes on.
  if (message["subtype"] === "tombstone")
    return fromDeletion({ ...event, deleted_ts: message["ts"] }, objectAt(event, "previous_message"), {
      eventId,
      facts,
    });
  // The network also changes messages itself, to add previews of links and counts of answers.
  if (textAt(message, "text") === textAt(objectAt(event, "previous_message"), "text"))
    return { drop: "nothing a person changed" };
  const converted = fromMessage(message, facts);
  if ("drop" in converted) return converted;
  const changedAt = textAt(objectAt(message, "edited"), "ts") ?? textAt(event, "event_ts") ?? textAt(message, "ts")!;
  return { event: { ...converted.event, eventId, type: "edit", timeMs: timeOf(changedAt) } };
}

function fromDeletion(event: Json, before: Json, { eventId, facts }: { eventId: string; facts: Facts }): Converted {
  const chatId = textAt(event, "channel");
  const messageId = textAt(event, "deleted_ts");
  if (chatId === undefined || messageId === undefined) return { drop: "no chat" };
  // The network does not say who deleted it; the author stands for it.
  const sender = senderOf(before, facts);
  if (sender === undefined) return { drop: "no sender" };
  const timeMs = timeOf(textAt(event, "event_ts") ?? messageId);
  const chat = placeOf(chatId, threadOf(before), facts);
  return { event: { eventId, type: "delete", chat, sender, messageId, timeMs } };
}

function fromReaction(event: Json, eventId: string, facts: Facts): Converted {
  const item = objectAt(event, "item");
  const chatId = textAt(item, "channel");
  const messageId = textAt(item, "ts");
  const name = textAt(event, "reaction");
  if (chatId === undefined || messageId === undefined || name === undefined)
    return { drop: "reaction to something else than a message" };
  const sender = senderOf(event, facts);
  if (sender === undefined) return { drop: "no sender" };
  return {
    event: {
      eventId,
      type: "reaction",
      chat: placeOf(chatId, undefined, facts),
      sender,
      messageId,
      timeMs: timeOf(textAt(event, "event_ts") ?? messageId),
      reaction: { emoji: emojiOf(name), isRemoved: event["type"] === "reaction_removed" },
    },
  };
}

/** A press comes alone; the network lists it as the first of actions. */
function fromInteraction(payload: Json, facts: Facts): Converted {
  if (payload["type"] !== "block_actions") return { drop: "kind not asked for" };
  const [action = {}] = listAt(payload, "actions");
  const container = objectAt(payload, "container");
  const chatId = textAt(objectAt(payload, "channel"), "id") ?? textAt(container, "channel_id");
  const messageId = textAt(container, "message_ts") ?? textAt(objectAt(payload, "message"), "ts");
  const user = objectAt(payload, "user");
  const userId = textAt(user, "id");
  const button = textAt(action, "value");
  if (chatId === undefined || messageId === undefined) return { drop: "no chat" };
  if (userId === undefined) return { drop: "no sender" };
  if (action["type"] !== "button" || button === undefined) return { drop: "button without a value" };
  const actionTs = textAt(action, "action_ts") ?? messageId;
  const username = textAt(user, "username");
  return {
    event: {
      eventId: `${chatId}:${messageId}:${textAt(action, "action_id") ?? ""}:${actionTs}`,
      type: "button",
      chat: placeOf(chatId, threadOf(objectAt(payload, "message")), facts),
      sender: { ...userOf(userId, facts), ...(username === undefined ? {} : { username }) },
      messageId,
      timeMs: timeOf(actionTs),
      button,
    },
  };
}

/** Answers name the message their thread began with; that message names itself once it has answers. */
function threadOf(message: Json): string | undefined {
  const threadTs = textAt(message, "thread_ts");
  return threadTs === textAt(message, "ts") ? undefined : threadTs;
}

function quoteOf(message: Json, threadId: string, facts: Facts): NonNullable<Inbound["quote"]> {
  const author = textAt(message, "parent_user_id");
  const senderName = author === undefined ? undefined : facts.nameOf(author);
  return {
    messageId: threadId,
    isOfSelf: author === facts.selfUserId,
    ...(senderName === undefined ? {} : { senderName }),
  };
}

function placeOf(chatId: string, threadId: string | undefined, facts: Facts): Inbound["chat"] {
  const { kind, title } = facts.chatOf(chatId);
  return {
    kind,
    id: chatId,
    ...(threadId === undefined ? {} : { threadId }),
    ...(title === undefined ? {} : { title }),
  };
}

/** Who wrote it: a person, or a bot, which has a user of its own or, as old integrations, only an id as an author. */
function senderOf(message: Json, facts: Facts): Inbound["sender"] | undefined {
  const userId = textAt(message, "user");
  const botId = textAt(message, "bot_id");
  const id = userId ?? botId;
  if (id === undefined) return undefined;
  const isSelf = userId === facts.selfUserId || (botId !== undefined && botId === facts.selfBotId);
  const shownAs = textAt(message, "username");
  return {
    ...(shownAs === undefined ? {} : { name: shownAs }),
    ...userOf(id, facts),
    ...(botId === undefined && message["subtype"] !== "bot_message" ? {} : { isBot: true }),
    ...(isSelf ? { isSelf: true } : {}),
  };
}

function userOf(id: string, facts: Facts): Inbound["sender"] {
  const name = facts.nameOf(id);
  return { id, ...(name === undefined ? {} : { name }) };
}

/** Files the network does not have, or does not give any more. */
const absentModes: ReadonlySet<string> = new Set(["tombstone", "hidden_by_limit", "external"]);

function mediaOf(file: Json): InboundMedia[] {
  const handle = textAt(file, "id");
  if (handle === undefined || absentModes.has(textAt(file, "mode") ?? "")) return [];
  const mimeType = textAt(file, "mimetype");
  const fileName = textAt(file, "name");
  const sizeBytes = file["size"];
  return [
    {
      kind: kindOf(mimeType ?? "", textAt(file, "subtype")),
      handle,
      ...(mimeType === undefined ? {} : { mimeType }),
      ...(typeof sizeBytes === "number" && sizeBytes > 0 ? { sizeBytes } : {}),
      ...(fileName === undefined ? {} : { fileName }),
    },
  ];
}

function kindOf(mimeType: string, subtype: string | undefined): InboundMedia["kind"] {
  // Recorded in the app; announced with the type of a video.
  if (subtype === "slack_audio") return "voice";
  const [group] = mimeType.split("/");
  return group === "image" || group === "audio" || group === "video" ? group : "document";
}

/** Seconds with six digits, which are the id of the message too. */
function timeOf(ts: string): number {
  const ms = Math.floor(Number(ts) * 1000);
  return Number.isFinite(ms) ? ms : 0;
}
