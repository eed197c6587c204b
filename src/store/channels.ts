/** What accounts of networks remember, and the people who may talk to them. */
import type { Database } from "./database.ts";

/** Somebody who wrote to an account. */
export interface SenderRecord {
  channel: string;
  account: string;
  senderId: string;
  name?: string;
  /** The pairing code that waits for the owner. */
  code?: string;
  approvedAt?: number;
  askedAt: number;
  /** When the pairing text was sent last. */
  toldAt?: number;
}

interface SenderRow {
  channel: string;
  account: string;
  sender_id: string;
  name: string | null;
  code: string | null;
  approved_at: number | null;
  asked_at: number;
  told_at: number | null;
}

/** Named reads and writes over `channel_memory` and `senders`. */
export class ChannelStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Everything an account keeps. */
  recall(channel: string, account: string): Record<string, string> {
    const rows = this.#db
      .query<{ key: string; value: string }>("SELECT key, value FROM channel_memory WHERE channel = ? AND account = ?")
      .all(channel, account);
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  /** Keeps a fact of an account. Lost in a power cut at most, which networks survive by repeating. */
  remember(channel: string, account: string, key: string, value: string): void {
    this.#db
      .query("INSERT OR REPLACE INTO channel_memory (channel, account, key, value) VALUES (?, ?, ?, ?)")
      .run(channel, account, key, value);
  }

  /** Everybody who asked to talk to an account or was approved. */
  senders(channel: string, account?: string): SenderRecord[] {
    const where = account === undefined ? "channel = ?" : "channel = ? AND account = ?";
    const bound = account === undefined ? [channel] : [channel, account];
    return this.#db
      .query<SenderRow>(`SELECT * FROM senders WHERE ${where} ORDER BY asked_at`)
      .all(...bound)
      .map(toSender);
  }

  saveSender(sender: SenderRecord): void {
    this.#db.durable(() =>
      this.#db
        .query(
          `INSERT OR REPLACE INTO senders (channel, account, sender_id, name, code, approved_at, asked_at, told_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          sender.channel,
          sender.account,
          sender.senderId,
          sender.name ?? null,
          sender.code ?? null,
          sender.approvedAt ?? null,
          sender.askedAt,
          sender.toldAt ?? null,
        ),
    );
  }

  removeSender(channel: string, account: string, senderId: string): void {
    this.#db
      .query("DELETE FROM senders WHERE channel = ? AND account = ? AND sender_id = ?")
      .run(channel, account, senderId);
  }
}

function toSender(row: SenderRow): SenderRecord {
  return {
    channel: row.channel,
    account: row.account,
    senderId: row.sender_id,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.approved_at === null ? {} : { approvedAt: row.approved_at }),
    askedAt: row.asked_at,
    ...(row.told_at === null ? {} : { toldAt: row.told_at }),
  };
}
