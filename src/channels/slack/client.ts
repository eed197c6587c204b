/**
 * Calls the Web API through its library, with our own exchange of bytes below it: it is ours to say whether a request
 * may have been taken, to bound answers and waiting, and to decide which origin may see the token.
 */
import type {
  AppsConnectionsOpenResponse,
  AuthTestResponse,
  ChatPostMessageResponse,
  ConversationsInfoResponse,
  ConversationsOpenResponse,
  FilesCompleteUploadExternalResponse,
  FilesGetUploadURLExternalResponse,
  FilesInfoResponse,
  Logger,
  ReactionsGetResponse,
  UsersInfoResponse,
  WebAPICallResult,
} from "@slack/web-api";
import type { Clock } from "../../lib/clock.ts";
import { lostAnswerOf } from "../../lib/lost-answer.ts";
import type { Secret } from "../../lib/secret.ts";
import { within } from "../../lib/within.ts";
import { ChannelError } from "../contract.ts";
import { CallFailed, DEFAULT_RETRY_SECONDS, type Failure, failureOfCall } from "./errors.ts";
import type { TokenKind } from "./tokens.ts";

const DEFAULT_API_ROOT = "https://slack.com/api/";
/** The one host that serves the network's files to a bot token. */
const FILE_ORIGIN = "https://files.slack.com";
/** A call that moves no file answers in well under a second; a slow network gets this long. */
const CALL_MS = 30_000;
/** 20 MB at 2 Mbit/s. */
const TRANSFER_MS = 100_000;
/** Answers are some kilobytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** From the file route to the place the bytes are, with one to spare. */
const MAX_REDIRECTS = 3;

/** The methods used here, with what they answer. */
interface Answers {
  "apps.connections.open": AppsConnectionsOpenResponse;
  "auth.test": AuthTestResponse;
  "chat.delete": WebAPICallResult;
  "chat.postMessage": ChatPostMessageResponse;
  "chat.update": WebAPICallResult;
  "conversations.info": ConversationsInfoResponse;
  "conversations.open": ConversationsOpenResponse;
  "files.completeUploadExternal": FilesCompleteUploadExternalResponse;
  "files.delete": WebAPICallResult;
  "files.getUploadURLExternal": FilesGetUploadURLExternalResponse;
  "files.info": FilesInfoResponse;
  "reactions.add": WebAPICallResult;
  "reactions.get": ReactionsGetResponse;
  "reactions.remove": WebAPICallResult;
  "users.info": UsersInfoResponse;
}

/** How long a call may take, and what ends it besides. */
interface CallLimits {
  signal?: AbortSignal;
  ms?: number;
}

export interface ClientOptions {
  /** Read at each call, so that a token is in no field of anything that is printed. */
  token: (kind: TokenKind) => Secret;
  apiRoot: string | undefined;
  clock: Clock;
  /** Aborted when the account stops. */
  signal: AbortSignal;
}

