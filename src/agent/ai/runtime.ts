/**
 * The backend `ai`: answers with a model endpoint, over the Vercel library's streaming call.
 * The library is asked for one turn at a time and never given the tools to run: it would start them, all at once,
 * while the answer is still arriving and may yet be cut. Turns, tools, limits and aborts are decided here.
 */
import type { ToolSet } from "ai";
import type { Clock } from "../../lib/clock.ts";
import type { Ids } from "../../lib/ids.ts";
import type { Log } from "../../lib/log.ts";
import type { AgentRuntime, HistoryMessage, RuntimeEvent, RuntimeRequest, StopReason } from "../runtime.ts";
import { Answer, NO_USAGE, sumOf } from "./answer.ts";
import { errorEventOf, UpstreamFailure } from "./failure.ts";
import { CACHE_HERE, type ProviderData, systemMessage, toModelMessages } from "./prompt.ts";
import { loadStreamText, type ModelConfig, openModel, type ProviderConfig } from "./provider.ts";
import { ToolRunner } from "./tool-runner.ts";
import { type FetchLike, type Quirks, Upstream } from "./upstream.ts";

/** Model calls of one run; an honest task needs a handful, a confused model never ends. */
const MAX_TURNS = 40;
/** A tool may wait for a person's approval, but not for ever. */
const TOOL_TIMEOUT_MS = 300_000;
/** Calls of one turn that are taken serious; a model that asks for hundreds is broken. */
const MAX_CALLS_PER_TURN = 32;

export interface AiRuntimeOptions {
  provider: ProviderConfig;
  model: ModelConfig;
  clock: Clock;
  ids: Ids;
  log: Log;
  fetch?: FetchLike;
  /** How long one tool may take. */
  toolTimeoutMs?: number;
}

/** Creates the runtime for one model. Costs nothing until its first run. */
export function createAiRuntime(options: AiRuntimeOptions): AgentRuntime {
  const quirks: Quirks = { refusesStreamOptions: false };
  return { id: "ai", stream: (request, signal) => new Run(options, request, quirks).events(signal) };
}

/** One run: the conversation as it grows, turn by turn. */
class Run {
  readonly #options: AiRuntimeOptions;
  readonly #request: RuntimeRequest;
  readonly #quirks: Quirks;
  readonly #history: HistoryMessage[];
  readonly #metadata = new Map<string, ProviderData>();
  readonly #tools: ToolRunner;
  #usage = NO_USAGE;

