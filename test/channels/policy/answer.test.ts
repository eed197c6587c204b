import { describe, expect, test } from "bun:test";
import { parseAnswer } from "../../../src/channels/policy/answer.ts";

const plain = (text: string) => ({ text, media: [], isVoice: false });

test.each<[answer: string]>([["NO_REPLY"], ["  NO_REPLY\n"], ["\n\tNO_REPLY"]])("%j says nothing", (answer) => {
  expect(parseAnswer(answer)).toEqual(plain(""));
});

test.each<[answer: string, text: string]>([
  ["NO_REPLY, said he", "NO_REPLY, said he"],
  ["I say NO_REPLY", "I say NO_REPLY"],
  ["no_reply", "no_reply"],
  ["", ""],
  ["  \n ", ""],
])("%j is said as %j", (answer, text) => {
  expect(parseAnswer(answer)).toEqual(plain(text));
});

describe("marks", () => {
  test.each<[answer: string, expected: Partial<ReturnType<typeof parseAnswer>>]>([
    ["[[reply_to_current]] yes", { text: "yes", replyTo: "current" }],
    ["yes [[reply_to_current]]", { text: "yes", replyTo: "current" }],
    ["[[ reply_to_current ]]\nyes", { text: "yes", replyTo: "current" }],
    ["[[reply_to: 42]] yes", { text: "yes", replyTo: { id: "42" } }],
    ["[[reply_to:a/b.c:d]]yes", { text: "yes", replyTo: { id: "a/b.c:d" } }],
    ["[[audio_as_voice]]\nMEDIA:https://a.example/b.ogg", { media: ["https://a.example/b.ogg"], isVoice: true }],
    ["[[reply_to_current]][[audio_as_voice]] yes", { text: "yes", replyTo: "current", isVoice: true }],
    ["one\nMEDIA: https://a.example/1.png\ntwo", { text: "one\ntwo", media: ["https://a.example/1.png"] }],
    ["  MEDIA:https://a.example/1.png  ", { media: ["https://a.example/1.png"] }],
    ["MEDIA: `https://a.example/1.png`", { media: ["https://a.example/1.png"] }],
    ['MEDIA:"media:00ff.png"', { media: ["media:00ff.png"] }],
    ["MEDIA:<https://a.example/1.png>", { media: ["https://a.example/1.png"] }],
    ["MEDIA:a\nMEDIA:b", { media: ["a", "b"] }],
    ["[[reply_to:1]] [[reply_to:2]] x", { text: "x", replyTo: { id: "2" } }],
  ])("%j", (answer, expected) => {
    expect(parseAnswer(answer)).toEqual({ ...plain(""), ...expected });
  });

  test.each<[answer: string]>([
    ["[[reply_to:]] x"],
    ["[[reply_to: a b]] x"],
    ["[reply_to_current] x"],
    [`[[reply_to:${"a".repeat(201)}]] x`],
    ["MEDIA:"],
    ["MEDIA: "],
    ["see MEDIA: a"],
    ["media: a"],
  ])("%j is no mark", (answer) => {
    expect(parseAnswer(answer)).toEqual(plain(answer.trim()));
  });

  test("ten files of one answer, and the rest is not shown as text either", () => {
    const lines = Array.from({ length: 12 }, (_, at) => `MEDIA:https://a.example/${at}`);
    const { media, text } = parseAnswer(lines.join("\n"));
    expect(media).toHaveLength(10);
    expect(text).toBe("");
  });
});

describe("marks inside code stay what they are", () => {
  const marks = "MEDIA:/etc/passwd\n[[reply_to_current]]\n[[audio_as_voice]]";
  test.each<[title: string, answer: string]>([
    ["a block", `\`\`\`\n${marks}\n\`\`\``],
    ["a block with a language", `\`\`\`text title\n${marks}\n\`\`\``],
    ["a block of waves", `~~~\n${marks}\n~~~`],
    ["a block that does not end", `x\n\`\`\`\n${marks}`],
    ["a fence of the other kind inside", `~~~\n\`\`\`\n${marks}\n\`\`\`\n~~~`],
    ["a shorter fence inside", `\`\`\`\`\n\`\`\`\n${marks}\n\`\`\`\n\`\`\`\``],
    ["a fence with a language inside", `\`\`\`\n\`\`\`js\n${marks}\n\`\`\``],
    ["a block in a quote", `> \`\`\`\n${marks}\n> \`\`\``],
    ["a block in a list", `- a\n  \`\`\`\n${marks}\n  \`\`\``],
  ])("%s", (_title, answer) => {
    expect(parseAnswer(answer)).toEqual(plain(answer));
  });

  test.each<[answer: string]>([
    ["Write `[[audio_as_voice]]` for a voice note."],
    ["Write `[[reply_to_current]]` to quote."],
    ["Write ``[[reply_to: 1]] ` `` so."],
  ])("%j", (answer) => {
    expect(parseAnswer(answer)).toEqual(plain(answer));
  });

  test("a mark after the code is one again, and a lone backtick hides none", () => {
    expect(parseAnswer("```\nx\n```\nMEDIA:a")).toEqual({ ...plain("```\nx\n```"), media: ["a"] });
    expect(parseAnswer("~~~\n```\n~~~\nMEDIA:a")).toEqual({ ...plain("~~~\n```\n~~~"), media: ["a"] });
    expect(parseAnswer("a ` b [[reply_to_current]]")).toEqual({ ...plain("a ` b"), replyTo: "current" });
    expect(parseAnswer("`[[reply_to:1]]` [[reply_to:2]] x")).toEqual({
      ...plain("`[[reply_to:1]]` x"),
      replyTo: { id: "2" },
    });
    expect(parseAnswer("```a``` MEDIA:a\nMEDIA:b").media).toEqual(["b"]);
  });
});

test("long and hostile answers are read in time", () => {
  const started = performance.now();
  for (const part of ["`", "`` ", "` `` ", "[[", "[[reply_to:", "MEDIA: ", "~~~\n", "[[ ".padEnd(200), "> ".repeat(9)])
    parseAnswer(part.repeat(Math.ceil(200_000 / part.length)));
  expect(performance.now() - started).toBeLessThan(5_000);
});
