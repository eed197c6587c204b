/** Sessions and their transcripts, on disk. */
import type { SessionEntry } from "#schemas/sessions.ts";
import type { Database } from "./database.ts";

/** What a session keeps besides its identity: settings, token counts, delivery. */
export type SessionSettings = Omit<SessionEntry, "sessionId" | "createdAt" | "updatedAt" | "label">;

/** One session. */
export interface SessionRecord {
  key: string;
  sessionId: string;
  agentId: string;
  label?: string;
  settings: SessionSettings;
  createdAt: number;
  updatedAt: number;
  /** What the model is told of everything before `contextFrom`. */
  summary?: string;
  /** Sequence number of the first message that still goes to the model as it is. */
  contextFrom: number;
}

/** One message of a transcript, as stored. `body` is a `ChatMessage`. */
export interface MessageRecord {
  seq: number;
  id: string;
  runId?: string;
  body: Record<string, unknown>;
  createdAt: number;
}

/** What to list. */
export interface SessionQuery {
  limit: number;
  offset: number;
  agentId?: string;
  updatedSince?: number;
  label?: string;
  search?: string;
}

interface SessionTableRow {
  key: string;
  session_id: string;
  agent_id: string;
  label: string | null;
  settings: string;
  created_at: number;
  updated_at: number;
  summary: string | null;
  context_from: number;
}

interface MessageTableRow {
  seq: number;
  id: string;
  run_id: string | null;
  body: string;
  created_at: number;
}

