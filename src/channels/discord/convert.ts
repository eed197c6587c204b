/**
 * Turns what the gateway tells into the events every network has, or says why it is none. Pure: the same delivery gives
 * the same events, so that one that comes again, by whichever way, is recognised.
 */
import type {
  APIInteraction,
  APIMessage,
  GatewayDispatchPayload,
  GatewayMessageCreateDispatchData,
  GatewayMessageDeleteDispatchData,
  GatewayMessageReactionAddDispatchData,
  GatewayMessageReactionRemoveDispatchData,
} from "discord-api-types/v10";
import type { Inbound } from "../contract.ts";
import type { Where } from "./directory.ts";
import { type Converted, type Facts, userOf } from "./facts.ts";
import { fromInteraction } from "./interactions.ts";
import { mediaOf } from "./media.ts";
import { readText } from "./text.ts";

/** The dispatches that may be events, with where they happened; undefined for all others. */
export function whereOf({ t, d }: GatewayDispatchPayload, selfId: string): Where | undefined {
  switch (t as string) {
    case "MESSAGE_CREATE":
    case "MESSAGE_UPDATE": {
      const { channel_id, guild_id, author } = d as GatewayMessageCreateDispatchData;
      return where(channel_id, guild_id, author?.id === selfId ? undefined : author?.id);
    }
    case "MESSAGE_DELETE":
    case "MESSAGE_DELETE_BULK": {
      const { channel_id, guild_id } = d as GatewayMessageDeleteDispatchData;
      return where(channel_id, guild_id, undefined);
    }
    case "MESSAGE_REACTION_ADD":
    case "MESSAGE_REACTION_REMOVE": {
      const { channel_id, guild_id, user_id } = d as GatewayMessageReactionRemoveDispatchData;
      return where(channel_id, guild_id, user_id === selfId ? undefined : user_id);
    }
    case "INTERACTION_CREATE": {
      const { channel, channel_id, guild_id, user } = d as APIInteraction;
      const id = channel?.id ?? channel_id;
      return id === undefined ? undefined : where(id, guild_id, user?.id);
    }
    default:
      return undefined;
  }
}

/** Converts one dispatch. */
export function convert({ t, d, s }: GatewayDispatchPayload, facts: Facts): Converted {
  const delivery = `${facts.sessionId.slice(0, 12)}:${s}`;
  switch (t as string) {
    case "MESSAGE_CREATE":
      return fromMessage(d as GatewayMessageCreateDispatchData, facts);
    case "MESSAGE_UPDATE":
      return fromEdit(d as GatewayMessageCreateDispatchData, facts);
    case "MESSAGE_DELETE":
      return fromDeletion([(d as { id: string }).id], facts);
    case "MESSAGE_DELETE_BULK":
      return fromDeletion((d as { ids: string[] }).ids, facts);
    case "MESSAGE_REACTION_ADD":
      return fromReaction(d as GatewayMessageReactionAddDispatchData, { delivery, isRemoved: false }, facts);
    case "MESSAGE_REACTION_REMOVE":
      return fromReaction(d as GatewayMessageReactionRemoveDispatchData, { delivery, isRemoved: true }, facts);
    case "INTERACTION_CREATE":
      return fromInteraction(d as APIInteraction, facts);
    default:
      return { drop: "kind not asked for" };
  }
}

/** Kinds of messages a person, a bot or a command wrote; all others are the network talking about the chat. */
const written: ReadonlySet<number> = new Set([0, 19, 20, 23]);
const REPLY = 19;

/** The id of the message is the event's, so that it is one event whether the gateway tells it or the history. */
function fromMessage(message: GatewayMessageCreateDispatchData, facts: Facts): Converted {
  if (!written.has(message.type)) return { drop: "service message" };
  if (message.author === undefined) return { drop: "no sender" };
  const text = textOf(message, facts);
  const media = mediaOf(message);
  if (text === "" && media.length === 0) return { drop: "content without text or file" };
  const timeMs = Date.parse(message.timestamp);
  const quote = quoteOf(message, facts);
  const event: Inbound = {
    eventId: `m:${message.id}`,
    type: "message",
    chat: facts.chat,
    sender: senderOf(message, facts),
    messageId: message.id,
    timeMs,
    mentionsSelf: mentionsSelf(message, facts),
    ...(text === "" ? {} : { text }),
    ...(media.length === 0 ? {} : { media }),
    ...(quote === undefined ? {} : { quote }),
    ...(timeMs < facts.backlogBeforeMs ? { isBacklog: true } : {}),
  };
  return { events: [event] };
}

