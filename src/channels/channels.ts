/** All accounts of all networks: opened from the configuration, supervised, with one inbox and an outbox each. */
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import type { ChannelStore } from "../store/channels.ts";
import type { InboxStore } from "../store/inbox.ts";
import type { OutboxRow, OutboxStore } from "../store/outbox.ts";
import { composePieces, type Saying } from "./compose.ts";
import {
  type Account,
  type Channel,
  ChannelError,
  type ChannelHost,
  type ChatRef,
  type Outbound,
  type Webhook,
} from "./contract.ts";
import { entriesOf, problemOf, withoutCredentials } from "./entries.ts";
import type { GateSettings } from "./gates.ts";
import { type Answering, Incoming, OVERFLOW } from "./inbound.ts";
import type { MainHost, OpenAccount } from "./isolation/remote.ts";
import { type AccountLine, type Broadcast, createLine, type Files } from "./line.ts";
import { type Linkable, Linking } from "./linking.ts";
import { Outgoing } from "./outbound.ts";
import { type Approved, People, type Place, type SenderRequest } from "./people.ts";
import type { AccountEntry, MessageSettings, Settings } from "./policy/settings.ts";
import { type AccountStatus, Supervisor } from "./supervisor.ts";
import type { Delivery } from "./webhooks.ts";

/** One account, as `channels.status` tells it. */
export interface AccountReport extends AccountStatus {
  accountId: string;
  name?: string;
  isEnabled: boolean;
  /** What the configuration lacks; absent when it is complete. */
  missing?: string;
  settings: Settings;
}

interface Needs {
  networks: readonly Channel[];
  /** The `channels` section of the configuration. */
  config: () => Record<string, unknown>;
  /** What gates need to know besides the account. */
  gates: () => GateSettings;
  env: Record<string, string | undefined>;
  store: ChannelStore;
  openAccount: OpenAccount;
  /** Takes the lock of a network that only one gateway of a host may open; undefined when another has it. */
  lockHost: (channelId: string) => Disposable | undefined;
  /** The gateway's own commands. */
  commands: ChannelHost["commands"];
  inbox: InboxStore;
  outbox: OutboxStore;
  answering: Answering;
  files: Files;
  /** The `messages` section: what holds for all networks unless one says otherwise. */
  messages: () => MessageSettings;
  broadcast: () => Broadcast;
  /** The state of an account is another one. */
  onState: () => void;
  clock: Clock;
  ids: Ids;
  log: Log;
}

interface Running extends Linkable {
  line: AccountLine;
  outgoing: Outgoing;
  supervisor: Supervisor;
  webhook: Webhook | undefined;
}

