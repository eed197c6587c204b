/** How each markup writes marks and characters: data and small pure functions, one entry for each markup. */
import type { Markup } from "../contract.ts";
import type { Mark } from "./tree.ts";

/** One way to write marked-up text. */
export interface Dialect {
  /** What it can show of marks around each other, outermost first. */
  shows(marks: readonly Mark[]): readonly Mark[];
  /** What begins a mark; `prefix` stands at the beginning of every line there. */
  begin(mark: Mark, prefix: string): string;
  end(mark: Mark, prefix: string): string;
  /** A character of text with its neighbours; `\n` is the edge of a line. */
  escape(char: string, before: string, after: string): string;
  /** A character of code; a fence has several lines. */
  code(char: string, before: string, isFence: boolean): string;
  /** A name of a person or place of the network. */
  token(text: string): string;
  /** An address that is its own label. */
  address(href: string): string;
  /** Stands at the beginning of every line of a quote. */
  quotePrefix: string;
  bullet: string;
}

const same = (text: string) => text;

const plain: Dialect = {
  shows: (marks) => only(marks, ["quote"]),
  begin: () => "> ",
  end: () => "",
  escape: same,
  code: same,
  token: same,
  address: same,
  quotePrefix: "> ",
  bullet: "• ",
};

const html: Dialect = {
  shows(marks) {
    const shown = marks.some(({ kind }) => kind === "link" || kind === "code" || kind === "fence")
      ? withoutNesting(marks)
      : marks;
    return only(shown, ["quote", "fence", "heading", "bold", "italic", "strike", "code", "link"]);
  },
  begin(mark) {
    if (mark.kind === "link") return `<a href="${escapeHtml(mark.href).replaceAll('"', "&quot;")}">`;
    if (mark.kind !== "fence") return `<${htmlTag(mark)}>`;
    return mark.language === "" ? "<pre>" : `<pre><code class="language-${mark.language}">`;
  },
  end(mark) {
    if (mark.kind === "fence") return mark.language === "" ? "</pre>" : "</code></pre>";
    return `</${htmlTag(mark)}>`;
  },
  escape: escapeHtml,
  code: escapeHtml,
  token: escapeHtml,
  address: escapeHtml,
  quotePrefix: "",
  bullet: "• ",
};

const light: Dialect = {
  shows: (marks) => only(marks, ["quote", "fence", "heading", "bold", "italic", "strike", "code"]),
  begin: (mark, prefix) => (mark.kind === "fence" ? `\`\`\`\n${prefix}` : lightMark(mark, "begin")),
  end: (mark, prefix) => (mark.kind === "fence" ? `\n${prefix}\`\`\`` : lightMark(mark, "end")),
  escape: (char, before) => lightCode(char, before, true),
  code: lightCode,
  token: same,
  address: same,
  quotePrefix: "> ",
  bullet: "- ",
};

const mrkdwn: Dialect = {
  shows(marks) {
    const at = marks.findIndex(({ kind }) => kind === "link");
    const shown = only(marks, ["quote", "fence", "heading", "bold", "italic", "strike", "code", "link"]);
    // The label of a link is shown as it is written.
    return at < 0 ? shown : shown.filter((mark) => marks.indexOf(mark) <= at);
  },
  begin: (mark, prefix) => (mark.kind === "link" ? `<${mrkdwnAddress(mark.href)}|` : light.begin(mark, prefix)),
  end: (mark, prefix) => (mark.kind === "link" ? ">" : light.end(mark, prefix)),
  escape: (char, before) => escapeHtml(lightCode(char, before, true)),
  code: (char, before, isFence) => escapeHtml(lightCode(char, before, isFence)),
  token: (text) => (MRKDWN_TOKEN.test(text) ? text : escapeHtml(text)),
  address: (href) => (/^(?:https?|mailto):/.test(href) ? `<${mrkdwnAddress(href)}>` : escapeHtml(href)),
  quotePrefix: "> ",
  bullet: "• ",
};

