import { expect, test } from "bun:test";
import { judge, type Verdict } from "../../../src/web/shared/refusal.ts";
import { GatewayFailure } from "../../../src/web/shared/wire.ts";

const failure = (code: string, detail: string | undefined, message = "no", retryAfterMs?: number) =>
  new GatewayFailure(code, message, { ...(detail !== undefined && { details: { code: detail } }), retryAfterMs });

function brief(verdict: Verdict): string {
  if (verdict.kind !== "refused") return verdict.kind;
  return verdict.refusal.asksForToken ? "asks for a token" : "explains";
}

test.each<[title: string, failure: GatewayFailure, expected: string]>([
  ["a missing token", failure("INVALID_REQUEST", "AUTH_TOKEN_MISSING"), "asks for a token"],
  ["a wrong token", failure("INVALID_REQUEST", "AUTH_TOKEN_MISMATCH"), "asks for a token"],
  ["a wrong password", failure("INVALID_REQUEST", "AUTH_PASSWORD_MISMATCH"), "asks for a token"],
  ["too many attempts", failure("INVALID_REQUEST", "AUTH_RATE_LIMITED", "no", 300_000), "asks for a token"],
  [
    "an old gateway's words",
    failure("INVALID_REQUEST", undefined, "unauthorized: gateway token missing"),
    "asks for a token",
  ],
  ["another protocol", failure("INVALID_REQUEST", "PROTOCOL_MISMATCH"), "explains"],
  ["a foreign origin", failure("INVALID_REQUEST", "CONTROL_UI_ORIGIN_NOT_ALLOWED"), "explains"],
  ["a reason nobody knows", failure("INVALID_REQUEST", "SOMETHING_NEW"), "explains"],
  ["a name of Object's", failure("INVALID_REQUEST", "constructor"), "explains"],
  ["an old device token", failure("INVALID_REQUEST", "AUTH_DEVICE_TOKEN_MISMATCH"), "forget-device-token"],
  ["an unapproved device", failure("NOT_PAIRED", "PAIRING_REQUIRED"), "pairing"],
  ["an unapproved device at an old gateway", failure("NOT_PAIRED", undefined, "pairing required"), "pairing"],
  ["a busy gateway", failure("UNAVAILABLE", undefined, "starting", 500), "retry"],
])("%s", (_title, given, expected) => {
  expect(brief(judge(given))).toBe(expected);
});

test("only a secret that was wrong is thrown away", () => {
  expect(judge(failure("INVALID_REQUEST", "AUTH_TOKEN_MISMATCH"))).toMatchObject({ isSecretWrong: true });
  expect(judge(failure("INVALID_REQUEST", "AUTH_RATE_LIMITED"))).toMatchObject({ isSecretWrong: false });
});

test("a wait is told in minutes", () => {
  const verdict = judge(failure("INVALID_REQUEST", "AUTH_RATE_LIMITED", "no", 290_000));
  expect(verdict).toMatchObject({ refusal: { advice: "Try again in 5 minutes." } });
});
