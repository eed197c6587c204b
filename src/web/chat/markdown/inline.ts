/**
 * Parses the inline part of Markdown: code, emphasis, strikethrough, links, line breaks. HTML stays text.
 * Linear on any input: every character is read by the main loop once and by at most a fixed number of scans, because
 * the stack of open marks is limited and no scan for a link goes past the next bracket.
 */
import { safeHref } from "./href.ts";
import { uncounted, type Work } from "./work.ts";

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "break" }
  | { type: "em" | "strong" | "del"; children: Inline[] }
  | { type: "link"; href: string; children: Inline[] };

export function parseInline(text: string, work: Work = uncounted()): Inline[] {
  return new InlineParser(text, work).parse();
}

/** An open mark and what was read since. The outermost frame has no mark. */
interface Frame {
  mark: string;
  children: Inline[];
  /** A bracket around a finished link cannot become a link itself. */
  isDead?: boolean;
}

/** Where the backtick runs of one length start, and how far they were used up. */
interface Ticks {
  starts: number[];
  next: number;
}

/** Marks inside marks; deeper ones stay text. */
const MAX_OPEN = 16;
/** Brackets inside a link's address, as in Wikipedia's. */
const MAX_PARENS = 3;
/** Text without marks is taken in pieces of this size. */
const MAX_PLAIN = 256;

const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
const WORD = /^[\p{L}\p{N}]$/u;
const KINDS: Readonly<Record<string, "em" | "strong" | "del">> = {
  "*": "em",
  _: "em",
  "**": "strong",
  __: "strong",
  "~~": "del",
};

class InlineParser {
  readonly #text: string;
  readonly #work: Work;
  readonly #frames: Frame[] = [{ mark: "", children: [] }];
  /** By the length of the run. */
  readonly #ticks: Map<number, Ticks>;
  #at = 0;

  constructor(text: string, work: Work) {
    this.#text = text;
    this.#work = work;
    this.#ticks = tickRuns(text, work);
  }

  parse(): Inline[] {
    while (this.#at < this.#text.length) {
      this.#work.steps += 1;
      this.#step(this.#text[this.#at]!);
    }
    while (this.#frames.length > 1) this.#giveUp();
    return this.#frames[0]!.children;
  }

  #step(char: string) {
    switch (char) {
      case "\\":
        return this.#escape();
      case "`":
        return this.#code();
      case "*":
      case "_":
      case "~":
        return this.#mark(char);
      case "!":
        return this.#text[this.#at + 1] === "[" ? this.#open("![") : this.#literal(1);
      case "[":
        return this.#open("[");
      case "]":
        return this.#closeBracket();
      case "<":
        return this.#angle();
      case "h":
        return this.#bareAddress();
      case "\n":
        return this.#break();
      default:
        return this.#literal(plainLength(this.#text, this.#at));
    }
  }

