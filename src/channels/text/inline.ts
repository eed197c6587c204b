/**
 * Parses the inline part of Markdown into spans. Linear on any input: marks that are open are few, an address ends at
 * the next bracket or space, and a run of backticks is looked for once for each of the few lengths a run may have.
 */
import { safeHref } from "./href.ts";
import type { Mark, Span, Work } from "./tree.ts";

/** What was read: text, or the begin or end of a mark. A begin that never ends is the text it was written as. */
type Token =
  | { type: "span"; text: string; kind: Span["kind"] }
  | { type: "begin"; text: string; mark?: Mark }
  | { type: "end"; mark: Mark };

/** A mark that may still end. */
interface Open {
  char: string;
  length: number;
  token: Extract<Token, { type: "begin" }>;
  index: number;
}

/** Marks that are open at once; more stay text. */
const MAX_OPEN = 16;
/** Backticks of one run; longer runs stay text. */
const MAX_TICKS = 8;
/** Round brackets inside an address. */
const MAX_PARENS = 3;
/** A name of a person or place of the network, as it is written by those who know it. */
const TOKEN = /^<(?:[@#!][^\s<>]{1,80}|a?:\w{2,32}:\d{1,20}|t:\d{1,12}(?::[a-zA-Z])?)>/;
const MAX_TOKEN = 84;

const isSpace = (char: string) => char === "" || /\s/.test(char);
const isWord = (char: string) => /^[\p{L}\p{N}]$/u.test(char);
const isPunctuation = (char: string) => /^[!-/:-@[-`{-~]$/.test(char);

/** Parses the text of one paragraph, heading or cell; line breaks stay in it. */
export function parseInline(text: string, work: Work): Span[] {
  const reader = new InlineReader(text, work);
  return toSpans(reader.read(), work);
}

class InlineReader {
  readonly #text: string;
  readonly #work: Work;
  readonly #tokens: Token[] = [];
  readonly #open: Open[] = [];
  /** Lengths of backtick runs of which there are no more. */
  readonly #noMoreTicks = new Set<number>();
  /** Where plain text began that is not a token yet. */
  #from = 0;
  #at = 0;

  constructor(text: string, work: Work) {
    this.#text = text;
    this.#work = work;
  }

  read(): Token[] {
    while (this.#at < this.#text.length) {
      this.#work.steps += 1;
      if (!this.#special(this.#text[this.#at]!)) this.#at += 1;
    }
    this.#flush();
    return this.#tokens;
  }

  /** Reads what begins here, if it is anything but text. */
  #special(char: string): boolean {
    switch (char) {
      case "\\":
        return this.#escape();
      case "`":
        return this.#code();
      case "*":
      case "_":
      case "~":
      case "|":
        return this.#marks(char);
      case "[":
        return this.#bracket(1);
      case "!":
        return this.#text[this.#at + 1] === "[" && this.#bracket(2);
      case "]":
        return this.#endBracket();
      case "<":
        return this.#angle();
      case "h":
        return this.#address();
      default:
        return false;
    }
  }

  #escape(): boolean {
    const next = this.#text[this.#at + 1] ?? "";
    if (next !== "\n" && !isPunctuation(next)) return false;
    this.#flush();
    this.#from = this.#at + 1;
    this.#at += 2;
    return true;
  }

  #code(): boolean {
    const length = this.#run("`");
    const after = this.#at + length;
    const end = length > MAX_TICKS || this.#noMoreTicks.has(length) ? -1 : this.#endOfCode(after, length);
    if (end < 0) {
      this.#at = after;
      return true;
    }
    const text = this.#text.slice(after, end).replaceAll("\n", " ");
    const isPadded = text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "";
    this.#add({ type: "span", text: isPadded ? text.slice(1, -1) : text, kind: "code" }, end + length);
    return true;
  }

  #endOfCode(after: number, length: number): number {
    let at = this.#text.indexOf("`", after);
    while (at >= 0) {
      let end = at;
      while (this.#text[end] === "`") end += 1;
      this.#work.steps += end - at;
      if (end - at === length) return at;
      at = this.#text.indexOf("`", end);
    }
    this.#work.steps += this.#text.length - after;
    this.#noMoreTicks.add(length);
    return -1;
  }

  /** A run of marks ends what it can, then begins what is left. */
  #marks(char: string): boolean {
    const length = this.#run(char);
    const after = this.#at + length;
    const isPair = char === "~" || char === "|";
    if (isPair && length !== 2) {
      this.#at = after;
      return true;
    }
    const left = charBefore(this.#text, this.#at);
    const right = charAfter(this.#text, after);
    const isInside = char === "_" && isWord(left) && isWord(right);
    const canEnd = !isSpace(left) && !isInside;
    const canBegin = !isSpace(right) && !isInside;
    let rest = length;
    for (let ended = 1; canEnd && rest > 0 && ended > 0; rest -= ended) ended = this.#end(char, rest);
    for (; canBegin && rest > 0; rest -= Math.min(rest, 2)) this.#begin(char, Math.min(rest, 2));
    this.#at = after;
    return true;
  }

  /** Ends the innermost mark that fits; the length of it, or 0. */
  #end(char: string, most: number): number {
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      this.#work.steps += 1;
      const open = this.#open[depth]!;
      if (open.char === "[") return 0;
      if (open.char !== char || open.length > most) continue;
      this.#flush();
      const isEmpty = open.index === this.#tokens.length - 1;
      if (isEmpty) continue;
      const mark: Mark = { kind: kindOf(char, open.length) };
      open.token.mark = mark;
      this.#tokens.push({ type: "end", mark });
      this.#open.length = depth;
      this.#at += open.length;
      this.#from = this.#at;
      return open.length;
    }
    return 0;
  }

  #begin(char: string, length: number): void {
    if (this.#open.length >= MAX_OPEN) return;
    this.#flush();
    const token: Open["token"] = { type: "begin", text: this.#text.slice(this.#at, this.#at + length) };
    this.#open.push({ char, length, token, index: this.#tokens.length });
    this.#add(token, this.#at + length);
  }

  #bracket(length: number): boolean {
    if (this.#open.length >= MAX_OPEN) return false;
    this.#begin("[", length);
    return true;
  }

  #endBracket(): boolean {
    const depth = this.#open.findLastIndex((open) => open.char === "[");
    this.#work.steps += MAX_OPEN;
    const open = this.#open[depth];
    if (open === undefined) return false;
    const target = this.#text[this.#at + 1] === "(" ? this.#target(this.#at + 2) : undefined;
    const href = target && safeHref(target.address);
    this.#flush();
    if (target === undefined || href === undefined) {
      this.#open.splice(depth, 1);
      return false;
    }
    // A link has no link in it: brackets further out are text.
    const outer = this.#open.slice(0, depth).filter(({ char }) => char !== "[");
    this.#open.length = 0;
    this.#open.push(...outer);
    // A picture becomes a link to it; one without a description is shown as its address.
    const label = this.#tokens.slice(open.index + 1, open.index + 3);
    const isBare = label.length === 0 || (label.length === 1 && label[0]!.type === "span" && label[0]!.text === href);
    const mark: Mark = { kind: "link", href, isBare };
    open.token.mark = mark;
    if (isBare) this.#tokens.splice(open.index + 1, 1, { type: "span", text: href, kind: "address" });
    else this.#tokens.push({ type: "span", text: href, kind: "linkEnd" });
    this.#add({ type: "end", mark }, target.end);
    return true;
  }

  /** Reads `address)` or `address "title")`. */
  #target(start: number): { address: string; end: number } | undefined {
    let at = start;
    for (let parens = 0; at < this.#text.length; at++) {
      this.#work.steps += 1;
      const char = this.#text[at]!;
      if (char === "(" && ++parens > MAX_PARENS) return undefined;
      if (char === ")" && --parens < 0) break;
      if (/[\s[\]<>]/.test(char)) break;
    }
    const address = this.#text.slice(start, at);
    if (this.#text[at] === ")") return { address, end: at + 1 };
    if (!this.#text.startsWith(' "', at)) return undefined;
    for (at += 2; at < this.#text.length && !/["\n[\]]/.test(this.#text[at]!); at++) this.#work.steps += 1;
    return this.#text.startsWith('")', at) ? { address, end: at + 2 } : undefined;
  }

  /** `<address>`, `<address|label>`, or a token of the network. */
  #angle(): boolean {
    const token = TOKEN.exec(this.#text.slice(this.#at, this.#at + MAX_TOKEN))?.[0];
    if (token !== undefined) {
      this.#add({ type: "span", text: token, kind: "token" }, this.#at + token.length);
      return true;
    }
    let end = this.#at + 1;
    while (end < this.#text.length && !/[\n<>]/.test(this.#text[end]!)) end += 1;
    this.#work.steps += end - this.#at;
    const [address = "", label] = this.#text[end] === ">" ? cutAt(this.#text.slice(this.#at + 1, end), "|") : [];
    const href = safeHref(address);
    // What was looked at has no other bracket in it, so nothing is looked at from here a third time.
    if (href === undefined) return false;
    if (label === undefined || label.trim() === "") this.#bare(href, end + 1);
    else this.#labelled(href, label, end + 1);
    return true;
  }

  #address(): boolean {
    if (!/^https?:\/\//.test(this.#text.slice(this.#at, this.#at + 8))) return false;
    if (isWord(charBefore(this.#text, this.#at)) || this.#open.some(({ char }) => char === "[")) return false;
    let end = this.#at;
    while (end < this.#text.length && !/[\s<>"`[\]|\\]/.test(this.#text[end]!)) end += 1;
    this.#work.steps += end - this.#at;
    const address = withoutEnding(this.#text.slice(this.#at, end));
    const href = safeHref(address);
    if (href === undefined) this.#at = end;
    else this.#bare(href, this.#at + address.length);
    return true;
  }

  #bare(href: string, next: number): void {
    this.#link({ kind: "link", href, isBare: true }, [{ type: "span", text: href, kind: "address" }], next);
  }

  #labelled(href: string, label: string, next: number): void {
    const mark: Mark = { kind: "link", href, isBare: false };
    const ending: Token = { type: "span", text: href, kind: "linkEnd" };
    this.#link(mark, [{ type: "span", text: label, kind: "text" }, ending], next);
  }

  #link(mark: Mark, inner: Token[], next: number): void {
    this.#flush();
    this.#tokens.push({ type: "begin", text: "", mark }, ...inner);
    this.#add({ type: "end", mark }, next);
  }

  #run(char: string): number {
    let end = this.#at;
    while (this.#text[end] === char) end += 1;
    this.#work.steps += end - this.#at;
    return end - this.#at;
  }

  /** Adds a token that reaches up to `next`. */
  #add(token: Token, next: number): void {
    this.#flush();
    this.#tokens.push(token);
    this.#from = this.#at = next;
  }

  #flush(): void {
    if (this.#from < this.#at) {
      this.#tokens.push({ type: "span", text: this.#text.slice(this.#from, this.#at), kind: "text" });
    }
    this.#from = this.#at;
  }
}

function toSpans(tokens: readonly Token[], work: Work): Span[] {
  const spans: Span[] = [];
  let marks: readonly Mark[] = [];
  const add = (text: string, kind: Span["kind"], around: readonly Mark[]) => {
    const last = spans.at(-1);
    if (kind === "text" && last?.kind === "text" && last.marks === around) last.text += text;
    else if (text !== "") spans.push({ text, marks: around, kind });
  };
  for (const token of tokens) {
    work.steps += 1;
    if (token.type === "end") marks = without(marks, token.mark);
    else if (token.type === "begin" && token.mark !== undefined) marks = within(marks, token.mark);
    else if (token.type === "begin") add(token.text, "text", marks);
    else if (token.kind !== "code") add(token.text, token.kind, marks);
    else add(token.text, "code", [...marks, { kind: "code", hasTicks: token.text.includes("`") }]);
  }
  return spans;
}

/** Bold inside bold, or a link inside a link, says nothing more. */
function within(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  return marks.some(({ kind }) => kind === mark.kind) ? marks : [...marks, mark];
}

function without(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const at = marks.lastIndexOf(mark);
  return at < 0 ? marks : marks.slice(0, at);
}

function kindOf(char: string, length: number): "bold" | "italic" | "strike" | "spoiler" {
  if (char === "~") return "strike";
  if (char === "|") return "spoiler";
  return length === 2 ? "bold" : "italic";
}

/** An address in a sentence does not own what ends the sentence. */
function withoutEnding(address: string): string {
  let balance = 0;
  for (const char of address) balance += char === "(" ? 1 : char === ")" ? -1 : 0;
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1]!;
    if (last === ")" && balance < 0) balance += 1;
    else if (!/[.,:;!?'*_~]/.test(last)) break;
  }
  return address.slice(0, end);
}

function cutAt(text: string, char: string): [string, string?] {
  const at = text.indexOf(char);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function charBefore(text: string, at: number): string {
  const isPair = at >= 2 && /[\udc00-\udfff]/.test(text[at - 1]!);
  return text.slice(Math.max(0, at - (isPair ? 2 : 1)), at);
}

function charAfter(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}
