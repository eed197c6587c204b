/**
 * What happens with a stored event: gates, session, agent, answer. One event of a chat at a time, in order; what a crash
 * left unfinished is taken up again; every event ends in exactly one state (design section 4, inbound message).
 */
import type { Clock, Timer } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { InboxRow, InboxStore } from "../store/inbox.ts";
import type { Capabilities, ChatRef, Inbound, Outbound } from "./contract.ts";
import { chatKeyOf } from "./outbound.ts";
import { renderPieces } from "./text/render.ts";

/** How often an event is tried before it is given up: a crash, a failing model and a bug count alike. */
const MAX_ATTEMPTS = 3;
/** Pauses before an event is tried again. */
const RETRY_MS = [1_000, 10_000] as const;
/** Events of one chat that may wait; the next one is answered with a notice. */
const MAX_WAITING = 200;
/** Pause when the session or the disk has no room; costs no attempt. */
const BUSY_MS = 1_000;
/** A typing mark is renewed this much before it ends by itself. */
const TYPING_SHARE = 0.8;

/** What gates said about an event. `records` explain it later. */
export type Judgement = { records: readonly object[] } & (
  | { verdict: "admit"; sessionKey: string; agentId: string; text: string; systemPrompt?: string }
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
  /** Forgets a question that was cut off, so that it may be asked again. */
  forget(runId: string): void;
  /** Ends what runs in a session. */
  stop(sessionKey: string): boolean;
  /** The reply to a command of the gateway; undefined when the text is none. */
  command(text: string, sessionKey: string): string | undefined;
  /** Whether a text is a command of the gateway. */
  isCommand(text: string): boolean;
  /** Whether a text alone means: stop. */
  isStop(text: string): boolean;
}

