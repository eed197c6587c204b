/**
 * A model endpoint on loopback that speaks both wires over real HTTP and answers by a script: the text of the last
 * user message picks what happens. For tests, and by hand: `bun test/standins/model.ts --port N [--delay-ms N]`.
 *
 * Scripts: hello, think, use-tool, loop-tool, slow-reply, fail-now, rate-limit, refuse-options, error-in-stream,
 * cut-stream, no-done, done-only, weird-tools, bad-arguments, unknown-events, long-answer, silent, html and those next
 * to them below. Anything else is answered with an echo.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the stand-in saw of one POST. */
export interface SeenRequest {
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** A pace that a test sets: each step of `slow-reply` takes one permit. */
export class Gate {
  #permits = 0;
  #isOpen = false;
  readonly #waiting: (() => void)[] = [];

  /** Lets `count` further steps pass. */
  release(count = 1): void {
    this.#permits += count;
    while (this.#permits > 0 && this.#waiting.length > 0) {
      this.#permits--;
      this.#waiting.shift()?.();
    }
  }

  /** Lets everything pass from now on. */
  open(): void {
    this.#isOpen = true;
    for (const go of this.#waiting.splice(0)) go();
  }

  async step(): Promise<void> {
    if (this.#isOpen) return;
    if (this.#permits > 0) this.#permits--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

export interface ModelStandinOptions {
  port?: number;
  /** Pace of `slow-reply` in real time, for use by hand; the gate is then open. */
  delayMs?: number;
  /** What `GET /v1/models` lists. */
  models?: readonly string[];
  /** Turns a piece of the answer into the bytes sent, for tests of odd framing. */
  frame?: (event: string) => readonly (string | Uint8Array)[];
}

/** The running stand-in. */
export interface ModelStandin extends AsyncDisposable {
  readonly port: number;
  /** The origin, without a version segment. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** The pace of `slow-reply`. */
  readonly gate: Gate;
  /** Answers being sent right now. */
  readonly open: number;
  /** Answers whose reader went away before the end. */
  readonly aborted: number;
  /** Resolves when `aborted` reaches `count`. */
  untilAborted(count: number): Promise<void>;
}

/** Starts a stand-in; disposing it closes every connection. */
export async function startModelStandin(options: ModelStandinOptions = {}): Promise<ModelStandin> {
  const standin = new Standin(options);
  await standin.listen();
  return standin;
}

type Wire = "openai" | "anthropic";
/** What an answer does, in order; the wire writes it in its own words. */
type Step =
  | { text: string }
  | { thinking: string; signature?: string }
  | { redacted: string }
  | { call: string; id: string; pieces: readonly string[] }
  | { raw: unknown }
  | { finish: "stop" | "tool" | "length"; isUnmarked?: boolean }
  | { wait: true }
  | { hang: true }
  | { cut: true };

class Standin implements ModelStandin {
  readonly requests: SeenRequest[] = [];
  readonly gate = new Gate();
  open = 0;
  aborted = 0;
  readonly #options: ModelStandinOptions;
  readonly #server: Server;
  readonly #limited = new Set<string>();
  readonly #onAborted: { count: number; resolve: () => void }[] = [];

  constructor(options: ModelStandinOptions) {
    this.#options = options;
    if (options.delayMs !== undefined) this.gate.open();
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.#options.port ?? 0, "127.0.0.1", resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  untilAborted(count: number): Promise<void> {
    if (this.aborted >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onAborted.push({ count, resolve });
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gate.open();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (request.method === "GET" && path === "/v1/models") {
      const data = (this.#options.models ?? ["mock-model"]).map((id) => ({ id, object: "model", owned_by: "standin" }));
      return plain(response, { status: 200, body: { object: "list", data } });
    }
    const wire = path === "/v1/chat/completions" ? "openai" : path === "/v1/messages" ? "anthropic" : undefined;
    if (request.method !== "POST" || wire === undefined) return plain(response, failure("openai", 404, "no such path"));
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    this.requests.push({ path, headers: headersOf(request), body });
    const script = lastUserText(body);
    const refusal = this.#refusal(script, wire, body);
    if (refusal !== undefined) plain(response, refusal);
    else await this.#stream(stepsOf(script, wire, body), wire, response);
  }

  /** Answers that are no stream. */
  #refusal(script: string, wire: Wire, body: Record<string, unknown>): Plain | undefined {
    switch (script) {
      case "fail-now":
        return failure(wire, 400, "the stand-in was told to fail");
      case "bad-key":
        return failure(wire, 401, "the key sk-test-key is not valid");
      case "too-long":
        return failure(wire, 400, "prompt is too long: 300000 tokens, maximum context length is 200000");
      case "html":
        return { status: 200, body: "<html>a router</html>", headers: { "content-type": "text/html" } };
      case "rate-limit":
        if (this.#limited.has(wire)) return undefined;
        this.#limited.add(wire);
        return failure(wire, 429, "too many requests", { "retry-after": "3" });
      case "always-limited":
        return failure(wire, 429, "too many requests", { "retry-after": "1" });
      case "limited-for-long":
        return failure(wire, 429, "too many requests", { "retry-after": "3600" });
      case "busy":
        return failure(wire, 503, "busy");
      case "refuse-options":
        return "stream_options" in body ? failure(wire, 400, "unknown field: stream_options") : undefined;
      case "error-with-200":
        return { status: 200, body: { error: { type: "server_error", message: "no model is loaded" } } };
      default:
        return undefined;
    }
  }

  async #stream(steps: readonly Step[], wire: Wire, response: ServerResponse): Promise<void> {
    const frame = this.#options.frame ?? ((event: string) => [event]);
    const left = Promise.withResolvers<void>();
    let isCut = false;
    this.open++;
    response.on("close", () => {
      this.open--;
      if (!response.writableEnded && !isCut) this.#countAborted();
      left.resolve();
    });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const pieces = this.#pieces(steps, wire);
    for (;;) {
      const next = await Promise.race([pieces.next(), left.promise]);
      if (next === undefined) return;
      if (next.done) break;
      isCut = next.value === CUT;
      if (isCut) return void response.destroy();
      for (const bytes of frame(next.value)) await new Promise((resolve) => response.write(bytes, resolve));
    }
    response.end();
  }

  async *#pieces(steps: readonly Step[], wire: Wire): AsyncGenerator<string, undefined> {
    const writer = wire === "openai" ? new OpenAiWriter() : new AnthropicWriter();
    yield writer.begin();
    for (const step of steps) {
      if ("wait" in step) await this.#pace();
      else if ("hang" in step) await new Promise(() => undefined);
      else if ("cut" in step) yield CUT;
      else yield* writer.write(step);
    }
    return undefined;
  }

  async #pace(): Promise<void> {
    if (this.#options.delayMs !== undefined) await Bun.sleep(this.#options.delayMs);
    await this.gate.step();
  }

  #countAborted(): void {
    this.aborted++;
    for (const waiter of this.#onAborted) if (waiter.count <= this.aborted) waiter.resolve();
  }
}

/** Stands in the stream where the socket is to be torn. */
const CUT = "\u0000cut";

/** The answer a script stands for. */
function stepsOf(script: string, wire: Wire, body: Record<string, unknown>): Step[] {
  const tool = firstTool(body);
  const stop: Step = { finish: "stop" };
  const said = (text: string): Step[] => [{ text }, stop];
  const hello = ["Hello", " from", " the mock", " model", "."].map((text) => ({ text }));
  const hasResult = endsInToolResult(body);
  switch (script) {
    case "hello":
    case "rate-limit":
    case "refuse-options":
      return [...hello, stop];
    case "think":
      return [{ thinking: "Let me see.", signature: "sig-1" }, { redacted: "cmVkYWN0ZWQ=" }, ...hello, stop];
    case "think-with-tool":
      if (hasResult) return said("Tool done.");
      return [
        { thinking: "I need the tool.", signature: "sig-1" },
        { redacted: "cmVkYWN0ZWQ=" },
        { call: tool, id: "call_1", pieces: ['{"query":"tea"}'] },
        { finish: "tool" },
      ];
    case "use-tool":
      if (hasResult) return said("Tool done.");
      return [{ call: tool, id: "call_1", pieces: ['{"que', 'ry":"t', 'ea"}'] }, { finish: "tool" }];
    case "two-tools":
      if (hasResult) return said("Tools done.");
      return [
        { call: tool, id: "call_1", pieces: ['{"query":"one"}'] },
        { call: tool, id: "call_2", pieces: ['{"query":"two"}'] },
        { finish: "tool" },
      ];
    case "loop-tool":
      return [{ call: tool, id: `call_${toolResults(body)}`, pieces: ['{"query":"again"}'] }, { finish: "tool" }];
    case "endless-tool":
      return [
        { call: tool, id: `call_${toolResults(body)}`, pieces: [`{"query":"${toolResults(body)}"}`] },
        { finish: "tool" },
      ];
    case "weird-tools":
      return hasResult ? said("Tool done.") : weirdCalls(wire, tool);
    case "bad-arguments":
      if (hasResult) return said("Tool done.");
      return [{ call: tool, id: "call_1", pieces: ['{"query": tea'] }, { finish: "tool" }];
    case "unknown-tool":
      if (hasResult) return said("Tool done.");
      return [{ call: "no_such_tool", id: "call_1", pieces: ["{}"] }, { finish: "tool" }];
    case "slow-reply":
      return [
        ...Array.from({ length: 40 }, (_, index): Step[] => [
          { wait: true },
          { text: index === 0 ? "part0" : ` part${index}` },
        ]).flat(),
        stop,
      ];
    case "error-in-stream":
      return [{ text: "Before." }, { raw: errorEvent(wire) }, { text: "After." }, stop];
    case "error-first":
      return [{ raw: errorEvent(wire) }];
    case "cut-stream":
      return [{ text: "Before." }, { text: " Still." }, { cut: true }];
    case "cut-when-released":
      return [{ text: "Before." }, { wait: true }, { cut: true }];
    case "quiet-end":
      return [{ text: "Before." }];
    case "no-done":
      return [...hello, { finish: "stop", isUnmarked: true }];
    case "done-only":
      return [...hello, { raw: "[DONE]" }];
    case "unknown-events":
      return [...unknownEvents(wire).map((raw) => ({ raw })), ...hello, stop];
    case "long-answer":
      return [{ text: "Too long" }, { finish: "length" }];
    case "silent":
      return [{ text: "Before." }, { hang: true }];
    default:
      return calledSteps(script, body) ?? said(`You said: ${script}`);
  }
}

/** Lines `call NAME JSON`: each call after the result of the one before, then what the last one brought. */
function calledSteps(script: string, body: Record<string, unknown>): Step[] | undefined {
  const calls = script.split("\n").map((line) => /^call (\w+) (\{.*\})$/.exec(line));
  if (!calls.every((call) => call !== null)) return undefined;
  const done = resultsSince(body);
  const [, name, json] = calls[done.length] ?? [];
  if (name !== undefined && json !== undefined)
    return [{ call: name, id: `call_${done.length}`, pieces: [json] }, { finish: "tool" }];
  return [{ text: `It brought: ${done.at(-1) ?? ""}` }, { finish: "stop" }];
}

/** What tools brought since somebody last said something. */
function resultsSince(body: Record<string, unknown>): string[] {
  const results: string[] = [];
  for (const message of messagesOf(body)) {
    const { role, content } = message;
    if (isToolResult(message)) results.push(typeof content === "string" ? content : JSON.stringify(content));
    else if (role === "user") results.length = 0;
  }
  return results;
}

/** Calls as sloppy servers send them. */
function weirdCalls(wire: Wire, name: string): Step[] {
  if (wire === "anthropic") return [{ call: name, id: "call_1", pieces: [] }, { finish: "stop" }];
  const piece = (value: unknown) => ({ raw: { choices: [{ index: 0, delta: { tool_calls: [value] } }] } });
  return [
    piece({ id: "call_1", type: "function", function: { name } }),
    piece({ id: "call_2", type: "function", function: { name, arguments: "" } }),
    piece({ function: { arguments: '{"query":' } }),
    piece({ function: { arguments: '"two"}' } }),
    piece({ id: "call_3", type: "function", function: { name, arguments: { query: "three" } } }),
    { finish: "stop" },
  ];
}

function errorEvent(wire: Wire): unknown {
  const message = "Overloaded, come back later";
  return wire === "openai"
    ? { error: { message, type: "server_error", code: 503 } }
    : { type: "error", error: { type: "overloaded_error", message } };
}

function unknownEvents(wire: Wire): unknown[] {
  if (wire === "openai")
    return [{}, { object: "keep-alive", choices: null }, { choices: [{ delta: { role: "model" } }] }];
  return [
    { type: "ping" },
    { type: "weather_report", sun: true },
    { type: "content_block_start", index: 90, content_block: { type: "hologram", data: "x" } },
    { type: "content_block_delta", index: 90, delta: { type: "text_delta", text: "must not show" } },
    { type: "content_block_stop", index: 90 },
  ];
}

/** One JSON event as a server-sent event. */
function sse(event: unknown, name?: string): string {
  const data = typeof event === "string" ? event : JSON.stringify(event);
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${data}\n\n`;
}

class OpenAiWriter {
  #calls = 0;

  begin(): string {
    return this.#chunk({ role: "assistant", content: "" });
  }

  *write(step: Step): Generator<string> {
    if ("text" in step) yield this.#chunk({ content: step.text });
    else if ("thinking" in step) yield this.#chunk({ reasoning: step.thinking });
    else if ("call" in step) yield* this.#call(step.call, step.id, step.pieces);
    else if ("raw" in step) yield sse(step.raw);
    else if ("finish" in step) {
      const reason = { stop: "stop", tool: "tool_calls", length: "length" }[step.finish];
      yield sse({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
      const usage = { prompt_tokens: 12, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } };
      yield sse({ choices: [], usage });
      if (!step.isUnmarked) yield sse("[DONE]");
    }
  }

  *#call(name: string, id: string, pieces: readonly string[]): Generator<string> {
    const index = this.#calls++;
    yield this.#chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] });
    for (const text of pieces) yield this.#chunk({ tool_calls: [{ index, function: { arguments: text } }] });
  }

  #chunk(delta: unknown): string {
    const object = "chat.completion.chunk";
    return sse({ id: "mock-1", object, model: "mock-model", choices: [{ index: 0, delta, finish_reason: null }] });
  }
}

class AnthropicWriter {
  #blocks = 0;
  #isTextOpen = false;

  begin(): string {
    const usage = { input_tokens: 8, cache_read_input_tokens: 4, cache_creation_input_tokens: 3, output_tokens: 1 };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "mock-model", content: [], usage };
    return this.#event({ type: "message_start", message });
  }

  *write(step: Step): Generator<string> {
    if ("text" in step) {
      if (!this.#isTextOpen) yield this.#start({ type: "text", text: "" });
      this.#isTextOpen = true;
      yield this.#delta({ type: "text_delta", text: step.text });
      return;
    }
    if ("raw" in step) {
      const { raw } = step;
      if (typeof raw === "object" && raw !== null) yield this.#event({ ...raw });
      return;
    }
    if (this.#isTextOpen) yield this.#stop();
    this.#isTextOpen = false;
    if ("thinking" in step) {
      yield this.#start({ type: "thinking", thinking: "" });
      yield this.#delta({ type: "thinking_delta", thinking: step.thinking });
      if (step.signature !== undefined) yield this.#delta({ type: "signature_delta", signature: step.signature });
      yield this.#stop();
    } else if ("redacted" in step) {
      yield this.#start({ type: "redacted_thinking", data: step.redacted });
      yield this.#stop();
    } else if ("call" in step) {
      yield this.#start({ type: "tool_use", id: step.id, name: step.call, input: {} });
      for (const text of step.pieces) yield this.#delta({ type: "input_json_delta", partial_json: text });
      yield this.#stop();
    } else if ("finish" in step) {
      const reason = { stop: "end_turn", tool: "tool_use", length: "max_tokens" }[step.finish];
      yield this.#event({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 5 } });
      yield this.#event({ type: "message_stop" });
    }
  }

  #start(block: unknown): string {
    return this.#event({ type: "content_block_start", index: this.#blocks, content_block: block });
  }

  #delta(delta: unknown): string {
    return this.#event({ type: "content_block_delta", index: this.#blocks, delta });
  }

  #stop(): string {
    return this.#event({ type: "content_block_stop", index: this.#blocks++ });
  }

  #event(event: Record<string, unknown>): string {
    return sse(event, String(event.type));
  }
}

/** An answer in one piece. */
interface Plain {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

function plain(
  response: ServerResponse,
  { status, body, headers = { "content-type": "application/json" } }: Plain,
): void {
  response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
}

function failure(wire: Wire, status: number, message: string, headers: Record<string, string> = {}): Plain {
  const error = { type: "invalid_request_error", message };
  return {
    status,
    body: wire === "openai" ? { error } : { type: "error", error },
    headers: { "content-type": "application/json", ...headers },
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

function messagesOf(body: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(body.messages) ? body.messages : [];
}

/** The text of the last user message that is not a tool result. */
function lastUserText(body: Record<string, unknown>): string {
  for (const { role, content } of messagesOf(body).toReversed()) {
    if (role !== "user") continue;
    if (typeof content === "string") return content.trim();
    const texts = Array.isArray(content) ? content.filter(({ type }) => type === "text") : [];
    if (texts.length > 0) return String(texts.at(-1).text).trim();
  }
  return "";
}

function isToolResult({ role, content }: Record<string, unknown>): boolean {
  return role === "tool" || (Array.isArray(content) && content.some(({ type }) => type === "tool_result"));
}

/** Whether the model is being told what its calls brought, so that it should now answer. */
function endsInToolResult(body: Record<string, unknown>): boolean {
  const last = messagesOf(body).at(-1);
  return last !== undefined && isToolResult(last);
}

function toolResults(body: Record<string, unknown>): number {
  return messagesOf(body).filter(isToolResult).length;
}

function firstTool(body: Record<string, unknown>): string {
  const [tool] = Array.isArray(body.tools) ? body.tools : [];
  return tool?.function?.name ?? tool?.name ?? "no_tool_offered";
}

function numberAfter(flag: string): number | undefined {
  const at = Bun.argv.indexOf(flag);
  return at < 0 ? undefined : Number(Bun.argv[at + 1]);
}

if (import.meta.main) {
  const delayMs = numberAfter("--delay-ms") ?? 0;
  const standin = await startModelStandin({ port: numberAfter("--port") ?? 0, delayMs });
  console.log(standin.port);
}
