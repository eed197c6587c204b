/**
 * Small filters that need no entry on the list: they read what is piped into them and write what comes out. Allowed with
 * the options listed here only, because others of theirs name files, or programs to run.
 */

interface Rule {
  /** Options without a value, as letters that may stand together. */
  flags: string;
  /** Options whose value follows, attached or as the next word. */
  valued: string;
  /** Words that are not options: patterns, never files. */
  words: number;
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ["jq", { flags: "rcensSMCaj", valued: "", words: 1 }],
  ["grep", { flags: "ivncowxEFh", valued: "mABC", words: 1 }],
  ["cut", { flags: "sn", valued: "dfcb", words: 0 }],
  ["sort", { flags: "nrufhVbds", valued: "kt", words: 0 }],
  ["uniq", { flags: "cdui", valued: "fsw", words: 0 }],
  ["head", { flags: "qv", valued: "nc", words: 0 }],
  ["tail", { flags: "qv", valued: "nc", words: 0 }],
  ["tr", { flags: "dsc", valued: "", words: 2 }],
  ["wc", { flags: "lwcmL", valued: "", words: 0 }],
]);

/** Where such programs come from; one of the same name elsewhere is another program. */
const FOLDERS = /^(?:\/usr(?:\/local)?|\/opt\/homebrew)?\/bin\/[^/]+$/;
/** What lets a jq filter read files or the environment. */
const JQ_REACHES_OUT = /\b(?:import|include|env|input_filename)\b|\$ENV/;

/** Whether a program with these arguments is a harmless filter. `path` is resolved. */
export function isSafeBin(name: string, path: string, args: readonly string[]): boolean {
  const rule = rules.get(name);
  if (!rule || !FOLDERS.test(path)) return false;
  const words = wordsOf(args, rule);
  if (!words || words.length > rule.words) return false;
  return words.every((word) => !(name === "jq" ? JQ_REACHES_OUT.test(word) : looksLikeFile(word)));
}

/** The words that are no options; undefined when an option is not one of those listed. */
function wordsOf(args: readonly string[], { flags, valued }: Rule): string[] | undefined {
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (!arg.startsWith("-") || arg === "-") {
      words.push(arg);
      continue;
    }
    const letters = arg.slice(1);
    const isValued = valued.includes(letters.charAt(0));
    const value = isValued ? letters.slice(1) || args[++at] : "";
    if (value === undefined || looksLikeFile(value)) return undefined;
    if (!isValued && ![...letters].every((letter) => flags.includes(letter))) return undefined;
  }
  return words;
}

function looksLikeFile(word: string): boolean {
  return /[/\\]/.test(word) || /^[~.]\.?\w/.test(word) || word === "-" || word === ".." || word === "~";
}
