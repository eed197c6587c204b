/** A message of a network, from the stand-in through the executable to an agent and back (channels, design section 4). */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { startModelStandin } from "../standins/model.ts";
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
  const network = await startTelegramStandin();
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
