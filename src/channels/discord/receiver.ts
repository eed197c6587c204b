/**
 * Receives: one connection to the gateway at a time, each event stored before the session's position moves past it, in
 * the order they came. A connection that ends is followed by one other, which goes on where the first one was; if that
 * does not come to be, the run ends and the supervisor decides. What came twice is not skipped here: the inbox knows
 * event ids.
 */
import type { APIMessage, GatewayDispatchPayload, RESTGetAPIGatewayBotResult } from "discord-api-types/v10";
import { messageOf } from "../../lib/errors.ts";
import type { Secret } from "../../lib/secret.ts";
import { ChannelError } from "../contract.ts";
import { catchUp } from "./catch-up.ts";
import type { End } from "./close-codes.ts";
import { forContract } from "./errors.ts";
import { Intake, type IntakeOptions } from "./intake.ts";
import { Line, type LineEvents } from "./line.ts";
import { Progress, type Session } from "./session.ts";

/** Events that may wait for the disk, and for what was missed to be fetched before them. */
const MAX_WAITING = 5_000;
/** A line that ends sooner than this is trouble, and not to be answered with one line after another. */
const MIN_LINE_MS = 5_000;
/** The network takes the bot's token away when a bot begins more sessions in a day than it may. */
const MIN_SESSIONS_LEFT = 10;

export interface ReceiverOptions extends Omit<IntakeOptions, "progress"> {
  token: () => Secret;
  intents: number;
}

/** Runs once. */
export class Receiver implements LineEvents {
  readonly #options: ReceiverOptions;
  readonly #progress: Progress;
  readonly #intake: Intake;
  readonly #ended = Promise.withResolvers<never>();
  /** Ends what nothing waits for. */
  readonly #ending = new AbortController();
  #line: Line | undefined;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isOver = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#progress = new Progress(options.host.memory);
    this.#intake = new Intake({ ...options, progress: this.#progress }, this.#ending.signal);
  }

  /** Receives until the account stops or something fails; rejects in either case. */
  async run(onConnected: () => void): Promise<never> {
    const { signal } = this.#options.host;
    const onAbort = () => this.#fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    this.#ended.promise.catch(() => undefined); // It may fail before anybody waits for it.
    try {
      signal.throwIfAborted();
      await Promise.race([this.#open(), this.#ended.promise]);
      onConnected();
      return await this.#ended.promise;
    } finally {
      this.#isOver = true;
      signal.removeEventListener("abort", onAbort);
      this.#line?.close();
      // What is just being stored is known to be before the next run begins.
      await this.#tail;
      this.#save();
    }
  }

  /** What was missed is told before what is new; only then does the session count. */
  onSession(begun: Omit<Session, "selfId" | "intents">): void {
    const { api, host, self, intents } = this.#options;
    this.#enqueue(async () => {
      const take = (message: APIMessage, guildId: string | undefined) => this.#intake.takeMissed(message, guildId);
      await forContract(() => catchUp({ api, host, progress: this.#progress, take, isOver: () => this.#isOver }));
      this.#progress.adopt({ ...begun, selfId: self.id, intents });
    });
  }

  onDispatch(payload: GatewayDispatchPayload, line: Line): void {
    this.#enqueue(async () => {
      await this.#intake.take(payload);
      line.confirm(payload.s);
      this.#progress.advance(payload.s);
    });
  }

  onSign(): void {
    this.#options.host.heard();
  }

  onEnd(line: Line, end: End): void {
    if (line !== this.#line || this.#isOver) return;
    if (end.isFinal || (end.mayResume && line.ageMs < MIN_LINE_MS)) return this.#fail(end.error);
    this.#options.host.log.info("connection lost, going on in another one", { reason: end.error.message });
    this.#goOn(line, end).catch((error: unknown) => this.#fail(error));
  }

  async #goOn(line: Line, end: End): Promise<void> {
    // What came on the old line is stored first, so that it is not asked for again.
    await this.#tail;
    if (!end.mayResume) {
      this.#progress.adopt(undefined);
      this.#save();
      if (line.ageMs < MIN_LINE_MS) throw end.error;
    }
    await this.#open();
  }

  /** Goes on with the session if there is one and it still is one, else begins a new one. */
  async #open(): Promise<void> {
    const session = this.#usableSession();
    if (session !== undefined) {
      const end = await this.#resume(session);
      if (end === undefined) return;
      if (end.mayResume) throw end.error;
      this.#progress.adopt(undefined);
    }
    const end = await this.#tryLine(await this.#gatewayUrl());
    if (end !== undefined) throw end.error;
  }

  /** Its own address may be down while others of the network are up. */
  async #resume(session: Session): Promise<End | undefined> {
    const end = await this.#tryLine(session.url, session);
    return end?.mayResume ? this.#tryLine(await this.#gatewayUrl(), session) : end;
  }

  /** Undefined when it is open; otherwise how it ended. Throws when nothing else needs to be tried. */
  async #tryLine(url: string, session?: Session): Promise<End | undefined> {
    const { token, intents, host } = this.#options;
    const known = session === undefined ? {} : { session };
    const line = await Line.open({ url, ...known, token: token(), intents, clock: host.clock, events: this });
    this.#line = line;
    if (this.#isOver) {
      line.close();
      throw new ChannelError("transient", "the connection was given up");
    }
    const end = await line.opened;
    if (end?.isFinal) throw end.error;
    return end;
  }

  #usableSession(): Session | undefined {
    const { session } = this.#progress;
    const { self, intents, api } = this.#options;
    if (session === undefined || session.selfId !== self.id || session.intents !== intents) return undefined;
    return api.isGateway(session.url) ? session : undefined;
  }

  async #gatewayUrl(): Promise<string> {
    const { api } = this.#options;
    const { url, session_start_limit: limit } = await forContract(() =>
      api.call<RESTGetAPIGatewayBotResult>({ name: "get gateway", method: "GET", route: "/gateway/bot" }),
    );
    if (limit.remaining < MIN_SESSIONS_LEFT)
      throw new ChannelError("limited", "the bot has connected too often today: find out what restarts it", {
        retryAfterMs: limit.reset_after,
      });
    if (!api.isGateway(url)) throw new ChannelError("transient", "Discord names a gateway that is not its own");
    return url;
  }

  /** One thing after another, so that events of a chat stay in their order. After a failure nothing is stored. */
  #enqueue(work: () => Promise<void>): void {
    if (++this.#waiting > MAX_WAITING)
      this.#fail(new ChannelError("transient", "messages come faster than they can be stored"));
    this.#tail = this.#tail
      .then(() => (this.#isOver ? undefined : work()))
      .then(() => {
        // Between two waiting events there is nothing to gain: one that is stored twice is one event.
        if (--this.#waiting === 0 && !this.#isOver) this.#save();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #save(): void {
    try {
      this.#progress.save();
    } catch (error) {
      // What was stored after the last time comes again then.
      this.#fail(
        new ChannelError("transient", `the position could not be stored: ${messageOf(error)}`, { cause: error }),
      );
    }
  }

  #fail(reason: unknown): void {
    this.#isOver = true;
    this.#ending.abort();
    this.#ended.reject(reason);
  }
}
