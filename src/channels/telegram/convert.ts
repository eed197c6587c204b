/**
 * Turns an update of the Bot API into the event every network has, or says why it is none. Pure: the same update gives
 * the same event, so that a delivery that comes again is recognised.
 */
import type { CallbackQuery, Message, MessageEntity, MessageReactionUpdated, ReactionType, Update } from "grammy/types";
import type { ChatRef, Inbound, InboundMedia } from "../contract.ts";
import { mediaOf } from "./media.ts";

/** What conversion knows besides the update. */
export interface Facts {
  /** The bot itself. */
  selfId: number;
  username: string;
  /** For events the network gives no time. */
  nowMs: number;
}

/** Why an update is no event; counted and logged under these names. */
export type DropReason =
  | "kind not asked for"
  | "no sender"
  | "service message"
  | "group became a supergroup"
  | "animated sticker"
  | "content without text or file"
  | "live location moved"
  | "reaction without emoji"
  | "button without a value";

export type Converted = { event: Inbound } | { drop: DropReason };

/** The thread every forum has and no message names. */
export const GENERAL_TOPIC = "1";

/** Converts one update. */
export function convert(update: Update, facts: Facts): Converted {
  const eventId = String(update.update_id);
  const message = update.message ?? update.channel_post;
  if (message) return fromMessage(message, eventId, facts);
  if (update.edited_message) return fromEdit(update.edited_message, eventId, facts);
  if (update.message_reaction) return fromReaction(update.message_reaction, eventId);
  if (update.callback_query) return fromButton(update.callback_query, eventId, facts);
  return { drop: "kind not asked for" };
}

function fromMessage(message: Message, eventId: string, facts: Facts): Converted {
  const sender = senderOf(message, facts);
  if (sender === undefined) return { drop: "no sender" };
  const content = contentOf(message);
  if ("drop" in content) return content;
  const quote = quoteOf(message, facts);
  const event: Inbound = {
    eventId,
    type: "message",
    chat: chatOf(message),
    sender,
    messageId: String(message.message_id),
    timeMs: message.date * 1000,
    mentionsSelf: quote?.isOfSelf === true || mentions(message, facts),
    ...content,
    ...(quote === undefined ? {} : { quote }),
  };
  return { event };
}

function fromEdit(message: Message, eventId: string, facts: Facts): Converted {
  if (message.location?.live_period !== undefined) return { drop: "live location moved" };
  const converted = fromMessage(message, eventId, facts);
  if ("drop" in converted) return converted;
  const timeMs = (message.edit_date ?? message.date) * 1000;
  return { event: { ...converted.event, type: "edit", timeMs } };
}

/** A change replaces the whole set of a person's reactions; what was added counts, or else what was taken away. */
function fromReaction(change: MessageReactionUpdated, eventId: string): Converted {
  const sender = change.user ? userOf(change.user) : change.actor_chat && speakingChat(change.actor_chat);
  if (sender === undefined) return { drop: "no sender" };
  const before = change.old_reaction.flatMap(emojiOf);
  const after = change.new_reaction.flatMap(emojiOf);
  const added = after.find((emoji) => !before.includes(emoji));
  const emoji = added ?? before.find((one) => !after.includes(one));
  if (emoji === undefined) return { drop: "reaction without emoji" };
  const event: Inbound = {
    eventId,
    type: "reaction",
    chat: placeOf(change.chat),
    sender,
    messageId: String(change.message_id),
    timeMs: change.date * 1000,
    reaction: { emoji, isRemoved: added === undefined },
  };
  return { event };
}

function fromButton(query: CallbackQuery, eventId: string, facts: Facts): Converted {
  const { message, data } = query;
  if (message === undefined || data === undefined) return { drop: "button without a value" };
  const event: Inbound = {
    eventId,
    type: "button",
    chat: message.date === 0 ? placeOf(message.chat) : chatOf(message),
    sender: userOf(query.from),
    messageId: String(message.message_id),
    timeMs: facts.nowMs,
    button: data,
  };
  return { event };
}

type Content = Pick<Inbound, "text" | "media">;

function contentOf(message: Message): Content | { drop: DropReason } {
  const { sticker, location } = message;
  if (message.migrate_to_chat_id !== undefined || message.migrate_from_chat_id !== undefined)
    return { drop: "group became a supergroup" };
  if (sticker && (sticker.is_animated || sticker.is_video)) return { drop: "animated sticker" };
  const text = message.text ?? message.caption ?? (location && describeLocation(message));
  const media = mediaOf(message);
  if (text === undefined && media === undefined)
    return { drop: isService(message) ? "service message" : "content without text or file" };
  return {
    ...(text === undefined ? {} : { text }),
    ...(media === undefined ? {} : { media: [media] as InboundMedia[] }),
  };
}

