/** What a failed call means: the network's codes and broken connections as {@link ChannelError}. Pure. */
import { type LostAnswer, lostAnswerOf } from "../../lib/lost-answer.ts";
import { ChannelError } from "../contract.ts";

/** How a call ended that brought no result; holds nothing of tokens, headers or addresses. */
export type Failure =
  /** The network answered no. `code` is of its list of JSON error codes, 0 if it gave none. */
  | { kind: "refused"; status: number; code: number; reason: string }
  | { kind: "limited"; retryAfterMs: number }
  /** A server in trouble, or something that is not the network: a proxy, a login page. */
  | { kind: "broken"; status: number }
  | LostAnswer;

/** Thrown within this folder only; `account.ts` lets none out. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly call: string;
  readonly failure: Failure;
  constructor(call: string, failure: Failure) {
    super(`${call} failed: ${describe(failure)}`);
    this.call = call;
    this.failure = failure;
  }
}

/** The network's codes that are told apart here: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json. */
export const codes = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownEmoji: 10014,
  tooLarge: 40005,
  missingAccess: 50001,
  cannotWriteTo: 50007,
  missingPermissions: 50013,
} as const;

/** Whether the network said no, with one of these codes if there are any. */
export function isRefusal(error: unknown, ...wanted: number[]): boolean {
  if (!(error instanceof CallFailed) || error.failure.kind !== "refused" || error.failure.status === 401) return false;
  return wanted.length === 0 || wanted.includes(error.failure.code);
}

const advice: Readonly<Record<number, string>> = {
  [codes.unknownChannel]: "there is no such channel, or the bot cannot see it",
  [codes.unknownEmoji]: "the bot does not know this emoji",
  [codes.missingAccess]: "the bot may not see this channel: give it View Channel there",
  [codes.cannotWriteTo]: "the person takes no direct messages from the bot",
  [codes.missingPermissions]: "the bot lacks a permission in this channel",
};

/** The call whose effect would be there twice if it were repeated without its nonce. */
export const PUBLISH = "create message";

/** The contract's error for a failed call. */
export function toChannelError({ call, failure }: CallFailed): ChannelError {
  const open = { sent: call === PUBLISH ? "unknown" : "no" } as const;
  switch (failure.kind) {
    case "unreachable":
      return new ChannelError("transient", `Discord cannot be reached: ${failure.reason}`);
    case "unanswered":
      return new ChannelError("transient", `Discord did not answer: ${call}, ${failure.reason}`, open);
    case "broken":
      return new ChannelError("transient", `Discord is in trouble: ${call}, ${describe(failure)}`, open);
    case "limited":
      return new ChannelError("limited", `Discord takes no more for now: ${call}`, {
        retryAfterMs: failure.retryAfterMs,
      });
    case "refused":
      return refusalOf(call, failure);
  }
}

function refusalOf(call: string, { status, code, reason }: Extract<Failure, { kind: "refused" }>): ChannelError {
  if (status === 401)
    return new ChannelError(
      "auth",
      'Discord does not accept the bot token: reset it under "Bot" in the developer portal and set it as token; check apiRoot if it is set',
    );
  if (status === 408) return new ChannelError("transient", `Discord did not get all of it: ${call}`);
  return new ChannelError("rejected", `Discord refuses: ${call}, ${advice[code] ?? reason}`);
}

function describe(failure: Failure): string {
  switch (failure.kind) {
    case "refused":
      return `${failure.status} ${failure.reason}`;
    case "limited":
      return `too fast, ${failure.retryAfterMs} ms to wait`;
    case "broken":
      return `status ${failure.status}`;
    default:
      return failure.reason;
  }
}

/** Longest part of the network's own words that is passed on. */
const MAX_REASON = 200;

/** What a call through the library came to; told by the shapes of its errors, so that it need not be loaded for it. */
export function failureOfCall(error: unknown): Failure {
  if (!(error instanceof Error)) return lostAnswerOf(error);
  if ("retryAfter" in error && typeof error.retryAfter === "number")
    return { kind: "limited", retryAfterMs: Math.max(0, Math.ceil(error.retryAfter)) };
  if ("status" in error && typeof error.status === "number") {
    if (!("rawError" in error)) return { kind: "broken", status: error.status };
    const code = "code" in error && typeof error.code === "number" ? error.code : 0;
    return { kind: "refused", status: error.status, code, reason: error.message.slice(0, MAX_REASON) };
  }
  return lostAnswerOf(error);
}

/** Runs calls for the contract: what it throws is a {@link ChannelError}. */
export async function forContract<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CallFailed ? toChannelError(error) : error;
  }
}
