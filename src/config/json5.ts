/**
 * Reads JSON5 with errors people can act on. `Bun.JSON5` makes the value; the scanner beside it finds positions and
 * refuses what the parser lets through: duplicate keys, keys that reach into JavaScript's objects, endless nesting.
 */
import { fail } from "../lib/errors.ts";
import { type Json5Span, positionAt, scanJson5, type TextPosition } from "./json5-scan.ts";

/** Thrown for a text that is not JSON5, or that holds a key we refuse. */
export class Json5Error extends Error {
  override readonly name = "Json5Error";
  readonly line: number;
  readonly column: number;
  constructor(problem: string, position: TextPosition, options?: ErrorOptions) {
    super(`${problem} (line ${position.line}, column ${position.column})`, options);
    this.line = position.line;
    this.column = position.column;
  }
}

/** A parsed text with the place of each value, by its path as `paths.ts` writes it. */
export interface Json5Document {
  value: unknown;
  spans: ReadonlyMap<string, Json5Span>;
}

/** Parses a text of JSON5. Throws {@link Json5Error}. */
export function parseJson5(text: string): unknown {
  return parseJson5Document(text).value;
}

/** Like {@link parseJson5}, and tells where each value stands. */
export function parseJson5Document(text: string): Json5Document {
  const { spans, problem } = scanJson5(text);
  if (problem) throw new Json5Error(problem.message, positionAt(text, problem.offset));
  try {
    return { value: Bun.JSON5.parse(text), spans };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The scanner accepted what the parser did not: no position is better than a wrong one.
    throw new Json5Error(cause.message.replace(/^JSON5 Parse error: /, ""), { line: 1, column: 1 }, { cause });
  }
}

/** {@link parseJson5Document} for text a caller sent: a mistake in it is the caller's error. */
export function parseSentJson5(text: string): Json5Document {
  try {
    return parseJson5Document(text);
  } catch (cause) {
    if (!(cause instanceof Json5Error)) throw cause;
    throw fail("INVALID_REQUEST", cause.message, { cause });
  }
}
