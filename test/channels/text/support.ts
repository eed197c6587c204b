/** What the tests of texts share: generated and hostile Markdown, and a checker for the HTML that networks take. */
import type { Markup } from "../../../src/channels/contract.ts";

export const markups: readonly Markup[] = ["html", "mrkdwn", "markdown", "light", "ranges", "plain"];

const words = [
  "tea",
  "Wörter",
  "naïve",
  "中文字",
  "e\u0301clair",
  "🇩🇪",
  "👩🏽‍🚀",
  "a<b",
  "x&y",
  "snake_case",
  "1*2",
  "“so”",
  "end.",
];
const wraps = ["**", "*", "_", "~~", "||", "`", "***", "``"];

/** A text with everything in it, the same for the same numbers. */
export function generate(next: () => number, blocks: number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
  const phrase = (most: number): string =>
    Array.from({ length: 1 + Math.floor(next() * most) }, () => {
      const kind = next();
      const word = pick(words);
      if (kind < 0.1) return `[${word} ${pick(words)}](https://example.org/${Math.floor(next() * 100)}?a=1&b=(2))`;
      if (kind < 0.15) return "https://example.org/some_path_here?q=1&r=2.";
      if (kind < 0.2)
        return pick(["<@U123>", "<#C9|general>", "<!here>", "<https://example.org|label>", "<:wave:12345>"]);
      if (kind < 0.4) {
        const wrap = pick(wraps);
        return `${wrap}${word} ${pick(words)}${wrap}`;
      }
      if (kind < 0.45) return `${pick(wraps)}${word}`;
      if (kind < 0.47) return word.repeat(40);
      return word;
    }).join(pick([" ", " ", " ", "\n"]));
  const block = (): string => {
    const kind = next();
    if (kind < 0.1) return `${"#".repeat(1 + Math.floor(next() * 6))} ${phrase(4)}`;
    if (kind < 0.25) return `\`\`\`${pick(["", "ts", "c++"])}\n${phrase(30)}\n\n    ${phrase(6)}\n\`\`\``;
    if (kind < 0.4) return phrase(20).replaceAll(/^/gm, pick(["> ", "> > ", "> - "]));
    if (kind < 0.6) return phrase(20).replaceAll(/^/gm, pick(["- ", "1. ", "  - ", "- [x] "]));
    if (kind < 0.7) return `| ${phrase(2)} | B |\n|---|:-:|\n${`| ${phrase(3)} | ${pick(words)} |\n`.repeat(3)}`;
    if (kind < 0.73) return "---";
    return phrase(60);
  };
  return Array.from({ length: blocks }, block).join(pick(["\n\n", "\n"]));
}

