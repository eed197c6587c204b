/**
 * Parses Markdown once, into blocks with flat inline spans: headings, lists, quotes, fences, tables, rules, paragraphs.
 * HTML is text like any other, and line breaks are kept, as people who chat expect. Linear in the length of the text: a
 * line is read a fixed number of times for each level of nesting, and the levels are few.
 */
import { parseInline } from "./inline.ts";
import type { Block, Work } from "./tree.ts";

/** Quotes and lists deeper than this are text. */
const MAX_DEPTH = 6;
/** Wider tables are text. */
const MAX_COLUMNS = 24;

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+|$)/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})(?:[-*+•]|(\d{1,9})[.)])(?: {1,4}|$)/;

/** Called with a whole answer. Never throws. */
export function parseMarkdown(text: string, work: Work = { steps: 0 }): Block[] {
  const lines = text
    .toWellFormed()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.replaceAll("\u0000", "").replace(/^[ \t]+/, (space) => space.replaceAll("\t", "    ")));
  work.steps += text.length;
  return new BlockReader(work).read(lines, 0);
}

/** Where a block ends. */
interface Found {
  block: Block;
  next: number;
}

class BlockReader {
  readonly #work: Work;
  constructor(work: Work) {
    this.#work = work;
  }

  read(lines: readonly string[], depth: number): Block[] {
    const blocks: Block[] = [];
    for (let at = 0; at < lines.length; ) {
      this.#count(lines[at]!);
      if (isBlank(lines[at]!)) at += 1;
      else {
        const { block, next } = this.#block(lines, at, depth);
        blocks.push(block);
        at = next;
      }
    }
    return blocks;
  }

  #block(lines: readonly string[], at: number, depth: number): Found {
    const line = lines[at]!;
    const fence = fenceOf(line);
    if (fence !== undefined) return this.#fence(lines, at, fence);
    const heading = HEADING.exec(line);
    if (heading !== null) return { block: this.#heading(line, heading[1]!.length), next: at + 1 };
    if (isRule(line)) return { block: { type: "rule" }, next: at + 1 };
    if (depth < MAX_DEPTH && QUOTE.test(line)) return this.#quote(lines, at, depth);
    if (depth < MAX_DEPTH && ITEM.test(line)) return this.#list(lines, at, depth);
    return this.#table(lines, at) ?? this.#paragraph(lines, at, depth);
  }

