/** A message of a network, from the stand-in through the executable to an agent and back (channels, design section 4). */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { startModelStandin } from "../standins/model.ts";
import { people, startSignalStandin } from "../standins/signal.ts";
import { ids, startSlackStandin } from "../standins/slack.ts";
import { chats, startTelegramStandin } from "../standins/telegram.ts";
import { createStateDir, startChild, TOKEN } from "../support/child.ts";
import { connect } from "../support/wire-client.ts";

function configOf(model: string, network: { apiRoot: string; token: string }, more: object = {}) {
  return {
    models: {
      providers: { mock: { baseUrl: model, apiKey: "key", api: "openai-completions", models: [{ id: "m1" }] } },
    },
    agents: { defaults: { model: { primary: "mock/m1" } } },
    channels: { telegram: { botToken: network.token, apiRoot: network.apiRoot, pollTimeoutSeconds: 1, ...more } },
  };
}

async function startAll(more: object = {}) {
  const model = await startModelStandin();
  const network = await startTelegramStandin({ isRealTime: true });
  const stateDir = createStateDir(configOf(model.url, network, more));
  const gateway = await startChild({ stateDir });
  return {
    model,
    network,
    stateDir,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

test("a listed person writes and is answered, quoting the message, with a typing mark before", async () => {
  await using all = await startAll({ allowFrom: ["*"], dmPolicy: "open" });
  all.network.user(chats.ada).says("hello");
  const sent = await all.network.call("sendMessage", 1);
  expect(sent.payload).toMatchObject({ chat_id: chats.ada, text: "Hello from the mock model." });
  expect(all.network.callsOf("sendChatAction").length).toBeGreaterThan(0);
  expect(all.gateway.output()).not.toContain(all.network.token);
});

test("a stranger hears once how to be let in, and is answered after the owner's word", async () => {
  await using all = await startAll();
  const ada = all.network.user(chats.ada);
  ada.says("hello");
  const told = await all.network.call("sendMessage", 1);
  const code = /Pairing code: (?:<code>|`)?([A-Z2-9]{8})/.exec(String(told.payload["text"]))?.[1];
  expect(code).toBeString();
  ada.says("hello?");
  await using client = await connect({ url: all.gateway.url, token: TOKEN });
  const approved = await client.call("channels.pairing.approve", { channel: "telegram", code });
  expect(approved).toMatchObject({ ok: true, payload: { channel: "telegram" } });
  ada.says("hello");
  const answer = await all.network.call("sendMessage", 2);
  expect(answer.payload["text"]).toBe("Hello from the mock model.");
});

test("a group: what does not mention the agent is kept as context for what does; the answer stays in its topic", async () => {
  await using all = await startAll({ allowFrom: ["*"], dmPolicy: "open", groupPolicy: "open" });
  const ada = all.network.user(chats.forum);
  ada.says("the cake is in the oven", { topic: 7, as: chats.bob });
  ada.says("where is the cake?", { topic: 7, mentions: true });
  const sent = await all.network.call("sendMessage", 1);
  expect(sent.payload).toMatchObject({ chat_id: chats.forum, message_thread_id: 7 });
  expect(String(sent.payload["text"])).toContain("Bob: the cake is in the oven");
  expect(all.network.callsOf("sendMessage")).toHaveLength(1);
});

test("a failing model: one short notice when tries are spent, and the next message is answered", async () => {
  await using all = await startAll({ allowFrom: ["*"], dmPolicy: "open" });
  const ada = all.network.user(chats.ada);
  ada.says("fail-now");
  const notice = await all.network.call("sendMessage", 1);
  expect(notice.payload["text"]).toContain("I could not answer this.");
  expect(notice.payload["text"]).not.toMatch(/\bat \S+:\d+|Error:/);
  ada.says("hello");
  const answer = await all.network.call("sendMessage", 2);
  expect(answer.payload["text"]).toBe("Hello from the mock model.");
  expect(all.network.callsOf("sendMessage")).toHaveLength(2);
}, 30_000);

test("a wrong token fails this account with what to do, is in no output, and the gateway works", async () => {
  await using all = await startAll({ botToken: "123456:wrong-and-secret" });
  await using client = await connect({ url: all.gateway.url, token: TOKEN });
  const stateOf = async () => {
    const { payload } = await client.call("channels.status", {});
    return JSON.stringify(payload);
  };
  let status = await stateOf();
  for (let tries = 0; tries < 100 && !status.includes('"failed"'); tries++) {
    await Bun.sleep(20);
    status = await stateOf();
  }
  expect(status).toContain("does not accept the bot token");
  expect(status).not.toContain("wrong-and-secret");
  expect(all.gateway.output()).not.toContain("wrong-and-secret");
  expect(await client.call("health", {})).toMatchObject({ ok: true });
});

test("a burst of 2,000 messages in 50 chats: each is answered once, in order in its chat", async () => {
  await using all = await startAll({ allowFrom: ["*"], groupPolicy: "open" });
  const people = all.network.user(chats.forum);
  const said = new Map<number, string[]>();
  for (let index = 0; index < 2000; index++) {
    const topic = 2 + (index % 50);
    const text = `burst ${index}`;
    said.set(topic, [...(said.get(topic) ?? []), text]);
    people.says(text, { topic, mentions: true });
  }
  await all.network.call("sendMessage", 2000);
  const answers = Map.groupBy(all.network.callsOf("sendMessage"), ({ payload }) =>
    Number(payload["message_thread_id"]),
  );
  for (const [topic, texts] of said) {
    const got = answers.get(topic)?.map(({ payload }) => /burst \d+/.exec(String(payload["text"]))?.[0]);
    expect(got).toEqual(texts);
  }
}, 120_000);

test("a network that takes messages and brings none is stale, and is polled afresh, while sending goes on", async () => {
  await using all = await startAll({ allowFrom: ["*"], dmPolicy: "open" });
  await using client = await connect({ url: all.gateway.url, token: TOKEN });
  await all.network.untilPolled();
  all.network.isDeaf = true;
  const pollsBefore = all.network.callsOf("getUpdates").length;
  const startMs = performance.now();
  const accountOf = async () => {
    const { payload } = (await client.call("channels.status", {})) as {
      payload: { channelAccounts: { telegram: { connected: boolean; healthState: string; lastError?: string }[] } };
    };
    return payload.channelAccounts.telegram[0];
  };
  let staleAtMs: number | undefined;
  let freshAtMs: number | undefined;
  // Sent without waiting for the last one: what is asked for while the account starts afresh waits for it.
  const sends: Promise<unknown>[] = [];
  while (freshAtMs === undefined && performance.now() - startMs < 40_000) {
    const params = { channel: "telegram", to: String(chats.ada), message: `still here ${sends.length}` };
    sends.push(client.call("send", { ...params, idempotencyKey: `deaf-${sends.length}` }));
    const account = await accountOf();
    if (account?.connected === false) staleAtMs ??= performance.now();
    if (staleAtMs !== undefined && all.network.callsOf("getUpdates").length > pollsBefore)
      freshAtMs = performance.now();
    await Bun.sleep(100);
  }
  for (const sent of await Promise.all(sends)) expect(sent).toMatchObject({ ok: true });
  const seconds = (atMs: number | undefined) => ((atMs ?? Number.POSITIVE_INFINITY) - startMs) / 1000;
  console.log(
    `deaf: stale after ${seconds(staleAtMs).toFixed(1)} s, polled afresh after ${seconds(freshAtMs).toFixed(1)} s, ${sends.length} sends`,
  );
  expect(seconds(staleAtMs)).toBeLessThan(1 + 15);
  expect(seconds(freshAtMs)).toBeLessThan(30);
  all.network.isDeaf = false;
  all.network.user(chats.ada).says("hello");
  await all.network.call("sendMessage", sends.length + 1);
  expect(all.network.callsOf("sendMessage").at(-1)?.payload["text"]).toBe("Hello from the mock model.");
}, 90_000);

test("three networks side by side: each answers its own, and one that is gone does not hold up the others", async () => {
  await using model = await startModelStandin();
  await using network = await startTelegramStandin({ isRealTime: true });
  await using signal = await startSignalStandin();
  await using slack = await startSlackStandin();
  const config = configOf(model.url, network, { allowFrom: ["*"], dmPolicy: "open" });
  const stateDir = createStateDir({
    ...config,
    channels: {
      ...config.channels,
      signal: {
        account: signal.account,
        httpUrl: signal.httpUrl,
        dmPolicy: "allowlist",
        allowFrom: [people.ada.number],
      },
      slack: {
        botToken: slack.botToken,
        appToken: slack.appToken,
        apiRoot: slack.apiRoot,
        dmPolicy: "open",
        allowFrom: ["*"],
        groupPolicy: "open",
      },
    },
  });
  await using gateway = await startChild({ stateDir });
  await Promise.all([signal.untilStreams(true), slack.until(() => slack.connections > 0)]);

  signal.says(people.hidden, { message: "hello" });
  signal.says(people.ada, { message: "hello" });
  network.user(chats.ada).says("hello");
  slack.says(ids.adaDirect, "hello");
  slack.says(ids.general, "not for the agent");
  await signal.called("send");
  // Who is on no list is not answered and not told anything.
  expect(signal.callsOf("send")).toMatchObject([
    { recipient: [people.ada.number], message: "Hello from the mock model." },
  ]);
  expect((await network.call("sendMessage", 1)).payload["text"]).toBe("Hello from the mock model.");
  const direct = await slack.call("chat.postMessage", 1);
  expect(direct.payload).toMatchObject({ channel: ids.adaDirect, text: "Hello from the mock model." });
  slack.says(ids.general, "**where** is it?", { mentions: true });
  const shared = await slack.call("chat.postMessage", 2);
  expect(shared.payload).toMatchObject({ channel: ids.general });
  expect(String(shared.payload["text"])).toContain("not for the agent");

  signal.reset();
  signal.forgetAccount();
  slack.revoke();
  network.user(chats.ada).says("hello");
  await network.call("sendMessage", 2);
  expect(signal.callsOf("send")).toHaveLength(1);
  for (const secret of [network.token, slack.botToken, slack.appToken, slack.ticket, slack.verification])
    expect(gateway.output()).not.toContain(secret);
  rmSync(stateDir, { recursive: true, force: true });
});
