import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ExitName, exitCodes, failureOf } from "../../src/cli/exit-codes.ts";
import { ClientError } from "../../src/client/errors.ts";
import { GatewayError } from "../../src/lib/errors.ts";

test("the codes are the ones scripts know, and docs/cli.md shows the same rows", () => {
  expect(Object.values(exitCodes).map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
  const docs = readFileSync(join(import.meta.dir, "../../docs/cli.md"), "utf8").replaceAll(/ +/g, " ");
  for (const { code, meaning } of Object.values(exitCodes)) expect(docs).toContain(`| ${code} | ${meaning} |`);
});

test.each<[title: string, error: unknown, exit: ExitName]>([
  ["no listener", new ClientError("UNREACHABLE", "x", { stage: "connect" }), "unreachable"],
  ["a lost connection", new ClientError("CLOSED", "x"), "unreachable"],
  ["a wrong token", new ClientError("INVALID_REQUEST", "x", { stage: "connect" }), "refused"],
  ["a gateway that starts", new ClientError("UNAVAILABLE", "x", { stage: "connect", retryable: true }), "unreachable"],
  ["an unpaired device", new ClientError("NOT_PAIRED", "x", { stage: "connect" }), "refused"],
  ["a missing scope", new ClientError("FORBIDDEN", "x"), "refused"],
  ["another certificate", new ClientError("TLS_PIN_MISMATCH", "x", { stage: "connect" }), "refused"],
  ["no answer", new ClientError("TIMEOUT", "x"), "timeout"],
  ["ctrl-C", new ClientError("ABORTED", "x"), "interrupted"],
  ["a refused call", new ClientError("INVALID_REQUEST", "x"), "failed"],
  ["a wrong path", new GatewayError("INVALID_REQUEST", "x"), "failed"],
  ["a bug", new TypeError("x"), "failed"],
])("%s", (_title, error, exit) => {
  expect(failureOf(error).exit).toBe(exit);
});

test("advice follows the refusal", () => {
  const details = { code: "PAIRING_REQUIRED", remediationHint: "approve it: moltbot devices approve r1" };
  expect(failureOf(new ClientError("NOT_PAIRED", "pairing required", { details })).message).toBe(
    "pairing required; approve it: moltbot devices approve r1",
  );
});
