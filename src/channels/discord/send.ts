/** Sends one message, and does what can be done with one. */
import { createHash } from "node:crypto";
import type { APIMessage, APIReaction } from "discord-api-types/v10";
import {
  type Button,
  ChannelError,
  type ChatRef,
  type MessageRef,
  type Outbound,
  type Poll,
  type Sent,
} from "../contract.ts";
import type { RestApi } from "./client.ts";
import type { Directory } from "./directory.ts";
import { codes, isRefusal, PUBLISH } from "./errors.ts";

/** Where calls go. */
export interface Outlet {
  api: RestApi;
  directory: Directory;
}

/** The flag of a message that makes no sound. */
const SILENT = 1 << 12;
const MAX_NONCE = 25;
const MAX_LABEL = 80;
/** The network's own limits of a poll. */
const MAX_POLL_HOURS = 768;
const HOUR_MS = 3_600_000;

/** Whom a text may call: the people it names, and never everybody or a role, whatever it was talked into saying. */
const calls = { parse: ["users"], replied_user: false };

/** Sends. The network drops a second message with the same nonce, for some minutes. */
export async function sendMessage(outlet: Outlet, message: Outbound, signal: AbortSignal): Promise<Sent> {
  const { text, media, poll, chat } = message;
  if (media === undefined && poll === undefined && !text)
    throw new ChannelError("rejected", "there is nothing to send");
  const body = bodyOf(message);
  const file = media && { name: media.fileName, data: Buffer.from(media.bytes), contentType: media.mimeType };
  const sent = await inChannel(outlet, chat, signal, (channelId) =>
    outlet.api.call<APIMessage>(
      {
        name: PUBLISH,
        method: "POST",
        route: `/channels/${channelId}/messages`,
        body,
        ...(file === undefined ? {} : { files: [file] }),
      },
      { signal },
    ),
  );
  return { messageIds: [sent.id] };
}

/** Replaces the text of a message of ours. */
export async function editMessage(
  outlet: Outlet,
  target: MessageRef,
  { text = "", buttons }: Outbound,
  signal: AbortSignal,
): Promise<void> {
  const components = buttons === undefined ? {} : { components: buttons.map(rowOf) };
  const body = { content: text, allowed_mentions: calls, ...components };
  await onMessage(outlet, target, signal, { name: "edit message", method: "PATCH", body });
}

/** Deletes a message; that it is gone already is success. */
export async function removeMessage(outlet: Outlet, target: MessageRef, signal: AbortSignal): Promise<void> {
  try {
    await onMessage(outlet, target, signal, { name: "delete message", method: "DELETE" });
  } catch (error) {
    if (!isRefusal(error, codes.unknownMessage)) throw error;
  }
}

/** Adds our reaction; an empty emoji takes all of ours away. */
export async function reactTo(outlet: Outlet, target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
  const reaction = (name: string) => `/reactions/${encodeURIComponent(name)}/@me`;
  if (emoji !== "") {
    // As a text names it, or as the network does: with its id, or as itself.
    const name = /^<?a?:?(\w+:\d+)>?$/.exec(emoji)?.[1] ?? emoji;
    await onMessage(outlet, target, signal, { name: "add reaction", method: "PUT", rest: reaction(name) });
    return;
  }
  const message = await onMessage<APIMessage>(outlet, target, signal, { name: "get message", method: "GET" });
  const ours = (message.reactions ?? []).filter(({ me }: APIReaction) => me);
  for (const { emoji: one } of ours) {
    const name = one.id ? `${one.name ?? "emoji"}:${one.id}` : (one.name ?? "");
    await onMessage(outlet, target, signal, { name: "remove reaction", method: "DELETE", rest: reaction(name) });
  }
}

/** Shows that we write, for ten seconds or until we have. */
export async function showTyping({ api, directory }: Outlet, chat: ChatRef, signal: AbortSignal): Promise<void> {
  const channelId = await directory.channelIdOf(chat, signal);
  await api.call({ name: "show typing", method: "POST", route: `/channels/${channelId}/typing` }, { signal });
}

/** The short form of a piece's key that the network takes; the same in every attempt. */
function nonceOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, MAX_NONCE);
}

function bodyOf({ text = "", media, poll, buttons, isSilent, replyTo, key }: Outbound) {
  return {
    ...(text === "" ? {} : { content: text }),
    nonce: nonceOf(key),
    enforce_nonce: true,
    allowed_mentions: calls,
    ...(media === undefined ? {} : { attachments: [{ id: 0, filename: media.fileName }] }),
    ...(poll === undefined ? {} : { poll: pollOf(poll) }),
    ...(buttons === undefined ? {} : { components: buttons.map(rowOf) }),
    ...(isSilent ? { flags: SILENT } : {}),
    // The message may have been deleted meanwhile; the answer is wanted all the same.
    ...(replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
  };
}

function pollOf({ question, options, maxSelections, durationMs }: Poll) {
  const hours = durationMs === undefined ? {} : { duration: Math.ceil(durationMs / HOUR_MS) };
  return {
    question: { text: question },
    answers: options.map((text) => ({ poll_media: { text } })),
    allow_multiselect: maxSelections > 1,
    ...("duration" in hours ? { duration: Math.min(Math.max(hours.duration, 1), MAX_POLL_HOURS) } : {}),
  };
}

function rowOf(row: Button[]) {
  const components = row.map(({ label, value }) => ({
    type: 2,
    style: 2,
    label: [...label].slice(0, MAX_LABEL).join(""),
    custom_id: value,
  }));
  return { type: 1, components };
}

interface MessageCall {
  name: string;
  method: "GET" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** What follows the message in the route. */
  rest?: string;
}

function onMessage<T>(
  outlet: Outlet,
  target: MessageRef,
  signal: AbortSignal,
  { rest = "", ...call }: MessageCall,
): Promise<T> {
  return inChannel(outlet, target.chat, signal, (channelId) =>
    outlet.api.call<T>({ ...call, route: `/channels/${channelId}/messages/${target.id}${rest}` }, { signal }),
  );
}

/** Works in the chat's channel. A direct one that is not there any more is opened anew, once. */
async function inChannel<T>(
  { directory }: Outlet,
  chat: ChatRef,
  signal: AbortSignal,
  work: (channelId: string) => Promise<T>,
): Promise<T> {
  const channelId = await directory.channelIdOf(chat, signal);
  try {
    return await work(channelId);
  } catch (error) {
    if (chat.kind !== "direct" || !isRefusal(error, codes.unknownChannel)) throw error;
    directory.forgetDirect(chat.id);
    return work(await directory.channelIdOf(chat, signal));
  }
}
