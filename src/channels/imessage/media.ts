/** The files of a message: kind, handle and what is told about them. Pure. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { parseJson } from "../../lib/json.ts";
import { validator } from "../../lib/validate.ts";
import { ChannelError, type InboundMedia } from "../contract.ts";
import type { Attachment } from "./row.ts";

/** A file as its handle names it. */
export interface StoredFile {
  /** Where it is on the computer imsg runs on. */
  path: string;
  sizeBytes?: number;
}

/** Finds the files that are there. Their handles hold for as long as Messages keeps them. */
export function mediaOf(attachments: readonly Attachment[]): InboundMedia[] {
  return attachments.flatMap((attachment) => {
    const { original_path: path, total_bytes, missing } = attachment;
    const fileName = attachment.transfer_name || attachment.filename?.split("/").at(-1);
    // What a link shows in the app is a file too, and nobody's.
    const isPreview = path?.endsWith(".pluginPayloadAttachment") === true;
    if (!path || missing === true || isPreview) return [];
    const size = total_bytes && total_bytes > 0 ? { sizeBytes: total_bytes } : {};
    const media: InboundMedia = {
      kind: kindOf(attachment, fileName ?? ""),
      handle: JSON.stringify({ path, ...size }),
      ...(attachment.mime_type ? { mimeType: attachment.mime_type } : {}),
      ...size,
      ...(fileName ? { fileName } : {}),
    };
    return [media];
  });
}

function kindOf({ mime_type, uti, is_sticker }: Attachment, fileName: string): InboundMedia["kind"] {
  if (is_sticker === true) return "sticker";
  const [family] = (mime_type ?? "").toLowerCase().split("/");
  if (family === "image" || family === "video") return family;
  const isRecorded = uti === "com.apple.coreaudio-format" || /^Audio Message\.\w+$/.test(fileName);
  if (isRecorded) return "voice";
  return family === "audio" ? "audio" : "document";
}

const handleForm = validator(
  Strict({
    path: Type.String({ minLength: 1, maxLength: 4096 }),
    sizeBytes: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
);

/** The file behind a handle. */
export function parseHandle(handle: string): StoredFile {
  const parsed = parseJson(handle);
  if (!parsed.ok || !handleForm.check(parsed.value))
    throw new ChannelError("rejected", "this is not the handle of a file of Messages");
  return parsed.value;
}
