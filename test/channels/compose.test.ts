import { describe, expect, test } from "bun:test";
import { composePieces, type Manner, type Saying } from "../../src/channels/compose.ts";
import type { Button, Capabilities, Outbound, OutboundMedia } from "../../src/channels/contract.ts";

const capabilities: Capabilities = {
  textLimit: 200,
  captionLimit: 100,
  markup: "html",
  tables: "code",
  mediaBytes: 1000,
  idempotent: false,
  replies: "off",
  receiveSilenceMs: 1000,
};
const chat = { kind: "group" as const, id: "-500" };
const file = (fileName: string): OutboundMedia => ({
  kind: "image",
  mimeType: "image/png",
  fileName,
  bytes: new Uint8Array([1]),
});

function compose(saying: Partial<Saying>, more: Partial<Capabilities> = {}, manner: Partial<Manner> = {}): Outbound[] {
  const able = { ...capabilities, ...more };
  return composePieces(
    { chat, text: "", key: "k", ...saying },
    { capabilities: able, textLimit: able.textLimit, tables: "code", chunkMode: "length", quotes: "first", ...manner },
  );
}

/** What of a piece matters in a table: its file, its text. */
const shape = ({ media, text }: Outbound) => [media?.fileName, text];

describe("texts", () => {
  test.each<[text: string]>([[""], [" \n\t "]])("%j is nothing to say", (text) => {
    expect(compose({ text })).toEqual([]);
  });

  test("each piece has its number in the key, and fits; nothing is lost", () => {
    const text = Array.from({ length: 60 }, (_, at) => `word${at}`).join(" ");
    const pieces = compose({ text });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map(({ key }) => key)).toEqual(pieces.map((_, at) => `k-${at}`));
    for (const piece of pieces) expect(piece.text?.length).toBeLessThanOrEqual(200);
    expect(pieces.map((piece) => piece.text).join(" ")).toBe(text);
  });

  test("the limit of lines holds", () => {
    const text = Array.from({ length: 40 }, (_, at) => `- line ${at}`).join("\n");
    const pieces = compose({ text }, { textLimit: 2000, maxLines: 17, markup: "markdown" });
    expect(pieces.length).toBeGreaterThanOrEqual(3);
    for (const piece of pieces) expect(piece.text?.split("\n").length).toBeLessThanOrEqual(17);
  });

  test("the first quotes, or all of them", () => {
    const text = "a ".repeat(300);
    const quotes = (how: Manner["quotes"]) =>
      compose({ text, replyTo: "m1" }, {}, { quotes: how }).map(({ replyTo }) => replyTo);
    expect(new Set(quotes("all"))).toEqual(new Set(["m1"]));
    expect(quotes("first")[0]).toBe("m1");
    expect(new Set(quotes("first").slice(1))).toEqual(new Set([undefined]));
    expect(compose({ text: "a" })[0]).not.toHaveProperty("replyTo");
  });

  test("only where it goes is passed on of a chat, and silence to every piece", () => {
    const place = { ...chat, threadId: "7", title: "Secret", parentIds: ["1"] };
    const pieces = compose({ chat: place, text: "a ".repeat(300), isSilent: true });
    for (const piece of pieces) expect(piece).toMatchObject({ chat: { ...chat, threadId: "7" }, isSilent: true });
    expect(JSON.stringify(pieces)).not.toContain("Secret");
    expect(compose({ text: "a" })[0]).not.toHaveProperty("isSilent");
  });
});

describe("files", () => {
  test("the text is the caption of the first", () => {
    const pieces = compose({ text: "**two**", media: [file("1"), file("2")] });
    expect(pieces.map(shape)).toEqual([
      ["1", "<b>two</b>"],
      ["2", undefined],
    ]);
    expect(pieces.map(({ plainText }) => plainText)).toEqual(["two", undefined]);
  });

  test("without a text there is none", () => {
    expect(compose({ text: " ", media: [file("1")] }).map(shape)).toEqual([["1", undefined]]);
  });

  test.each<[title: string, text: string, more: Partial<Capabilities>, isCaption: boolean]>([
    ["as long as a caption may be", "x".repeat(100), {}, true],
    ["longer by one", "x".repeat(101), {}, false],
    ["that grows over it when it is rendered", "<".repeat(40), {}, false],
    ["that is as long when it is rendered", "<".repeat(25), {}, true],
    ["on a network without captions", "x", { captionLimit: 0 }, false],
    ["of more lines than one message may have", "- a\n".repeat(5), { maxLines: 3, markup: "markdown" }, false],
  ])("a text %s", (_title, text, more, isCaption) => {
    const [first, ...rest] = compose({ text, media: [file("1")] }, more);
    expect(first?.media?.fileName).toBe("1");
    expect(first?.text !== undefined).toBe(isCaption);
    expect(rest.length > 0).toBe(!isCaption);
    for (const piece of rest) expect(piece.media).toBeUndefined();
    if (isCaption) expect(first?.text?.length).toBeLessThanOrEqual(100);
  });

  test("a text that is no caption comes after all files, whole", () => {
    const text = "word ".repeat(30).trim();
    expect(compose({ text, media: [file("1"), file("2")] }).map(shape)).toEqual([
      ["1", undefined],
      ["2", undefined],
      [undefined, text],
    ]);
  });
});

