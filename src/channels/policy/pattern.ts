/**
 * The patterns people write to be addressed by, matched in time linear in the text whatever the pattern is: all states
 * advance together, nothing is tried again. The engine of the platform backtracks, and one careless pattern would let
 * a stranger's message stop the gateway. Knows what such patterns use; refuses back references and look-around.
 */

/** A compiled pattern. */
export interface Pattern {
  readonly source: string;
  /** Whether the pattern occurs anywhere in the text, whatever the case of its letters. */
  isIn(text: string, work?: { steps: number }): boolean;
}

/** Names and calls are short; what is longer was meant for something else. */
const MAX_SOURCE = 256;
/** Steps of a program, after repetitions are written out. */
const MAX_PROGRAM = 1000;
/** Who addresses somebody does so early; the rest of a longer text is not searched. */
const MAX_TEXT = 16_384;

type Test = (char: string) => boolean;
type Assertion = "start" | "end" | "word" | "notWord";
type Node =
  | { type: "test"; test: Test }
  | { type: "assert"; assertion: Assertion }
  | { type: "all" | "any"; nodes: Node[] }
  | { type: "repeat"; node: Node; min: number; max: number };
type Step =
  | { op: "test"; test: Test }
  | { op: "assert"; assertion: Assertion }
  | { op: "fork"; to: [number, number] }
  | { op: "jump"; to: number }
  | { op: "match" };

