/**
 * One gateway per state directory (threats T33): an exclusive lock of the operating system on an open file,
 * taken through SQLite because that works on every platform we build for. It dies with the process, so there is
 * no stale lock file to clean up; the text beside it only says who holds it.
 */
import { Database as Sqlite } from "bun:sqlite";
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How long a start waits for those who only look; a look takes a millisecond. */
const PROBE_MS = 250;

/** Who runs on a state directory and how to reach it; written once it listens. */
export interface Holder {
  pid: number;
  url: string;
  port: number;
  version: string;
  startedAtMs: number;
  /** SHA-256 of the TLS certificate, when the gateway serves TLS. */
  tlsFingerprint?: string;
}

/** Thrown when another process holds the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  readonly holder: Holder | undefined;
  constructor(stateDir: string, holder: Holder | undefined) {
    const who = holder ? `process ${holder.pid} at ${holder.url}` : "another process";
    super(`a gateway is already running on ${stateDir} (${who}): stop it, or use --profile for a second one`);
    this.holder = holder;
  }
}

/** A held lock. */
export interface StateLock extends Disposable {
  /** Says how to reach the holder; replaces the text atomically. */
  announce(holder: Holder): void;
}

/** Takes the lock or throws {@link LockedError}. */
export function openLock(stateDir: string): StateLock {
  const file = openFile(stateDir);
  try {
    file.run(`PRAGMA busy_timeout=${PROBE_MS}`);
    file.run("PRAGMA journal_mode=OFF");
    file.run("PRAGMA locking_mode=EXCLUSIVE");
    file.run("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    throw new LockedError(stateDir, readHolder(stateDir));
  }
  const path = join(stateDir, "gateway.json");
  rmSync(path, { force: true }); // What it says is of a process that is gone; the lock would vouch for it.
  return {
    announce(holder) {
      writeFileSync(`${path}.new`, JSON.stringify(holder), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    [Symbol.dispose]() {
      rmSync(path, { force: true });
      file.close();
    },
  };
}

/**
 * The living gateway of a state directory, or undefined. The lock proves that the process which wrote the text is
 * alive, so a stranger who took over its port is not mistaken for it (threats T44). Looks with a shared lock: those who
 * look do not take each other for the gateway.
 */
export function findHolder(stateDir: string): Holder | undefined {
  if (!existsSync(join(stateDir, "gateway.lock"))) return undefined;
  const file = openFile(stateDir);
  try {
    file.run("PRAGMA busy_timeout=0");
    file.query("SELECT count(*) FROM sqlite_master").get();
    return undefined;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return readHolder(stateDir);
  } finally {
    file.close();
  }
}

function readHolder(stateDir: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(stateDir, "gateway.json"), "utf8")) as Holder;
  } catch {
    return undefined; // Nobody announced itself yet, or the text is not ours: nothing is known, which is the answer.
  }
}

function openFile(stateDir: string): Sqlite {
  const path = join(stateDir, "gateway.lock");
  closeSync(openSync(path, "a", 0o600));
  return new Sqlite(path, { create: true });
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
}
