/**
 * One gateway per state directory (threats T33): an exclusive lock of the operating system on an open file,
 * taken through SQLite because that works on every platform we build for. It dies with the process, so there is
 * no stale lock file to clean up; the text beside it only says who holds it.
 */
import { Database as Sqlite } from "bun:sqlite";
import {
  closeSync,
  existsSync,
  fchmodSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
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
  if (!hold(file)) throw new LockedError(stateDir, readHolder(stateDir));
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
 * Takes another lock of a state folder, for what there is once on it besides the gateway; undefined when another process
 * has it. Dies with the process, like the lock above.
 */
export function openFolderLock(stateDir: string, name: string): Disposable | undefined {
  const file = openFile(stateDir, `${name}.lock`);
  return hold(file) ? { [Symbol.dispose]: () => file.close() } : undefined;
}

/**
 * Takes a lock that there is once on this host, whoever runs the program and wherever its state is; undefined when
 * another process has it. Dies with the process, like the lock above.
 */
export function openHostLock(name: string): Disposable | undefined {
  // The one folder that all users of a host share; its sticky bit keeps them from each other's files.
  const path = join(process.platform === "win32" ? tmpdir() : "/tmp", `moltbot-${name}.lock`);
  createShared(path);
  if (!lstatSync(path).isFile()) throw new Error(`${path} is no file: remove it`);
  const file = new Sqlite(path, { readwrite: true, create: false });
  if (!hold(file)) return undefined;
  return { [Symbol.dispose]: () => file.close() };
}

/** Makes the file unless something is there; never through a link that somebody laid in its place. */
function createShared(path: string): void {
  try {
    const file = openSync(path, "wx", 0o666);
    fchmodSync(file, 0o666); // Another user's gateway has to find it locked, not unreadable.
    closeSync(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** Takes an exclusive lock on an open file, or closes it and says no. */
function hold(file: Sqlite): boolean {
  try {
    file.run(`PRAGMA busy_timeout=${PROBE_MS}`);
    file.run("PRAGMA journal_mode=OFF");
    file.run("PRAGMA locking_mode=EXCLUSIVE");
    file.run("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    return false;
  }
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

function openFile(stateDir: string, name = "gateway.lock"): Sqlite {
  const path = join(stateDir, name);
  // Closing a file that this process has locked would give the lock away: it is only made, never touched.
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  return new Sqlite(path, { create: true });
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
}
