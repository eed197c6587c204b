import { describe, expect, test } from "bun:test";
import type { Markup } from "../../../src/channels/contract.ts";
import { type RenderOptions, renderPieces } from "../../../src/channels/text/render.ts";
import { htmlProblem } from "./support.ts";

const one = (markdown: string, markup: Markup, more: Partial<RenderOptions> = {}) =>
  renderPieces(markdown, { markup, textLimit: 4000, tables: "code", ...more })
    .map(({ text }) => text)
    .join("\n=====\n");

type Row = [title: string, markdown: string, expected: Partial<Record<Markup, string>>];

test.each<Row>([
  [
    "bold",
    "a **b** c",
    { html: "a <b>b</b> c", mrkdwn: "a *b* c", markdown: "a **b** c", light: "a *b* c", plain: "a b c" },
  ],
  [
    "italic",
    "*a* _b_",
    { html: "<i>a</i> <i>b</i>", mrkdwn: "_a_ _b_", markdown: "*a* *b*", light: "_a_ _b_", plain: "a b" },
  ],
  [
    "both at once",
    "***a***",
    { html: "<b><i>a</i></b>", mrkdwn: "*_a_*", markdown: "***a***", light: "*_a_*", plain: "a" },
  ],
  [
    "strike",
    "~~a~~ ~b~",
    { html: "<s>a</s> ~b~", mrkdwn: "~a~ ~b~", markdown: "~~a~~ ~b~", light: "~a~ ~b~", plain: "a ~b~" },
  ],
  ["spoiler", "||a||", { html: "a", mrkdwn: "a", markdown: "||a||", light: "a", ranges: "a", plain: "a" }],
  [
    "code",
    "`a<b` `**x**`",
    {
      html: "<code>a&lt;b</code> <code>**x**</code>",
      mrkdwn: "`a&lt;b` `**x**`",
      markdown: "`a<b` `**x**`",
      plain: "a<b **x**",
    },
  ],
  [
    "code with a backtick",
    "`` a`b ``",
    { html: "<code>a`b</code>", markdown: "`` a`b ``", light: "`aˋb`", plain: "a`b" },
  ],
  ["code in bold", "**a `b` c**", { html: "<b>a </b><code>b</code><b> c</b>", markdown: "**a `b` c**" }],
  ["nested the other way round", "*a **b** c*", { html: "<i>a <b>b</b> c</i>", markdown: "*a **b** c*" }],
  [
    "a mark over a line break is begun again",
    "**a\nb**",
    { html: "<b>a</b>\n<b>b</b>", light: "*a*\n*b*", markdown: "**a**\n**b**" },
  ],
  ["marks that are not closed are text", "**a *b", { html: "**a *b", markdown: "\\*\\*a \\*b", plain: "**a *b" }],
  ["marks with space inside are text", "2 * 3 * 4 ** 5", { html: "2 * 3 * 4 ** 5", light: "2 * 3 * 4 ** 5" }],
  ["underscores in words are text", "a_b_c __init__", { html: "a_b_c <b>init</b>", markdown: "a_b_c **init**" }],
  [
    "escaped marks are text",
    "\\*a\\* \\[b](c)",
    { html: "*a* [b](c)", markdown: "\\*a\\* [b]\\(c)", plain: "*a* [b](c)" },
  ],
  [
    "link",
    "[a *b*](https://x.org/?a=1&b=2)",
    {
      html: '<a href="https://x.org/?a=1&amp;b=2">a <i>b</i></a>',
      mrkdwn: "<https://x.org/?a=1&amp;b=2|a b>",
      markdown: "[a *b*](https://x.org/?a=1&b=2)",
      light: "a _b_ (https://x.org/?a=1&b=2)",
      ranges: "a b (https://x.org/?a=1&b=2)",
      plain: "a b (https://x.org/?a=1&b=2)",
    },
  ],
  [
    "link with brackets and a bar",
    "[a](https://x.org/(b)|c)",
    { mrkdwn: "<https://x.org/(b)%7Cc|a>", markdown: "[a](https://x.org/%28b%29|c)" },
  ],
  [
    "link named by itself",
    "[https://x.org/a_b](https://x.org/a_b)",
    {
      html: "https://x.org/a_b",
      mrkdwn: "<https://x.org/a_b>",
      markdown: "https://x.org/a_b",
      plain: "https://x.org/a_b",
    },
  ],
  [
    "bare address in a sentence",
    "(see https://x.org/a_(b)).",
    {
      mrkdwn: "(see <https://x.org/a_(b)>).",
      markdown: "(see https://x.org/a_(b)).",
      plain: "(see https://x.org/a_(b)).",
    },
  ],
  [
    "address and label in angle brackets",
    "<https://x.org|shop>",
    { html: '<a href="https://x.org">shop</a>', mrkdwn: "<https://x.org|shop>", plain: "shop (https://x.org)" },
  ],
  [
    "picture",
    "![cat](https://x.org/c.png) ![](https://x.org/d.png)",
    {
      html: '<a href="https://x.org/c.png">cat</a> https://x.org/d.png',
      plain: "cat (https://x.org/c.png) https://x.org/d.png",
    },
  ],
  ["mail", "[m](mailto:a@b.org)", { html: '<a href="mailto:a@b.org">m</a>' }],
  ["a person by id", "[m](tg://user?id=42)", { html: '<a href="tg://user?id=42">m</a>' }],
  [
    "names of the network",
    "<@U1> <#C1|x> <!here> <!nobody> <@u1> <b>",
    {
      mrkdwn: "<@U1> <#C1|x> <!here> &lt;!nobody&gt; &lt;@u1&gt; &lt;b&gt;",
      html: "&lt;@U1&gt; &lt;#C1|x&gt; &lt;!here&gt; &lt;!nobody&gt; &lt;@u1&gt; &lt;b&gt;",
      markdown: "<@U1> <#C1|x> <!here> <!nobody> <@u1> <b>",
    },
  ],
  [
    "heading",
    "## A **b** ##\n\nc",
    { html: "<b>A b</b>\n\nc", mrkdwn: "*A b*\n\nc", markdown: "## A b\n\nc", light: "*A b*\n\nc", plain: "A b\n\nc" },
  ],
  ["deep heading", "##### A", { markdown: "**A**", html: "<b>A</b>" }],
  [
    "list",
    "* a\n* b\n  1. c\n  2. d\n- [ ] e",
    {
      html: "• a\n• b\n  1. c\n  2. d\n• ☐ e",
      markdown: "- a\n- b\n  1. c\n  2. d\n- ☐ e",
      plain: "• a\n• b\n  1. c\n  2. d\n• ☐ e",
    },
  ],
  ["list that begins later", "7) a\n8) b", { html: "7. a\n8. b" }],
  [
    "quote",
    "> a\n> b\n\nc",
    {
      html: "<blockquote>a\nb</blockquote>\n\nc",
      mrkdwn: "> a\n> b\n\nc",
      markdown: "> a\n> b\n\nc",
      light: "> a\n> b\n\nc",
      plain: "> a\n> b\n\nc",
    },
  ],
  ["quote in a quote", "> a\n> > b", { html: "<blockquote>a\n\nb</blockquote>", markdown: "> a\n> \n> b" }],
  [
    "fence",
    "```ts\na < `b`\n\n  c\n```",
    {
      html: '<pre><code class="language-ts">a &lt; `b`\n\n  c</code></pre>',
      mrkdwn: "```\na &lt; `b`\n\n  c\n```",
      markdown: "```ts\na < `b`\n\n  c\n```",
      light: "```\na < `b`\n\n  c\n```",
      plain: "a < `b`\n\n  c",
    },
  ],
  [
    "fence with a fence in it",
    "````\n```\na\n```\n````",
    { html: "<pre>```\na\n```</pre>", light: "```\n`\u200b`\u200b`\na\n`\u200b`\u200b`\n```" },
  ],
  ["fence without an end", "```\na", { html: "<pre>a</pre>", light: "```\na\n```" }],
  ["language that is none", '```ts"><b>\na\n```', { html: '<pre><code class="language-ts">a</code></pre>' }],
  ["three backticks in text", "a ``` b", { light: "a `\u200b`\u200b` b", markdown: "a \\`\\`\\` b" }],
  [
    "html is text",
    "<b>a</b> &amp; <script>",
    { html: "&lt;b&gt;a&lt;/b&gt; &amp;amp; &lt;script&gt;", plain: "<b>a</b> &amp; <script>" },
  ],
  ["text that reads like a block", "\\# a\n\\> b\n\\- c", { markdown: "\\# a\n\\> b\n\\- c", plain: "# a\n> b\n- c" }],
  ["rule", "a\n\n---\n\nb", { html: "a\n\n———\n\nb", markdown: "a\n\n———\n\nb" }],
  ["emoji and other planes", "👩🏽‍🚀 𝒳 <", { html: "👩🏽‍🚀 𝒳 &lt;" }],
])("%s", (_title, markdown, expected) => {
  for (const [markup, text] of Object.entries(expected) as [Markup, string][]) {
    expect(`${markup}: ${one(markdown, markup)}`).toBe(`${markup}: ${text}`);
    if (markup === "html") expect(htmlProblem(text)).toBeUndefined();
  }
});

