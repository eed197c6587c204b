/** Reads lines of UTF-8 out of pieces of bytes, however they are cut. Pure but for what it remembers between pieces. */

/** Longest line in characters. A message is a few thousand; files travel by their path. */
export const MAX_LINE_CHARS = 4 * 1024 * 1024;

/** Takes the bytes piece by piece. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #maxChars: number;
  #line = "";
  #isSkipping = false;
  #skipped = 0;

  constructor(maxChars = MAX_LINE_CHARS) {
    this.#maxChars = maxChars;
  }

  /** How many lines were too long so far. They are left out, so that what follows is heard. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The lines that are complete with this piece, without their ends; empty ones are left out. */
  feed(piece: Uint8Array): string[] {
    const parts = this.#decoder.decode(piece, { stream: true }).split("\n");
    const rest = parts.pop() ?? "";
    const lines: string[] = [];
    for (const part of parts) {
      this.#append(part);
      const line = this.#line.trim();
      if (line !== "") lines.push(line);
      this.#line = "";
      this.#isSkipping = false;
    }
    this.#append(rest);
    return lines;
  }

  #append(part: string): void {
    if (this.#isSkipping) return;
    if (this.#line.length + part.length <= this.#maxChars) {
      this.#line += part;
      return;
    }
    this.#isSkipping = true;
    this.#skipped++;
    this.#line = "";
  }
}
