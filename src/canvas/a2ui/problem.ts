/**
 * What is wrong with pushed messages, in the form that models can mend from: the `error` message of A2UI v0.9
 * (`{code: "VALIDATION_FAILED", surfaceId, path, message}`), with a JSON pointer into what was pushed.
 */

/** One thing that is wrong, and where. */
export interface Problem {
  code: "VALIDATION_FAILED";
  /** Empty when the message names none. */
  surfaceId: string;
  /** JSON pointer into the pushed list, for example `/0/updateComponents/components/3/variant`. */
  path: string;
  /** Says what would be right. */
  message: string;
}

/** Problems of one answer: the first ones explain the rest, and hostile input could make it long. */
const MAX_PROBLEMS = 32;
/** Longest piece of foreign text that is repeated in a message. */
const MAX_QUOTED_CHARS = 60;

/** Collects problems. An error keeps its message from the screen; a warning says what was left out or mended. */
export class Notes {
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];

  /** Takes over what another collector noted; `isHarmless` turns its errors into warnings. */
  add(other: Notes, isHarmless = false): void {
    for (const problem of other.errors) push(isHarmless ? this.warnings : this.errors, problem);
    for (const problem of other.warnings) push(this.warnings, problem);
  }
}

/** A place in the pushed list, and where to note what is wrong there. */
export class Spot {
  readonly path: string;
  readonly surfaceId: string;
  readonly notes: Notes;
  constructor(path: string, surfaceId: string, notes: Notes) {
    this.path = path;
    this.surfaceId = surfaceId;
    this.notes = notes;
  }

  /** The place of a property or item below this one. */
  at(key: string | number, notes = this.notes): Spot {
    const escaped = `${key}`.replaceAll("~", "~0").replaceAll("/", "~1");
    return new Spot(`${this.path}/${escaped.slice(0, MAX_QUOTED_CHARS)}`, this.surfaceId, notes);
  }

  /** The same place of a surface that is known by now. */
  of(surfaceId: string): Spot {
    return new Spot(this.path, surfaceId, this.notes);
  }

  /** Notes an error; gives undefined, which is what a check gives that found nothing usable. */
  fail(message: string): undefined {
    push(this.notes.errors, this.#problem(message));
    return undefined;
  }

  /** Notes something that was left out or mended. */
  warn(message: string): void {
    push(this.notes.warnings, this.#problem(message));
  }

  #problem(message: string): Problem {
    return { code: "VALIDATION_FAILED", surfaceId: this.surfaceId, path: this.path, message };
  }
}

/** A value of somebody else's, short enough to be repeated. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
}

function push(list: Problem[], problem: Problem): void {
  if (list.length < MAX_PROBLEMS) list.push(problem);
}