/** A pattern ready for use, or why it cannot be used. */
export function compilePattern(source: string): Pattern | string {
  if (source.length > MAX_SOURCE) return `longer than ${MAX_SOURCE} characters`;
  try {
    const program: Step[] = [];
    emit(new Reader(source).read(), program);
    program.push({ op: "match" });
    if (isIn(program, "", { steps: 0 })) return "matches every message; use requireMention: false";
    return { source, isIn: (text, work = { steps: 0 }) => isIn(program, text.slice(0, MAX_TEXT), work) };
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

class PatternError extends Error {}

const isWord: Test = (char) => /^[\p{L}\p{N}\p{M}_]$/u.test(char);
const isDigit: Test = (char) => /^[0-9]$/.test(char);
const isSpace: Test = (char) => /^\s$/.test(char);
const not =
  (test: Test): Test =>
  (char) =>
    !test(char);

const classes: Readonly<Record<string, Test>> = {
  w: isWord,
  W: not(isWord),
  d: isDigit,
  D: not(isDigit),
  s: isSpace,
  S: not(isSpace),
};
const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v" };

/** Reads the text of a pattern into nodes. */
class Reader {
  readonly #chars: string[];
  #at = 0;

  constructor(source: string) {
    // Case never counts, so the usual way to say so is understood.
    this.#chars = [...source.replace(/^\(\?i\)/, "")];
  }

  read(): Node {
    const node = this.#alternatives();
    if (this.#at < this.#chars.length) throw new PatternError("a bracket is closed that was not opened");
    return node;
  }

  #alternatives(): Node {
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? nodes[0]! : { type: "any", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#chars.length && this.#peek() !== "|" && this.#peek() !== ")") {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { type: "all", nodes };
  }

  #atom(): Node {
    const char = this.#next();
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return { type: "test", test: this.#set() };
      case ".":
        return { type: "test", test: (one) => one !== "\n" };
      case "^":
        return { type: "assert", assertion: "start" };
      case "$":
        return { type: "assert", assertion: "end" };
      case "\\":
        return this.#escaped();
      case "*":
      case "+":
      case "?":
        throw new PatternError("a repetition without anything to repeat");
      default:
        return { type: "test", test: sameAs(char) };
    }
  }

  #group(): Node {
    if (this.#take("?")) {
      if (!this.#take(":")) throw new PatternError("look-around and named groups are not supported");
    }
    const node = this.#alternatives();
    if (!this.#take(")")) throw new PatternError("a bracket is not closed");
    return node;
  }

  #escaped(): Node {
    const char = this.#next();
    if (char === "b") return { type: "assert", assertion: "word" };
    if (char === "B") return { type: "assert", assertion: "notWord" };
    return { type: "test", test: classes[char] ?? sameAs(literalOf(char)) };
  }

  #set(): Test {
    const isNegated = this.#take("^");
    const tests: Test[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      const from = this.#member();
      if (typeof from !== "string") tests.push(from);
      else if (this.#peek() === "-" && this.#chars[this.#at + 1] !== "]") {
        this.#next();
        const to = this.#member();
        if (typeof to !== "string" || from > to) throw new PatternError("a range in brackets is not one");
        tests.push(between(from, to));
      } else tests.push(sameAs(from));
    }
    this.#next();
    const isAny: Test = (char) => tests.some((test) => test(char));
    return isNegated ? not(isAny) : isAny;
  }

  #member(): string | Test {
    const char = this.#next();
    if (char !== "\\") return char;
    const escaped = this.#next();
    return classes[escaped] ?? literalOf(escaped);
  }

  #repeated(node: Node): Node {
    const [min, max] = this.#bounds() ?? [];
    if (min === undefined || max === undefined) return node;
    this.#take("?"); // whether a match is short or long makes no difference here
    if (this.#peek() === "*" || this.#peek() === "+") throw new PatternError("a repetition of a repetition");
    return { type: "repeat", node, min, max };
  }

  #bounds(): [min: number, max: number] | undefined {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const braces = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(this.#chars.slice(this.#at, this.#at + 9).join(""));
    if (braces === null) return undefined;
    const [whole, low = "", comma, high = ""] = braces;
    this.#at += whole.length;
    const min = Number(low);
    const max = comma === "" ? min : high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (min > max) throw new PatternError("a repetition ends before it begins");
    return [min, max];
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new PatternError("the pattern ends too early");
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

function literalOf(char: string): string {
  const control = controls[char];
  if (control !== undefined) return control;
  if (/^[1-9k]$/.test(char)) throw new PatternError("back references are not supported");
  if (/^[A-Za-z0]$/.test(char)) throw new PatternError(`\\${char} is not supported`);
  return char;
}

function sameAs(char: string): Test {
  const folded = fold(char);
  return (one) => fold(one) === folded;
}

function between(from: string, to: string): Test {
  const isIn = (char: string) =>
    from.codePointAt(0)! <= char.codePointAt(0)! && char.codePointAt(0)! <= to.codePointAt(0)!;
  return (char) => isIn(char) || isIn(char.toLowerCase()) || isIn(char.toUpperCase());
}

function fold(char: string): string {
  return char.toLowerCase();
}

function emit(node: Node, program: Step[]): void {
  if (program.length > MAX_PROGRAM) throw new PatternError("too large");
  switch (node.type) {
    case "test":
      program.push({ op: "test", test: node.test });
      break;
    case "assert":
      program.push({ op: "assert", assertion: node.assertion });
      break;
    case "all":
      for (const one of node.nodes) emit(one, program);
      break;
    case "any":
      emitAny(node.nodes, program);
      break;
    case "repeat":
      emitRepeat(node, program);
  }
}

function emitAny(nodes: readonly Node[], program: Step[]): void {
  const ends: { op: "jump"; to: number }[] = [];
  for (const [index, node] of nodes.entries()) {
    if (index === nodes.length - 1) {
      emit(node, program);
      break;
    }
    const fork: Step = { op: "fork", to: [program.length + 1, 0] };
    program.push(fork);
    emit(node, program);
    const end = { op: "jump" as const, to: 0 };
    program.push(end);
    ends.push(end);
    fork.to[1] = program.length;
  }
  for (const end of ends) end.to = program.length;
}

function emitRepeat({ node, min, max }: Extract<Node, { type: "repeat" }>, program: Step[]): void {
  for (let i = 0; i < min; i++) emit(node, program);
  if (max === Number.POSITIVE_INFINITY) {
    const start = program.length;
    const fork: Step = { op: "fork", to: [start + 1, 0] };
    program.push(fork);
    emit(node, program);
    program.push({ op: "jump", to: start });
    fork.to[1] = program.length;
    return;
  }
  const forks: Extract<Step, { op: "fork" }>[] = [];
  for (let i = min; i < max; i++) {
    const fork: Step = { op: "fork", to: [program.length + 1, 0] };
    program.push(fork);
    forks.push(fork);
    emit(node, program);
  }
  for (const fork of forks) fork.to[1] = program.length;
}

/** Runs all states over the text at once. A state is entered at most once for each character. */
function isIn(program: readonly Step[], text: string, work: { steps: number }): boolean {
  const chars = [...text];
  const enteredAt = new Int32Array(program.length).fill(-1);
  let states: number[] = [];
  const enter = (first: number, at: number, into: number[]): boolean => {
    const open = [first];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (enteredAt[state] === at) continue;
      enteredAt[state] = at;
      work.steps += 1;
      const step = program[state]!;
      if (step.op === "match") return true;
      if (step.op === "test") into.push(state);
      else if (step.op === "jump") open.push(step.to);
      else if (step.op === "fork") open.push(step.to[1], step.to[0]);
      else if (holds(step.assertion, chars, at)) open.push(state + 1);
    }
    return false;
  };
  for (let at = 0; ; at++) {
    // A match may begin anywhere.
    if (enter(0, at, states)) return true;
    const char = chars[at];
    if (char === undefined) return false;
    const next: number[] = [];
    for (const state of states) {
      work.steps += 1;
      const step = program[state]!;
      if (step.op === "test" && step.test(char) && enter(state + 1, at + 1, next)) return true;
    }
    states = next;
  }
}

function holds(assertion: Assertion, chars: readonly string[], at: number): boolean {
  if (assertion === "start") return at === 0;
  if (assertion === "end") return at === chars.length;
  const isEdge = isWord(chars[at - 1] ?? " ") !== isWord(chars[at] ?? " ");
  return isEdge === (assertion === "word");
}
