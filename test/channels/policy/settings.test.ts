import { describe, expect, test } from "bun:test";
import { accountIdOf, accountsOf, groupOf, sharedSettings } from "../../../src/channels/policy/settings.ts";
import { entryOf, settingsOf } from "./events.ts";

describe("accounts", () => {
  test.each<[title: string, section: unknown, ids: string[], first: string | undefined]>([
    ["no section", undefined, [], undefined],
    ["a section that is none", ["a"], [], undefined],
    ["a section without accounts", { botToken: "t" }, ["default"], "default"],
    ["an empty list of accounts", { accounts: {} }, ["default"], "default"],
    ["accounts, sorted", { accounts: { zoe: {}, Ada: {} } }, ["ada", "zoe"], "ada"],
    ["one called default", { accounts: { ada: {}, default: {} } }, ["ada", "default"], "default"],
    ["ids with spaces and signs", { accounts: { " My Phone! ": {}, "a/b": {} } }, ["a-b", "my-phone"], "a-b"],
    [
      "ids with names of built-in things",
      { accounts: { constructor: {}, tostring: {} } },
      ["constructor", "tostring"],
      "constructor",
    ],
  ])("%s", (_title, section, ids, first) => {
    const accounts = accountsOf(section);
    expect(accounts.map(({ accountId }) => accountId)).toEqual(ids);
    expect(accounts.find(({ isDefault }) => isDefault)?.accountId).toBe(first as never);
    expect(accounts.flatMap(({ problems }) => problems)).toEqual([]);
  });

  test("the account goes before the channel, the channel before what all share, that before the defaults", () => {
    const section = {
      botToken: "channel",
      apiRoot: "https://example.org",
      historyLimit: 7,
      textChunkLimit: 1000,
      groups: { "1": {}, "2": {} },
      accounts: { a: { botToken: "own", textChunkLimit: 2000, groups: { "3": {} } }, b: {} },
    };
    const [a, b] = accountsOf(section, { shared: { historyLimit: 1, debounceMs: 5, ackReaction: "👀" } });
    expect(a?.own).toEqual({ botToken: "own", apiRoot: "https://example.org" });
    expect(b?.own).toEqual({ botToken: "channel", apiRoot: "https://example.org" });
    expect(a?.settings).toMatchObject({
      textChunkLimit: 2000,
      historyLimit: 7,
      debounceMs: 5,
      ackReaction: "👀",
      dmPolicy: "pairing",
    });
    expect(b?.settings.textChunkLimit).toBe(1000);
    // Maps replace each other.
    expect([...(a?.settings.groups?.keys() ?? [])]).toEqual(["3"]);
  });

  test.each<[channel: boolean | undefined, account: boolean | undefined, expected: boolean]>([
    [undefined, undefined, true],
    [true, false, false],
    [false, true, false],
    [false, undefined, false],
  ])("channel enabled %p and account enabled %p is %p", (channel, account, expected) => {
    const [entry] = accountsOf({ enabled: channel, accounts: { a: { enabled: account } } });
    expect(entry?.settings.enabled).toBe(expected);
  });

  test.each<[title: string, section: Record<string, unknown>]>([
    ["an unknown policy", { dmPolicy: "everyone", allowFrom: ["*"] }],
    ["an unknown group policy", { groupPolicy: "all" }],
    ["a list that is none", { allowFrom: "*" }],
    ["a list of other things", { allowFrom: [{ id: 1 }] }],
    ["a group that is none", { groups: { "1": true } }],
    ["accounts that are none", { accounts: ["a"] }],
    ["an account that is none", { accounts: { a: "token" } }],
    ["two accounts of one name", { accounts: { Work: {}, work: {} } }],
    ["an account without a name", { accounts: { "!!": {} } }],
    ["a wrong older form", { dm: { policy: 1 } }],
    ["a senseless limit", { textChunkLimit: 3 }],
  ])("%s is a problem, and the account is shut", (_title, section) => {
    const { problems, settings } = entryOf(section);
    expect(problems.length).toBeGreaterThan(0);
    expect(settings).toMatchObject({ enabled: false, dmPolicy: "disabled", groupPolicy: "disabled", allowFrom: [] });
  });

  test("a wrong account does not shut the others", () => {
    const [a, b] = accountsOf({ accounts: { a: { dmPolicy: 1 }, b: {} } });
    expect([a?.settings.enabled, b?.settings.enabled]).toEqual([false, true]);
  });

  test.each<[written: string, id: string]>([
    ["Work", "work"],
    [" a b ", "a-b"],
    ["../x", "x"],
    ["ä", ""],
    ["a".repeat(100), "a".repeat(64)],
  ])("%j is the account %j", (written, id) => {
    expect(accountIdOf(written)).toBe(id);
  });
});

test("settings of a chat lie over those of the star", () => {
  const settings = settingsOf({
    groups: { "*": { requireMention: false, systemPrompt: "all" }, "NET:GROUP:Ab": { systemPrompt: "own" } },
  });
  expect(groupOf(settings, { id: "ab" })).toEqual({ requireMention: false, systemPrompt: "own", isListed: true });
  expect(groupOf(settings, { id: "cd" })).toEqual({ requireMention: false, systemPrompt: "all", isListed: true });
  expect(groupOf(settingsOf({ groups: { "1": {} } }), { id: "*" }).isListed).toBe(false);
  expect(groupOf(settingsOf({}), { id: "1" })).toEqual({ isListed: true });
  // A thread has what its channel says, and that what its server says.
  const nested = settingsOf({ groups: { server: { enabled: false, systemPrompt: "s" }, channel: { enabled: true } } });
  const thread = { id: "thread", parentIds: ["channel", "server"] };
  expect(groupOf(nested, thread)).toEqual({ enabled: true, systemPrompt: "s", isListed: true });
  expect(groupOf(nested, { id: "other", parentIds: ["server"] })).toMatchObject({ enabled: false, isListed: true });
  expect(groupOf(nested, { id: "other" }).isListed).toBe(false);
});

