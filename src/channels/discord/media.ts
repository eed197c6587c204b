/** The files of a message: kind, handle, and what the network says about them; and where one is to be had. Pure. */
import type { APIAttachment, APIMessage, APIMessageSnapshotFields, APIStickerItem } from "discord-api-types/v10";
import { ChannelError, type InboundMedia } from "../contract.ts";

type Content = Pick<APIMessage | APIMessageSnapshotFields, "attachments" | "sticker_items">;

/** A handle, taken apart. */
export type Handle =
  | { kind: "attachment"; channelId: string; messageId: string; attachmentId: string }
  | { kind: "sticker"; stickerId: string; extension: "png" | "gif" };

/** The files of a message and of what it passes on. Their addresses expire, so that a handle names the message. */
export function mediaOf(message: APIMessage): InboundMedia[] {
  return partsOf(message).flatMap(({ attachments = [], sticker_items = [] }) => [
    ...attachments.map((attachment) => fromAttachment(attachment, message)),
    ...sticker_items.flatMap(fromSticker),
  ]);
}

/** Where a file is now, according to its message. */
export function findAttachment(message: APIMessage, attachmentId: string): APIAttachment | undefined {
  return partsOf(message)
    .flatMap(({ attachments = [] }) => attachments)
    .find(({ id }) => id === attachmentId);
}

/** Reads a handle; throws `rejected` when it is none of ours. */
export function parseHandle(handle: string): Handle {
  const [, channelId, messageId, attachmentId] = /^(\d+)\/(\d+)\/(\d+)$/.exec(handle) ?? [];
  if (channelId !== undefined && messageId !== undefined && attachmentId !== undefined)
    return { kind: "attachment", channelId, messageId, attachmentId };
  const [, stickerId, extension] = /^sticker\/(\d+)\.(png|gif)$/.exec(handle) ?? [];
  if (stickerId === undefined) throw new ChannelError("rejected", "there is no such file");
  return { kind: "sticker", stickerId, extension: extension === "gif" ? "gif" : "png" };
}

/** The message itself and the ones it passes on, which are copies inside it. */
function partsOf(message: APIMessage): Content[] {
  return [message, ...(message.message_snapshots ?? []).map((snapshot) => snapshot.message)];
}

/** The flag of a message that was recorded in the app. */
const VOICE_MESSAGE = 1 << 13;

function fromAttachment(attachment: APIAttachment, message: APIMessage): InboundMedia {
  const { id, content_type: mimeType, size, filename } = attachment;
  const isVoice = ((message.flags ?? 0) & VOICE_MESSAGE) !== 0;
  return {
    kind: isVoice ? "voice" : kindOf(mimeType ?? ""),
    handle: `${message.channel_id}/${message.id}/${id}`,
    sizeBytes: size,
    fileName: filename,
    ...(mimeType === undefined ? {} : { mimeType }),
  };
}

/** Formats of stickers: png, moving png, lottie, gif. Lottie is a program that draws, not a picture. */
const LOTTIE = 3;
const GIF = 4;

function fromSticker({ id, name, format_type: format }: APIStickerItem): InboundMedia[] {
  if (format === LOTTIE) return [];
  const extension = format === GIF ? "gif" : "png";
  const handle = `sticker/${id}.${extension}`;
  return [{ kind: "sticker", handle, mimeType: `image/${extension}`, fileName: `${name}.${extension}` }];
}

function kindOf(mimeType: string): InboundMedia["kind"] {
  const [group] = mimeType.split("/");
  return group === "image" || group === "audio" || group === "video" ? group : "document";
}
