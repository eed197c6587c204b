/**
 * Reads what a gateway sends. As lenient as the other clients of the protocol: only what is used must be right, and a
 * frame that is not is skipped.
 */
import type { ErrorShape } from "#schemas/errors.ts";
import type { EventFrame } from "#schemas/frames.ts";
import type { HelloOk } from "#schemas/hello.ts";

/** A response with exactly one of its two outcomes. */
export type Answer = { id: string; payload: unknown } | { id: string; error: ErrorShape };

/** What a text turned out to be. */
export type Incoming = { kind: "answer"; answer: Answer } | { kind: "event"; event: EventFrame };

/** Parses one frame; undefined for anything that is neither response nor event. Never throws. */
export function parseIncoming(text: string): Incoming | undefined {
  const frame = parseObject(text);
  if (frame?.["type"] === "res") {
    const answer = readAnswer(frame);
    return answer && { kind: "answer", answer };
  }
  if (frame?.["type"] === "event") {
    const event = readEvent(frame);
    return event && { kind: "event", event };
  }
  return undefined;
}

/** The challenge in a `connect.challenge` event. */
export function readChallenge({ event, payload }: EventFrame): { nonce: string; ts: number } | undefined {
  if (event !== "connect.challenge" || !isObject(payload)) return undefined;
  const { nonce, ts } = payload;
  return typeof nonce === "string" && nonce !== "" && typeof ts === "number" ? { nonce, ts } : undefined;
}

/** The hello-ok in the answer to `connect`. */
export function readHello(payload: unknown): HelloOk | undefined {
  if (!isObject(payload) || payload["type"] !== "hello-ok" || payload["protocol"] !== 4) return undefined;
  const isWhole = ["server", "features", "snapshot", "auth", "policy"].every((name) => isObject(payload[name]));
  return isWhole ? (payload as HelloOk) : undefined;
}

/** True for what JSON calls an object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // Not JSON, so no frame of ours.
  }
}

function readAnswer({ id, ok, payload, error }: Record<string, unknown>): Answer | undefined {
  if (typeof id !== "string") return undefined;
  if (ok === true) return { id, payload };
  if (ok !== false) return undefined;
  return { id, error: readError(error) };
}

function readError(error: unknown): ErrorShape {
  if (!isObject(error) || typeof error["code"] !== "string" || typeof error["message"] !== "string") {
    return { code: "UNAVAILABLE", message: "the gateway refused without saying why" };
  }
  const { code, message, details, retryable, retryAfterMs } = error;
  return {
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(typeof retryable === "boolean" ? { retryable } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  };
}

function readEvent({ event, payload, seq }: Record<string, unknown>): EventFrame | undefined {
  if (typeof event !== "string" || event === "") return undefined;
  return { type: "event", event, payload, ...(typeof seq === "number" ? { seq } : {}) };
}
