/**
 * Turns what the daemon tells of into the event every network has, or says why it is none. Pure: the same envelope gives
 * the same event, so that a delivery that comes again is recognised.
 */
import type { Inbound } from "../contract.ts";
import { messageId, personId } from "./address.ts";
import type { DataMessage, Envelope, Mention, Quote, Received } from "./envelope.ts";
import { mediaOf } from "./media.ts";

/** Who we are, as far as it is known. */
export interface Facts {
  account: string;
  uuid?: string | undefined;
}

/** Why an envelope is no event; counted and logged under these names. */
export type DropReason =
  | "for another account"
  | "could not be decrypted"
  | "no sender"
  | "own message"
  | "written on another device of ours"
  | "receipt"
  | "typing"
  | "call"
  | "story"
  | "content without text or file";

export type Converted = { event: Inbound } | { drop: DropReason };

/** Converts one delivery. */
export function convert({ account, envelope, exception }: Received, facts: Facts): Converted {
  if (account !== undefined && account !== facts.account) return { drop: "for another account" };
  if (exception !== undefined) return { drop: "could not be decrypted" };
  const { dataMessage, editMessage } = envelope;
  if (dataMessage === undefined && editMessage === undefined) return { drop: whyNoMessage(envelope) };
  const sender = senderOf(envelope);
  if (sender === undefined) return { drop: "no sender" };
  if (isSelf({ number: envelope.sourceNumber, uuid: envelope.sourceUuid, either: envelope.source }, facts))
    return { drop: "own message" };
  const message = (editMessage?.dataMessage ?? dataMessage)!;
  const frame = frameOf(envelope, message, sender);
  if (editMessage !== undefined) return fromEdit(message, editMessage.targetSentTimestamp, frame, facts);
  if (message.reaction) return fromReaction(message.reaction, frame);
  if (message.remoteDelete) {
    const deleted = messageId(message.remoteDelete.timestamp, sender.id);
    return { event: { ...frame, type: "delete", messageId: deleted } };
  }
  return fromMessage(message, frame, facts);
}

function whyNoMessage(envelope: Envelope): DropReason {
  if (envelope.syncMessage !== undefined) return "written on another device of ours";
  if (envelope.receiptMessage !== undefined) return "receipt";
  if (envelope.typingMessage !== undefined) return "typing";
  if (envelope.callMessage !== undefined) return "call";
  if (envelope.storyMessage !== undefined) return "story";
  return "content without text or file";
}

/** What every kind of event has. */
type Frame = Pick<Inbound, "eventId" | "chat" | "sender" | "timeMs">;

function frameOf(envelope: Envelope, { groupInfo }: DataMessage, sender: Inbound["sender"]): Frame {
  const title = groupInfo?.groupName;
  // The uuid is always told, the number is not: a repeat must have the same id.
  const author = envelope.sourceUuid?.toLowerCase() ?? sender.id;
  return {
    eventId: `${author}:${envelope.timestamp}`,
    chat: groupInfo
      ? { kind: "group", id: groupInfo.groupId, ...(title === undefined ? {} : { title }) }
      : { kind: "direct", id: sender.id },
    sender,
    timeMs: envelope.timestamp,
  };
}

function senderOf({ source, sourceNumber, sourceUuid, sourceName }: Envelope): Inbound["sender"] | undefined {
  const id = personId({ number: sourceNumber, uuid: sourceUuid, either: source });
  if (id === undefined) return undefined;
  return { id, ...(sourceName ? { name: sourceName } : {}) };
}

function fromMessage(message: DataMessage, frame: Frame, facts: Facts): Converted {
  const recipient = frame.chat.kind === "group" ? { groupId: frame.chat.id } : { recipient: frame.sender.id };
  const media = mediaOf(message, recipient);
  const text = textOf(message);
  if (text === undefined && media.length === 0) return { drop: "content without text or file" };
  const event: Inbound = {
    ...frame,
    type: "message",
    messageId: messageId(message.timestamp, frame.sender.id),
    mentionsSelf: (message.mentions ?? []).some(({ number, uuid }) => isSelf({ number, uuid }, facts)),
    ...(text === undefined ? {} : { text }),
    ...(media.length === 0 ? {} : { media }),
    ...(message.quote ? { quote: quoteOf(message.quote, facts) } : {}),
  };
  return { event };
}

function fromEdit(message: DataMessage, target: number, frame: Frame, facts: Facts): Converted {
  const converted = fromMessage(message, frame, facts);
  if ("drop" in converted) return converted;
  return { event: { ...converted.event, type: "edit", messageId: messageId(target, frame.sender.id) } };
}

function fromReaction(reaction: NonNullable<DataMessage["reaction"]>, frame: Frame): Converted {
  const { emoji, isRemove = false, targetSentTimestamp } = reaction;
  const author = personId({
    number: reaction.targetAuthorNumber,
    uuid: reaction.targetAuthorUuid,
    either: reaction.targetAuthor,
  });
  if (author === undefined) return { drop: "no sender" };
  const target = messageId(targetSentTimestamp, author);
  return { event: { ...frame, type: "reaction", messageId: target, reaction: { emoji, isRemoved: isRemove } } };
}

function quoteOf({ id, author, authorNumber, authorUuid, text }: Quote, facts: Facts): NonNullable<Inbound["quote"]> {
  const names = { number: authorNumber, uuid: authorUuid, either: author };
  const isOfSelf = isSelf(names, facts);
  // Ours are known by our number, which whoever quotes us may not see.
  const writer = isOfSelf ? facts.account : (personId(names) ?? "unknown");
  return { messageId: messageId(id, writer), isOfSelf, ...(text ? { text } : {}) };
}

/** The text with the names that its placeholders stand for, and captions below it. */
function textOf({ message = "", mentions = [], attachments = [] }: DataMessage): string | undefined {
  const captions = attachments.flatMap(({ caption }) => (caption ? [caption] : []));
  const text = [named(message, mentions), ...captions].filter((part) => part !== "").join("\n");
  return text === "" ? undefined : text;
}

function named(text: string, mentions: readonly Mention[]): string {
  const fromTheEnd = mentions.toSorted((one, other) => other.start - one.start);
  let end = text.length;
  let result = text;
  for (const { start, length, name, number, uuid } of fromTheEnd) {
    // Overlaps and places outside the text are somebody's invention.
    if (start + length > end) continue;
    end = start;
    result = `${result.slice(0, start)}@${name ?? number ?? uuid ?? "somebody"}${result.slice(start + length)}`;
  }
  return result;
}

function isSelf(
  { number, uuid, either }: { number?: string | undefined; uuid?: string | undefined; either?: string | undefined },
  facts: Facts,
): boolean {
  if (number === facts.account || either === facts.account) return true;
  const ours = facts.uuid?.toLowerCase();
  return ours !== undefined && (uuid?.toLowerCase() === ours || either?.toLowerCase() === ours);
}
