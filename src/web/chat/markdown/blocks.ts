/**
 * Splits Markdown into blocks: the part of CommonMark and its tables that agents write.
 * HTML is text like any other. Linear in the length of the text: lines are looked at once per nesting level, and the
 * levels are limited. Inline text is left as it is for `inline.ts`, so that only visible changes are parsed again.
 */
import { uncounted, type Work } from "./work.ts";

export type Align = "left" | "center" | "right" | undefined;

export type Block =
  | { type: "paragraph"; text: string }
  | { type: "heading"; level: number; text: string }
  | { type: "code"; language: string; text: string }
  | { type: "quote"; blocks: Block[] }
  | { type: "list"; isOrdered: boolean; start: number; isTight: boolean; items: Block[][] }
  | { type: "table"; align: Align[]; header: string[]; rows: string[][] }
  | { type: "rule" };

/** A block of the top level with the text it came from: equal sources give equal blocks. */
export interface SourcedBlock {
  block: Block;
  source: string;
}

/** Quotes and lists deeper than this are shown as text. */
const MAX_DEPTH = 8;
/** Wider tables are shown as text. */
const MAX_COLUMNS = 32;

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|(\d{1,9})[.)])( {1,4}|\t|$)/;

/** What a reader of lines found: a block, and the index of the first line after it. */
interface Found {
  block: Block;
  next: number;
}

export function parseMarkdown(text: string, work: Work = uncounted()): SourcedBlock[] {
  const lines = text.split(/\r\n|\r|\n/).map(expandTabs);
  const blocks: SourcedBlock[] = [];
  for (let at = 0; at < lines.length; ) {
    const found = readBlock(lines, at, 0, work);
    if (found === undefined) at += 1;
    else {
      blocks.push({ block: found.block, source: lines.slice(at, found.next).join("\n") });
      at = found.next;
    }
  }
  return blocks;
}

function parseLines(lines: readonly string[], depth: number, work: Work): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const found = readBlock(lines, at, depth, work);
    if (found !== undefined) blocks.push(found.block);
    at = found?.next ?? at + 1;
  }
  return blocks;
}

function readBlock(lines: readonly string[], at: number, depth: number, work: Work): Found | undefined {
  const line = lines[at]!;
  work.steps += line.length + 1;
  if (line.trim() === "") return undefined;
  const nested =
    depth < MAX_DEPTH ? (readQuote(lines, at, depth, work) ?? readList(lines, at, depth, work)) : undefined;
  return (
    readFence(lines, at, work) ??
    readHeading(line, at) ??
    (isRule(line) ? { block: { type: "rule" }, next: at + 1 } : undefined) ??
    nested ??
    readTable(lines, at, work) ??
    readParagraph(lines, at, depth, work)
  );
}

function readFence(lines: readonly string[], at: number, work: Work): Found | undefined {
  const opening = FENCE.exec(lines[at]!);
  if (opening === null) return undefined;
  const [, fence = "", info = ""] = opening;
  const indent = indentOf(lines[at]!);
  const body: string[] = [];
  let next = at + 1;
  // A fence that is still being written has no end yet.
  for (; next < lines.length; next++) {
    const line = lines[next]!;
    work.steps += line.length + 1;
    if (isClosing(line, fence)) break;
    body.push(line.slice(Math.min(indent, indentOf(line))));
  }
  const language = info.trim().split(/\s/, 1)[0] ?? "";
  return { block: { type: "code", language, text: body.join("\n") }, next: next + 1 };
}

function isClosing(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && indentOf(line) <= 3 && isMadeOf(text, fence[0]!);
}

function readHeading(line: string, at: number): Found | undefined {
  const marker = HEADING.exec(line)?.[1];
  if (marker === undefined) return undefined;
  const text = line.trim().slice(marker.length).trim();
  let end = text.length;
  while (end > 0 && text[end - 1] === "#") end -= 1;
  const isClosed = end < text.length && (end === 0 || text[end - 1] === " ");
  const shown = isClosed ? text.slice(0, end).trimEnd() : text;
  return { block: { type: "heading", level: marker.length, text: shown }, next: at + 1 };
}

function isRule(line: string): boolean {
  const text = line.replaceAll(" ", "");
  return text.length >= 3 && indentOf(line) <= 3 && /^[-*_]/.test(text) && isMadeOf(text, text[0]!);
}

function readQuote(lines: readonly string[], at: number, depth: number, work: Work): Found | undefined {
  if (!QUOTE.test(lines[at]!)) return undefined;
  const inner: string[] = [];
  let next = at;
  for (; next < lines.length && QUOTE.test(lines[next]!); next++) {
    work.steps += lines[next]!.length + 1;
    inner.push(lines[next]!.replace(QUOTE, ""));
  }
  return { block: { type: "quote", blocks: parseLines(inner, depth + 1, work) }, next };
}

