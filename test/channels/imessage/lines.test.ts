/** Bytes to lines, however they are cut. */
import { expect, test } from "bun:test";
import { LineSplitter } from "../../../src/channels/imessage/lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const feedAll = (lines: LineSplitter, pieces: readonly Uint8Array[]) => pieces.flatMap((piece) => lines.feed(piece));

test.each([1, 2, 3, 5, 1000])("a text cut every %d bytes has the lines of the whole", (step) => {
  const whole = bytes('{"text":"grüße 👋"}\n\n{"n":2}\r\n{"open":');
  const pieces = Array.from({ length: Math.ceil(whole.length / step) }, (_, at) =>
    whole.subarray(at * step, (at + 1) * step),
  );
  const lines = new LineSplitter();
  expect(feedAll(lines, pieces)).toEqual(['{"text":"grüße 👋"}', '{"n":2}']);
  expect(lines.feed(bytes("1}\n"))).toEqual(['{"open":1}']);
});

test("a line that is too long is left out and counted once, and what follows is read", () => {
  const lines = new LineSplitter(10);
  const pieces = ["ok\n", "12345", "67890", "1", "more of it", "\nnext\n1234567890\n"].map(bytes);
  expect(feedAll(lines, pieces)).toEqual(["ok", "next", "1234567890"]);
  expect(lines.skipped).toBe(1);
});

test("nothing of a line that never ends is kept", () => {
  const lines = new LineSplitter(10);
  for (let piece = 0; piece < 1000; piece++) expect(lines.feed(bytes("x".repeat(100)))).toEqual([]);
  expect(lines.skipped).toBe(1);
  expect(lines.feed(bytes("\nhere\n"))).toEqual(["here"]);
});
