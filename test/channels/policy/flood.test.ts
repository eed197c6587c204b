import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../../src/channels/contract.ts";
import { FloodGuard } from "../../../src/channels/policy/flood.ts";
import { grouped } from "./events.ts";

/** Judges one new message after the other. */
function createJudge(perMinute: number, botTurns = 10) {
  const guard = new FloodGuard({ perMinute, botTurns });
  let count = 0;
  const judge = (atMs: number, told: Parameters<typeof grouped>[0] = {}) => {
    const event = grouped({ eventId: `e${count++}`, ...told });
    guard.heard(event);
    return guard.judge(event, atMs).verdict;
  };
  return { guard, judge };
}

describe("one person", () => {
  test("so many messages in a minute are answered, the next gets a notice, then there is silence", () => {
    const { judge } = createJudge(3);
    expect([0, 1, 2, 3, 4, 5].map((at) => judge(at))).toEqual(["admit", "admit", "admit", "tell", "drop", "drop"]);
  });

  test("the next minute begins with the first message after the last one ended", () => {
    const { judge } = createJudge(2);
    expect([0, 1, 59_999, 60_000, 60_001, 60_002].map((at) => judge(at))).toEqual([
      "admit",
      "admit",
      "tell",
      "admit",
      "admit",
      "tell",
    ]);
  });

  test("is counted wherever they write, and by their id, not by its spelling", () => {
    const { judge } = createJudge(2);
    expect(judge(0, { sender: { id: "ABC" }, chat: { id: "1" } })).toBe("admit");
    expect(judge(1, { sender: { id: "abc" }, chat: { id: "2" } })).toBe("admit");
    expect(judge(2, { sender: { id: " Abc " }, chat: { id: "3" } })).toBe("tell");
  });

  test("does not silence anybody else", () => {
    const { judge } = createJudge(1);
    for (let at = 0; at < 50; at++) judge(at);
    expect(judge(51, { sender: { id: "other" } })).toBe("admit");
  });

  test("a backlog is no flood: what came in over an hour and is judged at once is all answered", () => {
    const { judge } = createJudge(2);
    const verdicts = Array.from({ length: 120 }, (_, at) => judge(at * 30_000));
    expect(verdicts.every((verdict) => verdict === "admit")).toBe(true);
  });

  test("a clock that was set back does not keep anybody silent until it has caught up", () => {
    const { judge } = createJudge(2);
    const hour = 3_600_000;
    expect([hour, hour + 1, hour + 2].map((at) => judge(at))).toEqual(["admit", "admit", "tell"]);
    expect(judge(hour / 2)).toBe("admit");
  });

  test("a message that is judged again, because it is tried again, is not counted again and gets the same answer", () => {
    const { guard } = createJudge(2);
    const message = (eventId: string): Inbound => grouped({ eventId });
    for (let tries = 0; tries < 20; tries++) expect(guard.judge(message("one"), 0).verdict).toBe("admit");
    expect(guard.judge(message("two"), 1).verdict).toBe("admit");
    expect(guard.judge(message("three"), 2).verdict).toBe("tell");
    expect(guard.judge(message("three"), 2).verdict).toBe("tell");
    expect(guard.judge(message("four"), 3).verdict).toBe("drop");
  });

  test("another message with the id of one in another chat is another message", () => {
    const { guard } = createJudge(2);
    const verdicts = ["1", "2", "3"].map((id) => guard.judge(grouped({ eventId: "same", chat: { id } }), 0).verdict);
    expect(verdicts).toEqual(["admit", "admit", "tell"]);
  });
});

describe("bots", () => {
  const bot = { sender: { id: "bot", isBot: true } };

  test("that answer each other are answered so often, told once, and then not at all, however slowly they do it", () => {
    const { judge } = createJudge(1000, 3);
    const hour = 3_600_000;
    expect([0, 1, 2, 3, 4, 5, 6].map((at) => judge(at * hour, bot))).toEqual([
      "admit",
      "admit",
      "admit",
      "tell",
      "drop",
      "drop",
      "drop",
    ]);
  });

  test("two bots count together; a person who speaks in their chat begins it anew; one in another chat does not", () => {
    const { judge } = createJudge(1000, 2);
    const other = { sender: { id: "bot-2", isBot: true } };
    expect([judge(0, bot), judge(1, other), judge(2, bot), judge(3, other)]).toEqual([
      "admit",
      "admit",
      "tell",
      "drop",
    ]);
    judge(4, { chat: { id: "elsewhere" } });
    expect(judge(5, bot)).toBe("drop");
    expect(judge(6)).toBe("admit");
    expect([judge(7, bot), judge(8, other), judge(9, bot)]).toEqual(["admit", "admit", "tell"]);
  });

  test("none at all can be answered", () => {
    const { judge } = createJudge(1000, 0);
    expect([judge(0, bot), judge(1, bot), judge(2)]).toEqual(["tell", "drop", "admit"]);
  });

  test("the limit of a minute holds for them too", () => {
    const { judge } = createJudge(1, 100);
    expect([judge(0, bot), judge(1, bot), judge(2, bot)]).toEqual(["admit", "tell", "drop"]);
  });
});

test("of very many people the longest unseen are forgotten, not the one who floods now", () => {
  const { judge } = createJudge(2);
  expect([judge(0), judge(1), judge(2)]).toEqual(["admit", "admit", "tell"]);
  for (let at = 0; at < 4_000; at++) judge(3, { sender: { id: `a${at}` } });
  expect(judge(4)).toBe("drop");
  for (let at = 0; at < 4_000; at++) judge(5, { sender: { id: `b${at}` } });
  expect(judge(6)).toBe("drop");
  for (let at = 0; at < 5_001; at++) judge(7, { sender: { id: `c${at}` } });
  expect(judge(8)).toBe("admit");
});

test("what it says of a message names no text, and why", () => {
  const guard = new FloodGuard({ perMinute: 1, botTurns: 1 });
  const judge = (eventId: string) => guard.judge(grouped({ eventId, text: "secret" }), 0);
  expect(judge("1")).toEqual({
    gate: "flood",
    verdict: "admit",
    reason: "within limits",
    facts: { senderId: "100", inThisMinute: 1 },
  });
  expect(judge("2")).toEqual({
    gate: "flood",
    verdict: "tell",
    reason: "more messages in a minute than allowed",
    facts: { senderId: "100", inThisMinute: 2 },
  });
});
