/** Short notes about the world (`system-event`) that wait for the main session's next turn. */

/** Notes kept; older ones are no news any more. */
const MAX_NOTES = 20;
/** Longest note. */
const MAX_NOTE_CHARS = 2_000;

/** The waiting notes, oldest first. */
export class SystemEvents {
  #notes: string[] = [];

  /** Adds a note; the same one twice in a row counts once. */
  add(text: string): void {
    const note = text.slice(0, MAX_NOTE_CHARS);
    if (this.#notes.at(-1) === note) return;
    this.#notes = [...this.#notes, note].slice(-MAX_NOTES);
  }

  list(): string[] {
    return [...this.#notes];
  }

  /** Hands the notes over and forgets them. */
  take(): string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }
}
