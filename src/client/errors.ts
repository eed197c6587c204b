/** What can go wrong between a client and a gateway, as one error with a code that callers branch on. */
import type { ErrorShape } from "#schemas/errors.ts";

/** Codes this side makes up; every other code came from the gateway (`schemas/errors.ts`). */
export type ClientCode =
  | "UNREACHABLE"
  | "NOT_A_GATEWAY"
  | "TIMEOUT"
  | "CLOSED"
  | "ABORTED"
  | "INSECURE_URL"
  | "INVALID_URL"
  | "TLS_PIN_MISMATCH";

/** Where it went wrong: on the way to hello-ok, or in one call on an open connection. */
export type ClientStage = "connect" | "call";

/** Thrown by everything in this folder. `code` is the gateway's when it answered, else a {@link ClientCode}. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: string;
  readonly stage: ClientStage;
  readonly details: unknown;
  /** Whether the same again may succeed. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  constructor(
    code: string,
    message: string,
    extras: {
      stage?: ClientStage;
      details?: unknown;
      retryable?: boolean;
      retryAfterMs?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.stage = extras.stage ?? "call";
    this.details = extras.details;
    this.retryable = extras.retryable ?? false;
    this.retryAfterMs = extras.retryAfterMs;
  }
}

/** An error this side noticed. */
export function clientError(code: ClientCode, message: string, extras?: ConstructorParameters<typeof ClientError>[2]) {
  return new ClientError(code, message, extras);
}

/** The error of a failed response. */
export function answeredError(shape: ErrorShape, stage: ClientStage): ClientError {
  const { code, message, details, retryable = false, retryAfterMs } = shape;
  return new ClientError(code, message, {
    stage,
    details,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
