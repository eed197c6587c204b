/** One run from its turn in the lane to its end: asks the runtime, tells the listener, fills the transcript. */
import type { Clock, Timer } from "../lib/clock.ts";
import { GatewayError, messageOf } from "../lib/errors.ts";
import { STORAGE } from "../store/database.ts";
import type { Agents, Answerer } from "./agents.ts";
import { compact, planContext, SUMMARY_HEADING } from "./context.ts";
import type { InternalAgentEvent, InternalChatEvent, RunOutcome, RunRequest } from "./run.ts";
import type { HistoryMessage, RuntimeEvent, StopReason, Tool, Usage } from "./runtime.ts";
import { buildSystemPrompt } from "./system-prompt.ts";
import { type RunSession, type Transcripts, toHistory, toStored, userMessage } from "./transcripts.ts";

/** Listeners hear of new text at most this often (`protocol/events.md` section 4). */
const DELTA_INTERVAL_MS = 150;
/** Every event repeats the text so far, so long answers are told less often: 10 ms more for each kilobyte. */
const DELTA_MS_PER_CHAR = 0.01;

/** Between the messages of one run, where they are shown as one text. */
const MESSAGE_GAP = "\n\n";

/** Who is told what happens. */
export interface RunListener {
  agent(event: InternalAgentEvent): void;
  chat(event: InternalChatEvent): void;
}

/** A run that has not ended. */
export class ActiveRun {
  readonly request: RunRequest;
  readonly createdAt: number;
  readonly #agents: Agents;
  readonly #tools: () => readonly Tool[];
  readonly #transcripts: Transcripts;
  readonly #clock: Clock;
  readonly #listener: RunListener;
  readonly #abort = new AbortController();
  #abortReason: "rpc" | "stop" | "timeout" | undefined;
  #seq = 0;
  #session: RunSession | undefined;
  #startedAt: number | undefined;
  #answerer: Answerer | undefined;
  /** Text of the current assistant message, and how much of it listeners know. */
  #text = "";
  #told = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #pendingDelta: Timer | undefined;
  /** Text of the last finished assistant message. */
  #finalText = "";
  /** Texts of the finished assistant messages of this run. */
  #runTexts: string[] = [];
  #usage: Usage | undefined;
  /** Whether the user's message is in the transcript yet: one that waits for its turn is not. */
  isInHistory = false;

  constructor(needs: {
    request: RunRequest;
    createdAt: number;
    agents: Agents;
    tools: () => readonly Tool[];
    transcripts: Transcripts;
    clock: Clock;
    listener: RunListener;
  }) {
    this.request = needs.request;
    this.createdAt = needs.createdAt;
    this.#agents = needs.agents;
    this.#tools = needs.tools;
    this.#transcripts = needs.transcripts;
    this.#clock = needs.clock;
    this.#listener = needs.listener;
  }

  get isStarted(): boolean {
    return this.#startedAt !== undefined;
  }
  get isAborted(): boolean {
    return this.#abortReason !== undefined;
  }

  /** Asks the run to end. False when it was asked before. */
  abort(reason: "rpc" | "stop" | "timeout"): boolean {
    if (this.#abortReason) return false;
    this.#abortReason = reason;
    this.#abort.abort();
    return true;
  }

  /** Does the work. Rejects only for bugs and for a disk that takes nothing. */
  async perform(): Promise<RunOutcome> {
    const { sessionKey, runId, timeoutMs } = this.request;
    this.#startedAt = this.#clock.now();
    this.#transcripts.decide(() =>
      this.#transcripts.requireInput(sessionKey, runId, () => userMessage(this.request, this.createdAt)),
    );
    this.isInHistory = true;
    this.#session = this.#transcripts.open(sessionKey);
    if (this.isAborted) return this.#outcome("aborted", {});
    const limit = this.#clock.after(timeoutMs || this.#agents.timeoutMs, () => this.abort("timeout"));
    try {
      this.#status("preparing_context");
      this.#agent("lifecycle", { phase: "start", startedAt: this.#startedAt });
      return await this.#askAll();
    } finally {
      limit.cancel();
    }
  }

