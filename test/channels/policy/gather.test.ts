import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../../src/channels/contract.ts";
import { type GatherOptions, gatherMessages, type Waiting } from "../../../src/channels/policy/gather.ts";
import { direct, grouped } from "./events.ts";

const options: GatherOptions = { debounceMs: 1000, textLimit: 4000, isCommand: (text) => text.startsWith("/") };
const none: GatherOptions = { ...options, debounceMs: 0 };

type Told = Parameters<typeof direct>[0];
const said = (receivedAtMs: number, text: string, told: Told = {}): Waiting => ({
  receivedAtMs,
  event: direct({ eventId: `e-${text}`, messageId: `m-${text}`, text, ...told }),
});
const gather = (waiting: readonly Waiting[], how = options) => {
  const [first, ...rest] = waiting;
  if (!first) throw new Error("nothing waits");
  const { count, readyAtMs, event } = gatherMessages([first, ...rest], how);
  return { count, readyAtMs, text: event.text, id: event.messageId };
};

describe("debounce", () => {
  test.each<[title: string, waiting: Waiting[], count: number, readyAtMs: number, text: string]>([
    ["one waits for the next", [said(100, "a")], 1, 1100, "a"],
    ["the next begins the wait again", [said(100, "a"), said(900, "b")], 2, 1900, "a\nb"],
    ["the last moment of the wait is in it", [said(100, "a"), said(1100, "b")], 2, 2100, "a\nb"],
    ["one moment later is not, and what came before is complete", [said(100, "a"), said(1101, "b")], 1, 0, "a"],
    ["a pause in the middle divides", [said(0, "a"), said(900, "b"), said(5000, "c")], 2, 0, "a\nb"],
    ["gaps count, not the whole", [said(0, "a"), said(900, "b"), said(1800, "c")], 3, 2800, "a\nb\nc"],
    ["what came at once is one", [said(7, "a"), said(7, "b")], 2, 1007, "a\nb"],
    ["a clock that was set back divides nothing", [said(5000, "a"), said(100, "b")], 2, 1100, "a\nb"],
  ])("%s", (_title, waiting, count, readyAtMs, text) => {
    expect(gather(waiting)).toEqual({ count, readyAtMs, text, id: waiting[count - 1]?.event.messageId ?? "" });
  });

  test("the network's own time does not matter: a backlog that comes at once is judged by its arrival", () => {
    const old = (text: string, timeMs: number) => said(100, text, { timeMs });
    expect(gather([old("a", 0), old("b", 3_600_000)]).count).toBe(2);
    const late = (at: number, text: string) => said(at, text, { timeMs: 5 });
    expect(gather([late(0, "a"), late(9000, "b")]).count).toBe(1);
  });

  test.each<[title: string, waiting: Waiting[]]>([
    ["one after the other", [said(100, "a"), said(101, "b")]],
    ["in the same millisecond", [said(100, "a"), said(100, "b")]],
    ["with a clock that was set back", [said(100, "a"), said(50, "b")]],
  ])("without it nothing waits and nothing is joined: %s", (_title, waiting) => {
    expect(gather(waiting, none)).toEqual({ count: 1, readyAtMs: 0, text: "a", id: "m-a" });
  });

  test("without it one alone is ready when it came", () => {
    expect(gather([said(100, "a")], none)).toMatchObject({ count: 1, readyAtMs: 100 });
  });
});