const markdown: Dialect = {
  shows: (marks) => only(marks, ["quote", "fence", "heading", "bold", "italic", "strike", "spoiler", "code", "link"]),
  begin(mark, prefix) {
    if (mark.kind === "fence") return `\`\`\`${mark.language}\n${prefix}`;
    if (mark.kind === "heading") return mark.level <= 3 ? `${"#".repeat(mark.level)} ` : "**";
    return mark.kind === "link" ? "[" : markdownMark(mark, "begin");
  },
  end(mark, prefix) {
    if (mark.kind === "fence") return `\n${prefix}\`\`\``;
    if (mark.kind === "heading") return mark.level <= 3 ? "" : "**";
    if (mark.kind === "link") return `](${mark.href.replaceAll("(", "%28").replaceAll(")", "%29")})`;
    return markdownMark(mark, "end");
  },
  escape: escapeMarkdown,
  code: (char, before) => lightCode(char, before, true),
  token: same,
  address: same,
  quotePrefix: "> ",
  bullet: "- ",
};

/** The dialect of each markup. Style ranges are dropped for now: their text is the plain one. */
export const dialects: Readonly<Record<Markup, Dialect>> = { html, mrkdwn, markdown, light, ranges: plain, plain };

/** The marks of these kinds. A quote in a quote, bold in a heading, and an address with itself as label say nothing. */
function only(marks: readonly Mark[], kinds: readonly Mark["kind"][]): Mark[] {
  const shown: Mark[] = [];
  for (const mark of marks) {
    const isSaid =
      (mark.kind === "quote" && shown.some(({ kind }) => kind === "quote")) ||
      (mark.kind === "bold" && shown.some(({ kind }) => kind === "heading")) ||
      (mark.kind === "link" && mark.isBare);
    if (kinds.includes(mark.kind) && !isSaid) shown.push(mark);
  }
  return shown;
}

/** Code has no marks in it or around it there; of a link and code the link is worth more. */
function withoutNesting(marks: readonly Mark[]): readonly Mark[] {
  if (marks.some((mark) => mark.kind === "link" && !mark.isBare)) return marks.filter(({ kind }) => kind !== "code");
  const code = marks.find(({ kind }) => kind === "code" || kind === "fence");
  return code === undefined ? marks : marks.filter((mark) => mark === code || mark.kind === "quote");
}

function htmlTag({ kind }: Mark): string {
  if (kind === "quote") return "blockquote";
  if (kind === "italic") return "i";
  if (kind === "strike") return "s";
  if (kind === "link") return "a";
  return kind === "code" ? "code" : "b";
}

function escapeHtml(text: string): string {
  if (!/[&<>]/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

type Side = "begin" | "end";

function lightMark({ kind }: Mark, side: Side): string {
  if (kind === "quote") return side === "begin" ? "> " : "";
  if (kind === "italic") return "_";
  if (kind === "strike") return "~";
  return kind === "code" ? "`" : "*";
}

function markdownMark(mark: Mark, side: Side): string {
  switch (mark.kind) {
    case "quote":
      return side === "begin" ? "> " : "";
    case "code":
      if (!mark.hasTicks) return "`";
      return side === "begin" ? "`` " : " ``";
    case "italic":
      return "*";
    case "strike":
      return "~~";
    case "spoiler":
      return "||";
    default:
      return "**";
  }
}

/** Three backticks in a row would end a fence, and one would end code where there is no longer mark. */
function lightCode(char: string, before: string, isFence: boolean): string {
  if (char !== "`") return char;
  if (!isFence) return "ˋ";
  return before === "`" ? "\u200b`" : "`";
}

const MRKDWN_TOKEN =
  /^<(?:[@#][A-Z0-9]+(?:\|[^<>|]*)?|!(?:here|channel|everyone|subteam\^[A-Z0-9]+(?:\|[^<>|]*)?|date\^[^<>]+))>$/;

function mrkdwnAddress(href: string): string {
  return escapeHtml(href).replaceAll("|", "%7C");
}

const isEdge = (char: string) => /^\s?$/.test(char);
const isWord = (char: string) => /^[\p{L}\p{N}]/u.test(char);

/** Characters that would be marks get a backslash; those that stand alone, or in a word, are none. */
function escapeMarkdown(char: string, before: string, after: string): string {
  switch (char) {
    case "\\":
    case "`":
      return `\\${char}`;
    case "*":
      return isEdge(before) && isEdge(after) && before !== "\n" ? char : "\\*";
    case "_":
      return (isEdge(before) && isEdge(after)) || (isWord(before) && isWord(after)) ? char : "\\_";
    case "~":
    case "|":
      return before === char || after === char ? `\\${char}` : char;
    case "(":
      return before === "]" ? "\\(" : char;
    case "#":
    case ">":
    case "-":
    case "+":
      return before === "\n" ? `\\${char}` : char;
    default:
      return char;
  }
}