/** One account, as the pipeline sees it. */
export interface Line {
  channel: string;
  accountId: string;
  capabilities: Capabilities;
  judge(event: Inbound, row: InboxRow): Judgement;
  /** Text and pictures of what came with a message, and a line about what could not be had. */
  fetchMedia(event: Inbound): Promise<{ images: { mimeType: string; data: string }[]; notes: string[] }>;
  /** Adds pieces to the outbox; inside a transaction of the caller. Returns what wakes it. */
  add(message: Outbound, inboxId?: number): string;
  wake(chatKey: string): void;
  typing(chat: ChatRef): void;
  /** Whether answers quote what they answer. */
  quotes: boolean;
  textLimit: number;
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
    const left = this.#store.open().filter((row) => row.channel === line.channel && row.account === line.accountId);
    for (const row of left) if (row.state === "running") this.#takeUp(line, row);
    for (const chatKey of new Set(left.map((row) => row.chatKey))) this.#wake(chatKey);
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
    const { channel, accountId } = line;
    const chatKey = chatKeyOf(channel, accountId, event.chat);
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
    this.#wake(chatKey);
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
    const row = this.#store.next(chatKey);
    const line = row && this.#lines.get(lineKey(row.channel, row.account));
    if (!row || !line) return false;
    const waitMs = row.notBefore - this.#clock.now();
    if (waitMs > 0) {
      this.#clock.after(waitMs, () => this.#wake(chatKey));
      return false;
    }
    const attempts = row.attempts + 1;
    try {
      await this.#handle(line, { ...row, attempts });
    } catch (error) {
      if (isBusy(error)) {
        this.#store.update(row.id, { state: "new", notBefore: this.#clock.now() + BUSY_MS, nowMs: this.#clock.now() });
        return true;
      }
      this.#log.error("an event could not be handled", { inboxId: row.id, attempts, error: messageOf(error) });
      this.#again(line, { ...row, attempts }, messageOf(error), true);
    }
    return true;
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
      return this.#say(line, event.chat, { text, key }, () =>
        this.#store.update(row.id, { state: "dropped", gates, problem: reason, nowMs }),
      );
    }
    const { sessionKey, agentId, text, systemPrompt } = judgement;
    const reply = this.#answering.command(text, sessionKey);
    if (reply !== undefined) {
      return this.#say(line, event.chat, { text: reply, key: `in-${row.id}`, inboxId: row.id }, () =>
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
    const typing = this.#type(line, event.chat);
    try {
      this.#finish(line, row, await this.#answering.answer(runId));
    } finally {
      typing?.cancel();
    }
  }

  /** An event that was with an agent when the last process ended. */
  #takeUp(line: Line, row: InboxRow): void {
    const runId = runIdOf(row.id);
    const found = this.#answering.found(runId);
    if (found !== undefined && found !== "cut off") return this.#finish(line, row, found);
    if (found === "cut off") this.#answering.forget(runId);
    this.#again(line, row, "the gateway stopped while this was answered", true);
  }

  /** The end of an answer: its pieces and the event's state in one transaction. */
  #finish(line: Line, row: InboxRow, answer: Answer): void {
    const event: Inbound = JSON.parse(row.event);
    if (answer.state === "failed") {
      if (answer.isTransient) this.#answering.forget(runIdOf(row.id));
      return this.#again(line, row, answer.problem ?? "the agent failed", answer.isTransient);
    }
    const done = () =>
      this.#store.update(row.id, {
        state: "done",
        nowMs: this.#clock.now(),
        ...(answer.state === "aborted" ? { problem: "aborted" } : {}),
      });
    if (!answer.text || answer.state === "aborted") return this.#store.decide(done);
    const replyTo = line.quotes ? event.messageId : undefined;
    this.#say(
      line,
      event.chat,
      { text: answer.text, key: `in-${row.id}`, inboxId: row.id, ...(replyTo === undefined ? {} : { replyTo }) },
      done,
    );
  }

  /** Puts an event back, or gives it up with one short notice to the sender. */
  #again(line: Line, row: InboxRow, problem: string, isTransient: boolean): void {
    const nowMs = this.#clock.now();
    const { id, attempts } = row;
    if (isTransient && attempts < MAX_ATTEMPTS) {
      const notBefore = nowMs + (RETRY_MS[attempts - 1] ?? 0);
      this.#store.decide(() => this.#store.update(id, { state: "new", attempts, notBefore, problem, nowMs }));
      return;
    }
    this.#log.error("an event is given up", { inboxId: id, attempts, problem });
    const event: Inbound = JSON.parse(row.event);
    const text = "I could not answer this. The person who runs me can see why; please try again later.";
    this.#say(line, event.chat, { text, key: `in-${id}-notice`, inboxId: id, replyTo: event.messageId }, () =>
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

  #overflow(line: Line, id: number, event: Inbound): void {
    const text = "Too many messages are waiting in this chat. I did not take this one; please send it again later.";
    const minute = Math.floor(this.#clock.now() / 60_000);
    this.#say(
      line,
      event.chat,
      { text, key: `overflow-${chatKeyOf(line.channel, line.accountId, event.chat)}-${minute}` },
      () => this.#store.update(id, { state: "dropped", problem: "overflow", nowMs: this.#clock.now() }),
    );
  }

  /** Stores a text as pieces together with what it ends, then wakes the outbox. */
  #say(
    line: Line,
    chat: ChatRef,
    said: { text: string; key: string; inboxId?: number; replyTo?: string },
    andThen: () => void,
  ): void {
    const { capabilities, textLimit } = line;
    const { markup, tables, maxLines } = capabilities;
    const pieces = renderPieces(said.text, {
      markup,
      tables,
      textLimit,
      ...(maxLines === undefined ? {} : { maxLines }),
    });
    const target: ChatRef = {
      kind: chat.kind,
      id: chat.id,
      ...(chat.threadId === undefined ? {} : { threadId: chat.threadId }),
    };
    let chatKey = "";
    this.#store.decide(() => {
      for (const [index, { text, plainText }] of pieces.entries()) {
        const replyTo = index === 0 && said.replyTo !== undefined ? { replyTo: said.replyTo } : {};
        chatKey = line.add({ chat: target, text, plainText, key: `${said.key}-${index}`, ...replyTo }, said.inboxId);
      }
      andThen();
    });
    if (chatKey) line.wake(chatKey);
  }

  #type(line: Line, chat: ChatRef): Timer | undefined {
    const { typingMs } = line.capabilities;
    if (typingMs === undefined) return undefined;
    line.typing(chat);
    return this.#clock.every(typingMs * TYPING_SHARE, () => line.typing(chat));
  }
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