describe("what is never joined", () => {
  const file: Told = { media: [{ kind: "image", handle: "h" }] };
  test.each<[title: string, other: Waiting]>([
    ["a file", said(200, "b", file)],
    ["a command", said(200, "/status")],
    ["an edit", said(200, "b", { type: "edit" })],
    ["a button", said(200, "b", { type: "button", button: "v" })],
    ["a reaction", said(200, "b", { type: "reaction" })],
    ["another person", said(200, "b", { sender: { id: "200" } })],
    ["another thread", said(200, "b", { chat: { threadId: "7" } })],
    ["another chat", said(200, "b", { chat: { id: "101" } })],
    ["another agent of those that hear this chat", said(200, "b", { forAgent: "second" })],
  ])("%s ends the wait of what came before, and does not wait itself", (_title, other) => {
    expect(gather([said(100, "a"), other])).toEqual({ count: 1, readyAtMs: 0, text: "a", id: "m-a" });
    expect(gather([other, said(300, "c")]).count).toBe(1);
  });

  test.each<[title: string, one: Waiting]>([
    ["a file", said(200, "b", file)],
    ["a command", said(200, "/status")],
    ["an edit", said(200, "b", { type: "edit" })],
    ["a delete", said(200, "b", { type: "delete" })],
    ["a button", said(200, "b", { type: "button" })],
    ["a reaction", said(200, "b", { type: "reaction" })],
  ])("%s is ready at once", (_title, one) => {
    expect(gather([one])).toMatchObject({ count: 1, readyAtMs: 0 });
    expect(gather([one, said(201, "c")])).toMatchObject({ count: 1, readyAtMs: 0 });
  });

  test("the same event for several agents stays one for each of them", () => {
    const both = ["one", "two"].map((forAgent) => said(100, "a", { forAgent, eventId: `e @${forAgent}` }));
    expect(gather(both)).toMatchObject({ count: 1, text: "a" });
    expect(gather(both, none)).toMatchObject({ count: 1, text: "a" });
  });

  test("a file among texts: the texts before it, the file, the texts after it", () => {
    const waiting = [said(0, "a"), said(1, "b"), said(2, "c", file), said(3, "d")];
    expect(gather(waiting)).toMatchObject({ count: 2, text: "a\nb", readyAtMs: 0 });
    expect(gather(waiting.slice(2))).toMatchObject({ count: 1, text: "c", readyAtMs: 0 });
    expect(gather(waiting.slice(3))).toMatchObject({ count: 1, text: "d", readyAtMs: 1003 });
  });
});

describe("a long paste", () => {
  const full = "x".repeat(3900);
  test("what the network cut belongs together, also without debounce", () => {
    expect(gather([said(0, full)], none)).toMatchObject({ count: 1, readyAtMs: 1500 });
    const { count, readyAtMs, text } = gather([said(0, full), said(1500, full), said(1600, "end")], none);
    expect({ count, readyAtMs }).toEqual({ count: 3, readyAtMs: 1600 });
    expect(text).toBe(`${full}\n${full}\nend`);
  });

  test.each<[title: string, waiting: Waiting[]]>([
    ["a part that comes too late", [said(0, full), said(1501, "end")]],
    ["a part after one that was not full", [said(0, "x".repeat(3799)), said(1, "end")]],
    ["a part of somebody else", [said(0, full), said(1, "end", { sender: { id: "200" } })]],
  ])("%s is no part", (_title, waiting) => {
    expect(gather(waiting, none)).toMatchObject({ count: 1 });
  });

  test("has at most twelve parts and 50,000 characters", () => {
    const parts = Array.from({ length: 13 }, (_, at) => said(at, `${at}`));
    expect(gather(parts)).toMatchObject({ count: 12, readyAtMs: 0 });
    expect(gather(parts.slice(0, 12))).toMatchObject({ count: 12, readyAtMs: 0 });
    expect(gather(parts.slice(0, 11))).toMatchObject({ count: 11, readyAtMs: 1010 });
    const big = Array.from({ length: 6 }, (_, at) => said(at, "y".repeat(10_000)));
    expect(gather(big)).toMatchObject({ count: 5, readyAtMs: 0 });
  });
});

test("one message: the ids and the time of the last, the quote of the first that has one, named if one of them named us", () => {
  const events: Inbound[] = [
    grouped({ eventId: "1", messageId: "m1", text: "look", timeMs: 1, mentionsSelf: true }),
    grouped({ eventId: "2", messageId: "m2", text: "at", timeMs: 2, quote: { messageId: "q1" } }),
    grouped({ eventId: "3", messageId: "m3", text: "this", timeMs: 3, quote: { messageId: "q2" } }),
  ];
  const [first, ...rest] = events.map((event, at) => ({ event, receivedAtMs: at }));
  if (!first) throw new Error("no event");
  expect(gatherMessages([first, ...rest], options).event).toEqual(
    grouped({
      eventId: "3",
      messageId: "m3",
      timeMs: 3,
      text: "look\nat\nthis",
      mentionsSelf: true,
      quote: { messageId: "q1" },
    }),
  );
  const unnamed = gatherMessages([{ event: direct({ text: "a" }), receivedAtMs: 0 }], options).event;
  expect("mentionsSelf" in unnamed || "quote" in unnamed).toBe(false);
});
