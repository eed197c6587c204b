/**
 * Calls the Bot API through grammY, with our own exchange of bytes below it: it is ours to say whether a request may
 * have been taken, to bound answers, and to keep the token, which is part of every URL, out of every error.
 */
import type { Api, RawApi } from "grammy";
import type { UserFromGetMe, WebhookInfo } from "grammy/types";
import type { Clock } from "../../lib/clock.ts";
import { lostAnswerOf } from "../../lib/lost-answer.ts";
import type { Secret } from "../../lib/secret.ts";
import { within } from "../../lib/within.ts";
import { ChannelError } from "../contract.ts";
import { CallFailed, type Failure, toChannelError } from "./errors.ts";

const DEFAULT_API_ROOT = "https://api.telegram.org";
/** A call that moves no file answers in well under a second; a slow network gets this long. */
const CALL_MS = 30_000;
/** 50 MB, the most the network takes, at 4 Mbit/s. */
const TRANSFER_MS = 100_000;
/** A full poll is a hundred updates; each is at most some ten kilobytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

type Method = Exclude<keyof RawApi, "getMe" | "getWebhookInfo">;
type Answer<M extends Method> = Promise<Awaited<ReturnType<RawApi[M]>>>;

/** How long a call may take, and what ends it besides. */
interface CallLimits {
  signal?: AbortSignal;
  ms?: number;
}

export interface ClientOptions {
  /** Read when the first call is made. */
  token: () => Promise<Secret>;
  apiRoot: string | undefined;
  clock: Clock;
  /** Aborted when the account stops. */
  signal: AbortSignal;
}

interface Connection {
  api: Api;
  fileRoot: string;
  scrub(text: string): string;
}

/** One bot's access to the Bot API. Everything it throws is free of the token. */
export class BotClient {
  readonly #options: ClientOptions;
  #connection: Promise<Connection> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Calls a method. Throws {@link CallFailed}, or {@link ChannelError} when there is no usable token. */
  call<M extends Method>(method: M, payload: Parameters<RawApi[M]>[0], limits: CallLimits = {}): Answer<M> {
    return this.#run(method, limits, (api, signal) => {
      // Each method takes its payload and a signal; the union of all of them cannot be called without saying so.
      const invoke = api.raw[method] as (payload: unknown, signal: unknown) => Answer<M>;
      return invoke(payload, signal);
    });
  }

  /** Asks where updates are delivered, and how that went; a call without a payload. */
  webhookInfo(limits: CallLimits = {}): Promise<WebhookInfo> {
    return this.#run("getWebhookInfo", limits, (api, signal) => api.getWebhookInfo(signal as never));
  }

  /** Asks who the bot is; a call without a payload. */
  me(limits: CallLimits = {}): Promise<UserFromGetMe> {
    return this.#run("getMe", limits, (api, signal) => api.getMe(signal as never));
  }

  /** Fetches a file of at most `maxBytes`, by the path that `getFile` told. */
  async fetchFile(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const { fileRoot } = await this.#connect();
    // A server of one's own in local mode tells paths on its disk. Only what lies below the file route is fetched.
    if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(path))
      throw new ChannelError("rejected", "the server offers the file in a way this program does not fetch");
    return this.#within(TRANSFER_MS, signal, async (limit) => {
      const response = await fetch(`${fileRoot}/${path}`, { signal: limit, redirect: "manual" });
      if (response.ok) return readAtMost(response, maxBytes);
      await response.body?.cancel();
      if (response.status === 404) throw new ChannelError("rejected", "the file is not there any more");
      const description = "the file route refuses";
      throw new CallFailed("getFile", { kind: "refused", code: response.status, description });
    }).catch((error: unknown) => {
      if (error instanceof CallFailed || error instanceof ChannelError) throw error;
      throw new CallFailed("getFile", lostAnswerOf(error));
    });
  }

  /** Makes what grammY takes as a file to upload. */
  async upload(bytes: Uint8Array, fileName: string) {
    const { InputFile } = await import("grammy");
    return new InputFile(bytes, headerSafe(fileName));
  }

  async #run<T>(method: string, limits: CallLimits, invoke: (api: Api, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { api, scrub } = await this.#connect();
    let isWritten = false;
    try {
      return await this.#within(limits.ms ?? CALL_MS, limits.signal, (signal) => {
        isWritten = true;
        return invoke(api, signal);
      });
    } catch (error) {
      const givenUp: Failure = { kind: "unreachable", reason: "it was given up" };
      throw new CallFailed(method, isWritten ? failureOfCall(error, scrub) : givenUp);
    }
  }

  #connect(): Promise<Connection> {
    this.#connection ??= this.#createConnection().catch((error: unknown) => {
      this.#connection = undefined; // A token file may be put right while the account waits.
      throw error;
    });
    return this.#connection;
  }

  async #createConnection(): Promise<Connection> {
    const token = (await this.#options.token()).reveal();
    const { Api } = await import("grammy");
    const apiRoot = (this.#options.apiRoot ?? DEFAULT_API_ROOT).replace(/\/+$/, "");
    // grammY types its fetch after a package it brings along; ours does what it needs of one.
    const api = new Api(token, { apiRoot, fetch: exchange as never });
    const [, key = token] = token.split(":");
    return {
      api,
      fileRoot: `${apiRoot}/file/bot${token}`,
      scrub: (text) => text.replaceAll(token, "***").replaceAll(key, "***"),
    };
  }

  #within<T>(ms: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signals = signal === undefined ? [this.#options.signal] : [this.#options.signal, signal];
    return within({ clock: this.#options.clock, ms, signals }, work);
  }
}

/** How long a call may take that carries this many bytes. */
export const callLimitMs = (sizeBytes: number): number => (sizeBytes > 0 ? TRANSFER_MS : CALL_MS);

/** Runs calls for the contract: what it throws is a {@link ChannelError}. */
export async function forContract<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CallFailed ? toChannelError(error) : error;
  }
}

