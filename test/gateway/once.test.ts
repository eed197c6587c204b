import { expect, test } from "bun:test";
import { hashOf, Once } from "../../src/gateway/once.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { openDatabase } from "../../src/store/database.ts";
import { DedupeStore } from "../../src/store/dedupe.ts";
import { FakeClock } from "../support/clock.ts";

function setUp() {
  const store = new DedupeStore(openDatabase(":memory:"));
  const clock = new FakeClock();
  const counts = { work: 0 };
  const once = new Once(store, clock);
  const run = (params: object, work: () => unknown = () => ({ count: ++counts.work })) =>
    once.run("send", params, work);
  return { store, clock, counts, run, restart: () => new Once(store, clock) };
}

const params = { idempotencyKey: "k", text: "a" };

test("work runs once, also for a repeat after a restart", () => {
  const { run, counts, restart } = setUp();
  const first = run(params);
  expect(run({ text: "a", idempotencyKey: "k" })).toEqual(first);
  expect(restart().run("send", params, () => ({ count: -1 }))).toEqual(first);
  expect(counts.work).toBe(1);
});

test("the same key of another method is another key", () => {
  const { run, restart, counts } = setUp();
  run(params);
  expect(restart().run("poll", params, () => ++counts.work)).toBe(2);
});

test("other parameters are a conflict", () => {
  const { run, counts } = setUp();
  run(params);
  expect(() => run({ ...params, text: "b" })).toThrow("used with other parameters");
  expect(counts.work).toBe(1);
});

test("repeats while it runs wait for the same result", async () => {
  const { run, counts } = setUp();
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = run(params, () => {
    counts.work++;
    return promise;
  });
  const second = run(params, () => ++counts.work);
  resolve("done");
  expect(await Promise.all([first, second])).toEqual(["done", "done"]);
  expect(run(params)).toBe("done");
  expect(counts.work).toBe(1);
});

test("threat(T40): work that a crash cut off is not done again, and says so", () => {
  const { run, restart, counts } = setUp();
  void run(params, () => new Promise(() => undefined));
  const later = restart();
  expect(() => later.run("send", params, () => ++counts.work)).toThrow("it is not known whether it took effect");
  expect(() => later.run("send", { ...params, text: "b" }, () => ++counts.work)).toThrow("used with other parameters");
  expect(counts.work).toBe(0);
});

test.each<[title: string, error: Error, isKept: boolean]>([
  ["a refused request", new GatewayError("INVALID_REQUEST", "no"), false],
  ["a forbidden request", new GatewayError("FORBIDDEN", "no"), false],
  ["a failed delivery", new GatewayError("UNAVAILABLE", "no"), true],
  ["a bug", new TypeError("no"), false],
])("%s is kept under its key: %p", async (_title, error, isKept) => {
  for (const isAsync of [false, true]) {
    const { run, counts } = setUp();
    const failing = () => {
      if (isAsync) return Promise.reject(error);
      throw error;
    };
    await expect((async () => run(params, failing))()).rejects.toThrow("no");
    const again = (async () => run(params))();
    if (isKept) await expect(again).rejects.toThrow("no");
    else expect(await again).toEqual({ count: 1 });
    expect(counts.work).toBe(isKept ? 0 : 1);
  }
});

test("nothing of failed work stays in the database", () => {
  const { store, run } = setUp();
  const failing = () => {
    store.begin("inner", "hash", 0);
    throw new GatewayError("UNAVAILABLE", "no");
  };
  expect(() => run(params, failing)).toThrow("no");
  expect(store.find("inner")).toBeUndefined();
});

test("a hash does not depend on the order of properties, and on nothing that is undefined", () => {
  expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOf({ b: { d: null, c: [1, 2] }, a: 1, e: undefined }));
  const others = [{ a: 2 }, { a: "1" }, { a: [1] }, { a: { 0: 1 } }, { a: null }, { b: 1 }, {}, { 'a":1,"b': 1 }];
  expect(new Set([{ a: 1 }, ...others].map(hashOf)).size).toBe(others.length + 1);
});
