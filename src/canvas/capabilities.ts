/**
 * Capabilities: secrets in an address that open the canvas to one connection of one node (threats T17). They are kept
 * as hashes, live ten minutes after their last use, and end with the connection.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";

/** Whom a capability serves. */
export interface Holder {
  nodeId: string;
  connectionId: string;
}

/** A fresh capability. */
export interface Minted {
  token: string;
  /** When it ends unless it is used before. */
  expiresAtMs: number;
}

const TOKEN_BYTES = 32;
/** How long one lives after its last use. */
export const CAPABILITY_MS = 10 * 60_000;
/** Capabilities of one connection; then the oldest ends. Nodes ask for a new one when theirs ran out. */
const MAX_PER_CONNECTION = 8;
/** Connections that have any; more nodes than one gateway serves. */
const MAX_CONNECTIONS = 4_096;

interface Entry extends Holder {
  untilMs: number;
  /** Sockets open under it: a page that is looked at keeps its address. */
  held: number;
}

/** The live capabilities. */
export class Capabilities {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #entries = new Map<string, Entry>();
  readonly #connections = new Map<string, { nodeId: string; hashes: Set<string> }>();
  constructor(needs: { clock: Clock; ids: Ids }) {
    this.#clock = needs.clock;
    this.#ids = needs.ids;
  }

  /** Makes one for a connection that has proven to be that node. */
  mint({ nodeId, connectionId }: Holder): Minted {
    const token = this.#ids.token(TOKEN_BYTES);
    const hash = hashOf(token);
    const untilMs = this.#clock.now() + CAPABILITY_MS;
    this.#entries.set(hash, { nodeId, connectionId, untilMs, held: 0 });
    const own = this.#connections.get(connectionId) ?? { nodeId, hashes: new Set() };
    own.hashes.add(hash);
    for (const oldest of own.hashes) {
      if (own.hashes.size <= MAX_PER_CONNECTION) break;
      own.hashes.delete(oldest);
      this.#entries.delete(oldest);
    }
    this.#connections.set(connectionId, own);
    const [first] = this.#connections.keys();
    if (this.#connections.size > MAX_CONNECTIONS && first !== undefined) this.drop(first);
    return { token, expiresAtMs: untilMs };
  }

  /** Whom a token serves, and its time begins anew; undefined for one that is unknown, over or dropped. */
  use(token: string): Holder | undefined {
    const hash = hashOf(token);
    const entry = this.#entries.get(hash);
    if (!entry) return undefined;
    const nowMs = this.#clock.now();
    if (entry.held === 0 && nowMs >= entry.untilMs) {
      this.#forget(hash, entry);
      return undefined;
    }
    entry.untilMs = nowMs + CAPABILITY_MS;
    return { nodeId: entry.nodeId, connectionId: entry.connectionId };
  }

  /** Keeps a token alive while a socket is open under it; call the answer once when it closes. */
  hold(token: string): () => void {
    const entry = this.#entries.get(hashOf(token));
    if (!entry) return () => undefined;
    entry.held++;
    return () => {
      entry.held--;
      entry.untilMs = this.#clock.now() + CAPABILITY_MS;
    };
  }

  /** Whether that connection was given capabilities for that node and is still there. */
  isConnected({ nodeId, connectionId }: Holder): boolean {
    return this.#connections.get(connectionId)?.nodeId === nodeId;
  }

  /** Ends all capabilities of a connection: it closed, or its node was revoked (threats T26). */
  drop(connectionId: string): void {
    for (const hash of this.#connections.get(connectionId)?.hashes ?? []) this.#entries.delete(hash);
    this.#connections.delete(connectionId);
  }

  #forget(hash: string, { connectionId }: Entry): void {
    this.#entries.delete(hash);
    this.#connections.get(connectionId)?.hashes.delete(hash);
  }
}

/** Looking up a hash takes the same time whatever the candidate shares with a live token. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