/** Content a person made and we cannot show; whatever else has no text is the network talking about the chat. */
const personalContent = ["contact", "dice", "poll", "game", "story", "paid_media", "checklist", "invoice"] as const;

function isService(message: Message): boolean {
  return !personalContent.some((key) => key in message);
}

function describeLocation({ location, venue }: Message): string {
  const { latitude, longitude, horizontal_accuracy, live_period } = location!;
  const place = `${latitude}, ${longitude}`;
  if (venue) return `Location: ${venue.title}, ${venue.address} (${place})`;
  const accuracy = horizontal_accuracy === undefined ? "" : ` (within ${Math.round(horizontal_accuracy)} m)`;
  return `${live_period === undefined ? "Location" : "Live location"}: ${place}${accuracy}`;
}

type Chat = Message["chat"];
type User = NonNullable<Message["from"]>;
type Sender = Inbound["sender"];

function chatOf(message: Message): Inbound["chat"] {
  const chat = placeOf(message.chat);
  if (message.is_topic_message && message.message_thread_id !== undefined)
    return { ...chat, threadId: String(message.message_thread_id) };
  // Outside forums a thread id only marks a chain of replies.
  return "is_forum" in message.chat && message.chat.is_forum && chat.kind === "group"
    ? { ...chat, threadId: GENERAL_TOPIC }
    : chat;
}

function placeOf(chat: Chat | MessageReactionUpdated["chat"]): Inbound["chat"] {
  const kinds: Record<string, ChatRef["kind"]> = { private: "direct", channel: "channel" };
  const title = "title" in chat ? chat.title : undefined;
  return { kind: kinds[chat.type] ?? "group", id: String(chat.id), ...(title === undefined ? {} : { title }) };
}

/** Who speaks: `sender_chat` stands for anonymous admins and channels, whose `from` is a shared stand-in account. */
function senderOf(message: Message, facts: Facts): Sender | undefined {
  if (message.sender_chat) return speakingChat(message.sender_chat);
  if (!message.from) return undefined;
  return { ...userOf(message.from), ...(message.from.id === facts.selfId ? { isSelf: true } : {}) };
}

function userOf(user: User): Sender {
  const { id, username, is_bot } = user;
  return {
    id: String(id),
    name: nameOf(user),
    ...(username === undefined ? {} : { username }),
    ...(is_bot ? { isBot: true } : {}),
  };
}

function speakingChat(chat: Chat): Sender {
  const username = "username" in chat ? chat.username : undefined;
  const title = "title" in chat ? chat.title : undefined;
  return {
    id: String(chat.id),
    ...(title === undefined ? {} : { name: title }),
    ...(username === undefined ? {} : { username }),
  };
}

function nameOf({ first_name, last_name }: User): string {
  return last_name === undefined ? first_name : `${first_name} ${last_name}`;
}

function quoteOf(message: Message, facts: Facts): Inbound["quote"] {
  const { reply_to_message: replied, external_reply: elsewhere, quote } = message;
  // Every message of a topic "answers" the note that opened it.
  if (replied && !replied.forum_topic_created) {
    const text = quote?.text ?? replied.text ?? replied.caption;
    const senderName = replied.sender_chat
      ? speakingChat(replied.sender_chat).name
      : replied.from && nameOf(replied.from);
    return {
      messageId: String(replied.message_id),
      isOfSelf: replied.from?.id === facts.selfId,
      ...(text === undefined ? {} : { text }),
      ...(senderName === undefined ? {} : { senderName }),
    };
  }
  if (elsewhere?.message_id === undefined) return undefined;
  return { messageId: String(elsewhere.message_id), isOfSelf: false, ...(quote ? { text: quote.text } : {}) };
}

/** Only what the network itself marked counts: text that merely looks like a name does not. */
function mentions(message: Message, facts: Facts): boolean {
  const text = message.text ?? message.caption ?? "";
  const name = `@${facts.username}`.toLowerCase();
  const names = ({ type, offset, length, ...rest }: MessageEntity): boolean => {
    if (type === "text_mention") return "user" in rest && rest.user.id === facts.selfId;
    const marked = text.slice(offset, offset + length).toLowerCase();
    if (type === "mention") return marked === name;
    return type === "bot_command" && marked.endsWith(name);
  };
  return (message.entities ?? message.caption_entities ?? []).some(names);
}

function emojiOf(reaction: ReactionType): string[] {
  if (reaction.type === "emoji") return [reaction.emoji];
  return reaction.type === "paid" ? ["⭐"] : [];
}
