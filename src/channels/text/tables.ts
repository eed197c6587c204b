/** Tables for networks that have none: as code with columns, as a list, or as they were written. */
import type { Block, Mark, Span } from "./tree.ts";

type Table = Extract<Block, { type: "table" }>;

/** Wider cells are not waited for. */
const MAX_WIDTH = 32;
/** A table may grow by this much when it is laid out; a hostile one would grow without end. */
const MAX_GROWTH = 4;
const FREE_CHARS = 4096;

/** The block that stands for a table. */
export function tableBlock(table: Table, form: "code" | "bullets" | "off"): Block {
  if (form === "off") return asWritten(table);
  return (form === "bullets" ? asList(table) : undefined) ?? asCode(table);
}

function asCode({ header, rows, source }: Table): Block {
  const cells = [header, ...rows].map((row) => row.map(textOf));
  const widths = header.map((_, column) => Math.min(MAX_WIDTH, Math.max(...columnOf(cells, column).map(widthOf))));
  const total = cells.reduce((sum, row) => sum + row.reduce((all, _, at) => all + (widths[at] ?? 0) + 3, 0), 0);
  const isPadded = total <= limitOf(source);
  const lines = cells.map((row) =>
    row
      .map((cell, at) => (isPadded ? padded(cell, widths[at] ?? 0) : cell))
      .join(" | ")
      .trimEnd(),
  );
  const rule = isPadded ? widths.map((width) => "-".repeat(Math.max(1, width))).join("-|-") : "---";
  return { type: "fence", language: "", text: [lines[0], rule, ...lines.slice(1)].join("\n") };
}

/** A row is an item with its first cell in bold, and under it what the other columns say. */
function asList({ header, rows, source }: Table): Block | undefined {
  const names = header.map(textOf);
  const repeated = names.slice(1).reduce((sum, name) => sum + name.length + 2, 0) * rows.length;
  if (rows.length === 0 || repeated > limitOf(source)) return undefined;
  const items = rows.map(([first = [], ...others]): Block[] => {
    const title: Block = { type: "paragraph", spans: names.length > 1 ? bold(first) : first };
    const details = others.flatMap((cell, at): Block[][] => {
      const name = names[at + 1] ?? "";
      if (cell.length === 0) return [];
      const label: Span[] = name === "" ? [] : [{ text: `${name}: `, marks: [], kind: "text" }];
      return [[{ type: "paragraph", spans: [...label, ...cell] }]];
    });
    return details.length > 0 ? [title, { type: "list", start: undefined, items: details }] : [title];
  });
  const list: Block = { type: "list", start: undefined, items };
  const corner = names[0] ?? "";
  if (corner === "") return list;
  return { type: "list", start: undefined, items: [[headLine(names)], ...items] };
}

/** Named once, so that no word of the table is lost. */
function headLine(names: readonly string[]): Block {
  return {
    type: "paragraph",
    spans: [{ text: names.filter((name) => name !== "").join(" / "), marks: [], kind: "text" }],
  };
}

function asWritten({ source }: Table): Block {
  const spans = source.split("\n").flatMap((line, index): Span[] => {
    const written: Span = { text: line, marks: [], kind: "token" };
    return index === 0 ? [written] : [{ text: "\n", marks: [], kind: "text" }, written];
  });
  return { type: "paragraph", spans };
}

function limitOf(source: string): number {
  return source.length * MAX_GROWTH + FREE_CHARS;
}

/** What a cell says, with the addresses of its links. */
function textOf(spans: readonly Span[]): string {
  return spans
    .map(({ text, kind }) => (kind === "linkEnd" ? ` (${text})` : text))
    .join("")
    .replaceAll("\n", " ");
}

function bold(spans: readonly Span[]): Span[] {
  const mark: Mark = { kind: "bold" };
  return spans.map((span) =>
    span.marks.some(({ kind }) => kind === "bold") ? span : { ...span, marks: [mark, ...span.marks] },
  );
}

function columnOf(rows: readonly (readonly string[])[], column: number): string[] {
  return rows.map((row) => row[column] ?? "");
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - widthOf(cell)));
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns of a terminal that a text takes. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += /[\p{M}\u200d]/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}
