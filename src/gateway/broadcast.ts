/** Tells events to everyone entitled: encoded once per generation, numbered per connection, never waiting. */
import type { ProtocolVersion } from "#schemas/method.ts";
import type { Connection } from "./connection.ts";
import { type EventRule, encodeEventHead } from "./wire.ts";

/** Every authenticated connection. */
export class Audience {
  readonly #connections = new Map<string, Connection>();

  get size(): number {
    return this.#connections.size;
  }

  add(connection: Connection): void {
    this.#connections.set(connection.id, connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection.id);
  }

  find(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** Whether anybody follows a topic: what is only for followers need not be made otherwise. */
  hasFollowers(topic: string): boolean {
    for (const { subscriptions } of this.#connections.values()) if (subscriptions.has(topic)) return true;
    return false;
  }

  /** Sends one event to all who may see it. */
  publish<T>(event: EventRule<T>, payload: T, stateVersion?: object): void {
    if (this.#connections.size === 0) return;
    const topic = event.topic?.(payload);
    const sessionTopic = event.sessionTopic?.(payload);
    const capability = event.capability?.(payload);
    const heads: Partial<Record<ProtocolVersion, string | null>> = {};
    for (const connection of this.#connections.values()) {
      const { identity } = connection;
      if (!identity) continue;
      const { version } = identity;
      if (!connection.isEntitled(version === 3 ? event.guard.v3 : event.guard.v4)) continue;
      if (topic !== undefined && !connection.subscriptions.has(topic)) continue;
      if (event.isFor && !event.isFor(payload, { connectionId: connection.id, version })) continue;
      if (connection.isSessionScoped && sessionTopic !== undefined && !connection.subscriptions.has(sessionTopic))
        continue;
      if (capability !== undefined && version === 4 && !identity.caps.has(capability)) continue;
      let head = heads[version];
      if (head === undefined) {
        const encoded = event.encode(payload, version);
        head = encoded === undefined ? null : encodeEventHead(event.name, encoded, stateVersion);
        heads[version] = head;
      }
      if (head !== null) connection.deliver(head, event.isDroppable);
    }
  }
}
