/**
 * Calls the REST API through its library, which knows the network's rate limits, with our own exchange of bytes below
 * it: it is ours to bound answers and waiting, and to decide which host sees the token.
 */
import type { RawFile, REST } from "@discordjs/rest";
import type { Clock } from "../../lib/clock.ts";
import { lostAnswerOf } from "../../lib/lost-answer.ts";
import type { Secret } from "../../lib/secret.ts";
import { within } from "../../lib/within.ts";
import { ChannelError } from "../contract.ts";
import { CallFailed, type Failure, failureOfCall } from "./errors.ts";

/** The version of the API these types and routes are of. */
export const API_VERSION = "10";
const DEFAULT_API_ROOT = "https://discord.com/api";
/** The hosts that serve the network's files; the second shows stickers that move. */
const CDN = "https://cdn.discordapp.com";
const MEDIA_PROXY = "https://media.discordapp.net";
/** A call that moves no file answers in well under a second; a slow network gets this long. */
const CALL_MS = 30_000;
/** 10 MB, the most the network takes from a bot, at 1 Mbit/s. */
const TRANSFER_MS = 100_000;
/** A page of a hundred messages with embeds. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** A limit that ends sooner is waited for here, a longer one is the outbox's to plan. */
const MAX_WAIT_MS = 2_000;
/** Taken when a limit does not say how long it lasts, as that of the network's front door. */
const DEFAULT_RETRY_SECONDS = 60;
/** Taken when a limit says that it is over already. */
const MIN_RETRY_SECONDS = 0.05;
/** Limits are kept per route and channel; more than this many are looked through for those that are over. */
const MAX_HANDLERS = 500;

/** One request. `T` at {@link RestApi.call} is what its route answers. */
export interface Request {
  /** Names the call in errors and logs; the route may hold what must not be there. */
  name: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  route: `/${string}`;
  query?: Record<string, string>;
  body?: unknown;
  files?: RawFile[];
  /** Without the token, where the address is the permission. */
  isAnonymous?: boolean;
}

/** How long a call may take, and what ends it besides. */
interface CallLimits {
  signal?: AbortSignal;
  ms?: number;
}

export interface ClientOptions {
  /** Read at each call, so that the token is in no field of anything that is printed. */
  token: () => Secret;
  apiRoot: string | undefined;
  clock: Clock;
  /** Aborted when the account stops. */
  signal: AbortSignal;
}