test.each<[title: string, markdown: string]>([
  ["script", "[a](javascript:alert(1))"],
  ["script with spaces", "[a](java script:alert)"],
  ["script in disguise", "[a](JaVaScRiPt:alert)"],
  ["data", "[a](data:text/html,x)"],
  ["file", "[a](file:///etc/passwd)"],
  ["no scheme", "[a](//x.org)"],
  ["relative", "[a](/x)"],
  ["a name before the host", "[a](https://bank.org@evil.org/)"],
  ["a quote that ends the attribute", '[a](https://x.org/"onclick=1)'],
  ["an invisible character", "[a](https://x.org/\u202eb)"],
  ["another thing of the network", "[a](tg://resolve?domain=x)"],
  ["an image of script", "![a](vbscript:x)"],
  ["in angle brackets", "<javascript:alert|a>"],
])("no link: %s", (_title, markdown) => {
  expect(one(markdown, "html")).not.toContain("<a");
  expect(htmlProblem(one(markdown, "html"))).toBeUndefined();
  expect(one(markdown, "mrkdwn")).not.toMatch(/<[^>]*\|/);
  expect(one(markdown, "plain").replaceAll("\\", "")).toBe(markdown.replaceAll("![", "!["));
});

describe("tables", () => {
  const table = "| Name | Age |\n|:--|--:|\n| **Ada** | 36 |\n| Bob \\| Al | |";
  test.each<[form: "code" | "bullets" | "off", markup: Markup, expected: string]>([
    ["code", "html", "<pre>Name     | Age\n---------|----\nAda      | 36\nBob | Al |</pre>"],
    ["code", "plain", "Name     | Age\n---------|----\nAda      | 36\nBob | Al |"],
    ["bullets", "light", "- Name / Age\n- *Ada*\n  - Age: 36\n- *Bob | Al*"],
    ["bullets", "plain", "• Name / Age\n• Ada\n  • Age: 36\n• Bob | Al"],
    ["off", "markdown", table],
    ["off", "html", table],
  ])("%s in %s", (tables, markup, expected) => {
    expect(one(table, markup, { tables })).toBe(expected);
  });

  test("a text with a bar is no table", () => {
    expect(one("a | b\nc | d", "plain")).toBe("a | b\nc | d");
  });
});

