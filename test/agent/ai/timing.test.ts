/** Retries, silence and aborts, with the clock turned by hand. */
import { describe, expect, test } from "bun:test";
import type { FetchLike } from "../../../src/agent/ai/upstream.ts";
import type { RuntimeEvent } from "../../../src/agent/runtime.ts";
import { errorOf, messagesOf, openBench, textOfEvents, wires } from "./harness.ts";

/** A server that takes the request and says nothing. */
function neverAnswering(): { fetch: FetchLike; isClosed: () => boolean } {
  let isClosed = false;
  const fetch: FetchLike = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => {
        isClosed = true;
        reject(init.signal?.reason);
      });
    });
  return { fetch, isClosed: () => isClosed };
}

describe.each(wires.map((api) => [api] as const))("%s", (api) => {
  test("429 with Retry-After is tried again after exactly that time", async () => {
    await using bench = await openBench({ api });
    const running = bench.run("rate-limit");
    await bench.clock.waitsFor(3_000);
    bench.clock.advance(2_999);
    expect(bench.standin.requests).toHaveLength(1);
    bench.clock.advance(1);
    expect(textOfEvents(await running)).toBe("Hello from the mock model.");
    expect(bench.standin.requests).toHaveLength(2);
    expect(bench.logged).toMatchObject([{ level: "warn", fields: { status: 429, waitMs: 3_000 } }]);
  });

  test("a limit that stays is given up after three more tries", async () => {
    await using bench = await openBench({ api });
    const running = bench.run("always-limited");
    for (let retry = 0; retry < 3; retry++) {
      await bench.clock.waitsFor(1_000);
      bench.clock.advance(1_000);
    }
    expect(errorOf(await running)).toMatchObject({ kind: "rate_limit", status: 429, retryAfterMs: 1_000 });
    expect(bench.standin.requests).toHaveLength(4);
  });

  test("a wait longer than a person has is reported instead", async () => {
    await using bench = await openBench({ api });
    expect(errorOf(await bench.run("limited-for-long"))).toMatchObject({ kind: "rate_limit", retryAfterMs: 3_600_000 });
    expect(bench.standin.requests).toHaveLength(1);
  });

  test("without Retry-After the pauses double", async () => {
    await using bench = await openBench({ api });
    const running = bench.run("busy");
    for (const pauseMs of [500, 1_000, 2_000]) {
      await bench.clock.waitsFor(pauseMs);
      bench.clock.advance(pauseMs);
    }
    expect(errorOf(await running)).toMatchObject({ kind: "rate_limit", status: 503 });
  });

  test.each([
    [408, "retried"],
    [409, "retried"],
    [500, "retried"],
    [529, "retried"],
    [400, "final"],
    [404, "final"],
    [422, "final"],
  ])("status %i is %s", async (status, expected) => {
    let asked = 0;
    const fetch = async () => {
      asked++;
      return Response.json({}, { status, headers: { "retry-after-ms": "7" } });
    };
    await using bench = await openBench({ api, fetch });
    const running = bench.run("hello");
    if (expected === "retried") {
      for (let retry = 0; retry < 3; retry++) {
        await bench.clock.waitsFor(7);
        bench.clock.advance(7);
      }
    }
    expect(errorOf(await running).status).toBe(status);
    expect(asked).toBe(expected === "retried" ? 4 : 1);
  });

  test("an error after the first output is not tried again", async () => {
    await using bench = await openBench({ api });
    await bench.run("error-in-stream");
    expect(bench.standin.requests).toHaveLength(1);
  });

  test("a stream silent for two minutes is closed and reported", async () => {
    await using bench = await openBench({ api });
    const events: RuntimeEvent[] = [];
    for await (const event of bench.stream("silent")) {
      events.push(event);
      if (event.type !== "text") continue;
      await bench.clock.waitsFor(120_000);
      bench.clock.advance(120_000);
    }
    expect(textOfEvents(events)).toBe("Before.");
    expect(errorOf(events)).toMatchObject({ kind: "timeout" });
    await bench.standin.untilAborted(1);
    expect(bench.clock.pending).toBe(0);
  });

  test("a server that never answers is given up, and the request closed", async () => {
    const never = neverAnswering();
    await using bench = await openBench({ api, fetch: never.fetch });
    const running = bench.run("hello");
    await bench.clock.waitsFor(240_000);
    bench.clock.advance(240_000);
    expect(errorOf(await running).kind).toBe("timeout");
    expect(never.isClosed()).toBe(true);
  });

  test("an abort before the first byte closes the request", async () => {
    const never = neverAnswering();
    await using bench = await openBench({ api, fetch: never.fetch });
    const abort = new AbortController();
    const running = bench.run("hello", { signal: abort.signal });
    await bench.clock.waitsFor(240_000);
    abort.abort();
    expect((await running).at(-1)).toEqual({ type: "stop", reason: "aborted" });
    expect(never.isClosed()).toBe(true);
  });

  test("an abort closes the request and ends as aborted", async () => {
    await using bench = await openBench({ api });
    const abort = new AbortController();
    const events: RuntimeEvent[] = [];
    bench.standin.gate.release(2);
    for await (const event of bench.stream("slow-reply", { signal: abort.signal })) {
      events.push(event);
      if (event.type === "text" && event.delta === " part1") abort.abort();
    }
    await bench.standin.untilAborted(1);
    expect(bench.standin.open).toBe(0);
    expect(textOfEvents(events)).toBe("part0 part1");
    expect(messagesOf(events)).toEqual([]);
    expect(events.at(-1)).toEqual({ type: "stop", reason: "aborted" });
    expect(bench.clock.pending).toBe(0);
  });

  test("an abort before the start sends nothing", async () => {
    await using bench = await openBench({ api });
    const events = await bench.run("hello", { signal: AbortSignal.abort() });
    expect(events.map(({ type }) => type)).toEqual(["start", "stop"]);
    expect(bench.standin.requests).toHaveLength(0);
  });

  test("an abort during the pause before a retry ends at once", async () => {
    await using bench = await openBench({ api });
    const abort = new AbortController();
    const running = bench.run("rate-limit", { signal: abort.signal });
    await bench.clock.waitsFor(3_000);
    abort.abort();
    expect((await running).at(-1)).toEqual({ type: "stop", reason: "aborted" });
    expect(bench.clock.pending).toBe(0);
    expect(bench.standin.requests).toHaveLength(1);
  });

  test("a listener that walks away closes the request too", async () => {
    await using bench = await openBench({ api });
    bench.standin.gate.release(1);
    for await (const event of bench.stream("slow-reply")) if (event.type === "text") break;
    await bench.standin.untilAborted(1);
    expect(bench.standin.open).toBe(0);
  });
});

test("a Retry-After date is understood", async () => {
  let asked = 0;
  const fetch = async () => {
    if (asked++ > 0) return Response.json({}, { status: 400 });
    const date = new Date(Date.UTC(2026, 0, 15, 12, 0, 9)).toUTCString();
    return Response.json({}, { status: 503, headers: { "retry-after": date } });
  };
  await using bench = await openBench({ api: "openai-completions", fetch });
  const running = bench.run("hello");
  await bench.clock.waitsFor(9_000);
  bench.clock.advance(9_000);
  expect(errorOf(await running).status).toBe(400);
});
