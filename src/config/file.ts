/** Reads and writes the config file as text: whole or not at all, and for its owner only. */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../lib/errors.ts";

/** Larger files are not read: nobody writes one by hand, and every reader would hold it in memory. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

/** What was found at the path: a text, nothing, or something that cannot be read as text. */
export type FoundText = { kind: "text"; text: string } | { kind: "none" } | { kind: "unreadable"; reason: string };

/** Reads the file. Never throws for what the outside does wrong. */
export async function readText(path: string): Promise<FoundText> {
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIG_BYTES) return { kind: "unreadable", reason: `is larger than ${MAX_CONFIG_BYTES} bytes` };
    return decode(await readFile(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { kind: "none" };
    return { kind: "unreadable", reason: `cannot be read: ${codeOf(error) ?? messageOf(error)}` };
  }
}

/**
 * Replaces the file by a text: written beside it, flushed, then renamed over it, so that a crash leaves the old or the
 * new one. A link is followed. A folder that is missing is created for the owner only.
 */
export async function writeText(path: string, text: string): Promise<void> {
  const target = await resolveLink(path);
  const folder = dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${target}.${process.pid}.tmp`;
  // Created anew and exclusively: a file left or planted there would keep its own owner, mode or destination.
  await rm(temporary, { force: true });
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushFolder(folder);
}

/** SHA-256 of a text in hex: what `baseHash` is compared with. */
export const hashOf = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

function decode(bytes: Uint8Array): FoundText {
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { kind: "unreadable", reason: "is not UTF-8 text" };
  }
}

async function resolveLink(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return path;
  }
}

/** Makes the rename itself durable; Windows has no such thing for folders. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
