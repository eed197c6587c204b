/** What the tests of the `ai` backend share: the real library against the stand-in, with a clock turned by hand. */

import type { ModelConfig, ProviderConfig } from "../../../src/agent/ai/provider.ts";
import { createAiRuntime } from "../../../src/agent/ai/runtime.ts";
import type { FetchLike } from "../../../src/agent/ai/upstream.ts";
import type { ModelApi } from "../../../src/agent/ai/wires.ts";
import type { HistoryMessage, RuntimeEvent, Tool } from "../../../src/agent/runtime.ts";
import { createLog, type LogRecord } from "../../../src/lib/log.ts";
import { Secret } from "../../../src/lib/secret.ts";
import { type ModelStandin, type ModelStandinOptions, startModelStandin } from "../../standins/model.ts";
import { FakeClock } from "../../support/clock.ts";

export const wires: readonly ModelApi[] = ["openai-completions", "anthropic-messages"];

/** The key the tests send; it must never show up anywhere else. */
export const KEY = "sk-test-key";

export interface BenchOptions {
  api: ModelApi;
  standin?: ModelStandinOptions;
  model?: Partial<ModelConfig>;
  provider?: Partial<ProviderConfig>;
  fetch?: FetchLike;
}

/** One stand-in with one runtime before it. */
export interface Bench extends AsyncDisposable {
  standin: ModelStandin;
  clock: FakeClock;
  logged: LogRecord[];
  /** Begins a run and returns its events. */
  stream(script: string | readonly HistoryMessage[], options?: RunOptions): AsyncIterable<RuntimeEvent>;
  /** Runs to the end. */
  run(script: string | readonly HistoryMessage[], options?: RunOptions): Promise<RuntimeEvent[]>;
  /** The body of the request with this number. */
  body(index: number): Record<string, unknown>;
}

export interface RunOptions {
  tools?: Tool[];
  signal?: AbortSignal;
  system?: string;
  thinking?: string;
}

export async function openBench({
  api,
  standin: standinOptions,
  model,
  provider,
  fetch,
}: BenchOptions): Promise<Bench> {
  const standin = await startModelStandin(standinOptions);
  const clock = new FakeClock();
  const logged: LogRecord[] = [];
  const runtime = createAiRuntime({
    provider: { id: "mock", baseUrl: standin.url, api, apiKey: new Secret(KEY), ...provider },
    model: { id: "mock-model", ...model },
    clock,
    ids: { uuid: () => "id", token: () => "token", fraction: () => 0 },
    log: createLog({ clock, level: "debug", sinks: [(record) => logged.push(record)], room: "agent" }),
    ...(fetch === undefined ? {} : { fetch }),
  });
  const stream: Bench["stream"] = (script, { tools = [], signal, system = "Be kind.", thinking } = {}) => {
    const messages = typeof script === "string" ? [user(script)] : [...script];
    const request = { runId: "run", sessionKey: "main", system, messages, tools, thinking };
    return runtime.stream(request, signal ?? new AbortController().signal);
  };
  return {
    standin,
    clock,
    logged,
    stream,
    run: (script, options) => Array.fromAsync(stream(script, options)),
    body: (index) => standin.requests[index]?.body ?? {},
    [Symbol.asyncDispose]: () => standin[Symbol.asyncDispose](),
  };
}

export function user(text: string): HistoryMessage {
  return { role: "user", content: [{ type: "text", text }] };
}

/** A tool that answers with its arguments and remembers them. */
export function echoTool(): Tool & { calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    name: "search",
    description: "Finds things.",
    parameters: { type: "object", properties: { query: { type: "string" } } },
    calls,
    run: async (args) => {
      calls.push(args);
      return { text: `found ${JSON.stringify(args)}` };
    },
  };
}

export function textOfEvents(events: readonly RuntimeEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.delta : "")).join("");
}

export function messagesOf(events: readonly RuntimeEvent[]): HistoryMessage[] {
  return events.flatMap((event) => (event.type === "message" ? [event.message] : []));
}

export function errorOf(events: readonly RuntimeEvent[]): RuntimeEvent & { type: "error" } {
  const last = events.at(-1);
  if (last?.type !== "error") throw new Error(`the run ended with ${JSON.stringify(last)}`);
  return last;
}
