/** All accounts of all networks: opened from the configuration, supervised, with one inbox and an outbox each. */
import { type Clock, deadline } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { validator } from "../lib/validate.ts";
import type { ChannelStore } from "../store/channels.ts";
import type { InboxStore } from "../store/inbox.ts";
import type { OutboxRow, OutboxStore } from "../store/outbox.ts";
import type { Account, Channel, ChannelHost, ChatRef, Inbound } from "./contract.ts";
import { type GateSettings, judgeEvent } from "./gates.ts";
import { type Answering, Incoming, type Line } from "./inbound.ts";
import type { MainHost, OpenAccount } from "./isolation/remote.ts";
import { chatKeyOf, Outgoing } from "./outbound.ts";
import { type Approved, People, type Place, type SenderRequest } from "./people.ts";
import { mentionPatterns } from "./policy/mention.ts";
import { type AccountEntry, accountsOf, type Settings } from "./policy/settings.ts";
import { type AccountStatus, Supervisor } from "./supervisor.ts";
import { renderPieces } from "./text/render.ts";

/** How long a typing mark may take; it is a courtesy. */
const TYPING_CALL_MS = 5_000;
/** Largest picture that is handed to a model. */
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
/** How long fetching one file may take. */
const MEDIA_MS = 30_000;
/** How much of a pattern that is refused is logged. */
const MAX_SHOWN_PATTERN = 100;

interface AccountLine extends Line {
  settings: Settings;
}

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
  /** The gateway's own commands. */
  commands: ChannelHost["commands"];
  inbox: InboxStore;
  outbox: OutboxStore;
  answering: Answering;
  clock: Clock;
  ids: Ids;
  log: Log;
}

interface Running {
  line: AccountLine;
  channel: Channel;
  outgoing: Outgoing;
  supervisor: Supervisor;
}

