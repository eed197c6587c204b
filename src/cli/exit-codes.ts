/** How commands end, in one table: scripts and service managers branch on these, so they never change meaning. */
import { ClientError } from "../client/errors.ts";
import { isObject } from "../client/frames.ts";
import { GatewayError, messageOf } from "../lib/errors.ts";

/** Every exit code there is; `docs/cli.md` shows the same rows. */
export const exitCodes = {
  ok: { code: 0, meaning: "done" },
  failed: { code: 1, meaning: "the gateway or this command could not do it" },
  usage: { code: 2, meaning: "the command line is wrong" },
  unreachable: { code: 3, meaning: "no gateway is running, or it cannot be reached" },
  refused: { code: 4, meaning: "refused: secret, pairing, scope, certificate or an unencrypted address" },
  timeout: { code: 5, meaning: "no answer in time" },
  locked: { code: 6, meaning: "another gateway holds the state folder" },
  portBusy: { code: 7, meaning: "the port is taken" },
  stateDir: { code: 8, meaning: "the state folder cannot be used" },
  unsafe: { code: 9, meaning: "the gateway refuses to start with this configuration" },
  interrupted: { code: 130, meaning: "interrupted by ctrl-C or a signal" },
} as const;

export type ExitName = keyof typeof exitCodes;

/** Thrown by commands: how to end, and a line that says what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exit: ExitName;
  readonly code: string;
  readonly details: unknown;
  constructor(exit: ExitName, message: string, extras: { code?: string; details?: unknown; cause?: unknown } = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.exit = exit;
    this.code = extras.code ?? codeNames[exit];
    this.details = extras.details;
  }
}

/** Throws for a wrong command line. */
export function usageError(message: string): never {
  throw new CommandError("usage", message);
}

/** Thrown when whoever read our output is gone, as in `moltbot logs | head`. The command ends quietly. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

/** An error as it is told, whatever was thrown. */
export interface Failure {
  exit: ExitName;
  code: string;
  message: string;
  details?: unknown;
}

/** What anything thrown means for the caller of a command. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) {
    const { exit, code, message, details } = error;
    return { exit, code, message, ...(details === undefined ? {} : { details }) };
  }
  if (error instanceof ClientError) return clientFailure(error);
  if (error instanceof GatewayError) {
    const { code, message, extras } = error;
    const { details } = extras;
    return {
      exit: "failed",
      code,
      message: withIssue(message, details),
      ...(details === undefined ? {} : { details }),
    };
  }
  return { exit: "failed", code: "INTERNAL", message: `internal error: ${messageOf(error)}` };
}

const codeNames: Record<ExitName, string> = {
  ok: "OK",
  failed: "FAILED",
  usage: "USAGE",
  unreachable: "NOT_RUNNING",
  refused: "REFUSED",
  timeout: "TIMEOUT",
  locked: "LOCKED",
  portBusy: "PORT_BUSY",
  stateDir: "STATE_DIR",
  unsafe: "UNSAFE",
  interrupted: "INTERRUPTED",
};

const exitOfClientCode: Readonly<Record<string, ExitName>> = {
  UNREACHABLE: "unreachable",
  NOT_A_GATEWAY: "unreachable",
  CLOSED: "unreachable",
  TIMEOUT: "timeout",
  ABORTED: "interrupted",
  INVALID_URL: "usage",
  INSECURE_URL: "refused",
  TLS_PIN_MISMATCH: "refused",
  FORBIDDEN: "refused",
  NOT_PAIRED: "refused",
};

function clientFailure(error: ClientError): Failure {
  const { code, stage, details, retryable } = error;
  // Whatever a gateway answers to connect keeps us out, unless it only asks to come back later.
  const exit = exitOfClientCode[code] ?? (stage === "connect" ? (retryable ? "unreachable" : "refused") : "failed");
  return { exit, code, message: withAdvice(error), ...(details === undefined ? {} : { details }) };
}

function withAdvice(error: ClientError): string {
  const { message, details, stage } = error;
  const { remediationHint, code } = isObject(details) ? details : {};
  if (typeof remediationHint === "string") return `${message}; ${remediationHint}`;
  if (error.code === "INSECURE_URL") return `${message}, or add --allow-insecure`;
  const isSecretWrong = typeof code === "string" && /^AUTH_(TOKEN|PASSWORD)_(MISSING|MISMATCH)$/.test(code);
  if (stage === "connect" && isSecretWrong) return `${message}: set MOLTBOT_GATEWAY_TOKEN or give --token`;
  return withIssue(message, details);
}

/** Names the first of several problems; the others are in the details. */
function withIssue(message: string, details: unknown): string {
  const issues = isObject(details) && Array.isArray(details["issues"]) ? details["issues"] : [];
  const [first]: unknown[] = issues;
  return isObject(first) ? `${message}: ${first["path"]}: ${first["message"]}` : message;
}
