import { describe, expect, test } from "bun:test";
import { type ComponentChildren, isValidElement, type VNode } from "preact";
import { type Block, parseMarkdown } from "../../../src/web/chat/markdown/blocks.ts";
import { safeHref } from "../../../src/web/chat/markdown/href.ts";
import { parseInline } from "../../../src/web/chat/markdown/inline.ts";
import type { Work } from "../../../src/web/chat/markdown/work.ts";
import { renderBlock } from "../../../src/web/chat/view/markdown.tsx";

/** Every element of a rendered text, outermost first; components (code blocks) count by their props. */
function elementsOf(text: string): VNode<Record<string, unknown>>[] {
  const found: VNode<Record<string, unknown>>[] = [];
  const walk = (node: ComponentChildren): void => {
    if (Array.isArray(node)) for (const child of node) walk(child);
    else if (isValidElement(node)) {
      const element = node as VNode<Record<string, unknown>>;
      found.push(element);
      walk(element.props.children);
    }
  };
  walk(parseMarkdown(text).map(({ block }) => renderBlock(block)));
  return found;
}

/** A compact notation: tags around text, `^` for a line break, components by their text. */
function show(node: ComponentChildren): string {
  if (Array.isArray(node)) return node.map(show).join("");
  if (!isValidElement(node)) return node === null || node === undefined || typeof node === "boolean" ? "" : `${node}`;
  const { type, props } = node as VNode<Record<string, unknown> & { text?: string; language?: string }>;
  const inner = show(props.children as ComponentChildren);
  if (type === "br") return "^";
  if (typeof type === "string") return `<${type}>${inner}</${type}>`;
  return props.text === undefined ? inner : `<code ${props.language}>${props.text}</code>`;
}
const shown = (text: string) =>
  parseMarkdown(text)
    .map(({ block }) => show(renderBlock(block)))
    .join("");

describe("inline", () => {
  test.each<[text: string, expected: string]>([
    ["**bold** and *it*", "<strong>bold</strong> and <em>it</em>"],
    ["__bold__ and _it_", "<strong>bold</strong> and <em>it</em>"],
    ["***both***", "<strong><em>both</em></strong>"],
    ["**a *b* c**", "<strong>a <em>b</em> c</strong>"],
    ["snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"],
    ["**open and *crossed", "**open and *crossed"],
    ["~~gone~~ and ~not~", "<del>gone</del> and ~not~"],
    ["`a *b*` and ``c ` d``", "<code>a *b*</code> and <code>c ` d</code>"],
    ["`never closed", "`never closed"],
    ["\\``x`", "`<code>x</code>"],
    ["\\``", "``"],
    ["\\*not\\* \\\\ \\a", "*not* \\ \\a"],
    ["one\ntwo", "one^two"],
    ["[a **b**](https://e.example/x)", "<a>a <strong>b</strong></a>"],
    ['[t](https://e.example "title")', "<a>t</a>"],
    ["[w](https://e.example/a_(b))", "<a>w</a>"],
    ["[no link] (x)", "[no link] (x)"],
    ["[a [b](https://e.example) c](https://f.example)", "[a <a>b</a> c](<a>https://f.example</a>)"],
    ["see https://e.example/a_b_c.", "see <a>https://e.example/a_b_c</a>."],
    ["(https://e.example/x)", "(<a>https://e.example/x</a>)"],
    ["<https://e.example>", "<a>https://e.example</a>"],
    ["![cat](https://e.example/cat.png)", "<a>cat</a>"],
    ["<b>raw</b> &amp; <!-- x -->", "<b>raw</b> &amp; <!-- x -->"],
  ])("%p", (text, expected) => {
    expect(shown(text)).toBe(`<p>${expected}</p>`);
  });
});