/** The networks of this gateway. */
export class Channels {
  readonly inbox: InboxStore;
  readonly outbox: OutboxStore;
  readonly #needs: Needs;
  readonly #incoming: Incoming;
  readonly #people: People;
  /** The last change of what is open; it never rejects. */
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #accounts = new Map<string, Running>();
  /** Accounts that are configured but cannot run, with what they lack. */
  readonly #lacking = new Map<string, { channel: Channel; report: AccountReport }>();
  constructor(needs: Needs) {
    this.#needs = needs;
    this.#people = new People(needs);
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
      const entries =
        section[channel.id] === undefined ? [] : accountsOf(section[channel.id], { prefixes: [channel.id] });
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
    await Promise.all(accounts.map(({ supervisor }) => supervisor.stop()));
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
   * Queues a message to a chat, under an idempotency key. Returns its first queue id and chat; a string says why it
   * cannot be.
   */
  send(message: {
    channel: string;
    accountId?: string | undefined;
    to: string;
    text: string;
    key: string;
  }): { outboxId: number; chat: ChatRef } | string {
    const running = [...this.#accounts.values()].find(
      ({ line }) =>
        line.channel === message.channel && (message.accountId === undefined || line.accountId === message.accountId),
    );
    if (!running) return `no account on ${message.channel}: configure one`;
    const chat = running.channel.parseTarget(message.to);
    if (!chat) return `not a recipient on ${message.channel}: ${message.to.slice(0, 64)}`;
    const { line } = running;
    const { markup, tables, maxLines } = line.capabilities;
    const pieces = renderPieces(message.text, {
      markup,
      tables,
      textLimit: line.textLimit,
      ...(maxLines === undefined ? {} : { maxLines }),
    });
    const keys = pieces.map((_piece, index) => `send-${message.key}-${index}`);
    this.outbox.decide(() => {
      for (const [index, { text, plainText }] of pieces.entries())
        line.add({ chat, text, plainText, key: keys[index] ?? "" });
    });
    line.wake(chatKeyOf(line.channel, line.accountId, chat));
    return { outboxId: this.outbox.findByKey(keys[0] ?? "")?.id ?? 0, chat };
  }

  /** Waits for the end of a message queued under that key. */
  async sent(channelId: string, key: string, signal: AbortSignal): Promise<OutboxRow | undefined> {
    const row = this.outbox.findByKey(`send-${key}-0`);
    const running = row && this.#accounts.get(keyOf(channelId, row.account));
    return running ? running.outgoing.ended(`send-${key}-0`, signal) : row;
  }

  /** Tries something again that was given up. */
  retry(id: string): boolean {
    const [direction, number] = id.split("-");
    const nowMs = this.#needs.clock.now();
    const row = direction === "in" ? this.inbox.find(Number(number)) : this.outbox.find(Number(number));
    if (!row) return false;
    const running = this.#accounts.get(keyOf(row.channel, row.account));
    if (direction === "in") {
      if (row.state !== "dead") return false;
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
    const { clock, ids, store, outbox } = this.#needs;
    const log = this.#needs.log.child(`${channel.id}/${accountId}`);
    const { capabilities } = channel;
    const outgoing: Outgoing = new Outgoing({
      channel: channel.id,
      accountId,
      store: outbox,
      account: () => supervisor.account,
      idempotent: capabilities.idempotent,
      clock,
      ids,
      log,
      onSent: () => supervisor.sentNow(),
    });
    const patterns = mentionPatterns(settings.mentionPatterns);
    for (const { pattern, reason } of patterns.refused)
      log.warn("a mention pattern cannot be used", { pattern: pattern.slice(0, MAX_SHOWN_PATTERN), reason });
    const senders = this.#people.senders({ channel: channel.id, account: accountId });
    const line: AccountLine = {
      channel: channel.id,
      accountId,
      capabilities,
      settings,
      quotes: (settings.replyToMode ?? capabilities.replies) !== "off",
      textLimit: Math.min(settings.textChunkLimit ?? capabilities.textLimit, capabilities.textLimit),
      add: (message, inboxId) => outgoing.add(message, inboxId),
      wake: (chatKey) => outgoing.wake(chatKey),
      judge: (event, row) =>
        judgeEvent(event, {
          ...this.#needs.gates(),
          channel: channel.id,
          accountId,
          settings,
          patterns,
          threads: capabilities.threads,
          senders,
          isCommand: (text) => this.#needs.answering.isStop(text) || this.#needs.answering.isCommand(text),
          context: () =>
            this.inbox.context(row.chatKey, row.id, settings.historyLimit).map((one) => JSON.parse(one.event)),
        }),
      fetchMedia: (event) => this.#fetchMedia(event, () => supervisor.account, settings),
      typing: (chat) => {
        const { account } = supervisor;
        const limit = deadline(clock, TYPING_CALL_MS);
        account?.typing?.(chat, limit).catch((error) => log.debug("no typing mark", { error: messageOf(error) }));
      },
    };
    const supervisor: Supervisor = new Supervisor({
      open: (host: MainHost) => this.#needs.openAccount(channel, own, host, env),
      host: {
        accountId,
        clock,
        ids,
        log,
        commands: this.#needs.commands,
        facts: () => store.recall(channel.id, accountId),
        remember: (name, value) => store.remember(channel.id, accountId, name, value),
      },
      receive: async (event) => this.#incoming.receive(line, event),
      receiveSilenceMs: capabilities.receiveSilenceMs,
      clock,
      ids,
      log,
      onReady: () => outgoing.wake(),
    });
    this.#accounts.set(key, { line, channel, outgoing, supervisor });
    this.#incoming.open(line);
    supervisor.start();
  }

  /** Pictures for the model; of the rest the agent is told that it came, and of what could not be had, why. */
  async #fetchMedia(event: Inbound, account: () => Account | undefined, settings: Settings) {
    const images: { mimeType: string; data: string }[] = [];
    const notes: string[] = [];
    for (const { kind, handle, mimeType = "image/jpeg", fileName } of event.media ?? []) {
      const name = fileName ?? kind;
      if (kind !== "image" && kind !== "sticker") {
        notes.push(`[a ${kind} came with this that this agent cannot read: ${name}]`);
        continue;
      }
      const maxBytes = Math.min(MAX_IMAGE_BYTES, (settings.mediaMaxMb ?? Number.POSITIVE_INFINITY) * 1024 * 1024);
      try {
        const bytes = await account()?.download?.(handle, maxBytes, deadline(this.#needs.clock, MEDIA_MS));
        if (bytes) images.push({ mimeType, data: Buffer.from(bytes).toString("base64") });
        else notes.push(`[a picture could not be fetched: ${name}]`);
      } catch (error) {
        notes.push(`[a picture could not be fetched: ${messageOf(error)}]`);
      }
    }
    return { images, notes };
  }
}

/** Why an account cannot run as it is configured; undefined when it can. */
function problemOf(channel: Channel, entry: AccountEntry, env: Record<string, string | undefined>): string | undefined {
  const { settings, own, problems } = entry;
  if (problems.length) return `channels.${channel.id}: ${problems.join("; ")}`;
  if (!settings.enabled) return "disabled";
  const check = validator(channel.config);
  if (!check.check(own)) return `channels.${channel.id}: ${check.problems(own, 4)}`;
  return channel.missing(own, env);
}

/** What programs need of an environment. The rest, with the credentials in it, is the default account's. */
const plainVariables = ["PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK"] as const;

function withoutCredentials(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(plainVariables.map((name) => [name, env[name]]));
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
