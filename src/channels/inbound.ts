/**
 * What happens with a stored event: gates, session, agent, answer. One event of a chat at a time, in order; what a crash
 * left unfinished is taken up again; every event ends in exactly one state (design section 4, inbound message).
 */
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { InboxRow, InboxStore } from "../store/inbox.ts";
import type { Saying } from "./compose.ts";
import type { ChatRef, Inbound, OutboundMedia } from "./contract.ts";
import type { Feedback } from "./feedback.ts";
import { chatKeyOf } from "./outbound.ts";
import { type ParsedAnswer, parseAnswer, withoutMarks } from "./policy/answer.ts";
import { type GatherOptions, gatherMessages, type Waiting } from "./policy/gather.ts";
import type { Stream } from "./streaming.ts";

/** How often an event is tried before it is given up, for a failing model and for a bug. */
const MAX_ATTEMPTS = 3;
/** The same when the process died on the way: mostly somebody pulled the plug, but it may be what this event does. */
const MAX_CUT_OFF = 8;
/** Pauses before an event is tried again. */
const RETRY_MS = [1_000, 10_000] as const;
/** The same when the process died on the way: whoever starts it again wants it to go on. */
const CUT_OFF_RETRY_MS = [0, 500] as const;
/** Events of one chat that may wait; the next one is answered with a notice. */
const MAX_WAITING = 200;
/** How the end of such an event is called, for those who retry it. */
export const OVERFLOW = "overflow";
/** Pause when the session or the disk has no room; costs no attempt. */
const BUSY_MS = 1_000;
/** Longest wait there is, with some room; a longer one means that the clock was set back. */
const MAX_PATIENCE_MS = 65_000;
/** Waiting events that are looked at together: more are never joined. */
const LOOK_AHEAD = 13;

/** What gates said about an event. `records` explain it later. */
export type Judgement = { records: readonly object[] } & (
  | {
      verdict: "admit";
      sessionKey: string;
      agentId: string;
      text: string;
      systemPrompt?: string;
      /** Whether the agent is named, and not only within hearing. */
      isAddressed: boolean;
    }
  | { verdict: "keep"; reason: string }
  | { verdict: "drop"; reason: string }
  /** Say this once to the sender, and no more. */
  | { verdict: "tell"; reason: string; text: string; key: string }
);

/** How an answer ended. */
export interface Answer {
  state: "ok" | "aborted" | "failed";
  text: string;
  /** For a failure: whether trying again can help, and a line for people. */
  isTransient: boolean;
  problem?: string;
}

/** Who wrote a command, and where. */
export interface Caller {
  channel: string;
  accountId: string;
  chatId: string;
  senderId: string;
  isDirect: boolean;
}

/** The agents, as this pipeline uses them; `app.ts` passes what satisfies it. */
export interface Answering {
  /** Accepts a question under an id of our own, on the disk when it returns. Throws when the session has no room. */
  ask(question: {
    runId: string;
    sessionKey: string;
    agentId: string;
    text: string;
    images: { mimeType: string; data: string }[];
    systemPrompt?: string;
  }): void;
  /** Resolves when that question has an answer. */
  answer(runId: string): Promise<Answer>;
  /** How an earlier start left a question: answered, cut off, or never asked. */
  found(runId: string): Answer | "cut off" | undefined;
  /** Tells the text of the current message of an answer as it grows, until the returned function is called. */
  watch(runId: string, onText: (text: string) => void): () => void;
  /** Forgets a question that was cut off, so that it may be asked again. */
  forget(runId: string): void;
  /** Ends what runs in a session. */
  stop(sessionKey: string): boolean;
  /** The reply to a command of the gateway; undefined when the text is none. */
  command(text: string, sessionKey: string, caller: Caller): string | undefined;
  /** Whether a text is a command of the gateway. */
  isCommand(text: string): boolean;
  /** Whether a text alone means: stop. */
  isStop(text: string): boolean;
}

/** One account, as the pipeline sees it. */
export interface Line {
  channel: string;
  accountId: string;
  judge(event: Inbound, row: InboxRow): Judgement;
  gathering: GatherOptions;
  /** The agents that each get this event; empty when routing finds the one. */
  audience(event: Inbound): { agents: readonly string[]; isParallel: boolean };
  /** Text and pictures of what came with a message, and a line about what could not be had. */
  fetchMedia(event: Inbound): Promise<{ images: { mimeType: string; data: string }[]; notes: string[] }>;
  /** The files an answer names, and a line about each that is not to be had. */
  resolveMedia(answer: ParsedAnswer): Promise<{ files: OutboundMedia[]; problems: string[] }>;
  /** Adds what is said to the outbox; inside a transaction of the caller. */
  say(saying: Saying, inboxId?: number): void;
  /** Sends what was added for a chat. */
  wake(chat: ChatRef): void;
  feedback: Feedback;
  /** Shows an answer while it is made, if that is wanted here. `key` names it; `replyTo` is what it quotes. */
  stream(chat: ChatRef, key: string, replyTo: string | undefined): Stream | undefined;
  /** Whether answers quote what they answer. */
  quotes: boolean;
  /** Put in front of every answer. */
  prefix: string;
}

