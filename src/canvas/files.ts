/**
 * Opens files below one folder and nothing else (threats T18): names by a strict pattern, no links anywhere on the
 * way, and what was opened is compared with what was checked, because the agent that writes here may swap it meanwhile.
 */
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";

/** A file that is open for reading; close the handle. */
export interface OpenFile {
  handle: FileHandle;
  /** Path below the root, with forward slashes. */
  name: string;
  sizeBytes: number;
  modifiedAtMs: number;
  /** Tells one state of the file from another. */
  tag: string;
}

/** What a path names: a file, a folder that should end in a slash, or nothing that is served. */
export type Found = { file: OpenFile } | { folder: true } | undefined;

/** Longest path; longer ones are no names of files. */
const MAX_PATH_CHARS = 1_024;
/** Names that are devices on some systems. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;
/** Opened without following a link at the end, and without waiting for a writer of a pipe. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The names on a path as it stands in an address, decoded once; undefined when it could be anything but a file. */
export function segmentsOf(path: string): string[] | undefined {
  if (path.length > MAX_PATH_CHARS) return undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined; // A broken escape names nothing.
  }
  const segments = decoded.split("/").filter((segment) => segment !== "");
  return segments.every(isName) ? segments : undefined;
}

/** Finds what a path of an address names below a folder. A folder stands for its `index.html`. */
export async function findFile(root: string, path: string): Promise<Found> {
  const segments = segmentsOf(path);
  if (segments === undefined) return undefined;
  const isFolder = path === "" || path.endsWith("/");
  try {
    const base = await realpath(root);
    const target = join(base, ...segments);
    const there = await lstat(target);
    if (there.isDirectory() && !isFolder && segments.length > 0)
      return (await isTrue(target)) ? { folder: true } : undefined;
    if (there.isDirectory()) return await openAt(base, [...segments, "index.html"]);
    return isFolder ? undefined : await openAt(base, segments);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function openAt(base: string, segments: readonly string[]): Promise<Found> {
  const target = join(base, ...segments);
  if (!(await isTrue(target))) return undefined;
  const handle = await open(target, FLAGS);
  try {
    const stat = await handle.stat();
    // A second name of the same file may lead to something private that was linked here.
    const isPlain = stat.isFile() && stat.nlink === 1;
    if (!isPlain || !(await isOpened(handle, target, stat))) {
      await handle.close();
      return undefined;
    }
    return {
      file: {
        handle,
        name: segments.join("/"),
        sizeBytes: stat.size,
        modifiedAtMs: stat.mtimeMs,
        tag: `${stat.ino.toString(36)}-${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}`,
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether the path leads through no link and is spelled as on the disk, where case may not matter. */
async function isTrue(target: string): Promise<boolean> {
  return (await realpath(target)).normalize() === target.normalize();
}

/** Whether what is open is what the path names. Linux says outright which file a handle is. */
async function isOpened(handle: FileHandle, target: string, opened: { dev: number; ino: number }): Promise<boolean> {
  const own = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (own !== undefined) return own === target;
  const named = await lstat(target);
  return named.dev === opened.dev && named.ino === opened.ino && (await isTrue(target));
}

function isName(segment: string): boolean {
  if (segment.startsWith(".") || segment.endsWith(".") || segment.endsWith(" ")) return false;
  return !/[\u0000-\u001f\u007f\\:*?"<>|]/.test(segment) && !DEVICE.test(segment);
}

/** Not there, not a folder on the way, a link at the end, not for us: all the same to who asks. */
function isMissing(error: unknown): boolean {
  const codes = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM", "ENAMETOOLONG", "ENXIO", "EINVAL", "EISDIR"];
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