describe("blocks", () => {
  test.each<[title: string, text: string, expected: string]>([
    ["headings start below the page's own", "# One\n### Three ###\n#no", "<h3>One</h3><h5>Three</h5><p>#no</p>"],
    ["fenced code", "```ts\nlet a = `b`;\n\n# x\n```\nafter", "<code ts>let a = `b`;\n\n# x</code><p>after</p>"],
    ["a fence that is still being written", "~~~\na\nb", "<code >a\nb</code>"],
    ["a longer fence around a shorter", "````\n```\n````", "<code >```</code>"],
    ["tight lists", "- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
    ["loose lists", "- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
    ["nested lists", "1. a\n   - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"],
    ["lists nested by two spaces", "1. a\n  - b", "<ol><li>a<ul><li>b</li></ul></li></ol>"],
    ["code in a list", "- a\n  ```sh\n  ls\n  ```", "<ul><li>a<code sh>ls</code></li></ul>"],
    ["two kinds of markers are two lists", "- a\n* b", "<ul><li>a</li></ul><ul><li>b</li></ul>"],
    ["tasks", "- [ ] a\n- [x] b", "<ul><li>☐ a</li><li>☑ b</li></ul>"],
    ["a list ends a paragraph", "text\n- a", "<p>text</p><ul><li>a</li></ul>"],
    ["text after a list", "- a\n\ntext", "<ul><li>a</li></ul><p>text</p>"],
    ["quotes", "> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"],
    ["rules", "a\n\n---\n* * *", "<p>a</p><hr></hr><hr></hr>"],
    [
      "tables",
      "| a | b |\n|:-|-:|\n| `x\\|y` | **z** |\nafter",
      "<section><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td><code>x|y</code></td><td><strong>z</strong></td></tr></tbody></table></section><p>after</p>",
    ],
    ["a table without a matching rule", "a | b\n|-|", "<p>a | b^|-|</p>"],
    ["tabs and other line ends", "-\ta\r\n-\tb", "<ul><li>a</li><li>b</li></ul>"],
    ["nothing", " \n\n", ""],
  ])("%s", (_title, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test("an ordered list starts where its text does", () => {
    expect(elementsOf("7. a\n8. b")[0]?.props).toMatchObject({ start: 7 });
  });

  test("equal sources mark blocks that need not be drawn again while a text grows", () => {
    const sources = (text: string) => parseMarkdown(text).map(({ source }) => source);
    const before = sources("# A\n\ntext\n\n- one");
    const after = sources("# A\n\ntext\n\n- one\n- two");
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toBe(before[2]);
  });
});

describe("safety", () => {
  const allowedTags = new Set(
    "p h3 h4 h5 h6 blockquote hr ul ol li section table thead tbody tr th td code br em strong del a".split(" "),
  );
  const allowedProps = new Set(
    "children class start tabIndex aria-label scope href title target rel text language".split(" "),
  );

  const corpus = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](blob:https://e.example/1)",
    "[x](//evil.example/x)",
    "[x](/devices)",
    "[x](https://good.example@evil.example/)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    '[x](https://e.example "onclick=alert(1)")',
    '[x](https://e.example"onmouseover="alert(1))',
    "```<script>\nalert(1)\n```",
    '```"><img src=x onerror=alert(1)>\n```',
    "| <script> | b |\n|-|-|\n| [x](javascript:1) | <img> |",
    "> <object data=javascript:alert(1)>",
    "- <b onclick=alert(1)>x",
    "# <style>*{display:none}</style>",
    "**[x](javascript:alert(1))**",
    "[a](https://e.example/[b](javascript:alert(1)))",
    "{{constructor.constructor('alert(1)')()}}",
    "https://e.example/<script>alert(1)</script>",
  ];

  test.each(corpus)("%p becomes plain elements", (text) => {
    for (const { type, props } of elementsOf(text)) {
      if (typeof type === "string") expect(allowedTags).toContain(type);
      for (const name of Object.keys(props)) expect(allowedProps).toContain(name);
      const href = props["href"];
      if (href === undefined) continue;
      expect(`${href}`).toMatch(/^(https?:\/\/|mailto:)/);
      expect(props["rel"]).toBe("noopener noreferrer");
    }
  });

  test("raw HTML stays as it was written", () => {
    for (const text of corpus.filter((one) => one.startsWith("<"))) expect(shown(text)).toBe(`<p>${text}</p>`);
  });

  test.each<[address: string, href: string | undefined]>([
    ["https://e.example/a?b#c", "https://e.example/a?b#c"],
    ["HTTP://E.example", "http://e.example/"],
    ["mailto:a@e.example", "mailto:a@e.example"],
    ["https://\u0430pple.example", "https://xn--pple-43d.example/"],
    ["javascript:1", undefined],
    ["javascript://e.example/%0aalert(1)", undefined],
    [" https://e.example", undefined],
    ["https://user:pass@e.example", undefined],
    ["relative/path", undefined],
    ["#token=x", undefined],
    [`https://e.example/${"a".repeat(3000)}`, undefined],
  ])("the address %p leads to %p", (address, href) => {
    expect(safeHref(address)).toBe(href);
  });
});

describe("hostile input", () => {
  const TARGET = 200_000;
  const fill = (piece: string, length: number) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  const pieces = [
    "a",
    "*",
    "*a",
    "**a ",
    "_a _",
    "*a **b _c __d ~~e ",
    "***a* b** ",
    "[",
    "[a](",
    "](",
    "![",
    "[a](https://e.example/(((",
    "[a](https://e.example/a",
    '[a](b "',
    "<",
    "<https://",
    "http://",
    "https://e.example/)))",
    "`",
    "`a",
    "`a``b```c",
    "\\",
    "\\`",
    "~~",
    "> ",
    ">",
    "> > - ",
    "- ",
    "- a\n",
    "- a\n  ",
    "1. a\n\n   ",
    " - - - ",
    "#",
    "# #",
    "#  ",
    "```\n",
    "~~~\n```\n",
    "|",
    "|-",
    "| a | b |\n",
    "a|b\n-|-\n",
    "|a|\n|-|\n",
    "\n",
    " \n",
    "\t",
    "\t- a\n",
    "a\n",
    "a  \n",
    "---\n",
    "- -\n",
    "é",
    "😀*",
    "h",
  ];
  const shapes: [name: string, text: (length: number) => string][] = [
    ...pieces.map((piece): [string, (length: number) => string] => [
      JSON.stringify(piece),
      (length) => fill(piece, length),
    ]),
    ["a pyramid of quotes", (length) => pyramid(length, (depth) => `${">".repeat(depth)} a\n`)],
    ["a pyramid of lists", (length) => pyramid(length, (depth) => `${"  ".repeat(depth)}- a\n`)],
    ["code spans of growing length", (length) => pyramid(length, (depth) => `${"`".repeat(depth)} `)],
    ["marks of growing length", (length) => pyramid(length, (depth) => `${"*".repeat(depth)}a `)],
    ["opened, then closed", (length) => `${fill("[*", length / 2)}${fill("*](", length / 2)}`],
  ];

  function pyramid(length: number, line: (depth: number) => string): string {
    let text = "";
    for (let depth = 1; text.length < length; depth++) text += line(depth);
    return text.slice(0, length);
  }

  function stepsFor(text: string): number {
    const work: Work = { steps: 0 };
    const visit = (block: Block): void => {
      if (block.type === "paragraph" || block.type === "heading") parseInline(block.text, work);
      if (block.type === "quote") block.blocks.forEach(visit);
      if (block.type === "list") for (const item of block.items) item.forEach(visit);
      if (block.type === "table") for (const cell of [...block.header, ...block.rows.flat()]) parseInline(cell, work);
    };
    for (const { block } of parseMarkdown(text, work)) visit(block);
    return work.steps;
  }

  test.each(shapes)("200 KB of %s take a bounded number of steps for each character", (_name, shape) => {
    const half = stepsFor(shape(TARGET / 2));
    const whole = stepsFor(shape(TARGET));
    expect(whole).toBeLessThan(TARGET * 40);
    // Quadratic work would be four times as much for twice the text.
    expect(whole).toBeLessThanOrEqual(half * 2.5);
  });
});
