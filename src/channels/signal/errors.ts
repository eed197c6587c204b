/** What a failed call means: the daemon's error codes and broken connections as {@link ChannelError}. Pure. */
import type { LostAnswer } from "../../lib/lost-answer.ts";
import { ChannelError } from "../contract.ts";

/** How one recipient of a message fared. */
export interface Delivery {
  type: string;
  retryAfterSeconds?: number | undefined;
}

/** How a call ended that brought no result. */
export type Failure =
  /** The daemon answered with an error object. */
  | { kind: "refused"; code: number; message: string; deliveries: readonly Delivery[] }
  /** Something answered, but not as the daemon does. */
  | { kind: "status"; status: number }
  | LostAnswer;

/** Thrown within this folder only; `account.ts` lets none out. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly failure: Failure;
  /** Whether the call makes a message that would be there twice if it were repeated. */
  readonly creates: boolean;
  constructor(failure: Failure, creates = false) {
    super("message" in failure ? failure.message : "reason" in failure ? failure.reason : `status ${failure.status}`);
    this.failure = failure;
    this.creates = creates;
  }
}

/** Runs what talks to the daemon; whatever fails leaves as the contract's error. */
export async function forContract<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CallFailed ? toChannelError(error) : error;
  }
}

/** The contract's error for a failed call. */
export function toChannelError({ failure, creates }: CallFailed): ChannelError {
  const unknown = { sent: creates ? "unknown" : "no" } as const;
  switch (failure.kind) {
    case "unreachable":
      return new ChannelError(
        "transient",
        `the signal-cli daemon cannot be reached (${failure.reason}): check that it runs, and httpUrl`,
      );
    case "unanswered":
      return new ChannelError("transient", `the signal-cli daemon did not answer: ${failure.reason}`, unknown);
    case "status":
      return ofStatus(failure.status, unknown);
    case "refused":
      return ofRefusal(failure, unknown);
  }
}

type MaybeSent = { readonly sent: "no" | "unknown" };

function ofStatus(status: number, unknown: MaybeSent): ChannelError {
  if (status === 401 || status === 403)
    return new ChannelError(
      "auth",
      `something before the signal-cli daemon asks for a password (${status}): point httpUrl at the daemon itself`,
    );
  if (status >= 500)
    return new ChannelError("transient", `the signal-cli daemon or a proxy is in trouble (${status})`, unknown);
  return new ChannelError("transient", `no signal-cli daemon answers at httpUrl (${status}): check the address`);
}

/** Whether the daemon found the account and began the command, however that ended. */
export function isOfCommand(error: CallFailed): boolean {
  return error.failure.kind === "refused" && toChannelError(error).kind !== "auth";
}

/** Codes of JSON-RPC, and those signal-cli adds for its commands. */
const code = {
  user: -1,
  invalidParams: -32602,
  noMethod: -32601,
  internal: -32603,
  io: -3,
  untrusted: -4,
  rate: -5,
} as const;
const noAccount = /valid account parameter|specified account does not exist/i;
const unlinked = /authori[sz]ation ?failed/i;
/** How much of the daemon's words is repeated; some of its errors are pages long. */
const MAX_WORDS = 200;

function ofRefusal(failure: Extract<Failure, { kind: "refused" }>, unknown: MaybeSent): ChannelError {
  const { deliveries } = failure;
  const message = failure.message.slice(0, MAX_WORDS);
  if (failure.code === code.invalidParams && noAccount.test(message)) return unknownAccount();
  if (unlinked.test(message))
    return new ChannelError("auth", "Signal does not know this device any more: link or register signal-cli again");
  // Some of a group may have it although the command failed.
  const partly: MaybeSent = deliveries.some(isDelivered) ? unknown : { sent: "no" };
  switch (failure.code) {
    case code.noMethod:
      return new ChannelError("rejected", `signal-cli is too old for this: ${message}`);
    case code.internal:
    case code.io:
      return new ChannelError("transient", `signal-cli failed: ${message}`, unknown);
    case code.untrusted:
      return new ChannelError("rejected", untrusted, partly);
    case code.rate:
      return limited(deliveries, partly);
    default:
      return (
        ofDeliveries(deliveries, unknown) ?? new ChannelError("rejected", `signal-cli refuses: ${message}`, partly)
      );
  }
}

/** The daemon runs, but not for this account. */
export function unknownAccount(): ChannelError {
  return new ChannelError(
    "auth",
    "the signal-cli daemon does not know this account: check `account`, or link it with `signal-cli link`",
  );
}

const untrusted = "the safety number of this person has changed: compare it, then accept it with `signal-cli trust`";

/** Whether Signal took the message for that recipient. */
export function isDelivered({ type }: Delivery): boolean {
  return type === "SUCCESS";
}

/** What it means that nobody got a message; undefined when somebody did, or there is nobody. */
export function ofDeliveries(deliveries: readonly Delivery[], unknown: MaybeSent): ChannelError | undefined {
  if (deliveries.length === 0 || deliveries.some(isDelivered)) return undefined;
  const has = (type: string) => deliveries.some((one) => one.type === type);
  if (has("NETWORK_FAILURE")) return new ChannelError("transient", "signal-cli cannot reach Signal", unknown);
  if (has("RATE_LIMIT_FAILURE")) return limited(deliveries, { sent: "no" });
  if (has("IDENTITY_FAILURE")) return new ChannelError("rejected", untrusted);
  if (has("UNREGISTERED_FAILURE")) return new ChannelError("rejected", "this person is not on Signal");
  return new ChannelError("transient", "Signal did not take the message", unknown);
}

function limited(deliveries: readonly Delivery[], sent: MaybeSent): ChannelError {
  const seconds = Math.max(0, ...deliveries.map(({ retryAfterSeconds = 0 }) => retryAfterSeconds));
  return new ChannelError(
    "limited",
    "Signal takes no more for now: if it lasts, solve its challenge with `signal-cli submitRateLimitChallenge`",
    { ...sent, ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}) },
  );
}
