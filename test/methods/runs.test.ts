/** Runs as their callers see them: order, abort, compaction, and what a stop in the middle leaves. */

import { describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectClient, type ServerFrame, type TestClient } from "../gateway/client.ts";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const configOf = (url: string, contextWindow = 128_000) => ({
  models: {
    providers: {
      mock: {
        baseUrl: `${url}/v1`,
        apiKey: "k",
        api: "openai-completions",
        models: [{ id: "m1", contextWindow, maxTokens: 256 }],
      },
    },
  },
  agents: { defaults: { model: { primary: "mock/m1" } } },
});

const send = (client: TestClient, runId: string, message: string, sessionKey = "main") =>
  client.call("chat.send", { sessionKey, message, idempotencyKey: runId });

const isEnd = (runId: string, state: string) => (frame: ServerFrame) =>
  frame.event === "chat" && frame.payload.runId === runId && frame.payload.state === state;

const ends = (client: TestClient, runId: string, state = "final") => client.event(isEnd(runId, state));

const history = async (client: TestClient) => {
  const { messages } = (await client.call("chat.history", { sessionKey: "main" })).payload;
  return messages.map(
    ({ role, content }: { role: string; content: string | { text?: string }[] }) =>
      `${role}: ${typeof content === "string" ? content : content.map(({ text }) => text).join("")}`,
  );
};

/** What the model was asked last, of all its requests. */
const asked = (model: ModelStandin) =>
  model.requests.map(({ body }) => (body["messages"] as { content: unknown }[]).at(-1)?.content);

/** A message's text as models are told it: plain, or in parts. */
const textOf = (content: unknown) =>
  typeof content === "string" ? content : (content as { text?: string }[]).map(({ text }) => text ?? "").join("");

