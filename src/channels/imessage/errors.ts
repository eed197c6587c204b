/** What a failed call means: error objects of imsg and processes that end, as {@link ChannelError}. Pure. */
import { ChannelError } from "../contract.ts";

/** How a call ended that brought no result. */
export type Failure =
  /** There is no such program, or it cannot be started. */
  | { kind: "absent"; program: string; reason: string }
  /** It answered with an error object. `detail` is what it adds to the message. */
  | { kind: "refused"; code: number; message: string; detail: string; isRetrySafe: boolean | undefined }
  /** It ended, with what it said last. */
  | { kind: "ended"; status: number; words: string }
  /** Nothing was written: it does not run, or the call was given up before. */
  | { kind: "unwritten"; reason: string }
  /** It was written, and no answer came. */
  | { kind: "unanswered"; reason: string };

/** Thrown within this folder only; `account.ts` lets none out. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly failure: Failure;
  /** Whether the call makes a message that would be there twice if it were repeated. */
  readonly creates: boolean;
  constructor(failure: Failure, creates = false) {
    super("message" in failure ? failure.message : "reason" in failure ? failure.reason : failure.words);
    this.failure = failure;
    this.creates = creates;
  }
}

/** Runs what talks to imsg; whatever fails leaves as the contract's error. */
export async function forContract<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CallFailed ? toChannelError(error) : error;
  }
}

/** Codes of JSON-RPC, and those imsg adds (https://github.com/steipete/imsg, docs/rpc.md). */
export const code = {
  noMethod: -32601,
  internal: -32603,
  busy: -32000,
  unknownOutcome: -32001,
  noDatabase: -32002,
  noBridge: -32003,
  blocked: -32004,
} as const;

type MaybeSent = { readonly sent: "no" | "unknown" };

/** The contract's error for a failed call. */
export function toChannelError({ failure, creates }: CallFailed): ChannelError {
  const unknown: MaybeSent = { sent: creates ? "unknown" : "no" };
  switch (failure.kind) {
    case "absent":
      return new ChannelError(
        "auth",
        `${failure.program} cannot be run (${failure.reason}): install imsg, or set cliPath to where it is`,
      );
    case "unwritten":
      return new ChannelError("transient", `imsg was not asked: ${failure.reason}`);
    case "unanswered":
      return new ChannelError("transient", `imsg did not answer: ${failure.reason}`, unknown);
    case "ended":
      return ofEnd(failure, unknown);
    case "refused":
      return ofRefusal(failure, unknown);
  }
}

/** How much of imsg's words is repeated. */
const MAX_WORDS = 200;

const tooOld = /unknown (sub)?command|unrecognized (sub)?command|unexpected argument|invalid (sub)?command/i;
const noAccess =
  /full disk access|authorization denied|operation not permitted|unable to open database|permission error/i;
const noAutomation = /not authori[sz]ed to send apple events|-1743\b|automation permission/i;
const noLogin = /permission denied \(|host key verification failed|too many authentication failures/i;
const nobody =
  /can['’]t get (buddy|participant|chat|service)|-1728\b|unknown chat|not registered|no such (chat|contact)/i;
/** What a shell, here or behind ssh, ends with when there is no such program. */
const NOT_FOUND = 127;

function ofEnd({ status, words }: Extract<Failure, { kind: "ended" }>, unknown: MaybeSent): ChannelError {
  const why = known(words);
  if (why !== undefined) return new ChannelError("auth", why, unknown);
  if (tooOld.test(words)) return new ChannelError("auth", "this imsg is too old, it has no `rpc`: update it", unknown);
  if (status === NOT_FOUND)
    return new ChannelError("auth", "cliPath runs, but finds no imsg behind it: install imsg there", unknown);
  const last = words === "" ? "" : `: ${words.slice(-MAX_WORDS)}`;
  return new ChannelError("transient", `imsg ended with status ${status}${last}`, unknown);
}

/** What only the owner of the Mac can mend. */
function known(words: string): string | undefined {
  if (noLogin.test(words)) return "ssh does not let us in: check the keys and hosts of the wrapper that cliPath names";
  if (noAutomation.test(words))
    return "imsg may not control Messages: allow it in System Settings, Privacy & Security, Automation";
  if (noAccess.test(words))
    return "imsg cannot read Messages: give it Full Disk Access in System Settings, Privacy & Security, or check dbPath";
  return undefined;
}

function ofRefusal(failure: Extract<Failure, { kind: "refused" }>, unknown: MaybeSent): ChannelError {
  const words = [failure.message, failure.detail].filter(Boolean).join(": ");
  const said = words.slice(0, MAX_WORDS);
  const why = known(words);
  if (why !== undefined) return new ChannelError("auth", why);
  switch (failure.code) {
    case code.noDatabase:
      return new ChannelError("auth", known("full disk access") ?? said);
    case code.noMethod:
      return new ChannelError("rejected", `imsg is too old for this: ${said}`);
    case code.noBridge:
      return new ChannelError("rejected", `this needs the bridge into Messages: ${said}`);
    case code.busy:
      return new ChannelError("limited", `imsg takes no more for now: ${said}`);
    case code.blocked:
      return new ChannelError("transient", `imsg waits for an earlier message: ${said}`);
    case code.unknownOutcome:
      return new ChannelError("transient", said, failure.isRetrySafe === true ? {} : unknown);
    case code.internal:
      if (nobody.test(words)) return new ChannelError("rejected", `Messages does not know this recipient: ${said}`);
      return new ChannelError("transient", `imsg failed: ${said}`, failure.isRetrySafe === true ? {} : unknown);
    default:
      return new ChannelError("rejected", `imsg refuses: ${said}`);
  }
}

/** What a call means that was cut short after it was written. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CallFailed) return error.failure;
  const isLate = error instanceof DOMException && error.name === "TimeoutError";
  return { kind: "unanswered", reason: isLate ? "the deadline passed" : "it was given up" };
}
