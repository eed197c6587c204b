/** Sends messages and what is about messages. A message's id is the time the daemon gave it, with us as the author. */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import { validator } from "../../lib/validate.ts";
import { ChannelError, type ChatRef, type MessageRef, type Outbound, type OutboundMedia } from "../contract.ts";
import { destinationOf, messageId, parseMessageId, recipientOf } from "./address.ts";
import { deliveriesOf, type SignalClient } from "./client.ts";
import { isDelivered, ofDeliveries } from "./errors.ts";

const sent = validator(Lenient({ timestamp: Type.Integer({ minimum: 1 }) }));

export interface Sender {
  client: SignalClient;
  account: string;
  /** Told how many of a group did not get a message that others got. */
  onPartial: (missed: number, all: number) => void;
}

/** Sends a message; resolves with its id. */
export async function sendMessage(sender: Sender, message: Outbound, signal: AbortSignal): Promise<string> {
  const { media, replyTo } = message;
  const text = message.text ?? "";
  if (media === undefined && text === "") throw new ChannelError("rejected", "there is nothing to send");
  if (media?.bytes.length === 0) throw new ChannelError("rejected", "the file is empty");
  const params = {
    ...destinationOf(message.chat),
    message: text,
    ...(media === undefined ? {} : { attachments: [dataUri(media)] }),
    ...(replyTo === undefined ? {} : quoteOf(replyTo)),
  };
  // Base64 makes four bytes of three.
  const uploadBytes = Math.ceil((media?.bytes.length ?? 0) / 3) * 4;
  const result = await sender.client.call("send", params, { signal, uploadBytes, creates: true });
  judge(sender, result, "unknown");
  if (!sent.check(result)) throw new ChannelError("transient", "signal-cli did not confirm the message", unknown);
  return messageId(result.timestamp, sender.account);
}

const unknown = { sent: "unknown" } as const;

/** Replaces the text of a message of ours. */
export async function editMessage(sender: Sender, target: MessageRef, message: Outbound, signal: AbortSignal) {
  const { timestamp } = parseMessageId(target.id);
  const params = { ...destinationOf(target.chat), message: message.text ?? "", editTimestamp: timestamp };
  judge(sender, await sender.client.call("send", params, { signal }), "no");
}

/** Deletes a message of ours for everybody. */
export async function removeMessage(sender: Sender, target: MessageRef, signal: AbortSignal): Promise<void> {
  const { timestamp } = parseMessageId(target.id);
  const params = { ...destinationOf(target.chat), targetTimestamp: timestamp };
  judge(sender, await sender.client.call("remoteDelete", params, { signal }), "no");
}

/** A person has one reaction to a message: taking it away names any emoji, because the daemon wants one. */
const ANY_EMOJI = "👍";

/** Sets our reaction; an empty emoji takes it away. */
export async function reactTo(sender: Sender, target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
  const { timestamp, author } = parseMessageId(target.id);
  const params = {
    ...destinationOf(target.chat),
    emoji: emoji || ANY_EMOJI,
    targetAuthor: recipientOf(author),
    targetTimestamp: timestamp,
    ...(emoji === "" ? { remove: true } : {}),
  };
  judge(sender, await sender.client.call("sendReaction", params, { signal }), "no");
}

/** Shows that we write; a message ends it. */
export async function showTyping({ client }: Sender, chat: ChatRef, signal: AbortSignal): Promise<void> {
  await client.call("sendTyping", destinationOf(chat), { signal });
}

/** Tells people that we read what they wrote; each hears of all their messages at once. */
export async function markRead({ client }: Sender, targets: readonly MessageRef[], signal: AbortSignal): Promise<void> {
  const messages = Map.groupBy(
    targets.map(({ id }) => parseMessageId(id)),
    ({ author }) => author,
  );
  for (const [author, written] of messages) {
    const targetTimestamp = written.map(({ timestamp }) => timestamp);
    await client.call("sendReceipt", { recipient: recipientOf(author), targetTimestamp, type: "read" }, { signal });
  }
}

function judge({ onPartial }: Sender, result: unknown, maybe: "no" | "unknown"): void {
  const all = deliveriesOf(result);
  const error = ofDeliveries(all, { sent: maybe });
  if (error !== undefined) throw error;
  const missed = all.filter((one) => !isDelivered(one)).length;
  if (missed > 0) onPartial(missed, all.length);
}

function quoteOf(replyTo: string): Record<string, unknown> {
  const { timestamp, author } = parseMessageId(replyTo);
  return { quoteTimestamp: timestamp, quoteAuthor: recipientOf(author) };
}

/** The file inside the call, so that the daemon may run on another machine. It knows one parameter, escaped. */
function dataUri({ mimeType, fileName, bytes }: OutboundMedia): string {
  const [bare = ""] = mimeType.split(";");
  const type = /^[\w.+-]+\/[\w.+-]+$/.test(bare.trim()) ? bare.trim() : "application/octet-stream";
  return `data:${type};filename=${encodeURIComponent(fileName)};base64,${Buffer.from(bytes).toString("base64")}`;
}
