/** The file of a message, if it carries one: kind, handle and what the network says about it. Pure. */
import type { Message } from "grammy/types";
import type { InboundMedia } from "../contract.ts";

interface File {
  file_id: string;
  file_size?: number;
  mime_type?: string;
  file_name?: string;
}

/** Finds the file. `file_id` fetches it for as long as the network keeps it, also after a restart. */
export function mediaOf(message: Message): InboundMedia | undefined {
  const { photo, animation, video, video_note, audio, voice, document, sticker } = message;
  const largest = photo?.toSorted((one, other) => one.width * one.height - other.width * other.height).at(-1);
  if (largest) return fileOf("image", largest, "image/jpeg");
  // An animation is announced as a document too.
  if (animation) return fileOf("video", animation, "video/mp4");
  if (video) return fileOf("video", video, "video/mp4");
  if (video_note) return fileOf("video", video_note, "video/mp4");
  if (voice) return fileOf("voice", voice, "audio/ogg");
  if (audio) return fileOf("audio", audio);
  if (document) return fileOf("document", document);
  if (sticker && !sticker.is_animated && !sticker.is_video) return fileOf("sticker", sticker, "image/webp");
  return undefined;
}

function fileOf(kind: InboundMedia["kind"], file: File, usualType?: string): InboundMedia {
  const mimeType = file.mime_type ?? usualType;
  return {
    kind,
    handle: file.file_id,
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(file.file_size === undefined ? {} : { sizeBytes: file.file_size }),
    ...(file.file_name === undefined ? {} : { fileName: file.file_name }),
  };
}
