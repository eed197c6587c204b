/**
 * Lays blocks out as one flat list of units, the smallest things a piece is cut between: characters as people see them,
 * line breaks, tokens. Each is written for the markup and as plain text.
 */
import type { Shape } from "./shape.ts";
import { tableBlock } from "./tables.ts";
import type { Block, Mark, Span, Work } from "./tree.ts";

/** The smallest thing that is not cut. */
export interface Unit {
  /** For the markup, without the marks around it. */
  out: string;
  plain: string;
  marks: readonly Mark[];
  gap: "none" | "space" | "newline" | "paragraph";
  /** Spaces of code mean something. */
  isCode: boolean;
}

/** What is seen as one character is longer only in texts made to be so; those are cut between code points. */
const MAX_GRAPHEME = 24;
const RULE = "———";
/** Code points that make one character with what is before them are outside this range. */
const SIMPLE = /^[\n\x20-\x7e]*$/;

/** What the layout depends on. */
export interface Layout {
  out: Shape;
  plain: Shape;
  /** Longest unit that is kept whole. */
  maxUnit: number;
  tables: "code" | "bullets" | "off";
  work: Work;
}

/** Called once for each answer. */
export function toUnits(blocks: readonly Block[], layout: Layout): Unit[] {
  const writer = new UnitWriter(layout);
  writer.blocks(blocks, [], "paragraph", "");
  return writer.units;
}

class UnitWriter {
  readonly units: Unit[] = [];
  readonly #layout: Layout;
  readonly #segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  blocks(blocks: readonly Block[], marks: readonly Mark[], gap: "newline" | "paragraph", indent: string): void {
    for (const [index, block] of blocks.entries()) {
      if (index > 0) {
        this.#newline(marks, gap);
        if (isText(block)) this.#fixed(indent, indent, marks);
      }
      this.#block(block, marks, indent);
    }
  }

  #block(block: Block, marks: readonly Mark[], indent: string): void {
    switch (block.type) {
      case "paragraph":
        return this.#spans(block.spans, marks, indent);
      case "heading":
        return this.#spans(block.spans, [...marks, { kind: "heading", level: block.level }], indent, marks);
      case "fence":
        return this.#fence(block, marks);
      case "quote":
        return this.blocks(block.blocks, [...marks, { kind: "quote" }], "paragraph", "");
      case "list":
        return this.#list(block, marks, indent);
      case "table":
        return this.#block(tableBlock(block, this.#layout.tables), marks, indent);
      case "rule":
        return this.#fixed(RULE, RULE, marks);
    }
  }

  #list({ start, items }: Extract<Block, { type: "list" }>, marks: readonly Mark[], indent: string): void {
    for (const [index, item] of items.entries()) {
      if (index > 0) this.#newline(marks, "newline");
      const number = start === undefined ? undefined : `${start + index}. `;
      const { out, plain } = this.#layout;
      this.#fixed(indent + (number ?? out.dialect.bullet), indent + (number ?? plain.dialect.bullet), marks);
      const inner = `${indent}  `;
      if (item[0] !== undefined && !isText(item[0])) this.#newline(marks, "newline");
      this.blocks(item, marks, "newline", inner);
    }
  }

  #fence({ language, text }: Extract<Block, { type: "fence" }>, marks: readonly Mark[]): void {
    const around: Mark[] = [...marks, { kind: "fence", language }];
    const { out } = this.#layout;
    const isShown = out.shown(around).some(({ kind }) => kind === "fence");
    let before = "\n";
    for (const char of this.#graphemes(text)) {
      if (char === "\n") this.#newline(around, "newline", true);
      else {
        const written = isShown
          ? out.dialect.code(char, before, true)
          : out.dialect.escape(char, before, char === " " ? " " : "x");
        this.#push({ out: written, plain: char, marks: around, gap: char === " " ? "space" : "none", isCode: true });
      }
      before = char;
    }
  }

  /** `containers` are the marks of blocks; a line break is outside all others, since many networks end them there. */
  #spans(spans: readonly Span[], marks: readonly Mark[], indent: string, containers = marks): void {
    let before = "\n";
    for (const [index, span] of spans.entries()) {
      const around = span.marks.length === 0 ? marks : [...marks, ...span.marks];
      const text = span.marks.some(({ kind }) => kind === "link") ? span.text.replaceAll("\n", " ") : span.text;
      const edge = index === spans.length - 1 ? "\n" : "x";
      if (span.kind === "token" || span.kind === "address") this.#whole({ ...span, text }, around);
      else if (span.kind === "linkEnd") this.#linkEnd(text, around);
      else this.#text({ ...span, text }, { around, containers, before, edge, indent });
      before = text.at(-1) ?? before;
    }
  }

  #text(
    { text, kind }: Span,
    place: { around: readonly Mark[]; containers: readonly Mark[]; before: string; edge: string; indent: string },
  ): void {
    const { around, containers, edge, indent } = place;
    const { dialect } = this.#layout.out;
    const isCode = kind === "code" && this.#layout.out.shown(around).some((mark) => mark.kind === "code");
    const chars = this.#graphemes(text);
    let before = place.before;
    for (const [index, char] of chars.entries()) {
      if (char === "\n") {
        this.#newline(containers, "newline");
        this.#fixed(indent, indent, containers);
      } else {
        const out = isCode
          ? dialect.code(char, before, false)
          : dialect.escape(char, before, chars[index + 1]?.[0] ?? edge);
        this.#push({ out, plain: char, marks: around, gap: char === " " ? "space" : "none", isCode: false });
      }
      before = char;
    }
  }

  /** Kept in one piece where it fits. */
  #whole({ text, kind }: Span, marks: readonly Mark[]): void {
    const { out, maxUnit } = this.#layout;
    const write = kind === "address" ? out.dialect.address : out.dialect.token;
    if (write(text).length <= maxUnit) return this.#fixed(write(text), text, marks);
    for (const char of this.#graphemes(text)) this.#fixed(write(char), char, marks);
  }

  /** Where a link cannot be clicked its address is written after it; in the plain text always. */
  #linkEnd(href: string, marks: readonly Mark[]): void {
    const { out } = this.#layout;
    const isShown = out.shown(marks).some(({ kind }) => kind === "link");
    const after = ` (${href})`;
    for (const [index, char] of this.#graphemes(after).entries()) {
      const written = isShown ? "" : index < 2 ? char : out.dialect.token(char);
      this.#push({ out: written, plain: char, marks, gap: index === 0 ? "space" : "none", isCode: false });
    }
  }

  #newline(marks: readonly Mark[], gap: "newline" | "paragraph", isCode = false): void {
    const count = gap === "paragraph" ? 2 : 1;
    const out = `\n${this.#layout.out.prefix(marks)}`.repeat(count);
    const plain = `\n${this.#layout.plain.prefix(marks)}`.repeat(count);
    this.#push({ out, plain, marks, gap, isCode });
  }

  #fixed(out: string, plain: string, marks: readonly Mark[]): void {
    if (out !== "") this.#push({ out, plain, marks, gap: "none", isCode: false });
  }

  #push(unit: Unit): void {
    this.#layout.work.steps += 1;
    this.units.push(unit);
  }

  #graphemes(text: string): string[] {
    if (SIMPLE.test(text)) return text.split("");
    return Array.from(this.#segmenter.segment(text), ({ segment }) => segment).flatMap((segment) =>
      segment.length > MAX_GRAPHEME ? [...segment] : [segment],
    );
  }
}

function isText({ type }: Block): boolean {
  return type === "paragraph" || type === "heading" || type === "rule";
}
