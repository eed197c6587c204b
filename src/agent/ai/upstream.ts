/**
 * The `fetch` the model library sends through, for one call: retries before the first output, watches for silence, and
 * passes the event stream through the wire's repairs. It records what failed, because the library rewords errors, and
 * lets a failure in mid-stream arrive in order, after the text that came before it.
 */
import type { Clock } from "../../lib/clock.ts";
import { pause } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Ids } from "../../lib/ids.ts";
import type { Log } from "../../lib/log.ts";
import { failureOfErrorObject, failureOfResponse, UpstreamFailure } from "./failure.ts";
import { createWire, type ModelApi } from "./wires.ts";

/** The part of `fetch` that is used; tests hand in their own. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What an endpoint turned out not to understand; kept by the runtime, so that it is learnt once. */
export interface Quirks {
  refusesStreamOptions: boolean;
}

/** Silence after which a stream counts as dead. Vendors send keep-alives every few seconds. */
const IDLE_TIMEOUT_MS = 120_000;
/** Longest wait for the first byte: a local model may read a long prompt for minutes before it says anything. */
const FIRST_BYTE_TIMEOUT_MS = 240_000;
/** Three more tries bridge a busy minute; whoever waits for an answer notices more than that. */
const MAX_RETRIES = 3;
/** The first pause when the server names none; doubled each time. */
const FIRST_PAUSE_MS = 500;
/** A server that asks for more is reported instead of waited for: a person is at the other end. */
const MAX_PAUSE_MS = 30_000;
/** Part of an error answer that is read. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Size of one event; the largest real ones carry a whole tool call. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

/** One call to an endpoint. */
export class Upstream {
  readonly #api: ModelApi;
  readonly #fetch: FetchLike;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #quirks: Quirks;
  /** What went wrong, once something did. */
  failure: UpstreamFailure | undefined;

  constructor(options: { api: ModelApi; fetch: FetchLike; clock: Clock; ids: Ids; log: Log; quirks: Quirks }) {
    this.#api = options.api;
    this.#fetch = options.fetch;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#log = options.log;
    this.#quirks = options.quirks;
  }

