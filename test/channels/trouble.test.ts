/** Models that hang, fail, are cut off or talk garbage, and messages that can never be handled: the sender hears it once. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { chats } from "../standins/telegram.ts";
import { type Child, createStateDir, startChild } from "../support/child.ts";
import { configFor, eventually } from "./networks.ts";
import { openTelegram, type TelegramHarness } from "./telegram/harness.ts";

const HELLO = "Hello from the mock model.";
let net: TelegramHarness;
let model: ModelStandin;
let stateDir: string;
let gateway: Child;

beforeEach(async () => {
  net = await openTelegram({ isRealTime: true });
  model = await startModelStandin();
  const config = configFor(model.url, [net]) as { agents: { defaults: object } };
  Object.assign(config.agents.defaults, { timeoutSeconds: 2 });
  stateDir = createStateDir(config);
  gateway = await startChild({ stateDir });
  await net.untilConnected();
});

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  rmSync(stateDir, { recursive: true, force: true });
});

const answersIn = (chatId: number) =>
  net.received().flatMap(({ kind, chatId: id, text = "" }) => (kind === "text" && id === String(chatId) ? [text] : []));

test.each(["fail-now", "cut-stream", "error-in-stream", "silent", "html", "bad-arguments"])(
  "a model that does %s: at most one short notice, no stack trace, and the next message is answered",
  async (script) => {
    const ada = net.net.user(chats.ada);
    ada.says(script);
    ada.says("hello");
    await eventually(() => answersIn(chats.ada).includes(HELLO), "the next message is answered", 60_000);
    const before = answersIn(chats.ada).slice(0, -1);
    expect(before.length).toBe(1);
    expect(before.join("\n")).not.toMatch(/\bat \S+:\d+|Error:|undefined|\[object/);
  },
  90_000,
);

test("a message that always fails is given up, slows nobody, and is not tried again after a restart", async () => {
  net.net.user(chats.ada).says("fail-now");
  const startMs = performance.now();
  for (let round = 0; round < 5; round++) {
    net.net.user(chats.bob).says("hello");
    await eventually(() => answersIn(chats.bob).length > round, "another chat is answered", 2_000);
  }
  expect(performance.now() - startMs).toBeLessThan(5_000);
  const dead = () => {
    using db = new Database(join(stateDir, "gateway.db"), { readonly: true });
    return db.query<{ attempts: number }, []>("SELECT attempts FROM inbox WHERE state = 'dead'").all();
  };
  await eventually(() => dead().length === 1, "it is given up", 60_000);
  expect(dead()[0]!.attempts).toBeLessThanOrEqual(3);
  await eventually(() => answersIn(chats.ada).length === 1, "its sender is told");
  const asked = () => model.requests.filter(({ body }) => JSON.stringify(body).includes("fail-now")).length;
  const before = asked();
  await gateway.kill();
  gateway = await startChild({ stateDir });
  net.net.user(chats.bob).says("hello");
  await eventually(() => answersIn(chats.bob).length === 6, "the gateway is back");
  expect(asked()).toBe(before);
  expect(answersIn(chats.ada)).toHaveLength(1);
}, 90_000);
