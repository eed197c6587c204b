/**
 * Agent runs: accepted durably, one at a time per session, told to everyone as they happen, and never forgotten: a run
 * that a crash cut off is found at the next start and reported (design section 4, `protocol/events.md` 2 to 4).
 */
import { EventEmitter } from "node:events";
import type { ChatMessage } from "#schemas/chat.ts";
import { type Clock, pause } from "../lib/clock.ts";
import { fail, messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { RunRecord, RunState, RunStore } from "../store/runs.ts";
import { ActiveRun, type RunListener } from "./active-run.ts";
import type { Agents } from "./agents.ts";
import type { InternalAgentEvent, InternalChatEvent, RunOutcome, RunRequest } from "./run.ts";
import type { Tool } from "./runtime.ts";
import { type Transcripts, userMessage } from "./transcripts.ts";

/** When a disk that took nothing is tried again. */
const STORE_RETRY_MS = 1_000;

/** A run's state for those who ask about it. */
export interface RunReport {
  state: RunState;
  sessionKey: string;
  requestHash: string;
  outcome?: RunOutcome;
}

interface RunEvents {
  agent: [InternalAgentEvent];
  chat: [InternalChatEvent];
  started: [{ runId: string; sessionKey: string }];
  ended: [{ runId: string; sessionKey: string; outcome: RunOutcome }];
}

/** Runs one piece of work per session at a time; `sessions/lanes.ts` satisfies it. */
export interface RunLanes {
  isIdle(key: string): boolean;
  requirePlace(key: string): void;
  add(key: string, work: () => Promise<void>): void;
}

/** All runs of this process. Emits `agent`, `chat`, `started` and `ended`. */
export class Runs extends EventEmitter<RunEvents> {
  readonly #store: RunStore;
  readonly #transcripts: Transcripts;
  readonly #lanes: RunLanes;
  readonly #agents: Agents;
  readonly #tools: (request: RunRequest) => readonly Tool[];
  readonly #clock: Clock;
  readonly #log: Log;
  /** Queued and running, oldest first. */
  readonly #active = new Map<string, ActiveRun>();
  /** Work that has not returned yet. */
  readonly #working = new Set<Promise<void>>();
  #isClosing = false;
  constructor(needs: {
    store: RunStore;
    transcripts: Transcripts;
    lanes: RunLanes;
    agents: Agents;
    /** What a run may use; asked when it begins. */
    tools: (request: RunRequest) => readonly Tool[];
    clock: Clock;
    log: Log;
  }) {
    super();
    this.setMaxListeners(0); // Every `agent.wait` listens; the number of requests in flight bounds them.
    this.#store = needs.store;
    this.#transcripts = needs.transcripts;
    this.#lanes = needs.lanes;
    this.#agents = needs.agents;
    this.#tools = needs.tools;
    this.#clock = needs.clock;
    this.#log = needs.log;
  }

  /**
   * Reports what the last process left unfinished. The user's message is in the history afterwards, and so is a note
   * that it was not answered. Call once, before anything is served. Returns how many there were.
   */
  recover(): number {
    const left = this.#store.open();
    for (const run of left) {
      const request: RunRequest = JSON.parse(run.request);
      const outcome: RunOutcome = {
        state: "interrupted",
        text: "",
        runText: "",
        error: "the gateway stopped before this was answered: send it again",
        endedAt: this.#clock.now(),
      };
      if (request.isAskedAgain) {
        this.#transcripts.decide(() => this.#finish(run.runId, outcome));
        continue;
      }
      this.#transcripts.decide(() => {
        this.#transcripts.requireInput(request.sessionKey, run.runId, () => userMessage(request, run.createdAt));
        this.#transcripts.noteInterrupted(request.sessionKey, run.runId, outcome.endedAt);
        this.#finish(run.runId, outcome);
      });
      this.#log.warn("a run was interrupted by the last stop", { runId: run.runId, sessionKey: request.sessionKey });
    }
    return left.length;
  }

  /**
   * Accepts a run: on the disk when this returns. Throws when its session has no place left. The caller has looked for
   * a run of the same id before.
   */
  start(request: RunRequest, requestHash: string): void {
    const { runId, sessionKey } = request;
    this.#lanes.requirePlace(sessionKey);
    const createdAt = this.#clock.now();
    const isNext = this.#lanes.isIdle(sessionKey);
    this.#transcripts.decide(() => {
      this.#store.insert({ runId, sessionKey, request: JSON.stringify(request), requestHash, createdAt });
      // A message that has to wait gets its place in the history when its turn comes: after the answer before it.
      if (isNext) this.#transcripts.requireInput(sessionKey, runId, () => userMessage(request, createdAt));
    });
    const run = new ActiveRun({
      request,
      createdAt,
      agents: this.#agents,
      tools: () => this.#tools(request),
      transcripts: this.#transcripts,
      clock: this.#clock,
      listener: this.#listener(),
    });
    run.isInHistory = isNext;
    this.#active.set(runId, run);
    this.#lanes.add(sessionKey, () => this.#track(this.#execute(run)));
  }

  /** Keeps the answer of something that needed no agent (a chat command) under its idempotency key. */
  recordAnswer(answer: { runId: string; sessionKey: string; requestHash: string; text: string }): void {
    const { runId, sessionKey, requestHash, text } = answer;
    const nowMs = this.#clock.now();
    this.#transcripts.decide(() => {
      this.#store.insert({ runId, sessionKey, request: "{}", requestHash, createdAt: nowMs });
      this.#finish(runId, { state: "ok", text, runText: text, stopReason: "injected", endedAt: nowMs });
    });
  }

  /** Tells chat windows a message that no agent wrote. */
  tellInjected(told: {
    runId: string;
    sessionKey: string;
    requestedKey: string;
    seq: number;
    message: ChatMessage;
  }): void {
    const agentId = /^agent:([^:]+):/.exec(told.sessionKey)?.[1] ?? this.#agents.defaultId;
    this.emit("chat", { ...told, agentId, state: "final", stopReason: "injected" });
  }

  /** Forgets a run that has ended, so that its id may be used for another try. */
  forget(runId: string): void {
    if (!this.#active.has(runId)) this.#store.remove(runId);
  }

  /** Whether a run of this process has not ended. */
  isActive(runId: string): boolean {
    return this.#active.has(runId);
  }

  /**
   * Ends what runs, without an outcome: the next start finds these runs open and reports them, as after a crash.
   * Resolves when nothing uses the store any more.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const run of this.#active.values()) run.abort("stop");
    await Promise.all(this.#working);
  }

  /** What is known about a run, of this process or an earlier one. */
  find(runId: string): RunReport | undefined {
    const row = this.#store.find(runId);
    return row && toReport(row);
  }

  /** Whether an agent is answering in that session now. */
  isRunning(sessionKey: string): boolean {
    return this.#inSession(sessionKey).some((run) => run.isStarted);
  }

  /** Messages of a session that wait for their turn, oldest first. */
  waiting(sessionKey: string): ChatMessage[] {
    const queued = this.#inSession(sessionKey).filter((run) => !run.isStarted && !run.isInHistory);
    return queued.map((run) => userMessage(run.request, run.createdAt));
  }

  /** Ids of runs of a session that have not ended. */
  activeIn(sessionKey: string): string[] {
    return this.#inSession(sessionKey).map((run) => run.request.runId);
  }

  /** Ends runs of a session, or one of them: what the model was doing is closed. Returns the ids of those it ended. */
  abort(target: { sessionKey?: string; runId?: string }, reason: "rpc" | "stop" | "timeout"): string[] {
    const chosen = [...this.#active.values()].filter(
      ({ request }) =>
        (target.runId === undefined || request.runId === target.runId) &&
        (target.sessionKey === undefined || request.sessionKey === target.sessionKey),
    );
    return chosen.filter((run) => run.abort(reason)).map((run) => run.request.runId);
  }

  /** Resolves with the outcome of a run, or undefined when `signal` aborts first or nobody knows the run. */
  async wait(runId: string, signal: AbortSignal): Promise<RunOutcome | undefined> {
    const known = this.find(runId)?.outcome;
    if (known || signal.aborted) return known;
    return new Promise((resolve) => {
      const onEnd = (ended: { runId: string; outcome: RunOutcome }) => {
        if (ended.runId === runId) settle(ended.outcome);
      };
      const settle = (outcome: RunOutcome | undefined) => {
        this.off("ended", onEnd);
        signal.removeEventListener("abort", onAbort);
        resolve(outcome);
      };
      const onAbort = () => settle(undefined);
      this.on("ended", onEnd);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#working.add(work);
    await work.finally(() => this.#working.delete(work));
  }

  async #execute(run: ActiveRun): Promise<void> {
    if (this.#isClosing) return;
    const { runId, sessionKey } = run.request;
    let outcome: RunOutcome;
    try {
      if (!run.isAborted) {
        this.#store.start(runId, this.#clock.now());
        this.emit("started", { runId, sessionKey });
      }
      outcome = await run.perform();
    } catch (error) {
      this.#log.error("a run failed", { runId, error: messageOf(error) });
      outcome = run.fail(error);
    }
    if (this.#isClosing) return;
    await this.#keepEnd(runId, outcome);
    if (this.#isClosing) return;
    this.#active.delete(runId);
    run.announceEnd(outcome);
    this.emit("ended", { runId, sessionKey, outcome });
  }

  /** Stores the end of a run, however long the disk takes nothing: an end that is told and not kept would be a lie. */
  async #keepEnd(runId: string, outcome: RunOutcome): Promise<void> {
    while (!this.#isClosing) {
      try {
        return this.#transcripts.decide(() => this.#finish(runId, outcome));
      } catch (error) {
        this.#log.error("the end of a run could not be stored: it is tried again", { runId, error: messageOf(error) });
        await pause(this.#clock, STORE_RETRY_MS);
      }
    }
  }

  #finish(runId: string, outcome: RunOutcome): void {
    this.#store.finish(runId, outcome.state, JSON.stringify(outcome), outcome.endedAt);
  }

  #inSession(sessionKey: string): ActiveRun[] {
    return [...this.#active.values()].filter(({ request }) => request.sessionKey === sessionKey);
  }

  #listener(): RunListener {
    return {
      agent: (event) => this.emit("agent", event),
      chat: (event) => this.emit("chat", event),
    };
  }
}

/** Throws unless the agent exists; the wording is the protocol's. */
export function requireAgent(agents: Agents, agentId: string, method: string): void {
  if (!agents.has(agentId)) {
    fail("INVALID_REQUEST", `invalid ${method} params: unknown agent id "${agentId}"`, {
      details: { code: "UNKNOWN_AGENT_ID", agentId },
    });
  }
}

function toReport(row: RunRecord): RunReport {
  return {
    state: row.state,
    sessionKey: row.sessionKey,
    requestHash: row.requestHash,
    ...(row.outcome === undefined ? {} : { outcome: JSON.parse(row.outcome) as RunOutcome }),
  };
}
