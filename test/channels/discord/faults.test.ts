/** How each way to fail reads to the outbox and the supervisor, with the real libraries over real connections. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChannelError, Outbound } from "../../../src/channels/contract.ts";
import { discord } from "../../../src/channels/discord/index.ts";
import type { Fault } from "../../standins/discord.ts";
import { channelErrorOf, outbound, type Running, startAccount, startConnected, TestHost } from "../contract.ts";
import { chats, type DiscordHarness, openDiscord } from "./harness.ts";

const never = new AbortController().signal;
const { ada } = chats;
const media = { kind: "document", mimeType: "text/plain", fileName: "a.txt", bytes: new Uint8Array(9) } as const;

let net: DiscordHarness;
let up: Running;

beforeEach(async () => {
  net = await openDiscord();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const send = (rest: Partial<Outbound> = { text: "hi" }) => up.account.send(outbound(ada, rest), never);

describe("a send that fails", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["token refused", { status: 401 }, { kind: "auth", sent: "no" }],
    ["channel not seen", { status: 403, code: 50001 }, { kind: "rejected", sent: "no" }],
    ["permission missing", { status: 403, code: 50013 }, { kind: "rejected", sent: "no" }],
    ["person takes none", { status: 403, code: 50007 }, { kind: "rejected", sent: "no" }],
    ["form refused", { status: 400, code: 50035, message: "Invalid Form Body" }, { kind: "rejected", sent: "no" }],
    ["too large", { status: 413, code: 40005 }, { kind: "rejected", sent: "no" }],
    ["not got in time", { status: 408 }, { kind: "transient", sent: "no" }],
    ["too fast", { limitedSeconds: 7 }, { kind: "limited", sent: "no", retryAfterMs: 7000 }],
    ["all too fast", { limitedSeconds: 7, isGlobal: true }, { kind: "limited", sent: "no", retryAfterMs: 7000 }],
    ["no time told", { limitedSeconds: undefined }, { kind: "limited", sent: "no", retryAfterMs: 60_000 }],
    ["trouble", { status: 500 }, { kind: "transient", sent: "unknown" }],
    ["a proxy in trouble", { status: 502, html: "<p>bad gateway</p>" }, { kind: "transient", sent: "unknown" }],
    ["a proxy that refuses", { status: 403, html: "<p>no</p>" }, { kind: "transient", sent: "unknown" }],
    ["a proxy that wants a password", { status: 401, html: "<p>no</p>" }, { kind: "transient", sent: "unknown" }],
    ["a redirect", { status: 302, html: "" }, { kind: "transient", sent: "unknown" }],
    ["a page instead of an answer", { status: 200, html: "<p>log in</p>" }, { kind: "transient", sent: "unknown" }],
    ["reset after it was read", "reset", { kind: "transient", sent: "unknown" }],
  ])("%s", async (_title, fault, expected) => {
    net.net.fail("createMessage", fault);
    expect(await channelErrorOf(send())).toMatchObject(expected);
    expect(net.net.callsOf("createMessage")).toHaveLength(1);
  });

  test("a short limit is waited for", async () => {
    net.net.fail("createMessage", { limitedSeconds: 0 });
    await send();
    expect(net.net.callsOf("createMessage")).toHaveLength(2);
  });

  test("a short limit does not hold up a stop", async () => {
    net.net.fail("createMessage", { limitedSeconds: 1.9 });
    const error = channelErrorOf(send());
    await net.net.call("createMessage");
    up.host.stop();
    expect(await up.ended).toBeUndefined();
    expect((await error).kind).toBe("transient");
  });

  test("no answer until the deadline leaves the outcome open", async () => {
    net.net.fail("createMessage", "silence");
    const error = channelErrorOf(send());
    await net.net.call("createMessage");
    up.host.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("giving it up after it was written leaves the outcome open", async () => {
    net.net.fail("createMessage", "silence");
    const giving = new AbortController();
    const error = channelErrorOf(up.account.send(outbound(ada, { text: "hi" }), giving.signal));
    await net.net.call("createMessage");
    giving.abort();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("tried again with the same key, it is there once", async () => {
    net.net.fail("createMessage", "reset");
    const message = outbound(ada, { text: "once" });
    await channelErrorOf(up.account.send(message, never));
    const { messageIds } = await up.account.send(message, never);
    const echo = await up.host.event(({ text }) => text === "once");
    expect(messageIds).toEqual([echo.messageId]);
    await up.account.send(outbound(ada, { text: "after it" }), never);
    await up.host.event(({ text }) => text === "after it");
    expect(up.host.events.filter(({ text }) => text === "once")).toHaveLength(1);
  });

  test.each([
    ["nobody listens", "http://127.0.0.1:1/api"],
    ["no such host", "http://nowhere.invalid/api"],
  ])("%s: nothing was sent", async (_title, apiRoot) => {
    const account = discord.open({ token: net.net.token, apiRoot }, new TestHost(), {});
    const error = await channelErrorOf(account.send(outbound(chats.general, { text: "hi" }), never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
    expect(Bun.inspect(error, { depth: 8 })).not.toContain(net.net.token);
  });

  test.each<[name: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["openDirect", "reset", { kind: "transient", sent: "no" }],
    ["openDirect", { status: 403, code: 50007 }, { kind: "rejected", sent: "no" }],
    ["createMessage", "reset", { kind: "transient", sent: "unknown" }],
    ["createMessage", { limitedSeconds: 3 }, { kind: "limited", sent: "no", retryAfterMs: 3000 }],
  ])("a file, at %s: %j", async (name, fault, expected) => {
    net.net.fail(name, fault);
    expect(await channelErrorOf(send({ media }))).toMatchObject(expected);
  });

  test("a reaction whose answer is lost may simply be repeated", async () => {
    net.net.fail("addReaction", "reset", 9); // What may be repeated, the runtime repeats by itself.
    const error = await channelErrorOf(up.account.react!({ chat: ada, id: "700000000000000001" }, "👍", never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
  });

  test("what the network says is passed on, advice where there is one", async () => {
    net.net.fail("createMessage", { status: 403, code: 50007 });
    expect((await channelErrorOf(send())).message).toContain("takes no direct messages");
    net.net.fail("createMessage", { status: 400, code: 1, message: `it is ${"so ".repeat(500)}long` });
    const { message } = await channelErrorOf(send());
    expect(message).toContain("it is so so");
    expect(message.length).toBeLessThan(300);
  });
});

describe("a start that fails", () => {
  test.each<[name: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["getSelf", { status: 401 }, { kind: "auth" }],
    ["getSelf", { status: 503 }, { kind: "transient" }],
    ["getSelf", { status: 503, html: "<p>x</p>" }, { kind: "transient" }],
    ["getSelf", { limitedSeconds: 30 }, { kind: "limited", retryAfterMs: 30_000 }],
    ["getSelf", "reset", { kind: "transient" }],
    ["getGateway", { status: 401 }, { kind: "auth" }],
    ["getGateway", { status: 500 }, { kind: "transient" }],
    ["getGateway", { limitedSeconds: undefined }, { kind: "limited", retryAfterMs: 60_000 }],
  ])("%s: %j", async (name, fault, expected) => {
    await up[Symbol.asyncDispose]();
    net.net.fail(name, fault);
    up = startAccount(net);
    expect(await up.ended).toMatchObject({ name: "ChannelError", ...expected });
    expect(up.host.self).toBeUndefined();
    expect(up.host.clock.pending).toBe(0);
  });

  /** Each code of the network: https://docs.discord.com/developers/topics/opcodes-and-status-codes. */
  const ends: [code: number | "invalid", kind: string, advice: string][] = [
    [1000, "transient", "1000"],
    [1001, "transient", "1001"],
    [4000, "transient", "4000"],
    [4001, "transient", "4001"],
    [4002, "transient", "4002"],
    [4003, "transient", "4003"],
    [4004, "auth", "reset it"],
    [4005, "transient", "4005"],
    [4007, "transient", "4007"],
    [4008, "transient", "4008"],
    [4009, "transient", "4009"],
    [4010, "auth", "update moltbot"],
    [4011, "auth", "more servers"],
    [4012, "auth", "update moltbot"],
    [4013, "auth", "intents"],
    [4014, "auth", "Message Content Intent"],
    ["invalid", "transient", "session"],
  ];

  test.each(ends)("a new session that ends with %p is %s", async (code, kind, advice) => {
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.identifyEnds = code;
    up = startAccount(net);
    const error = await up.ended;
    expect(error).toMatchObject({ name: "ChannelError", kind });
    expect((error as Error).message).toContain(advice);
    expect(up.host.self).toBeUndefined();
    await net.untilDisconnected();
    expect(up.host.clock.pending).toBe(0);
  });

  test.each(ends)("a connection that ends with %p as soon as it is there is %s", async (code, kind) => {
    if (code === "invalid") net.net.invalidate(false);
    else net.net.close(code);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind });
    await net.untilDisconnected();
    expect(up.host.clock.pending).toBe(0);
  });

  test("a gateway that refuses the connection", async () => {
    await up[Symbol.asyncDispose]();
    net.net.greeting = "refusal";
    up = startAccount(net);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
  });

  test("a gateway that says nothing is given up", async () => {
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.greeting = "nothing";
    up = startAccount(net);
    await net.net.until(() => net.connections() > 0);
    up.host.clock.advance(4_000);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    await net.untilDisconnected();
    expect(up.host.self).toBeUndefined();
  });

  test("the token taken away while it runs", async () => {
    net.net.revoke();
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect((await channelErrorOf(send())).kind).toBe("auth");
  });
});

