/** What the owner approved of each node, when it was here, and the words that wake them, on disk. */
import type { NodePairRequest } from "#schemas/nodes.ts";
import type { Database } from "./database.ts";

/** What a node said about itself when it was here last. */
export type NodeFacts = Pick<
  NodePairRequest,
  | "displayName"
  | "platform"
  | "version"
  | "coreVersion"
  | "uiVersion"
  | "deviceFamily"
  | "modelIdentifier"
  | "remoteIp"
  | "clientId"
  | "clientMode"
>;

/** An approved offer. It holds for the kind of device it was made by. */
export interface ApprovedSurface {
  platform: string;
  caps: string[];
  commands: string[];
  permissions?: Record<string, boolean>;
}

export interface NodeRecord {
  nodeId: string;
  facts: NodeFacts;
  /** The kind of device it was first, or was approved as. */
  platform: string;
  /** Its commands need an approval of their own, in whatever generation it comes. */
  isBound: boolean;
  approved?: ApprovedSurface;
  /** Of entries made by `node.pair.request`. */
  token?: string;
  createdAtMs: number;
  approvedAtMs?: number;
  lastConnectedAtMs?: number;
  lastDisconnectedAtMs?: number;
  lastSeenAtMs?: number;
  lastSeenReason?: string;
}

interface NodeDiskRow {
  node_id: string;
  facts: string;
  platform: string;
  is_bound: number;
  approved: string | null;
  token: string | null;
  created_at: number;
  approved_at: number | null;
  connected_at: number | null;
  disconnected_at: number | null;
  seen_at: number | null;
  seen_reason: string | null;
}

/** Where the wake words are kept. */
const VOICE_WAKE = "voicewake";

/** Named reads and writes over `nodes`. */
export class NodeStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs several changes as one decision, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#db.durable(work);
  }

  find(nodeId: string): NodeRecord | undefined {
    const row = this.#db.query<NodeDiskRow>("SELECT * FROM nodes WHERE node_id = ?").get(nodeId);
    return row ? toRecord(row) : undefined;
  }

  list(): NodeRecord[] {
    return this.#db.query<NodeDiskRow>("SELECT * FROM nodes ORDER BY created_at DESC, node_id").all().map(toRecord);
  }

  /** How many entries have a token of their own. */
  countTokens(): number {
    return this.#db.query<{ n: number }>("SELECT count(*) AS n FROM nodes WHERE token IS NOT NULL").get()?.n ?? 0;
  }

  save(node: NodeRecord): void {
    this.#db
      .query(
        `INSERT OR REPLACE INTO nodes (node_id, facts, platform, is_bound, approved, token, created_at, approved_at,
           connected_at, disconnected_at, seen_at, seen_reason)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        node.nodeId,
        JSON.stringify(node.facts),
        node.platform,
        node.isBound ? 1 : 0,
        node.approved === undefined ? null : JSON.stringify(node.approved),
        node.token ?? null,
        node.createdAtMs,
        node.approvedAtMs ?? null,
        node.lastConnectedAtMs ?? null,
        node.lastDisconnectedAtMs ?? null,
        node.lastSeenAtMs ?? null,
        node.lastSeenReason ?? null,
      );
  }

  /** Keeps what a node told when it came; a power cut may take it. */
  note(node: NodeRecord): void {
    this.#db.write(() => this.save(node));
  }

  /** Notes that a node was here; losing the note in a power cut harms nobody. */
  touch(nodeId: string, nowMs: number, reason: string): void {
    this.#db.write(() =>
      this.#db.query("UPDATE nodes SET seen_at = ?, seen_reason = ? WHERE node_id = ?").run(nowMs, reason, nodeId),
    );
  }

  /** Notes that a node left. */
  left(nodeId: string, nowMs: number): void {
    this.#db.write(() => this.#db.query("UPDATE nodes SET disconnected_at = ? WHERE node_id = ?").run(nowMs, nodeId));
  }

  remove(nodeId: string): void {
    this.#db.query("DELETE FROM nodes WHERE node_id = ?").run(nodeId);
  }

  /** The words that wake voice assistants; undefined when nobody chose any. */
  wakeWords(): string[] | undefined {
    const row = this.#db.query<{ value: string }>("SELECT value FROM meta WHERE key = ?").get(VOICE_WAKE);
    return row ? JSON.parse(row.value) : undefined;
  }

  setWakeWords(words: readonly string[]): void {
    this.#db.durable(() =>
      this.#db.query("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)").run(VOICE_WAKE, JSON.stringify(words)),
    );
  }
}

function toRecord(row: NodeDiskRow): NodeRecord {
  return {
    nodeId: row.node_id,
    facts: JSON.parse(row.facts),
    platform: row.platform,
    isBound: row.is_bound === 1,
    createdAtMs: row.created_at,
    ...(row.approved === null ? {} : { approved: JSON.parse(row.approved) }),
    ...(row.token === null ? {} : { token: row.token }),
    ...(row.approved_at === null ? {} : { approvedAtMs: row.approved_at }),
    ...(row.connected_at === null ? {} : { lastConnectedAtMs: row.connected_at }),
    ...(row.disconnected_at === null ? {} : { lastDisconnectedAtMs: row.disconnected_at }),
    ...(row.seen_at === null ? {} : { lastSeenAtMs: row.seen_at }),
    ...(row.seen_reason === null ? {} : { lastSeenReason: row.seen_reason }),
  };
}
