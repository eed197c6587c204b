/** The assistant that answers without a model: honest, deterministic, interruptible. */
import { expect, test } from "bun:test";
import { type AssistantOptions, createAssistant } from "../../src/agent/assistant.ts";
import type { HistoryMessage, RuntimeEvent } from "../../src/agent/runtime.ts";

const facts = { status: ["gateway: running"], models: ["ollama/tiny"], sender: "Ada" };

function user(text: string): HistoryMessage {
  return { role: "user", content: [{ type: "text", text }] };
}

async function ask(messages: HistoryMessage[], options: Partial<AssistantOptions> = {}, signal?: AbortSignal) {
  const assistant = createAssistant({ facts: async () => facts, ...options });
  const request = { runId: "run", sessionKey: "agent:main:main", system: "", messages, tools: [] };
  const events: RuntimeEvent[] = await Array.fromAsync(
    assistant.stream(request, signal ?? new AbortController().signal),
  );
  const message = events.find((event) => event.type === "message")?.message;
  return { events, message, text: events.map((event) => (event.type === "text" ? event.delta : "")).join("") };
}

test("it says once per session what it is and the three ways to get a model", async () => {
  const first = await ask([user("hi")]);
  expect(first.text).toContain("not an AI");
  expect(first.text).toMatch(/1\. .*\n2\. .*\n3\. /);
  const second = await ask([user("hi"), first.message ?? user(""), user("hi")]);
  expect(second.text).not.toContain("not an AI");
  expect(second.text).toContain("/help");
});

test.each([
  ["/help", "/status"],
  ["help", "/status"],
  ["/status", "gateway: running"],
  ["what is the status?", "gateway: running"],
  ["/models", "ollama/tiny"],
  ["Which models are there?", "ollama/tiny"],
  ["/whoami", "sender: Ada\nsession: agent:main:main"],
  ["who am I", "sender: Ada"],
  ["/STOP now", "Nothing is running here."],
  ["write a poem", "I did not understand that"],
  ["/send bob hi", "I did not understand that"],
  ["/nodes", "I did not understand that"],
])("%p is answered with %p", async (said, expected) => {
  expect((await ask([user(said)])).text).toContain(expected);
});

test("it offers only what it is given", async () => {
  expect((await ask([user("/help")])).text).not.toMatch(/\/(new|nodes|cron|send)\b/);
  const emptied: string[] = [];
  const startOver = async (sessionKey: string) => void emptied.push(sessionKey);
  expect((await ask([user("/help")], { startOver })).text).toContain("/new");
  expect((await ask([user("/new")], { startOver })).text).toContain("empty now");
  expect(emptied).toEqual(["agent:main:main"]);
});

test("the answer streams in a few deltas that make up the message", async () => {
  const { events, text, message } = await ask([user("hi")]);
  expect(events.filter(({ type }) => type === "text").length).toBeGreaterThan(2);
  expect(message?.content).toEqual([{ type: "text", text }]);
  expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
});

test("an abort ends it at once", async () => {
  const abort = new AbortController();
  const assistant = createAssistant({ facts: async () => facts });
  const request = { runId: "run", sessionKey: "main", system: "", messages: [user("hi")], tools: [] };
  const events: RuntimeEvent[] = [];
  for await (const event of assistant.stream(request, abort.signal)) {
    events.push(event);
    if (event.type === "text") abort.abort();
  }
  expect(events.map(({ type }) => type)).toEqual(["start", "text", "stop"]);
  expect(events.at(-1)).toEqual({ type: "stop", reason: "aborted" });
});

test("facts that cannot be had are an error event", async () => {
  const { events } = await ask([user("/status")], { facts: () => Promise.reject(new Error("store is closed")) });
  expect(events.at(-1)).toEqual({ type: "error", kind: "unknown", message: "store is closed" });
});