  #escape() {
    const next = this.#text[this.#at + 1] ?? "";
    this.#at += 1;
    if (next === "\n") return this.#break();
    if (!PUNCTUATION.test(next)) return this.#say("\\");
    this.#literal(1);
  }

  #break(): void {
    this.#at += 1;
    this.#add({ type: "break" });
  }

  #code() {
    const length = this.#runLength("`");
    const ticks = this.#ticks.get(length);
    if (ticks === undefined) return this.#literal(length); // the front of the run was escaped
    const after = this.#at + length;
    for (; ticks.starts[ticks.next]! < after; ticks.next++) this.#work.steps += 1;
    const end = ticks.starts[ticks.next];
    if (end === undefined) return this.#literal(length);
    const text = this.#text.slice(after, end).replaceAll("\n", " ");
    const isPadded = text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "";
    this.#add({ type: "code", text: isPadded ? text.slice(1, -1) : text });
    this.#at = end + length;
  }

  /** A run of emphasis marks: closes what it can, then opens what is left. */
  #mark(char: string) {
    const length = this.#runLength(char);
    if (char === "~" && length !== 2) return this.#literal(length);
    const before = this.#text[this.#at - 1] ?? " ";
    const after = this.#text[this.#at + length] ?? " ";
    const isInWord = char === "_" && WORD.test(before) && WORD.test(after);
    const canClose = !/\s/.test(before) && !isInWord;
    const canOpen = !/\s/.test(after) && !isInWord && !(PUNCTUATION.test(after) && WORD.test(before));
    let left = length;
    while (canClose && left > 0) {
      const closed = this.#closeMark(char, left);
      if (closed === 0) break;
      left -= closed;
    }
    this.#at += length - left;
    while (left > 0) {
      const take = left >= 2 ? 2 : 1;
      if (canOpen) this.#open(char.repeat(take));
      else this.#literal(take);
      left -= take;
    }
  }

  /** Closes the innermost fitting mark of this character and returns its length; 0 when there is none. */
  #closeMark(char: string, most: number): number {
    for (let depth = this.#frames.length - 1; depth > 0; depth--) {
      this.#work.steps += 1;
      const { mark, children } = this.#frames[depth]!;
      const kind = mark[0] === char && mark.length <= most ? KINDS[mark] : undefined;
      // Emphasis does not reach out of a bracket that may become a link.
      if (mark.endsWith("[")) return 0;
      const isEmpty = depth === this.#frames.length - 1 && children.length === 0;
      if (kind === undefined || isEmpty) continue;
      while (this.#frames.length - 1 > depth) this.#giveUp();
      this.#frames.pop();
      this.#add({ type: kind, children });
      return mark.length;
    }
    return 0;
  }

  #closeBracket() {
    const depth = this.#frames.findLastIndex((frame) => frame.mark.endsWith("["));
    this.#work.steps += MAX_OPEN;
    if (depth <= 0) return this.#literal(1);
    const address = this.#text[this.#at + 1] === "(" ? this.#address(this.#at + 2) : undefined;
    const href = address === undefined ? undefined : safeHref(address.text);
    while (this.#frames.length - 1 > depth) this.#giveUp();
    if (address === undefined || href === undefined || this.#frames[depth]!.isDead === true) {
      this.#giveUp();
      return this.#literal(1);
    }
    for (const frame of this.#frames) frame.isDead = true;
    const { children } = this.#frames.pop()!;
    // Pictures are not fetched from elsewhere: an image is a link to it.
    this.#add({
      type: "link",
      href,
      children: children.length > 0 ? children : [{ type: "text", text: address.text }],
    });
    this.#at = address.end;
  }

  /** Reads `address)` or `address "title")`. Stops at the next square bracket, so that no text is scanned twice. */
  #address(start: number): { text: string; end: number } | undefined {
    let at = start;
    let parens = 0;
    for (; at < this.#text.length; at++) {
      const char = this.#text[at]!;
      this.#work.steps += 1;
      if (char === ")" && parens === 0) break;
      if (char === "(") parens += 1;
      if (char === ")") parens -= 1;
      if (parens > MAX_PARENS || /[\s[\]<>]/.test(char)) break;
    }
    const text = this.#text.slice(start, at);
    if (this.#text[at] === ")" && text !== "") return { text, end: at + 1 };
    return this.#text[at] === " " && text !== "" ? this.#title(text, at + 1) : undefined;
  }

  #title(text: string, start: number): { text: string; end: number } | undefined {
    if (this.#text[start] !== '"') return undefined;
    let at = start + 1;
    for (; at < this.#text.length; at++) {
      this.#work.steps += 1;
      if (/["\n[\]]/.test(this.#text[at]!)) break;
    }
    return this.#text.startsWith('")', at) ? { text, end: at + 2 } : undefined;
  }

  #angle() {
    let end = this.#at + 1;
    while (end < this.#text.length && !/[\s<>]/.test(this.#text[end]!)) end += 1;
    this.#work.steps += end - this.#at;
    const address = this.#text.slice(this.#at + 1, end);
    const href = this.#text[end] === ">" ? safeHref(address) : undefined;
    if (href === undefined) return this.#literal(1);
    this.#add({ type: "link", href, children: [{ type: "text", text: address }] });
    this.#at = end + 1;
  }

  #bareAddress() {
    const isAddress = this.#text.startsWith("https://", this.#at) || this.#text.startsWith("http://", this.#at);
    const isInLink = this.#frames.some((frame) => frame.mark.endsWith("["));
    if (!isAddress || isInLink || WORD.test(this.#text[this.#at - 1] ?? " ")) return this.#literal(1);
    let end = this.#at;
    while (end < this.#text.length && !/[\s<>"`[\]|\\]/.test(this.#text[end]!)) end += 1;
    this.#work.steps += end - this.#at;
    const address = withoutTrailing(this.#text.slice(this.#at, end));
    const href = safeHref(address);
    if (href === undefined) return this.#literal(end - this.#at);
    this.#add({ type: "link", href, children: [{ type: "text", text: address }] });
    this.#at += address.length;
  }

  #open(mark: string) {
    if (this.#frames.length > MAX_OPEN) return this.#literal(mark.length);
    this.#frames.push({ mark, children: [] });
    this.#at += mark.length;
  }

  /** The innermost mark was never closed: it is text, and its content belongs to the frame around it. */
  #giveUp(): void {
    const { mark, children } = this.#frames.pop()!;
    this.#work.steps += children.length;
    this.#say(mark);
    for (const child of children) this.#add(child);
  }

  #literal(length: number): void {
    this.#say(this.#text.slice(this.#at, this.#at + length));
    this.#at += length;
  }

  #say(text: string): void {
    this.#add({ type: "text", text });
  }

  #add(node: Inline): void {
    const { children } = this.#frames.at(-1)!;
    const last = children.at(-1);
    if (node.type === "text" && last?.type === "text") children[children.length - 1] = joined(last, node);
    else children.push(node);
  }

  #runLength(char: string): number {
    let end = this.#at;
    while (this.#text[end] === char) end += 1;
    this.#work.steps += end - this.#at;
    return end - this.#at;
  }
}

function joined(one: { text: string }, other: { text: string }): Inline {
  return { type: "text", text: one.text + other.text };
}

function tickRuns(text: string, work: Work): Map<number, Ticks> {
  const runs = new Map<number, Ticks>();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    work.steps += run.length;
    const ticks = runs.get(run.length);
    if (ticks === undefined) runs.set(run.length, { starts: [index], next: 0 });
    else ticks.starts.push(index);
  }
  return runs;
}

/** An address in a sentence does not own the punctuation that ends the sentence. */
function withoutTrailing(address: string): string {
  let end = address.length;
  let open = 0;
  for (const char of address) open += char === "(" ? 1 : char === ")" ? -1 : 0;
  while (end > 0) {
    const last = address[end - 1]!;
    if (last === ")" && open < 0) open += 1;
    else if (!/[.,:;!?'"*_~]/.test(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

/** The length of the text without any mark, from a position; at least one. */
function plainLength(text: string, at: number): number {
  const mark = text.slice(at, at + MAX_PLAIN).search(/[\\`*_~![\]<h\n]/);
  return Math.max(1, mark < 0 ? Math.min(MAX_PLAIN, text.length - at) : mark);
}
