/** The errors this program throws on purpose, and their one conversion to the wire. */
import { type ErrorCode, type ErrorShape, errorCodes } from "#schemas/errors.ts";

/** What an error may carry besides its text. */
export interface ErrorExtras {
  details?: unknown;
  retryable?: boolean;
  retryAfterMs?: number;
  /** A payload the protocol sends along with the failure (`agent` and `chat.send` repeats). */
  payload?: unknown;
  cause?: unknown;
}

/** Thrown for every failure a caller should understand; anything else that is thrown is a bug. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;
  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.extras = extras;
  }
}

/** Throws a {@link GatewayError} from an expression position. */
export function fail(code: ErrorCode, message: string, extras?: ErrorExtras): never {
  throw new GatewayError(code, message, extras);
}

/** The wire form of anything thrown. A bug shows its reference only; the log under that reference has the rest. */
export function toErrorShape(error: unknown, ref: string): ErrorShape {
  if (!(error instanceof GatewayError)) return { code: "UNAVAILABLE", message: `internal error (ref ${ref})` };
  const { details, retryable, retryAfterMs } = error.extras;
  const shape: ErrorShape = { code: error.code, message: error.message };
  if (details !== undefined) shape.details = details;
  if (retryable ?? errorCodes[error.code].retryable) shape.retryable = true;
  if (retryAfterMs !== undefined) shape.retryAfterMs = retryAfterMs;
  return shape;
}

/** The text of anything thrown, for logs and for people; never the stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === "string" ? error : JSON.stringify(error);
}