  constructor(options: AiRuntimeOptions, request: RuntimeRequest, quirks: Quirks) {
    const { clock, toolTimeoutMs: timeoutMs = TOOL_TIMEOUT_MS } = options;
    this.#options = options;
    this.#request = request;
    this.#quirks = quirks;
    this.#history = [...request.messages];
    this.#tools = new ToolRunner({ tools: request.tools, clock, timeoutMs });
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const { provider, model } = this.#options;
    // A listener that leaves early must close the request as surely as one that aborts.
    const left = new AbortController();
    const live = AbortSignal.any([signal, left.signal]);
    yield { type: "start", provider: provider.id, model: model.id };
    try {
      const reason = yield* this.#turns(live);
      yield* this.#spent();
      yield { type: "stop", reason };
    } catch (error) {
      yield* this.#spent();
      if (signal.aborted) yield { type: "stop", reason: "aborted" };
      else yield errorEventOf(error, this.#secrets());
    } finally {
      left.abort();
    }
  }

  async *#turns(signal: AbortSignal): AsyncGenerator<RuntimeEvent, StopReason> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const answer = yield* this.#turn(signal);
      if (answer.finish === "content-filter") return "refusal";
      if (answer.calls.length === 0) return answer.finish === "length" ? "length" : "stop";
      for await (const event of this.#tools.run(answer.calls, signal)) yield* this.#kept(event);
      signal.throwIfAborted();
      if (this.#tools.isLooping) throw new UpstreamFailure("unknown", "the model kept repeating the same tool call");
    }
    throw new UpstreamFailure("unknown", `the run was ended after ${MAX_TURNS} model calls`);
  }

  /** One model call. Its message is kept when it is whole, and only then. */
  async *#turn(signal: AbortSignal): AsyncGenerator<RuntimeEvent, Answer> {
    signal.throwIfAborted();
    const { provider, fetch = globalThis.fetch, clock, ids, log } = this.#options;
    const upstream = new Upstream({ api: provider.api, fetch, clock, ids, log, quirks: this.#quirks });
    const answer = new Answer();
    for await (const part of await this.#open(upstream.fetch, signal)) {
      for (const event of answer.add(part)) yield event;
      if (answer.error !== undefined || signal.aborted) break;
    }
    this.#usage = sumOf(this.#usage, answer.usage);
    signal.throwIfAborted();
    const error = upstream.failure ?? answer.error;
    if (error !== undefined) throw error;
    if (answer.finish === "content-filter") yield* this.#keep(answer.writtenText);
    else yield* this.#keep(answer.content);
    this.#checkCalls(answer);
    for (const [id, data] of answer.metadata) this.#metadata.set(id, data);
    return answer;
  }

  async #open(fetch: FetchLike, signal: AbortSignal) {
    const { provider, model } = this.#options;
    const { system, thinking } = this.#request;
    const [library, languageModel] = await Promise.all([loadStreamText(), openModel(provider, model, fetch)]);
    return library.streamText({
      model: languageModel,
      messages: toModelMessages(this.#history, { provider, model, metadata: this.#metadata }),
      tools: this.#toolSet(library.jsonSchema),
      abortSignal: signal,
      maxRetries: 0,
      // Without a listener the library prints errors; they arrive in the stream as well.
      onError: () => undefined,
      ...(system === "" ? {} : { instructions: systemMessage(system) }),
      ...(model.maxTokens === undefined ? {} : { maxOutputTokens: model.maxTokens }),
      ...(model.reasoning && isLevel(thinking) ? { reasoning: thinking } : {}),
    }).fullStream;
  }

  #toolSet(jsonSchema: Awaited<ReturnType<typeof loadStreamText>>["jsonSchema"]): ToolSet {
    const { tools } = this.#request;
    const entries = tools.map(({ name, description, parameters }, index) => {
      const cached = index === tools.length - 1 ? { providerOptions: CACHE_HERE } : {};
      return [name, { description, inputSchema: jsonSchema(parameters), ...cached }];
    });
    return Object.fromEntries(entries);
  }

  #checkCalls(answer: Answer): void {
    for (const [index, requested] of answer.calls.entries()) {
      if (answer.finish === "length") requested.problem = "the call was cut by the output limit, make it shorter";
      if (index >= MAX_CALLS_PER_TURN) requested.problem = "not run: too many calls at once";
    }
  }

  *#keep(content: HistoryMessage["content"]): Generator<RuntimeEvent> {
    if (content.length > 0) yield* this.#kept({ type: "message", message: { role: "assistant", content } });
  }

  *#kept(event: RuntimeEvent): Generator<RuntimeEvent> {
    if (event.type === "message") this.#history.push(event.message);
    yield event;
  }

  *#spent(): Generator<RuntimeEvent> {
    if (this.#usage.totalTokens > 0) yield { type: "usage", usage: this.#usage };
  }

  #secrets(): string[] {
    const { apiKey, headers = {} } = this.#options.provider;
    const values = [apiKey, ...Object.values(headers)].filter((value) => value !== undefined);
    return values.flatMap((value) => (typeof value === "string" ? [] : [value.reveal()]));
  }
}

const THINKING_LEVELS = ["minimal", "low", "medium", "high", "xhigh"] as const;

function isLevel(thinking: string | undefined): thinking is (typeof THINKING_LEVELS)[number] {
  return THINKING_LEVELS.some((level) => level === thinking);
}