/** The network also changes messages itself, to add previews of links; only what a person changed has this time. */
function fromEdit(message: GatewayMessageCreateDispatchData, facts: Facts): Converted {
  if (!message.edited_timestamp) return { drop: "nothing a person changed" };
  const converted = fromMessage(message, facts);
  if ("drop" in converted) return converted;
  const timeMs = Date.parse(message.edited_timestamp);
  const eventId = `e:${message.id}:${timeMs}`;
  return { events: converted.events.map((event) => ({ ...event, eventId, type: "edit", timeMs })) };
}

/** The network does not say who deleted it; the author stands for it, and in a direct chat the other person. */
function fromDeletion(messageIds: readonly string[], { chat, authorOf, nowMs }: Facts): Converted {
  const events = messageIds.flatMap((messageId): Inbound[] => {
    const sender = authorOf(messageId) ?? (chat.kind === "direct" ? { id: chat.id } : undefined);
    if (sender === undefined) return [];
    return [{ eventId: `d:${messageId}`, type: "delete", chat, sender, messageId, timeMs: nowMs }];
  });
  return events.length === 0 ? { drop: "no sender" } : { events };
}

function fromReaction(
  reaction: GatewayMessageReactionRemoveDispatchData & Pick<GatewayMessageReactionAddDispatchData, "member">,
  { delivery, isRemoved }: { delivery: string; isRemoved: boolean },
  { chat, selfId, nowMs }: Facts,
): Converted {
  const { user_id: id, message_id: messageId, emoji, member } = reaction;
  const self = id === selfId ? { isSelf: true } : {};
  const event: Inbound = {
    eventId: `r:${messageId}:${delivery}`,
    type: "reaction",
    chat,
    sender: member?.user === undefined ? { id, ...self } : userOf(member.user, member.nick, selfId),
    messageId,
    timeMs: nowMs,
    reaction: { emoji: emoji.id ? `${emoji.name ?? "emoji"}:${emoji.id}` : (emoji.name ?? ""), isRemoved },
  };
  return { events: [event] };
}

function senderOf(message: GatewayMessageCreateDispatchData, { selfId }: Facts): Inbound["sender"] {
  const sender = userOf(message.author, message.member?.nick, selfId);
  // A webhook may call itself what it likes; its id is its own.
  return message.webhook_id === undefined ? sender : { ...sender, isBot: true };
}

/** Only what the network marks counts: it fills these lists itself. */
function mentionsSelf(message: GatewayMessageCreateDispatchData, { selfId, ownRoleId }: Facts): boolean {
  if ((message.mentions ?? []).some(({ id }) => id === selfId)) return true;
  return ownRoleId !== undefined && (message.mention_roles ?? []).includes(ownRoleId);
}

/** What a message says: its text, what it passes on, and what it asks. */
function textOf({ content = "", message_snapshots = [], poll, sticker_items = [] }: APIMessage, facts: Facts): string {
  const forwarded = message_snapshots.map(({ message }) => message.content).filter((text) => text !== "");
  const asked = poll && [poll.question.text, ...poll.answers.map(({ poll_media }) => `- ${poll_media.text ?? ""}`)];
  return [
    readText(content, facts),
    ...forwarded.map((text) => `Forwarded: ${readText(text, facts)}`),
    ...(asked === undefined ? [] : [`Poll: ${asked.join("\n")}`]),
    ...sticker_items.map(({ name }) => `Sticker: ${name}`),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function quoteOf(message: GatewayMessageCreateDispatchData, facts: Facts): Inbound["quote"] {
  const { type, message_reference: reference, referenced_message: quoted } = message;
  if (type !== REPLY || reference?.message_id === undefined) return undefined;
  // It may be gone, or not be told.
  if (!quoted) return { messageId: reference.message_id, isOfSelf: false };
  const text = textOf(quoted, facts);
  return {
    messageId: quoted.id,
    senderName: quoted.author.global_name ?? quoted.author.username,
    isOfSelf: quoted.author.id === facts.selfId,
    ...(text === "" ? {} : { text }),
  };
}

function where(channelId: string, guildId: string | undefined, personId: string | undefined): Where {
  return {
    channelId,
    ...(guildId === undefined ? {} : { guildId }),
    ...(personId === undefined ? {} : { personId }),
  };
}
