/**
 * Runs the tool calls of one model turn, one after the other: no tool here has declared that it may run beside others.
 * Whatever a tool does wrong becomes a result the model can read; only an abort ends the run.
 */
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { ABORTED_RESULT, type ToolCall, toolResult } from "../history.ts";
import type { RuntimeEvent, Tool } from "../runtime.ts";

/** A call as the model made it, and why it must not run, if so. */
export interface RequestedCall {
  call: ToolCall;
  /** For example arguments that are not JSON. Told to the model instead of running the tool. */
  problem?: string | undefined;
}

/** Text of one result that goes to the model; a careless tool would fill the whole context. */
const MAX_RESULT_CHARS = 60_000;
/** The same call with the same result this often in a row is a loop: the next one is refused. */
const MAX_IDENTICAL_CALLS = 3;
/** Refusals a model may ignore before the run is ended. */
const MAX_REFUSALS = 2;

/** The tools of one run, with the memory of the loop guard. */
export class ToolRunner {
  readonly #tools: readonly Tool[];
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #last = { key: "", text: "", count: 0 };
  #refusals = 0;

  constructor(options: { tools: readonly Tool[]; clock: Clock; timeoutMs: number }) {
    this.#tools = options.tools;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Whether the model kept repeating a call it was told not to repeat. */
  get isLooping(): boolean {
    return this.#refusals > MAX_REFUSALS;
  }

  /** Runs the calls in order. After an abort the rest is answered as aborted, so that the history stays valid. */
  async *run(requested: readonly RequestedCall[], signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    for (const { call, problem } of requested) {
      const { id, name } = call;
      yield { type: "tool-start", id, name, arguments: call.arguments };
      const outcome = signal.aborted
        ? { text: ABORTED_RESULT, isError: true }
        : await this.#outcome(call, problem, signal);
      yield { type: "tool-end", id, name, ...outcome };
      yield { type: "message", message: toolResult(call, outcome.text, outcome.isError) };
    }
  }

  async #outcome(
    call: ToolCall,
    problem: string | undefined,
    signal: AbortSignal,
  ): Promise<{ text: string; isError: boolean; details?: unknown }> {
    const tool = this.#tools.find(({ name }) => name === call.name);
    const key = `${call.name} ${JSON.stringify(call.arguments)}`;
    if (key === this.#last.key && this.#last.count >= MAX_IDENTICAL_CALLS) {
      this.#refusals++;
      return { text: "not run: the same call gave the same result several times; do something else", isError: true };
    }
    if (tool === undefined) return this.#noted(key, { text: `there is no tool named ${call.name}`, isError: true });
    if (problem !== undefined) return this.#noted(key, { text: problem, isError: true });
    try {
      const { text, details } = await this.#guarded(tool, call.arguments, signal);
      return this.#noted(key, { text: shortened(text), isError: false, ...(details === undefined ? {} : { details }) });
    } catch (error) {
      if (signal.aborted) return { text: ABORTED_RESULT, isError: true };
      return this.#noted(key, { text: shortened(messageOf(error)), isError: true });
    }
  }

  /** Ends with the tool, its deadline or the abort, whichever is first: a tool may not heed its signal. */
  async #guarded(tool: Tool, args: unknown, signal: AbortSignal): Promise<{ text: string; details?: unknown }> {
    const late = new AbortController();
    const limit = AbortSignal.any([signal, late.signal]);
    const ended = Promise.withResolvers<never>();
    limit.addEventListener("abort", () => ended.reject(limit.reason), { once: true });
    const timeoutMs = tool.timeoutMs ?? this.#timeoutMs;
    const timer = this.#clock.after(timeoutMs, () =>
      late.abort(new Error(`the tool did not finish within ${timeoutMs / 1000} seconds`)),
    );
    try {
      return await Promise.race([tool.run(args, limit), ended.promise]);
    } finally {
      timer.cancel();
    }
  }

  #noted<T extends { text: string }>(key: string, outcome: T): T {
    const isSame = key === this.#last.key && outcome.text === this.#last.text;
    this.#last = { key, text: outcome.text, count: isSame ? this.#last.count + 1 : 1 };
    return outcome;
  }
}

function shortened(text: string): string {
  if (text.length <= MAX_RESULT_CHARS) return text;
  return `${text.slice(0, MAX_RESULT_CHARS)}\n[${text.length - MAX_RESULT_CHARS} more characters were left out]`;
}
