/**
 * One gateway per state directory (threats T33): an exclusive lock of the operating system on an open file,
 * taken through SQLite because that works on every platform we build for. It dies with the process, so there is
 * no stale lock file to clean up; the text beside it only says who holds it.
 */
import { Database as Sqlite } from "bun:sqlite";
import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
  const sqlite = lock(stateDir);
  if (!sqlite) throw new LockedError(stateDir, readHolder(stateDir));
  return {
    announce(holder) {
      const path = join(stateDir, "gateway.json");
      writeFileSync(`${path}.new`, JSON.stringify(holder), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    [Symbol.dispose]: () => sqlite.close(),
  };
}

/**
 * The living gateway of a state directory, or undefined. The lock proves that the process which wrote the text is
 * alive, so a stranger who took over its port is not mistaken for it (threats T44).
 */
export function findHolder(stateDir: string): Holder | undefined {
  const holder = readHolder(stateDir);
  if (!holder) return undefined;
  const sqlite = lock(stateDir);
  if (!sqlite) return holder;
  sqlite.close();
  return undefined;
}

function readHolder(stateDir: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(stateDir, "gateway.json"), "utf8")) as Holder;
  } catch {
    return undefined; // Nobody announced itself yet, or the text is not ours: nothing is known, which is the answer.
  }
}

function lock(stateDir: string): Sqlite | undefined {
  const path = join(stateDir, "gateway.lock");
  closeSync(openSync(path, "a", 0o600));
  const sqlite = new Sqlite(path, { create: true });
  try {
    sqlite.run("PRAGMA busy_timeout=0");
    sqlite.run("PRAGMA locking_mode=EXCLUSIVE");
    sqlite.run("BEGIN EXCLUSIVE");
    return sqlite;
  } catch (error) {
    sqlite.close();
    if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return undefined;
    throw error;
  }
}
