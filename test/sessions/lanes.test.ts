import { expect, test } from "bun:test";
import { Lanes } from "../../src/sessions/lanes.ts";

/** Lanes whose work ends when the test says so. */
function setUp(maxConcurrent = 2, maxWaiting = 3) {
  const limits = { maxConcurrent, maxWaiting };
  const lanes = new Lanes(() => limits);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (key: string, name: string) =>
    lanes.add(key, () => {
      started.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await settle();
  };
  return { lanes, limits, started, add, end };
}

/** Lets everything happen that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("work of one session runs in order, one at a time", async () => {
  const { started, add, end } = setUp();
  add("a", "a1");
  add("a", "a2");
  add("a", "a3");
  expect(started).toEqual([]);
  await settle();
  expect(started).toEqual(["a1"]);
  await end("a1");
  await end("a2");
  expect(started).toEqual(["a1", "a2", "a3"]);
});

test("no more run at once than allowed, also when that changes", async () => {
  const { started, add, end, limits } = setUp(2);
  for (const key of ["a", "b", "c", "d", "e"]) add(key, key);
  await settle();
  expect(started).toEqual(["a", "b"]);
  await end("b");
  expect(started).toEqual(["a", "b", "c"]);
  limits.maxConcurrent = 3;
  await end("a");
  expect(started).toEqual(["a", "b", "c", "d", "e"]);
});

test("a noisy session does not starve the others", async () => {
  const { started, add, end } = setUp(1, 100);
  for (let at = 0; at < 50; at++) add("noisy", `n${at}`);
  add("quiet", "q0");
  add("other", "o0");
  await settle();
  for (const name of ["n0", "q0", "o0", "n1", "n2"]) await end(name);
  expect(started).toEqual(["n0", "q0", "o0", "n1", "n2", "n3"]);
});

test("with equal load sessions take turns", async () => {
  const { started, add, end } = setUp(1, 100);
  for (let at = 0; at < 3; at++) for (const key of ["a", "b", "c"]) add(key, `${key}${at}`);
  await settle();
  for (let round = 0; round < 9; round++) await end(started.at(-1) ?? "");
  expect(started).toEqual(["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]);
});

test("a full session refuses more, with the advice to come back, and others do not", async () => {
  const { lanes, add, end } = setUp(1, 3);
  for (let at = 0; at < 4; at++) add("a", `a${at}`);
  await settle();
  expect(() => lanes.requirePlace("a")).toThrow("3 messages wait in this session already");
  try {
    lanes.requirePlace("a");
  } catch (error) {
    expect(error).toMatchObject({ code: "UNAVAILABLE", extras: { retryable: true } });
  }
  lanes.requirePlace("b");
  await end("a0");
  lanes.requirePlace("a");
});

test("a session is idle when nothing of it runs or waits", async () => {
  const { lanes, add, end } = setUp();
  expect(lanes.isIdle("a")).toBe(true);
  add("a", "a1");
  expect(lanes.isIdle("a")).toBe(false);
  await settle();
  expect(lanes.isIdle("a")).toBe(false);
  await end("a1");
  expect(lanes.isIdle("a")).toBe(true);
});
