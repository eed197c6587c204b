/** What a failed call means: the network's error codes and broken connections as {@link ChannelError}. Pure. */
import type { LostAnswer } from "../../lib/lost-answer.ts";
import { ChannelError } from "../contract.ts";

/** How a call ended that brought no result, without anything of its URL, which holds the token. */
export type Failure =
  /** The server answered no; `code` is an HTTP status. */
  { kind: "refused"; code: number; description: string; retryAfterSeconds?: number; movedTo?: number } | LostAnswer;

/** Thrown within this folder only; `account.ts` lets none out. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly method: string;
  readonly failure: Failure;
  constructor(method: string, failure: Failure) {
    super(`${method} failed: ${failure.kind === "refused" ? failure.description : failure.reason}`);
    this.method = method;
    this.failure = failure;
  }
}

/** Whether the server said no with words that match. */
export function isRefusal(error: unknown, words: RegExp): boolean {
  return error instanceof CallFailed && error.failure.kind === "refused" && words.test(error.failure.description);
}

/** The contract's error for a failed call. */
export function toChannelError(error: CallFailed): ChannelError {
  const { failure, method } = error;
  // Only a message that is made anew can be there twice; everything else may be repeated freely.
  const unknown = { sent: method.startsWith("send") && method !== "sendChatAction" ? "unknown" : "no" } as const;
  if (failure.kind === "unreachable")
    return new ChannelError("transient", `Telegram cannot be reached: ${failure.reason}`);
  if (failure.kind === "unanswered")
    return new ChannelError("transient", `Telegram did not answer ${method}: ${failure.reason}`, unknown);
  const { code, description, retryAfterSeconds, movedTo } = failure;
  if (code === 401 || code === 404)
    return new ChannelError(
      "auth",
      `Telegram does not accept the bot token (${description}): copy it from @BotFather again, and check apiRoot if it is set`,
    );
  if (code === 409)
    return new ChannelError(
      "transient",
      "another program receives for this bot: stop it, or revoke the token with @BotFather if it is not yours",
    );
  if (code === 429) {
    const retryAfterMs = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 };
    return new ChannelError("limited", `Telegram takes no more for now: ${description}`, retryAfterMs);
  }
  // A gateway in between may say this after the message went through.
  if (code >= 500) return new ChannelError("transient", `Telegram is in trouble (${code}): ${description}`, unknown);
  if (movedTo !== undefined)
    return new ChannelError("rejected", `the group has become a supergroup: use the chat id ${movedTo}`);
  return new ChannelError("rejected", `Telegram refuses ${method}: ${description}`);
}
