/**
 * Explains to a person why the gateway refused a connection, and decides whether coming back by itself can help.
 * Pure: one table from the protocol's detail codes to words.
 */
import { type Fields, type GatewayFailure, textOf } from "./wire.ts";

/** What a person sees instead of the page. */
export interface Refusal {
  title: string;
  /** What to do about it. */
  advice: string;
  /** Whether another token could help. */
  asksForToken: boolean;
}

export type Verdict =
  /** Come back later; nothing a person can do. */
  | { kind: "retry"; afterMs: number | undefined }
  /** The stored device token is worthless; come back without it. */
  | { kind: "forget-device-token" }
  | { kind: "pairing"; requestId: string | undefined; reason: string }
  | { kind: "refused"; refusal: Refusal; isSecretWrong: boolean };

const askToken = (title: string, advice: string): Refusal => ({ title, advice, asksForToken: true });
const stop = (title: string, advice: string): Refusal => ({ title, advice, asksForToken: false });

const WHERE_IS_THE_TOKEN = "Paste the gateway token. It stays in this tab and goes to this gateway only.";
const ON_THE_HOST = "Look at the gateway's configuration on its host, then try again.";

const refusals: Readonly<Record<string, Refusal>> = {
  AUTH_TOKEN_MISSING: askToken("Sign in to your gateway", WHERE_IS_THE_TOKEN),
  AUTH_REQUIRED: askToken("Sign in to your gateway", WHERE_IS_THE_TOKEN),
  AUTH_PASSWORD_MISSING: askToken("Sign in to your gateway", "This gateway asks for its password."),
  AUTH_TOKEN_MISMATCH: askToken("That token is not the right one", "It may have been changed. Paste the current one."),
  AUTH_PASSWORD_MISMATCH: askToken("That password is not the right one", "Type the gateway's current password."),
  AUTH_UNAUTHORIZED: askToken("The gateway did not let you in", WHERE_IS_THE_TOKEN),
  AUTH_BOOTSTRAP_TOKEN_INVALID: askToken(
    "This invite no longer works",
    "Invites are for one browser and for a short time. Make a new one with moltbot nodes invite, or paste the gateway token.",
  ),
  AUTH_RATE_LIMITED: askToken("Too many failed attempts", "Wait a few minutes, then try again."),
  AUTH_TOKEN_NOT_CONFIGURED: stop("This gateway has no token yet", ON_THE_HOST),
  AUTH_PASSWORD_NOT_CONFIGURED: stop("This gateway has no password yet", ON_THE_HOST),
  PROTOCOL_MISMATCH: stop(
    "This page and the gateway do not match",
    "Reload the page. If that does not help, update the gateway.",
  ),
  CONTROL_UI_ORIGIN_NOT_ALLOWED: stop(
    "This address is not allowed",
    "Open the page under the gateway's own address, or add this one to gateway.controlUi.allowedOrigins.",
  ),
  DEVICE_AUTH_SIGNATURE_EXPIRED: stop(
    "The signature came too late",
    "Try again. If it keeps failing, check the clock of this device and of the gateway.",
  ),
};

/** Both mean: the device token of an earlier visit no longer counts. */
const worthlessDeviceToken = new Set(["AUTH_DEVICE_TOKEN_MISMATCH", "AUTH_SCOPE_MISMATCH"]);
/** The protocol's form of a request id; nothing else may end up in a command that people copy. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** Reads a failed `connect`. */
export function judge(failure: GatewayFailure): Verdict {
  const code = textOf(failure.details["code"]) ?? "";
  if (
    code === "PAIRING_REQUIRED" ||
    (failure.code === "NOT_PAIRED" && failure.message.startsWith("pairing required"))
  ) {
    return {
      kind: "pairing",
      requestId: requestIdOf(failure.details),
      reason: textOf(failure.details["reason"]) ?? "not-paired",
    };
  }
  if (worthlessDeviceToken.has(code)) return { kind: "forget-device-token" };
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (known !== undefined) {
    const refusal = withWait(known, failure.retryAfterMs);
    return {
      kind: "refused",
      refusal,
      isSecretWrong: code.endsWith("_MISMATCH") || code === "AUTH_BOOTSTRAP_TOKEN_INVALID",
    };
  }
  if (failure.code === "UNAVAILABLE") return { kind: "retry", afterMs: failure.retryAfterMs };
  const says = `It says: ${failure.message}`;
  const refusal = failure.message.startsWith("unauthorized")
    ? askToken("The gateway did not let you in", says)
    : stop("The gateway refused this page", says);
  return { kind: "refused", refusal, isSecretWrong: false };
}

/** The id of a request for approval, fit for a command that people copy; undefined when there is none. */
export function requestIdOf(fields: Fields): string | undefined {
  const requestId = textOf(fields["requestId"]);
  return requestId !== undefined && REQUEST_ID.test(requestId) ? requestId : undefined;
}

function withWait(refusal: Refusal, waitMs: number | undefined): Refusal {
  if (waitMs === undefined) return refusal;
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  return { ...refusal, advice: `Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.` };
}
