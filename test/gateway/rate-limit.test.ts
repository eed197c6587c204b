import { expect, test } from "bun:test";
import { defaultRateLimits, RateLimiter } from "../../src/gateway/rate-limit.ts";
import { FakeClock } from "../support/clock.ts";

const { maxAttempts, windowMs, lockoutMs } = defaultRateLimits;
const address = "192.0.2.1";

function limiter() {
  const clock = new FakeClock();
  const limits = new RateLimiter(clock, defaultRateLimits);
  const fail = (count: number, from = address) => {
    for (let at = 0; at < count; at++) limits.fail(from, "shared-secret");
  };
  const lockedMs = (from = address) => limits.retryAfterMs(from, "shared-secret");
  return { clock, limits, fail, lockedMs };
}

test("the tenth failure within a minute locks for five minutes", () => {
  const { clock, fail, lockedMs } = limiter();
  fail(maxAttempts - 1);
  expect(lockedMs()).toBe(0);
  fail(1);
  expect(lockedMs()).toBe(lockoutMs);
  clock.advance(lockoutMs - 1);
  expect(lockedMs()).toBe(1);
  clock.advance(1);
  expect(lockedMs()).toBe(0);
});

test("failures that are a minute apart are forgotten", () => {
  const { clock, fail, lockedMs } = limiter();
  fail(maxAttempts - 1);
  clock.advance(windowMs);
  fail(maxAttempts - 1);
  expect(lockedMs()).toBe(0);
});

test("a success forgets the failures of its own class only", () => {
  const { limits, fail, lockedMs } = limiter();
  fail(maxAttempts - 1);
  limits.succeed(address, "device-token");
  fail(1);
  expect(lockedMs()).toBe(lockoutMs);
  expect(limits.retryAfterMs(address, "device-token")).toBe(0);
  limits.succeed(address, "shared-secret");
  expect(lockedMs()).toBe(0);
});

test.each<[one: string, other: string, isTogether: boolean]>([
  ["192.0.2.1", "::ffff:192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
  ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["127.0.0.1", "::1", false],
])("threat(T03): %p and %p share one budget: %p", (one, other, isTogether) => {
  const { fail, lockedMs } = limiter();
  fail(maxAttempts, one);
  expect(lockedMs(other) > 0).toBe(isTogether);
});

test("threat(T03): a thousand failures from everywhere lock everybody", () => {
  const { fail, lockedMs } = limiter();
  for (let at = 0; at < 999; at++) fail(1, `10.${at >> 8}.${at & 255}.1`);
  expect(lockedMs("203.0.113.1")).toBe(0);
  fail(1, "10.200.0.1");
  expect(lockedMs("203.0.113.1")).toBe(lockoutMs);
});
