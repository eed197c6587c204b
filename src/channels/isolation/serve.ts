/**
 * The far side of {@link RemoteAccount}: makes the account in this thread and passes calls on. Whatever the account or
 * its library throws, rejects, prints or spins on stays in here (threats T41).
 */
import { EventEmitter } from "node:events";
import { systemClock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { systemIds } from "../../lib/ids.ts";
import { createLog } from "../../lib/log.ts";
import { openVaultFile, Vault } from "../../store/vault.ts";
import {
  type Account,
  type AccountVault,
  type Channel,
  ChannelError,
  type ChannelHost,
  type Inbound,
} from "../contract.ts";
import {
  type Ability,
  abilities,
  encodeError,
  type FromThread,
  type Opening,
  parseError,
  type ToThread,
} from "./wire.ts";

/** The scope of a worker, as far as this file uses it. */
interface WorkerScope {
  onmessage: ((message: MessageEvent<ToThread>) => void) | null;
  postMessage(message: FromThread): void;
}

/** Serves the one account of this thread; called once, by its entry, with what finds its network. */
export function serveAccount(load: (id: string) => Promise<Channel>): void {
  const scope = globalThis as unknown as WorkerScope;
  const tell = (message: FromThread) => scope.postMessage(message);
  silence();
  const fail = (error: unknown) => {
    const problem = `something nobody waited for failed: ${encodeError(error).message}`;
    tell({ type: "ended", error: encodeError(new ChannelError("transient", problem)) });
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  let served: Promise<ServedAccount> | undefined;
  scope.onmessage = ({ data }) => {
    if (data.type === "ping") return tell({ type: "pong" });
    if (data.type === "open") served = load(data.channelId).then((channel) => new ServedAccount(channel, data, tell));
    // In the order they came: what waits for the account is handled when it is there.
    else void served?.then((account) => account.handle(data));
  };
}

class ServedAccount {
  readonly #tell: (message: FromThread) => void;
  readonly #account: Account;
  readonly #stopping = new AbortController();
  readonly #calls = new Map<number, AbortController>();
  readonly #storing = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(channel: Channel, opening: Opening, tell: (message: FromThread) => void) {
    this.#tell = tell;
    this.#account = channel.open(opening.config as never, this.#host(opening), opening.env);
    this.#tellAbilities();
  }

  handle(message: Exclude<ToThread, { type: "open" | "ping" }>): void {
    switch (message.type) {
      case "run":
        return void this.#run();
      case "call":
        return void this.#call(message.id, message.ability, message.args);
      case "abort":
        return this.#calls.get(message.id)?.abort(new DOMException("given up", "AbortError"));
      case "stored": {
        const waiting = this.#storing.get(message.id);
        this.#storing.delete(message.id);
        if (message.error) waiting?.reject(parseError(message.error));
        else waiting?.resolve();
        return;
      }
      case "stop":
        return this.#stopping.abort();
    }
  }

  #tellAbilities(): void {
    this.#tell({ type: "ready", abilities: abilities.filter((ability) => this.#account[ability] !== undefined) });
  }

  async #run(): Promise<void> {
    try {
      await this.#account.run();
      this.#tell({ type: "ended" });
    } catch (error) {
      this.#tell({ type: "ended", error: encodeError(error) });
    }
  }

  async #call(id: number, ability: Ability, args: unknown[]): Promise<void> {
    const abort = new AbortController();
    this.#calls.set(id, abort);
    const step = (one: { qr: string }) => this.#tell({ type: "step", id, step: one });
    const all = [...(ability === "login" ? [step] : []), ...args, ...(ability === "webhook" ? [] : [abort.signal])];
    try {
      // What is called by name was found by name; its arguments are those the other side was given.
      const method = this.#account[ability] as (...args: unknown[]) => Promise<unknown>;
      this.#tell({ type: "result", id, value: await method.apply(this.#account, all) });
    } catch (error) {
      this.#tell({ type: "failed", id, error: encodeError(error) });
    } finally {
      this.#calls.delete(id);
    }
  }

  #host({ channelId, accountId, facts, commands, vaultPath }: Opening): ChannelHost {
    const known = new Map(Object.entries(facts));
    let vault: AccountVault | undefined;
    return {
      accountId,
      signal: this.#stopping.signal,
      clock: systemClock,
      ids: systemIds,
      log: createLog({
        clock: systemClock,
        level: "debug",
        sinks: [({ level, message, fields }) => this.#tell({ type: "log", level, message, fields: plain(fields) })],
      }),
      commands,
      memory: {
        get: (key) => known.get(key),
        set: (key, value) => {
          known.set(key, value);
          this.#tell({ type: "remember", key, value });
        },
      },
      vault: () => {
        vault ??= new Vault(openVaultFile(vaultPath), { channel: channelId, accountId }, systemClock.now);
        return vault;
      },
      receive: (event) => this.#receive(event),
      connected: (self) => {
        this.#tellAbilities(); // Some are known only now.
        this.#tell({ type: "connected", self });
      },
      heard: () => this.#tell({ type: "heard" }),
    };
  }

  #receive(event: Inbound): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const id = ++this.#lastId;
    this.#storing.set(id, { resolve, reject });
    this.#tell({ type: "receive", id, event });
    return promise;
  }
}

/** Fields of a log line that can cross: secrets print themselves as `***`. A line is never worth an account. */
function plain(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(fields));
  } catch (error) {
    return { problem: `its fields cannot be written: ${messageOf(error)}` };
  }
}

/** Libraries print what nobody may read, sessions with their keys among it; nothing of ours prints from here. */
function silence(): void {
  const nothing = () => undefined;
  const { console } = globalThis;
  for (const name of Object.keys(console) as (keyof Console)[])
    if (typeof console[name] === "function" && name !== "Console") Object.assign(console, { [name]: nothing });
  // Set, not defined, and no real stream: either costs every thread two megabytes.
  const stream = Object.assign(new EventEmitter(), { write: written, end: nothing, isTTY: false });
  Object.assign(process, { stdout: stream, stderr: stream, emitWarning: nothing });
}

/** A stream that takes everything and keeps nothing. */
function written(...args: unknown[]): boolean {
  const done = args.at(-1);
  if (typeof done === "function") queueMicrotask(() => done(null));
  return true;
}
