import { expect, test } from "bun:test";
import { type TSchema, Type } from "@sinclair/typebox";
import { Nullable, OneOf, ShortString, Strict } from "#schemas/primitives.ts";
import { validator } from "../../src/lib/validate.ts";

const Thing = Strict({
  name: ShortString(5),
  kind: OneOf(["a", "b"]),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
  tags: Type.Optional(Type.Array(ShortString(3), { minItems: 1, maxItems: 2 })),
  inner: Type.Optional(Strict({ deep: Type.Boolean() })),
  cleared: Type.Optional(Nullable(Type.String())),
  fixed: Type.Optional(Type.Literal("x")),
});

test.each<[title: string, value: unknown, v3: string, v4: string]>([
  ["no object", [1], "must be object", "must be object"],
  [
    "missing properties, of which v4 peers name the first",
    {},
    "must have required property 'name'; must have required property 'kind'",
    "must have required property 'name'",
  ],
  [
    "an unknown property",
    { name: "n", kind: "a", more: 1 },
    "at root: unexpected property 'more'",
    "at root: unexpected property 'more'",
  ],
  [
    "an unknown property inside",
    { name: "n", kind: "a", inner: { deep: true, x: 1 } },
    "at /inner: unexpected property 'x'",
    "at /inner: unexpected property 'x'",
  ],
  [
    "a missing property inside",
    { name: "n", kind: "a", inner: {} },
    "at /inner: must have required property 'deep'",
    "at /inner: must have required property 'deep'",
  ],
  [
    "a text that is too short",
    { name: "", kind: "a" },
    "at /name: must NOT have fewer than 1 characters",
    "at /name: must not have fewer than 1 characters",
  ],
  [
    "a text that is too long",
    { name: "abcdef", kind: "a" },
    "at /name: must NOT have more than 5 characters",
    "at /name: must not have more than 5 characters",
  ],
  [
    "a value outside its list",
    { name: "n", kind: "c" },
    "at /kind: must be equal to constant; at /kind: must match a schema in anyOf",
    "at /kind: must be equal to one of the allowed values",
  ],
  [
    "a number that is too small",
    { name: "n", kind: "a", count: 0 },
    "at /count: must be >= 1",
    "at /count: must be >= 1",
  ],
  [
    "a number that is too large",
    { name: "n", kind: "a", count: 10 },
    "at /count: must be <= 9",
    "at /count: must be <= 9",
  ],
  ["a fraction", { name: "n", kind: "a", count: 1.5 }, "at /count: must be integer", "at /count: must be integer"],
  [
    "a list that is too short",
    { name: "n", kind: "a", tags: [] },
    "at /tags: must NOT have fewer than 1 items",
    "at /tags: must not have fewer than 1 items",
  ],
  [
    "a list that is too long",
    { name: "n", kind: "a", tags: ["a", "b", "c"] },
    "at /tags: must NOT have more than 2 items",
    "at /tags: must not have more than 2 items",
  ],
  [
    "another constant",
    { name: "n", kind: "a", fixed: "y" },
    "at /fixed: must be equal to constant",
    "at /fixed: must be equal to constant",
  ],
  [
    "neither of two",
    { name: "n", kind: "a", cleared: 1 },
    "at /cleared: must match a schema in anyOf",
    "at /cleared: must match a schema in anyOf",
  ],
])("words %s as each generation does", (_title, value, v3, v4) => {
  const check = validator(Thing);
  expect(check.check(value)).toBe(false);
  expect(check.problems(value, 3)).toBe(v3);
  expect(check.problems(value, 4)).toBe(v4);
});

test("names at most eight problems, however many there are", () => {
  const many: TSchema = Strict({});
  const value = Object.fromEntries(Array.from({ length: 1000 }, (_none, at) => [`p${at}`, at]));
  expect(validator(many).problems(value, 4).split("; ")).toHaveLength(8);
});

test("names properties whose names hold the path's own marks", () => {
  expect(validator(Strict({})).problems({ "a/b~c": 1 }, 4)).toBe("at root: unexpected property 'a/b~c'");
});

test("accepts what fits", () => {
  expect(
    validator(Thing).check({ name: "n", kind: "b", count: 9, tags: ["abc"], inner: { deep: false }, cleared: null }),
  ).toBe(true);
});
