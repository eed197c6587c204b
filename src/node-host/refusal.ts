/** What a failed way to hello-ok means for a host: come back, wait for a person, or give up. Pure. */
import { ClientError } from "../client/errors.ts";
import { isObject } from "../client/frames.ts";

/** What is to be done. */
export type Verdict =
  /** It mends itself; after so long, when the gateway says. */
  | { kind: "retry"; afterMs: number | undefined }
  /** The device's own token counts no longer; there may be another secret. */
  | { kind: "worthless-token" }
  /** The owner has to approve this device. */
  | { kind: "pairing"; requestId: string | undefined }
  /** Only who started this host can mend it. */
  | { kind: "refused" };

/** Codes of this side that only another command line mends. */
const hopeless = new Set(["INVALID_URL", "INSECURE_URL", "TLS_PIN_MISMATCH"]);
/** Codes of this side that come and go with networks and restarts. */
const passing = new Set(["UNREACHABLE", "NOT_A_GATEWAY", "TIMEOUT", "CLOSED", "ABORTED"]);
/** The protocol's form of a request id; nothing else may end up in a command that people copy. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** Judges whatever the attempt to connect threw. */
export function judgeRefusal(error: unknown): Verdict {
  if (!(error instanceof ClientError) || hopeless.has(error.code)) return { kind: "refused" };
  const { code, details, retryable, retryAfterMs } = error;
  if (passing.has(code) || retryable) return { kind: "retry", afterMs: retryAfterMs };
  const reason = isObject(details) ? details["code"] : undefined;
  if (reason === "PAIRING_REQUIRED") {
    const requestId = isObject(details) ? details["requestId"] : undefined;
    const isWhole = typeof requestId === "string" && REQUEST_ID.test(requestId);
    return { kind: "pairing", requestId: isWhole ? requestId : undefined };
  }
  const isWorthless = reason === "AUTH_DEVICE_TOKEN_MISMATCH" || reason === "AUTH_SCOPE_MISMATCH";
  if (isWorthless) return { kind: "worthless-token" };
  return reason === "AUTH_RATE_LIMITED" ? { kind: "retry", afterMs: retryAfterMs } : { kind: "refused" };
}
