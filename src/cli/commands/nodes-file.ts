/** Files that nodes send: written with the ending of what they really are, whatever the node or the caller calls them. */
import { statSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { isObject } from "../../client/frames.ts";
import { sniffKind } from "../../media/kinds.ts";
import type { Cli } from "../cli.ts";
import { CommandError } from "../exit-codes.ts";
import { cleanLine } from "../terminal.ts";

/** The option that says where a file goes. */
export const outArg = {
  type: "string",
  valueHint: "FILE",
  description: "where to write it, a file or a folder; the ending follows the format",
} as const;

/** Endings that mean the same. */
const alike: Readonly<Record<string, string>> = { jpeg: "jpg", m4v: "mp4", htm: "html" };
/** Endings of media: one of these that is wrong is replaced, others belong to the name. */
const mediaEndings = /^(?:jpe?g|png|gif|webp|heic|avif|mp4|m4v|mov|webm|ogg|mp3|wav|m4a|pdf|bin)$/i;

/** A file that was written. */
export interface Saved {
  path: string;
  bytes: number;
  mimeType: string;
}

/** Writes the file in a node's answer. `what` names it when nobody says where it goes. */
export function saveFile(payload: unknown, { what, out }: { what: string; out: string | undefined }, cli: Cli): Saved {
  const base64 = isObject(payload) ? payload["base64"] : undefined;
  if (typeof base64 !== "string" || !base64) throw new CommandError("failed", "the node sent no file");
  const bytes = Buffer.from(base64, "base64");
  const { extension, mimeType } = sniffKind(bytes) ?? { extension: "bin", mimeType: "application/octet-stream" };
  const path = pathFor(out ?? ".", { what, extension, nowMs: cli.io.clock.now() });
  try {
    writeFileSync(path, bytes, { mode: 0o600 });
  } catch (cause) {
    throw new CommandError("failed", `cannot write ${cleanLine(path)}: give another place with --out`, { cause });
  }
  return { path, bytes: bytes.byteLength, mimeType };
}

/** Prints where it is, with what else the node said. */
export function printSaved(saved: Saved, payload: unknown, cli: Cli): void {
  const { base64: _bytes, ...rest } = isObject(payload) ? payload : {};
  cli.print({ ...rest, ...saved }, () => `${cleanLine(saved.path)} (${saved.mimeType}, ${saved.bytes} bytes)`);
}

function pathFor(out: string, { what, extension, nowMs }: { what: string; extension: string; nowMs: number }): string {
  if (/[/\\]$/.test(out) || statSync(out, { throwIfNoEntry: false })?.isDirectory()) {
    const stamp = new Date(nowMs).toISOString().slice(0, 23).replaceAll(/[:.]/g, "-");
    return resolve(join(out, `${what}-${stamp}.${extension}`));
  }
  const given = extname(out).slice(1).toLowerCase();
  if ((alike[given] ?? given) === extension) return resolve(out);
  const stem = mediaEndings.test(given) ? out.slice(0, -(given.length + 1)) : out;
  return resolve(`${stem}.${extension}`);
}