  #fence(lines: readonly string[], at: number, fence: Fence): Found {
    const body: string[] = [];
    let next = at + 1;
    for (; next < lines.length; next++) {
      const line = lines[next]!;
      this.#count(line);
      if (endsFence(line, fence.mark)) break;
      body.push(line.slice(Math.min(fence.indent, indentOf(line))));
    }
    return { block: { type: "fence", language: fence.language, text: body.join("\n") }, next: next + 1 };
  }

  #heading(line: string, level: number): Block {
    let text = line.trim().slice(level).trim();
    let end = text.length;
    while (text[end - 1] === "#") end -= 1;
    if (end === 0 || text[end - 1] === " ") text = text.slice(0, end).trim();
    return { type: "heading", level, spans: parseInline(text, this.#work) };
  }

  #quote(lines: readonly string[], at: number, depth: number): Found {
    const inner: string[] = [];
    let next = at;
    for (; next < lines.length && QUOTE.test(lines[next]!); next++) {
      this.#count(lines[next]!);
      inner.push(lines[next]!.replace(QUOTE, ""));
    }
    return { block: { type: "quote", blocks: this.read(inner, depth + 1) }, next };
  }

  #list(lines: readonly string[], at: number, depth: number): Found {
    const number = ITEM.exec(lines[at]!)?.[2];
    const isOrdered = number !== undefined;
    const items: Block[][] = [];
    let next = at;
    while (next < lines.length) {
      const item = isRule(lines[next]!) ? null : ITEM.exec(lines[next]!);
      if (item === null || (item[2] !== undefined) !== isOrdered) break;
      const taken = this.#item(lines, next, item[0].length);
      items.push(this.read(taken.lines, depth + 1));
      next = taken.next;
    }
    return { block: { type: "list", start: isOrdered ? Number(number) : undefined, items }, next };
  }

  /** The lines of an item without marker and indentation; `next` is the first line after it that is not blank. */
  #item(lines: readonly string[], at: number, width: number): { lines: string[]; next: number } {
    const taken = [asTask(lines[at]!.slice(width))];
    let blanks = 0;
    let next = at + 1;
    for (; next < lines.length; next++) {
      const line = lines[next]!;
      this.#count(line);
      if (isBlank(line)) {
        blanks += 1;
        continue;
      }
      const indent = indentOf(line);
      // Two spaces are what people and models indent by, however wide the marker is.
      const isInside = indent >= Math.min(width, 2);
      if (!isInside && (blanks > 0 || startsBlock(line))) break;
      for (; blanks > 0; blanks--) taken.push("");
      taken.push(line.slice(Math.min(indent, width)));
    }
    return { lines: taken, next };
  }

  #table(lines: readonly string[], at: number): Found | undefined {
    const names = this.#tableHead(lines, at);
    if (names === undefined) return undefined;
    const rows: string[][] = [];
    let next = at + 2;
    for (; next < lines.length && lines[next]!.includes("|"); next++) {
      this.#count(lines[next]!);
      rows.push(cellsOf(lines[next]!));
    }
    const parsed = (cells: readonly string[]) => cells.map((cell) => parseInline(cell, this.#work));
    const source = lines.slice(at, next).join("\n");
    return { block: { type: "table", header: parsed(names), rows: rows.map(parsed), source }, next };
  }

  #tableHead(lines: readonly string[], at: number): string[] | undefined {
    const rule = lines[at + 1];
    if (rule === undefined || !lines[at]!.includes("|") || !rule.includes("-") || !/^[\s|:-]+$/.test(rule)) {
      return undefined;
    }
    this.#count(lines[at]!);
    this.#count(rule);
    const names = cellsOf(lines[at]!);
    const marks = cellsOf(rule);
    const isTable = marks.length === names.length && names.length <= MAX_COLUMNS;
    return isTable && marks.every((mark) => /^:?-+:?$/.test(mark)) ? names : undefined;
  }

  #paragraph(lines: readonly string[], at: number, depth: number): Found {
    let next = at + 1;
    for (; next < lines.length; next++) {
      const line = lines[next]!;
      this.#count(line);
      if (isBlank(line) || (depth < MAX_DEPTH && startsBlock(line))) break;
      if (this.#tableHead(lines, next) !== undefined) break;
    }
    const text = lines.slice(at, next).map((line) => line.trim());
    return { block: { type: "paragraph", spans: parseInline(text.join("\n"), this.#work) }, next };
  }

  #count(line: string): void {
    this.#work.steps += line.length + 1;
  }
}

interface Fence {
  mark: string;
  indent: number;
  language: string;
}

function fenceOf(line: string): Fence | undefined {
  const [, mark = "", info = ""] = FENCE.exec(line) ?? [];
  if (mark === "" || (mark[0] === "`" && info.includes("`"))) return undefined;
  return { mark, indent: indentOf(line), language: /^\s*([\w+#.-]{1,32})/.exec(info)?.[1] ?? "" };
}

function endsFence(line: string, mark: string): boolean {
  const text = line.trim();
  return indentOf(line) <= 3 && text.length >= mark.length && isMadeOf(text, mark[0]!);
}

function isRule(line: string): boolean {
  if (!/^ {0,3}[-*_]/.test(line)) return false;
  const text = line.replaceAll(/[ \t]/g, "");
  return text.length >= 3 && isMadeOf(text, text[0]!);
}

function startsBlock(line: string): boolean {
  return HEADING.test(line) || QUOTE.test(line) || ITEM.test(line) || isRule(line) || fenceOf(line) !== undefined;
}

function asTask(text: string): string {
  const box = /^\[([ xX])\] /.exec(text)?.[1];
  return box === undefined ? text : `${box === " " ? "☐" : "☑"} ${text.slice(4)}`;
}

/** The cells of a row, without those that are only there because the row ends with a bar. */
function cellsOf(line: string): string[] {
  const row = line.trim().replace(/^\|/, "");
  const cells: string[] = [];
  let from = 0;
  for (let at = 0; at <= row.length; at++) {
    if (row[at] === "\\") at += 1;
    else if (at === row.length || row[at] === "|") {
      if (at < row.length || row.slice(from).trim() !== "") cells.push(row.slice(from, at).trim());
      from = at + 1;
    }
  }
  if (from <= row.length && row.slice(from).trim() !== "") cells.push(row.slice(from).trim());
  return cells;
}

function isBlank(line: string): boolean {
  return line.trim() === "";
}

function indentOf(line: string): number {
  let indent = 0;
  while (line[indent] === " ") indent += 1;
  return indent;
}

function isMadeOf(text: string, char: string): boolean {
  for (let at = 0; at < text.length; at++) if (text[at] !== char) return false;
  return true;
}
