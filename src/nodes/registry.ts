/** The nodes that are connected now, one socket each: the newest one counts (`protocol/nodes.md` section 1). */
import type { ClientInfo } from "#schemas/connect.ts";
import type { ProtocolVersion } from "#schemas/method.ts";
import type { Surface } from "./commands.ts";
import type { Platform } from "./platforms.ts";

/** Sessions one node may follow; an app shows one at a time. */
const MAX_FOLLOWED = 64;

/** A node's socket, as far as this room needs it; `gateway/connection.ts` satisfies it. */
export interface NodeLink {
  readonly id: string;
  readonly isOpen: boolean;
  /** Sends an event to this socket only. A reader that is too slow loses droppable ones, and otherwise its socket. */
  tell(event: string, payload: unknown, isDroppable?: boolean): void;
  close(code: number, reason: string): void;
}

/** What a node claims at connect; nothing of it counts by itself. */
export interface NodeClaims extends Surface {
  pathEnv?: string;
}

/** A node that is connected. */
export interface LiveNode {
  readonly nodeId: string;
  readonly link: NodeLink;
  readonly version: ProtocolVersion;
  readonly client: ClientInfo;
  readonly platform: Platform;
  readonly claims: NodeClaims;
  /** Where it comes from; undefined for this host. */
  readonly remoteIp: string | undefined;
  readonly connectedAtMs: number;
  /** What it may be asked. Changes when the owner decides. */
  surface: Surface;
  /** Sessions it follows: canonical key to the key as the node spelled it. */
  readonly follows: Map<string, string>;
}

/** Connected nodes by id, and the sockets they came through. */
export class Registry {
  readonly #byId = new Map<string, LiveNode>();
  readonly #byLink = new Map<string, LiveNode>();

  /** Adds a node. It takes the place of one with the same id, whose socket may still answer what it was sent. */
  add(node: LiveNode): void {
    this.#byId.set(node.nodeId, node);
    this.#byLink.set(node.link.id, node);
  }

  /** A socket is gone: returns the node that spoke through it. The node is absent then, unless a newer socket has it. */
  remove(connectionId: string): LiveNode | undefined {
    const node = this.#byLink.get(connectionId);
    this.#byLink.delete(connectionId);
    if (node && this.#byId.get(node.nodeId) === node) this.#byId.delete(node.nodeId);
    return node;
  }

  /** The node as it is addressed: behind its newest socket. */
  find(nodeId: string): LiveNode | undefined {
    return this.#byId.get(nodeId);
  }

  /** The node that speaks through a socket. */
  behind(connectionId: string): LiveNode | undefined {
    return this.#byLink.get(connectionId);
  }

  [Symbol.iterator](): IterableIterator<LiveNode> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }
}

/** Lets a node follow a session; false when it follows too many. */
export function follow(node: LiveNode, key: string, spelled: string): boolean {
  if (node.follows.size >= MAX_FOLLOWED && !node.follows.has(key)) return false;
  node.follows.set(key, spelled);
  return true;
}