describe("cutting", () => {
  const words = (count: number, word = "word") => Array.from({ length: count }, () => word).join(" ");
  const cut = (markdown: string, more: Partial<RenderOptions> = {}) =>
    renderPieces(markdown, { markup: "html", textLimit: 100, tables: "code", ...more }).map(({ text }) => text);

  test.each<[title: string, markdown: string, first: string, more?: Partial<RenderOptions>]>([
    ["at a paragraph before a later line", `${words(12)}\n\n${words(3)}\n${words(20)}`, words(12)],
    ["at a line before a later sentence", `${words(12)}\n${words(2)}. ${words(20)}`, words(12)],
    ["at a sentence before a later space", `${words(12)}. ${words(20)}`, `${words(12)}.`],
    ["at a space before the middle of a word", words(40), words(20)],
    ["anywhere when there is nothing else", "x".repeat(150), "x".repeat(100)],
    ["not at a paragraph of the first half", `a\n\n${words(40)}`, `a\n\n${words(19)}`],
    ["between ideographic sentences", `${"字".repeat(70)}。${"字".repeat(70)}`, `${"字".repeat(70)}。`],
    ["so that marks are closed", `**${words(40)}**`, `<b>${words(18)}</b>`],
    ["after what escaping makes of the text", "&".repeat(60), "&amp;".repeat(20)],
    ["at the lines there is room for", "a\nb\nc\nd", "a\nb\nc", { maxLines: 3 }],
  ])("%s", (_title, markdown, first, more = {}) => {
    expect(cut(markdown, more)[0]).toBe(first);
  });

  test("a mark goes on in the next piece", () => {
    expect(cut(`**${words(30)}**`)).toEqual([`<b>${words(18)}</b>`, `<b>${words(12)}</b>`]);
  });

  test("a fence goes on in the next piece with its language and indentation", () => {
    const line = `    ${"x".repeat(36)}`;
    expect(cut(`\`\`\`ts\n${line}\n${line}\n${line}\n\`\`\``, { markup: "markdown" })).toEqual([
      `\`\`\`ts\n${line}\n${line}\n\`\`\``,
      `\`\`\`ts\n${line}\n\`\`\``,
    ]);
  });

  test("the lines of a fence count with its marks", () => {
    const pieces = cut("```\n1\n2\n3\n4\n5\n```", { markup: "markdown", maxLines: 4 });
    expect(pieces).toEqual(["```\n1\n2\n```", "```\n3\n4\n```", "```\n5\n```"]);
  });

  test("a link goes on in the next piece; where there are none its address comes once, at the end", () => {
    const link = `[${words(20)}](https://x.org)`;
    const pieces = renderPieces(link, { markup: "html", textLimit: 100, tables: "code" });
    expect(pieces.every(({ text }) => text.startsWith('<a href="https://x.org">'))).toBe(true);
    expect(pieces.map(({ plainText }) => plainText).join(" ")).toBe(`${words(20)} (https://x.org)`);
  });

  test("an address too long to be a link is written out", () => {
    const href = `https://x.org/${"y".repeat(200)}`;
    expect(cut(`[a](${href})`).join("")).toBe(`a(${href})`);
  });

  test("what is seen as one character is not cut, even where a mark ends inside it", () => {
    for (const text of [`${"x".repeat(97)}👩🏽‍🚀👩🏽‍🚀`, `${"x".repeat(91)}**e**\u0301${"y".repeat(60)}`]) {
      for (const { plainText } of renderPieces(text, { markup: "html", textLimit: 100, tables: "code" })) {
        expect(plainText).not.toMatch(/^(?:\u0301|\u200d)|👩$|👩🏽$/u);
        expect(plainText.isWellFormed()).toBe(true);
      }
    }
  });

  test("by paragraph, every paragraph is a piece, and a fence stays whole", () => {
    expect(cut("a\nb\n\nc\n\n```\nd\n\ne\n```\n\n- f\n- g", { chunkMode: "newline" })).toEqual([
      "a\nb",
      "c",
      "<pre>d\n\ne</pre>",
      "• f\n• g",
    ]);
  });

  test.each<[title: string, markdown: string]>([
    ["nothing", ""],
    ["space", " \n\t\n "],
    ["an empty fence", "```\n\n\n```"],
    ["a reference to nothing", "\u0000"],
  ])("no piece is made of %s", (_title, markdown) => {
    expect(cut(markdown)).toEqual([]);
  });

  test.each([0, -1, Number.NaN, 1, 63.9])("a senseless limit of %p counts as the least one", (textLimit) => {
    expect(cut("x".repeat(130), { textLimit })).toEqual(["x".repeat(64), "x".repeat(64), "xx"]);
  });
});
