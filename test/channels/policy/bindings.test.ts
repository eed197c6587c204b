import { describe, expect, test } from "bun:test";
import { bindingsOf, broadcastOf } from "../../../src/channels/policy/bindings.ts";
import { routeOf } from "../../../src/channels/policy/route.ts";
import { direct, grouped } from "./events.ts";

type Written = Parameters<typeof bindingsOf>[0][number];

describe("bindings", () => {
  test.each<[title: string, written: Written]>([
    ["nothing", {}],
    ["no agent", { match: { channel: "net" } }],
    ["an empty agent", { agentId: "", match: { channel: "net" } }],
    ["no place", { agentId: "work" }],
    ["no channel", { agentId: "work", match: { accountId: "a" } }],
    ["an empty channel", { agentId: "work", match: { channel: "" } }],
    ["a peer without an id", { agentId: "work", match: { channel: "net", peer: { kind: "group" } } }],
    ["a peer with an empty id", { agentId: "work", match: { channel: "net", peer: { kind: "group", id: "" } } }],
    ["a peer without a kind", { agentId: "work", match: { channel: "net", peer: { id: "-500" } } }],
    ["a peer that is nobody", { agentId: "work", match: { channel: "net", peer: {} } }],
  ])("a rule that says too little matches nothing, and not everybody: %s", (_title, written) => {
    expect(bindingsOf([written])).toEqual([]);
  });

  test("are read as they are meant, the others aside", () => {
    const peer = { kind: "dm" as const, id: "100" };
    const bindings = bindingsOf([
      { agentId: "a", match: { channel: "net" } },
      {},
      { agentId: "b", match: { channel: "net", accountId: "work" } },
      { agentId: "c", match: { channel: "net", accountId: undefined, peer } },
    ]);
    expect(bindings).toEqual([
      { agentId: "a", match: { channel: "net" } },
      { agentId: "b", match: { channel: "net", accountId: "work" } },
      { agentId: "c", match: { channel: "net", peer } },
    ]);
    const options = {
      channel: "net",
      dmScope: "main" as const,
      mainKey: "main",
      identityLinks: {},
      defaultAgentId: "d",
      bindings,
    };
    const agentOf = (event: Parameters<typeof routeOf>[0], accountId: string) =>
      routeOf(event, { ...options, accountId }).agentId;
    expect([agentOf(grouped(), "default"), agentOf(grouped(), "work"), agentOf(direct(), "work")]).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(agentOf(grouped({ chat: { id: "100" } }), "default")).toBe("a");
  });
});

describe("broadcast", () => {
  test("chats with their agents, ids in the compared form; the strategy is no chat", () => {
    const { agents, isParallel } = broadcastOf({ strategy: "sequential", "120@G.us": ["a", "b"], " X ": [] });
    expect([...agents]).toEqual([
      ["120@g.us", ["a", "b"]],
      ["x", []],
    ]);
    expect(isParallel).toBe(false);
  });

  test.each<[written: Parameters<typeof broadcastOf>[0], isParallel: boolean]>([
    [{}, true],
    [{ strategy: "parallel" }, true],
    [{ strategy: "sequential" }, false],
  ])("%j", (written, isParallel) => {
    expect(broadcastOf(written)).toEqual({ agents: new Map(), isParallel });
  });

  test("names of built-in things are chats like others", () => {
    const { agents } = broadcastOf(JSON.parse('{"__proto__": ["a"], "constructor": ["b"]}'));
    expect([agents.get("__proto__"), agents.get("constructor"), agents.get("tostring")]).toEqual([
      ["a"],
      ["b"],
      undefined,
    ]);
  });
});
