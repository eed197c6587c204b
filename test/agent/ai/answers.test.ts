/** Answers of real-world shape, over both wires, through the real library. */
import { describe, expect, test } from "bun:test";
import type { FetchLike } from "../../../src/agent/ai/upstream.ts";
import { startModelStandin } from "../../standins/model.ts";
import { errorOf, KEY, messagesOf, openBench, textOfEvents, user, wires } from "./harness.ts";

describe.each(wires.map((api) => [api] as const))("%s", (api) => {
  test("an answer streams in pieces and ends in one message, its usage and a stop", async () => {
    await using bench = await openBench({ api });
    const events = await bench.run("hello");
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      ...Array<"text">(5).fill("text"),
      "message",
      "usage",
      "stop",
    ]);
    expect(messagesOf(events)).toEqual([
      { role: "assistant", content: [{ type: "text", text: "Hello from the mock model." }] },
    ]);
    expect(events.find(({ type }) => type === "usage")).toMatchObject({ usage: { output: 5, cacheRead: 4, input: 8 } });
    expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
  });

  test("a first request stays far below 8 kB", async () => {
    await using bench = await openBench({ api });
    await bench.run("hello");
    expect(JSON.stringify(bench.body(0)).length).toBeLessThan(2_000);
  });

  test.each([
    ["CRLF line ends", (event: string) => [event.replaceAll("\n", "\r\n")]],
    ["comments between events", (event: string) => [`: keep-alive\n\n${event}:\n\n`]],
    ["several data lines", (event: string) => [event.replace("data: {", "data: {\ndata:")]],
  ])("framing: %s", async (_title, frame) => {
    await using bench = await openBench({ api, standin: { frame } });
    const events = await bench.run("Grüße, 🦊!");
    expect(textOfEvents(events)).toBe("You said: Grüße, 🦊!");
    expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
  });

  test.each(["\n", "\r\n", "\r"])("line ends %j survive when every byte arrives on its own", async (lineEnd) => {
    const torn: FetchLike = async (input, init) => {
      const whole = await fetch(input, init);
      const bytes = new TextEncoder().encode(
        (await whole.text()).replaceAll("data: {", "data: {\ndata:").replaceAll("\n", lineEnd),
      );
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
          controller.close();
        },
      });
      return new Response(body, { headers: whole.headers });
    };
    await using bench = await openBench({ api, fetch: torn });
    const events = await bench.run("Grüße, 🦊!");
    expect(textOfEvents(events)).toBe("You said: Grüße, 🦊!");
    expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
  });

  test("an answer that reaches the output limit says so", async () => {
    await using bench = await openBench({ api });
    expect((await bench.run("long-answer")).at(-1)).toEqual({ type: "stop", reason: "length" });
  });

  test("events nobody knows are passed over", async () => {
    await using bench = await openBench({ api });
    const events = await bench.run("unknown-events");
    expect(textOfEvents(events)).toBe("Hello from the mock model.");
    expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
  });

  test("an error inside the stream comes after the text before it, and nothing after it", async () => {
    await using bench = await openBench({ api });
    const events = await bench.run("error-in-stream");
    expect(textOfEvents(events)).toBe("Before.");
    expect(errorOf(events)).toMatchObject({ kind: "rate_limit", message: "Overloaded, come back later" });
    expect(messagesOf(events)).toEqual([]);
  });

  test("an error as the first event is the same error", async () => {
    await using bench = await openBench({ api });
    expect(errorOf(await bench.run("error-first"))).toMatchObject({ kind: "rate_limit" });
  });

  test("a torn socket is a network error, after the text before it", async () => {
    await using bench = await openBench({ api });
    const events = [];
    for await (const event of bench.stream("cut-when-released")) {
      events.push(event);
      if (event.type === "text") bench.standin.gate.open();
    }
    expect(textOfEvents(events)).toBe("Before.");
    expect(errorOf(events).kind).toBe("network");
    expect(messagesOf(events)).toEqual([]);
  });

  test.each(["quiet-end", "cut-stream"])(
    "%s: an answer without an end never passes for a short one",
    async (script) => {
      await using bench = await openBench({ api });
      expect(errorOf(await bench.run(script)).kind).toBe("network");
    },
  );

  test("a page instead of a stream points at the address", async () => {
    await using bench = await openBench({ api });
    expect(errorOf(await bench.run("html")).message).toContain("baseUrl");
  });

  test("an error with status 200 is an error", async () => {
    await using bench = await openBench({ api });
    expect(errorOf(await bench.run("error-with-200")).message).toBe("no model is loaded");
  });

  test.each([
    ["fail-now", "bad_request", 400],
    ["bad-key", "auth", 401],
    ["too-long", "context_length", 400],
  ] as const)("%s is reported as %s", async (script, kind, status) => {
    await using bench = await openBench({ api });
    expect(errorOf(await bench.run(script))).toMatchObject({ kind, status });
    expect(bench.standin.requests).toHaveLength(1);
  });

  test("a server that is not there is a network error", async () => {
    const bench = await openBench({ api });
    await bench[Symbol.asyncDispose]();
    expect(errorOf(await bench.run("hello")).kind).toBe("network");
  });

  test("the key is sent, and shows up in no event and no log", async () => {
    await using bench = await openBench({ api });
    const shown = JSON.stringify([await bench.run("bad-key"), bench.logged]);
    expect(JSON.stringify(bench.standin.requests[0]?.headers)).toContain(KEY);
    expect(shown).not.toContain(KEY);
    expect(shown).toContain("***");
  });

  test.each(["", "/", "/v1", "/v1/"])("the base URL may end in %p", async (path) => {
    const answering: string[] = [];
    const record = async (input: string | URL | Request) => {
      answering.push(new URL(String(input)).pathname);
      return Response.json({}, { status: 400 });
    };
    await using bench = await openBench({ api, provider: { baseUrl: `http://models.test${path}` }, fetch: record });
    await bench.run("hello");
    expect(answering).toEqual([api === "anthropic-messages" ? "/v1/messages" : "/v1/chat/completions"]);
  });

  test("a redirect is not followed: the key stays where it was configured for", async () => {
    await using target = await startModelStandin();
    using elsewhere = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) => Response.redirect(target.url + new URL(url).pathname, 307),
    });
    await using bench = await openBench({ api, provider: { baseUrl: elsewhere.url.origin } });
    expect(errorOf(await bench.run("hello"))).toMatchObject({ status: 307 });
    expect(target.requests).toHaveLength(0);
  });

  test("own headers are sent", async () => {
    await using bench = await openBench({ api, provider: { headers: { "x-team": "blue" } } });
    await bench.run("hello");
    expect(bench.standin.requests[0]?.headers).toMatchObject({ "x-team": "blue" });
  });

  test("an unanswered call in the history is answered as aborted, and a stray result is left out", async () => {
    await using bench = await openBench({ api });
    await bench.run([
      { role: "toolResult", toolCallId: "gone", toolName: "search", isError: false, content: [] },
      user("use the tool"),
      { role: "assistant", content: [{ type: "toolCall", id: "a.b:1", name: "search", arguments: {} }] },
      user("hello"),
    ]);
    const sent = JSON.stringify(bench.body(0).messages);
    expect(sent).not.toContain("gone");
    expect(sent).toContain("aborted: the run ended");
    expect(sent.match(/a_b_1/g)).toHaveLength(2);
  });

  test("images go only to models that can see", async () => {
    const image = {
      role: "user" as const,
      content: [{ type: "image" as const, mimeType: "image/png", data: "iVBORw0K" }],
    };
    await using blind = await openBench({ api });
    await blind.run([image, user("hello")]);
    expect(JSON.stringify(blind.body(0))).not.toContain("iVBORw0K");
    await using seeing = await openBench({ api, model: { input: ["text", "image"] } });
    await seeing.run([image, user("hello")]);
    expect(JSON.stringify(seeing.body(0))).toContain("iVBORw0K");
  });
});