/** Named reads and writes over `sessions` and `messages`. */
export class SessionStore {
  readonly #db: Database;
  #count: number | undefined;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs several changes as one decision, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#db.durable(work);
  }

  find(key: string): SessionRecord | undefined {
    const row = this.#db.query<SessionTableRow>("SELECT * FROM sessions WHERE key = ?").get(key);
    return row ? toSession(row) : undefined;
  }

  findById(sessionId: string): SessionRecord | undefined {
    const row = this.#db.query<SessionTableRow>("SELECT * FROM sessions WHERE session_id = ?").get(sessionId);
    return row ? toSession(row) : undefined;
  }

  findByLabel(label: string): SessionRecord | undefined {
    const row = this.#db.query<SessionTableRow>("SELECT * FROM sessions WHERE label = ?").get(label);
    return row ? toSession(row) : undefined;
  }

  /** How many sessions there are; kept in memory, because lists tell it and a count reads every row. */
  count(): number {
    this.#count ??= this.#db.query<{ n: number }>("SELECT count(*) AS n FROM sessions").get()?.n ?? 0;
    return this.#count;
  }

  /** Newest first. */
  list(query: SessionQuery): { rows: SessionRecord[]; total: number } {
    const where: string[] = [];
    const values: (string | number)[] = [];
    const add = (sql: string, ...bound: (string | number)[]) => {
      where.push(sql);
      values.push(...bound);
    };
    if (query.agentId !== undefined) add("agent_id = ?", query.agentId);
    if (query.updatedSince !== undefined) add("updated_at >= ?", query.updatedSince);
    if (query.label !== undefined) add("label = ?", query.label);
    if (query.search !== undefined) {
      const pattern = `%${query.search.replaceAll(/[\\%_]/g, "\\$&")}%`;
      add("(key LIKE ? ESCAPE '\\' OR label LIKE ? ESCAPE '\\')", pattern, pattern);
    }
    const filter = where.length ? `WHERE ${where.join(" AND ")}` : "";
    const rows = this.#db
      .query<SessionTableRow>(`SELECT * FROM sessions ${filter} ORDER BY updated_at DESC LIMIT ? OFFSET ?`)
      .all(...values, query.limit, query.offset);
    const counted = () => this.#db.query<{ n: number }>(`SELECT count(*) AS n FROM sessions ${filter}`).get(...values);
    const total = where.length ? (counted()?.n ?? 0) : this.count();
    return { rows: rows.map(toSession), total };
  }

  /** Adds a session. */
  insert(session: SessionRecord): void {
    this.#count = undefined;
    this.save(session);
  }

  save(session: SessionRecord): void {
    this.#db
      .query(
        `INSERT OR REPLACE INTO sessions (key, session_id, agent_id, label, settings, created_at, updated_at, summary, context_from)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        session.key,
        session.sessionId,
        session.agentId,
        session.label ?? null,
        JSON.stringify(session.settings),
        session.createdAt,
        session.updatedAt,
        session.summary ?? null,
        session.contextFrom,
      );
  }

  remove(key: string): void {
    this.#count = undefined;
    this.#db.query("DELETE FROM sessions WHERE key = ?").run(key);
  }

  /** Adds a message at the end and returns its sequence number, counted from 1. */
  append(sessionId: string, message: Omit<MessageRecord, "seq">): number {
    const seq = this.lastSeq(sessionId) + 1;
    this.#db
      .query("INSERT INTO messages (session_id, seq, id, run_id, body, created_at) VALUES (?, ?, ?, ?, ?, ?)")
      .run(sessionId, seq, message.id, message.runId ?? null, JSON.stringify(message.body), message.createdAt);
    return seq;
  }

  lastSeq(sessionId: string): number {
    const row = this.#db
      .query<{ seq: number | null }>("SELECT max(seq) AS seq FROM messages WHERE session_id = ?")
      .get(sessionId);
    return row?.seq ?? 0;
  }

  /** The last `limit` messages after leaving out the `offset` newest, oldest first. */
  messages(sessionId: string, limit: number, offset: number): MessageRecord[] {
    return this.#db
      .query<MessageTableRow>(
        "SELECT * FROM messages WHERE session_id = ? AND is_archived = 0 ORDER BY seq DESC LIMIT ? OFFSET ?",
      )
      .all(sessionId, limit, offset)
      .reverse()
      .map(toMessage);
  }

  /** Every message from sequence number `from` on, oldest first: what the model may see. */
  messagesFrom(sessionId: string, from: number): MessageRecord[] {
    return this.#db
      .query<MessageTableRow>(
        "SELECT * FROM messages WHERE session_id = ? AND is_archived = 0 AND seq >= ? ORDER BY seq",
      )
      .all(sessionId, from)
      .map(toMessage);
  }

  findMessage(sessionId: string, id: string): MessageRecord | undefined {
    const row = this.#db
      .query<MessageTableRow>("SELECT * FROM messages WHERE session_id = ? AND id = ?")
      .get(sessionId, id);
    return row ? toMessage(row) : undefined;
  }

  /** Whether a run left a message in any transcript. */
  hasMessageOf(runId: string): boolean {
    return (
      this.#db.query<{ found: number }>("SELECT 1 AS found FROM messages WHERE run_id = ? LIMIT 1").get(runId) !== null
    );
  }

  countMessages(sessionId: string): number {
    const row = this.#db
      .query<{ n: number }>("SELECT count(*) AS n FROM messages WHERE session_id = ? AND is_archived = 0")
      .get(sessionId);
    return row?.n ?? 0;
  }

  /** Hides all but the last `keep` messages from history and model; they stay on the disk. Returns how many. */
  archive(sessionId: string, keep: number): number {
    return this.#db
      .query(
        `UPDATE messages SET is_archived = 1 WHERE session_id = ? AND is_archived = 0 AND seq NOT IN
           (SELECT seq FROM messages WHERE session_id = ? AND is_archived = 0 ORDER BY seq DESC LIMIT ?)`,
      )
      .run(sessionId, sessionId, keep).changes;
  }
}

function toSession(row: SessionTableRow): SessionRecord {
  return {
    key: row.key,
    sessionId: row.session_id,
    agentId: row.agent_id,
    ...(row.label === null ? {} : { label: row.label }),
    settings: JSON.parse(row.settings),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.summary === null ? {} : { summary: row.summary }),
    contextFrom: row.context_from,
  };
}

function toMessage(row: MessageTableRow): MessageRecord {
  return {
    seq: row.seq,
    id: row.id,
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    body: JSON.parse(row.body),
    createdAt: row.created_at,
  };
}
