/** Messages as the network wants them, out of ours. Pure: files are already at WhatsApp. */
import type { Outbound, OutboundMedia, Poll } from "../contract.ts";
import type { proto } from "./library.ts";
import type { Uploaded } from "./media.ts";
import { classOf, type MediaClass } from "./media-handle.ts";

type Context = proto.IContextInfo | undefined;

/** `REVOKE` and `MESSAGE_EDIT` of the library's protocol file, which is not loaded here. */
const REVOKE = 0;
const MESSAGE_EDIT = 14;

/** A text, with the message it quotes if any. */
export function textMessage(text: string, context: Context): proto.IMessage {
  return { extendedTextMessage: { text, ...withContext(context) } };
}

/** How a file is shown: pictures that phones do not show as such go as documents. */
export function shownAs({ kind, mimeType }: OutboundMedia): OutboundMedia["kind"] {
  const isPicture = /^image\/(jpeg|png|webp)\b/.test(mimeType);
  return kind === "image" && !isPicture ? "document" : kind;
}

/** Where the file of a message goes up. */
export function mediaClassOf(media: OutboundMedia): MediaClass {
  return classOf(shownAs(media));
}

/** Whether the caption goes with the file; sound has none, so that the text follows it. */
export function hasCaption(media: OutboundMedia): boolean {
  const kind = shownAs(media);
  return kind !== "audio" && kind !== "voice";
}

/** A file that is at WhatsApp. */
export function mediaMessage(
  media: OutboundMedia,
  file: Uploaded,
  { text }: Outbound,
  context: Context,
): proto.IMessage {
  const { mimeType, fileName } = media;
  const common = { ...file, mimetype: mimeType, ...withContext(context) };
  const caption = text && hasCaption(media) ? { caption: text } : {};
  switch (shownAs(media)) {
    case "image":
      return { imageMessage: { ...common, ...caption } };
    case "video":
      return { videoMessage: { ...common, ...caption, ...(isGif(fileName) ? { gifPlayback: true } : {}) } };
    case "document": {
      const documentMessage = { ...common, ...caption, fileName, title: fileName };
      return text ? { documentWithCaptionMessage: { message: { documentMessage } } } : { documentMessage };
    }
    default:
      return { audioMessage: { ...common, ...sound(media) } };
  }
}

/** A recording for the chat is Opus in Ogg; other sound would not play as one. */
function sound({ kind, mimeType }: OutboundMedia): proto.Message.IAudioMessage {
  const isOgg = /^(audio|application)\/(ogg|opus)\b/.test(mimeType);
  return kind === "voice" || isOgg ? { ptt: true, mimetype: "audio/ogg; codecs=opus" } : { ptt: false };
}

/** A short film without sound that repeats; it is one by its name only, because the network has no type for it. */
function isGif(fileName: string): boolean {
  return /\.gif(\.mp4)?$/i.test(fileName);
}

/** A poll; `secret` is what the votes will be encrypted with. */
export function pollMessage({ question, options, maxSelections }: Poll, secret: Uint8Array): proto.IMessage {
  const poll = {
    name: question,
    options: options.map((optionName) => ({ optionName })),
    selectableOptionsCount: maxSelections,
  };
  const messageContextInfo = { messageSecret: secret };
  return maxSelections === 1
    ? { messageContextInfo, pollCreationMessageV3: poll }
    : { messageContextInfo, pollCreationMessage: poll };
}

/** Replaces the text of a message of ours. */
export function editMessage(key: proto.IMessageKey, text: string, timeMs: number): proto.IMessage {
  const editedMessage = { extendedTextMessage: { text } };
  return { protocolMessage: { key, type: MESSAGE_EDIT, editedMessage, timestampMs: timeMs } };
}

/** Deletes a message for everybody. */
export function deleteMessage(key: proto.IMessageKey): proto.IMessage {
  return { protocolMessage: { key, type: REVOKE } };
}

/** Our one reaction to a message; an empty emoji takes it away. */
export function reactionMessage(key: proto.IMessageKey, emoji: string, timeMs: number): proto.IMessage {
  return { reactionMessage: { key, text: emoji, senderTimestampMs: timeMs } };
}

function withContext(context: Context): { contextInfo?: proto.IContextInfo } {
  return context === undefined ? {} : { contextInfo: context };
}