function readList(lines: readonly string[], at: number, depth: number, work: Work): Found | undefined {
  const first = itemStart(lines[at]!);
  if (first === undefined) return undefined;
  const items: Block[][] = [];
  let isTight = true;
  let next = at;
  while (next < lines.length) {
    const start = itemStart(lines[next]!);
    if (start === undefined || start.kind !== first.kind || isRule(lines[next]!)) break;
    const item = takeItem(lines, next, start.width, work);
    if (item.hasInnerBlank) isTight = false;
    items.push(parseLines(item.lines, depth + 1, work));
    const following = item.next;
    next = skipBlank(lines, following);
    const isSibling = next < lines.length && itemStart(lines[next]!)?.kind === first.kind && !isRule(lines[next]!);
    if (!isSibling) next = following;
    else if (next > following) isTight = false;
  }
  return {
    block: { type: "list", isOrdered: first.number !== undefined, start: first.number ?? 1, isTight, items },
    next,
  };
}

/** The lines of one item, without its marker and indentation, and without the blank lines after it. */
function takeItem(lines: readonly string[], at: number, width: number, work: Work) {
  const taken = [asTask(lines[at]!.slice(width))];
  let next = at + 1;
  let hasInnerBlank = false;
  let blanks = 0;
  for (; next < lines.length; next++) {
    const line = lines[next]!;
    work.steps += line.length + 1;
    if (line.trim() === "") {
      blanks += 1;
      continue;
    }
    const indent = indentOf(line);
    // Agents often indent by two where the marker is wider.
    const isInside = indent >= Math.min(width, 2);
    const isLazy = blanks === 0 && !startsBlock(line);
    if (!isInside && !isLazy) break;
    for (; blanks > 0; blanks--) {
      taken.push("");
      hasInnerBlank = true;
    }
    taken.push(line.slice(Math.min(indent, width)));
  }
  return { lines: taken, next: next - blanks, hasInnerBlank };
}

function itemStart(line: string): { kind: string; number: number | undefined; width: number } | undefined {
  const match = ITEM.exec(line);
  if (match === null) return undefined;
  const [whole, , marker = "", digits] = match;
  const number = digits === undefined ? undefined : Number(digits);
  // Five or more spaces after the marker would be code in an item; here they are just spaces.
  return { kind: digits === undefined ? marker : marker.slice(-1), number, width: whole.length };
}

function asTask(text: string): string {
  if (text.startsWith("[ ] ")) return `☐ ${text.slice(4)}`;
  return text.startsWith("[x] ") || text.startsWith("[X] ") ? `☑ ${text.slice(4)}` : text;
}

function readTable(lines: readonly string[], at: number, work: Work): Found | undefined {
  const header = tableHeader(lines, at, work);
  if (header === undefined) return undefined;
  const rows: string[][] = [];
  let next = at + 2;
  for (; next < lines.length && lines[next]!.includes("|"); next++) {
    work.steps += lines[next]!.length + 1;
    const cells = splitRow(lines[next]!);
    rows.push(header.cells.map((_, column) => cells[column] ?? ""));
  }
  return { block: { type: "table", align: header.align, header: header.cells, rows }, next };
}

function tableHeader(lines: readonly string[], at: number, work: Work) {
  const line = lines[at]!;
  const under = lines[at + 1];
  if (under === undefined || !line.includes("|") || !under.includes("-")) return undefined;
  work.steps += line.length + under.length;
  const cells = splitRow(line);
  const marks = splitRow(under);
  const isTable =
    cells.length === marks.length && cells.length <= MAX_COLUMNS && marks.every((mark) => /^:?-+:?$/.test(mark));
  return isTable ? { cells, align: marks.map(alignOf) } : undefined;
}

function alignOf(mark: string): Align {
  if (mark.endsWith(":")) return mark.startsWith(":") ? "center" : "right";
  return mark.startsWith(":") ? "left" : undefined;
}

function splitRow(line: string): string[] {
  const cells: string[] = [];
  let cell = "";
  const text = line.trim();
  for (let i = text.startsWith("|") ? 1 : 0; i < text.length; i++) {
    if (text[i] === "\\" && text[i + 1] === "|") {
      cell += "|";
      i += 1;
    } else if (text[i] === "|") {
      cells.push(cell.trim());
      cell = "";
    } else cell += text[i];
  }
  if (cell.trim() !== "" || !text.endsWith("|")) cells.push(cell.trim());
  return cells;
}

function readParagraph(lines: readonly string[], at: number, depth: number, work: Work): Found {
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next]!;
    work.steps += line.length + 1;
    if (line.trim() === "" || (depth < MAX_DEPTH && startsBlock(line))) break;
    if (tableHeader(lines, next, work) !== undefined) break;
    next += 1;
  }
  const text = lines.slice(at, next).map((line) => line.trimStart());
  return { block: { type: "paragraph", text: text.join("\n").trimEnd() }, next };
}

function startsBlock(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || QUOTE.test(line) || itemStart(line) !== undefined || isRule(line);
}

function skipBlank(lines: readonly string[], at: number): number {
  let next = at;
  while (next < lines.length && lines[next]!.trim() === "") next += 1;
  return next;
}

function expandTabs(line: string): string {
  return line.includes("\t") ? line.replace(/^[ \t]+/, (space) => space.replaceAll("\t", "    ")) : line;
}

function indentOf(line: string): number {
  let indent = 0;
  while (line[indent] === " ") indent += 1;
  return indent;
}

function isMadeOf(text: string, char: string): boolean {
  for (const one of text) if (one !== char) return false;
  return true;
}
