import { expect, test } from "bun:test";
import { type JsonProblem, parseJson } from "../../src/lib/json.ts";
import { sequence } from "./sequence.ts";

test.each<[title: string, text: string, problem: JsonProblem]>([
  ["no text", "", "syntax"],
  ["prose", "hello", "syntax"],
  ["two values", "{}{}", "syntax"],
  ["a comma too many", "[1,]", "syntax"],
  ["single quotes", "{'a':1}", "syntax"],
  ["a comment", "{}//", "syntax"],
  ["a bare word", "NaN", "syntax"],
  ["an open string", '"abc', "syntax"],
  ["a byte order mark", "\ufeff{}", "syntax"],
  ["65 lists", `${"[".repeat(65)}${"]".repeat(65)}`, "too deep"],
  ["a poisoned key", '{"__proto__":1}', "forbidden key"],
  ["a poisoned key with other casing of its escape", '{"__pr\\u006Fto__":1}', "forbidden key"],
  ["a repeated key", '{"a":1,"b":2,"a":3}', "duplicate key"],
  ["a key repeated in an inner object", '{"a":{"b":1,"b":2}}', "duplicate key"],
])("refuses %s", (_title, text, problem) => {
  expect(parseJson(text)).toEqual({ ok: false, problem });
});

test.each<[title: string, text: string]>([
  ["64 lists", `${"[".repeat(64)}${"]".repeat(64)}`],
  ["the same key in two objects", '[{"a":1},{"a":2}]'],
  ["colons and brackets in texts", '{"a":":{[\\":{[","b":"\\\\"}'],
  ["the number of keys that is allowed", `{${Array.from({ length: 10_000 }, (_none, at) => `"k${at}":0`).join(",")}}`],
  ["keys close to the forbidden ones", '{"__proto":1,"proto__":1,"Constructor":1,"prototypes":1}'],
  ["forbidden names as values", '["__proto__","constructor"]'],
])("reads %s", (_title, text) => {
  expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test("agrees with the parser on random texts, and never throws", () => {
  const random = sequence(3);
  const pieces = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', '"\\""', "1", "null", " ", '"', "\\", "é"];
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from(
      { length: 1 + Math.floor(random() * 12) },
      () => pieces[Math.floor(random() * pieces.length)],
    ).join("");
    const result = parseJson(text);
    if (result.ok) expect(result.value).toEqual(JSON.parse(text));
    else if (result.problem === "duplicate key") expect(/"(.)".*:.*"\1"/.test(text)).toBe(true);
    else expect(() => JSON.parse(text)).toThrow();
  }
});
