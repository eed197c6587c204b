import { describe, expect, test } from "bun:test";
import { Json5Error, parseJson5, parseJson5Document } from "../../src/config/json5.ts";
import { scanJson5 } from "../../src/config/json5-scan.ts";

function errorOf(text: string): Json5Error {
  try {
    parseJson5(text);
  } catch (error) {
    if (error instanceof Json5Error) return error;
    throw error;
  }
  throw new Error(`was parsed: ${text}`);
}

test("comments, single quotes, bare keys, trailing commas and hex numbers are read", () => {
  const text = "// top\n{ a: 'x', /* in */ \"b c\": [1, 0xFF, .5,], $d: null, }\n";
  expect(parseJson5(text)).toEqual({ a: "x", "b c": [1, 255, 0.5], $d: null });
});

test.each<[title: string, text: string, line: number, column: number, message: string]>([
  ["a missing comma", "{\n  a: 1\n  b: 2\n}", 3, 3, "expected ',' or '}' after a value, found 'b'"],
  ["a missing colon", "{ a 1 }", 1, 5, "expected ':' after the key \"a\", found '1'"],
  ["a missing value", "{\r\n  a: ,\r\n}", 2, 6, "expected a value, found ','"],
  ["a bare word", "{ bind: loopback }", 1, 9, "expected a value, found 'l'; put texts in quotes"],
  ["an open text", "{ a: 'b\n}", 1, 6, "expected the closing ' of this text"],
  ["an open object", "{ a: 1", 1, 7, "expected ',' or '}' after a value, found the end of the text"],
  ["an open list", "[1", 1, 3, "expected ',' or ']' after a value, found the end of the text"],
  ["an open comment", "{ a: 1 /* b", 1, 8, "expected the closing */ of this comment"],
  ["more after the end", "{ a: 1 }\n}", 2, 1, "expected the end of the text, found '}'"],
  ["a number for a key", "{ 1: 2 }", 1, 3, "expected a key or '}', found '1'"],
  ["a leading zero", "{ a: 01 }", 1, 6, "expected a number"],
  ["a bad escape", "{ a: '\\u12' }", 1, 7, "expected 4 hexadecimal digits after \\u"],
  ["an octal escape", "{ a: '\\1' }", 1, 7, "expected an escape other than a digit after \\"],
  ["a byte order mark before", "\uFEFF{ a }", 1, 5, "expected ':' after the key \"a\", found '}'"],
  ["a pasted space", "{\n a: true\u00a0}", 2, 9, "expected a plain space, found another kind of space"],
  ["nothing", "", 1, 1, "expected a value, found the end of the text"],
])("%s is reported where it is", (_title, text, line, column, message) => {
  const error = errorOf(text);
  expect(error.message).toBe(`${message} (line ${line}, column ${column})`);
  expect([error.line, error.column]).toEqual([line, column]);
});

describe("refused although JSON5 allows it", () => {
  test.each<[title: string, text: string, message: string]>([
    ["a key given twice", "{ a: 1,\n b: 2,\n 'a': 3 }", 'duplicate key "a", first set on line 1 (line 3, column 2)'],
    [
      "a key given twice by an escape",
      "{ a: 1, '\\x61': 3 }",
      'duplicate key "a", first set on line 1 (line 1, column 9)',
    ],
    [
      "a key given twice by a bare escape",
      "{ a: 1, \\u0061: 3 }",
      'duplicate key "a", first set on line 1 (line 1, column 9)',
    ],
    ["__proto__", "{\n __proto__: {} }", "the key __proto__ is not allowed (line 2, column 2)"],
    ["__proto__ in quotes", "{ '__proto__': {} }", "the key __proto__ is not allowed (line 1, column 3)"],
    ["__proto__ by an escape", "{ '\\x5f_proto__': {} }", "the key __proto__ is not allowed (line 1, column 3)"],
    ["constructor deep inside", "[{ a: { constructor: 1 } }]", "the key constructor is not allowed (line 1, column 9)"],
    ["prototype", "{ prototype: 1 }", "the key prototype is not allowed (line 1, column 3)"],
    ["nesting without end", "[".repeat(100_000), "nested deeper than 64 levels (line 1, column 65)"],
  ])("%s", (_title, text, message) => {
    expect(errorOf(text).message).toBe(message);
  });

  test("the same key in two objects is fine", () => {
    expect(parseJson5("[{ a: 1 }, { a: 2 }]")).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

test("each value is found by its path", () => {
  const text = "{ a: [1, { 'b.c': 'x' }] }";
  const { spans } = parseJson5Document(text);
  const at = (path: string) => text.slice(spans.get(path)?.start, spans.get(path)?.end);
  expect(at("a[0]")).toBe("1");
  expect(at('a[1]["b.c"]')).toBe("'x'");
  expect(spans.get("a")?.keyAt).toBe(2);
});

test("the scanner and the parser agree on what JSON5 is", () => {
  const samples = [
    "{a:1, 'b c': [1,2,{x:null}], /* c */ \"d\": 'te\\nxt', // y\n e: -0x1F, f: .5e3, g: Infinity, h: true,}\n",
    "[+1,5.,'\\x41\\u0042\\\n',NaN,false]",
    "{\\u0061b:{},\u00fcn\u00ef:[],$:''}",
  ];
  const pieces = "{ } [ ] , : ' \" \\ / * 0 1 9 e x u . + - a true null Infinity \\u0061 // /* */".split(" ");
  pieces.push("\n", "\r", "\u2028", "\u00a0", " ");
  const random = sequence(7);
  for (let round = 0; round < 20_000; round++) {
    const sample = samples[round % samples.length]!;
    const at = Math.floor(random() * (sample.length + 1));
    const text =
      sample.slice(0, at) + pieces[Math.floor(random() * pieces.length)] + sample.slice(at + Math.floor(random() * 3));
    const { problem } = scanJson5(text);
    // Here the scanner is stricter on purpose; that `N\\u0061N` is a number to the parser is nothing to copy.
    if (problem?.message.startsWith("duplicate") || /[NIyftn]\\u0061/.test(text)) continue;
    expect({ text, isJson5: problem === undefined }).toEqual({ text, isJson5: isAccepted(text) });
  }
});

function isAccepted(text: string): boolean {
  try {
    Bun.JSON5.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Numbers in [0, 1) that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
}
