/** Answers kept under idempotency keys, so that a repeat acts once, also across a restart (threats T40). */
import type { Database } from "./database.ts";

/** How long a key is remembered: a client that was cut off comes back within a day. */
const KEEP_MS = 24 * 60 * 60 * 1000;
/** How many keys are remembered at most; the oldest go first. About 10 MB of short answers. */
const KEEP_ROWS = 20_000;
/** Old rows are looked for once in so many new ones, not each time. */
const PRUNE_EVERY = 256;

/** One remembered request. `outcome` is the JSON of its answer, absent while it runs. */
export interface DedupeRow {
  paramsHash: string;
  outcome?: string;
}

/** Named reads and writes over `dedupe`. Callers choose the transaction. */
export class DedupeStore {
  readonly #db: Database;
  #sincePrune = 0;
  constructor(db: Database) {
    this.#db = db;
  }

  /** One transaction, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#db.durable(work);
  }

  find(key: string): DedupeRow | undefined {
    const row = this.#db
      .query<{ params_hash: string; outcome: string | null }>("SELECT params_hash, outcome FROM dedupe WHERE key = ?")
      .get(key);
    if (!row) return undefined;
    return { paramsHash: row.params_hash, ...(row.outcome === null ? {} : { outcome: row.outcome }) };
  }

  /** Remembers that a request with this key began. */
  begin(key: string, paramsHash: string, nowMs: number): void {
    this.#db
      .query("INSERT OR REPLACE INTO dedupe (key, params_hash, outcome, created_at) VALUES (?, ?, NULL, ?)")
      .run(key, paramsHash, nowMs);
    if (this.#sincePrune++ % PRUNE_EVERY === 0) this.#prune(nowMs);
  }

  /** Keeps the answer. */
  finish(key: string, outcome: string): void {
    this.#db.query("UPDATE dedupe SET outcome = ? WHERE key = ?").run(outcome, key);
  }

  /** Forgets a request that failed before it did anything, so that it may be tried again. */
  forget(key: string): void {
    this.#db.query("DELETE FROM dedupe WHERE key = ?").run(key);
  }

  #prune(nowMs: number): void {
    this.#db.query("DELETE FROM dedupe WHERE created_at < ?").run(nowMs - KEEP_MS);
    this.#db
      .query("DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe ORDER BY created_at DESC LIMIT -1 OFFSET ?)")
      .run(KEEP_ROWS);
  }
}
