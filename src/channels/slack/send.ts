/** Sends one message, and does what can be done with one. */
import { ChannelError, type ChatRef, type MessageRef, type Outbound, type Sent } from "../contract.ts";
import { blocksOf } from "./blocks.ts";
import type { WebApi } from "./client.ts";
import { emojiName } from "./emoji.ts";
import { isRefusal } from "./errors.ts";
import { listAt, objectAt, textAt } from "./json.ts";

/** Sends. Answering a message is writing into its thread, which begins with that message if there is none. */
export async function sendMessage(api: WebApi, message: Outbound, signal: AbortSignal): Promise<Sent> {
  const { media, text } = message;
  if (media === undefined && !text) throw new ChannelError("rejected", "there is nothing to send");
  const channel = await channelOf(api, message.chat, signal);
  const threadTs = message.chat.threadId ?? message.replyTo;
  const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
  if (media !== undefined) return sendFile(api, message, { channel, thread }, signal);
  // Previews make the network fetch whatever address a text holds; a text may have been talked into holding one.
  const options = { unfurl_links: false, unfurl_media: false };
  const blocks = blocksOf(message);
  const shown = blocks.length === 0 ? { text } : { text, blocks };
  const { ts } = await api.call("chat.postMessage", { channel, ...shown, ...thread, ...options }, { signal });
  return { messageIds: ts === undefined ? [] : [ts] };
}

/** Replaces the text of a message of ours. */
export async function editMessage(
  api: WebApi,
  target: MessageRef,
  message: Outbound,
  signal: AbortSignal,
): Promise<void> {
  const channel = await channelOf(api, target.chat, signal);
  // What has buttons keeps them unless it is told that it has none.
  const content = { text: message.text ?? "", blocks: blocksOf(message) };
  await api.call("chat.update", { channel, ts: messageTs(target), ...content }, { signal });
}

/** Deletes a message of ours, or a file; that it is gone already is success. */
export async function removeMessage(api: WebApi, target: MessageRef, signal: AbortSignal): Promise<void> {
  try {
    if (isFileId(target.id)) await api.call("files.delete", { file: target.id }, { signal });
    else {
      const channel = await channelOf(api, target.chat, signal);
      await api.call("chat.delete", { channel, ts: target.id }, { signal });
    }
  } catch (error) {
    if (!isRefusal(error, "message_not_found", "file_not_found", "file_deleted")) throw error;
  }
}

/** Adds our reaction; an empty emoji takes all of ours away. */
export async function reactTo(
  api: WebApi,
  { target, emoji, selfUserId }: { target: MessageRef; emoji: string; selfUserId: () => Promise<string> },
  signal: AbortSignal,
): Promise<void> {
  const place = { channel: await channelOf(api, target.chat, signal), timestamp: messageTs(target) };
  if (emoji !== "") {
    const name = emojiName(emoji);
    if (name === undefined) throw new ChannelError("rejected", "Slack's name of this emoji is not known here");
    return ignoring("already_reacted", api.call("reactions.add", { ...place, name }, { signal }));
  }
  const { message } = await api.call("reactions.get", { ...place, full: true }, { signal });
  const self = await selfUserId();
  for (const { name = "", users = [] } of message?.reactions ?? [])
    if (users.includes(self))
      await ignoring("no_reaction", api.call("reactions.remove", { ...place, name }, { signal }));
}

/** Where it goes: a chat, or a direct message to a person, which has an id of its own. */
async function channelOf(api: WebApi, { id }: ChatRef, signal: AbortSignal): Promise<string> {
  if (!/^[UW]/.test(id)) return id;
  const { channel } = await api.call("conversations.open", { users: id }, { signal });
  if (channel?.id === undefined) throw new ChannelError("rejected", "Slack opens no direct message with this person");
  return channel.id;
}

interface Place {
  channel: string;
  thread: { thread_ts?: string };
}

/** Three steps: a place for the bytes, the bytes, and the message. Only the last is seen by anybody. */
async function sendFile(
  api: WebApi,
  { media, text }: Outbound,
  { channel, thread }: Place,
  signal: AbortSignal,
): Promise<Sent> {
  const { fileName, bytes } = media!;
  const named = { filename: fileName, length: bytes.length };
  const { upload_url, file_id } = await api.call("files.getUploadURLExternal", named, { signal });
  if (upload_url === undefined || file_id === undefined)
    throw new ChannelError("transient", "Slack names no place for the file");
  await api.upload(upload_url, bytes, signal);
  const files = [{ id: file_id, title: fileName }];
  const comment = text ? { initial_comment: text } : {};
  const done = await api.call(
    "files.completeUploadExternal",
    { files, channel_id: channel, ...thread, ...comment },
    { signal },
  );
  const shares = objectAt({ ...done.files?.[0] }, "shares");
  const shared = ["public", "private"].flatMap((kind) => listAt(objectAt(shares, kind), channel));
  const ts = shared[0] && textAt(shared[0], "ts");
  // The network shares the file a moment later and mostly does not tell the message's id; the file's is known.
  return { messageIds: [ts ?? file_id] };
}

const isFileId = (id: string): boolean => id.startsWith("F");

function messageTs({ id }: MessageRef): string {
  if (isFileId(id)) throw new ChannelError("rejected", "Slack does not tell which message a file became");
  return id;
}

async function ignoring(word: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isRefusal(error, word)) throw error;
  }
}
