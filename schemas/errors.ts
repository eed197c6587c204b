/** The error codes and close codes of the protocol, in one table each (`protocol/handshake.md` sections 12 and 13). */
import { type Static, Type } from "@sinclair/typebox";
import { NonEmptyString, Strict } from "./primitives.ts";

/** Every error code a response may carry, with whether repeating the request can help when the thrower did not say. */
export const errorCodes = {
  INVALID_REQUEST: { retryable: false, meaning: "the request is malformed, unauthorized or names something unknown" },
  FORBIDDEN: { retryable: false, meaning: "the caller lacks a scope (v4; v3 peers get INVALID_REQUEST)" },
  NOT_PAIRED: { retryable: false, meaning: "the device is missing, unknown or not approved for what it asks" },
  NOT_LINKED: { retryable: false, meaning: "a channel account is not logged in" },
  UNAVAILABLE: { retryable: true, meaning: "it failed or cannot be served now" },
  CONFLICT: { retryable: false, meaning: "an idempotency key was used before with other parameters" },
} as const;

/** One of the keys of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/** Why the server ends a socket, with whether the client should come back by itself. */
export const closeCodes = {
  1000: { reconnect: true, meaning: "handshake timeout or unparsable first frame" },
  1002: { reconnect: false, meaning: "protocol mismatch" },
  1008: {
    reconnect: false,
    meaning: "refused: frame, parameters, auth, device, pairing, role, origin or slow consumer",
  },
  1009: { reconnect: true, meaning: "frame too big" },
  1011: { reconnect: true, meaning: "internal failure" },
  1012: { reconnect: true, meaning: "service restart" },
  1013: { reconnect: true, meaning: "starting up, or over the connection budget" },
  4001: { reconnect: true, meaning: "the credentials of this connection were changed or removed" },
} as const;

/** The `error` of a failed response. */
export const ErrorShape = Strict(
  {
    code: NonEmptyString,
    message: NonEmptyString,
    details: Type.Optional(Type.Unknown()),
    retryable: Type.Optional(Type.Boolean()),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { $id: "ErrorShape" },
);
export type ErrorShape = Static<typeof ErrorShape>;
