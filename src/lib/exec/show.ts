/**
 * A command as its owner sees it before approving: whole, and with nothing in it that a screen would hide, turn round or
 * make look like something else (threats T10). The shown text can be turned back into exactly what runs.
 */

/** Longest text that people are asked to approve: what fits a screen and a chat message. */
export const MAX_SHOWN_CHARS = 4096;

/** Said instead of asking. */
export const TOO_LONG = "command too long to approve";

/**
 * What is shown as it is: printable ASCII, and the letters of Europe's Latin alphabets apart from those that pass for
 * ASCII (dotless i, long s, ligatures). Everything else has a look-alike somewhere, or no look at all.
 */
const PLAIN = /^[ -~À-ÖØ-öø-İĴ-ľŁ-ňŊ-ž]$/;

/** The text with every character that is not plain as `⟨U+202E⟩`, and so a space behind a space, which pages swallow. */
export function showText(text: string): string {
  let shown = "";
  let before = "";
  for (const char of text) {
    const isSwallowed = char === " " && (before === " " || before === "");
    shown += PLAIN.test(char) && !isSwallowed ? char : `⟨U+${hexOf(char)}⟩`;
    before = char;
  }
  return shown;
}

/** The text that {@link showText} was given. */
export function readShown(shown: string): string {
  return shown.replaceAll(/⟨U\+([0-9A-F]{4,6})⟩/g, (_mark, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/** A list of arguments as one text in which each begins and ends visibly; a shell would read it back as the same list. */
export function showArgv(argv: readonly string[]): string {
  return argv.map((argument) => showText(quote(argument))).join(" ");
}

/** A word for a shell, in single quotes unless it needs none. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function hexOf(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
