/** How each way to fail reads to the outbox and the supervisor, with the real library over real HTTP. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ChannelError, ChatRef, Outbound } from "../../../src/channels/contract.ts";
import { telegram } from "../../../src/channels/telegram/index.ts";
import { commandMenu } from "../../../src/channels/telegram/menu.ts";
import { chats, type Fault, faults } from "../../standins/telegram.ts";
import { channelErrorOf, outbound, type Running, startAccount, startConnected, TestHost } from "../contract.ts";
import { openTelegram, type TelegramHarness } from "./harness.ts";

const never = new AbortController().signal;
const ada: ChatRef = { kind: "direct", id: String(chats.ada) };

let net: TelegramHarness;
let up: Running;

beforeEach(async () => {
  net = await openTelegram();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const send = (rest: Partial<Outbound> = { text: "hi" }) => up.account.send(outbound(ada, rest), never);

describe("a send that fails", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["token revoked", faults.unauthorized, { kind: "auth", sent: "no" }],
    ["no such bot", faults.notFound, { kind: "auth", sent: "no" }],
    ["too fast", faults.limited(7), { kind: "limited", sent: "no", retryAfterMs: 7000 }],
    ["blocked by the person", faults.blocked, { kind: "rejected", sent: "no" }],
    ["no such chat", faults.chatNotFound, { kind: "rejected", sent: "no" }],
    ["group became a supergroup", faults.migrated(-1009), { kind: "rejected", sent: "no" }],
    ["a proxy in trouble", faults.badGateway, { kind: "transient", sent: "unknown" }],
    ["server error", { status: 500, description: "Internal Server Error" }, { kind: "transient", sent: "unknown" }],
    ["reset after it was read", "reset", { kind: "transient", sent: "unknown" }],
    ["a login page instead of an answer", { status: 404, html: "<p>x</p>" }, { kind: "transient", sent: "unknown" }],
    ["a page instead of an answer", { status: 200, html: "<p>log in</p>" }, { kind: "transient", sent: "unknown" }],
  ])("%s", async (_title, fault, expected) => {
    net.net.fail("sendMessage", fault);
    expect(await channelErrorOf(send())).toMatchObject(expected);
    expect(net.net.callsOf("sendMessage")).toHaveLength(1);
  });

  test("an upload that is cut leaves the outcome open", async () => {
    net.net.fail("sendDocument", "reset");
    const media = { kind: "document", mimeType: "text/plain", fileName: "a.txt", bytes: new Uint8Array(9) } as const;
    expect(await channelErrorOf(send({ media }))).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("no answer until the deadline leaves the outcome open", async () => {
    net.net.fail("sendMessage", "silence");
    const error = channelErrorOf(send());
    await net.net.call("sendMessage");
    up.host.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("giving it up after it was written leaves the outcome open", async () => {
    net.net.hold("sendMessage");
    const giving = new AbortController();
    const error = channelErrorOf(up.account.send(outbound(ada, { text: "hi" }), giving.signal));
    await net.net.call("sendMessage");
    giving.abort();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test.each([
    ["nobody listens", "http://127.0.0.1:1"],
    ["no such host", "http://nowhere.invalid"],
  ])("%s: nothing was sent", async (_title, apiRoot) => {
    const account = telegram.open({ botToken: net.net.token, apiRoot }, new TestHost(), {});
    const error = await channelErrorOf(account.send(outbound(ada, { text: "hi" }), never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(net.secrets[1]!);
  });

  test("a reaction whose answer is lost may simply be repeated", async () => {
    const id = String(net.net.user(chats.ada).says("x"));
    net.net.fail("setMessageReaction", "reset");
    const error = await channelErrorOf(up.account.react!({ chat: ada, id }, "👍", never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
  });
});

describe("a poll that fails ends the run", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["another program polls", faults.conflict, { kind: "transient" }],
    ["too fast", faults.limited(3), { kind: "limited", retryAfterMs: 3000 }],
    ["a proxy in trouble", faults.badGateway, { kind: "transient" }],
    ["reset", "reset", { kind: "transient" }],
    ["token revoked", faults.unauthorized, { kind: "auth" }],
  ])("%s", async (_title, fault, expected) => {
    await net.net.untilPolled();
    net.net.failPoll(fault);
    expect(await up.ended).toMatchObject({ name: "ChannelError", ...expected });
  });

  test("a connection that hears nothing more is given up ten seconds after the poll was due", async () => {
    await net.net.untilPolled();
    net.net.isDeaf = true;
    net.net.user(chats.ada).says("can you hear me?");
    expect((await send()).messageIds).toHaveLength(1);
    up.host.clock.advance(39_999);
    expect(net.connections()).toBe(1);
    up.host.clock.advance(1);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.heardCount).toBe(0);
    await net.untilDisconnected();
  });
});

describe("a menu of commands that cannot be set", () => {
  test.each<[title: string, fault: Fault]>([
    ["refused", { status: 400, description: "Bad Request: BOT_COMMAND_INVALID" }],
    ["too fast", faults.limited(60)],
    ["reset", "reset"],
    ["silence", "silence"],
  ])("%s: is a warning, and the account hears", async (_title, fault) => {
    await using other = await openTelegram();
    other.net.fail("setMyCommands", fault);
    await using account = await startConnected(other);
    await other.net.call("setMyCommands");
    account.host.clock.advance(5_000);
    other.net.user(chats.ada).says("hello");
    await account.host.event(({ text }) => text === "hello");
    const warnings = account.host.records.filter(({ level }) => level === "warn");
    expect(warnings.map(({ message }) => message)).toEqual(["the menu of commands could not be set"]);
  });

  test("holds what the network can show", () => {
    const commands = [
      { name: "new", description: "x".repeat(300) },
      { name: "tool-use", description: "no" },
      { name: "stop", description: "" },
      ...Array.from({ length: 120 }, (_, index) => ({ name: `c${index}`, description: "d" })),
    ];
    const menu = commandMenu(commands);
    expect(menu).toHaveLength(100);
    expect(menu.slice(0, 2)).toEqual([
      { command: "new", description: "x".repeat(256) },
      { command: "c0", description: "d" },
    ]);
  });
});

describe("a token that cannot be used", () => {
  test.each<[title: string, config: object, env: Record<string, string>, accountId: string]>([
    ["none at all", {}, {}, "default"],
    ["no token but a sentence", { botToken: "Use this token to access the HTTP API" }, {}, "default"],
    ["a path in it", { botToken: "1:a/../x" }, {}, "default"],
    ["a file that is not there", { tokenFile: "/nonexistent/token" }, {}, "default"],
    ["the environment's, for another account", {}, { TELEGRAM_BOT_TOKEN: "1:abc" }, "work"],
  ])("%s", async (_title, config, env, accountId) => {
    const host = new TestHost({ accountId });
    const { ended } = startAccount({ open: () => telegram.open({ ...config, apiRoot: net.net.apiRoot }, host, env) });
    expect(await ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect(net.net.callsOf("getMe")).toHaveLength(1);
  });

  test("a token file wins over the config, and the line end in it does not count", async () => {
    const tokenFile = join(mkdtempSync(join(tmpdir(), "moltbot-token-")), "token");
    writeFileSync(tokenFile, `${net.net.token}\n`, { mode: 0o600 });
    const settings = { tokenFile, botToken: "1:wrong", apiRoot: `${net.net.apiRoot}/` };
    const account = telegram.open(settings, new TestHost(), {});
    expect((await account.probe(never)).id).toBe(String(net.net.bot.id));
    rmSync(dirname(tokenFile), { recursive: true });
  });

  test.each<[config: object, env: Record<string, string>, expected: string | undefined]>([
    [{ botToken: "1:a" }, {}, undefined],
    [{ tokenFile: "token" }, {}, undefined],
    [{}, { TELEGRAM_BOT_TOKEN: "1:a" }, undefined],
    [{}, {}, "BotFather"],
    [{ botToken: "1:a", apiRoot: "ftp://example.org" }, {}, "apiRoot"],
    [{ botToken: "1:a", apiRoot: "https://me:secret@example.org" }, {}, "apiRoot"],
  ])("what is missing in %p", (config, env, expected) => {
    const missing = telegram.missing(config, env);
    if (expected === undefined) expect(missing).toBeUndefined();
    else expect(missing).toContain(expected);
  });

  test("the environment's token is for the default account", async () => {
    const env = { TELEGRAM_BOT_TOKEN: net.net.token };
    const account = telegram.open({ apiRoot: net.net.apiRoot }, new TestHost(), env);
    expect((await account.probe(never)).username).toBe(net.net.bot.username);
  });
});
