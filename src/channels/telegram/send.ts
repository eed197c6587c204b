/** Sends one message: as HTML, and once more without markup if the network cannot read that. */
import {
  type Button,
  ChannelError,
  type ChatRef,
  type MessageRef,
  type Outbound,
  type OutboundMedia,
  type Poll,
  type Sent,
} from "../contract.ts";
import { type BotClient, callLimitMs } from "./client.ts";
import { GENERAL_TOPIC } from "./convert.ts";
import { isRefusal } from "./errors.ts";

const unreadableMarkup = /can't parse entities/i;
/** Pictures the network refuses as pictures but takes as files. */
const unfitPicture = /PHOTO_INVALID_DIMENSIONS|IMAGE_PROCESS_FAILED|PHOTO_EXT_INVALID/i;
const unchanged = /message is not modified/i;
const gone = /message to delete not found/i;

/** Sends. Every attempt after the first follows a refusal, so that no message can be there twice. */
export async function sendMessage(client: BotClient, message: Outbound, signal: AbortSignal): Promise<Sent> {
  const { media, poll } = message;
  if (poll !== undefined) return { messageIds: [String((await sendPoll(client, message, poll, signal)).message_id)] };
  if (media === undefined && !message.text) throw new ChannelError("rejected", "there is nothing to send");
  const send = async (form: Form, as: Upload | undefined): Promise<Sent> => {
    try {
      const sent =
        media && as
          ? await sendMedia(client, { message, media, as, form }, signal)
          : await sendText(client, message, form, signal);
      return { messageIds: [String(sent.message_id)] };
    } catch (error) {
      if (form === "html" && message.text && isRefusal(error, unreadableMarkup)) return send("plain", as);
      if (as === "photo" && isRefusal(error, unfitPicture)) return send(form, "document");
      throw error;
    }
  };
  return send("html", media && uploadOf(media));
}

/** Replaces the text of a message of ours; that it already reads so is success. */
export async function editMessage(
  client: BotClient,
  target: MessageRef,
  message: Outbound,
  signal: AbortSignal,
): Promise<void> {
  const place = { chat_id: chatIdOf(target.chat), message_id: Number(target.id) };
  const edit = (form: Form) =>
    client.call("editMessageText", { ...place, ...textOf(message, form), ...buttonsOf(message) }, { signal });
  try {
    await edit("html").catch((error: unknown) => {
      if (isRefusal(error, unreadableMarkup)) return edit("plain");
      throw error;
    });
  } catch (error) {
    if (!isRefusal(error, unchanged)) throw error;
  }
}

/** Deletes a message; that it is gone already is success. */
export async function removeMessage(client: BotClient, target: MessageRef, signal: AbortSignal): Promise<void> {
  try {
    await client.call("deleteMessage", { chat_id: chatIdOf(target.chat), message_id: Number(target.id) }, { signal });
  } catch (error) {
    if (!isRefusal(error, gone)) throw error;
  }
}

/** Sets our reaction; an empty emoji takes it away. */
export async function reactTo(
  client: BotClient,
  target: MessageRef,
  emoji: string,
  signal: AbortSignal,
): Promise<void> {
  // The network lists its emoji without the mark that asks for a coloured picture. Which it allows, it knows best.
  const bare = emoji.replaceAll("\ufe0f", "");
  const reaction = bare === "" ? [] : [{ type: "emoji", emoji: bare } as never];
  const place = { chat_id: chatIdOf(target.chat), message_id: Number(target.id) };
  await client.call("setMessageReaction", { ...place, reaction }, { signal });
}

/** Shows that we write. Unlike messages, this names the general topic. */
export async function showTyping(client: BotClient, chat: ChatRef, signal: AbortSignal): Promise<void> {
  const thread = chat.threadId === undefined ? {} : { message_thread_id: Number(chat.threadId) };
  await client.call("sendChatAction", { chat_id: chatIdOf(chat), action: "typing", ...thread }, { signal });
}

type Form = "html" | "plain";
/** What a file is sent as; each is also the name of its parameter. */
type Upload = "photo" | "animation" | "audio" | "voice" | "video" | "document";

function sendText(client: BotClient, message: Outbound, form: Form, signal: AbortSignal) {
  return client.call(
    "sendMessage",
    { ...placeOf(message), ...textOf(message, form), ...buttonsOf(message) },
    { signal },
  );
}

