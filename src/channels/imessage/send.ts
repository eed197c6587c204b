/** Sends messages and what is about messages. A message's id is its guid, where imsg tells it. */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import { validator } from "../../lib/validate.ts";
import { ChannelError, type ChatRef, type MessageRef, type Outbound } from "../contract.ts";
import { destinationOf } from "./address.ts";
import { withFile } from "./files.ts";
import type { Call } from "./rpc.ts";

/** imsg itself waits up to eight seconds to see a file in its chat, and messages wait for one another. */
const SEND_MS = 30_000;

export interface Sender {
  call(method: string, params: Record<string, unknown>, options: Call): Promise<unknown>;
  service: "auto" | "imessage" | "sms";
  region: string | undefined;
  /** Whether answers may quote. */
  hasReplies: boolean;
  /** Whether files of this computer are none of the one imsg runs on. */
  isRemote: boolean;
}

const sent = validator(
  Lenient({
    id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
    guid: Type.Optional(Type.String()),
    message_id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
    ok: Type.Optional(Type.Boolean()),
  }),
);

/** What begins an id that is made up here, because imsg told none. Nothing can be done with such a message. */
const MADE_UP = "key:";

/** Sends a message; resolves with its id. */
export async function sendMessage(sender: Sender, message: Outbound, signal: AbortSignal): Promise<string> {
  const { chat, media, replyTo } = message;
  const text = message.text ?? "";
  if (media === undefined && text === "") throw new ChannelError("rejected", "there is nothing to send");
  if (media?.bytes.length === 0) throw new ChannelError("rejected", "the file is empty");
  if (media !== undefined && sender.isRemote)
    throw new ChannelError("rejected", "files cannot be sent through imsg on another computer (remoteHost)");
  const params = {
    ...destinationOf(chat),
    ...(text === "" ? {} : { text }),
    ...(chat.kind === "direct" ? { service: sender.service } : {}),
    ...(chat.kind === "direct" && sender.region !== undefined ? { region: sender.region } : {}),
    ...(replyTo !== undefined && sender.hasReplies && !isMadeUp(replyTo) ? { reply_to: replyTo } : {}),
  };
  const send = (file: { file?: string }) =>
    sender.call("send", { ...params, ...file }, { signal, ms: SEND_MS, creates: true });
  const result = media === undefined ? await send({}) : await withFile(media, (path) => send({ file: path }));
  return idOf(result) ?? `${MADE_UP}${message.key}`;
}

/** The id an answer tells: the guid, which everything else goes by, else what older versions tell. */
function idOf(result: unknown): string | undefined {
  if (!sent.check(result)) throw notConfirmed();
  if (result.ok === false) throw notConfirmed();
  const id = result.guid || result.message_id || result.id;
  return id === undefined || id === "" ? undefined : String(id);
}

function notConfirmed(): ChannelError {
  return new ChannelError("transient", "imsg did not confirm the message", { sent: "unknown" });
}

const isMadeUp = (id: string): boolean => id.startsWith(MADE_UP);

/** The chat and the message, as the calls of the bridge take them. */
function targetOf({ chat, id }: MessageRef): Record<string, unknown> {
  if (isMadeUp(id)) throw new ChannelError("rejected", "imsg did not tell which message this became");
  return { ...destinationOf(chat, true), message_guid: id };
}

/** Replaces the text of a message of ours. */
export async function editMessage(sender: Sender, target: MessageRef, message: Outbound, signal: AbortSignal) {
  const text = message.plainText ?? message.text ?? "";
  if (text === "") throw new ChannelError("rejected", "there is nothing to send");
  await sender.call("message.edit", { ...targetOf(target), text }, { signal });
}

/** Takes a message of ours back. */
export async function removeMessage(sender: Sender, target: MessageRef, signal: AbortSignal): Promise<void> {
  await sender.call("message.unsend", targetOf(target), { signal });
}

/** The six every version knows by name. */
const classic: Readonly<Record<string, string>> = {
  "❤": "love",
  "👍": "like",
  "👎": "dislike",
  "😂": "laugh",
  "‼": "emphasis",
  "❓": "question",
};

/** Sets our reaction. Which one is there is not told, so that it cannot be taken away without its emoji. */
export async function reactTo(sender: Sender, target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
  if (emoji === "") throw new ChannelError("rejected", "a reaction in Messages cannot be taken away without its emoji");
  const kind = classic[emoji.replaceAll("\uFE0F", "")];
  await sender.call("tapback", { ...targetOf(target), ...(kind ? { reaction: kind } : { emoji }) }, { signal });
}

/** Shows that we write; a message ends it. */
export async function showTyping({ call }: Sender, chat: ChatRef, signal: AbortSignal): Promise<void> {
  await call("typing", { ...destinationOf(chat), typing: true }, { signal });
}

/** Marks chats as read, each once; Messages knows no smaller thing. */
export async function markRead({ call }: Sender, targets: readonly MessageRef[], signal: AbortSignal): Promise<void> {
  const chats = new Map(targets.map(({ chat }) => [chat.id, chat]));
  for (const chat of chats.values()) await call("read", destinationOf(chat), { signal });
}
