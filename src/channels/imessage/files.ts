/**
 * Files on this computer. What comes in is read from where Messages keeps it and from nowhere else, whatever path is told
 * (threats T16, T18); what goes out is put where nobody else can read it, for as long as it takes.
 */
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdtemp, open, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join, normalize, sep } from "node:path";
import { ChannelError, type OutboundMedia } from "../contract.ts";

/** Reads a regular file below `root`, of at most `maxBytes`. Throws `rejected` for anything else. */
export async function readBelow(root: string, path: string, maxBytes: number): Promise<Uint8Array> {
  if (!isBelow(root, path)) throw notThere();
  let file: FileHandle | undefined;
  try {
    // Not through a link, and without waiting for a pipe that nobody writes to.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const opened = await file.stat();
    if (!opened.isFile() || !(await isReallyBelow(root, path, opened))) throw notThere();
    if (opened.size > maxBytes) throw tooLarge();
    return await readAtMost(file, maxBytes);
  } catch (error) {
    if (error instanceof ChannelError) throw error;
    throw notThere(error);
  } finally {
    await file?.close();
  }
}

/** Whether a path names something below a folder, as it is written. */
export function isBelow(root: string, path: string): boolean {
  if (path.includes("\0") || !isAbsolute(path) || normalize(path) !== path) return false;
  return path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/** Whether what was opened is what lies there, with every folder on the way looked at for links. */
async function isReallyBelow(root: string, path: string, opened: Stats): Promise<boolean> {
  const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
  if (!isBelow(realRoot, real)) return false;
  const found = await lstat(real);
  return found.dev === opened.dev && found.ino === opened.ino;
}

/** The file may grow while it is read. */
async function readAtMost(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(64 * 1024), position: sizeBytes });
    if (bytesRead === 0) return Buffer.concat(chunks);
    sizeBytes += bytesRead;
    if (sizeBytes > maxBytes) throw tooLarge();
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

/** Runs `work` with the path of a folder that only we can read, and removes the folder after it. */
export async function withPrivateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "moltbot-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `work` with the path of a file that holds these bytes. */
export function withFile<T>({ bytes, fileName }: OutboundMedia, work: (path: string) => Promise<T>): Promise<T> {
  return withPrivateFolder(async (folder) => {
    const path = join(folder, plainName(fileName));
    await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
    return work(path);
  });
}

/** Longest name of a file, in UTF-16 units; systems allow 255 bytes. */
const MAX_NAME_CHARS = 80;

/** The name people see, without what would be a path, a hidden file or an option. */
function plainName(fileName: string): string {
  const safe = fileName.replaceAll(/[\u0000-\u001f\u007f/\\:]+/g, "_").replace(/^[.\s-]+/, "");
  return safe.slice(-MAX_NAME_CHARS) || "file";
}

export function tooLarge(): ChannelError {
  return new ChannelError("rejected", "the file is larger than allowed");
}

/** One text for all that is wrong with a path. */
export function notThere(cause?: unknown): ChannelError {
  return new ChannelError("rejected", "the file is not there", cause === undefined ? {} : { cause });
}
