import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../../src/channels/contract.ts";
import { type Binding, type RouteOptions, routeOf } from "../../../src/channels/policy/route.ts";
import { direct, grouped } from "./events.ts";

const base: RouteOptions = {
  channel: "net",
  accountId: "work",
  dmScope: "main",
  mainKey: "main",
  identityLinks: {},
  defaultAgentId: "main",
};
const keyOf = (event: Inbound, more: Partial<RouteOptions> = {}) => routeOf(event, { ...base, ...more }).sessionKey;

test.each<[title: string, event: Inbound, more: Partial<RouteOptions>, key: string]>([
  ["direct, main", direct(), {}, "agent:main:main"],
  ["direct, main, other names", direct(), { mainKey: "Home", defaultAgentId: "Ops" }, "agent:ops:home"],
  ["direct, per peer", direct(), { dmScope: "per-peer" }, "agent:main:dm:100"],
  ["direct, per channel and peer", direct(), { dmScope: "per-channel-peer" }, "agent:main:net:dm:100"],
  [
    "direct, per account, channel and peer",
    direct(),
    { dmScope: "per-account-channel-peer" },
    "agent:main:net:work:dm:100",
  ],
  [
    "direct is by the person, not by the chat",
    direct({ chat: { id: "D1" } }),
    { dmScope: "per-peer" },
    "agent:main:dm:100",
  ],
  ["direct with a thread", direct({ chat: { threadId: "T1" } }), { threads: "topic" }, "agent:main:main:thread:t1"],
  ["group", grouped(), {}, "agent:main:net:group:-500"],
  ["group with capitals", grouped({ chat: { id: "AbC=" } }), {}, "agent:main:net:group:abc="],
  ["channel", grouped({ chat: { kind: "channel", id: "C1" } }), {}, "agent:main:net:channel:c1"],
  [
    "thread",
    grouped({ chat: { kind: "channel", id: "C1", threadId: "17.5" } }),
    {},
    "agent:main:net:channel:c1:thread:17.5",
  ],
  ["topic", grouped({ chat: { threadId: "7" } }), { threads: "topic" }, "agent:main:net:group:-500:topic:7"],
  ["an empty thread is none", grouped({ chat: { threadId: " " } }), {}, "agent:main:net:group:-500"],
  ["an id with a colon", direct({ sender: { id: "uuid:AB" } }), { dmScope: "per-peer" }, "agent:main:dm:uuid:ab"],
  [
    "the scope of direct messages is nothing to groups",
    grouped(),
    { dmScope: "per-peer" },
    "agent:main:net:group:-500",
  ],
])("%s", (_title, event, more, key) => {
  expect(keyOf(event, more)).toBe(key);
});

describe("linked people", () => {
  const identityLinks = { Ada: ["net:100", "other:A1"] };
  test.each<[title: string, event: Inbound, more: Partial<RouteOptions>, key: string]>([
    ["share a session", direct(), { dmScope: "per-peer" }, "agent:main:dm:ada"],
    [
      "share it across channels",
      direct({ sender: { id: "a1" } }),
      { dmScope: "per-peer", channel: "other" },
      "agent:main:dm:ada",
    ],
    [
      "keep the channel in the key where it belongs",
      direct(),
      { dmScope: "per-channel-peer" },
      "agent:main:net:dm:ada",
    ],
    ["are nothing to the main session", direct(), {}, "agent:main:main"],
    ["are not met by the same id elsewhere", direct(), { dmScope: "per-peer", channel: "third" }, "agent:main:dm:100"],
    [
      "are not met by who is called so",
      direct({ sender: { id: "5", name: "Ada", username: "ada" } }),
      { dmScope: "per-peer" },
      "agent:main:dm:5",
    ],
    [
      "are not met by whose id is the name",
      direct({ sender: { id: "ADA" } }),
      { dmScope: "per-peer" },
      "agent:main:dm:net:ada",
    ],
    [
      "are not met by a group of that id",
      grouped({ chat: { id: "100" } }),
      { dmScope: "per-peer" },
      "agent:main:net:group:100",
    ],
  ])("%s", (_title, event, more, key) => {
    expect(keyOf(event, { identityLinks, ...more })).toBe(key);
  });
});

describe("bindings", () => {
  const bind = (agentId: string, match: Partial<Binding["match"]>): Binding => ({
    agentId,
    match: { channel: "net", ...match },
  });
  const all = [
    bind("channel", {}),
    bind("account", { accountId: "WORK" }),
    bind("group", { peer: { kind: "group", id: "-500" } }),
    bind("person", { peer: { kind: "dm", id: "100" } }),
    bind("elsewhere", { channel: "other", peer: { kind: "dm", id: "100" } }),
    bind("late", { peer: { kind: "direct", id: "100" } }),
  ];
  test.each<[title: string, event: Inbound, bindings: Binding[], agentId: string, reason: string]>([
    ["none", direct(), [], "main", "default agent"],
    ["the person before the account, the first of two", direct(), all, "person", "bound by peer"],
    ["the group before the account", grouped(), all, "group", "bound by peer"],
    ["the account before the channel", direct({ sender: { id: "7" } }), all, "account", "bound by account"],
    ["the channel", direct(), [bind("channel", { accountId: "*" })], "channel", "bound by channel"],
    ["another account", direct(), [bind("other", { accountId: "home" })], "main", "default agent"],
    ["another channel", direct(), [bind("other", { channel: "other" })], "main", "default agent"],
    [
      "a group with the id of the person",
      grouped({ chat: { id: "100" } }),
      [bind("person", { peer: { kind: "dm", id: "100" } })],
      "main",
      "default agent",
    ],
    [
      "a person with the id of the group",
      direct({ sender: { id: "-500" } }),
      [bind("group", { peer: { kind: "group", id: "-500" } })],
      "main",
      "default agent",
    ],
    [
      "an empty id is no peer",
      direct({ sender: { id: "" } }),
      [bind("empty", { peer: { kind: "dm", id: "" } })],
      "main",
      "default agent",
    ],
    [
      "a peer on another account",
      direct(),
      [bind("x", { accountId: "home", peer: { kind: "dm", id: "100" } })],
      "main",
      "default agent",
    ],
  ])("%s", (_title, event, bindings, agentId, reason) => {
    const route = routeOf(event, { ...base, bindings });
    expect([route.agentId, route.reason]).toEqual([agentId, reason]);
    expect(route.sessionKey.startsWith(`agent:${agentId}:`)).toBe(true);
  });
});

test("different places never share a key", () => {
  const events = [
    grouped({ chat: { id: "1", threadId: "2" } }),
    grouped({ chat: { id: "1:thread:2" } }),
    grouped({ chat: { id: "1", threadId: "2:thread:3" } }),
    grouped({ chat: { id: "1:thread:2", threadId: "3" } }),
    grouped({ chat: { id: "1" } }),
    grouped({ chat: { kind: "channel", id: "1" } }),
    direct({ sender: { id: "1" } }),
    direct({ sender: { id: "1:thread:2" } }),
    direct({ sender: { id: "" } }),
  ];
  for (const dmScope of ["per-peer", "per-channel-peer", "per-account-channel-peer"] as const) {
    const keys = events.map((event) => keyOf(event, { dmScope }));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => key === key.toLowerCase() && !/\s/.test(key))).toBe(true);
  }
});
