/**
 * Walks a JSON5 text without building its value: where each value stands, and the first thing that is wrong.
 * It follows https://spec.json5.org and stops at the first problem; it never throws for what the text holds.
 */
import { isDangerousName, joinPath } from "./paths.ts";

/** Where something is in a text; both count from 1, columns in UTF-16 units. */
export interface TextPosition {
  line: number;
  column: number;
}

/** Where a value stands, as offsets into the text; `keyAt` is its key's place, for what is a property. */
export interface Json5Span {
  start: number;
  end: number;
  keyAt?: number;
}

export interface Json5Scan {
  spans: Map<string, Json5Span>;
  /** `isBlank`: there was nothing but space and comments. */
  problem?: { offset: number; message: string; isBlank: boolean };
}

/** Deeper nesting is refused: no config needs it, and parsers and printers recurse. */
const MAX_DEPTH = 64;

// Sticky: each use sets `lastIndex` first.
const identifier = /(?:[\p{ID_Start}$_]|\\u[0-9a-fA-F]{4})(?:[\p{ID_Continue}$_\u200C\u200D]|\\u[0-9a-fA-F]{4})*/uy;
const plainIdentifier = /^[\p{ID_Start}$_][\p{ID_Continue}$_\u200C\u200D]*$/u;
const number = /[+-]?(?:Infinity|NaN|0[xX][0-9a-fA-F]+|(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y;
const space = /[\t\n\v\f\r \u00A0\uFEFF\u2028\u2029\p{Zs}]+/uy;
const word = /true|false|null/y;
const partOfWord = /[\p{ID_Continue}$\\.]/uy;

/** Scans a text. With a `problem`, the spans found so far are there but not complete. */
export function scanJson5(text: string): Json5Scan {
  const scanner = new Scanner(text);
  try {
    scanner.document();
  } catch (error) {
    if (!(error instanceof ScanProblem)) throw error;
    const { offset, message } = error;
    return { spans: scanner.spans, problem: { offset, message, isBlank: scanner.isBlank } };
  }
  return { spans: scanner.spans };
}

/** Line and column of an offset. */
export function positionAt(text: string, offset: number): TextPosition {
  const lines = text.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/);
  const column = (lines.at(-1) ?? "").replace(/^\uFEFF/, "").length + 1;
  return { line: lines.length, column };
}

/** True for a text of nothing but space and comments. */
export function isBlankJson5(text: string): boolean {
  return scanJson5(text).problem?.isBlank === true;
}

class ScanProblem extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

class Scanner {
  readonly spans = new Map<string, Json5Span>();
  readonly #text: string;
  #at = 0;
  isBlank = false;
  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#skip();
    this.isBlank = this.#at === this.#text.length;
    this.#value("", 0, undefined);
    this.#skip();
    if (this.#at < this.#text.length) this.#stop(`expected the end of the text, found ${this.#found()}`);
  }

  #value(path: string, depth: number, keyAt: number | undefined): void {
    const start = this.#at;
    const next = this.#peek();
    if ((next === "{" || next === "[") && depth >= MAX_DEPTH) this.#stop(`nested deeper than ${MAX_DEPTH} levels`);
    if (next === "{") this.#object(path, depth);
    else if (next === "[") this.#array(path, depth);
    else if (next === '"' || next === "'") this.#string();
    else if (this.#match(word) !== undefined) this.#afterWord();
    else this.#number();
    this.spans.set(path, { start, end: this.#at, ...(keyAt !== undefined && { keyAt }) });
  }

  #object(path: string, depth: number): void {
    const seen = new Map<string, number>();
    this.#at++;
    for (this.#skip(); this.#peek() !== "}"; this.#skip()) {
      const keyAt = this.#at;
      const key = this.#key();
      if (isDangerousName(key)) this.#stop(`the key ${key} is not allowed`, keyAt);
      const first = seen.get(key);
      if (first !== undefined) {
        const line = positionAt(this.#text, first).line;
        this.#stop(`duplicate key ${JSON.stringify(key)}, first set on line ${line}`, keyAt);
      }
      seen.set(key, keyAt);
      this.#skip();
      this.#expect(":", `after the key ${JSON.stringify(key)}`);
      this.#skip();
      this.#value(joinPath(path, key), depth + 1, keyAt);
      this.#skip();
      if (this.#peek() === "}") break;
      this.#expect(",", "or '}' after a value");
    }
    this.#at++;
  }

  #array(path: string, depth: number): void {
    this.#at++;
    let index = 0;
    for (this.#skip(); this.#peek() !== "]"; this.#skip()) {
      this.#value(joinPath(path, index++), depth + 1, undefined);
      this.#skip();
      if (this.#peek() === "]") break;
      this.#expect(",", "or ']' after a value");
    }
    this.#at++;
  }

  #key(): string {
    const next = this.#peek();
    if (next === '"' || next === "'") return this.#string();
    const keyAt = this.#at;
    const name = this.#match(identifier);
    if (name === undefined) this.#stop(`expected a key or '}', found ${this.#found()}`);
    const decoded = name.replace(/\\u(.{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (!plainIdentifier.test(decoded)) this.#stop("expected a key made of letters, digits, $ and _", keyAt);
    return decoded;
  }

  #string(): string {
    const start = this.#at;
    const quote = this.#text[this.#at++];
    let value = "";
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === "\n" || char === "\r") {
        this.#stop(`expected the closing ${quote} of this text`, start);
      }
      if (char === quote) break;
      if (char === "\\") value += this.#escape();
      else {
        value += char;
        this.#at++;
      }
    }
    this.#at++;
    return value;
  }

  #escape(): string {
    const char = this.#text[this.#at + 1] ?? "";
    if (char === "x" || char === "u") {
      const digits = char === "x" ? 2 : 4;
      const hex = this.#text.slice(this.#at + 2, this.#at + 2 + digits);
      if (hex.length < digits || /[^0-9a-fA-F]/.test(hex)) {
        this.#stop(`expected ${digits} hexadecimal digits after \\${char}`);
      }
      this.#at += 2 + digits;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    if (/[1-9]/.test(char) || (char === "0" && /\d/.test(this.#text[this.#at + 2] ?? ""))) {
      this.#stop("expected an escape other than a digit after \\");
    }
    this.#at += char === "\r" && this.#text[this.#at + 2] === "\n" ? 3 : 2;
    if (/[\n\r\u2028\u2029]/.test(char)) return "";
    return escapes[char] ?? char;
  }

  /** Bun 1.4 does not end `true`, `null`, `-NaN` and their like at a space outside ASCII, such as one pasted from a web page. */
  #afterWord(): void {
    const next = this.#peek() ?? "";
    if (next > "\x7f" && /\s/.test(next)) this.#stop("expected a plain space, found another kind of space");
  }

  #number(): void {
    const start = this.#at;
    const found = this.#match(number);
    if (found === undefined) {
      const hint = this.#match(identifier) !== undefined ? "; put texts in quotes" : "";
      this.#at = start;
      this.#stop(`expected a value, found ${this.#found()}${hint}`);
    }
    partOfWord.lastIndex = this.#at;
    if (partOfWord.test(this.#text)) this.#stop("expected a number", start);
    if (found !== undefined && /^[+-][IN]/.test(found)) this.#afterWord();
  }

  #skip(): void {
    for (;;) {
      if (this.#match(space) !== undefined) continue;
      if (this.#text.startsWith("//", this.#at)) {
        while (this.#at < this.#text.length && !/[\n\r\u2028\u2029]/.test(this.#text[this.#at]!)) this.#at++;
      } else if (this.#text.startsWith("/*", this.#at)) {
        const end = this.#text.indexOf("*/", this.#at + 2);
        if (end < 0) this.#stop("expected the closing */ of this comment");
        this.#at = end + 2;
      } else return;
    }
  }

  #expect(char: string, where: string): void {
    if (this.#peek() !== char) this.#stop(`expected '${char}' ${where}, found ${this.#found()}`);
    this.#at++;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  /** What stands here, in words; never more than one character, because a text may hold secrets. */
  #found(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? "the end of the text" : `'${String.fromCodePoint(code)}'`;
  }

  #stop(message: string, offset = this.#at): never {
    throw new ScanProblem(offset, message);
  }
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  0: "\0",
};
