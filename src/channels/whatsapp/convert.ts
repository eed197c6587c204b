/** Turns a decrypted message of the network into an event, or says why it is none. Pure. */
import type { ChatRef, Inbound } from "../contract.ts";
import { type Content, contentOf, unwrap } from "./content.ts";
import { encodeMessageId, isSamePerson, type Names, namesOf, type Person, parseJid, personOf } from "./jids.ts";
import type { proto } from "./library.ts";

/** A message with its envelope; names are without devices. */
export interface Received {
  id: string;
  /** The chat as the envelope names it. */
  chat: string;
  /** Whoever wrote it into a group, as the envelope names them. */
  participant?: string;
  /** Whoever wrote it, by every name the envelope has. */
  author: Names;
  isOwn: boolean;
  timeMs: number;
  pushName?: string | undefined;
  message: proto.IMessage;
}

/** What has to be known besides. */
export interface Facts {
  self: Names;
  /** Adds the other name of a person, if we were ever told. */
  complete: (names: Names) => Names;
  /** Whether a message with that id left through us. */
  isSent: (id: string) => boolean;
  title: string | undefined;
  connectedAtMs: number;
  isSelfChat: boolean;
}

/** Why a message is no event. */
export type DropReason = "own message" | "sent by us" | "not a chat" | "nobody's" | "nothing to tell";
export type Converted = { event: Inbound } | { drop: DropReason };

/** Older than this at the connection, a message waited for us (channels: strangers are not told anything for it). */
const BACKLOG_MS = 30_000;

/** `REVOKE` and `MESSAGE_EDIT` of the library's protocol file, which is not loaded here. */
const REVOKE = 0;
const MESSAGE_EDIT = 14;

/** Converts. What is deleted, edited or reacted to is named by the id it had as a message. */
export function convert(received: Received, facts: Facts): Converted {
  const author = facts.complete(received.author);
  const person = personOf(author);
  if (person === undefined) return { drop: "nobody's" };
  const chat = chatOf(received, author, facts);
  if (chat === undefined) return { drop: "not a chat" };
  if (received.isOwn) {
    if (facts.isSent(received.id)) return { drop: "sent by us" };
    if (!facts.isSelfChat || chat.id !== personOf(facts.self)?.id) return { drop: "own message" };
  }
  const message = unwrap(received.message);
  const rest = bodyOf({ ...received, message }, { author, person }, facts);
  if (rest === undefined) return { drop: "nothing to tell" };
  const { pushName, timeMs } = received;
  const event: Inbound = {
    // By the linked id where it is known: the same message may come first without, then with a number.
    eventId: [chat.id, author.lid ?? person.id, received.id].join("/"),
    chat: { ...chat, ...(facts.title === undefined ? {} : { title: facts.title }) },
    sender: {
      id: person.id,
      ...(person.altIds.length > 0 ? { altIds: person.altIds } : {}),
      ...(pushName ? { name: pushName } : {}),
    },
    timeMs,
    ...rest,
  };
  // The owner, who writes to the own number, is no stranger who waits to be told anything.
  if (received.isOwn || timeMs < facts.connectedAtMs - BACKLOG_MS) event.isBacklog = true;
  return { event };
}

function chatOf({ chat, isOwn }: Received, author: Names, facts: Facts): ChatRef | undefined {
  const { kind } = parseJid(chat);
  if (kind === "group") return { kind: "group", id: chat };
  if (kind === "other") return undefined;
  const other = personOf(isOwn ? facts.complete(namesOf(chat)) : author);
  return other && { kind: "direct", id: other.id };
}

type Body = Pick<Inbound, "type" | "messageId"> & Partial<Inbound>;

interface Author {
  author: Names;
  person: Person;
}

function bodyOf(received: Received, by: Author, facts: Facts): Body | undefined {
  const { message } = received;
  const { reactionMessage, protocolMessage } = message;
  if (reactionMessage?.key) {
    const messageId = targetOf(reactionMessage.key, received, by, facts);
    const emoji = reactionMessage.text ?? "";
    return messageId === undefined
      ? undefined
      : { type: "reaction", messageId, reaction: { emoji, isRemoved: emoji === "" } };
  }
  if (protocolMessage?.key) {
    const messageId = targetOf(protocolMessage.key, received, by, facts);
    if (messageId === undefined) return undefined;
    if (protocolMessage.type === REVOKE) return { type: "delete", messageId };
    const content = protocolMessage.editedMessage && contentOf(unwrap(protocolMessage.editedMessage));
    if (protocolMessage.type !== MESSAGE_EDIT || !content) return undefined;
    return { type: "edit", messageId, ...contentFields(content, facts) };
  }
  const content = contentOf(message);
  if (content === undefined || (content.text === undefined && content.media === undefined)) return undefined;
  const messageId = encodeMessageId(received.id, received.isOwn ? "self" : by.person);
  return { type: "message", messageId, ...contentFields(content, facts) };
}

function contentFields(content: Content, facts: Facts): Partial<Inbound> {
  const { text, media, context } = content;
  const quote = quoteOf(context, facts);
  return {
    mentionsSelf: mentionsSelf(content, facts),
    ...(text === undefined ? {} : { text }),
    ...(media === undefined ? {} : { media: [media] }),
    ...(quote === undefined ? {} : { quote }),
  };
}

/** The id of the message an event is about. Its key says who wrote it as seen by whoever caused the event. */
function targetOf(key: proto.IMessageKey, received: Received, by: Author, facts: Facts): string | undefined {
  if (!key.id) return undefined;
  if (key.fromMe) return encodeMessageId(key.id, received.isOwn ? "self" : by.person);
  // Without a participant it is a direct chat, where what is not theirs is ours.
  const author = facts.complete(namesOf(key.participant));
  const person = personOf(author);
  if (person === undefined || isSamePerson(author, facts.self)) return encodeMessageId(key.id, "self");
  return encodeMessageId(key.id, person);
}

function quoteOf(context: proto.IContextInfo | null | undefined, facts: Facts): Inbound["quote"] {
  if (!context?.stanzaId || !context.participant) return undefined;
  const author = facts.complete(namesOf(context.participant));
  const person = personOf(author);
  if (person === undefined) return undefined;
  const isSelf = isSamePerson(author, facts.self);
  const text = context.quotedMessage ? contentOf(unwrap(context.quotedMessage))?.text : undefined;
  return {
    messageId: encodeMessageId(context.stanzaId, isSelf ? "self" : person),
    // Where the owner writes as the same person, only what left through us is ours.
    isOfSelf: isSelf && (!facts.isSelfChat || facts.isSent(context.stanzaId)),
    ...(text === undefined ? {} : { text }),
    ...(isSelf ? {} : { senderName: person.id }),
  };
}

function mentionsSelf({ text, context }: Content, { self, complete, isSelfChat }: Facts): boolean {
  // With the owner's own number a mention means the owner.
  if (isSelfChat) return false;
  const isNamed = (context?.mentionedJid ?? []).some((jid) => isSamePerson(complete(namesOf(jid)), self));
  const number = self.phone === undefined ? undefined : parseJid(self.phone).user;
  return isNamed || (number !== undefined && new RegExp(`@\\+?${number}(?!\\d)`).test(text ?? ""));
}