interface ExchangeInit {
  method: string;
  headers: Record<string, string>;
  body: string | AsyncIterable<Uint8Array>;
  signal: AbortSignal;
}

/**
 * One request and its answer, for grammY. A page, as proxies and networks with a login give, becomes an answer that
 * says so: its status says nothing about the bot, so that a 404 of theirs must not stop the channel for good.
 */
async function exchange(url: string | URL, init: ExchangeInit): Promise<{ json(): Promise<unknown> }> {
  const { method, headers } = init;
  const controller = new AbortController();
  // The signal comes from a package of grammY's and need not be one that fetch knows.
  const onAbort = () => controller.abort();
  init.signal.addEventListener("abort", onAbort, { once: true });
  const body = typeof init.body === "string" ? init.body : Buffer.concat(await Array.fromAsync(init.body));
  const response = await fetch(url, { method, headers, body, signal: controller.signal, redirect: "manual" });
  const text = new TextDecoder().decode(await readAtMost(response, MAX_ANSWER_BYTES));
  const answer = parseAnswer(text) ?? {
    ok: false,
    error_code: 502,
    description: `the answer, with status ${response.status}, is not from the Bot API`,
  };
  return { json: async () => answer };
}

function parseAnswer(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "ok" in value ? value : undefined;
  } catch {
    return undefined;
  }
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    // Leaving the loop cancels the body, so that the rest is not fetched.
    if (sizeBytes > maxBytes) throw new ChannelError("rejected", "the file is larger than allowed");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Told from the shapes of grammY's errors, so that its classes need not be loaded for it. */
function failureOfCall(error: unknown, scrub: (text: string) => string): Failure {
  if (!(error instanceof Error)) return lostAnswerOf(error);
  if ("error_code" in error && typeof error.error_code === "number" && "description" in error) {
    const parameters = "parameters" in error ? (error.parameters as Record<string, unknown>) : {};
    const { retry_after, migrate_to_chat_id } = parameters;
    return {
      kind: "refused",
      code: error.error_code,
      description: scrub(String(error.description)).slice(0, 300),
      ...(typeof retry_after === "number" ? { retryAfterSeconds: retry_after } : {}),
      ...(typeof migrate_to_chat_id === "number" ? { movedTo: migrate_to_chat_id } : {}),
    };
  }
  return lostAnswerOf("error" in error ? error.error : error);
}

/** A file name that cannot end its part of a multipart header; grammY writes it there as it is. */
function headerSafe(fileName: string): string {
  const safe = fileName.replaceAll(/[\u0000-\u001f\u007f"\\;/]+/g, "_").trim();
  return safe.slice(-120) || "file";
}