/** The inbox of all accounts. */
export class Incoming {
  readonly #store: InboxStore;
  readonly #answering: Answering;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lines = new Map<string, Line>();
  readonly #busy = new Set<string>();
  #isStopped = false;
  constructor(needs: { store: InboxStore; answering: Answering; clock: Clock; log: Log }) {
    this.#store = needs.store;
    this.#answering = needs.answering;
    this.#clock = needs.clock;
    this.#log = needs.log;
  }

  /** Makes an account's events answerable; takes up what an earlier start left. */
  open(line: Line): void {
    this.#lines.set(lineKey(line.channel, line.accountId), line);
    for (const chatKey of this.#store.openChats(line.channel, line.accountId)) this.#wake(chatKey);
  }

  /** Takes up no event any more; what waits stays on the disk. */
  stop(): void {
    this.#isStopped = true;
    this.#lines.clear();
  }

  /** Takes events again after {@link stop}. */
  resume(): void {
    this.#isStopped = false;
  }

  /** Stores an event; on the disk when it returns. A delivery that is known is acknowledged and nothing else. */
  receive(line: Line, event: Inbound): void {
    // What we said ourselves comes back on some networks; there is nothing in it to lose.
    if (event.sender.isSelf === true) return;
    const { agents, isParallel } = line.audience(event);
    if (agents.length === 0) return this.#receiveOne(line, event, "");
    // Each agent has the event for itself, in a queue of its own if they need not wait for each other.
    this.#store.decide(() => {
      for (const agent of agents) {
        const own = { ...event, eventId: `${event.eventId} @${agent}`, forAgent: agent };
        this.#receiveOne(line, own, isParallel ? ` @${agent}` : "");
      }
    });
  }

  #receiveOne(line: Line, event: Inbound, queue: string): void {
    const { channel, accountId } = line;
    const chatKey = chatKeyOf(channel, accountId, event.chat) + queue;
    const nowMs = this.#clock.now();
    const id = this.#store.add({
      channel,
      account: accountId,
      eventId: event.eventId,
      chatKey,
      event: JSON.stringify(event),
      nowMs,
    });
    if (id === undefined) return;
    // A stop must not wait behind what it is to stop.
    if (event.type === "message" && this.#answering.isStop(event.text ?? "")) this.#stopNow(line, id);
    else if (this.#store.countWaiting(chatKey) > MAX_WAITING) this.#overflow(line, id, event);
    queueMicrotask(() => this.#wake(chatKey));
  }

  #wake(chatKey: string): void {
    if (!this.#busy.has(chatKey)) void this.#serve(chatKey);
  }

  async #serve(chatKey: string): Promise<void> {
    this.#busy.add(chatKey);
    try {
      while (!this.#isStopped && (await this.#next(chatKey)));
    } catch (error) {
      this.#log.error("the inbox could not go on with a chat", { chatKey, error: messageOf(error) });
      this.#clock.after(BUSY_MS, () => this.#wake(chatKey));
    } finally {
      this.#busy.delete(chatKey);
    }
  }

  /** Handles the first waiting event of a chat. True when there may be more to do at once. */
  async #next(chatKey: string): Promise<boolean> {
    const rows = this.#store.waiting(chatKey, LOOK_AHEAD);
    const [first] = rows;
    const line = first && this.#lines.get(lineKey(first.channel, first.account));
    if (!first || !line) return false;
    if (first.state === "running") {
      await this.#takeUp(line, first);
      return true;
    }
    const { row, readyAtMs } = this.#gather(line, rows);
    const waitMs = Math.max(first.notBefore, readyAtMs) - this.#clock.now();
    if (waitMs > 0 && waitMs <= MAX_PATIENCE_MS) {
      this.#clock.after(waitMs, () => this.#wake(chatKey));
      return false;
    }
    const attempted = { ...row(), attempts: first.attempts + 1 };
    try {
      await this.#handle(line, attempted);
    } catch (error) {
      if (isBusy(error)) {
        const nowMs = this.#clock.now();
        this.#store.update(attempted.id, { state: "new", notBefore: nowMs + BUSY_MS, nowMs });
        return true;
      }
      const { id: inboxId, attempts } = attempted;
      this.#log.error("an event could not be handled", { inboxId, attempts, error: messageOf(error) });
      this.#again(line, attempted, messageOf(error), true);
    }
    return true;
  }

  /** The event at the head of a queue, with those that belong to it; `row` joins them when it is time. */
  #gather(line: Line, rows: readonly InboxRow[]): { row: () => InboxRow; readyAtMs: number } {
    const [first, ...rest] = rows.filter(({ state }) => state === "new");
    if (first === undefined) throw new RangeError("nothing waits");
    const read = ({ event, receivedAt }: InboxRow): Waiting => ({
      event: JSON.parse(event),
      receivedAtMs: receivedAt,
    });
    const { count, readyAtMs, event } = gatherMessages([read(first), ...rest.map(read)], line.gathering);
    const row = () => {
      if (count === 1) return first;
      const joined = [first, ...rest].slice(0, count);
      const merged = JSON.stringify(event);
      this.#store.join(joined, merged, this.#clock.now());
      return { ...(joined.at(-1) ?? first), event: merged };
    };
    return { row, readyAtMs };
  }

  async #handle(line: Line, row: InboxRow): Promise<void> {
    const event: Inbound = JSON.parse(row.event);
    const judgement = line.judge(event, row);
    const gates = JSON.stringify(judgement.records);
    const nowMs = this.#clock.now();
    if (judgement.verdict === "keep" || judgement.verdict === "drop") {
      const state = judgement.verdict === "keep" ? "kept" : "dropped";
      return this.#store.decide(() => this.#store.update(row.id, { state, gates, problem: judgement.reason, nowMs }));
    }
    if (judgement.verdict === "tell") {
      const { text, key, reason } = judgement;
      return this.#say(line, { chat: event.chat, text, key }, undefined, () =>
        this.#store.update(row.id, { state: "dropped", gates, problem: reason, nowMs }),
      );
    }
    const { sessionKey, agentId, text, systemPrompt, isAddressed } = judgement;
    const reply = this.#answering.command(text, sessionKey, {
      channel: line.channel,
      accountId: line.accountId,
      chatId: event.chat.id,
      senderId: event.sender.id,
      isDirect: event.chat.kind === "direct",
    });
    if (reply !== undefined) {
      return this.#say(line, { chat: event.chat, text: reply, key: `in-${row.id}` }, row.id, () =>
        this.#store.update(row.id, { state: "done", gates, sessionKey, attempts: row.attempts, nowMs }),
      );
    }
    const { images, notes } = event.media?.length ? await line.fetchMedia(event) : { images: [], notes: [] };
    const runId = runIdOf(row.id);
    this.#store.decide(() => {
      this.#answering.ask({
        runId,
        sessionKey,
        agentId,
        text: [text, ...notes].filter(Boolean).join("\n"),
        images,
        ...(systemPrompt === undefined ? {} : { systemPrompt }),
      });
      this.#store.update(row.id, { state: "running", gates, sessionKey, attempts: row.attempts, nowMs });
    });
    const courtesy = line.feedback.begin(event, isAddressed);
    const replyTo = line.quotes ? event.messageId : undefined;
    const stream = line.stream(event.chat, `in-${row.id}-${row.attempts}-part`, replyTo);
    const stopWatching = stream && this.#answering.watch(runId, (text) => stream.show(withoutMarks(text)));
    try {
      const answer = await this.#answering.answer(runId);
      stopWatching?.();
      const shown = await stream?.end();
      // The account may have been opened anew while the agent worked.
      await this.#finish(this.#lines.get(lineKey(row.channel, row.account)) ?? line, row, answer, shown);
    } finally {
      stopWatching?.();
      courtesy.end();
    }
  }

  /** An event that was with an agent when the last process ended. */
  async #takeUp(line: Line, row: InboxRow): Promise<void> {
    const runId = runIdOf(row.id);
    const found = this.#answering.found(runId);
    if (found !== undefined && found !== "cut off") return this.#finish(line, row, found);
    if (found === "cut off") this.#answering.forget(runId);
    const problem = "the gateway stopped while this was answered";
    this.#again(line, row, problem, true, { maxAttempts: MAX_CUT_OFF, pausesMs: CUT_OFF_RETRY_MS });
  }

  /** The end of an answer: its pieces and the event's state in one transaction. */
  async #finish(
    line: Line,
    row: InboxRow,
    answer: Answer,
    shown: { messageId?: string; sentChars: number } = { sentChars: 0 },
  ): Promise<void> {
    const event: Inbound = JSON.parse(row.event);
    if (answer.state === "failed") {
      if (answer.isTransient) this.#answering.forget(runIdOf(row.id));
      return this.#again(line, row, answer.problem ?? "the agent failed", answer.isTransient);
    }
    const isAborted = answer.state === "aborted";
    const done = () =>
      this.#store.update(row.id, {
        state: "done",
        nowMs: this.#clock.now(),
        ...(isAborted ? { problem: "aborted" } : {}),
      });
    const parsed = parseAnswer(isAborted ? "" : answer.text);
    const { files, problems } = parsed.media.length ? await line.resolveMedia(parsed) : { files: [], problems: [] };
    // What was sent while the answer was made is not sent again.
    const rest = parsed.text.slice(shown.sentChars).trim();
    const words = [rest, ...problems.map((problem) => `[${problem}]`)].filter(Boolean).join("\n\n");
    if (!words && !files.length) return this.#store.decide(done);
    const isBegun = shown.sentChars > 0;
    const text = line.prefix && words && !isBegun ? `${line.prefix} ${words}` : words;
    const replyTo = isBegun ? {} : replyToOf(parsed, event, line.quotes);
    const replaces = shown.messageId === undefined ? {} : { replaces: shown.messageId };
    const saying = { chat: event.chat, text, media: files, key: `in-${row.id}`, ...replyTo, ...replaces };
    this.#say(line, saying, row.id, done);
  }

  /** Puts an event back, or gives it up with one short notice to the sender. */
  #again(
    line: Line,
    row: InboxRow,
    problem: string,
    isTransient: boolean,
    { maxAttempts, pausesMs }: { maxAttempts: number; pausesMs: readonly [number, number] } = {
      maxAttempts: MAX_ATTEMPTS,
      pausesMs: RETRY_MS,
    },
  ): void {
    const nowMs = this.#clock.now();
    const { id, attempts } = row;
    if (isTransient && attempts < maxAttempts) {
      const notBefore = nowMs + (pausesMs[attempts - 1] ?? pausesMs[1]);
      this.#store.decide(() => this.#store.update(id, { state: "new", attempts, notBefore, problem, nowMs }));
      return;
    }
    this.#log.error("an event is given up", { inboxId: id, attempts, problem });
    const { chat, messageId: replyTo }: Inbound = JSON.parse(row.event);
    const text = "I could not answer this. The person who runs me can see why; please try again later.";
    this.#say(line, { chat, text, key: `in-${id}-notice`, replyTo }, id, () =>
      this.#store.update(id, { state: "dead", attempts, problem, nowMs }),
    );
  }

  #stopNow(line: Line, id: number): void {
    const row = this.#store.find(id);
    if (!row) return;
    const judgement = line.judge(JSON.parse(row.event), row);
    if (judgement.verdict !== "admit") return;
    this.#answering.stop(judgement.sessionKey);
    const gates = JSON.stringify(judgement.records);
    this.#store.update(id, { state: "done", gates, sessionKey: judgement.sessionKey, nowMs: this.#clock.now() });
  }

  /** Who would be answered is told that this one is not; who would not be hears nothing here either. */
  #overflow(line: Line, id: number, event: Inbound): void {
    const row = this.#store.find(id);
    if (!row) return;
    const { verdict } = line.judge(event, row);
    const nowMs = this.#clock.now();
    if (verdict !== "admit")
      return this.#store.update(id, { state: "dropped", problem: "not admitted, and full", nowMs });
    const text = "Too many messages are waiting in this chat. I did not take this one; please send it again later.";
    const minute = Math.floor(nowMs / 60_000);
    const key = `overflow-${chatKeyOf(line.channel, line.accountId, event.chat)}-${minute}`;
    this.#say(line, { chat: event.chat, text, key }, undefined, () =>
      this.#store.update(id, { state: "dropped", problem: OVERFLOW, nowMs }),
    );
  }

  /** Stores what is said together with what it ends, then wakes the outbox. */
  #say(line: Line, saying: Saying, inboxId: number | undefined, andThen: () => void): void {
    this.#store.decide(() => {
      line.say(saying, inboxId);
      andThen();
    });
    line.wake(saying.chat);
  }
}

/** What an answer quotes: what the agent asked for, else what it answers, where answers quote. */
function replyToOf(parsed: ParsedAnswer, event: Inbound, quotes: boolean): { replyTo?: string } {
  if (parsed.replyTo !== undefined && parsed.replyTo !== "current") return { replyTo: parsed.replyTo.id };
  return quotes || parsed.replyTo === "current" ? { replyTo: event.messageId } : {};
}

/** The id of the run that answers an event: the same in every attempt, so that it is answered once. */
export function runIdOf(inboxId: number): string {
  return `inbox-${inboxId}`;
}

function lineKey(channel: string, accountId: string): string {
  return `${channel} ${accountId}`;
}

/** Refusals that say: later. They cost no attempt. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "extras" in error &&
    (error.extras as { retryAfterMs?: number }).retryAfterMs !== undefined
  );
}
