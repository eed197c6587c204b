import { expect, test } from "bun:test";
import { type TSchema, Type } from "@sinclair/typebox";
import { emitDocs } from "#schemas/emit/docs.ts";
import { notation } from "#schemas/emit/notation.ts";
import { AnyObject, NoParams, Nullable, OneOf, ShortString, Strict } from "#schemas/primitives.ts";
import { method, sample } from "./sample.ts";

const text = emitDocs(sample);

test("every method has a row and a section", () => {
  expect(text).toContain("| [`chat.send`](#chatsend) | write | admin | keyed | Does chat.send. |");
  expect(text).toContain("| [`health`](#health) | read | read | none | Does health. |");
  for (const { name } of sample.methods) expect(text).toContain(`### ${name}\n`);
});

test("every event has a row with its guards and a section", () => {
  expect(text).toContain("| [`tick`](#tick-event) | never | everyone | yes | Shows that the gateway lives. |");
  expect(text).toContain("### tick event\n");
});

test("fields are listed with type, bounds and meaning", () => {
  expect(text).toContain("| `message` | `string (1 to 64 characters)` |  |");
  expect(text).toContain("| `default?` | `boolean` | A reserved word. |");
  expect(text).toContain("| `attachments` | `Attachment[] (≤ 4 entries)` |  |");
  expect(text).toContain('| `thinking?` | `"off" \\| "high"` |  |');
  expect(text).toContain("Parameters: none\n");
});

test("a shared shape is described once", () => {
  expect(text.match(/### Attachment\n/g)).toHaveLength(1);
  expect(text).toContain("| `first?` | `Attachment` | A file beside a message. Second line. |");
});

test("a summary cannot break its table", () => {
  const evil = emitDocs({ ...sample, methods: [method("x", NoParams, NoParams, { summary: "a | b\n| c" })] });
  expect(evil).toContain("| none | a \\| b \\| c |");
});

test("the order of declaration does not matter", () => {
  expect(emitDocs({ ...sample, methods: sample.methods.toReversed() })).toBe(text);
});

test.each<[string, TSchema]>([
  ["string (1 to 9 characters)", ShortString(9)],
  ["integer (≥ 0)", Type.Integer({ minimum: 0 })],
  ["number (≤ 2)", Type.Number({ maximum: 2 })],
  ["string | null", Nullable(Type.String())],
  ['"a" | "b"', OneOf(["a", "b"])],
  ['("a" | "b")[]', Type.Array(OneOf(["a", "b"]))],
  ["map of any", AnyObject],
  ["any", Type.Unknown()],
  ["true", Type.Literal(true)],
  ["{}", NoParams],
  ["{ a: string, b?: boolean[] }", Strict({ a: Type.String(), b: Type.Optional(Type.Array(Type.Boolean())) })],
  ["{ a: string, b: string }", Type.Intersect([Strict({ a: Type.String() }), Strict({ b: Type.String() })])],
  ["Shared[]", Type.Array(Strict({}, { $id: "Shared" }))],
])("notation: %s", (expected, schema) => {
  expect(notation(schema)).toBe(expected);
});