/** Shortest and longest time the network keeps a poll open. */
const MIN_POLL_SECONDS = 5;
const MAX_POLL_SECONDS = 2_628_000;

function sendPoll(client: BotClient, message: Outbound, poll: Poll, signal: AbortSignal) {
  const { question, options, maxSelections, durationMs } = poll;
  const seconds = Math.min(Math.max(Math.round((durationMs ?? 0) / 1000), MIN_POLL_SECONDS), MAX_POLL_SECONDS);
  const payload = {
    ...placeOf(message),
    question,
    options: options.map((text) => ({ text })),
    // It knows one answer or any number of them.
    ...(maxSelections > 1 ? { allows_multiple_answers: true } : {}),
    ...(durationMs === undefined ? {} : { open_period: seconds }),
  };
  return client.call("sendPoll", payload, { signal });
}

interface MediaPiece {
  message: Outbound;
  media: OutboundMedia;
  as: Upload;
  form: Form;
}

async function sendMedia(client: BotClient, { message, media, as, form }: MediaPiece, signal: AbortSignal) {
  const file = await client.upload(media.bytes, media.fileName);
  const { text: caption, ...mode } = textOf(message, form);
  const common = { ...placeOf(message), ...(caption === "" ? {} : { caption, ...mode }), ...buttonsOf(message) };
  const limits = { signal, ms: callLimitMs(media.bytes.length) };
  switch (as) {
    case "photo":
      return client.call("sendPhoto", { ...common, photo: file }, limits);
    case "animation":
      return client.call("sendAnimation", { ...common, animation: file }, limits);
    case "audio":
      return client.call("sendAudio", { ...common, audio: file }, limits);
    case "voice":
      return client.call("sendVoice", { ...common, voice: file }, limits);
    case "video":
      return client.call("sendVideo", { ...common, video: file }, limits);
    case "document":
      return client.call("sendDocument", { ...common, document: file }, limits);
  }
}

/** What the network plays or shows by itself; everything else arrives whole as a document. */
const playable: Readonly<Record<OutboundMedia["kind"], readonly [types: RegExp, as: Upload][]>> = {
  image: [
    [/^image\/gif$/, "animation"],
    [/^image\/(jpeg|png|webp)$/, "photo"],
  ],
  audio: [[/^audio\/(mpeg|mp3|mp4|m4a|x-m4a)$/, "audio"]],
  voice: [[/^audio\/(ogg|opus|mpeg|mp3|mp4|m4a|x-m4a)$/, "voice"]],
  video: [[/^video\/mp4$/, "video"]],
  document: [],
};

function uploadOf({ kind, mimeType }: OutboundMedia): Upload {
  const [bare = ""] = mimeType.toLowerCase().split(";");
  return playable[kind].find(([types]) => types.test(bare.trim()))?.[1] ?? "document";
}

function textOf({ text = "", plainText }: Outbound, form: Form): { text: string; parse_mode?: "HTML" } {
  return form === "html" ? { text, parse_mode: "HTML" } : { text: plainText ?? text };
}

/** Rows of buttons below the message; a press tells their value. */
function buttonsOf({ buttons = [] }: Outbound) {
  const rows = buttons.filter((row) => row.length > 0);
  if (rows.length === 0) return {};
  const toKey = ({ label, value }: Button) => ({ text: label, callback_data: value });
  return { reply_markup: { inline_keyboard: rows.map((row) => row.map(toKey)) } };
}

function placeOf({ chat, replyTo, isSilent }: Outbound) {
  const thread = chat.threadId === undefined || chat.threadId === GENERAL_TOPIC ? undefined : Number(chat.threadId);
  return {
    chat_id: chatIdOf(chat),
    ...(thread === undefined ? {} : { message_thread_id: thread }),
    ...(isSilent === true ? { disable_notification: true } : {}),
    // The message may have been deleted meanwhile; the answer is wanted all the same.
    ...(replyTo === undefined
      ? {}
      : { reply_parameters: { message_id: Number(replyTo), allow_sending_without_reply: true } }),
  };
}

function chatIdOf({ id }: ChatRef): number | string {
  return /^-?\d+$/.test(id) ? Number(id) : id;
}