/** One app's access to the Web API. Everything it throws is free of tokens. */
export class WebApi {
  readonly #options: ClientOptions;
  readonly #apiRoot: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#apiRoot = `${(options.apiRoot ?? DEFAULT_API_ROOT).replace(/\/+$/, "")}/`;
  }

  /** Whether the API is spoken to without TLS, as with a server of one's own; then what it names may be without, too. */
  get isPlain(): boolean {
    return this.#apiRoot.startsWith("http:");
  }

  /** Calls a method. Throws {@link CallFailed}, or {@link ChannelError} when there is no usable token. */
  async call<M extends keyof Answers>(
    method: M,
    payload: Record<string, unknown> = {},
    limits: CallLimits = {},
  ): Promise<Answers[M]> {
    const token = this.#options.token(method === "apps.connections.open" ? "app" : "bot");
    const { WebClient } = await import("@slack/web-api");
    let isWritten = false;
    try {
      return await this.#within(limits.ms ?? CALL_MS, limits.signal, async (signal) => {
        // The library takes no signal for a call, so that each call has a client, which costs a fraction of a
        // millisecond. It neither retries nor waits nor logs: the outbox and the supervisor do.
        const client = new WebClient(token.reveal(), {
          slackApiUrl: this.#apiRoot,
          allowAbsoluteUrls: false,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          logger: silent,
          fetch: (url, init = {}) => {
            isWritten = true;
            return exchange(url, { method: "POST", headers: init.headers ?? {}, body: init.body ?? "" }, signal);
          },
        });
        // The library types each answer by its method's name, which is what the table above repeats.
        return (await client.apiCall(method, payload)) as Answers[M];
      });
    } catch (error) {
      const givenUp: Failure = { kind: "unreachable", reason: "it was given up" };
      throw new CallFailed(method, isWritten ? failureOfCall(error) : givenUp);
    }
  }

  /** Puts bytes where the network said they go. The address is the permission; no token goes there. */
  async upload(url: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const target = this.#checked(url);
    const response = await this.#transfer("upload", signal, (limit) =>
      // A new array, because the type of the bytes leaves open what memory they are in.
      fetch(target, { method: "POST", body: new Uint8Array(bytes), redirect: "manual", signal: limit }),
    );
    await response.body?.cancel();
    if (!response.ok) throw new CallFailed("upload", { kind: "broken", status: response.status });
  }

  /**
   * Fetches a file of at most `maxBytes`. The token goes to the network's file host only, is dropped on the first
   * redirect to another origin, and does not come back after it (threats T21).
   */
  async fetchFile(
    url: string,
    { maxBytes, isPage }: { maxBytes: number; isPage: boolean },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const token = this.#options.token("bot");
    return this.#transfer("download", signal, async (limit) => {
      let target = this.#checked(url);
      // The network also lists files that lie elsewhere; there is nothing to fetch for a bot.
      if (!this.#mayHaveToken(target)) throw new ChannelError("rejected", "the file is not on Slack's file host");
      let isTrusted = true;
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        isTrusted &&= this.#mayHaveToken(target);
        const headers: Record<string, string> = isTrusted ? { Authorization: `Bearer ${token.reveal()}` } : {};
        const response = await fetch(target, { headers, redirect: "manual", signal: limit });
        const location = response.headers.get("location");
        if (response.status >= 300 && response.status < 400 && location !== null) {
          await response.body?.cancel();
          target = this.#checked(new URL(location, target).href);
          continue;
        }
        return readFile(response, { maxBytes, isPage });
      }
      throw new ChannelError("rejected", "the file is redirected too often");
    });
  }

  #mayHaveToken({ origin }: URL): boolean {
    return origin === FILE_ORIGIN || (this.#options.apiRoot !== undefined && origin === new URL(this.#apiRoot).origin);
  }

  /** An address the network told. */
  #checked(url: string): URL {
    const parsed = URL.parse(url);
    const isFit = parsed?.protocol === "https:" || (this.isPlain && parsed?.protocol === "http:");
    if (parsed === null || !isFit) throw new ChannelError("rejected", "Slack names an address that is not https");
    return parsed;
  }

  #transfer<T>(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#within(TRANSFER_MS, signal, work).catch((error: unknown) => {
      if (error instanceof CallFailed || error instanceof ChannelError) throw error;
      throw new CallFailed(name, lostAnswerOf(error));
    });
  }

  #within<T>(ms: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signals = signal === undefined ? [this.#options.signal] : [this.#options.signal, signal];
    return within({ clock: this.#options.clock, ms, signals }, work);
  }
}

/** The library logs requests with their fields, which is what people write. */
const nothing = () => undefined;
const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => "error" as ReturnType<Logger["getLevel"]>,
  setName: nothing,
};

/**
 * One request and its answer, for the library. What is no answer of the Web API gets the status of a gateway in
 * trouble, and a limit that does not say how long gets a time, because the library has no words for either.
 */
async function exchange(
  url: string | URL,
  init: { method: string; headers: Record<string, string>; body: string | FormData },
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: "manual", signal });
  const text = new TextDecoder().decode(await readAtMost(response, MAX_ANSWER_BYTES));
  if (response.status === 429) {
    const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
    const wait = Number.isNaN(seconds) ? DEFAULT_RETRY_SECONDS : seconds;
    return new Response(null, { status: 429, headers: { "retry-after": String(wait) } });
  }
  // An error of the API may come with a status of its own; its words say more than that.
  if (isAnswer(text)) return new Response(text, { status: 200, headers: { "content-type": "application/json" } });
  return new Response(null, { status: response.ok ? 502 : response.status });
}

function isAnswer(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "ok" in value;
  } catch {
    return false;
  }
}

async function readFile(response: Response, options: { maxBytes: number; isPage: boolean }): Promise<Uint8Array> {
  const type = response.headers.get("content-type") ?? "";
  // Without the scope for files the network gives its login page, with status 200.
  if (response.ok && !options.isPage && type.startsWith("text/html")) {
    await response.body?.cancel();
    throw new ChannelError("rejected", "Slack gives a page instead of the file: add the scope files:read");
  }
  if (response.ok) return readAtMost(response, options.maxBytes);
  await response.body?.cancel();
  if (response.status === 404 || response.status === 410)
    throw new ChannelError("rejected", "the file is not there any more");
  throw new CallFailed("download", { kind: "broken", status: response.status });
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
