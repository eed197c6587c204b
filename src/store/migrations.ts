/**
 * The shape of `gateway.db`, as numbered steps that each run once, in one transaction, in order.
 * A step that was released is never edited; a change is a new step.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE devices (
    device_id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    facts TEXT NOT NULL,
    label TEXT,
    roles TEXT NOT NULL,
    scopes TEXT NOT NULL,
    approved_via TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    approved_at INTEGER NOT NULL,
    last_seen_at INTEGER
  ) WITHOUT ROWID;

  CREATE TABLE device_tokens (
    device_id TEXT NOT NULL REFERENCES devices(device_id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    token TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER,
    PRIMARY KEY (device_id, role)
  ) WITHOUT ROWID;

  CREATE TABLE dedupe (
    key TEXT PRIMARY KEY,
    params_hash TEXT NOT NULL,
    outcome TEXT,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX dedupe_by_age ON dedupe(created_at);

  CREATE TABLE sessions (
    key TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    label TEXT,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    summary TEXT,
    context_from INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX sessions_by_update ON sessions(updated_at DESC);
  CREATE INDEX sessions_by_id ON sessions(session_id);
  CREATE UNIQUE INDEX sessions_by_label ON sessions(label) WHERE label IS NOT NULL;

  CREATE TABLE messages (
    session_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    run_id TEXT,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session_id, seq)
  ) WITHOUT ROWID;

  CREATE INDEX messages_by_run ON messages(run_id) WHERE run_id IS NOT NULL;

  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    session_key TEXT NOT NULL,
    request TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT
  ) WITHOUT ROWID;
  CREATE INDEX runs_open ON runs(state) WHERE state IN ('queued', 'running');
  CREATE INDEX runs_by_age ON runs(created_at);
  `,
  `
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    event_id TEXT NOT NULL,
    chat_key TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    gates TEXT NOT NULL DEFAULT '[]',
    session_key TEXT,
    problem TEXT,
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (channel, account, event_id)
  );
  CREATE INDEX inbox_open ON inbox(chat_key, id) WHERE state IN ('new', 'running');
  CREATE INDEX inbox_by_age ON inbox(received_at);

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    chat_key TEXT NOT NULL,
    piece TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    is_maybe_duplicate INTEGER NOT NULL DEFAULT 0,
    message_ids TEXT NOT NULL DEFAULT '[]',
    problem TEXT,
    inbox_id INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  );
  CREATE INDEX outbox_open ON outbox(channel, account, chat_key, id) WHERE state IN ('queued', 'sending');
  CREATE INDEX outbox_by_age ON outbox(created_at);

  CREATE TABLE channel_memory (
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (channel, account, key)
  ) WITHOUT ROWID;

  CREATE TABLE senders (
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    name TEXT,
    code TEXT,
    approved_at INTEGER,
    asked_at INTEGER NOT NULL,
    told_at INTEGER,
    PRIMARY KEY (channel, account, sender_id)
  ) WITHOUT ROWID;
  `,
  `
  CREATE INDEX inbox_by_chat ON inbox(chat_key, id);
  CREATE INDEX outbox_by_chat ON outbox(chat_key, id);
  `,
  `
  CREATE TABLE nodes (
    node_id TEXT PRIMARY KEY,
    facts TEXT NOT NULL,
    platform TEXT NOT NULL,
    is_bound INTEGER NOT NULL DEFAULT 0,
    approved TEXT,
    token TEXT,
    created_at INTEGER NOT NULL,
    approved_at INTEGER,
    connected_at INTEGER,
    disconnected_at INTEGER,
    seen_at INTEGER,
    seen_reason TEXT
  ) WITHOUT ROWID;
  `,
];
