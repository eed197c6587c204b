/**
 * Keeps one account running: starts it, watches that it hears, restarts it with growing pauses, and gives up with advice
 * when only a person can help. Nothing an adapter throws or hangs on reaches anybody else (threats T41).
 */
import type { Clock, Timer } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { type Account, ChannelError, type Self } from "./contract.ts";
import type { MainHost } from "./isolation/remote.ts";

/** Where an account stands. `stale`: it is connected, but its receiving side has not proved itself in time. */
export type AccountState = "stopped" | "starting" | "running" | "stale" | "waiting" | "failed";

/** Pauses between restarts grow to this; networks ban who knocks faster. */
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 30_000;
const PAUSE_FACTOR = 1.8;
const PAUSE_JITTER = 0.25;
/** An account that says nothing this long after its start is not connecting, whatever its library believes. */
const CONNECT_MS = 10_000;
/** How long an account may take to stop; after that its callbacks are ignored. */
const STOP_MS = 5_000;
/** How often the receiving side is looked at. */
const WATCH_MS = 1_000;
/** Running this long makes the next trouble a first one again. */
const STEADY_MS = 60_000;

/** What `channels.status` tells of an account. */
export interface AccountStatus {
  state: AccountState;
  self?: Self;
  attempts: number;
  lastError?: string;
  lastStartAt?: number;
  lastConnectedAt?: number;
  lastHeardAt?: number;
  lastInboundAt?: number;
  lastOutboundAt?: number;
}

interface Needs {
  /** Makes a fresh account; called for every start. */
  open: (host: MainHost) => Account;
  host: Omit<MainHost, "signal" | "connected" | "heard" | "receive">;
  receive: MainHost["receive"];
  receiveSilenceMs: number;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** It can send now. */
  onReady: () => void;
  /** Its state is another one. */
  onState: () => void;
}

/** One account, supervised. */
export class Supervisor {
  readonly #needs: Needs;
  #status: AccountStatus = { state: "stopped", attempts: 0 };
  /** Grows with every start: what an earlier one still says is ignored. */
  #generation = 0;
  #current: { account: Account; abort: AbortController; ended: Promise<void> } | undefined;
  #timers: Timer[] = [];
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  get status(): AccountStatus {
    return { ...this.#status };
  }

  /** The account when it can send; undefined otherwise. A stale one still sends. */
  get account(): Account | undefined {
    const { state } = this.#status;
    return state === "running" || state === "stale" ? this.#current?.account : undefined;
  }

  /** Starts it unless it runs. Also ends a wait and forgives a failure. */
  start(): void {
    if (this.#current) return;
    this.#status = { ...this.#status, attempts: 0 };
    this.#begin();
  }

  /** Ends it; resolves when it has ended, or when its time is over. */
  async stop(): Promise<void> {
    this.#set({ state: "stopped" });
    await this.#end();
  }

  /** Notes that a piece went out. */
  sentNow(): void {
    this.#status.lastOutboundAt = this.#needs.clock.now();
  }

  #begin(): void {
    this.#clearTimers();
    const { clock, host, open, receive, log } = this.#needs;
    const generation = ++this.#generation;
    const abort = new AbortController();
    const isCurrent = () => generation === this.#generation;
    this.#set({ state: "starting", lastStartAt: clock.now() });
    const account = open({
      ...host,
      signal: abort.signal,
      receive: async (event) => {
        if (!isCurrent()) throw new ChannelError("transient", "this start of the account is over");
        await receive(event);
        this.#status.lastInboundAt = clock.now();
        this.#heard(isCurrent);
      },
      connected: (self) => {
        if (!isCurrent()) return;
        const nowMs = clock.now();
        this.#set({ state: "running", self, lastConnectedAt: nowMs, lastHeardAt: nowMs });
        log.info("an account is connected", { self: self.username ?? self.name ?? self.id });
        this.#needs.onReady();
      },
      heard: () => this.#heard(isCurrent),
    });
    // A promise of its own, so that an account that throws at once is treated like one that fails later.
    const ended = (async () => account.run())().then(
      () => this.#lost(generation, new ChannelError("transient", "the account ended by itself")),
      (error) => this.#lost(generation, error),
    );
    this.#current = { account, abort, ended };
    this.#timers.push(
      clock.after(CONNECT_MS, () => {
        if (isCurrent() && this.#status.state === "starting") this.#abandon(generation, "it did not connect in time");
      }),
      clock.every(WATCH_MS, () => this.#watch(generation)),
    );
  }

  #heard(isCurrent: () => boolean): void {
    if (!isCurrent()) return;
    this.#status.lastHeardAt = this.#needs.clock.now();
    if (this.#status.state === "stale") this.#set({ state: "running" });
  }

  /** The receiving side has to prove itself in its own time, whatever the sending side does. */
  #watch(generation: number): void {
    if (generation !== this.#generation || this.#status.state !== "running") return;
    const silentMs = this.#needs.clock.now() - (this.#status.lastHeardAt ?? 0);
    if (silentMs <= this.#needs.receiveSilenceMs) return;
    this.#set({ state: "stale" });
    this.#needs.log.warn("an account does not hear any more: it is started again", { silentMs });
    this.#abandon(generation, "it heard nothing in time");
  }

  /** Ends a start that does not end by itself, and goes on as if it had failed. */
  #abandon(generation: number, why: string): void {
    this.#current?.abort.abort();
    this.#lost(generation, new ChannelError("transient", why));
  }

  #lost(generation: number, error: unknown): void {
    if (generation !== this.#generation || this.#status.state === "stopped") return;
    const { clock, ids, log } = this.#needs;
    this.#generation++;
    this.#current?.abort.abort();
    this.#current = undefined;
    this.#clearTimers();
    const lastError = messageOf(error);
    if (error instanceof ChannelError && error.kind === "auth") {
      this.#set({ state: "failed", lastError });
      log.error("an account cannot run until its credentials are mended", { problem: lastError });
      return;
    }
    const wasSteady = clock.now() - (this.#status.lastConnectedAt ?? Number.POSITIVE_INFINITY) > STEADY_MS;
    const attempts = wasSteady ? 1 : this.#status.attempts + 1;
    const grown = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * PAUSE_FACTOR ** (attempts - 1));
    const asked = error instanceof ChannelError ? (error.retryAfterMs ?? 0) : 0;
    const pauseMs = Math.max(asked, grown * (1 + PAUSE_JITTER * (ids.fraction() * 2 - 1)));
    const isStale = this.#status.state === "stale";
    this.#set({ state: isStale ? "stale" : "waiting", attempts, lastError });
    log.warn("an account was lost", { problem: lastError, attempts, pauseMs: Math.round(pauseMs) });
    this.#timers.push(clock.after(pauseMs, () => this.#begin()));
  }

  async #end(): Promise<void> {
    this.#generation++;
    this.#clearTimers();
    const ending = this.#current;
    this.#current = undefined;
    if (!ending) return;
    ending.abort.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = this.#needs.clock.after(STOP_MS, resolve);
    await Promise.race([ending.ended, promise]);
    limit.cancel();
  }

  #set(change: Partial<AccountStatus>): void {
    const isNews = change.state !== undefined && change.state !== this.#status.state;
    this.#status = { ...this.#status, ...change };
    if (isNews) this.#needs.onState();
    if (change.state === "running") {
      const { lastError: _forgotten, ...rest } = this.#status;
      this.#status = rest;
    }
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }
}
