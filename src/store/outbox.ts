/** Pieces to send, each stored before it is tried and ended in exactly one state (design D9). */
import type { Database } from "./database.ts";

/** `queued` waits, `sending` was handed to the network; `sent` and `failed` are the ends. */
export type OutboxState = "queued" | "sending" | "sent" | "failed";

/** One piece. `piece` is the JSON of an `Outbound`; media bytes are base64 there. */
export interface OutboxRow {
  id: number;
  channel: string;
  account: string;
  chatKey: string;
  piece: string;
  key: string;
  state: OutboxState;
  attempts: number;
  notBefore: number;
  /** The network may have it twice: an attempt ended without a word, and it has no way to tell. */
  isMaybeDuplicate: boolean;
  messageIds: string[];
  problem?: string;
  inboxId?: number;
  createdAt: number;
}

interface TableRow {
  id: number;
  channel: string;
  account: string;
  chat_key: string;
  piece: string;
  key: string;
  state: OutboxState;
  attempts: number;
  not_before: number;
  is_maybe_duplicate: number;
  message_ids: string;
  problem: string | null;
  inbox_id: number | null;
  created_at: number;
}

/** How long an ended piece is remembered. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** Messages of a chat that are looked through for one of ours: people react to what they see. */
const RECALLED = 500;

/** Named reads and writes over `outbox`. */
export class OutboxStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs several changes as one decision, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#db.durable(work);
  }

  /** Adds a piece; does nothing when its key is here already. Callers choose the transaction. */
  add(row: {
    channel: string;
    account: string;
    chatKey: string;
    piece: string;
    key: string;
    inboxId?: number;
    nowMs: number;
  }): void {
    this.#db
      .query(
        `INSERT OR IGNORE INTO outbox (channel, account, chat_key, piece, key, state, inbox_id, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?)`,
      )
      .run(row.channel, row.account, row.chatKey, row.piece, row.key, row.inboxId ?? null, row.nowMs, row.nowMs);
  }

  find(id: number): OutboxRow | undefined {
    const row = this.#db.query<TableRow>("SELECT * FROM outbox WHERE id = ?").get(id);
    return row ? toRow(row) : undefined;
  }

  findByKey(key: string): OutboxRow | undefined {
    const row = this.#db.query<TableRow>("SELECT * FROM outbox WHERE key = ?").get(key);
    return row ? toRow(row) : undefined;
  }

  /** Chats of an account with pieces that have not ended. */
  openChats(channel: string, account: string): string[] {
    return this.#db
      .query<{ chat_key: string }>(
        "SELECT DISTINCT chat_key FROM outbox WHERE channel = ? AND account = ? AND state IN ('queued', 'sending')",
      )
      .all(channel, account)
      .map((row) => row.chat_key);
  }

  /** The first piece of a chat that has not ended: order holds per chat. */
  next(channel: string, account: string, chatKey: string): OutboxRow | undefined {
    const row = this.#db
      .query<TableRow>(
        `SELECT * FROM outbox WHERE channel = ? AND account = ? AND chat_key = ? AND state IN ('queued', 'sending')
         ORDER BY id LIMIT 1`,
      )
      .get(channel, account, chatKey);
    return row ? toRow(row) : undefined;
  }

  /** Whether a message of the network is one of ours, among the latest of its chat. */
  hasSent(channel: string, account: string, chatKey: string, messageId: string): boolean {
    return this.#db
      .query<{ message_ids: string }>(
        `SELECT message_ids FROM outbox WHERE channel = ? AND account = ? AND chat_key = ? AND state = 'sent'
         ORDER BY id DESC LIMIT ?`,
      )
      .all(channel, account, chatKey, RECALLED)
      .some(({ message_ids }) => JSON.parse(message_ids).includes(messageId));
  }

  /** The latest pieces, newest first, of one state or of all. */
  list(state: OutboxState | undefined, limit: number): OutboxRow[] {
    const where = state === undefined ? "" : "WHERE state = ?";
    const bound = state === undefined ? [limit] : [state, limit];
    return this.#db
      .query<TableRow>(`SELECT * FROM outbox ${where} ORDER BY id DESC LIMIT ?`)
      .all(...bound)
      .map(toRow);
  }

  /** Counts by state. */
  counts(): Record<string, number> {
    const rows = this.#db
      .query<{ state: string; n: number }>("SELECT state, count(*) AS n FROM outbox GROUP BY state")
      .all();
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }

  /** Changes where a piece stands. */
  update(
    id: number,
    change: {
      state: OutboxState;
      nowMs: number;
      attempts?: number;
      notBefore?: number;
      isMaybeDuplicate?: boolean;
      messageIds?: readonly string[];
      problem?: string;
    },
  ): void {
    this.#db
      .query(
        `UPDATE outbox SET state = ?, updated_at = ?, attempts = coalesce(?, attempts), not_before = coalesce(?, not_before),
           is_maybe_duplicate = coalesce(?, is_maybe_duplicate), message_ids = coalesce(?, message_ids),
           problem = coalesce(?, problem) WHERE id = ?`,
      )
      .run(
        change.state,
        change.nowMs,
        change.attempts ?? null,
        change.notBefore ?? null,
        change.isMaybeDuplicate === undefined ? null : Number(change.isMaybeDuplicate),
        change.messageIds === undefined ? null : JSON.stringify(change.messageIds),
        change.problem ?? null,
        id,
      );
  }

  /** Forgets pieces that ended before `KEEP_MS`, or all ended ones older than `beforeMs`. Returns how many. */
  prune(nowMs: number, beforeMs = nowMs - KEEP_MS): number {
    return this.#db
      .query("DELETE FROM outbox WHERE created_at < ? AND state NOT IN ('queued', 'sending')")
      .run(beforeMs).changes;
  }
}

function toRow(row: TableRow): OutboxRow {
  return {
    id: row.id,
    channel: row.channel,
    account: row.account,
    chatKey: row.chat_key,
    piece: row.piece,
    key: row.key,
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    isMaybeDuplicate: row.is_maybe_duplicate === 1,
    messageIds: JSON.parse(row.message_ids),
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(row.inbox_id === null ? {} : { inboxId: row.inbox_id }),
    createdAt: row.created_at,
  };
}
