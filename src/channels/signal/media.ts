/** The files of a message: kind, handle and what the network says about them. Pure. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { parseJson } from "../../lib/json.ts";
import { validator } from "../../lib/validate.ts";
import { ChannelError, type InboundMedia } from "../contract.ts";
import { recipientOf } from "./address.ts";
import type { Attachment, DataMessage } from "./envelope.ts";

/** The chat a file came in by; the daemon asks for it when the file is fetched. */
export type Origin = { groupId: string } | { recipient: string };

/** The call that fetches a file. */
export interface Fetch {
  method: "getAttachment" | "getSticker";
  params: Record<string, unknown>;
}

/** Finds the files. Their handles hold for as long as the daemon keeps the files. */
export function mediaOf({ attachments = [], sticker }: DataMessage, origin: Origin): InboundMedia[] {
  const files = attachments.flatMap((attachment) => fileOf(attachment, origin));
  if (sticker === undefined) return files;
  const { packId, stickerId } = sticker;
  return [...files, { kind: "sticker", handle: JSON.stringify({ packId, stickerId }), mimeType: "image/webp" }];
}

function fileOf(attachment: Attachment, origin: Origin): InboundMedia[] {
  const { id, contentType, filename, size } = attachment;
  if (id === undefined) return [];
  const media: InboundMedia = {
    kind: kindOf(attachment),
    handle: JSON.stringify({ id, ...origin }),
    ...(contentType === undefined ? {} : { mimeType: contentType }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(filename === undefined ? {} : { fileName: filename }),
  };
  return [media];
}

function kindOf({ contentType = "", filename }: Attachment): InboundMedia["kind"] {
  const [family] = contentType.toLowerCase().split("/");
  if (family === "image" || family === "video") return family;
  // The daemon does not say what was recorded for the chat; such sound has no name.
  if (family === "audio") return filename === undefined ? "voice" : "audio";
  return "document";
}

const Id = Type.String({ minLength: 1, maxLength: 512 });
const handles = {
  group: validator(Strict({ id: Id, groupId: Id })),
  direct: validator(Strict({ id: Id, recipient: Id })),
  sticker: validator(Strict({ packId: Id, stickerId: Type.Integer({ minimum: 0 }) })),
};

/** The call behind a handle. */
export function fetchOf(handle: string): Fetch {
  const parsed = parseJson(handle);
  const value = parsed.ok ? parsed.value : undefined;
  if (handles.group.check(value)) return { method: "getAttachment", params: value };
  if (handles.direct.check(value))
    return { method: "getAttachment", params: { id: value.id, recipient: recipientOf(value.recipient) } };
  if (handles.sticker.check(value)) return { method: "getSticker", params: value };
  throw new ChannelError("rejected", "this is not the handle of a Signal file");
}
