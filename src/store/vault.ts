/**
 * Keys of channel accounts: a file of their own, because losing a step of a ratchet breaks a conversation for good, and
 * because a copy of the other database must not carry them (design D4, threats T23).
 */
import type { Database } from "./database.ts";
import { openDatabase } from "./database.ts";

/** The shape of the file; numbered steps, as in `migrations.ts`. */
const steps = [
  `
  CREATE TABLE vault (
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (channel, account, type, id)
  ) WITHOUT ROWID;
  `,
];

/** One value to store, or to delete where there is none. */
export interface VaultChange {
  type: string;
  id: string;
  value?: string;
}

/** What one account keeps. */
export class Vault {
  readonly #db: Database;
  readonly #place: readonly [channel: string, account: string];
  readonly #now: () => number;
  constructor(db: Database, place: { channel: string; accountId: string }, now: () => number) {
    this.#db = db;
    this.#place = [place.channel, place.accountId];
    this.#now = now;
  }

  /** The values that are there, by id. */
  get(type: string, ids: readonly string[]): Map<string, string> {
    const one = this.#db.query<{ value: string }>(
      "SELECT value FROM vault WHERE channel = ? AND account = ? AND type = ? AND id = ?",
    );
    const found = ids.map((id) => [id, one.get(...this.#place, type, id)?.value] as const);
    return new Map(found.flatMap(([id, value]) => (value === undefined ? [] : [[id, value] as const])));
  }

  /** Stores and deletes in one transaction, on the disk when it returns. Throws when the disk does not take it. */
  set(changes: readonly VaultChange[]): void {
    const put = this.#db.query(
      "INSERT OR REPLACE INTO vault (channel, account, type, id, value, stored_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    const drop = this.#db.query("DELETE FROM vault WHERE channel = ? AND account = ? AND type = ? AND id = ?");
    this.#db.durable(() => {
      for (const { type, id, value } of changes) {
        if (value === undefined) drop.run(...this.#place, type, id);
        else put.run(...this.#place, type, id, value, this.#now());
      }
    });
  }

  /** Deletes what was stored before a time, of one type. */
  forget(type: string, beforeMs: number): void {
    this.#db
      .query("DELETE FROM vault WHERE channel = ? AND account = ? AND type = ? AND stored_at < ?")
      .run(...this.#place, type, beforeMs);
  }

  /** Deletes everything of this account. */
  clear(): void {
    this.#db.durable(() => this.#db.query("DELETE FROM vault WHERE channel = ? AND account = ?").run(...this.#place));
  }
}

/** Opens or creates the file of all vaults, with mode 0600. */
export function openVaultFile(path: string): Database {
  return openDatabase(path, steps);
}
