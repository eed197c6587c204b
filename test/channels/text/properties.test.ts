import { describe, expect, test } from "bun:test";
import type { Markup } from "../../../src/channels/contract.ts";
import { type Piece, type RenderOptions, renderPieces } from "../../../src/channels/text/render.ts";
import { sequence } from "../../lib/sequence.ts";
import { generate, hostile, htmlProblem, markups } from "./support.ts";

const rooms: readonly { textLimit: number; maxLines?: number }[] = [
  { textLimit: 4000 },
  { textLimit: 2000, maxLines: 17 },
  { textLimit: 300 },
  { textLimit: 64, maxLines: 2 },
];

/** Everything that has to hold for every text; the first thing that does not. */
function problem(markdown: string, options: RenderOptions): string | undefined {
  const pieces = renderPieces(markdown, options);
  const [whole] = renderPieces(markdown, {
    ...options,
    textLimit: Number.MAX_SAFE_INTEGER,
    maxLines: Infinity,
    chunkMode: "length",
  });
  for (const [index, piece] of pieces.entries()) {
    for (const text of [piece.text, piece.plainText]) {
      if (text.length > options.textLimit) return `piece ${index} has ${text.length} characters`;
      if (text.split("\n").length > (options.maxLines ?? Infinity)) return `piece ${index} has too many lines`;
      if (text.trim() === "") return `piece ${index} is blank`;
      if (!text.isWellFormed()) return `piece ${index} has half a character`;
    }
    const html = options.markup === "html" ? htmlProblem(piece.text) : undefined;
    if (html !== undefined) return `piece ${index}: ${html}`;
    if (options.markup === "html" && !isWithin(textOfHtml(piece.text), piece.plainText))
      return `piece ${index} differs`;
    if (/^(?:plain|ranges)$/.test(options.markup) && piece.text !== piece.plainText) return `piece ${index} differs`;
    if (hasOddFences(options.markup, piece)) return `piece ${index} has a fence that is not closed`;
    const split = splitCharacter(pieces[index - 1], piece);
    if (split !== undefined) return `pieces ${index - 1} and ${index} share ${split}`;
  }
  const said = pieces.map(({ plainText }) => plainText).join("");
  if (withoutGaps(said) !== withoutGaps(whole?.plainText ?? "")) return "text is lost";
  return undefined;
}

/** A quote is marked again on every line of it, also on those that a cut makes. */
const withoutGaps = (text: string) => text.replaceAll(/[\s>]+/gu, "");

function hasOddFences(markup: Markup, { text }: Piece): boolean {
  return ["mrkdwn", "light", "markdown"].includes(markup) && text.replaceAll("\\`", "").split("```").length % 2 === 0;
}

const textOfHtml = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** Whether all characters of a text but space come in another in this order; the other has addresses besides. */
function isWithin(text: string, other: string): boolean {
  let at = 0;
  for (const char of withoutGaps(text)) {
    at = other.indexOf(char, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function splitCharacter(before: Piece | undefined, after: Piece): string | undefined {
  if (before === undefined) return undefined;
  const last = Array.from(segmenter.segment(before.plainText.slice(-24))).at(-1)?.segment ?? "";
  const first = Array.from(segmenter.segment(after.plainText.slice(0, 24)))[0]?.segment ?? "";
  const isOne = Array.from(segmenter.segment(last + first)).length === 1;
  return isOne && last.length + first.length <= 24 ? JSON.stringify(last + first) : undefined;
}

describe.each(markups.map((markup) => [markup]))("%s", (markup) => {
  test.each(rooms.map((room) => [room.textLimit, room] as const))(
    "generated texts fit %i characters, stay whole and lose nothing",
    (_, room) => {
      for (let seed = 1; seed <= 30; seed++) {
        const next = sequence(seed * 7919);
        const markdown = generate(next, 1 + (seed % 12));
        const tables = (["code", "bullets", "off"] as const)[seed % 3]!;
        const chunkMode = seed % 2 ? "length" : "newline";
        const found = problem(markdown, { markup, ...room, tables, chunkMode });
        if (found !== undefined) throw new Error(`seed ${seed}: ${found}`);
      }
    },
  );

  test.each(Object.keys(hostile))("hostile: %s", (name) => {
    const make = hostile[name]!;
    for (const room of rooms) {
      const found = problem(make(3000), { markup, ...room, tables: "bullets" });
      if (found !== undefined) throw new Error(`${JSON.stringify(room)}: ${found}`);
    }
  });

  // The markups differ in how characters are written only; the largest texts are tried with one of them.
  const most = markup === "html" ? 200_000 : 24_000;
  test.each(Object.keys(hostile))(`${most} characters take four times the steps of a quarter: %s`, (name) => {
    const steps = (size: number) => {
      const work = { steps: 0 };
      renderPieces(hostile[name]!(size), { markup, textLimit: 4000, tables: "bullets" }, work);
      return work.steps;
    };
    const large = steps(most);
    expect(large).toBeLessThan(steps(most / 4) * 5 + 20_000);
    expect(large).toBeLessThan(most * 25 + 20_000);
  });
});

test("what is written grows by a bounded factor, whatever the text", () => {
  for (const [name, make] of Object.entries(hostile)) {
    for (const markup of markups) {
      const text = make(9000);
      const pieces = renderPieces(text, { markup, textLimit: 4000, tables: "bullets" });
      const total = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
      if (total > text.length * 8 + 8192) throw new Error(`${name} as ${markup}: ${text.length} became ${total}`);
    }
  }
});
