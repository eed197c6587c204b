import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../../src/channels/contract.ts";
import { judgeMention, type MentionOptions, mentionPatterns } from "../../../src/channels/policy/mention.ts";
import { compilePattern } from "../../../src/channels/policy/pattern.ts";
import { direct, grouped, settingsOf } from "./events.ts";

type Row = [
  title: string,
  event: Inbound,
  section: Record<string, unknown>,
  expected: string,
  options?: MentionOptions,
];

test.each<Row>([
  ["a direct message is always meant", direct(), {}, "admit"],
  ["a group message is context", grouped(), {}, "context"],
  ["a channel message is context", grouped({ chat: { kind: "channel" } }), {}, "context"],
  ["a mention", grouped({ mentionsSelf: true }), {}, "admit"],
  ["an answer to us", grouped({ quote: { messageId: "1", isOfSelf: true } }), {}, "admit"],
  ["an answer to somebody else", grouped({ quote: { messageId: "1", isOfSelf: false } }), {}, "context"],
  [
    "an answer to somebody, quoting our name",
    grouped({ quote: { messageId: "1", text: "molty" } }),
    { mentionPatterns: ["molty"] },
    "context",
  ],
  ["a pattern", grouped({ text: "hey MOLTY!" }), { mentionPatterns: ["\\bmolty\\b"] }, "admit"],
  ["a pattern in another word", grouped({ text: "moltyness" }), { mentionPatterns: ["\\bmolty\\b"] }, "context"],
  [
    "a pattern that cannot be used",
    grouped({ text: "aa" }),
    { mentionPatterns: ["(a"] },
    "context",
    { hasNativeMention: false },
  ],
  ["no mention is required in the chat", grouped(), { groups: { "-500": { requireMention: false } } }, "admit"],
  ["no mention is required in any chat", grouped(), { groups: { "*": { requireMention: false } } }, "admit"],
  [
    "only here one is required",
    grouped(),
    { groups: { "*": { requireMention: false }, "-500": { requireMention: true } } },
    "context",
  ],
  ["one is required in another chat only", grouped(), { groups: { "-501": { requireMention: false } } }, "context"],
  ["a command", grouped({ text: "/status" }), {}, "admit", { isCommand: true }],
  ["the owner chose always", grouped(), {}, "admit", { activation: "always" }],
  [
    "the owner chose mention",
    grouped(),
    { groups: { "*": { requireMention: false } } },
    "context",
    { activation: "mention" },
  ],
  ["there is no way to mention", grouped(), {}, "admit", { hasNativeMention: false }],
  [
    "patterns are the way to mention",
    grouped(),
    { mentionPatterns: ["molty"] },
    "context",
    { hasNativeMention: false },
  ],
  ["a button of ours", grouped({ type: "button", button: "x" }), {}, "admit"],
  ["an edit is a message", grouped({ type: "edit" }), {}, "context"],
  ["an edit that mentions", grouped({ type: "edit", mentionsSelf: true }), {}, "admit"],
  ["a chat with the id of a person", grouped({ chat: { id: "100" } }), {}, "context"],
  ["a message without text", grouped({ text: "" }), { mentionPatterns: ["x"] }, "context"],
])("%s", (_title, event, section, expected, options = {}) => {
  expect(judgeMention(event, settingsOf(section), options).verdict).toBe(expected as never);
});

test("says why, and nothing that was written", () => {
  expect(judgeMention(grouped({ text: "secret" }), settingsOf({}))).toEqual({
    gate: "mention",
    verdict: "context",
    reason: "not mentioned",
    facts: { type: "message", kind: "group", chatId: "-500", patterns: 0 },
  });
});

