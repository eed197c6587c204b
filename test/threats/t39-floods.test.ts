/** Floods: one notice, then silence; nothing that loops keeps an agent busy, and nobody else pays for it. */
import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../src/channels/contract.ts";
import { openPipeline, type Pipeline } from "../channels/pipeline.ts";
import { direct, grouped } from "../channels/policy/events.ts";

const open = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };

async function storm(net: Pipeline, count: number, make: (at: number) => Inbound): Promise<void> {
  for (let at = 0; at < count; at++) {
    net.receives({ ...make(at), eventId: `storm-${at}`, messageId: `storm-${at}` });
    await net.settle();
  }
}

describe("threat(T39)", () => {
  test("a person who floods is answered up to the limit, told once, and then not at all", async () => {
    const net = openPipeline({ settings: { ...open, rateLimit: { perMinute: 5 } } });
    await storm(net, 50, () => direct());
    expect(net.agents.asked).toHaveLength(5);
    expect(net.texts().filter((text) => text !== "yes")).toEqual([
      "That is more than I can answer at once. I will not read on for a while.",
    ]);
    // Others are answered meanwhile, and the next minute is a new one.
    net.receives(direct({ eventId: "other", sender: { id: "200" }, chat: { id: "200" } }));
    await net.settle();
    expect(net.agents.asked).toHaveLength(6);
    await net.passes(60_000);
    net.receives(direct({ eventId: "later" }));
    await net.settle();
    expect(net.agents.asked).toHaveLength(7);
    expect(Object.values(net.states()).every((state) => state === "done" || state === "dropped")).toBe(true);
  });

  test("two bots that answer each other: ten turns, one notice, silence; a person ends it", async () => {
    const settings = { ...open, allowBots: true, groups: { "*": { requireMention: false } } };
    const net = openPipeline({ settings });
    const bot = () => grouped({ sender: { id: "other-bot", isBot: true } });
    await storm(net, 40, bot);
    expect(net.agents.asked).toHaveLength(10);
    expect(net.texts().filter((text) => text !== "yes")).toHaveLength(1);
    net.receives(grouped({ eventId: "person" }));
    await net.settle();
    net.receives({ ...bot(), eventId: "again" });
    await net.settle();
    expect(net.agents.asked).toHaveLength(12);
  });

  test.each<[title: string, settings: object]>([
    ["bots are not heard unless the owner says so", open],
    ["bots that are on no list are not heard at all", { allowBots: true, allowFrom: ["1"] }],
  ])("%s, and are told nothing", async (_title, settings) => {
    const net = openPipeline({ settings: { ...settings } });
    await storm(net, 20, () => direct({ sender: { id: "bot", isBot: true } }));
    await storm(net, 20, () => grouped({ sender: { id: "bot", isBot: true }, mentionsSelf: true }));
    expect([net.agents.asked.length, net.said().length]).toEqual([0, 0]);
  });

  test("our own messages come back as nothing, whatever they are", async () => {
    const net = openPipeline();
    const types: readonly Inbound["type"][] = ["message", "edit", "delete", "reaction", "button"];
    await storm(net, 20, (at) =>
      direct({ type: types[at % types.length] ?? "message", sender: { id: "me", isSelf: true } }),
    );
    expect([net.agents.asked.length, net.said().length]).toEqual([0, 0]);
  });

  test.each<[type: Inbound["type"]]>([["edit"], ["delete"], ["reaction"]])(
    "a storm of events of type %s asks no agent and says nothing",
    async (type) => {
      const net = openPipeline();
      await storm(net, 150, () => direct({ type, reaction: { emoji: "👍", isRemoved: false } }));
      await storm(net, 150, () => grouped({ type, mentionsSelf: true, reaction: { emoji: "👍", isRemoved: false } }));
      expect([net.agents.asked.length, net.said().length]).toEqual([0, 0]);
    },
  );

  test("a storm of presses of one button is a flood like another", async () => {
    const net = openPipeline({ settings: { ...open, rateLimit: { perMinute: 5 } } });
    await storm(net, 50, () => direct({ type: "button", button: "v" }));
    expect(net.agents.asked).toHaveLength(5);
    expect(net.texts().filter((text) => text !== "yes")).toHaveLength(1);
  });

  test("a stranger who floods hears once how to be let in", async () => {
    const net = openPipeline({ settings: {} });
    await storm(net, 50, () => direct({ sender: { id: "666" }, chat: { id: "666" } }));
    expect(net.agents.asked).toHaveLength(0);
    expect(net.texts()).toHaveLength(1);
    expect(net.texts()[0]).toContain("Pairing code");
  });

  // The inbox says that it is full before the gates have looked who writes.
  test("a stranger whose flood fills the inbox is told nothing, not even that it is full", async () => {
    const net = openPipeline({ settings: { dmPolicy: "allowlist", allowFrom: ["1"], groupAllowFrom: ["1"] } });
    for (let at = 0; at < 300; at++)
      net.receives(direct({ eventId: `s${at}`, sender: { id: "666" }, chat: { id: "666" } }));
    await net.settle();
    expect(net.agents.asked).toHaveLength(0);
    expect(net.texts()).toEqual([]);
  });
});
