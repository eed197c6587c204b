/** What a parsed text is made of. Inline text is flat: spans in order, each with the marks around it. */

/** A mark around text, made once for each place where it was written: two neighbours are told apart by identity. */
export type Mark =
  | { readonly kind: "bold" | "italic" | "strike" | "spoiler" | "quote" }
  | { readonly kind: "code"; readonly hasTicks: boolean }
  | { readonly kind: "heading"; readonly level: number }
  | { readonly kind: "fence"; readonly language: string }
  /** `isBare`: the text is the address itself. */
  | { readonly kind: "link"; readonly href: string; readonly isBare: boolean };

/** A stretch of text inside the same marks, outermost first. */
export interface Span {
  text: string;
  marks: readonly Mark[];
  /** `token` and `address` are not split and not escaped like words; `after` follows the end of a link. */
  kind: "text" | "code" | "token" | "address" | "linkEnd";
}

/** A block of text. */
export type Block =
  | { type: "paragraph"; spans: Span[] }
  | { type: "heading"; level: number; spans: Span[] }
  | { type: "fence"; language: string; text: string }
  | { type: "quote"; blocks: Block[] }
  | { type: "list"; start: number | undefined; items: Block[][] }
  | { type: "table"; header: Span[][]; rows: Span[][][]; source: string }
  | { type: "rule" };

/** Counts steps, so that tests can prove linear time without a clock. */
export interface Work {
  steps: number;
}
