/** Files on the Mac that imsg runs on, when that is another computer: fetched with scp, without a shell on either side. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { ChannelError } from "../contract.ts";
import { CallFailed, failureOf, toChannelError } from "./errors.ts";
import { notThere, readBelow, tooLarge, withPrivateFolder } from "./files.ts";
import type { StoredFile } from "./media.ts";
import { findProgram, runProgram } from "./process.ts";

/** 16 MB over a slow line. */
const TRANSFER_MS = 60_000;
/** How often the size of what has come so far is looked at; the far side may send more than it said. */
const WATCH_MS = 500;
const MAX_WORDS = 200;

interface Source {
  host: string;
  /** Where the database is over there, when it is not in its usual place. */
  dbPath?: string | undefined;
  env: Record<string, string | undefined>;
  clock: Clock;
}

/** Whether it is a host as scp takes it, and nothing else. */
export function isHost(text: string): boolean {
  return /^(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text);
}

/** Fetches a file of at most `maxBytes` from the folder of Messages. Throws `rejected` for anything else. */
export async function fetchRemote(
  source: Source,
  file: StoredFile,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const path = remotePath(file.path, source.dbPath);
  if (path === undefined) throw notThere();
  if ((file.sizeBytes ?? 0) > maxBytes) throw tooLarge();
  const scp = findProgram("scp", source.env);
  if (scp === undefined) throw new ChannelError("rejected", "there is no scp here to fetch the file with");
  return withPrivateFolder(async (folder) => {
    const copy = join(folder, "file");
    // The newer protocol (-s) has no shell on the other side; nothing is asked of a person, and no new host is believed.
    const options = ["-s", "-q", "-p", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"];
    await copyWithin(source, [scp, ...options, "--", `${source.host}:${path}`, copy], { copy, maxBytes, signal });
    return readBelow(folder, copy, maxBytes);
  });
}

async function copyWithin(
  { env, clock }: Source,
  command: string[],
  { copy, maxBytes, signal }: { copy: string; maxBytes: number; signal: AbortSignal },
): Promise<void> {
  const growing = new AbortController();
  const watch = clock.every(WATCH_MS, () => {
    stat(copy).then(
      ({ size }) => size > maxBytes && growing.abort(),
      () => undefined, // Nothing has come yet.
    );
  });
  try {
    const signals = [signal, growing.signal];
    const { status, words } = await runProgram(command, { env, clock, ms: TRANSFER_MS, signals, maxChars: 0 });
    if (status !== 0) throw new ChannelError("transient", `scp failed: ${words.slice(-MAX_WORDS)}`);
  } catch (error) {
    if (growing.signal.aborted) throw tooLarge();
    throw error instanceof ChannelError ? error : toChannelError(new CallFailed(failureOf(error)));
  } finally {
    watch.cancel();
  }
}

/** The path as scp takes it; undefined when it is none of the folder of Messages, or has what scp would expand. */
export function remotePath(path: string, dbPath?: string): string | undefined {
  const segments = path.split("/");
  if (segments.some((one) => one === ".." || one === ".") || /[\u0000-\u001f\u007f*?[\]{}\\]/.test(path))
    return undefined;
  const folder = dbPath?.startsWith("/") ? dbPath.replace(/[^/]*$/, "Attachments/") : undefined;
  if (folder !== undefined && path.startsWith(folder)) return path;
  // From the home folder on, which is where scp begins.
  if (path.startsWith("~/Library/Messages/Attachments/")) return path.slice(2);
  return /^\/(?:[^/]+\/)+Library\/Messages\/Attachments\/./.test(path) ? path : undefined;
}
