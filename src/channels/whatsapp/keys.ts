/** The keys of a linked account in its vault, in the shape the library wants them. */
import type { AccountVault, Self } from "../contract.ts";
import { type Names, namesOf, personOf } from "./jids.ts";
import type { AuthenticationCreds, Library, SignalKeyStore } from "./library.ts";

type Change = Parameters<AccountVault["set"]>[0][number];

const CREDS = { type: "creds", id: "self" } as const;

/** Opened for every run; {@link connection} gives each connection its own view. */
export class Keys {
  /** The library changes this object as it goes. */
  readonly creds: AuthenticationCreds;
  readonly #vault: AccountVault;
  readonly #library: Library;
  /** Written together with the next change of a key, so that neither is there without the other. */
  #along: Change[] = [];

  constructor(vault: AccountVault, library: Library) {
    this.#vault = vault;
    this.#library = library;
    const stored = vault.get(CREDS.type, [CREDS.id]).get(CREDS.id);
    this.creds = stored === undefined ? library.initAuthCreds() : this.#parse<AuthenticationCreds>(stored);
  }

  /** Whether a phone has linked this account. */
  get isLinked(): boolean {
    return this.creds.me !== undefined && this.creds.account !== undefined;
  }

  /** Our own names. */
  get names(): Names {
    return namesOf(this.creds.me?.id, this.creds.me?.lid);
  }

  /** Who we are, once we are linked. */
  get self(): Self {
    const { me } = this.creds;
    const name = me?.name ?? me?.notify;
    return { id: personOf(this.names)?.id ?? "", ...(name ? { name } : {}) };
  }

  /** Stores what identifies the account; on the disk when it returns. */
  saveCreds(): void {
    this.#vault.set([{ ...CREDS, value: this.#encode(this.creds) }]);
  }

  /** Stores a value of ours in the transaction of the next key that changes. */
  setAlong(change: Change): void {
    this.#along.push(change);
  }

  /** A value of ours, be it not on the disk yet. */
  find(type: string, id: string): string | undefined {
    const waiting = this.#along.findLast((change) => change.type === type && change.id === id);
    return waiting === undefined ? this.#vault.get(type, [id]).get(id) : waiting.value;
  }

  /** The number of somebody whose linked id is known, or the other way round; undefined when we were never told. */
  findMapping(user: string, is: "phone" | "lid"): string | undefined {
    const id = is === "lid" ? `${user}_reverse` : user;
    const stored = this.#vault.get("lid-mapping", [id]).get(id);
    const found = stored === undefined ? undefined : this.#parse<unknown>(stored);
    return typeof found === "string" ? found : undefined;
  }

  /**
   * The key store of one connection. Each `set` is one transaction. Once `isOver` says so it refuses: what an
   * abandoned connection still believes must not overwrite what its successor knows. `onFailure` is told when the disk
   * does not take a change; the connection cannot go on then.
   */
  storeFor(isOver: () => boolean, onFailure: (error: unknown) => void): SignalKeyStore {
    return {
      get: (type, ids) => {
        const rows = [...this.#vault.get(type, ids)];
        // The library knows what it stores under each type.
        return Object.fromEntries(rows.map(([id, text]) => [id, this.#restore(type, text)])) as never;
      },
      set: (data) => {
        if (isOver()) throw new Error("this connection is over");
        const changes = Object.entries(data).flatMap(([type, values]) =>
          Object.entries(values).map(([id, value]) => this.#change(type, id, value)),
        );
        try {
          this.#vault.set([...changes, ...this.#along]);
        } catch (error) {
          onFailure(error);
          throw error;
        }
        this.#along = [];
      },
    };
  }

  #change(type: string, id: string, value: unknown): Change {
    return value === null || value === undefined ? { type, id } : { type, id, value: this.#encode(value) };
  }

  #restore(type: string, text: string): unknown {
    const value = this.#parse<Record<string, unknown>>(text);
    const { AppStateSyncKeyData } = this.#library.proto.Message;
    return type === "app-state-sync-key" ? AppStateSyncKeyData.fromObject(value) : value;
  }

  #encode(value: unknown): string {
    return JSON.stringify(value, this.#library.BufferJSON.replacer);
  }

  #parse<T>(text: string): T {
    return JSON.parse(text, this.#library.BufferJSON.reviver) as T;
  }
}