  /** The first choice, and its fallbacks for as long as nothing was said. */
  async #askAll(): Promise<RunOutcome> {
    const answerers = this.#agents.answerers(this.request.agentId, this.request.model ?? this.#sessionModel());
    let outcome: RunOutcome | undefined;
    for (const [index, answerer] of answerers.entries()) {
      outcome = await this.#ask(answerer);
      const isLast = index === answerers.length - 1;
      if (isLast || outcome.state !== "error" || outcome.text !== "") break;
      this.#agent("lifecycle", {
        phase: "fallback_step",
        fallbackStepFromModel: `${answerer.provider}/${answerer.model}`,
        error: outcome.error,
      });
    }
    return outcome ?? this.fail(new Error("no answerer"));
  }

  /** The outcome of a run that broke. Writes nothing: a disk that takes nothing may be what broke it. */
  fail(error: unknown): RunOutcome {
    this.#pendingDelta?.cancel();
    return this.#describe("error", { error: messageOf(error), errorKind: isOfStorage(error) ? STORAGE : "unknown" });
  }

  /** Tells the end, once it is stored. */
  announceEnd(outcome: RunOutcome): void {
    const { state, stopReason, error, text, endedAt } = outcome;
    const startedAt = this.#startedAt;
    const message = text
      ? { message: { role: "assistant" as const, content: [{ type: "text", text }], timestamp: endedAt } }
      : {};
    if (state === "ok") {
      this.#agent("lifecycle", {
        phase: "end",
        startedAt,
        endedAt,
        aborted: false,
        stopReason,
        executionSettled: true,
      });
      this.#chat({ state: "final", stopReason: stopReason ?? "stop", ...message });
    } else if (state === "aborted" || state === "timeout") {
      this.#agent("lifecycle", { phase: "end", startedAt, endedAt, aborted: true, stopReason, status: "cancelled" });
      this.#chat({ state: "aborted", stopReason: stopReason ?? "rpc", ...message });
    } else {
      this.#agent("lifecycle", { phase: "error", startedAt, endedAt, error, executionSettled: true });
      this.#chat({ state: "error", errorMessage: error ?? "the run failed", ...errorKind(outcome.errorKind) });
    }
  }

  async #ask(answerer: Answerer): Promise<RunOutcome> {
    this.#answerer = answerer;
    const messages = await this.#context(answerer);
    this.#status("starting_model");
    this.#agent("lifecycle", { phase: "model", provider: answerer.provider, model: answerer.model });
    const stream = answerer.runtime.stream(
      {
        runId: this.request.runId,
        sessionKey: this.request.sessionKey,
        system: this.#system(),
        messages,
        tools: [...this.#tools()],
        thinking: this.request.thinking ?? this.#session?.settings.thinkingLevel,
      },
      this.#abort.signal,
    );
    for await (const event of stream) {
      const outcome = this.#handle(event);
      if (outcome) return outcome;
    }
    return this.fail(new Error("the answer ended without an end"));
  }

  #handle(event: RuntimeEvent): RunOutcome | undefined {
    switch (event.type) {
      case "text":
        this.#text += event.delta;
        this.#scheduleDelta();
        return undefined;
      case "tool-start":
        this.#flush();
        this.#agent("tool", { phase: "start", name: event.name, toolCallId: event.id, args: event.arguments });
        return undefined;
      case "tool-end": {
        const { name, id: toolCallId, isError, text, details } = event;
        const result = { content: [{ type: "text", text }], ...(details === undefined ? {} : { details }) };
        this.#agent("tool", { phase: "result", name, toolCallId, isError, result });
        return undefined;
      }
      case "message":
        this.#keep(event.message);
        return undefined;
      case "usage":
        this.#usage = event.usage;
        this.#agent("usage", { outputTokens: event.usage.output, inputTokens: event.usage.input });
        return undefined;
      case "stop":
        return this.#stopped(event.reason);
      case "error": {
        this.#flush();
        this.#keepPartial("error");
        return this.#outcome("error", { error: event.message, errorKind: event.kind });
      }
      default:
        return undefined;
    }
  }

  #stopped(reason: StopReason): RunOutcome {
    this.#flush();
    if (this.isAborted || reason === "aborted") {
      this.#keepPartial("aborted");
      const why = this.#abortReason ?? "rpc";
      return this.#outcome(why === "timeout" ? "timeout" : "aborted", { stopReason: why });
    }
    if (reason === "refusal" && !this.#finalText)
      return this.#outcome("error", { error: "the model refused to answer", errorKind: "refusal" });
    return this.#outcome("ok", { stopReason: reason });
  }

  /** A finished message goes to the transcript at once; the next assistant text starts empty. */
  #keep(message: HistoryMessage): void {
    this.#flush();
    if (message.role === "assistant") {
      this.#finalText = message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
      if (this.#finalText) this.#runTexts.push(this.#finalText);
      this.#text = "";
      this.#told = 0;
    }
    this.#append(
      message,
      message.role === "assistant" && message.content.some((part) => part.type === "toolCall") ? "toolUse" : "stop",
    );
  }

  /** Text that had no end is kept too: the user saw it. */
  #keepPartial(stopReason: string): void {
    if (!this.#text) return;
    this.#finalText = this.#text;
    this.#runTexts.push(this.#text);
    this.#append({ role: "assistant", content: [{ type: "text", text: this.#text }] }, stopReason);
  }

  #append(message: HistoryMessage, stopReason: string): void {
    const { provider, model } = this.#answerer ?? {};
    const facts = { provider, model, stopReason, ...(this.#usage ? { usage: this.#usage } : {}) };
    const stored = toStored(message, facts, this.#clock.now());
    this.#transcripts.decide(() => this.#transcripts.append(this.request.sessionKey, this.request.runId, stored));
  }

  #outcome(state: RunOutcome["state"], facts: Partial<RunOutcome>): RunOutcome {
    const usage = this.#usage ? { usage: this.#usage } : {};
    if (state !== "interrupted" && this.#session) {
      this.#transcripts.account(this.request.sessionKey, {
        aborted: state === "aborted" || state === "timeout",
        ...usage,
      });
    }
    return this.#describe(state, facts);
  }

  #describe(state: RunOutcome["state"], facts: Partial<RunOutcome>): RunOutcome {
    const { provider, model } = this.#answerer ?? {};
    return {
      state,
      text: this.#finalText,
      runText: this.#runTexts.join(MESSAGE_GAP),
      endedAt: this.#clock.now(),
      ...(provider === undefined ? {} : { provider }),
      ...(model === undefined ? {} : { model }),
      ...(this.#usage ? { usage: this.#usage } : {}),
      ...(this.#session ? { sessionId: this.#session.sessionId } : {}),
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }),
      ...facts,
    };
  }

  /** The conversation for the model; its older part becomes a summary when the window fills. */
  async #context(answerer: Answerer): Promise<HistoryMessage[]> {
    const session = this.#session ?? this.#transcripts.open(this.request.sessionKey);
    const known = session.messages.flatMap(({ seq, body }) => {
      const message = toHistory(body);
      return message ? [{ seq, message: answerer.takesImages ? message : withoutImages(message) }] : [];
    });
    const summary: HistoryMessage[] = session.summary
      ? [{ role: "user", content: [{ type: "text", text: `${SUMMARY_HEADING}\n${session.summary}` }] }]
      : [];
    const messages = [...summary, ...known.map(({ message }) => message)];
    const { contextWindow, maxTokens } = answerer;
    const plan = planContext({ messages, contextWindow, maxTokens, overheadChars: this.#system().length });
    if (!plan.compaction || this.isAborted) return plan.messages;
    this.#agent("compaction", { phase: "start" });
    const { older, kept } = plan.compaction;
    try {
      const { runId, sessionKey } = this.request;
      const made = await compact(
        { older, runtime: answerer.runtime, runId, sessionKey, contextWindow },
        this.#abort.signal,
      );
      const first = known.find(({ message }) => message === kept[0]);
      const text = made.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
      if (first) this.#transcripts.compact(sessionKey, text.replace(SUMMARY_HEADING, "").trim(), first.seq);
      return [made, ...kept];
    } catch (error) {
      if (this.isAborted) return plan.messages;
      throw error;
    } finally {
      this.#agent("compaction", { phase: "end", willRetry: false });
    }
  }

  #system(): string {
    const { agentId, extraSystemPrompt } = this.request;
    const date = new Date(this.#clock.now()).toISOString().slice(0, 10);
    const extraPrompt = [this.#agents.prompt(agentId), extraSystemPrompt].filter(Boolean).join("\n\n");
    return buildSystemPrompt({
      agentName: this.#agents.identity(agentId).name,
      dateLine: `${date} (UTC)`,
      extraPrompt,
    });
  }

  #sessionModel(): string | undefined {
    const { model, modelProvider } = this.#session?.settings ?? {};
    return model && modelProvider ? `${modelProvider}/${model}` : model;
  }

  /** The first piece at once, the rest gathered, so that a fast model does not flood a slow reader. */
  #scheduleDelta(): void {
    if (this.#pendingDelta) return;
    const interval = Math.max(DELTA_INTERVAL_MS, this.#text.length * DELTA_MS_PER_CHAR);
    const wait = this.#toldAtMs + interval - this.#clock.monotonic();
    if (wait <= 0) return this.#tellDelta();
    this.#pendingDelta = this.#clock.after(wait, () => {
      this.#pendingDelta = undefined;
      if (!this.isAborted) this.#tellDelta();
    });
  }

  #flush(): void {
    this.#pendingDelta?.cancel();
    this.#pendingDelta = undefined;
    if (!this.isAborted) this.#tellDelta();
  }

  #tellDelta(): void {
    if (this.#told === this.#text.length) return;
    const text = this.#text;
    const delta = text.slice(this.#told);
    this.#told = text.length;
    this.#toldAtMs = this.#clock.monotonic();
    this.#agent("assistant", { text, delta });
    const before = this.#runTexts.length ? `${this.#runTexts.join(MESSAGE_GAP)}${MESSAGE_GAP}` : "";
    const deltaText = before && delta.length === text.length ? MESSAGE_GAP + delta : delta;
    const message = assistantMessage(before + text, this.#clock.now());
    this.#chat({ state: "delta", deltaText, message, latestText: text }, this.#seq);
  }

  #status(phase: "preparing_context" | "starting_model"): void {
    this.#chat({ state: "status", phase }, this.#seq + 1);
    this.#agent("run_status", { phase });
  }

  #agent(stream: InternalAgentEvent["stream"], data: Record<string, unknown>): void {
    const { runId, sessionKey, requestedKey, agentId } = this.request;
    const session = this.#session ? { sessionId: this.#session.sessionId } : {};
    const isVerbose = this.#session?.settings.verboseLevel === "on" || this.#session?.settings.verboseLevel === "full";
    const facts = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
    this.#listener.agent({
      runId,
      sessionKey,
      requestedKey,
      agentId,
      ...session,
      seq: ++this.#seq,
      stream,
      ts: this.#clock.now(),
      data: facts,
      isVerbose,
    });
  }

  /** A chat event carries the number of the agent event it goes with: by default the latest. */
  #chat(
    event: DistributiveOmit<InternalChatEvent, "runId" | "sessionKey" | "requestedKey" | "agentId" | "seq">,
    seq = this.#seq,
  ): void {
    const { runId, sessionKey, requestedKey, agentId } = this.request;
    this.#listener.chat({ runId, sessionKey, requestedKey, agentId, seq, ...event });
  }
}

function assistantMessage(text: string, timestamp: number) {
  return { role: "assistant" as const, content: [{ type: "text", text }], timestamp };
}

function isOfStorage(error: unknown): boolean {
  const details = error instanceof GatewayError ? error.extras.details : undefined;
  return typeof details === "object" && details !== null && "reason" in details && details.reason === STORAGE;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function withoutImages(message: HistoryMessage): HistoryMessage {
  if (message.role !== "user" || !message.content.some((part) => part.type === "image")) return message;
  const note = { type: "text", text: "[an image, which this model cannot see]" } as const;
  return { ...message, content: message.content.map((part) => (part.type === "image" ? note : part)) };
}

/** The protocol knows five kinds; ours are finer (`protocol/events.md` section 4). */
function errorKind(kind: string | undefined): {
  errorKind?: "refusal" | "timeout" | "rate_limit" | "context_length" | "unknown";
} {
  switch (kind) {
    case "refusal":
    case "timeout":
    case "rate_limit":
    case "context_length":
      return { errorKind: kind };
    default:
      return kind === undefined ? {} : { errorKind: "unknown" };
  }
}
