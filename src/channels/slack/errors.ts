/** What a failed call means: the network's words and broken connections as {@link ChannelError}. Pure. */
import { type LostAnswer, lostAnswerOf } from "../../lib/lost-answer.ts";
import { ChannelError } from "../contract.ts";

/** How a call ended that brought no result; holds nothing of tokens, headers or URLs. */
export type Failure =
  /** The network answered no, with a word of its list. `needed` are scopes the token does not have. */
  | { kind: "refused"; error: string; needed?: string }
  | { kind: "limited"; retryAfterMs: number }
  /** Something answered that was not the Web API: a gateway in trouble, a login page. */
  | { kind: "broken"; status: number }
  | LostAnswer;

/** Thrown within this folder only; `account.ts` lets none out. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly method: string;
  readonly failure: Failure;
  constructor(method: string, failure: Failure) {
    super(`${method} failed: ${describe(failure)}`);
    this.method = method;
    this.failure = failure;
  }
}

/** Whether the network said no with one of these words. */
export function isRefusal(error: unknown, ...words: string[]): boolean {
  return error instanceof CallFailed && error.failure.kind === "refused" && words.includes(error.failure.error);
}

/** Methods whose effect would be there twice if they were repeated. */
const publishing: ReadonlySet<string> = new Set(["chat.postMessage", "files.completeUploadExternal"]);

/** Methods without which the account cannot work at all: a scope missing there ends the run. */
const vital: ReadonlySet<string> = new Set(["auth.test", "apps.connections.open", "chat.postMessage"]);

/** The network's list: https://docs.slack.dev/reference/methods/auth.test#errors */
const authErrors: ReadonlySet<string> = new Set([
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "token_revoked",
  "token_expired",
  "not_allowed_token_type",
  "no_permission",
  "org_login_required",
  "ekm_access_denied",
  "access_denied",
  "two_factor_setup_required",
]);

/** The network's trouble, not the call's. */
const transientErrors: ReadonlySet<string> = new Set([
  "fatal_error",
  "internal_error",
  "service_unavailable",
  "team_added_to_org",
]);

const advice: Readonly<Record<string, string>> = {
  not_in_channel: "invite the bot with /invite in that channel",
  channel_not_found: "there is no such chat, or the bot is not in it: invite it with /invite",
  is_archived: "the channel is archived",
};

/** The contract's error for a failed call. */
export function toChannelError({ method, failure }: CallFailed): ChannelError {
  const open = { sent: publishing.has(method) ? "unknown" : "no" } as const;
  switch (failure.kind) {
    case "unreachable":
      return new ChannelError("transient", `Slack cannot be reached: ${failure.reason}`);
    case "unanswered":
      return new ChannelError("transient", `Slack did not answer ${method}: ${failure.reason}`, open);
    case "broken":
      return new ChannelError("transient", `Slack is in trouble: ${method} ${describe(failure)}`, open);
    case "limited":
      return new ChannelError("limited", `Slack takes no more for now: ${method}`, {
        retryAfterMs: failure.retryAfterMs,
      });
    case "refused":
      return refusalOf(method, failure, open);
  }
}

function refusalOf(
  method: string,
  failure: Extract<Failure, { kind: "refused" }>,
  open: { sent: "no" | "unknown" },
): ChannelError {
  const { error, needed } = failure;
  if (error === "missing_scope")
    return new ChannelError(
      // The rest of the account works without it, so that one message must not hold up the others.
      vital.has(method) ? "auth" : "rejected",
      `Slack refuses ${method}: add the scope ${needed ?? "it asks for"} to your Slack app, then install the app again`,
    );
  if (authErrors.has(error)) {
    const where =
      method === "apps.connections.open"
        ? "the app token: make a new one with connections:write and set appToken"
        : "the bot token: install your Slack app again and copy its token into botToken";
    return new ChannelError("auth", `Slack does not accept ${where} (${error}); check apiRoot if it is set`);
  }
  if (transientErrors.has(error)) return new ChannelError("transient", `Slack is in trouble: ${error}`, open);
  // The network did not get the whole request.
  if (error === "request_timeout") return new ChannelError("transient", `Slack did not get all of ${method}`);
  const hint = advice[error];
  return new ChannelError("rejected", `Slack refuses ${method}: ${error}${hint === undefined ? "" : ` (${hint})`}`);
}

function describe(failure: Failure): string {
  switch (failure.kind) {
    case "refused":
      return failure.error;
    case "limited":
      return `too fast, ${failure.retryAfterMs} ms to wait`;
    case "broken":
      return `the answer, with status ${failure.status}, is not from the Web API`;
    default:
      return failure.reason;
  }
}

/** What a call through the library came to; told by the shapes of its errors, so that it need not be loaded for it. */
export function failureOfCall(error: unknown): Failure {
  if (!(error instanceof Error) || !("code" in error)) return lostAnswerOf(error);
  if (error.code === "slack_webapi_platform_error" && "data" in error) {
    const { error: word, needed } = error.data as { error?: unknown; needed?: unknown };
    const said = typeof word === "string" ? word.slice(0, 100) : "no reason given";
    if (said === "ratelimited" || said === "rate_limited")
      return { kind: "limited", retryAfterMs: DEFAULT_RETRY_SECONDS * 1000 };
    return { kind: "refused", error: said, ...(typeof needed === "string" ? { needed: needed.slice(0, 200) } : {}) };
  }
  if (error.code === "slack_webapi_rate_limited_error" && "retryAfter" in error)
    return { kind: "limited", retryAfterMs: Number(error.retryAfter) * 1000 };
  if (error.code === "slack_webapi_http_error" && "statusCode" in error)
    return { kind: "broken", status: Number(error.statusCode) };
  if (error.code === "slack_webapi_request_error" && "original" in error) return lostAnswerOf(error.original);
  return lostAnswerOf(error);
}

/** What the network's limits are counted in; taken when it does not say how long to wait. */
export const DEFAULT_RETRY_SECONDS = 60;

/** Runs calls for the contract: what it throws is a {@link ChannelError}. */
export async function forContract<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CallFailed ? toChannelError(error) : error;
  }
}