describe("openai-completions only", () => {
  const api = "openai-completions";

  test.each(["no-done", "done-only"])("%s: half of the end is end enough", async (script) => {
    await using bench = await openBench({ api });
    const events = await bench.run(script);
    expect(textOfEvents(events)).toBe("Hello from the mock model.");
    expect(events.at(-1)).toEqual({ type: "stop", reason: "stop" });
  });

  test("a server that refuses stream_options is asked once without, and never again with", async () => {
    await using bench = await openBench({ api });
    for (const _ of ["first", "second"]) {
      expect(textOfEvents(await bench.run("refuse-options"))).toBe("Hello from the mock model.");
    }
    expect(bench.standin.requests.map(({ body }) => "stream_options" in body)).toEqual([true, false, false]);
  });

  test.each([
    [undefined, "max_tokens"],
    ["max_tokens", "max_tokens"],
    ["max_completion_tokens", "max_completion_tokens"],
  ] as const)("maxTokensField %p limits the answer by %s", async (maxTokensField, field) => {
    await using bench = await openBench({ api, model: { maxTokens: 77, maxTokensField } });
    await bench.run("hello");
    const { max_tokens, max_completion_tokens } = bench.body(0);
    expect({ max_tokens, max_completion_tokens }).toEqual({ [field]: 77 } as never);
  });

  test("without a key there is no authorization header", async () => {
    await using bench = await openBench({ api, provider: { apiKey: undefined } });
    await bench.run("hello");
    expect(bench.standin.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test.each(["reasoning", "reasoning_content"])("thinking in %s is thinking", async (field) => {
    const delta = { [field]: "Let me see." };
    const lines = [{ choices: [{ delta }] }, { choices: [{ delta: { content: "Yes." }, finish_reason: "stop" }] }];
    const body = lines.map((line) => `data: ${JSON.stringify(line)}\n\n`).join("");
    await using bench = await openBench({ api, fetch: async () => new Response(body) });
    const [message] = messagesOf(await bench.run("hello"));
    expect(message?.content).toEqual([
      { type: "thinking", text: "Let me see." },
      { type: "text", text: "Yes." },
    ]);
  });

  test("thinking goes back within its run and no later", async () => {
    const thought = { role: "assistant" as const, content: [{ type: "thinking" as const, text: "old thought" }] };
    await using bench = await openBench({ api });
    await bench.run([
      user("before"),
      { ...thought, content: [...thought.content, { type: "text", text: "ok" }] },
      user("hello"),
    ]);
    expect(JSON.stringify(bench.body(0))).not.toContain("old thought");
  });

  test.each([
    ["https://host.test/inference", "https://host.test/inference"],
    ["https://host.test/v1beta/openai/", "https://host.test/v1beta/openai"],
    ["https://host.test/api/v4", "https://host.test/api/v4"],
  ])("the base URL %s is taken as it is", async (baseUrl, expected) => {
    const asked: string[] = [];
    const record = async (input: string | URL | Request) => {
      asked.push(String(input));
      return Response.json({}, { status: 400 });
    };
    await using bench = await openBench({ api, provider: { baseUrl }, fetch: record });
    await bench.run("hello");
    expect(asked).toEqual([`${expected}/chat/completions`]);
  });
});

describe("anthropic-messages only", () => {
  const api = "anthropic-messages";

  test("the headers, the required limit and the top level system prompt", async () => {
    await using bench = await openBench({ api });
    await bench.run("hello", { system: "Be kind." });
    expect(bench.standin.requests[0]?.headers).toMatchObject({ "x-api-key": KEY, "anthropic-version": "2023-06-01" });
    expect(bench.body(0).max_tokens).toBeGreaterThan(0);
    expect(bench.body(0).system).toEqual([{ type: "text", text: "Be kind.", cache_control: { type: "ephemeral" } }]);
  });

  test("without a key there is no key header, whatever the environment has", async () => {
    await using bench = await openBench({ api, provider: { apiKey: undefined } });
    expect((await bench.run("hello")).at(-1)).toEqual({ type: "stop", reason: "stop" });
    expect(bench.standin.requests[0]?.headers).not.toHaveProperty("x-api-key");
  });

  test("signed and redacted thinking survives the way into the history and back, unchanged", async () => {
    await using bench = await openBench({ api });
    const [message] = messagesOf(await bench.run("think"));
    expect(message?.content.slice(0, 2)).toEqual([
      { type: "thinking", text: "Let me see.", signature: "sig-1" },
      { type: "thinking", text: "", redacted: "cmVkYWN0ZWQ=" },
    ]);
    await bench.run([user("think"), message ?? user("missing"), user("hello")]);
    expect(bench.body(1).messages).toMatchObject([
      {},
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Let me see.", signature: "sig-1" },
          { type: "redacted_thinking", data: "cmVkYWN0ZWQ=" },
          { type: "text", text: "Hello from the mock model." },
        ],
      },
      {},
    ]);
  });

  test("a server that counts no tokens is understood", async () => {
    const frame = (event: string) => [event.replace(/,"usage":\{[^}]*\}/, "")];
    await using bench = await openBench({ api, standin: { frame } });
    const events = await bench.run("hello");
    expect(textOfEvents(events)).toBe("Hello from the mock model.");
    expect(events.map(({ type }) => type).slice(-2)).toEqual(["message", "stop"]);
  });

  test("tokens written to the cache are reported", async () => {
    await using bench = await openBench({ api });
    const usage = (await bench.run("hello")).find(({ type }) => type === "usage");
    expect(usage).toMatchObject({ usage: { input: 8, cacheRead: 4, cacheWrite: 3, output: 5, totalTokens: 20 } });
  });
});