describe("tokens that cannot be used", () => {
  const token = "abc.def.ghi";

  test.each<[title: string, config: object, env: Record<string, string>, accountId: string]>([
    ["none at all", {}, {}, "default"],
    ["a client secret", { token: "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345" }, {}, "default"],
    ["a line break in it", { token: "abc.def\r\nX: y.ghi" }, {}, "default"],
    ["the environment's, for another account", {}, { DISCORD_BOT_TOKEN: token }, "work"],
  ])("%s", async (_title, config, env, accountId) => {
    const host = new TestHost({ accountId });
    const before = net.net.calls.length;
    const { ended } = startAccount({ open: () => discord.open({ ...config, apiRoot: net.net.apiRoot }, host, env) });
    expect(await ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect(net.net.calls.slice(before).filter(({ name }) => name === "getSelf")).toEqual([]);
  });

  test("the environment's is for the default account, and may be written as in a header", async () => {
    const env = { DISCORD_BOT_TOKEN: `Bot ${net.net.token}\n` };
    await using running = await startConnected({
      open: (host) => discord.open({ apiRoot: `${net.net.apiRoot}/v10/` }, host, env),
    });
    expect(running.host.self).toEqual(net.self);
  });

  test.each<[config: object, env: Record<string, string>, expected: string | undefined]>([
    [{ token }, {}, undefined],
    [{}, { DISCORD_BOT_TOKEN: token }, undefined],
    [{}, {}, "token"],
    [{ token, apiRoot: "https://example.org/api" }, {}, undefined],
    [{ token, apiRoot: "ftp://example.org/api" }, {}, "apiRoot"],
    [{ token, apiRoot: "https://me:secret@example.org/api" }, {}, "apiRoot"],
    [{ token, apiRoot: "https://example.org/api?x=1" }, {}, "apiRoot"],
  ])("what is missing in %p %p", (config, env, expected) => {
    const missing = discord.missing(config, env);
    if (expected === undefined) expect(missing).toBeUndefined();
    else expect(missing).toContain(expected);
  });
});