test("tables and retries are read, with their defaults", () => {
  expect(settingsOf({ markdown: { tables: "bullets" }, retry: { attempts: 5 } })).toMatchObject({
    tables: "bullets",
    retry: { attempts: 5, minDelayMs: 500, maxDelayMs: 30_000, jitter: 0.1 },
  });
});

describe("what all channels share", () => {
  test.each<[title: string, messages: Parameters<typeof sharedSettings>[0], expected: object]>([
    ["nothing", {}, {}],
    ["values that were left out are not there", { responsePrefix: undefined, inbound: {}, groupChat: {} }, {}],
    [
      "groups, without their section",
      { groupChat: { historyLimit: 3, mentionPatterns: ["bot"] } },
      { historyLimit: 3, mentionPatterns: ["bot"] },
    ],
    ["the wait of all channels", { inbound: { debounceMs: 7 } }, { debounceMs: 7 }],
    ["the wait of this one", { inbound: { debounceMs: 7, byChannel: { net: 9, other: 1 } } }, { debounceMs: 9 }],
    ["none here, though elsewhere there is", { inbound: { debounceMs: 7, byChannel: { net: 0 } } }, { debounceMs: 0 }],
    [
      "the rest as it stands",
      { ackReaction: "", ackReactionScope: "off", removeAckAfterReply: false, responsePrefix: "x" },
      { ackReaction: "", ackReactionScope: "off", removeAckAfterReply: false, responsePrefix: "x" },
    ],
  ])("%s", (_title, messages, expected) => {
    expect(sharedSettings(messages, "net")).toEqual(expected as never);
  });

  test("holds where neither the channel nor the account says otherwise, and makes no key of the network's own", () => {
    const shared = sharedSettings(
      { groupChat: { historyLimit: 3 }, inbound: { debounceMs: 7 }, ackReaction: "a" },
      "net",
    );
    const section = { ackReaction: "b", accounts: { a: { historyLimit: 4 }, b: {} } };
    const [a, b] = accountsOf(section, { shared });
    expect(a?.settings).toMatchObject({ historyLimit: 4, debounceMs: 7, ackReaction: "b" });
    expect(b?.settings).toMatchObject({ historyLimit: 3, debounceMs: 7, ackReaction: "b" });
    expect([a?.own, b?.own, a?.problems]).toEqual([{}, {}, []]);
  });
});

describe("a chat within others", () => {
  const settings = settingsOf({
    groups: {
      "*": { systemPrompt: "all", requireMention: true },
      server: { systemPrompt: "server", enabled: false, allowFrom: ["1"] },
      room: { enabled: true },
    },
  });

  test.each<[title: string, chat: Parameters<typeof groupOf>[1], expected: object]>([
    [
      "has what it says, then its room, its server and the star",
      { id: "t", parentIds: ["room", "server"] },
      { enabled: true, systemPrompt: "server", allowFrom: ["1"], requireMention: true },
    ],
    [
      "the nearest place comes first",
      { id: "t", parentIds: ["server", "room"] },
      { enabled: false, systemPrompt: "server" },
    ],
    [
      "a place of another spelling is the same",
      { id: "t", parentIds: [" ROOM "] },
      { enabled: true, systemPrompt: "all" },
    ],
    ["places that are not listed say nothing", { id: "t", parentIds: ["x", "y"] }, { systemPrompt: "all" }],
    ["a place that is called like the star is none", { id: "t", parentIds: ["*"] }, { systemPrompt: "all" }],
  ])("%s", (_title, chat, expected) => {
    expect(groupOf(settings, chat)).toMatchObject({ ...expected, isListed: true } as never);
  });

  test("is listed when one of its places is, and not otherwise", () => {
    const some = settingsOf({ groups: { server: {} } });
    expect(groupOf(some, { id: "t", parentIds: ["room", "server"] }).isListed).toBe(true);
    expect(groupOf(some, { id: "t", parentIds: ["room"] }).isListed).toBe(false);
    expect(groupOf(some, { id: "t", parentIds: ["*", ""] }).isListed).toBe(false);
    expect(groupOf(settingsOf({ groups: {} }), { id: "t", parentIds: ["server"] }).isListed).toBe(false);
  });
});

test.each<[section: Record<string, unknown>, expected: object]>([
  [{}, { perMinute: 3000, botTurns: 10 }],
  [{ rateLimit: { perMinute: 5 } }, { perMinute: 5, botTurns: 10 }],
  [{ rateLimit: { botTurns: 0 } }, { perMinute: 3000, botTurns: 0 }],
])("the limits of %j", (section, expected) => {
  expect(settingsOf(section).rateLimit).toEqual(expected as never);
});

test.each<[section: Record<string, unknown>]>([
  [{ rateLimit: { perMinute: 0 } }],
  [{ rateLimit: { botTurns: -1 } }],
  [{ rateLimit: 5 }],
  [{ debounceMs: 60_001 }],
  [{ typingMode: "always" }],
])("%j is a problem, and the account is shut", (section) => {
  const { problems, settings } = entryOf(section);
  expect(problems.length).toBeGreaterThan(0);
  expect(settings.enabled).toBe(false);
});
