/** Delivered to instead of polling: who may deliver, what is answered, and how it is known that nothing can be delivered. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChannelError, WebhookRequest } from "../../../src/channels/contract.ts";
import { CHECK_MS } from "../../../src/channels/telegram/hook.ts";
import { telegram } from "../../../src/channels/telegram/index.ts";
import { chats, type Fault, faults } from "../../standins/telegram.ts";
import { outbound, type Running, startAccount, startConnected, TestHost } from "../contract.ts";
import { openTelegramHook } from "./harness.ts";

const never = new AbortController().signal;
let net: Awaited<ReturnType<typeof openTelegramHook>>;
let up: Running;

beforeEach(async () => {
  net = await openTelegramHook();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const header = "x-telegram-bot-api-secret-token";
const update = (text = "hi") => ({
  update_id: 9,
  message: { message_id: 1, date: 1, chat: { id: 7, type: "private" }, from: { id: 7, first_name: "X" }, text },
});
const request = (body: string | Uint8Array): WebhookRequest => ({ headers: {}, body: Buffer.from(body) });

test("a start says where to deliver, with what, and what", async () => {
  await net.net.call("setMyCommands");
  expect(net.net.calls.map(({ method }) => method)).toEqual(["getMe", "setWebhook", "setMyCommands"]);
  expect(net.net.callsOf("setWebhook")[0]!.payload).toEqual({
    url: net.settings.webhookUrl,
    secret_token: net.settings.webhookSecret,
    allowed_updates: ["message", "edited_message", "channel_post", "message_reaction", "callback_query"],
    drop_pending_updates: false,
  });
});

describe("threat(T15): a delivery that does not prove itself", () => {
  const post = (headers: Record<string, string>, path = "/bot/main") =>
    fetch(new URL(path, net.settings.webhookUrl), { method: "POST", headers, body: JSON.stringify(update()) });

  test.each<[title: string, secret: (own: string) => string | undefined]>([
    ["nothing", () => undefined],
    ["an empty secret", () => ""],
    ["another secret", () => "another-Secret-of-a-Hook"],
    ["a part of it", (own) => own.slice(0, -1)],
    ["more than it", (own) => `${own}x`],
    ["another case", (own) => own.toUpperCase()],
    ["it twice", (own) => `${own}, ${own}`],
  ])("has %s: 401, an empty body, and nothing is stored", async (_title, secret) => {
    const value = secret(net.settings.webhookSecret);
    const response = await post(value === undefined ? {} : { [header]: value });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
    expect(up.host.events).toHaveLength(0);
  });

  test("of another account is refused by this one", () => {
    const other = telegram.webhook!({ ...net.settings, webhookSecret: "the-Secret_of-another" }, {})!;
    expect(other.isWelcome({ [header]: net.settings.webhookSecret })).toBe(false);
    expect(other.isWelcome({ [header]: "the-Secret_of-another" })).toBe(true);
  });

  test("is told from one that does", async () => {
    expect((await post({ [header]: net.settings.webhookSecret })).status).toBe(200);
    expect(up.host.events).toHaveLength(1);
  });
});

describe("a delivery", () => {
  test.each(["", "hello", "[]", "null", '{"message":{}}', '{"update_id":"9"}', `{"update_id":1,"update_id":2}`])(
    "of %p is no update",
    async (body) => {
      expect(await up.account.webhook!(request(body))).toEqual({ status: 400 });
      expect(up.host.events).toHaveLength(0);
    },
  );

  test("is taken only when it is stored", async () => {
    up.host.isDiskFull = true;
    expect(await up.account.webhook!(request(JSON.stringify(update())))).toEqual({ status: 503 });
    up.host.isDiskFull = false;
    expect(await up.account.webhook!(request(JSON.stringify(update())))).toEqual({ status: 200 });
    expect(up.host.events.map(({ text }) => text!)).toEqual(["hi"]);
  });

  test("that is no event, or breaks conversion, is taken, because it would come again", async () => {
    const strange = { update_id: 3, message: { message_id: 5, date: 1, text: "x", from: { id: 1 }, chat: null } };
    for (const body of [{ update_id: 2, poll: {} }, strange])
      expect(await up.account.webhook!(request(JSON.stringify(body)))).toEqual({ status: 200 });
    expect(up.host.events).toHaveLength(0);
  });

  test("before the account is connected, and after it has stopped, comes again", async () => {
    const account = net.open(new TestHost());
    expect(await account.webhook!(request(JSON.stringify(update())))).toEqual({ status: 503 });
    up.host.stop();
    await up.ended;
    expect(await up.account.webhook!(request(JSON.stringify(update())))).toEqual({ status: 503 });
  });

  test("of a press is answered with the call that ends its spinning", async () => {
    const buttons = [[{ label: "Yes", value: "yes" }]];
    const { messageIds } = await up.account.send(outbound(net.direct, { text: "?", buttons }), never);
    net.net.user(chats.ada).presses(Number(messageIds[0]), "yes");
    const { payload } = await net.net.call("answerCallbackQuery");
    expect(payload).toEqual({ callback_query_id: `query-${messageIds[0]}-yes` });
    expect(up.host.events.map(({ type }) => type)).toEqual(["button"]);
  });
});

describe("asked whether it can deliver, the network", () => {
  const check = async (nth: number) => {
    await up.host.clock.waitsFor(CHECK_MS);
    up.host.clock.advance(CHECK_MS);
    await net.net.call("getWebhookInfo", nth);
    await up.host.clock.waitsFor(CHECK_MS);
  };

  test("proves with a yes that it would be heard", async () => {
    await check(1);
    expect(up.host.heardCount).toBe(1);
    net.net.user(chats.ada).says("hello");
    await up.host.until(() => up.host.heardCount === 2);
    expect(up.host.events.map(({ text }) => text!)).toEqual(["hello"]);
  });

  test("that cannot is no sign of life, and the log says why", async () => {
    net.net.answer("getWebhookInfo", {
      url: net.settings.webhookUrl,
      has_custom_certificate: false,
      pending_update_count: 3,
      last_error_date: (up.host.clock.now() + 1000) / 1000,
      last_error_message: "SSL error {error:0A000086}",
    });
    await check(1);
    expect(up.host.heardCount).toBe(0);
    expect(up.host.records.find(({ level }) => level === "warn")?.fields).toEqual({
      problem: "SSL error {error:0A000086}",
      waiting: 3,
    });
    await check(2);
    expect(up.host.heardCount).toBe(1);
  });

  test("with trouble of long ago proves as well that it would be heard", async () => {
    net.net.answer("getWebhookInfo", {
      url: net.settings.webhookUrl,
      has_custom_certificate: false,
      pending_update_count: 1,
      last_error_date: up.host.clock.now() / 1000 - 60,
      last_error_message: "Connection refused",
    });
    await check(1);
    expect(up.host.heardCount).toBe(1);
  });

  test.each<[title: string, does: () => void, expected: Partial<ChannelError>]>([
    ["delivers elsewhere", () => net.net.hook.open("http://127.0.0.1:1/", undefined), { kind: "transient" }],
    ["does not know the bot any more", () => net.net.revoke(), { kind: "auth" }],
    ["is in trouble", () => net.net.fail("getWebhookInfo", faults.badGateway), { kind: "transient" }],
  ])("that %s ends the run", async (_title, does, expected) => {
    does();
    await up.host.clock.waitsFor(CHECK_MS);
    up.host.clock.advance(CHECK_MS);
    expect(await up.ended).toMatchObject({ name: "ChannelError", ...expected });
  });
});

test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
  [
    "an address it does not take",
    { status: 400, description: "Bad Request: bad webhook: HTTPS url must be provided" },
    { kind: "rejected" },
  ],
  ["a revoked token", faults.unauthorized, { kind: "auth" }],
])("a start with %s ends the run, and no secret is told", async (_title, fault, expected) => {
  net.net.fail("setWebhook", fault);
  await using other = startAccount(net);
  const error = await other.ended;
  expect(error).toMatchObject({ name: "ChannelError", ...expected });
  expect(Bun.inspect(error, { depth: 8 })).not.toContain(net.settings.webhookSecret);
});

test.each<[config: object, expected: string | undefined]>([
  [{ webhookUrl: "https://example.org/bot/main", webhookSecret: "0123456789abcdef" }, undefined],
  [{ webhookUrl: "https://example.org", webhookSecret: "0123456789abcdef", webhookPath: "/a/b" }, undefined],
  [{ webhookUrl: "https://example.org/bot" }, "webhookSecret"],
  [{ webhookUrl: "https://example.org/bot", webhookSecret: "0123456789abcde" }, "webhookSecret"],
  [{ webhookUrl: "https://example.org/bot", webhookSecret: "0123456789 abcdef" }, "webhookSecret"],
  [{ webhookUrl: "https://example.org", webhookSecret: "0123456789abcdef" }, "webhookPath"],
  [{ webhookUrl: "https://example.org/a/../b%2e", webhookSecret: "0123456789abcdef" }, "webhookPath"],
  [{ webhookUrl: "https://example.org/a", webhookSecret: "0123456789abcdef", webhookPath: "bot" }, "webhookPath"],
  [{ webhookUrl: "example.org/bot", webhookSecret: "0123456789abcdef" }, "webhookUrl"],
  [{ webhookUrl: "https://me:pw@example.org/bot", webhookSecret: "0123456789abcdef" }, "webhookUrl"],
])("what is missing in %j", (config, expected) => {
  const missing = telegram.missing({ botToken: "1:a", ...config }, {});
  if (expected === undefined) expect(missing).toBeUndefined();
  else expect(missing).toContain(expected);
});

test("without an address there is no route and no ability", () => {
  const settings = { botToken: net.net.token, apiRoot: net.net.apiRoot };
  expect(telegram.webhook!(settings, {})).toBeUndefined();
  expect(telegram.open(settings, new TestHost(), {}).webhook).toBeUndefined();
});