/** Texts made to be slow, deep or torn, each of about that many characters. */
export const hostile: Readonly<Record<string, (size: number) => string>> = {
  "open stars": (size) => "*a ".repeat(size / 3),
  "open brackets": (size) => "[".repeat(size),
  "brackets and addresses": (size) => "[a](".repeat(size / 4),
  "images in images": (size) => "![".repeat(size / 2),
  "backtick runs of all lengths": (size) => {
    const runs: string[] = [];
    for (let length = 1, total = 0; total < size; length = (length % 60) + 1, total += length + 1) {
      runs.push("`".repeat(length));
    }
    return runs.join(" ");
  },
  "one line of stars": (size) => "*".repeat(size),
  "mixed marks": (size) => "*_~~||**__".repeat(size / 10),
  "deep quotes": (size) => `${"> ".repeat(50)}x\n`.repeat(size / 102),
  "deep lists": (size) => `${"- ".repeat(50)}x\n`.repeat(size / 102),
  "indented lists": (size) => Array.from({ length: size / 20 }, (_, at) => `${" ".repeat(at % 16)}- x`).join("\n"),
  "a table with wide cells": (size) =>
    `|a|b|\n|-|-|\n${"|".repeat(size / 2)}\n${`|x${"y".repeat(30)}\n`.repeat(size / 66)}`,
  "a table with a long head": (size) => `|a|${"h".repeat(size / 2)}|\n|-|-|\n${"|x|y|\n".repeat(size / 12)}`,
  "runs of backticks whose first is escaped": (size) => "\\`` ".repeat(size / 4),
  "rules that are nearly tables": (size) => `a|b\n${"-".repeat(size)}x`,
  "angle brackets": (size) => "<".repeat(size),
  "angle brackets with text": (size) => "<https://a|".repeat(size / 11),
  addresses: (size) => "https://a.b/(((".repeat(size / 15),
  "one word": (size) => "x".repeat(size),
  "one word to escape": (size) => "&".repeat(size),
  "one character with many marks": (size) => `a${"\u0301".repeat(size)}`,
  "joined faces": (size) => "👩\u200d".repeat(size / 3),
  "lone surrogates": (size) => "\ud83d ".repeat(size / 2),
  "a long address": (size) => `[${"a\n".repeat(size / 2)}](https://x.org/${"y".repeat(1900)})`,
  "many long addresses": (size) => `[a](https://x.org/${"y".repeat(1000)}) `.repeat(size / 1024),
  "an open fence": (size) => `\`\`\`ts\n${"code line\n".repeat(size / 10)}`,
  "a fence of blank lines": (size) => `\`\`\`\n${"\n".repeat(size)}`,
  "backticks in a fence": (size) => `~~~\n${"`".repeat(size)}`,
  "blank lines": (size) => "\n \n".repeat(size / 3),
  "a short start": (size) => `a ${"x".repeat(3999)} `.repeat(size / 4002),
  escapes: (size) => "\\*\\".repeat(size / 3),
  spoilers: (size) => "||a ".repeat(size / 4),
  "control characters": (size) => "\u0000\u0007\u202e\u2028x".repeat(size / 5),
};

const TAG = /^<(\/?)(b|i|s|code|pre|a|blockquote)((?: (?:href|class)="[^"<>]*")?)>/;
const ENTITY = /^&(?:amp|lt|gt|quot);/;

/** What is wrong with a piece of HTML, or undefined: only known tags, well nested, and nothing else in angle brackets. */
export function htmlProblem(html: string): string | undefined {
  const open: string[] = [];
  for (let at = 0; at < html.length; ) {
    const char = html[at]!;
    if (char === ">") return `a bracket at ${at}`;
    if (char !== "<" && char !== "&") {
      at += 1;
      continue;
    }
    const rest = html.slice(at, at + 8192);
    const entity = char === "&" ? ENTITY.exec(rest)?.[0] : undefined;
    if (entity !== undefined) {
      at += entity.length;
      continue;
    }
    const [whole, slash, name = "", attribute = ""] = TAG.exec(rest) ?? [];
    if (whole === undefined) return `no tag or entity at ${at}: ${rest.slice(0, 20)}`;
    if (slash === "/") {
      if (open.pop() !== name || attribute !== "") return `</${name}> at ${at} ends nothing`;
      if (html.startsWith(`<${name}>`, at - name.length - 2)) return `empty ${name} at ${at}`;
    } else {
      const problem = beginProblem(name, attribute, open);
      if (problem !== undefined) return `${problem} at ${at}`;
      open.push(name);
    }
    at += whole.length;
  }
  return open.length === 0 ? undefined : `<${open.at(-1)}> is not ended`;
}

function beginProblem(name: string, attribute: string, open: readonly string[]): string | undefined {
  if (name === "a") {
    if (!/^ href="(?:https?:|mailto:|tg:\/\/user\?id=)[^"<>]+"$/.test(attribute)) return `bad link${attribute}`;
    if (/&(?!(?:amp|lt|gt|quot);)/.test(attribute)) return `bad entity in${attribute}`;
  } else if (attribute !== "" && !(name === "code" && /^ class="language-[\w+#.-]+"$/.test(attribute))) {
    return `bad attribute${attribute}`;
  }
  if (open.includes(name)) return `<${name}> in itself`;
  if (open.includes("code")) return `<${name}> in code`;
  if (open.includes("pre") && !(name === "code" && open.at(-1) === "pre")) return `<${name}> in pre`;
  if (name === "code" && open.some((one) => one !== "pre" && one !== "blockquote")) return "code in other marks";
  return undefined;
}