/** The networks of this gateway. */
export class Channels {
  readonly inbox: InboxStore;
  readonly outbox: OutboxStore;
  readonly linking: Linking;
  readonly #needs: Needs;
  readonly #incoming: Incoming;
  readonly #people: People;
  /** The last change of what is open; it never rejects. */
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #accounts = new Map<string, Running>();
  readonly #hostLocks = new Map<string, Disposable>();
  /** Accounts that are configured but cannot run, with what they lack. */
  readonly #lacking = new Map<string, { channel: Channel; report: AccountReport }>();
  constructor(needs: Needs) {
    this.#needs = needs;
    this.#people = new People(needs);
    this.linking = new Linking(() => this.#accounts.values(), needs.clock);
    this.inbox = needs.inbox;
    this.outbox = needs.outbox;
    this.#incoming = new Incoming({
      store: needs.inbox,
      answering: needs.answering,
      clock: needs.clock,
      log: needs.log,
    });
  }

  /** Opens what the configuration names and starts it; the start of the process. Never throws for what one account lacks. */
  open(): void {
    this.#incoming.resume();
    const section = this.#needs.config();
    for (const channel of this.#needs.networks) {
      const entries = entriesOf(channel, section[channel.id], this.#needs.messages());
      for (const entry of entries) this.#openAccount(channel, entry);
    }
  }

  /**
   * Closes all accounts and opens what the configuration names by then. Changes that come while one is under way wait
   * for it: two connections of one account would take each other's messages.
   */
  reopen(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      if (!this.#isClosed) this.open();
    });
  }

  /** Ends all accounts for good; what is queued stays on the disk. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#inTurn(() => this.#end());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error) => {
      this.#needs.log.error("the accounts could not be changed", { error: messageOf(error) });
    });
    return this.#turn;
  }

  async #end(): Promise<void> {
    this.#incoming.stop();
    const accounts = [...this.#accounts.values()];
    this.#accounts.clear();
    this.#lacking.clear();
    for (const { outgoing } of accounts) outgoing.stop();
    this.linking.close();
    await Promise.all(accounts.map(({ supervisor }) => supervisor.stop()));
    for (const lock of this.#hostLocks.values()) lock[Symbol.dispose]();
    this.#hostLocks.clear();
  }

  /** Every account, by network. */
  reports(): { channel: Channel; accounts: AccountReport[] }[] {
    return this.#needs.networks.flatMap((channel) => {
      const running = [...this.#accounts.values()].filter((one) => one.channel === channel).map(toReport);
      const lacking = [...this.#lacking.values()].filter((one) => one.channel === channel).map(({ report }) => report);
      const accounts = [...running, ...lacking];
      return accounts.length ? [{ channel, accounts }] : [];
    });
  }

  /** The state of each network in a line, for `health` and `status`. */
  summaries(): {
    id: string;
    label: string;
    summary: { configured: boolean; running: boolean; connected: boolean; problem?: string };
  }[] {
    return this.reports().map(({ channel: { id, label }, accounts }) => {
      const problem = accounts.find(({ lastError }) => lastError !== undefined)?.lastError;
      const summary = {
        configured: accounts.some(({ missing }) => missing === undefined),
        running: accounts.some(({ state }) => state !== "stopped" && state !== "failed"),
        connected: accounts.some(({ state }) => state === "running"),
        ...(problem === undefined ? {} : { problem }),
      };
      return { id, label, summary };
    });
  }

  /** Starts or stops an account. False when there is none of that name. */
  async switch(channelId: string, accountId: string | undefined, isOn: boolean): Promise<boolean> {
    const found = [...this.#accounts.values()].filter(
      ({ line }) => line.channel === channelId && (accountId === undefined || line.accountId === accountId),
    );
    for (const { supervisor } of found) {
      if (isOn) supervisor.start();
      else await supervisor.stop();
    }
    return found.length > 0;
  }

  /** Asks the networks who we are; a problem is an answer too. */
  async probe(channelId: string, accountId: string, signal: AbortSignal): Promise<{ ok: boolean; problem?: string }> {
    const running = this.#accounts.get(keyOf(channelId, accountId));
    if (!running?.supervisor.account)
      return { ok: false, problem: running?.supervisor.status.lastError ?? "not connected" };
    try {
      await running.supervisor.account.probe(signal);
      return { ok: true };
    } catch (error) {
      return { ok: false, problem: messageOf(error) };
    }
  }

  /**
   * Queues what is said in a chat, under a key of its own. Returns its first queue id and chat; a string says why it
   * cannot be.
   */
  send(message: {
    channel: string;
    accountId?: string | undefined;
    to: string;
    key: string;
    saying: Omit<Saying, "chat" | "key">;
    threadId?: string | undefined;
  }): { outboxId: number; chat: ChatRef } | string {
    const running = this.#find(message.channel, message.accountId);
    if (!running) return `no account on ${message.channel}: configure one`;
    const target = running.channel.parseTarget(message.to);
    if (!target) return `not a recipient on ${message.channel}: ${message.to.slice(0, 64)}`;
    const chat = message.threadId === undefined ? target : { ...target, threadId: message.threadId };
    const { key } = message;
    const { line } = running;
    // A repeat finds what it queued; made anew it might fall into other pieces.
    if (!this.isQueued(key)) this.outbox.decide(() => line.say({ ...message.saying, chat, key }));
    line.wake(chat);
    const first = this.outbox.findByKey(`${key}-0`);
    return first ? { outboxId: first.id, chat } : "there is nothing to send";
  }

  /** How large a file an account takes; undefined when there is none. */
  mediaBytes(channelId: string, accountId?: string): number | undefined {
    return this.#find(channelId, accountId)?.channel.capabilities.mediaBytes;
  }

  /** The account when it is connected, with the chat that is meant; a string says what is wrong. */
  reach(
    channelId: string,
    accountId: string | undefined,
    { to, threadId }: { to: string; threadId?: string },
  ): { account: Account; chat: ChatRef; compose: (saying: Saying) => Outbound[] } | string {
    const running = this.#find(channelId, accountId);
    if (!running) return `no account on ${channelId}: configure one`;
    const target = running.channel.parseTarget(to);
    if (!target) return `not a recipient on ${channelId}: ${to.slice(0, 64)}`;
    const { account } = running.supervisor;
    if (!account) return `${channelId} is not connected: see channels.status`;
    const chat = threadId === undefined ? target : { ...target, threadId };
    return { account, chat, compose: (saying) => composePieces(saying, running.line.manner) };
  }

  #find(channelId: string, accountId?: string): Running | undefined {
    return [...this.#accounts.values()].find(
      ({ line }) => line.channel === channelId && (accountId === undefined || line.accountId === accountId),
    );
  }

  /** Whether what a person writes as a recipient is that chat. */
  isChat(channelId: string, to: string, chatId: string): boolean {
    return this.#find(channelId)?.channel.parseTarget(to)?.id === chatId;
  }

  /** Whether something was queued under that key. */
  isQueued(key: string): boolean {
    return this.outbox.findByKey(`${key}-0`) !== undefined;
  }

  /** Waits for the end of every piece queued under that key, or as they stand when `signal` aborts. */
  async sent(channelId: string, key: string, signal: AbortSignal): Promise<OutboxRow[]> {
    const rows: OutboxRow[] = [];
    for (let index = 0; ; index++) {
      const row = this.outbox.findByKey(`${key}-${index}`);
      if (!row) return rows;
      const running = this.#accounts.get(keyOf(channelId, row.account));
      rows.push((await running?.outgoing.ended(row.key, signal)) ?? row);
    }
  }

  /** Tries something again that was given up. */
  retry(id: string): boolean {
    const [direction, number] = id.split("-");
    const nowMs = this.#needs.clock.now();
    const row = direction === "in" ? this.inbox.find(Number(number)) : this.outbox.find(Number(number));
    if (!row) return false;
    const running = this.#accounts.get(keyOf(row.channel, row.account));
    if (direction === "in") {
      const isOverflow = row.state === "dropped" && row.problem === OVERFLOW;
      if (row.state !== "dead" && !isOverflow) return false;
      this.#needs.answering.forget(`inbox-${row.id}`);
      this.inbox.update(row.id, { state: "new", attempts: 0, notBefore: 0, nowMs });
      if (running) this.#incoming.open(running.line);
      return true;
    }
    if (row.state !== "failed") return false;
    this.outbox.update(row.id, { state: "queued", attempts: 0, notBefore: 0, nowMs });
    running?.outgoing.wake(row.chatKey);
    return true;
  }

  /** Forgets what ended before a time. */
  prune(beforeMs: number): number {
    const nowMs = this.#needs.clock.now();
    return this.inbox.prune(nowMs, beforeMs) + this.outbox.prune(nowMs, beforeMs);
  }

  /** People who wait for approval. */
  senderRequests(channelId?: string): SenderRequest[] {
    return this.#people.requests(this.#places(channelId));
  }

  /** Approves the person with that code; undefined when nobody waits with it. */
  approveSender(channelId: string, code: string): Approved | undefined {
    return this.#people.approve(this.#places(channelId), code);
  }

  /** Where a network delivers over HTTP, and to which account. */
  deliveryAt(path: string): Delivery | undefined {
    for (const { webhook, supervisor } of this.#accounts.values())
      if (webhook?.path === path) return { webhook, account: supervisor.account };
    return undefined;
  }

  #makeAccount(channel: Channel, own: unknown, host: MainHost, env: Record<string, string | undefined>): Account {
    if (channel.capabilities.isHostExclusive && !this.#hostLocks.has(channel.id)) {
      const lock = this.#needs.lockHost(channel.id);
      if (!lock)
        return refusing("another gateway of this host has it open: stop that one, or leave this channel off here");
      this.#hostLocks.set(channel.id, lock);
    }
    return this.#needs.openAccount(channel, own, host, env);
  }

  #places(channelId: string | undefined): Place[] {
    return this.reports()
      .filter(({ channel }) => channelId === undefined || channel.id === channelId)
      .flatMap(({ channel, accounts }) =>
        accounts.map(({ accountId }) => ({ channel: channel.id, account: accountId })),
      );
  }

  #openAccount(channel: Channel, entry: AccountEntry): void {
    const { accountId, settings, own, isDefault } = entry;
    const key = keyOf(channel.id, accountId);
    const env = isDefault ? this.#needs.env : withoutCredentials(this.#needs.env);
    const problem = problemOf(channel, entry, env);
    if (problem !== undefined) {
      const isEnabled = settings.enabled || entry.problems.length > 0;
      const state = isEnabled ? ("failed" as const) : ("stopped" as const);
      const report: AccountReport = {
        accountId,
        isEnabled,
        missing: problem,
        settings,
        state,
        attempts: 0,
        lastError: problem,
      };
      this.#lacking.set(key, { channel, report });
      if (isEnabled) this.#needs.log.error("an account cannot start", { channel: channel.id, accountId, problem });
      return;
    }
    const { clock, ids, store, outbox, gates, broadcast, answering, files } = this.#needs;
    const log = this.#needs.log.child(`${channel.id}/${accountId}`);
    const { capabilities } = channel;
    const outgoing: Outgoing = new Outgoing({
      channel: channel.id,
      accountId,
      store: outbox,
      account: () => supervisor.account,
      idempotent: capabilities.idempotent,
      retry: settings.retry,
      clock,
      ids,
      log,
      onSent: () => supervisor.sentNow(),
    });
    const host = {
      accountId,
      clock,
      ids,
      log,
      commands: this.#needs.commands,
      facts: () => store.recall(channel.id, accountId),
      remember: (name: string, value: string) => store.remember(channel.id, accountId, name, value),
    };
    const line = createLine({
      channel,
      accountId,
      settings,
      senders: this.#people.senders({ channel: channel.id, account: accountId }),
      gates,
      broadcast,
      account: () => supervisor.account,
      outgoing,
      inbox: this.inbox,
      answering,
      files,
      clock,
      log,
    });
    const supervisor: Supervisor = new Supervisor({
      open: (full) => this.#makeAccount(channel, own, full, env),
      host,
      receive: async (event) => this.#incoming.receive(line, event),
      receiveSilenceMs: capabilities.receiveSilenceMs,
      clock,
      ids,
      log,
      onReady: () => outgoing.wake(),
      onState: this.#needs.onState,
    });
    const make = (host: MainHost) => this.#makeAccount(channel, own, host, env);
    // What reached this point fits the network's schema.
    const webhook = channel.webhook?.(own as never, env);
    this.#accounts.set(key, { accountId, line, channel, outgoing, supervisor, make, host, webhook });
    this.#incoming.open(line);
    supervisor.start();
  }
}

/** An account that cannot be had, and why; only a person can change that. */
function refusing(problem: string): Account {
  const refuse = () => Promise.reject(new ChannelError("auth", problem));
  return { run: refuse, send: refuse, probe: refuse, login: refuse, logout: refuse };
}

function toReport({ line, supervisor }: Running): AccountReport {
  const { accountId, settings } = line;
  return {
    accountId,
    isEnabled: true,
    settings,
    ...(settings.name === undefined ? {} : { name: settings.name }),
    ...supervisor.status,
  };
}

function keyOf(channel: string, accountId: string): string {
  return `${channel} ${accountId}`;
}
