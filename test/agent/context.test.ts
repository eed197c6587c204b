/** What goes to the model, when it is time to compact, and that no call loses its result. */
import { expect, test } from "bun:test";
import { compact, estimateTokens, planContext, SUMMARY_HEADING } from "../../src/agent/context.ts";
import { toolCallsOf } from "../../src/agent/history.ts";
import type { AgentRuntime, HistoryMessage, RuntimeEvent, RuntimeRequest } from "../../src/agent/runtime.ts";

const user = (text: string): HistoryMessage => ({ role: "user", content: [{ type: "text", text }] });
const said = (text: string): HistoryMessage => ({ role: "assistant", content: [{ type: "text", text }] });
const called = (...ids: string[]): HistoryMessage => ({
  role: "assistant",
  content: ids.map((id) => ({ type: "toolCall", id, name: "search", arguments: { query: "x".repeat(200) } })),
});
const result = (id: string): HistoryMessage => ({
  role: "toolResult",
  toolCallId: id,
  toolName: "search",
  isError: false,
  content: [{ type: "text", text: "y".repeat(400) }],
});

/** A long conversation with a tool call in every turn. */
function conversation(turns: number): HistoryMessage[] {
  return Array.from({ length: turns }, (_, turn) => [
    user(`question ${turn} ${"q".repeat(100)}`),
    called(`a${turn}`, `b${turn}`),
    result(`a${turn}`),
    result(`b${turn}`),
    said(`answer ${turn}`),
  ]).flat();
}

/** Every result has its call before it, and every call its result. */
function isPaired(messages: readonly HistoryMessage[]): boolean {
  const calls = messages.flatMap(toolCallsOf).map(({ id }) => id);
  const results = messages.flatMap((message) => (message.role === "toolResult" ? [message.toolCallId] : []));
  return calls.join() === results.join();
}

test("a short conversation goes as it is, with nothing to compact", () => {
  const messages = conversation(2);
  expect(planContext({ messages })).toEqual({ messages, tokens: estimateTokens(messages) });
});

test.each(Array.from({ length: 60 }, (_, index) => [500 + index * 97]))(
  "window %i: what is sent fits, is paired, begins with a user message, and nothing is lost",
  (contextWindow) => {
    const messages = conversation(12);
    const plan = planContext({ messages, contextWindow });
    expect(isPaired(plan.messages)).toBe(true);
    expect(plan.messages[0]?.role).toBe("user");
    expect(estimateTokens(plan.messages)).toBeLessThanOrEqual(contextWindow * 0.75);
    expect(messages.slice(-plan.messages.length)).toEqual(plan.messages);
    if (plan.compaction === undefined) return;
    expect(isPaired(plan.compaction.older)).toBe(true);
    expect(isPaired(plan.compaction.kept)).toBe(true);
    expect([...plan.compaction.older, ...plan.compaction.kept]).toEqual(messages);
  },
);

test("compaction is due at four fifths of the room, and leaves room", () => {
  const messages = conversation(12);
  const tokens = estimateTokens(messages);
  expect(planContext({ messages, contextWindow: Math.ceil(tokens / 0.75 / 0.79) }).compaction).toBeUndefined();
  const due = planContext({ messages, contextWindow: Math.floor(tokens / 0.75 / 0.81) }).compaction;
  expect(estimateTokens(due?.kept ?? [])).toBeLessThan(tokens * 0.4);
});

test("the system prompt and the answer take their part of the window", () => {
  const messages = conversation(12);
  const window = { messages, contextWindow: 6_000 };
  const all = planContext({ ...window, maxTokens: 10 }).messages.length;
  expect(planContext({ ...window, maxTokens: 1_500, overheadChars: 12_000 }).messages.length).toBeLessThan(all);
});

test("the newest message always goes, even when it is too large", () => {
  const messages = [user("old"), said("ok"), user("z".repeat(100_000))];
  expect(planContext({ messages, contextWindow: 1_000 }).messages).toEqual(messages.slice(-1));
});

test("a call without a result is completed, a result without a call is left out", () => {
  const { messages } = planContext({
    messages: [result("stray"), user("go"), called("a", "b"), result("b"), user("on")],
  });
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "toolResult", "toolResult", "user"]);
  expect(messages[2]).toMatchObject({ toolCallId: "a", isError: true });
});

test("an id that repeats in a later turn does not lend its result to the earlier one", () => {
  const { messages } = planContext({
    messages: [user("1"), called("id"), user("2"), said("x"), called("id"), result("id")],
  });
  const results = messages.filter(({ role }) => role === "toolResult");
  expect(results).toMatchObject([{ isError: true }, { isError: false }]);
});

/** A runtime that answers with these events and remembers what it was asked. */
function scripted(events: RuntimeEvent[]): AgentRuntime & { requests: RuntimeRequest[] } {
  const requests: RuntimeRequest[] = [];
  return {
    id: "scripted",
    requests,
    async *stream(request) {
      requests.push(request);
      yield* events;
    },
  };
}

const common = { older: conversation(3), runId: "run", sessionKey: "main" };
const live = new AbortController().signal;

test("the model's summary replaces the older part", async () => {
  const runtime = scripted([
    { type: "text", delta: "They talked " },
    { type: "text", delta: "about tea." },
    { type: "stop", reason: "stop" },
  ]);
  const message = await compact({ ...common, runtime }, live);
  expect(message).toEqual(user(`${SUMMARY_HEADING}\nThey talked about tea.`));
  expect(JSON.stringify(runtime.requests[0]?.messages)).toContain("question 2");
  expect(runtime.requests[0]?.tools).toEqual([]);
});

test.each<[title: string, events: RuntimeEvent[]]>([
  ["fails", [{ type: "error", kind: "network", message: "gone" }]],
  [
    "fails half-way",
    [
      { type: "text", delta: "They" },
      { type: "error", kind: "network", message: "gone" },
    ],
  ],
  ["says nothing", [{ type: "stop", reason: "stop" }]],
  [
    "refuses",
    [
      { type: "text", delta: "No." },
      { type: "stop", reason: "refusal" },
    ],
  ],
])("a model that %s is replaced by quotes", async (_title, events) => {
  const older = [user(`${SUMMARY_HEADING}\nEarlier they met.`), ...common.older];
  const message = await compact({ ...common, older, runtime: scripted(events) }, live);
  const text = JSON.stringify(message);
  expect(text).toContain("Earlier they met.");
  expect(text).toContain("- user: question 2");
  expect(text).toContain("- assistant: answer 2");
  expect(text).not.toContain('They"');
});

test("what is to be summarised fits the model that is asked", async () => {
  const runtime = scripted([
    { type: "text", delta: "ok" },
    { type: "stop", reason: "stop" },
  ]);
  await compact({ ...common, older: conversation(100), runtime, contextWindow: 2_000 }, live);
  expect(estimateTokens(runtime.requests[0]?.messages ?? [])).toBeLessThan(2_000 * 0.8);
});

test("an abort is no reason to invent a summary", async () => {
  const runtime = scripted([{ type: "stop", reason: "aborted" }]);
  await expect(compact({ ...common, runtime }, AbortSignal.abort())).rejects.toThrow();
});
