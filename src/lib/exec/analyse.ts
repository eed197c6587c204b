/**
 * Reads a command line as far as it has only one reading: plain words, quoted text without expansion, and the operators
 * `|`, `&&`, `||` and `;`. Everything a shell would still work on (variables, globs, substitutions, redirections,
 * subshells, background) makes it not analysable, and then only the owner can allow it (`protocol/nodes.md` section 7).
 */
import { shellTextOf } from "./binding.ts";

/** One program with its arguments, and how it hangs on the one before it. */
export interface ExecSegment {
  operator: "start" | "|" | "&&" | "||" | ";";
  argv: readonly string[];
}

/** Longest command line that is read. */
const MAX_CHARS = 20_000;
/** Programs in one line; nobody writes more by hand. */
const MAX_SEGMENTS = 32;

/** Characters that mean nothing to a shell outside quotes. */
const BARE = /^[\w@%+:,./-]$/;
/** The same, but not where a word begins or before its name ends: there `=` would set a variable. */
const OPERATOR = /^(?:\|\||&&|\||;)/;

/** The programs that a list of arguments runs; undefined when that cannot be told. A shell's text is looked into. */
export function analyse(argv: readonly string[]): ExecSegment[] | undefined {
  if (!argv[0]) return undefined;
  const text = shellTextOf(argv);
  return text === undefined ? [{ operator: "start", argv }] : analyseText(text);
}

/** The programs of a command line; undefined when it has more than one reading, or none. */
export function analyseText(text: string): ExecSegment[] | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const segments: { operator: ExecSegment["operator"]; argv: string[] }[] = [{ operator: "start", argv: [] }];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [space] = /^[ \t]+/.exec(rest) ?? [];
    const [operator] = OPERATOR.exec(rest) ?? [];
    if (space) {
      at += space.length;
    } else if (operator) {
      if (!segments.at(-1)?.argv.length || segments.length === MAX_SEGMENTS) return undefined;
      segments.push({ operator: operator as ExecSegment["operator"], argv: [] });
      at += operator.length;
    } else {
      const word = readWord(text, at);
      const argv = segments.at(-1)?.argv;
      if (!word || !argv || (argv.length === 0 && word.text.includes("="))) return undefined;
      argv.push(word.text);
      at = word.end;
    }
  }
  return segments.every(({ argv }) => argv[0]) ? segments : undefined;
}

function readWord(text: string, from: number): { text: string; end: number } | undefined {
  let word = "";
  let at = from;
  for (; at < text.length && !/[ \t|&;]/.test(text.charAt(at)); ) {
    const char = text.charAt(at);
    if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      const inner = text.slice(at + 1, end);
      if (end < 0 || /[\n\r\0]/.test(inner) || (char === '"' && /[$`\\!]/.test(inner))) return undefined;
      word += inner;
      at = end + 1;
    } else if (BARE.test(char) || (char === "=" && at > from)) {
      word += char;
      at++;
    } else {
      return undefined;
    }
  }
  // A lone `&` ends a word and begins none: what runs beside something else has more than one reading.
  return at === from ? undefined : { text: word, end: at };
}
