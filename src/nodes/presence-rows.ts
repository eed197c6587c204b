/**
 * Which row of the presence list a connection belongs to. A node and the operator of the same device are one row, as
 * people see one phone; the row stays until the last of them leaves.
 */

/** A connection, as far as rows depend on it. */
export interface PresentConnection {
  readonly id: string;
  readonly version: 3 | 4;
  readonly role: "operator" | "node";
  readonly deviceId: string | undefined;
  readonly instanceId: string | undefined;
}

/** The list; `status/presence.ts` satisfies it. */
export interface PresenceList<T extends { roles?: string[]; scopes?: string[] }> {
  set(key: string, entry: T, isHere?: boolean): void;
  leave(key: string, isForgotten: boolean): void;
}

interface Present<T> {
  connection: PresentConnection;
  entry: T;
}

/** Keeps the rows. */
export class PresenceRows<T extends { roles?: string[]; scopes?: string[] }> {
  readonly #list: PresenceList<T>;
  readonly #rows = new Map<string, Present<T>[]>();
  constructor(list: PresenceList<T>) {
    this.#list = list;
  }

  /** A connection came. */
  enter(connection: PresentConnection, entry: T): void {
    const { deviceId, role } = connection;
    const key = this.#keyOf(connection);
    const others = role === "node" && deviceId !== undefined ? this.#takeOperators(deviceId) : [];
    this.#rows.set(key, [...(this.#rows.get(key) ?? []), ...others, { connection, entry }]);
    this.#show(key);
  }

  /** A connection left. */
  leave(connectionId: string): void {
    for (const [key, present] of this.#rows) {
      const rest = present.filter(({ connection }) => connection.id !== connectionId);
      if (rest.length === present.length) continue;
      if (rest.length) {
        this.#rows.set(key, rest);
        return this.#show(key);
      }
      this.#rows.delete(key);
      return this.#list.leave(key, key === connectionId); // Nobody comes back under the id of a connection.
    }
  }

  /** Operators of v4 have a row of their own, unless their device is here as a node. */
  #keyOf({ id, version, role, deviceId, instanceId }: PresentConnection): string {
    const isNodeHere =
      deviceId !== undefined && this.#rows.get(deviceId)?.some((one) => one.connection.role === "node");
    if (version === 4 && role === "operator" && !isNodeHere) return id;
    return deviceId ?? instanceId ?? id;
  }

  #takeOperators(deviceId: string): Present<T>[] {
    const own = [...this.#rows].filter(([key, [first]]) => key !== deviceId && first?.connection.deviceId === deviceId);
    for (const [key] of own) {
      this.#rows.delete(key);
      this.#list.leave(key, true);
    }
    return own.flatMap(([, present]) => present);
  }

  #show(key: string): void {
    const present = this.#rows.get(key) ?? [];
    const main = present.findLast(({ connection }) => connection.role === "node") ?? present.at(-1);
    if (!main) return;
    const all = (pick: (entry: T) => string[] | undefined) => [
      ...new Set(present.flatMap(({ entry }) => pick(entry) ?? [])),
    ];
    const roles = all(({ roles }) => roles);
    const scopes = all(({ scopes }) => scopes);
    this.#list.set(key, { ...main.entry, roles, scopes }, true);
  }
}
