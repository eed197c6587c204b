/** Text on a terminal: what other people wrote is disarmed, colours only where they are wanted. Pure. */

/** Controls (C0 except tab and line end, DEL, C1), direction marks and overrides, invisible tags and line separators. */
const HOSTILE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text of several lines without anything that could move the cursor, recolour, retitle or reorder (threats T42). */
export function cleanText(text: string): string {
  return Bun.stripANSI(text).replaceAll("\r\n", "\n").replaceAll(HOSTILE, "");
}

/** The same on one line. */
export function cleanLine(text: string): string {
  return cleanText(text.replaceAll(/[\n\t\r]+/g, " ")).trim();
}

/** JSON in which such characters are escaped instead of removed: the reader still gets every one of them. */
export function safeJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, null, indent) ?? "null";
  const toEscape = (text: string) =>
    text.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return json.replaceAll(HOSTILE, toEscape);
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const codes: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Colours a text when colours are on. */
export type Paint = (style: Style, text: string) => string;

/** The painter for one output. */
export function createPaint(useColor: boolean): Paint {
  return (style, text) => (useColor && text ? `\x1b[${codes[style]}m${text}\x1b[0m` : text);
}

/** One column of a table. */
export interface Column {
  title: string;
  /** May be cut when the table is too wide; others keep their width. */
  isFlexible?: boolean;
  align?: "right";
}

/** Narrowest flexible column. */
const MIN_FLEXIBLE = 8;
const GAP = "  ";

/** Rows as aligned columns that fit the width. Cells are cleaned; a cell too long ends in an ellipsis. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: Paint,
): string {
  const cells = rows.map((row) => columns.map((_, index) => cleanLine(row[index] ?? "")));
  const natural = columns.map(({ title }, index) =>
    Math.max(Bun.stringWidth(title), ...cells.map((row) => Bun.stringWidth(row[index] ?? ""))),
  );
  const widths = fit(columns, natural, width - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[]) =>
    columns
      .map(({ align }, index) => pad(cut(texts[index] ?? "", widths[index] ?? 0), widths[index] ?? 0, align))
      .join(GAP)
      .trimEnd();
  const head = paint("dim", line(columns.map(({ title }) => title)));
  return [head, ...cells.map(line)].join("\n");
}

/** Takes what is too much from the widest flexible column, one step at a time. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, item) => sum + item, 0);
  const widestFlexible = () => {
    const candidates = widths.map((item, index) => (columns[index]?.isFlexible ? item : 0));
    const widest = Math.max(...candidates);
    return widest > MIN_FLEXIBLE ? candidates.indexOf(widest) : -1;
  };
  for (let index = widestFlexible(); index >= 0 && total() > width; index = widestFlexible()) {
    widths[index] = (widths[index] ?? 0) - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Bun.stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: "right" | undefined): string {
  const space = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return align === "right" ? space + text : text + space;
}

/** A span of time as people say it: `12s`, `5m`, `3h`, `9d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
