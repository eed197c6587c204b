/**
 * Turns Markdown into pieces that fit a network: parsed once, laid out flat, cut, and written piece by piece.
 * Every markup of the contract is data in `dialects.ts`; nothing here knows a network.
 */
import type { Markup } from "../contract.ts";
import { dialects } from "./dialects.ts";
import { parseMarkdown } from "./parse.ts";
import { cutPieces, type Piece } from "./pieces.ts";
import { type Room, Shape } from "./shape.ts";
import type { Work } from "./tree.ts";
import { toUnits } from "./units.ts";

export type { Piece } from "./pieces.ts";

/** What the pieces have to fit. */
export interface RenderOptions {
  markup: Markup;
  /** Longest piece in UTF-16 units, after rendering. Less than 64 counts as 64. */
  textLimit: number;
  /** Most lines of a piece. */
  maxLines?: number;
  /** How tables are shown; `off` leaves them as they were written. */
  tables: "code" | "bullets" | "off";
  /** `newline` makes every paragraph a piece of its own. Default: `length`. */
  chunkMode?: "length" | "newline";
}

/** Room for a few marks and one character, whatever they are. */
const MIN_LIMIT = 64;

/** Called with the whole answer. Blank text gives no piece; no piece is blank. Never throws. */
export function renderPieces(markdown: string, options: RenderOptions, work: Work = { steps: 0 }): Piece[] {
  const room: Room = {
    chars: Math.max(MIN_LIMIT, Math.floor(options.textLimit) || MIN_LIMIT),
    lines: Math.max(1, options.maxLines ?? Number.POSITIVE_INFINITY),
  };
  const out = new Shape(dialects[options.markup], room);
  const plain = new Shape(dialects.plain, room);
  const blocks = parseMarkdown(markdown, work);
  const units = toUnits(blocks, { out, plain, maxUnit: room.chars / 2, tables: options.tables, work });
  return cutPieces(units, { out, plain, room, isByParagraph: options.chunkMode === "newline", work });
}
