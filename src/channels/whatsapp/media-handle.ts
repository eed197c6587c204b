/** What is kept of a file that came in, so that it can be fetched and read later. Pure. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { parseJson } from "../../lib/json.ts";
import { validator } from "../../lib/validate.ts";
import { ChannelError, type InboundMedia } from "../contract.ts";

/** How WhatsApp calls kinds of files where it derives their keys and where it keeps them. */
export type MediaClass = "Image" | "Video" | "Audio" | "Document";

/** The parts of a file's message that fetching it takes. */
export interface MediaFields {
  directPath?: string | null;
  url?: string | null;
  mediaKey?: Uint8Array | null;
  fileEncSha256?: Uint8Array | null;
  fileSha256?: Uint8Array | null;
}

/** A file somewhere at WhatsApp. The key opens this one file and nothing else. */
export interface MediaHandle {
  class: MediaClass;
  /** Path on WhatsApp's hosts. */
  path: string;
  mediaKey: Uint8Array;
  /** Digests of the file as it lies there and as it is; older clients leave them out. */
  sealedSha256?: Uint8Array;
  sha256?: Uint8Array;
}

/** The class of a kind of file. */
export function classOf(kind: InboundMedia["kind"]): MediaClass {
  if (kind === "image" || kind === "sticker") return "Image";
  if (kind === "video") return "Video";
  return kind === "document" ? "Document" : "Audio";
}

const Base64 = Type.String({ minLength: 4, maxLength: 256 });
const stored = validator(
  Strict({
    class: Type.Union([Type.Literal("Image"), Type.Literal("Video"), Type.Literal("Audio"), Type.Literal("Document")]),
    path: Type.String({ pattern: "^/", maxLength: 2048 }),
    mediaKey: Base64,
    sealedSha256: Type.Optional(Base64),
    sha256: Type.Optional(Base64),
  }),
);

/** The handle of a file; undefined when the message does not say how to get it. */
export function handleOf(kind: InboundMedia["kind"], fields: MediaFields): string | undefined {
  const { mediaKey, fileEncSha256, fileSha256 } = fields;
  const path = fields.directPath || pathOf(fields.url);
  if (!path || !mediaKey?.length) return undefined;
  return JSON.stringify({
    class: classOf(kind),
    path,
    mediaKey: base64(mediaKey),
    ...(fileEncSha256?.length ? { sealedSha256: base64(fileEncSha256) } : {}),
    ...(fileSha256?.length ? { sha256: base64(fileSha256) } : {}),
  });
}

/** The parts of a handle that {@link handleOf} made. Throws `rejected`. */
export function parseHandle(handle: string): MediaHandle {
  const parsed = parseJson(handle);
  const value = parsed.ok ? parsed.value : undefined;
  if (!stored.check(value)) throw new ChannelError("rejected", "this is not the handle of a WhatsApp file");
  const { path, mediaKey, sealedSha256, sha256 } = value;
  return {
    class: value.class,
    path,
    mediaKey: Buffer.from(mediaKey, "base64"),
    ...(sealedSha256 === undefined ? {} : { sealedSha256: Buffer.from(sealedSha256, "base64") }),
    ...(sha256 === undefined ? {} : { sha256: Buffer.from(sha256, "base64") }),
  };
}

/** Only the path of an address is kept: whose host it names is the sender's choice, where we go is ours (threats T20). */
function pathOf(url: string | null | undefined): string | undefined {
  const parsed = url ? URL.parse(url) : null;
  return parsed === null || parsed.pathname === "/" ? undefined : parsed.pathname + parsed.search;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
