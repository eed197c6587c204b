/** Agent runs on disk: what was asked, whether it ended, and how, so that a restart can tell (design D9). */
import type { Database } from "./database.ts";

/** `queued` and `running` rows found at start belong to a process that died. */
export type RunState = "queued" | "running" | "ok" | "error" | "aborted" | "timeout" | "interrupted";

/** One run. `request` and `outcome` are JSON the run's owner understands. */
export interface RunRecord {
  runId: string;
  sessionKey: string;
  request: string;
  requestHash: string;
  state: RunState;
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  outcome?: string;
}

/** How long an ended run is remembered, so that its idempotency key replays. */
const KEEP_MS = 24 * 60 * 60 * 1000;
/** Old rows are looked for once in so many new ones. */
const PRUNE_EVERY = 256;

interface RunRow {
  run_id: string;
  session_key: string;
  request: string;
  request_hash: string;
  state: RunState;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  outcome: string | null;
}

/** Named reads and writes over `runs`. Callers choose the transaction. */
export class RunStore {
  readonly #db: Database;
  #sincePrune = 0;
  constructor(db: Database) {
    this.#db = db;
  }

  find(runId: string): RunRecord | undefined {
    const row = this.#db.query<RunRow>("SELECT * FROM runs WHERE run_id = ?").get(runId);
    return row ? toRun(row) : undefined;
  }

  /** Runs no process is working on any more: call it once, at start. */
  open(): RunRecord[] {
    return this.#db
      .query<RunRow>("SELECT * FROM runs WHERE state IN ('queued', 'running') ORDER BY created_at")
      .all()
      .map(toRun);
  }

  insert(run: Pick<RunRecord, "runId" | "sessionKey" | "request" | "requestHash" | "createdAt">): void {
    this.#db
      .query(
        "INSERT INTO runs (run_id, session_key, request, request_hash, state, created_at) VALUES (?, ?, ?, ?, 'queued', ?)",
      )
      .run(run.runId, run.sessionKey, run.request, run.requestHash, run.createdAt);
    if (this.#sincePrune++ % PRUNE_EVERY === 0) {
      this.#db
        .query("DELETE FROM runs WHERE created_at < ? AND state NOT IN ('queued', 'running')")
        .run(run.createdAt - KEEP_MS);
    }
  }

  remove(runId: string): void {
    this.#db.query("DELETE FROM runs WHERE run_id = ?").run(runId);
  }

  start(runId: string, nowMs: number): void {
    this.#db.query("UPDATE runs SET state = 'running', started_at = ? WHERE run_id = ?").run(nowMs, runId);
  }

  finish(runId: string, state: RunState, outcome: string, nowMs: number): void {
    this.#db
      .query("UPDATE runs SET state = ?, outcome = ?, ended_at = ? WHERE run_id = ?")
      .run(state, outcome, nowMs, runId);
  }
}

function toRun(row: RunRow): RunRecord {
  return {
    runId: row.run_id,
    sessionKey: row.session_key,
    request: row.request,
    requestHash: row.request_hash,
    state: row.state,
    createdAt: row.created_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
  };
}
