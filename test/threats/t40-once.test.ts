/** A request that is sent again acts once and gets the same answer, also when the gateway died in between. */

import { describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectClient, type TestClient } from "../gateway/client.ts";
import { startModelStandin } from "../standins/model.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const models = (url: string) => ({
  models: {
    providers: {
      mock: {
        baseUrl: `${url}/v1`,
        apiKey: "k",
        api: "openai-completions",
        models: [{ id: "m1", contextWindow: 128_000 }],
      },
    },
  },
  agents: { defaults: { model: { primary: "mock/m1" } } },
});

/** The state folder as a crash at this moment would leave it. */
function crashCopy(stateDir: string): string {
  const copy = mkdtempSync(join(tmpdir(), "moltbot-crash-"));
  cpSync(stateDir, copy, { recursive: true });
  return copy;
}

const ended = (client: TestClient, runId: string) =>
  client.event(({ event, payload }) => event === "chat" && payload.runId === runId && payload.state === "final");

const message = { channel: "webchat", to: "main", message: "hello", idempotencyKey: "key-1" };
const question = { sessionKey: "main", message: "hello", idempotencyKey: "run-1" };

const texts = async (client: TestClient) =>
  (await client.call("chat.history", { sessionKey: "main" })).payload.messages.map(
    ({ role, content }: { role: string; content: string | { text: string }[] }) =>
      `${role}: ${typeof content === "string" ? content : content[0]?.text}`,
  );

describe("threat(T40): once", () => {
  test("send: the same key gives the same answer and one message, also after a restart", async () => {
    const clock = new FakeClock();
    const gateway = await startGateway({ clock });
    const { stateDir } = gateway;
    using client = await connectClient(gateway.url);
    const first = await client.call("send", message);
    const again = await client.call("send", {
      idempotencyKey: "key-1",
      message: "hello",
      to: "main",
      channel: "webchat",
    });
    expect(again.payload).toEqual(first.payload);
    await gateway.stop();
    await using restarted = await startGateway({ clock, stateDir });
    using later = await connectClient(restarted.url);
    expect((await later.call("send", message)).payload).toEqual(first.payload);
    expect(await texts(later)).toEqual(["assistant: hello"]);
  });

  test.each<[title: string, method: string, first: object, other: object]>([
    ["send with another text", "send", message, { ...message, message: "bye" }],
    ["send to another chat", "send", message, { ...message, to: "other" }],
    ["chat.send with another text", "chat.send", question, { ...question, message: "bye" }],
    ["chat.send to another session", "chat.send", question, { ...question, sessionKey: "other" }],
    ["agent under a key of chat.send", "chat.send", question, { ...question, thinking: "low" }],
  ])("%s under a used key is a conflict, and does nothing", async (_title, method, first, other) => {
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock: new FakeClock(), config: models(model.url) });
    using client = await connectClient(gateway.url);
    expect((await client.call(method, first)).ok).toBe(true);
    if (method === "chat.send") await ended(client, "run-1");
    const before = await texts(client);
    const { ok, error } = await client.call(method, other);
    expect({ ok, code: error?.code }).toEqual({ ok: false, code: "CONFLICT" });
    expect(await texts(client)).toEqual(before);
    expect((await client.call("sessions.list", {})).payload.count).toBe(1);
  });

  test("twenty at once act once", async () => {
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock: new FakeClock(), config: models(model.url) });
    using client = await connectClient(gateway.url);
    const sent = await Promise.all(Array.from({ length: 20 }, () => client.call("send", message)));
    expect(new Set(sent.map(({ payload }) => JSON.stringify(payload))).size).toBe(1);
    const asked = await Promise.all(Array.from({ length: 20 }, () => client.call("chat.send", question)));
    expect(asked.filter(({ payload }) => payload.status === "started")).toHaveLength(1);
    await ended(client, "run-1");
    expect(model.requests).toHaveLength(1);
  });

  test("a refused request does not use up its key", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    expect((await client.call("send", { ...message, channel: "nowhere" })).ok).toBe(false);
    expect((await client.call("send", message)).ok).toBe(true);
  });

  test("a run that a crash cut off is reported under its key, and its question is not lost", async () => {
    const clock = new FakeClock();
    await using model = await startModelStandin();
    await using gateway = await startGateway({ clock, config: models(model.url) });
    using client = await connectClient(gateway.url);
    const slow = { ...question, message: "slow-reply" };
    expect((await client.call("chat.send", slow)).payload.status).toBe("started");
    const queued = { ...question, message: "and this?", idempotencyKey: "run-2" };
    expect((await client.call("chat.send", queued)).payload.status).toBe("started");
    const copy = crashCopy(gateway.stateDir);
    model.gate.open();
    await Promise.all([ended(client, "run-1"), ended(client, "run-2")]);

    await using restarted = await startGateway({ clock, stateDir: copy });
    using later = await connectClient(restarted.url);
    for (const params of [slow, queued]) {
      const { ok, error, payload } = await later.call("chat.send", params);
      expect({ ok, code: error?.code, status: payload?.status }).toEqual({
        ok: false,
        code: "UNAVAILABLE",
        status: "error",
      });
      expect(error?.message).toContain("send it again");
    }
    const history = await texts(later);
    expect(history.filter((text: string) => text.startsWith("user"))).toEqual(["user: slow-reply", "user: and this?"]);
    expect(history.filter((text: string) => text.includes("interrupted"))).toHaveLength(2);
    expect((await later.call("chat.send", { ...slow, message: "hello", idempotencyKey: "run-3" })).payload.status).toBe(
      "started",
    );
    await ended(later, "run-3");
    expect((await later.call("chat.send", { ...slow, message: "bye" })).error?.code).toBe("CONFLICT");
  });

  test("an ended run is replayed after a restart without asking the model again", async () => {
    const clock = new FakeClock();
    await using model = await startModelStandin();
    const gateway = await startGateway({ clock, config: models(model.url) });
    const { stateDir } = gateway;
    using client = await connectClient(gateway.url);
    await client.call("chat.send", question);
    await ended(client, "run-1");
    await gateway.stop();
    await using restarted = await startGateway({ clock, stateDir });
    using later = await connectClient(restarted.url);
    expect((await later.call("chat.send", question)).payload).toEqual({ runId: "run-1", status: "ok" });
    expect(model.requests).toHaveLength(1);
    rmSync(stateDir, { recursive: true, force: true });
  });
});