  /** Given to the library as its `fetch`. */
  readonly fetch: FetchLike = async (input, init = {}) => {
    const stop = new AbortController();
    const signal = init.signal ? AbortSignal.any([init.signal, stop.signal]) : stop.signal;
    try {
      const response = await this.#send(input, { ...init, signal });
      if (/json/.test(response.headers.get("content-type") ?? "")) throw await this.#plainAnswer(response);
      const headers = { "content-type": "text/event-stream" };
      return new Response(
        streamOf(this.#events(response, signal, stop), () => stop.abort()),
        { headers },
      );
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw this.#fail(error);
    }
  };

  async #send(input: string | URL | Request, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (headers.get("x-api-key") === "") headers.delete("x-api-key");
    for (let retries = 0; ; ) {
      const body = this.#quirks.refusesStreamOptions ? withoutStreamOptions(init.body) : init.body;
      // A redirect would carry the key and the conversation to a server nobody configured.
      const sent = this.#fetch(input, { ...init, headers, body: body ?? null, redirect: "manual" });
      const response = await this.#within(FIRST_BYTE_TIMEOUT_MS, sent);
      if (response.ok) return response;
      const text = await this.#within(IDLE_TIMEOUT_MS, readStart(response));
      if (response.status === 400 && text.includes("stream_options") && !this.#quirks.refusesStreamOptions) {
        this.#quirks.refusesStreamOptions = true;
        continue;
      }
      const askedMs = retryAfterMs(response.headers, this.#clock.now());
      const waitMs = askedMs ?? FIRST_PAUSE_MS * 2 ** retries * (1 + this.#ids.fraction());
      const failure = failureOfResponse(response.status, text, askedMs);
      if (!isRetryable(response.status) || retries >= MAX_RETRIES || waitMs > MAX_PAUSE_MS) throw failure;
      retries++;
      this.#log.warn("model request is tried again", { status: response.status, attempt: retries, waitMs });
      await pause(this.#clock, waitMs, init.signal ?? undefined);
    }
  }

  /** The repaired events as clean server-sent events. Ends in the wire's error event when something failed. */
  async *#events(response: Response, signal: AbortSignal, stop: AbortController): AsyncGenerator<Uint8Array> {
    const wire = createWire(this.#api);
    const encoder = new TextEncoder();
    const write = (event: unknown) => encoder.encode(`data: ${JSON.stringify(event)}\n\n`);
    try {
      for await (const data of this.#payloads(response)) {
        if (data === "[DONE]") {
          if (!wire.isComplete) yield write(wire.finishEvent);
          return;
        }
        const event = wire.repair(parseEvent(data));
        if (event !== undefined) yield write(event);
      }
      if (!wire.isComplete) throw cutFailure(response);
    } catch (error) {
      if (signal.aborted && !stop.signal.aborted) throw error;
      this.#fail(error);
      yield write(wire.errorEvent);
    } finally {
      stop.abort();
    }
  }

  /** Some servers report an error, or answer without streaming, in one JSON text with status 200. */
  async #plainAnswer(response: Response): Promise<UpstreamFailure> {
    const text = await this.#within(IDLE_TIMEOUT_MS, readStart(response));
    const event = parseEvent(text);
    return "error" in event ? failureOfErrorObject(event) : notAStream();
  }

  /** The `data` of each event. CRLF, comments, several data lines and characters split between chunks are normal. */
  async *#payloads(response: Response): AsyncGenerator<string> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    const decoder = new TextDecoder();
    let pending = "";
    for (;;) {
      const { done, value } = await this.#within(IDLE_TIMEOUT_MS, reader.read());
      pending += done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true });
      // A carriage return at the very end may be half of a line end.
      const whole = done || !pending.endsWith("\r") ? pending.length : pending.length - 1;
      const blocks = (pending.slice(0, whole).replace(/\r\n?/g, "\n") + pending.slice(whole)).split("\n\n");
      pending = blocks.pop() ?? "";
      if (pending.length > MAX_EVENT_CHARS)
        throw new UpstreamFailure("unknown", "the model endpoint sent an event too large");
      for (const block of blocks) {
        const data = block.split("\n").filter((line) => line.startsWith("data:"));
        if (data.length > 0) yield data.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
      }
      if (done) return;
    }
  }

  /** Waits for `work`, at most `limitMs`. Whoever fails closes the request. */
  async #within<T>(limitMs: number, work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.after(limitMs, () => {
      late.reject(new UpstreamFailure("timeout", `the model endpoint was silent for ${limitMs / 1000} seconds`));
    });
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  #fail(error: unknown): UpstreamFailure {
    this.failure ??=
      error instanceof UpstreamFailure
        ? error
        : new UpstreamFailure("network", `the connection to the model endpoint failed (${codeOf(error)})`);
    return this.failure;
  }
}

function streamOf(source: AsyncGenerator<Uint8Array>, cancel: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel,
  });
}

/** A stream that just ended is a cut one; an answer that never was a stream says so, for a wrong address looks alike. */
function cutFailure(response: Response): UpstreamFailure {
  const type = response.headers.get("content-type") ?? "";
  return /html|plain/.test(type)
    ? notAStream()
    : new UpstreamFailure("network", "the model endpoint closed the connection before its answer was complete");
}

function notAStream(): UpstreamFailure {
  return new UpstreamFailure("bad_request", "the model endpoint did not answer with a stream, check its baseUrl");
}

function parseEvent(data: string): Record<string, unknown> {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch (error) {
    throw new UpstreamFailure("unknown", `the model endpoint sent a malformed event: ${messageOf(error)}`);
  }
  if (typeof event === "object" && event !== null && !Array.isArray(event)) return { ...event };
  throw failureOfErrorObject(event);
}

/** The error's code, such as `ECONNRESET`; the texts of the runtime are advice for programmers. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : messageOf(error);
}

function isRetryable(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** `Retry-After` in seconds or as a date, or the millisecond form some vendors add. */
function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const exact = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (exact >= 0) return exact;
  const text = headers.get("retry-after") ?? "";
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number.parseFloat(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function withoutStreamOptions(body: RequestInit["body"]): RequestInit["body"] {
  if (typeof body !== "string") return body;
  const { stream_options: _, ...rest } = JSON.parse(body);
  return JSON.stringify(rest);
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text;
}
