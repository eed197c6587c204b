import { describe, expect, test } from "bun:test";
import {
  findRequest,
  judgePairing,
  livingRequests,
  MAX_PENDING,
  PAIRING_TTL_MS,
  type PairingRequest,
  pairingCode,
  pairingText,
  TEXT_INTERVAL_MS,
} from "../../../src/channels/policy/pairing.ts";

const nowMs = 10_000_000;
const request = (senderId: string, createdAtMs = nowMs): PairingRequest => ({
  code: `CODE${senderId}`.toUpperCase().padEnd(8, "A"),
  senderId,
  createdAtMs,
  seenAtMs: createdAtMs,
});
const judge = (pending: PairingRequest[], senderId = "new", lastTextAtMs?: number, at = nowMs) =>
  judgePairing(
    pending,
    { senderId, senderName: "Ada", ...(lastTextAtMs === undefined ? {} : { lastTextAtMs }) },
    { nowMs: at, code: "ABCDEFGH" },
  );

test.each<[title: string, pending: PairingRequest[], verdict: string, isTold: boolean, count: number, last?: number]>([
  ["a stranger gets a code and a text", [], "create", true, 1],
  ["who waits is not told again", [request("new")], "refresh", false, 1],
  ["a third one waits too", [request("a"), request("b")], "create", true, 3],
  ["a fourth gets nothing", [request("a"), request("b"), request("c")], "ignore", false, 3],
  [
    "what has expired makes room",
    [request("a", nowMs - PAIRING_TTL_MS), request("b"), request("c")],
    "create",
    true,
    3,
  ],
  ["an expired request of the same person is replaced", [request("new", nowMs - PAIRING_TTL_MS)], "create", true, 1],
  ["who was told within the hour is not told again", [], "create", false, 1, nowMs - TEXT_INTERVAL_MS + 1],
  ["who was told an hour ago is", [], "create", true, 1, nowMs - TEXT_INTERVAL_MS],
  ["a code that is in use is not given twice", [{ ...request("a"), code: "ABCDEFGH" }], "ignore", false, 1],
])("%s", (_title, pending, verdict, isTold, count, last = undefined) => {
  const found = judge(pending, "new", last);
  expect([found.verdict as string, found.isTold, found.pending.length]).toEqual([verdict, isTold, count]);
  expect(new Set(found.pending.map(({ senderId }) => senderId)).size).toBe(count);
});

test("repeating oneself refreshes, but does not prolong", () => {
  const later = nowMs + PAIRING_TTL_MS - 1;
  const found = judge([request("new")], "NEW", undefined, later);
  expect(found.request).toMatchObject({ code: "CODENEWA", createdAtMs: nowMs, seenAtMs: later, senderName: "Ada" });
  expect(livingRequests(found.pending, nowMs + PAIRING_TTL_MS)).toEqual([]);
});

test.each([[""], ["  "]])("nobody is paired with the id %j", (senderId) => {
  expect(judge([], senderId)).toMatchObject({ verdict: "ignore", pending: [], isTold: false });
});

test("a hundred strangers leave three requests and three texts", () => {
  let pending: PairingRequest[] = [];
  let told = 0;
  for (let index = 0; index < 100; index++) {
    const found = judgePairing(
      pending,
      { senderId: `s${index}` },
      { nowMs: nowMs + index, code: `CODE${1000 + index}` },
    );
    pending = found.pending;
    told += found.isTold ? 1 : 0;
  }
  expect([pending.length, told]).toEqual([MAX_PENDING, MAX_PENDING]);
});

test("a clock that was set back makes no request live longer", () => {
  expect(livingRequests([request("a", nowMs + PAIRING_TTL_MS)], nowMs)).toEqual([]);
});

describe("codes", () => {
  test("are eight letters and digits that cannot be mixed up, every one as likely", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const code = pairingCode(new Uint8Array(8).fill(byte));
      expect(code).toMatch(/^[ABCDEFGHJKLMNPQRSTUVWXYZ23456789]{8}$/);
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    expect([counts.size, new Set(counts.values())]).toEqual([32, new Set([8])]);
  });

  test("use each byte", () => {
    const code = (at: number) => pairingCode(Uint8Array.from({ length: 8 }, (_, index) => (index === at ? 1 : 0)));
    expect(Array.from({ length: 8 }, (_, at) => code(at).indexOf("B"))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(() => pairingCode(new Uint8Array(7))).toThrow("8 random bytes");
  });

  test.each<[typed: string, found: boolean]>([
    ["ABCDEFGH", true],
    [" abcd-efgh ", true],
    ["ABCDEFG", false],
    ["ABCDEFGHJ", false],
    ["", false],
  ])("%j typed: %p", (typed, found) => {
    const pending = [{ ...request("a"), code: "ABCDEFGH" }, request("b")];
    expect(findRequest(pending, typed, nowMs)?.request.senderId).toBe(found ? "a" : (undefined as never));
    if (found) expect(findRequest(pending, typed, nowMs)?.pending.map(({ senderId }) => senderId)).toEqual(["b"]);
    expect(findRequest(pending, typed, nowMs + PAIRING_TTL_MS)).toBeUndefined();
  });
});

test("the text has the id, the code and the command, and nothing a stranger can bend", () => {
  const text = pairingText({ ...request("x\n`rm`\u202e"), code: "ABCDEFGH" }, "net");
  expect(text).toContain("moltbot pairing approve net ABCDEFGH");
  expect(text).toContain("Your id here: `x rm`");
  expect(text).not.toMatch(/\u202e|\nrm|\n`rm/);
});
