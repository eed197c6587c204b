/**
 * An account in a thread of its own, used like one in this thread. A library that throws, rejects, leaks or spins costs
 * its own account a restart and nobody else anything (threats T41). A thread that does not answer is ended.
 */
import type { Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import {
  type Account,
  type Channel,
  ChannelError,
  type ChannelHost,
  type LoginStep,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
  type WebhookAnswer,
} from "../contract.ts";
import {
  type Ability,
  createHider,
  encodeError,
  type FromThread,
  parseError,
  type ToThread,
  type WireError,
} from "./wire.ts";

/** How often a thread is asked whether it still turns. */
const PING_MS = 2_000;
/** Unanswered pings in a row after which it does not. Counted, not timed: a laptop may sleep in between. */
const MAX_UNANSWERED = 5;
/** How long an account may take to end when it is told to; then its thread is ended. */
const STOP_MS = 5_000;
/** How long a call may go on after it was given up, to say whether something was sent. */
const GIVEN_UP_MS = 2_000;

/** What the main thread does for an account: the contract's host, with memory as a store. */
export interface MainHost extends Omit<ChannelHost, "vault" | "memory"> {
  facts(): Record<string, string>;
  remember(key: string, value: string): void;
}

/** Makes an account; `openInThread` is how this program does it. */
export type OpenAccount = (
  channel: Channel,
  config: unknown,
  host: MainHost,
  env: Record<string, string | undefined>,
) => Account;

/** The way to open accounts in threads of their own, with their keys in that file. `entry` is another one in tests. */
export function openInThread(vaultPath: string, entry: URL = new URL("./thread.ts", import.meta.url)): OpenAccount {
  return (channel, config, host, env) => new RemoteAccount({ channel, config, host, env, vaultPath, entry });
}

interface Needs {
  channel: Channel;
  config: unknown;
  host: MainHost;
  env: Record<string, string | undefined>;
  vaultPath: string;
  entry: URL;
}

interface Call {
  ability: Ability;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  onStep: ((step: LoginStep) => void) | undefined;
}

class RemoteAccount implements Account {
  readonly #needs: Needs;
  readonly #hide: (text: string) => string;
  #worker: Worker | undefined;
  #isOver = false;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #unanswered = 0;
  #watch: Timer | undefined;
  #stopLimit: Timer | undefined;
  readonly #run = Promise.withResolvers<void>();
  /** Optional abilities, there as soon as the account said that it has them. */
  download?: NonNullable<Account["download"]>;
  typing?: NonNullable<Account["typing"]>;
  react?: NonNullable<Account["react"]>;
  edit?: NonNullable<Account["edit"]>;
  remove?: NonNullable<Account["remove"]>;
  read?: NonNullable<Account["read"]>;
  webhook?: NonNullable<Account["webhook"]>;
  login?: NonNullable<Account["login"]>;
  logout?: NonNullable<Account["logout"]>;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#hide = createHider(needs.channel.config, needs.config, needs.env);
    this.#run.promise.catch(() => undefined); // Nobody waits for the run of an account that is only logged in.
    // Linking is asked of an account that has not started, so it cannot say that it is able to.
    if (needs.channel.capabilities.login !== undefined) this.#claim(["login", "logout"]);
    if (needs.host.signal.aborted) this.#stop();
    else needs.host.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  run(): Promise<void> {
    this.#post({ type: "run" });
    return this.#run.promise;
  }

  send(message: Outbound, signal: AbortSignal): Promise<Sent> {
    return this.#call<Sent>("send", [message], signal);
  }

  probe(signal: AbortSignal): Promise<Self> {
    return this.#call<Self>("probe", [], signal);
  }

  /** The abilities the far side has. */
  #claim(list: readonly string[]): void {
    const has = (ability: Ability) => list.includes(ability);
    if (has("download"))
      this.download = (handle, maxBytes, signal) => this.#call("download", [handle, maxBytes], signal);
    if (has("typing")) this.typing = (chat, signal) => this.#call("typing", [chat], signal);
    if (has("react")) this.react = (target, emoji, signal) => this.#call("react", [target, emoji], signal);
    if (has("edit")) this.edit = (target, message, signal) => this.#call("edit", [target, message], signal);
    if (has("remove")) this.remove = (target, signal) => this.#call("remove", [target], signal);
    if (has("read")) this.read = (targets: readonly MessageRef[], signal) => this.#call("read", [targets], signal);
    if (has("webhook")) this.webhook = (request) => this.#call<WebhookAnswer>("webhook", [request]);
    if (has("login")) this.login = (tell, signal) => this.#call<Self>("login", [], signal, tell);
    if (has("logout")) this.logout = (signal) => this.#call("logout", [], signal);
  }

  #call<T>(ability: Ability, args: unknown[], signal?: AbortSignal, onStep?: (step: LoginStep) => void): Promise<T> {
    if (this.#isOver || this.#needs.host.signal.aborted)
      return Promise.reject(new ChannelError("transient", "the account has stopped"));
    if (signal?.aborted) return Promise.reject(new ChannelError("transient", "it was given up before it began"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++this.#lastId;
    this.#calls.set(id, { ability, resolve, reject, onStep });
    this.#post({ type: "call", id, ability, args });
    let limit: Timer | undefined;
    const onAbort = () => {
      this.#post({ type: "abort", id });
      const late = new ChannelError("transient", "it was given up", { sent: "unknown" });
      limit = this.#needs.host.clock.after(GIVEN_UP_MS, () => this.#settle(id, (call) => call.reject(late)));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    return promise.finally(() => {
      signal?.removeEventListener("abort", onAbort);
      limit?.cancel();
    }) as Promise<T>;
  }

  #settle(id: number, how: (call: Call) => void): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (call) how(call);
  }

  #post(message: ToThread): void {
    if (this.#isOver) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const { channel, config, host, env, vaultPath, entry } = this.#needs;
    // `smol` keeps the heap of a thread small; it mostly waits.
    const worker = new Worker(entry, { name: `${channel.id}/${host.accountId}`, smol: true } as WorkerOptions);
    worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
      try {
        this.#handle(data);
      } catch (error) {
        // A library may post what it likes from there; it must not fail anything here.
        this.#end(new ChannelError("transient", `its thread said what it cannot say: ${messageOf(error)}`));
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      // The whole of it shows code and paths; one line of it says what failed.
      const [, reason = "it could not be loaded"] = /^(?:error|\w*Error): (.*)$/m.exec(event.message) ?? [];
      this.#end(new ChannelError("transient", this.#hide(`its thread failed: ${reason}`)));
    };
    worker.addEventListener("close", () => this.#end(new ChannelError("transient", "its thread ended by itself")));
    const { accountId, commands } = host;
    const facts = host.facts();
    worker.postMessage({ type: "open", channelId: channel.id, accountId, config, env, facts, commands, vaultPath });
    this.#watch = host.clock.every(PING_MS, () => this.#ping());
    return worker;
  }

  #ping(): void {
    if (this.#unanswered >= MAX_UNANSWERED)
      return this.#end(new ChannelError("transient", "its thread did not answer any more and was ended"));
    this.#unanswered++;
    this.#post({ type: "ping" });
  }

  #handle(message: FromThread): void {
    if (this.#isOver) return;
    const { host } = this.#needs;
    switch (message.type) {
      case "pong":
        this.#unanswered = 0;
        return;
      case "ready":
        return this.#claim(message.abilities);
      case "connected":
        return host.connected(message.self);
      case "heard":
        return host.heard();
      case "log":
        return host.log[message.level](message.message, this.#hidden(message.fields));
      case "remember":
        return this.#remember(message.key, message.value);
      case "receive":
        return void this.#receive(message.id, message.event);
      case "step":
        return this.#calls.get(message.id)?.onStep?.(message.step);
      case "result":
        return this.#settle(message.id, (call) => call.resolve(message.value));
      case "failed":
        return this.#settle(message.id, (call) => call.reject(this.#errorOf(message.error)));
      case "ended":
        return this.#end(message.error && this.#errorOf(message.error));
    }
  }

  #errorOf(error: WireError): Error {
    return parseError({ ...error, message: this.#hide(error.message) });
  }

  #hidden(fields: Record<string, unknown>): Record<string, unknown> {
    const hide = (value: unknown) => (typeof value === "string" ? this.#hide(value) : value);
    return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, hide(value)]));
  }

  /** Lost at most together with what it confirms: the network tells it again, and the inbox knows it. */
  #remember(key: string, value: string): void {
    try {
      this.#needs.host.remember(key, value);
    } catch (error) {
      this.#needs.host.log.warn("a fact could not be stored", { key, problem: messageOf(error) });
    }
  }

  async #receive(id: number, event: Parameters<ChannelHost["receive"]>[0]): Promise<void> {
    try {
      await this.#needs.host.receive(event);
      this.#post({ type: "stored", id });
    } catch (error) {
      this.#post({ type: "stored", id, error: encodeError(error) });
    }
  }

  #stop(): void {
    if (!this.#worker || this.#isOver) return this.#end(undefined);
    this.#post({ type: "stop" });
    this.#stopLimit = this.#needs.host.clock.after(STOP_MS, () => this.#end(undefined));
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch?.cancel();
    this.#stopLimit?.cancel();
    this.#worker?.terminate();
    for (const [id, { ability }] of this.#calls) {
      const sent = ability === "send" ? "unknown" : "no";
      this.#settle(id, (call) => call.reject(new ChannelError("transient", "the account has stopped", { sent })));
    }
    if (error) this.#run.reject(error);
    else this.#run.resolve();
  }
}
