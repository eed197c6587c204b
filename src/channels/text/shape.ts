/** Which marks a dialect shows within a limit: marks that would take up most of a piece are left out. */
import type { Dialect } from "./dialects.ts";
import type { Mark } from "./tree.ts";

/** What a piece has to fit. */
export interface Room {
  chars: number;
  lines: number;
}

/** The marks of one dialect in one answer. Asked once for each distinct list of marks, which is the same object. */
export class Shape {
  readonly dialect: Dialect;
  readonly #room: Room;
  readonly #shown = new Map<readonly Mark[], readonly Mark[]>();

  constructor(dialect: Dialect, room: Room) {
    this.dialect = dialect;
    this.#room = room;
  }

  shown(marks: readonly Mark[]): readonly Mark[] {
    let shown = this.#shown.get(marks);
    if (shown === undefined) {
      shown = this.#fitting(this.dialect.shows(marks));
      this.#shown.set(marks, shown);
    }
    return shown;
  }

  /** What every line begins with inside these marks. */
  prefix(marks: readonly Mark[]): string {
    return this.shown(marks).some(({ kind }) => kind === "quote") ? this.dialect.quotePrefix : "";
  }

  /** Half of a piece is for text, whatever the marks: so every piece gets on, and all of them are linear in the text. */
  #fitting(marks: readonly Mark[]): readonly Mark[] {
    const { dialect } = this;
    let chars = 0;
    let lines = 0;
    return marks.filter((mark) => {
      const written = dialect.begin(mark, dialect.quotePrefix) + dialect.end(mark, dialect.quotePrefix);
      const breaks = lineBreaks(written);
      const isFitting = chars + written.length <= this.#room.chars / 2 && lines + breaks <= this.#room.lines / 2;
      if (isFitting) {
        chars += written.length;
        lines += breaks;
      }
      return isFitting;
    });
  }
}

export function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
