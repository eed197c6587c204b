/** kill -9 at bad moments, on the real executable: what was acknowledged is kept, and repeats act once (threats T40). */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { startModelStandin } from "../standins/model.ts";
import { type Child, createStateDir, startChild, TOKEN } from "../support/child.ts";
import { connect, type Frame, isChat, type WireClient } from "../support/wire-client.ts";

const withModel = (url: string) => ({
  models: { providers: { mock: { baseUrl: url, apiKey: "key", api: "openai-completions", models: [{ id: "m1" }] } } },
  agents: { defaults: { model: { primary: "mock/m1" } } },
});

const open = (child: Child) => connect({ url: child.url, token: TOKEN });
const payloadOf = (frame: Frame) => frame["payload"] as Frame;

async function history(client: WireClient, sessionKey: string): Promise<Frame[]> {
  return payloadOf(await client.call("chat.history", { sessionKey, limit: 1000 }))["messages"] as Frame[];
}

const textOf = ({ content }: Frame): string =>
  typeof content === "string" ? content : (content as Frame[]).map((part) => String(part["text"])).join("");

test("threat(T40): a run cut off by kill -9 is reported, and its question is in the history", async () => {
  await using model = await startModelStandin();
  const stateDir = createStateDir(withModel(model.url));
  const before = await startChild({ stateDir });
  const question = { sessionKey: "main", message: "slow-reply", idempotencyKey: "run-1" };
  const waiting = { sessionKey: "main", message: "hello", idempotencyKey: "run-2" };
  {
    const client = await open(before);
    expect(payloadOf(await client.call("chat.send", question))).toEqual({ runId: "run-1", status: "started" });
    expect(payloadOf(await client.call("chat.send", waiting))).toEqual({ runId: "run-2", status: "started" });
    model.gate.release(3);
    await client.until(isChat("run-1", "delta"));
    await before.kill();
  }

  await using after = await startChild({ stateDir });
  await using client = await open(after);
  for (const again of [question, waiting]) {
    const repeat = await client.call("chat.send", again);
    expect(repeat["ok"]).toBe(false);
    expect(payloadOf(repeat)).toMatchObject({ runId: again.idempotencyKey, status: "error" });
  }
  const wait = payloadOf(await client.call("agent.wait", { runId: "run-1", timeoutMs: 0 }));
  expect(wait).toMatchObject({ runId: "run-1", status: "error" });
  expect(wait["error"]).toContain("the gateway stopped");
  const messages = await history(client, "main");
  const users = messages.filter(({ role }) => role === "user").map(textOf);
  expect(users).toEqual(["slow-reply", "hello"]);
  expect(messages.filter(({ stopReason }) => stopReason === "interrupted")).toHaveLength(2);

  // The session goes on: a new question is answered, and the cut ones are not asked again by themselves.
  await client.call("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "run-3" });
  const final = payloadOf(await client.until(isChat("run-3", "final")));
  expect(textOf(final["message"] as Frame)).toBe("Hello from the mock model.");
  expect(model.requests).toHaveLength(2);
  rmSync(stateDir, { recursive: true, force: true });
});

test("threat(T40): sends interrupted by kill -9 act once under their keys, and answered ones answer the same", async () => {
  const stateDir = createStateDir();
  const answers = new Map<string, Frame>();
  const keys = Array.from({ length: 300 }, (_, index) => `send-${index}`);
  const sendOne = (client: WireClient, key: string) =>
    client.call("send", { channel: "webchat", to: "main", message: key, idempotencyKey: key });
  const before = await startChild({ stateDir });
  {
    const client = await open(before);
    // The process dies while these are on their way: some are answered, some stored, some never seen.
    const calls = keys.map((key) =>
      sendOne(client, key).then(
        (frame) => answers.set(key, payloadOf(frame)),
        () => undefined,
      ),
    );
    await Promise.race(calls.slice(60, 61));
    await before.kill();
    await Promise.all(calls);
  }
  expect(answers.size).toBeGreaterThan(50);

  await using after = await startChild({ stateDir });
  await using client = await open(after);
  for (const key of keys) {
    const repeat = await sendOne(client, key);
    expect(repeat["ok"]).toBe(true);
    const first = answers.get(key);
    if (first) expect(payloadOf(repeat)).toEqual(first);
  }
  const texts = (await history(client, "main")).map(textOf);
  expect(texts).toHaveLength(keys.length);
  expect(new Set(texts)).toEqual(new Set(keys));
  rmSync(stateDir, { recursive: true, force: true });
});
