/**
 * Opens `gateway.db`: one SQLite file, one writing process (design D4).
 * Every other file of this room holds named functions over the {@link Database} opened here.
 */
import { type SQLQueryBindings, Database as Sqlite, type Statement } from "bun:sqlite";
import { chmodSync, closeSync, openSync } from "node:fs";
import { GatewayError, messageOf } from "../lib/errors.ts";
import { migrations } from "./migrations.ts";

/** Pages kept in memory, in KiB: enough for the hot indexes, small beside the memory budget. */
const CACHE_KIB = 4096;
/** Threads that may open one new file at the same time. */
const MAX_OPENING_TOGETHER = 64;

/** What `details.reason` of an error says when the disk is to blame. */
export const STORAGE = "storage";

/** A failed write, as people should see it. `health` shows it until a write succeeds again. */
export interface StorageState {
  isWritable: boolean;
  problem?: string;
}

/** The open database. Methods throw `UNAVAILABLE` when the disk does not take a write; nothing was stored then. */
export class Database {
  readonly #sqlite: Sqlite;
  #state: StorageState = { isWritable: true };
  #depth = 0;
  /** Called when a write fails after one that did not, and the other way round. */
  onState: () => void = () => undefined;
  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite;
  }

  /** Whether the last write succeeded. */
  get state(): StorageState {
    return this.#state;
  }

  /** A prepared statement, made once per text. */
  query<Row>(sql: string): Statement<Row, SQLQueryBindings[]> {
    return this.#sqlite.query<Row, SQLQueryBindings[]>(sql);
  }

  /** Runs `work` in one transaction. May be lost by a power cut, never by a crash of this process. */
  write<T>(work: () => T): T {
    return this.#transact(work, "NORMAL");
  }

  /** Runs `work` in one transaction that is on the disk when this returns: before anybody is told that it is kept. */
  durable<T>(work: () => T): T {
    return this.#transact(work, "FULL");
  }

  [Symbol.dispose](): void {
    this.#sqlite.close();
  }

  #transact<T>(work: () => T, synchronous: "NORMAL" | "FULL"): T {
    if (this.#depth > 0) return work();
    this.#depth++;
    try {
      if (synchronous === "FULL") this.#sqlite.run("PRAGMA synchronous=FULL");
      const result = this.#sqlite.transaction(work).immediate();
      if (!this.#state.isWritable) this.#set({ isWritable: true });
      return result;
    } catch (error) {
      throw this.#understood(error);
    } finally {
      if (synchronous === "FULL") this.#sqlite.run("PRAGMA synchronous=NORMAL");
      this.#depth--;
    }
  }

  #set(state: StorageState): void {
    const isNews = state.isWritable !== this.#state.isWritable;
    this.#state = state;
    if (isNews) this.onState();
  }

  /** Storage failures are the owner's to mend and callers may come back; anything else stays what it was. */
  #understood(error: unknown): unknown {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT)/.test(code)) return error;
    this.#set({ isWritable: false, problem: `${code.toLowerCase()}: ${messageOf(error)}` });
    return new GatewayError("UNAVAILABLE", "the gateway cannot store anything now: check its disk", {
      retryable: true,
      details: { reason: STORAGE },
      cause: error,
    });
  }
}

/** Opens or creates the database at `path` (`:memory:` in tests) and brings it to the newest shape. */
export function openDatabase(path: string, steps: readonly string[] = migrations): Database {
  if (path !== ":memory:") createPrivate(path);
  const sqlite = new Sqlite(path, { create: true, strict: true });
  try {
    sqlite.run("PRAGMA busy_timeout=2000"); // First: other threads may be opening the same new file.
    useWriteAheadLog(sqlite);
    sqlite.run("PRAGMA synchronous=NORMAL");
    sqlite.run("PRAGMA foreign_keys=ON");
    sqlite.run(`PRAGMA cache_size=-${CACHE_KIB}`);
    migrate(sqlite, steps);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return new Database(sqlite);
}

/** The file exists with mode 0600 before the first byte is in it (threats T23). */
function createPrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

/** Changing the mode does not wait for others that are changing it; an empty transaction does. */
function useWriteAheadLog(sqlite: Sqlite): void {
  for (let tries = 0; ; tries++) {
    try {
      sqlite.run("PRAGMA journal_mode=WAL");
      return;
    } catch (error) {
      const isBusy = error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
      if (!isBusy || tries === MAX_OPENING_TOGETHER) throw error;
      sqlite.run("BEGIN IMMEDIATE");
      sqlite.run("COMMIT");
    }
  }
}

function migrate(sqlite: Sqlite, steps: readonly string[]): void {
  const version = () => sqlite.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (version() > steps.length) {
    throw new GatewayError(
      "UNAVAILABLE",
      `gateway.db has version ${version()}, this program knows ${steps.length}: update it`,
    );
  }
  for (let at = version(); at < steps.length; at++) {
    sqlite
      .transaction(() => {
        if (version() > at) return; // Another thread has done it meanwhile.
        sqlite.run(steps[at] ?? "");
        sqlite.run(`PRAGMA user_version=${at + 1}`);
      })
      .immediate();
  }
}
