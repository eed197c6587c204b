import { expect, test } from "bun:test";
import { parseMarkdown } from "../../../src/channels/text/parse.ts";

const shapeOf = (markdown: string) => parseMarkdown(markdown).map(({ type }) => type);

test.each<[markdown: string, types: string[]]>([
  ["# a\nb", ["heading", "paragraph"]],
  ["#a", ["paragraph"]],
  ["a\n- b\n1. c\n> d\n```\ne", ["paragraph", "list", "list", "quote", "fence"]],
  ["- a\n\n- b\n\n\nc", ["list", "paragraph"]],
  ["* * *\n***\n**a**", ["rule", "rule", "paragraph"]],
  ["-1 degrees\n2.5 metres", ["paragraph"]],
  ["a|b\n-|-\nc|d\ne", ["table", "paragraph"]],
  ["a|b\n-|-|-", ["paragraph"]],
  ["~~~\n```\n~~~\na", ["fence", "paragraph"]],
  ["`` ``` ``", ["paragraph"]],
  ["``` a ``` b", ["paragraph"]],
  ["\r\na\r\rb\u2028c", ["paragraph", "paragraph"]],
])("%j", (markdown, types) => {
  expect(shapeOf(markdown)).toEqual(types as never);
});

test("spans know the marks around them, outermost first", () => {
  const [block] = parseMarkdown("a [**b**](https://x.org) `c`");
  const spans = block?.type === "paragraph" ? block.spans : [];
  expect(spans.map(({ text, kind, marks }) => [text, kind, marks.map((mark) => mark.kind)])).toEqual([
    ["a ", "text", []],
    ["b", "text", ["link", "bold"]],
    ["https://x.org", "linkEnd", ["link"]],
    [" ", "text", []],
    ["c", "code", ["code"]],
  ] as never);
});

test.each<[title: string, markdown: string, kind: string, most: number]>([
  ["emphasis does not reach out of a link", "[a *b](https://x.org) c*", "italic", 0],
  ["an address in a link is no link of its own", "[a <https://y.org> b](https://x.org)", "link", 1],
  ["a bracket around a link is text", "[a [b](https://x.org) c](https://y.org)", "link", 1],
  ["bold in bold is bold once", "**a __b__ c**", "bold", 1],
])("%s", (_title, markdown, kind, most) => {
  const [block] = parseMarkdown(markdown);
  const spans = block?.type === "paragraph" ? block.spans : [];
  const counts = spans.map(({ marks }) => marks.filter((mark) => mark.kind === kind).length);
  expect(Math.max(...counts)).toBe(most);
});
