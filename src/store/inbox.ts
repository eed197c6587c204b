/** Events of the networks, stored before the network is told that we have them (design D9). */
import type { Database } from "./database.ts";

/**
 * `new`: waits; `running`: an agent works on it. The rest is the end: `done` (answered), `kept` (context of a group),
 * `dropped` (a gate said no), `dead` (its handling failed for good).
 */
export type InboxState = "new" | "running" | "done" | "kept" | "dropped" | "dead";

/** One event. `event` is the JSON of an `Inbound`. */
export interface InboxRow {
  id: number;
  channel: string;
  account: string;
  chatKey: string;
  event: string;
  state: InboxState;
  attempts: number;
  notBefore: number;
  /** JSON of what each gate said, for `moltbot explain`. */
  gates: string;
  sessionKey?: string;
  problem?: string;
  receivedAt: number;
}

interface TableRow {
  id: number;
  channel: string;
  account: string;
  chat_key: string;
  event: string;
  state: InboxState;
  attempts: number;
  not_before: number;
  gates: string;
  session_key: string | null;
  problem: string | null;
  received_at: number;
}

/** How the end of an event is told that became a part of a later one. */
const JOINED = "joined to ";
/** How long an ended event is remembered: networks repeat deliveries after hours, not after weeks. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** Named reads and writes over `inbox`. */
export class InboxStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs several changes as one decision, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#db.durable(work);
  }

  /** Stores an event; undefined when this delivery is here already. On the disk when it returns. */
  add(row: {
    channel: string;
    account: string;
    eventId: string;
    chatKey: string;
    event: string;
    nowMs: number;
  }): number | undefined {
    return this.#db.durable(() => {
      const { changes, lastInsertRowid } = this.#db
        .query(
          `INSERT OR IGNORE INTO inbox (channel, account, event_id, chat_key, event, state, received_at, updated_at)
           VALUES (?, ?, ?, ?, ?, 'new', ?, ?)`,
        )
        .run(row.channel, row.account, row.eventId, row.chatKey, row.event, row.nowMs, row.nowMs);
      return changes ? Number(lastInsertRowid) : undefined;
    });
  }

  find(id: number): InboxRow | undefined {
    const row = this.#db.query<TableRow>("SELECT * FROM inbox WHERE id = ?").get(id);
    return row ? toRow(row) : undefined;
  }

  /** Chats of an account with events that have not ended. */
  openChats(channel: string, account: string): string[] {
    return this.#db
      .query<{ chat_key: string }>(
        "SELECT DISTINCT chat_key FROM inbox WHERE state IN ('new', 'running') AND channel = ? AND account = ?",
      )
      .all(channel, account)
      .map((row) => row.chat_key);
  }

  /** The first events of a chat that have not ended. */
  waiting(chatKey: string, limit: number): InboxRow[] {
    return this.#db
      .query<TableRow>("SELECT * FROM inbox WHERE chat_key = ? AND state IN ('new', 'running') ORDER BY id LIMIT ?")
      .all(chatKey, limit)
      .map(toRow);
  }

  /** Makes several events one, under the id of the last; on the disk when it returns. */
  join(rows: readonly InboxRow[], event: string, nowMs: number): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    this.decide(() => {
      for (const { id } of rows.slice(0, -1))
        this.update(id, { state: "done", problem: `${JOINED}in-${last.id}`, nowMs });
      this.#db.query("UPDATE inbox SET event = ?, updated_at = ? WHERE id = ?").run(event, nowMs, last.id);
    });
  }

  /** What was said in a chat since it was last answered and is kept as context, oldest first. */
  context(chatKey: string, beforeId: number, limit: number): InboxRow[] {
    return this.#db
      .query<TableRow>(
        `SELECT * FROM inbox WHERE chat_key = ? AND id < ? AND state = 'kept' AND id >
           (SELECT coalesce(max(id), 0) FROM inbox WHERE chat_key = ? AND id < ? AND state = 'done'
             AND coalesce(problem, '') NOT LIKE ?)
         ORDER BY id DESC LIMIT ?`,
      )
      .all(chatKey, beforeId, chatKey, beforeId, `${JOINED}%`, limit)
      .reverse()
      .map(toRow);
  }

  /** How many events of a chat wait. */
  countWaiting(chatKey: string): number {
    return (
      this.#db
        .query<{ n: number }>("SELECT count(*) AS n FROM inbox WHERE chat_key = ? AND state IN ('new', 'running')")
        .get(chatKey)?.n ?? 0
    );
  }

  /** The latest events, newest first, of one state or of all. */
  list(state: InboxState | undefined, limit: number): InboxRow[] {
    const where = state === undefined ? "" : "WHERE state = ?";
    const bound = state === undefined ? [limit] : [state, limit];
    return this.#db
      .query<TableRow>(`SELECT * FROM inbox ${where} ORDER BY id DESC LIMIT ?`)
      .all(...bound)
      .map(toRow);
  }

  /** Counts by state. */
  counts(): Record<string, number> {
    const rows = this.#db
      .query<{ state: string; n: number }>("SELECT state, count(*) AS n FROM inbox GROUP BY state")
      .all();
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }

  /** Changes where an event stands. */
  update(
    id: number,
    change: {
      state: InboxState;
      nowMs: number;
      attempts?: number;
      notBefore?: number;
      gates?: string;
      sessionKey?: string;
      problem?: string;
    },
  ): void {
    this.#db
      .query(
        `UPDATE inbox SET state = ?, updated_at = ?, attempts = coalesce(?, attempts), not_before = coalesce(?, not_before),
           gates = coalesce(?, gates), session_key = coalesce(?, session_key), problem = coalesce(?, problem) WHERE id = ?`,
      )
      .run(
        change.state,
        change.nowMs,
        change.attempts ?? null,
        change.notBefore ?? null,
        change.gates ?? null,
        change.sessionKey ?? null,
        change.problem ?? null,
        id,
      );
  }

  /** Forgets events that ended before `KEEP_MS`, or all ended ones older than `beforeMs`. Returns how many. */
  prune(nowMs: number, beforeMs = nowMs - KEEP_MS): number {
    return this.#db.query("DELETE FROM inbox WHERE received_at < ? AND state NOT IN ('new', 'running')").run(beforeMs)
      .changes;
  }
}

function toRow(row: TableRow): InboxRow {
  return {
    id: row.id,
    channel: row.channel,
    account: row.account,
    chatKey: row.chat_key,
    event: row.event,
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    gates: row.gates,
    ...(row.session_key === null ? {} : { sessionKey: row.session_key }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    receivedAt: row.received_at,
  };
}