describe("patterns", () => {
  const matches = (pattern: string, text: string) => {
    const made = compilePattern(pattern);
    if (typeof made === "string") throw new Error(made);
    return made.isIn(text);
  };

  test.each<[pattern: string, yes: string[], no: string[]]>([
    ["@?molty", ["molty", "hi @Molty, you"], ["mol ty", ""]],
    ["^(?:hey|hi),? bot", ["Hey, bot", "hi bot!"], ["oh hi bot"]],
    ["bot[.!?]*$", ["hello bot!!", "bot"], ["bot, hello"]],
    ["\\+15550102030", ["call +15550102030"], ["15550102030"]],
    ["[a-c]{2,3}x", ["ABx", "abcx"], ["ax", "adx"]],
    ["[^a-z]9", ["-9", "19"], ["b9", "9"]],
    ["\\d{3}", ["a123"], ["12 3"]],
    ["zoë|Ånn", ["ZOË", "ånn"], ["zoe"]],
    ["\\bzoë\\b", ["hi zoë!"], ["zoës", "xzoë"]],
    ["(?i)Bot", ["BOT"], ["b0t"]],
    ["a.c", ["abc", "a🦞c"], ["a\nc", "ac"]],
    ["🦞+", ["🦞🦞"], ["🦀"]],
    ["(a|b)*c", ["c", "ababc"], ["ab"]],
    ["[]a]x", ["]x", "ax"], ["bx"]],
    ["a{,2}b", ["a{,2}b"], ["ab"]],
    ["\\s-\\w\\W", [" -a!"], [" -aa"]],
    ["x{0,2}y{1}\\B", ["xxyy"], ["x"]],
  ])("%s", (pattern, yes, no) => {
    for (const text of yes) expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, true]);
    for (const text of no) expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, false]);
  });

  test.each<[pattern: string]>([
    ["(a"],
    ["a)"],
    ["[a"],
    ["*a"],
    ["a**"],
    ["\\"],
    ["(a)\\1"],
    ["(?=a)"],
    ["(?<!a)b"],
    ["(?<n>a)"],
    ["\\p{L}"],
    ["\\u0041"],
    ["[z-a]"],
    ["a{3,1}"],
    ["a".repeat(300)],
    ["((a{99}){99}){99}"],
    [""],
    ["a*"],
    [".*"],
    ["a|"],
    ["(x?)(y?)"],
  ])("%j is refused with a reason", (pattern) => {
    const { patterns, refused } = mentionPatterns([pattern]);
    expect(patterns).toEqual([]);
    expect(refused[0]?.reason.length).toBeGreaterThan(5);
  });

  test("agrees with the engine of the platform where both know the pattern", () => {
    const patterns = ["a+b", "(ab|a)(bc|c)", "^a?b?c$", "[ab]{2}c", "a.*c", "(a|ab)*c", "\\ba", "c\\b", "(?:b|c)+a"];
    for (let bits = 0; bits < 3 ** 6; bits++) {
      const text = bits.toString(3).replaceAll("0", "a").replaceAll("1", "b").replaceAll("2", "c");
      for (const pattern of patterns) {
        expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, new RegExp(pattern).test(text)]);
      }
    }
  });

  test.each([["(a+)+$"], ["(a|a)*b"], ["(a*)*b"], ["a*a*a*a*a*b"], ["(.*)(.*)(.*)(.*)x"], ["(a|aa)+$"]])(
    "%s takes linear time",
    (pattern) => {
      const made = compilePattern(pattern);
      if (typeof made === "string") throw new Error(made);
      const steps = (length: number) => {
        const work = { steps: 0 };
        made.isIn(`${"a".repeat(length)}!`, work);
        return work.steps;
      };
      expect(steps(16_000)).toBeLessThan(steps(4000) * 5);
      expect(steps(16_000)).toBeLessThan(16_000 * 60);
    },
  );

  test("no more than 32 patterns are used, each once", () => {
    const { patterns, refused } = mentionPatterns(Array.from({ length: 40 }, (_, index) => `name${index}`));
    expect([patterns.length, refused.length]).toEqual([32, 8]);
    expect(mentionPatterns(["a", "a"]).patterns).toHaveLength(1);
  });
});