describe("runs", () => {
  test("messages of one session are answered in order, those of others meanwhile", async () => {
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock: new FakeClock(), config: configOf(model.url) });
    using client = await connectClient(gateway.url);
    await send(client, "r1", "slow-reply");
    await send(client, "r2", "two");
    await send(client, "r3", "three");
    await send(client, "other", "hello", "elsewhere");
    await ends(client, "other");
    const { pendingInputs, activeRunIds } = (await client.call("chat.history", { sessionKey: "main" })).payload;
    expect({ total: pendingInputs.total, activeRunIds }).toEqual({ total: 2, activeRunIds: ["r1", "r2", "r3"] });
    expect(await history(client)).toEqual(["user: slow-reply"]);
    model.gate.open();
    for (const runId of ["r1", "r2", "r3"]) await ends(client, runId);
    const said = await history(client);
    expect(said.map((line: string) => line.slice(0, 16))).toEqual([
      "user: slow-reply",
      "assistant: part0",
      "user: two",
      "assistant: You s",
      "user: three",
      "assistant: You s",
    ]);
  });

  test("a full session refuses one more message, and keeps nothing of it", async () => {
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock: new FakeClock(), config: configOf(model.url) });
    using client = await connectClient(gateway.url);
    await send(client, "r0", "slow-reply");
    for (let at = 1; at <= 20; at++) expect((await send(client, `r${at}`, "more")).ok).toBe(true);
    const { ok, error } = await send(client, "r21", "too much");
    expect({ ok, code: error?.code, retryable: error?.retryable }).toEqual({
      ok: false,
      code: "UNAVAILABLE",
      retryable: true,
    });
    await client.call("chat.abort", { sessionKey: "main" });
    await ends(client, "r20", "aborted");
    expect((await send(client, "r21", "too much")).payload.status).toBe("started");
    await ends(client, "r21");
  });

  test("an abort ends what runs and what waits, closes the model's stream, and nothing follows it", async () => {
    const clock = new FakeClock();
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock, config: configOf(model.url) });
    using client = await connectClient(gateway.url);
    await send(client, "r1", "slow-reply");
    await send(client, "r2", "never asked");
    model.gate.release(2);
    await client.event(({ event, payload }) => event === "chat" && payload.runId === "r1" && payload.state === "delta");
    const { payload } = await client.call("chat.abort", { sessionKey: "main" });
    expect(payload).toEqual({ ok: true, aborted: true, runIds: ["r1", "r2"] });
    const aborted = await ends(client, "r1", "aborted");
    expect(aborted.payload).toMatchObject({ stopReason: "rpc" });
    expect(aborted.payload.message.content[0].text).toStartWith("part0");
    await ends(client, "r2", "aborted");
    await model.untilAborted(1);
    model.gate.open();
    clock.advance(10_000);
    expect((await client.call("chat.abort", { sessionKey: "main" })).payload).toEqual({
      ok: true,
      aborted: false,
      runIds: [],
    });
    await send(client, "r3", "hello");
    await ends(client, "r3");
    expect(client.events.filter((frame) => isEnd("r1", "final")(frame) || isEnd("r2", "final")(frame))).toEqual([]);
    expect(asked(model)).not.toContain("never asked");
    expect((await client.call("agent.wait", { runId: "r1" })).payload).toMatchObject({
      status: "timeout",
      stopReason: "rpc",
    });
    const said = await history(client);
    expect(said.filter((line: string) => line.startsWith("user"))).toEqual([
      "user: slow-reply",
      "user: never asked",
      "user: hello",
    ]);
  });

  test("a run of another session is not aborted by mistake", async () => {
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock: new FakeClock(), config: configOf(model.url) });
    using client = await connectClient(gateway.url);
    await send(client, "r1", "slow-reply");
    expect((await client.call("chat.abort", { sessionKey: "other", runId: "r1" })).error?.message).toBe(
      "runId does not match sessionKey",
    );
    expect((await client.call("chat.abort", { sessionKey: "other" })).payload.aborted).toBe(false);
    model.gate.open();
    await ends(client, "r1");
  });

  test("a run that takes too long is ended by its own deadline", async () => {
    const clock = new FakeClock();
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock, config: configOf(model.url) });
    using client = await connectClient(gateway.url);
    await client.call("chat.send", {
      sessionKey: "main",
      message: "slow-reply",
      idempotencyKey: "r1",
      timeoutMs: 5_000,
    });
    // The model is at work: before, there would be nothing to close.
    model.gate.release(2);
    await client.event(({ event, payload }) => event === "chat" && payload.runId === "r1" && payload.state === "delta");
    clock.advance(5_000);
    expect((await ends(client, "r1", "aborted")).payload.stopReason).toBe("timeout");
    await model.untilAborted(1);
  });

  test("a long conversation is summed up for the model, and stays whole for its readers", async () => {
    const clock = new FakeClock();
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock, config: configOf(model.url, 4_000) });
    using client = await connectClient(gateway.url);
    const long = `${"tell me more about this and that ".repeat(40)}`.trim();
    for (let at = 0; at < 8; at++) {
      await send(client, `r${at}`, `${at} ${long}`);
      await ends(client, `r${at}`);
    }
    const compactions = client.events.filter(
      ({ event, payload }) => event === "agent" && payload.stream === "compaction",
    );
    expect(compactions.map(({ payload }) => payload.data.phase).slice(0, 2)).toEqual(["start", "end"]);
    expect((await history(client)).filter((line: string) => line.startsWith("user"))).toHaveLength(8);
    const messages = model.requests.at(-1)?.body["messages"] ?? [];
    const told = (messages as { content: unknown }[]).map(({ content }) => textOf(content));
    expect(told).not.toContain(`0 ${long}`);
    expect(told.at(-1)).toBe(`7 ${long}`);
    expect(told.length).toBeLessThan(16);
  });

  test("after a stop in the middle the question is in the history, the run is reported, and the model is not told of it", async () => {
    const clock = new FakeClock();
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock, config: configOf(model.url) });
    using client = await connectClient(gateway.url);
    await send(client, "r1", "slow-reply");
    const copy = mkdtempSync(join(tmpdir(), "moltbot-crash-"));
    cpSync(gateway.stateDir, copy, { recursive: true });
    model.gate.open();
    await ends(client, "r1");

    await using restarted = await startGateway({ clock, stateDir: copy });
    using later = await connectClient(restarted.url);
    expect(await history(later)).toEqual([
      "user: slow-reply",
      "assistant: [interrupted: the gateway stopped before this was answered]",
    ]);
    expect((await later.call("agent.wait", { runId: "r1" })).payload).toMatchObject({ status: "error" });
    const { session } = (await later.call("sessions.describe", { key: "main" })).payload;
    expect(session).toMatchObject({ abortedLastRun: true });
    await send(later, "r2", "hello");
    await ends(later, "r2");
    expect(JSON.stringify(model.requests.at(-1)?.body["messages"])).not.toContain("interrupted:");
    expect(restarted.log.filter(({ message }) => message === "runs were interrupted by the last stop")).toHaveLength(1);
  });
});
