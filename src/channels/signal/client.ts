/** Talks to the HTTP daemon of signal-cli: JSON-RPC calls, and the stream of events. */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Ids } from "../../lib/ids.ts";
import { parseJson } from "../../lib/json.ts";
import { lostAnswerOf } from "../../lib/lost-answer.ts";
import { validator } from "../../lib/validate.ts";
import { within } from "../../lib/within.ts";
import { CallFailed, type Delivery, unknownAccount } from "./errors.ts";
import { EventStream, type StreamEvent } from "./event-stream.ts";

/** Signal answers a send within seconds; a group of hundreds takes longer. */
const CALL_MS = 30_000;
/** Slowest upload worth waiting for. */
const MIN_BYTES_PER_MS = 50;
/** Longest answer that carries no file. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface Call {
  signal?: AbortSignal;
  /** What goes up with it, which lengthens the wait. */
  uploadBytes?: number;
  maxAnswerBytes?: number;
  /** See {@link CallFailed.creates}. */
  creates?: boolean;
}

interface Needs {
  httpUrl: string;
  account: string;
  clock: Clock;
  ids: Ids;
  /** Ends everything. */
  signal: AbortSignal;
}

const nullable = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const deliveries = Type.Array(
  Lenient({ type: Type.String(), retryAfterSeconds: nullable(Type.Number({ minimum: 0, maximum: 1e9 })) }),
);
const answer = validator(
  Lenient({
    result: Type.Optional(Type.Unknown()),
    error: nullable(Lenient({ code: Type.Integer(), message: Type.String(), data: Type.Optional(Type.Unknown()) })),
  }),
);
const withResults = validator(Lenient({ results: deliveries }));
const withResponse = validator(Lenient({ response: Lenient({ results: deliveries }) }));

/** One account of one daemon. */
export class SignalClient {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Calls a method for the account; its result, or undefined when it has none. Throws {@link CallFailed}. */
  async call(method: string, params: Record<string, unknown>, options: Call = {}): Promise<unknown> {
    const { account, clock, ids } = this.#needs;
    const { creates = false, uploadBytes = 0, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
    const signals = options.signal ? [this.#needs.signal, options.signal] : [this.#needs.signal];
    if (signals.some(({ aborted }) => aborted))
      throw new CallFailed({ kind: "unreachable", reason: "it was given up" }, creates);
    const body = JSON.stringify({ jsonrpc: "2.0", id: ids.uuid(), method, params: { account, ...params } });
    const ms = CALL_MS + Math.ceil(uploadBytes / MIN_BYTES_PER_MS);
    try {
      const text = await within({ clock, ms, signals }, (signal) => this.#post(body, maxAnswerBytes, signal));
      return text === undefined ? undefined : resultOf(text, creates);
    } catch (error) {
      if (error instanceof CallFailed) throw new CallFailed(error.failure, creates);
      throw new CallFailed(lostAnswerOf(error), creates);
    }
  }

  /** Opens the stream of events. What it yields is listed as it came in; an empty list is a sign of life. */
  async events(): Promise<AsyncIterable<StreamEvent[]>> {
    const { account } = this.#needs;
    let response = await this.#listen(encodeURIComponent(account));
    // Daemons exist that decode the query twice, and then read a space where the plus was. That the account is known
    // has been asked before.
    if (response.status === 400) response = await this.#listen(encodeURIComponent(encodeURIComponent(account)));
    if (response.status === 400) throw unknownAccount();
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    if (!response.ok || !isStream || response.body === null) {
      await response.body?.cancel();
      throw new CallFailed({ kind: "status", status: response.ok ? 404 : response.status });
    }
    return read(response.body);
  }

  async #listen(account: string): Promise<Response> {
    const { clock, signal, httpUrl } = this.#needs;
    // Only the opening has a limit: afterwards silence is judged by who counts the signs of life.
    const opening = new AbortController();
    const url = endpoint(httpUrl, `events?account=${account}`);
    try {
      return await within({ clock, ms: CALL_MS, signals: [signal] }, () =>
        fetch(url, {
          headers: { accept: "text/event-stream" },
          redirect: "error",
          keepalive: false,
          signal: AbortSignal.any([signal, opening.signal]),
        }),
      );
    } catch (error) {
      opening.abort();
      throw new CallFailed(lostAnswerOf(error));
    }
  }

  async #post(body: string, maxBytes: number, signal: AbortSignal): Promise<string | undefined> {
    const response = await fetch(endpoint(this.#needs.httpUrl, "rpc"), {
      method: "POST",
      // The daemon compares the whole header.
      headers: { "content-type": "application/json" },
      body,
      redirect: "error",
      // A connection kept over a restart of the daemon would leave the outcome of the next send open.
      keepalive: false,
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new CallFailed({ kind: "status", status: response.status });
    }
    // 201 is its way to say that there is no answer.
    if (response.status === 201 || response.body === null) return undefined;
    return readText(response.body, maxBytes);
  }
}

/** How the recipients of a message fared, as far as a result says so. */
export function deliveriesOf(result: unknown): Delivery[] {
  if (!withResults.check(result)) return [];
  return result.results.map(({ type, retryAfterSeconds }) => ({
    type,
    retryAfterSeconds: retryAfterSeconds ?? undefined,
  }));
}

function endpoint(httpUrl: string, path: string): string {
  return `${httpUrl.replace(/\/+$/, "")}/api/v1/${path}`;
}

function resultOf(text: string, creates: boolean): unknown {
  const parsed = parseJson(text);
  if (!parsed.ok || !answer.check(parsed.value))
    throw new CallFailed({ kind: "unanswered", reason: "its answer is not JSON-RPC" }, creates);
  const { error, result } = parsed.value;
  if (!error) return result;
  const { code, message, data } = error;
  const failed = withResponse.check(data) ? deliveriesOf(data.response) : [];
  throw new CallFailed({ kind: "refused", code, message, deliveries: failed }, creates);
}

async function readText(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) throw new CallFailed({ kind: "unanswered", reason: TOO_LONG });
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** Why an answer was not read to its end. */
export const TOO_LONG = "its answer is too long";

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent[]> {
  const decoder = new TextDecoder();
  const stream = new EventStream();
  try {
    for await (const piece of body) yield stream.feed(decoder.decode(piece, { stream: true }));
  } catch (error) {
    if (error instanceof RangeError) throw new CallFailed({ kind: "unanswered", reason: error.message });
    throw new CallFailed(lostAnswerOf(error));
  }
}
