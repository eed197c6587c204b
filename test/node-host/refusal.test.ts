/** What a refused connection means. */
import { expect, test } from "bun:test";
import { ClientError } from "../../src/client/errors.ts";
import { judgeRefusal, type Verdict } from "../../src/node-host/refusal.ts";

const refused = (code: string, details?: unknown, more: { retryable?: boolean; retryAfterMs?: number } = {}) =>
  new ClientError(code, "no", { stage: "connect", details, ...more });

test.each<[title: string, error: unknown, verdict: Verdict]>([
  ["nobody answers", refused("UNREACHABLE"), { kind: "retry", afterMs: undefined }],
  ["the link is cut", refused("CLOSED"), { kind: "retry", afterMs: undefined }],
  ["something else answers for now", refused("NOT_A_GATEWAY"), { kind: "retry", afterMs: undefined }],
  ["it takes too long", refused("TIMEOUT"), { kind: "retry", afterMs: undefined }],
  ["it is starting", refused("UNAVAILABLE", {}, { retryable: true, retryAfterMs: 9 }), { kind: "retry", afterMs: 9 }],
  [
    "too many tries",
    refused("INVALID_REQUEST", { code: "AUTH_RATE_LIMITED" }, { retryAfterMs: 60_000 }),
    { kind: "retry", afterMs: 60_000 },
  ],
  [
    "not approved yet",
    refused("NOT_PAIRED", { code: "PAIRING_REQUIRED", requestId: "r-1" }),
    { kind: "pairing", requestId: "r-1" },
  ],
  [
    "an id that is a command",
    refused("NOT_PAIRED", { code: "PAIRING_REQUIRED", requestId: "r; rm -rf /" }),
    { kind: "pairing", requestId: undefined },
  ],
  ["revoked", refused("INVALID_REQUEST", { code: "AUTH_DEVICE_TOKEN_MISMATCH" }), { kind: "worthless-token" }],
  ["the wrong secret", refused("INVALID_REQUEST", { code: "AUTH_TOKEN_MISMATCH" }), { kind: "refused" }],
  ["no secret", refused("NOT_PAIRED", { code: "DEVICE_IDENTITY_REQUIRED" }), { kind: "refused" }],
  ["another protocol", refused("INVALID_REQUEST", { code: "PROTOCOL_MISMATCH" }), { kind: "refused" }],
  ["another certificate", refused("TLS_PIN_MISMATCH"), { kind: "refused" }],
  ["an address without encryption", refused("INSECURE_URL"), { kind: "refused" }],
  ["no address", refused("INVALID_URL"), { kind: "refused" }],
  ["a bug", new Error("x"), { kind: "refused" }],
])("%s", (_title, error, verdict) => expect(judgeRefusal(error)).toEqual(verdict));
