/** The executable with a model behind it, over both wires: what a chat window sees when things go well, and when not. */
import { expect, test } from "bun:test";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { startChild, TOKEN } from "../support/child.ts";
import { connect, type Frame, isChat, type WireClient } from "../support/wire-client.ts";

const apis = ["openai-completions", "anthropic-messages"] as const;

async function startAll(api: (typeof apis)[number]) {
  const model = await startModelStandin();
  const models = {
    providers: { mock: { baseUrl: model.url, apiKey: "canary-key", api, models: [{ id: "m1", maxTokens: 1000 }] } },
  };
  const gateway = await startChild({ config: { models, agents: { defaults: { model: { primary: "mock/m1" } } } } });
  const client = await connect({ url: gateway.url, token: TOKEN, caps: ["tool-events"] });
  return {
    model,
    gateway,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

let lastRun = 0;

/** Asks and returns the payload of the event that ends the run. */
async function ask(
  client: WireClient,
  message: string,
  onStarted: (runId: string) => Promise<void> = async () => undefined,
) {
  const runId = `run-${++lastRun}`;
  const answer = await client.call("chat.send", { sessionKey: "main", message, idempotencyKey: runId });
  expect(answer["payload"]).toEqual({ runId, status: "started" });
  await onStarted(runId);
  const isEnd = (frame: Frame) => ["final", "aborted", "error"].some((state) => isChat(runId, state)(frame));
  return { runId, end: (await client.until(isEnd))["payload"] as Frame };
}

const textOf = (payload: Frame): string =>
  ((payload["message"] as Frame | undefined)?.["content"] as Frame[] | undefined)
    ?.map((part) => part["text"])
    .join("") ?? "";

const bodies = (model: ModelStandin) => model.requests.filter(({ path }) => !path.endsWith("/models"));

test.each(apis)("%s: an answer streams, and the first request is small", async (api) => {
  await using all = await startAll(api);
  const { runId, end } = await ask(all.client, "hello");
  expect(end).toMatchObject({ state: "final", stopReason: "stop" });
  expect(textOf(end)).toBe("Hello from the mock model.");
  expect(all.client.frames.filter(isChat(runId, "delta")).length).toBeGreaterThan(0);
  expect(JSON.stringify(bodies(all.model)[0]?.body).length).toBeLessThan(8192);
  expect(all.gateway.output()).not.toContain("canary-key");
});

test.each(apis)("%s: a tool is called and its result is told, shown and kept", async (api) => {
  await using all = await startAll(api);
  const { runId, end } = await ask(all.client, "use-tool");
  expect(textOf(end)).toContain("Tool done.");
  const tools = all.client.frames.flatMap(({ event, payload }) => {
    const { stream, data, runId: id } = (payload ?? {}) as Frame;
    return event === "agent" && stream === "tool" && id === runId ? [data as Frame] : [];
  });
  expect(tools.map(({ phase, name }) => [phase, name])).toEqual([
    ["start", "current_time"],
    ["result", "current_time"],
  ]);
  expect(tools[1]).toMatchObject({ isError: false });
  const history = (await all.client.call("chat.history", { sessionKey: "main" }))["payload"] as { messages: Frame[] };
  expect(history.messages.map(({ role }) => role)).toEqual(["user", "assistant", "toolResult", "assistant"]);
});

test.each(apis)("%s: an abort closes the request to the model and keeps what was said", async (api) => {
  await using all = await startAll(api);
  const { end } = await ask(all.client, "slow-reply", async (runId) => {
    all.model.gate.release(3);
    await all.client.until(isChat(runId, "delta"));
    expect((await all.client.call("chat.abort", { sessionKey: "main", runId }))["payload"]).toMatchObject({
      aborted: true,
    });
  });
  expect(end).toMatchObject({ state: "aborted", stopReason: "rpc" });
  expect(textOf(end)).toContain("part0");
  await all.model.untilAborted(1);
  expect(textOf((await ask(all.client, "hello")).end)).toBe("Hello from the mock model.");
});

test.each(apis)("%s: too many requests are tried again when the endpoint says so", async (api) => {
  await using all = await startAll(api);
  const { end } = await ask(all.client, "rate-limit");
  expect(end).toMatchObject({ state: "final" });
  expect(bodies(all.model)).toHaveLength(2);
});

test.each(
  apis.flatMap((api) =>
    (["error-in-stream", "cut-stream", "fail-now"] as const).map((script) => [api, script] as const),
  ),
)("%s: %s ends in one error, and the next message is answered", async (api, script) => {
  await using all = await startAll(api);
  const { runId, end } = await ask(all.client, script);
  expect(end).toMatchObject({ state: "error" });
  expect(String(end["errorMessage"]).length).toBeGreaterThan(5);
  expect(String(end["errorMessage"])).not.toContain("canary-key");
  expect(all.client.frames.filter(isChat(runId, "final"))).toEqual([]);
  const repeat = await all.client.call("chat.send", { sessionKey: "main", message: script, idempotencyKey: runId });
  expect(repeat).toMatchObject({ ok: false, payload: { runId, status: "error" } });
  expect(textOf((await ask(all.client, "hello")).end)).toBe("Hello from the mock model.");
});

test("with nothing configured the assistant answers, says what it is, and asks no model", async () => {
  await using gateway = await startChild();
  await using client = await connect({ url: gateway.url, token: TOKEN });
  const { end } = await ask(client, "Write me a poem");
  expect(end).toMatchObject({ state: "final" });
  expect(textOf(end)).toContain("not an AI");
  expect(textOf(end)).toContain("no AI model is configured");
});
