/**
 * Cuts units into pieces that fit. A piece is filled as far as it goes and then cut at the best place of its second
 * half: paragraph, line, sentence, space, and only then anywhere. Marks are ended and begun again around a cut.
 * Linear: what follows a cut is read again, but of two pieces in a row at least one is half full.
 */
import { lineBreaks, type Room, type Shape } from "./shape.ts";
import type { Mark, Work } from "./tree.ts";
import type { Unit } from "./units.ts";

/** One message to send. */
export interface Piece {
  /** For the markup. */
  text: string;
  /** The same without markup. Fits as well. */
  plainText: string;
}

/** What cutting depends on. */
export interface Cutting {
  out: Shape;
  plain: Shape;
  room: Room;
  /** Whether every paragraph is a piece. */
  isByParagraph: boolean;
  work: Work;
}

/** Places to cut, the better the higher. */
const HARD = 0;
const SPACE = 1;
const SENTENCE = 2;
const LINE = 3;
const PARAGRAPH = 4;
/** Characters that belong together are looked back for this far. */
const MAX_BACK = 32;

/** Called once for each answer. */
export function cutPieces(units: readonly Unit[], cutting: Cutting): Piece[] {
  const pieces: Piece[] = [];
  for (let start = skipGaps(units, 0); start < units.length; ) {
    const cut = findCut(units, start, cutting);
    const piece = write(units.slice(start, trimEnd(units, start, cut)), cutting);
    if (piece.plainText.trim() !== "") pieces.push(piece);
    start = nextStart(units, cut);
  }
  return pieces;
}

/** Where the piece that begins at `start` ends; always after it. */
function findCut(units: readonly Unit[], start: number, cutting: Cutting): number {
  const { room, work } = cutting;
  const pen = new Pen(cutting.out);
  const plainPen = new Pen(cutting.plain);
  const isBeyond = (share: number) =>
    Math.max(pen.chars, plainPen.chars) > room.chars * share ||
    Math.max(pen.lines, plainPen.lines) > room.lines * share;
  /** The last place of each quality in the second half, and the last of any before. */
  const places: (number | undefined)[] = [];
  let early: number | undefined;
  for (let at = start; at < units.length; at++) {
    work.steps += 1;
    const unit = units[at]!;
    const place = at > start ? qualityAt(units, at) : HARD;
    if (cutting.isByParagraph && place === PARAGRAPH && unit.marks.length === 0) return at;
    if (place > HARD && isBeyond(0.5)) places[place] = at;
    else if (place > HARD) early = at;
    pen.add(unit.out, unit.marks);
    plainPen.add(unit.plain, unit.marks);
    if (!isBeyond(1)) continue;
    const best = places[PARAGRAPH] ?? places[LINE] ?? places[SENTENCE] ?? places[SPACE] ?? early;
    return best ?? betweenCharacters(units, start, at);
  }
  return units.length;
}

function qualityAt(units: readonly Unit[], at: number): number {
  const { gap } = units[at]!;
  if (gap === "paragraph") return PARAGRAPH;
  if (gap === "newline") return LINE;
  const before = units[at - 1]!.plain;
  // Where sentences are written without spaces between them, their end is a place too.
  if (gap === "none") return before === "。" || before === "！" || before === "？" ? SENTENCE : HARD;
  const last = /["'”’)\]]$/.test(before) ? units[at - 2]?.plain : before;
  return last !== undefined && /[.!?…。！？]$/.test(last) ? SENTENCE : SPACE;
}

/** The last place up to `at` that is not inside what is seen as one character, across marks too. */
function betweenCharacters(units: readonly Unit[], start: number, at: number): number {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (let cut = at; cut > start + 1 && at - cut < MAX_BACK; cut--) {
    const before = units[cut - 1]!.plain;
    const both = before + units[cut]!.plain;
    const isBoundary = Array.from(segmenter.segment(both)).some(({ index }) => index === before.length);
    if (before === "" || isBoundary) return cut;
  }
  return Math.max(at, start + 1);
}

function skipGaps(units: readonly Unit[], at: number): number {
  let next = at;
  while (next < units.length && isLooseGap(units[next]!)) next += 1;
  return next;
}

function trimEnd(units: readonly Unit[], start: number, cut: number): number {
  let end = cut;
  while (end > start && isLooseGap(units[end - 1]!)) end -= 1;
  return end;
}

/** Of code only the line break is dropped at which it is cut. */
function nextStart(units: readonly Unit[], cut: number): number {
  const unit = units[cut];
  if (unit?.isCode && unit.gap === "newline") return cut + 1;
  return skipGaps(units, cut);
}

function isLooseGap({ gap, isCode }: Unit): boolean {
  return gap !== "none" && !isCode;
}

function write(units: readonly Unit[], { out, plain }: Cutting): Piece {
  const pen = new Pen(out);
  const plainPen = new Pen(plain);
  const parts: string[] = [];
  const plainParts: string[] = [];
  for (const unit of units) {
    parts.push(pen.add(unit.out, unit.marks));
    plainParts.push(plainPen.add(unit.plain, unit.marks));
  }
  parts.push(pen.ending);
  plainParts.push(plainPen.ending);
  return { text: parts.join(""), plainText: plainParts.join("") };
}

/** Writes units after each other, with the marks between them, and knows how long the piece is if it ends here. */
class Pen {
  readonly #shape: Shape;
  #marks: readonly Mark[] | undefined;
  #shown: readonly Mark[] = [];
  #chars = 0;
  #breaks = 0;
  /** What ends all marks that are open. */
  ending = "";
  #endingBreaks = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  get chars(): number {
    return this.#chars + this.ending.length;
  }

  get lines(): number {
    return this.#breaks + this.#endingBreaks + 1;
  }

  /** What is written: the marks that end and begin here, and the text. No text, no marks. */
  add(text: string, marks: readonly Mark[]): string {
    if (text === "") return "";
    const written = (marks === this.#marks ? "" : this.#turnTo(marks)) + text;
    this.#chars += written.length;
    this.#breaks += lineBreaks(written);
    return written;
  }

  #turnTo(marks: readonly Mark[]): string {
    const { dialect } = this.#shape;
    const before = this.#shown;
    const shown = this.#shape.shown(marks);
    let same = 0;
    while (same < shown.length && shown[same] === before[same]) same += 1;
    const prefixBefore = this.#marks === undefined ? "" : this.#shape.prefix(this.#marks);
    const prefix = this.#shape.prefix(marks);
    const ended = before
      .slice(same)
      .toReversed()
      .map((mark) => dialect.end(mark, prefixBefore));
    const begun = shown.slice(same).map((mark) => dialect.begin(mark, prefix));
    this.#marks = marks;
    this.#shown = shown;
    this.ending = shown
      .toReversed()
      .map((mark) => dialect.end(mark, prefix))
      .join("");
    this.#endingBreaks = lineBreaks(this.ending);
    return ended.join("") + begun.join("");
  }
}
