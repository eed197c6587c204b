/** Tool calls: how they arrive, how they run, and that the history stays valid whatever happens. */
import { describe, expect, test } from "bun:test";
import { ABORTED_RESULT } from "../../../src/agent/history.ts";
import type { ContentPart, RuntimeEvent, Tool } from "../../../src/agent/runtime.ts";
import { echoTool, errorOf, messagesOf, openBench, textOfEvents, wires } from "./harness.ts";

/** A tool that runs until its signal aborts, or for ever if it does not heed it. */
function hangingTool(isDeaf = false): Tool & { started: Promise<void> } {
  const started = Promise.withResolvers<void>();
  return {
    name: "search",
    description: "Takes its time.",
    parameters: { type: "object" },
    started: started.promise,
    run: (_args, signal) => {
      started.resolve();
      return new Promise((_resolve, reject) => {
        if (!isDeaf) signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  };
}

describe.each(wires.map((api) => [api] as const))("%s", (api) => {
  test("a call arrives in fragments, runs, and its result goes back to the model", async () => {
    await using bench = await openBench({ api });
    const tool = echoTool();
    const events = await bench.run("use-tool", { tools: [tool] });
    expect(tool.calls).toEqual([{ query: "tea" }]);
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      "message",
      "tool-start",
      "tool-end",
      "message",
      "text",
      "message",
      "usage",
      "stop",
    ]);
    expect(messagesOf(events)[1]).toMatchObject({ role: "toolResult", toolCallId: "call_1", isError: false });
    expect(JSON.stringify(bench.body(1).messages)).toContain("found");
    expect(textOfEvents(events)).toBe("Tool done.");
  });

  test("what sloppy servers send still becomes the calls that were meant", async () => {
    await using bench = await openBench({ api });
    const tool = echoTool();
    const events = await bench.run("weird-tools", { tools: [tool] });
    const all = [{}, { query: "two" }, { query: "three" }];
    expect(tool.calls).toEqual(api === "openai-completions" ? all : all.slice(0, 1));
    expect(textOfEvents(events)).toBe("Tool done.");
  });

  test.each(["bad-arguments", "unknown-tool"])("%s becomes a tool error the model can read", async (script) => {
    await using bench = await openBench({ api });
    const tool = echoTool();
    const events = await bench.run(script, { tools: [tool] });
    expect(tool.calls).toEqual([]);
    expect(messagesOf(events)[1]).toMatchObject({ role: "toolResult", isError: true });
    expect(textOfEvents(events)).toBe("Tool done.");
    expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
  });

  test("arguments that are no JSON go back as an object, for servers parse them again", async () => {
    await using bench = await openBench({ api });
    await bench.run("bad-arguments", { tools: [echoTool()] });
    const sent = JSON.stringify(bench.body(1).messages).replaceAll("\\", "");
    expect(sent).toContain('{"invalid":"{"query": tea"}');
  });

  test("a tool that throws is a tool error, and the run goes on", async () => {
    await using bench = await openBench({ api });
    const tool: Tool = { ...echoTool(), run: () => Promise.reject(new Error("no network")) };
    const events = await bench.run("use-tool", { tools: [tool] });
    expect(events).toContainEqual({
      type: "tool-end",
      id: "call_1",
      name: "search",
      isError: true,
      text: "no network",
    });
    expect(textOfEvents(events)).toBe("Tool done.");
  });

  test.each([
    ["heeds its signal", false],
    ["is deaf to it", true],
  ])("a tool that never ends is timed out, even when it %s", async (_title, isDeaf) => {
    await using bench = await openBench({ api });
    const tool = hangingTool(isDeaf);
    const running = bench.run("use-tool", { tools: [tool] });
    await tool.started;
    bench.clock.advance(300_000);
    const events = await running;
    expect(messagesOf(events)[1]).toMatchObject({ isError: true });
    expect(JSON.stringify(messagesOf(events)[1])).toContain("did not finish within 300 seconds");
    expect(textOfEvents(events)).toBe("Tool done.");
  });

  test.each([
    ["heeds its signal", false],
    ["is deaf to it", true],
  ])("an abort while a tool runs answers every open call, when it %s", async (_title, isDeaf) => {
    await using bench = await openBench({ api });
    const tool = hangingTool(isDeaf);
    const abort = new AbortController();
    const running = bench.run("two-tools", { tools: [tool], signal: abort.signal });
    await tool.started;
    abort.abort();
    const events = await running;
    const [asked, ...results] = messagesOf(events);
    expect(asked?.content).toHaveLength(2);
    expect(results).toMatchObject([
      { role: "toolResult", toolCallId: "call_1", isError: true },
      { role: "toolResult", toolCallId: "call_2", isError: true },
    ]);
    const aborted: ContentPart = { type: "text", text: ABORTED_RESULT };
    expect(results.map(({ content }) => content)).toEqual([[aborted], [aborted]]);
    expect(events.at(-1)).toEqual({ type: "stop", reason: "aborted" });
    expect(bench.clock.pending).toBe(0);
  });

  test("a model that repeats a call with the same result is told, then stopped", async () => {
    await using bench = await openBench({ api });
    const tool = echoTool();
    const events = await bench.run("loop-tool", { tools: [tool] });
    expect(tool.calls).toHaveLength(3);
    expect(errorOf(events).message).toContain("repeating");
  });

  test("a run ends after forty model calls", async () => {
    await using bench = await openBench({ api });
    const events = await bench.run("endless-tool", { tools: [echoTool()] });
    expect(bench.standin.requests).toHaveLength(40);
    expect(errorOf(events).message).toContain("40");
  });

  test("no tool runs when the answer that asks for it was cut", async () => {
    const tool = echoTool();
    const cut = (event: string) => (/finish_reason":"tool|message_delta|message_stop|DONE/.test(event) ? [] : [event]);
    await using bench = await openBench({ api, standin: { frame: cut } });
    expect(errorOf(await bench.run("use-tool", { tools: [tool] })).kind).toBe("network");
    expect(tool.calls).toEqual([]);
  });

  test("a call cut by the output limit is not run", async () => {
    const tool = echoTool();
    const frame = (event: string) => [event.replace('tool_calls"', 'length"').replace('"tool_use"}', '"max_tokens"}')];
    await using bench = await openBench({
      api,
      standin: {
        frame: (event) =>
          event.includes('finish_reason":"tool') || event.includes("message_delta") ? frame(event) : [event],
      },
    });
    const events = await bench.run("use-tool", { tools: [tool] });
    expect(tool.calls).toEqual([]);
    expect(textOfEvents(events)).toBe("Tool done.");
  });

  test("a huge result is cut before it fills the context", async () => {
    await using bench = await openBench({ api });
    const tool: Tool = { ...echoTool(), run: async () => ({ text: "x".repeat(1_000_000) }) };
    await bench.run("use-tool", { tools: [tool] });
    expect(JSON.stringify(bench.body(1)).length).toBeLessThan(70_000);
  });
});

test("the last tool carries the cache mark on the anthropic wire", async () => {
  await using bench = await openBench({ api: "anthropic-messages" });
  await bench.run("hello", { tools: [{ ...echoTool(), name: "first" }, echoTool()] });
  const marks = (bench.body(0).tools as Record<string, unknown>[]).map(({ name, cache_control }) => [
    name,
    cache_control,
  ]);
  expect(marks).toEqual([
    ["first", undefined],
    ["search", { type: "ephemeral" }],
  ]);
});

test("thinking goes back unchanged with the results of the calls it led to", async () => {
  await using bench = await openBench({ api: "anthropic-messages", model: { reasoning: true } });
  await bench.run("think-with-tool", { tools: [echoTool()], thinking: "low" });
  expect(bench.body(0).thinking).toMatchObject({ type: "enabled" });
  expect(bench.body(1).messages).toMatchObject([
    {},
    {
      content: [
        { type: "thinking", thinking: "I need the tool.", signature: "sig-1" },
        { type: "redacted_thinking", data: "cmVkYWN0ZWQ=" },
        { type: "tool_use", id: "call_1", input: { query: "tea" } },
      ],
    },
    { content: [{ type: "tool_result", tool_use_id: "call_1" }] },
  ]);
});

test("on the openai wire, thinking goes back within its run", async () => {
  await using bench = await openBench({ api: "openai-completions" });
  await bench.run("think-with-tool", { tools: [echoTool()] });
  expect(JSON.stringify(bench.body(1).messages)).toContain('"reasoning_content":"I need the tool."');
});

test("a vendor's signature on a call goes back with it", async () => {
  const call = { index: 0, id: "c1", function: { name: "search", arguments: "{}" } };
  const signed = { ...call, extra_content: { google: { thought_signature: "thought-1" } } };
  const event = `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [signed] }, finish_reason: "tool_calls" }] })}\n\n`;
  const bodies: string[] = [];
  const fetch = async (_input: unknown, init?: RequestInit) => {
    bodies.push(String(init?.body));
    return bodies.length === 1 ? new Response(event) : Response.json({}, { status: 400 });
  };
  await using bench = await openBench({ api: "openai-completions", fetch });
  await bench.run("use-tool", { tools: [echoTool()] });
  expect(bodies[1]).toContain('"thought_signature":"thought-1"');
});

test("the library's warnings do not reach the console", async () => {
  const warnings: unknown[] = [];
  const listen = (warning: unknown) => warnings.push(warning);
  process.on("warning", listen);
  await using bench = await openBench({ api: "anthropic-messages" });
  const thought = { role: "assistant" as const, content: [{ type: "thinking" as const, text: "x", signature: "" }] };
  const events: RuntimeEvent[] = await bench.run([
    { role: "user", content: [{ type: "text", text: "hello" }] },
    thought,
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(events.length).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
});
