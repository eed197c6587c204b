/** Presence and health: what they hold, how long, and when they tell. */
import { describe, expect, test } from "bun:test";
import { Health } from "../../src/status/health.ts";
import { Presence } from "../../src/status/presence.ts";
import { FakeClock } from "../support/clock.ts";

describe("presence", () => {
  function setUp() {
    const clock = new FakeClock();
    const told: string[][] = [];
    const nameOf = ({ host }: { host?: string }) => host ?? "";
    const presence = new Presence({
      clock,
      self: { host: "gateway", reason: "self" },
      tell: (entries) => told.push(entries.map(nameOf)),
    });
    return { clock, told, presence, names: () => presence.list().map(nameOf) };
  }

  test("the gateway comes first, then the newest", () => {
    const { presence, clock, names } = setUp();
    presence.set("A", { host: "a" });
    clock.advance(10);
    presence.set("b", { host: "b" });
    clock.advance(10);
    presence.set("a", { host: "a again" });
    expect(names()).toEqual(["gateway", "a again", "b"]);
  });

  test("each change counts, and changes are told at most once a second", () => {
    const { presence, clock, told } = setUp();
    const before = presence.version;
    for (let at = 0; at < 100; at++) presence.set(`k${at}`, { host: `h${at}` });
    expect(presence.version).toBe(before + 100);
    expect(told).toHaveLength(1);
    clock.advance(999);
    expect(told).toHaveLength(1);
    clock.advance(1);
    expect(told).toHaveLength(2);
    expect(told[1]).toHaveLength(101);
    clock.advance(60_000);
    expect(told).toHaveLength(2);
  });

  test("at most two hundred are kept", () => {
    const { presence, names } = setUp();
    for (let at = 0; at < 500; at++) presence.set(`k${at}`, { host: `h${at}` });
    expect(names()).toHaveLength(201);
    expect(names()).toContain("h499");
    expect(names()).not.toContain("h0");
  });

  test("who only reported is forgotten after five minutes", () => {
    const { presence, clock, names } = setUp();
    presence.set("a", { host: "a" });
    clock.advance(5 * 60_000);
    expect(names()).toEqual(["gateway", "a"]);
    clock.advance(1);
    expect(names()).toEqual(["gateway"]);
  });
});

describe("health", () => {
  function setUp() {
    const clock = new FakeClock();
    const told: unknown[] = [];
    const storage = { isWritable: true };
    const health = new Health({
      clock,
      tell: (summary) => told.push(summary),
      sources: {
        databasePath: "/state/gateway.db",
        storage: () => storage,
        agents: () => ({ defaultId: "main", list: [{ id: "main" }, { id: "other", name: "Other" }] }),
        sessions: () => ({
          count: 7,
          recent: [{ key: "agent:other:x", updatedAt: clock.now() - 5, agentId: "other" }],
        }),
        channels: () => [],
        safeMode: () => ["gateway.auth: wrong"],
      },
    });
    return { clock, told, storage, health };
  }

  test("the summary is made once a minute unless it is asked for anew, and then everyone is told", () => {
    const { health, clock, told } = setUp();
    const first = health.get();
    clock.advance(59_999);
    expect(health.get()).toBe(first);
    clock.advance(1);
    expect(health.get()).not.toBe(first);
    expect(told).toEqual([]);
    const version = health.version;
    expect(health.refresh()).toBe(health.get());
    expect([told.length, health.version]).toEqual([1, version + 1]);
  });

  test("it tells each agent its own sessions, and what is wrong", () => {
    const { health } = setUp();
    const { agents, sessions, safeMode, storage } = health.get();
    expect(agents.map(({ agentId, isDefault, sessions: own }) => [agentId, isDefault, own.recent.length])).toEqual([
      ["main", true, 0],
      ["other", false, 1],
    ]);
    expect(sessions).toMatchObject({ count: 7, recent: [{ key: "agent:other:x", age: 5 }] });
    expect({ safeMode, storage }).toEqual({ safeMode: ["gateway.auth: wrong"], storage: { isWritable: true } });
  });
});