describe("polls", () => {
  const poll = { question: "Tea?", options: ["yes", "no", "later"], maxSelections: 1 };
  test("are polls where the network has them", () => {
    expect(compose({ poll, isSilent: true, replyTo: "m" }, { pollOptions: 3 })).toEqual([
      { chat, poll, key: "k-0", isSilent: true, replyTo: "m" },
    ]);
  });

  test.each<[title: string, more: Partial<Capabilities>]>([
    ["a network without polls", {}],
    ["more answers than it takes", { pollOptions: 2 }],
  ])("are a list with numbers on %s", (_title, more) => {
    const [piece, ...rest] = compose({ poll }, { ...more, markup: "plain" });
    expect(rest).toEqual([]);
    expect(piece?.poll).toBeUndefined();
    expect(piece?.text).toBe("Tea?\n\n1. yes\n2. no\n3. later");
  });
});

describe("buttons", () => {
  const button = (value: string): Button => ({ label: value.toUpperCase().slice(0, 10), value });
  const limits = { rows: 2, perRow: 2, valueBytes: 4 };
  const able = { buttons: limits, markup: "plain" as const };
  const has = (pieces: readonly Outbound[], value: string) =>
    pieces.some(
      ({ text = "", buttons = [] }) => text.includes(value) || buttons.flat().some((one) => one.value === value),
    );

  test("stand below the last piece", () => {
    const buttons = [[button("a"), button("b")], [button("c")]];
    const pieces = compose({ text: "a ".repeat(300), buttons }, able);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.at(-1)?.buttons).toEqual(buttons);
    for (const piece of pieces.slice(0, -1)) expect(piece.buttons).toBeUndefined();
  });

  test("are listed in the text on a network without them", () => {
    const [piece] = compose({ text: "Tea?", buttons: [[button("yes")], [button("no")]] }, { markup: "markdown" });
    expect(piece?.buttons).toBeUndefined();
    expect(piece?.text).toContain("YES: `yes`");
    expect(piece?.text).toContain("NO: `no`");
  });

  test.each<[title: string, buttons: Button[][], shown: string[][]]>([
    ["too many rows", [[button("a")], [button("b")], [button("c")]], [["a"], ["b"]]],
    ["too many in a row", [[button("a"), button("b"), button("c")]], [["a", "b"]]],
    ["a value that is too long", [[button("a"), button("abcde")]], [["a"]]],
    ["a value that is too long in bytes", [[button("ééé"), button("b")]], [["b"]]],
    ["a row of which nothing fits", [[button("abcde")], [button("b")], [button("c")]], [["b"], ["c"]]],
    ["nothing fits", [[button("abcde")]], []],
    ["no buttons", [[]], []],
  ])("over the limits: %s: no row is empty, and none is lost", (_title, buttons, shown) => {
    const pieces = compose({ text: "Tea?", buttons }, able);
    const rows = pieces.at(-1)?.buttons;
    expect((rows ?? []).map((row) => row.map(({ value }) => value))).toEqual(shown);
    if (shown.length === 0) expect(rows).toBeUndefined();
    for (const { value } of buttons.flat()) expect(has(pieces, value)).toBe(true);
    expect(pieces.at(-1)?.text).toStartWith("Tea?");
  });

  test.each<[title: string, more: Partial<Capabilities>, text: string]>([
    ["with a short text", able, "Tea?"],
    ["with a long text", able, "Tea? ".repeat(30)],
    ["without a text", able, ""],
    ["on a network without buttons", { markup: "plain" }, "Tea?"],
    ["on a network without buttons, without a text", { markup: "plain" }, ""],
  ])("are not lost beside a file: %s", (_title, more, text) => {
    const pieces = compose({ text, media: [file("1")], buttons: [[button("yes")]] }, more);
    expect(pieces[0]?.media?.fileName).toBe("1");
    expect(has(pieces, "yes")).toBe(true);
    for (const piece of pieces) expect(piece.media !== undefined && piece.buttons !== undefined).toBe(false);
  });
});