/** One bot's access to the REST API. Everything it throws is free of the token. */
export class RestApi {
  readonly #options: ClientOptions;
  readonly #apiRoot: string;
  #rest: REST | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#apiRoot = (options.apiRoot ?? DEFAULT_API_ROOT).replace(/\/+$/, "").replace(/\/v\d+$/, "");
  }

  /** Where stickers lie; everything else comes with its address. */
  cdn(isMoving: boolean): string {
    if (this.#options.apiRoot !== undefined) return new URL(this.#apiRoot).origin;
    return isMoving ? MEDIA_PROXY : CDN;
  }

  /** Whether the token may be told to the gateway at that address (threats T21). */
  isGateway(url: string): boolean {
    const { protocol, hostname } = URL.parse(url) ?? { protocol: "", hostname: "" };
    if (protocol === "wss:" && (hostname === "discord.gg" || hostname.endsWith(".discord.gg"))) return true;
    const root = new URL(this.#apiRoot);
    const isOwn = this.#options.apiRoot !== undefined && hostname === root.hostname;
    return isOwn && (protocol === "wss:" || (protocol === "ws:" && root.protocol === "http:"));
  }

  /** Makes a call. Throws {@link CallFailed}, or {@link ChannelError} when there is no usable token. */
  async call<T = unknown>(request: Request, limits: CallLimits = {}): Promise<T> {
    const token = this.#options.token();
    const { name, method, route: fullRoute, query, isAnonymous = false } = request;
    const { body, files } = request;
    const ms = limits.ms ?? (files === undefined ? CALL_MS : TRANSFER_MS);
    let isBegun = false;
    try {
      const answer = await this.#within(ms, limits.signal, async (signal) => {
        const rest = await this.#connect();
        signal.throwIfAborted();
        isBegun = true;
        // The library forgets a token that was refused once.
        rest.setToken(token.reveal());
        return rest.request({
          method: method as never, // Its type is an enum of these very words.
          fullRoute,
          auth: !isAnonymous,
          signal,
          ...(query === undefined ? {} : { query: new URLSearchParams(query) }),
          ...(body === undefined ? {} : { body }),
          ...(files === undefined ? {} : { files }),
        });
      });
      // The network's authors type its answers; each caller names the one of its route.
      return answer as T;
    } catch (error) {
      const givenUp: Failure = { kind: "unreachable", reason: "it was given up" };
      throw new CallFailed(name, isBegun ? failureOfCall(error) : givenUp);
    }
  }

  /**
   * Fetches a file of at most `maxBytes`. Its address came from the network; it is fetched from the network's own hosts
   * only, without the token, and redirects are not followed (threats T20, T21).
   */
  async fetchFile(url: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const origins = [CDN, MEDIA_PROXY];
    if (this.#options.apiRoot !== undefined) origins.push(new URL(this.#apiRoot).origin);
    const origin = URL.parse(url)?.origin ?? "";
    if (!origins.includes(origin)) throw new ChannelError("rejected", "the file is not on a host of Discord");
    try {
      return await this.#within(TRANSFER_MS, signal, async (limit) => {
        const response = await fetch(url, { redirect: "manual", signal: limit });
        if (response.ok) return readAtMost(response, maxBytes);
        await response.body?.cancel();
        if (response.status < 500) throw new ChannelError("rejected", "the file is not there any more");
        throw new CallFailed("get file", { kind: "broken", status: response.status });
      });
    } catch (error) {
      if (error instanceof CallFailed || error instanceof ChannelError) throw error;
      throw new CallFailed("get file", lostAnswerOf(error));
    }
  }

  async #connect(): Promise<REST> {
    if (this.#rest === undefined) {
      const { REST } = await import("@discordjs/rest");
      this.#rest ??= new REST({
        api: this.#apiRoot,
        version: API_VERSION,
        // Nothing is tried again here, and no timer is left: the outbox and the supervisor do that.
        retries: 0,
        hashSweepInterval: 0,
        handlerSweepInterval: 0,
        timeout: TRANSFER_MS,
        offset: 0,
        rejectOnRateLimit: ({ retryAfter }) => retryAfter > MAX_WAIT_MS,
        // Its types are of a package it brings along; ours takes what it gives and gives what it needs.
        makeRequest: exchange as never,
      });
    }
    const { handlers } = this.#rest;
    if (handlers.size > MAX_HANDLERS) handlers.sweep(({ inactive }) => inactive);
    return this.#rest;
  }

  #within<T>(ms: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signals = signal === undefined ? [this.#options.signal] : [this.#options.signal, signal];
    return within({ clock: this.#options.clock, ms, signals }, work);
  }
}

interface ExchangeInit {
  method: string;
  headers: Record<string, string>;
  body: string | FormData | null;
  signal: AbortSignal;
}

/**
 * One request and its answer, for the library. What is no answer of the API gets the status of a server in trouble,
 * because that of a proxy says nothing about the bot; and a limit always says how long it lasts, because the library
 * would knock without a pause.
 */
async function exchange(url: string, init: ExchangeInit): Promise<Response> {
  const { method, headers, body, signal } = init;
  const response = await fetch(url, { method, headers, body, signal, redirect: "manual" });
  const text = new TextDecoder().decode(await readAtMost(response, MAX_ANSWER_BYTES));
  const { status } = response;
  if (status === 204) return new Response(null, { status, headers: response.headers });
  const answer = parseAnswer(text);
  if (status === 429) {
    const told = answer?.["retry_after"] ?? response.headers.get("retry-after") ?? DEFAULT_RETRY_SECONDS;
    const seconds = Number(told);
    const limited = new Headers(response.headers);
    limited.set("retry-after", String(seconds >= 0 ? Math.max(seconds, MIN_RETRY_SECONDS) : DEFAULT_RETRY_SECONDS));
    return new Response("{}", { status, headers: limited });
  }
  if (answer === undefined) return new Response(null, { status: status >= 500 ? status : 502 });
  const known = new Headers(response.headers);
  known.set("content-type", "application/json");
  return new Response(text, { status, headers: known });
}

function parseAnswer(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
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
