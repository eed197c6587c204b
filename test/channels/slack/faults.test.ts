/** How each way to fail reads to the outbox and the supervisor, with the real library over real HTTP. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChannelError, ChatRef, Outbound } from "../../../src/channels/contract.ts";
import { slack } from "../../../src/channels/slack/index.ts";
import { type Fault, ids } from "../../standins/slack.ts";
import { channelErrorOf, outbound, type Running, startAccount, startConnected, TestHost } from "../contract.ts";
import { openSlack, type SlackHarness } from "./harness.ts";

const never = new AbortController().signal;
const ada: ChatRef = { kind: "direct", id: ids.adaDirect };
const media = { kind: "document", mimeType: "text/plain", fileName: "a.txt", bytes: new Uint8Array(9) } as const;

let net: SlackHarness;
let up: Running;

beforeEach(async () => {
  net = await openSlack();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const send = (rest: Partial<Outbound> = { text: "hi" }, chat = ada) => up.account.send(outbound(chat, rest), never);

describe("a send that fails", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["token refused", { error: "invalid_auth" }, { kind: "auth", sent: "no" }],
    ["account gone", { error: "account_inactive" }, { kind: "auth", sent: "no" }],
    ["token revoked", { error: "token_revoked" }, { kind: "auth", sent: "no" }],
    ["scope missing", { error: "missing_scope", needed: "chat:write" }, { kind: "auth", sent: "no" }],
    ["too fast", { limitedSeconds: 7 }, { kind: "limited", sent: "no", retryAfterMs: 7000 }],
    ["too fast, no time told", { limitedSeconds: undefined }, { kind: "limited", sent: "no", retryAfterMs: 60_000 }],
    ["too fast, in words", { error: "ratelimited" }, { kind: "limited", sent: "no", retryAfterMs: 60_000 }],
    ["not in the channel", { error: "not_in_channel" }, { kind: "rejected", sent: "no" }],
    ["no such chat", { error: "channel_not_found" }, { kind: "rejected", sent: "no" }],
    ["too long", { error: "msg_too_long" }, { kind: "rejected", sent: "no" }],
    ["request cut on its way", { error: "request_timeout" }, { kind: "transient", sent: "no" }],
    ["trouble", { error: "internal_error" }, { kind: "transient", sent: "unknown" }],
    ["a proxy in trouble", { status: 502, html: "<p>bad gateway</p>" }, { kind: "transient", sent: "unknown" }],
    ["a login page instead of an answer", { status: 404, html: "<p>x</p>" }, { kind: "transient", sent: "unknown" }],
    ["a page instead of an answer", { status: 200, html: "<p>log in</p>" }, { kind: "transient", sent: "unknown" }],
    ["reset after it was read", "reset", { kind: "transient", sent: "unknown" }],
  ])("%s", async (_title, fault, expected) => {
    net.net.fail("chat.postMessage", fault);
    expect(await channelErrorOf(send())).toMatchObject(expected);
    expect(net.net.callsOf("chat.postMessage")).toHaveLength(1);
  });

  test("no answer until the deadline leaves the outcome open", async () => {
    net.net.fail("chat.postMessage", "silence");
    const error = channelErrorOf(send());
    await net.net.call("chat.postMessage");
    up.host.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("giving it up after it was written leaves the outcome open", async () => {
    net.net.fail("chat.postMessage", "silence");
    const giving = new AbortController();
    const error = channelErrorOf(up.account.send(outbound(ada, { text: "hi" }), giving.signal));
    await net.net.call("chat.postMessage");
    giving.abort();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test.each([
    ["nobody listens", "http://127.0.0.1:1/api/"],
    ["no such host", "http://nowhere.invalid/api/"],
  ])("%s: nothing was sent", async (_title, apiRoot) => {
    const account = slack.open({ botToken: net.net.botToken, apiRoot }, new TestHost(), {});
    const error = await channelErrorOf(account.send(outbound(ada, { text: "hi" }), never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
    expect(Bun.inspect(error, { depth: 8 })).not.toContain(net.net.botToken);
  });

  test.each<[method: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["files.getUploadURLExternal", "reset", { kind: "transient", sent: "no" }],
    ["files.getUploadURLExternal", { error: "missing_scope", needed: "files:write" }, { kind: "rejected", sent: "no" }],
    ["upload", "reset", { kind: "transient", sent: "no" }],
    ["files.completeUploadExternal", "reset", { kind: "transient", sent: "unknown" }],
    ["files.completeUploadExternal", { limitedSeconds: 3 }, { kind: "limited", sent: "no", retryAfterMs: 3000 }],
  ])("a file, at %s: %j", async (method, fault, expected) => {
    net.net.fail(method, fault);
    expect(await channelErrorOf(send({ media }))).toMatchObject(expected);
  });

  test("a reaction whose answer is lost may simply be repeated", async () => {
    const id = net.net.says(ids.adaDirect, "x");
    net.net.fail("reactions.add", "reset");
    const error = await channelErrorOf(up.account.react!({ chat: ada, id }, "👍", never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
  });

  test("advice names the scope that is missing", async () => {
    net.net.fail("chat.postMessage", { error: "missing_scope", needed: "chat:write" });
    expect((await channelErrorOf(send())).message).toContain("chat:write");
  });
});

describe("a start that fails", () => {
  test.each<[method: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["auth.test", { error: "account_inactive" }, { kind: "auth" }],
    ["auth.test", { status: 503, html: "<p>x</p>" }, { kind: "transient" }],
    ["auth.test", "reset", { kind: "transient" }],
    ["apps.connections.open", { error: "invalid_auth" }, { kind: "auth" }],
    ["apps.connections.open", { error: "not_allowed_token_type" }, { kind: "auth" }],
    ["apps.connections.open", { error: "missing_scope", needed: "connections:write" }, { kind: "auth" }],
    ["apps.connections.open", { limitedSeconds: 30 }, { kind: "limited", retryAfterMs: 30_000 }],
    ["apps.connections.open", { error: "internal_error" }, { kind: "transient" }],
  ])("%s: %j", async (method, fault, expected) => {
    await up[Symbol.asyncDispose]();
    net.net.fail(method, fault);
    up = startAccount(net);
    expect(await up.ended).toMatchObject({ name: "ChannelError", ...expected });
    expect(up.host.self).toBeUndefined();
    expect(up.host.clock.pending).toBe(0);
  });
});

describe("tokens that cannot be used", () => {
  const bot = "xoxb-1";
  const app = "xapp-1";

  test.each<[title: string, config: object, env: Record<string, string>, accountId: string]>([
    ["none at all", {}, {}, "default"],
    ["swapped", { botToken: app, appToken: bot }, {}, "default"],
    ["a person's instead of the bot's", { botToken: "xoxp-1", appToken: app }, {}, "default"],
    ["a line break in one", { botToken: "xoxb-1\r\nX: y", appToken: app }, {}, "default"],
    ["the environment's, for another account", {}, { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }, "work"],
  ])("%s", async (_title, config, env, accountId) => {
    const host = new TestHost({ accountId });
    const before = net.net.calls.length;
    const { ended } = startAccount({ open: () => slack.open({ ...config, apiRoot: net.net.apiRoot }, host, env) });
    expect(await ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect(net.net.calls).toHaveLength(before);
  });

  test("the environment's are for the default account", async () => {
    const env = { SLACK_BOT_TOKEN: net.net.botToken, SLACK_APP_TOKEN: `${net.net.appToken}\n` };
    await using running = await startConnected({
      open: (host) => slack.open({ apiRoot: net.net.apiRoot }, host, env),
    });
    expect(running.host.self).toEqual(net.self);
  });

  test.each<[config: object, env: Record<string, string>, expected: string | undefined]>([
    [{ botToken: bot, appToken: app }, {}, undefined],
    [{}, { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }, undefined],
    [{ appToken: app }, {}, "botToken"],
    [{ botToken: bot }, {}, "appToken"],
    [{ botToken: bot, appToken: app, apiRoot: "https://example.org/api/" }, {}, undefined],
    [{ botToken: bot, appToken: app, apiRoot: "https://example.org/" }, {}, "apiRoot"],
    [{ botToken: bot, appToken: app, apiRoot: "ftp://example.org/api/" }, {}, "apiRoot"],
    [{ botToken: bot, appToken: app, apiRoot: "https://me:secret@example.org/api/" }, {}, "apiRoot"],
  ])("what is missing in %p %p", (config, env, expected) => {
    const missing = slack.missing(config, env);
    if (expected === undefined) expect(missing).toBeUndefined();
    else expect(missing).toContain(expected);
  });
});
