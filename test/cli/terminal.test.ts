import { expect, test } from "bun:test";
import { parseRecord, prettyRecord } from "../../src/cli/log-line.ts";
import { cleanLine, cleanText, createPaint, formatAge, formatTable, safeJson } from "../../src/cli/terminal.ts";

const plain = createPaint(false);

test.each<[title: string, text: string, clean: string]>([
  ["colours", "\x1b[31mred\x1b[0m", "red"],
  ["a window title", "a\x1b]0;owned\x07b", "ab"],
  ["a link", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"],
  ["C1 controls", "a\x9b31mb\x85c", "abc"],
  ["backspace and bell", "rm\x08\x08ls\x07", "rmls"],
  ["a carriage return", "safe\rEVIL", "safeEVIL"],
  ["direction overrides", "abc\u202Etxt.exe\u2066", "abctxt.exe"],
  ["marks, zero widths and tags", "a\u200Eb\u200Bc\uFEFF\u{E0041}d", "abcd"],
  ["line separators", "a\u2028b\u2029c", "abc"],
])("cleanText removes %s", (_title, text, clean) => {
  expect(cleanText(text)).toBe(clean);
});

test("cleanText keeps lines, tabs and emoji with joiners", () => {
  expect(cleanText("a\tb\r\nc 👩‍👩‍👧 é 日本")).toBe("a\tb\nc 👩‍👩‍👧 é 日本");
});

test("cleanLine makes one line", () => {
  expect(cleanLine(" a\nb\r\nc\t")).toBe("a b c");
});

test("safeJson escapes what cleanText removes, and says the same", () => {
  const value = { name: "a\u202Eb\x9bc\u{E0041}" };
  const text = safeJson(value);
  expect(text).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(text)).toEqual(value);
});

test("a table fits its width by cutting flexible columns only, and counts wide characters", () => {
  const table = formatTable(
    [
      { title: "KEY", isFlexible: true },
      { title: "AGE", align: "right" },
    ],
    [
      ["x".repeat(100), "5m"],
      ["日本語".repeat(20), "12h"],
      ["bad\x1b[2J\nname", "1d"],
    ],
    40,
    plain,
  );
  const lines = table.split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^x+… +5m$/);
  for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(40);
  expect(lines[3]).toMatch(/^bad name +1d$/);
});

test("paint colours only when asked to", () => {
  expect([plain("red", "x"), createPaint(true)("red", "x")]).toEqual(["x", "\x1b[31mx\x1b[0m"]);
});

test.each([
  [0, "0s"],
  [59_000, "59s"],
  [60_000, "1m"],
  [7_200_000, "2h"],
  [200_000_000, "2d"],
  [-5, "0s"],
])("%d ms ago is %s", (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

test("a log line with hostile fields is disarmed, nested values included", () => {
  const line = JSON.stringify({
    time: "2026-01-15T12:00:00.000Z",
    level: "warn",
    room: "gateway",
    message: "refused\x1b[2J",
    name: "evil\u202Egnp.exe\x9b31m",
    nested: { deep: "a\u2066b" },
    count: 3,
  });
  const record = parseRecord(line);
  expect(record && prettyRecord(record, false)).toBe(
    String.raw`12:00:00 warn  gateway: refused name=evilgnp.exe nested="{\"deep\":\"ab\"}" count=3`,
  );
  expect([parseRecord("not json"), parseRecord("{}")]).toEqual([undefined, undefined]);
});
