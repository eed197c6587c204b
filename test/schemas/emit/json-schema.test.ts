import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import Ajv2020 from "ajv/dist/2020";
import { emitJsonSchema } from "#schemas/emit/json-schema.ts";
import { NoParams, OneOf, Strict } from "#schemas/primitives.ts";
import { method, sample } from "./sample.ts";

const text = emitJsonSchema(sample);
const document = JSON.parse(text);

/** A validator for one definition of the document; strict, so that an unknown keyword fails the test. */
function validatorOf(name: string) {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
  ajv.addSchema(document, "protocol");
  return ajv.compile({ $ref: `protocol#/$defs/${name}` });
}

describe("the emitted JSON Schema", () => {
  test.each<[definition: string, title: string, value: unknown, isValid: boolean]>([
    [
      "ChatSendParams",
      "a full request",
      { message: "hi", attachments: [{ fileName: "a" }], idempotencyKey: "k" },
      true,
    ],
    [
      "ChatSendParams",
      "a null that clears",
      { message: "hi", attachments: [], idempotencyKey: "k", label: null },
      true,
    ],
    ["ChatSendParams", "a missing key", { message: "hi", attachments: [] }, false],
    ["ChatSendParams", "an unknown key", { message: "hi", attachments: [], idempotencyKey: "k", x: 1 }, false],
    ["ChatSendParams", "a text too long", { message: "x".repeat(65), attachments: [], idempotencyKey: "k" }, false],
    ["ChatSendParams", "a wrong shared shape", { message: "hi", attachments: [{}], idempotencyKey: "k" }, false],
    [
      "ChatSendParams",
      "a text off the list",
      { message: "hi", attachments: [], idempotencyKey: "k", thinking: "x" },
      false,
    ],
    ["ChatSendResult", "a result", { runId: "r", label: null }, true],
    ["CronAddParams", "one kind of schedule", { schedule: { kind: "at", atMs: 1 }, payload: 1, extra: {} }, true],
    ["CronAddParams", "a schedule of no kind", { schedule: { kind: "on", atMs: 1 }, payload: 1, extra: {} }, false],
    ["HealthResult", "more than is known", { ok: true, mood: "calm", extra: 1 }, true],
    ["TickPayload", "an event", { ts: 0, state: "up" }, true],
    ["TickPayload", "a negative time", { ts: -1, state: "up" }, false],
    ["GatewayFrame", "a request", { type: "req", id: "1", method: "health" }, true],
    ["GatewayFrame", "a frame of no kind", { type: "nope", id: "1", method: "health" }, false],
  ])("%s: %s", (definition, _title, value, isValid) => {
    expect(validatorOf(definition)(value)).toBe(isValid);
  });

  test("its root accepts frames and nothing else", () => {
    const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(document);
    expect(validate({ type: "event", event: "tick" })).toBe(true);
    expect(validate({ type: "tick" })).toBe(false);
  });

  test("has each shared shape once and refers to it", () => {
    expect(Object.keys(document.$defs).filter((name) => name === "Attachment")).toHaveLength(1);
    expect(document.$defs.ChatSendParams.properties.attachments.items).toEqual({ $ref: "#/$defs/Attachment" });
    expect(text).not.toContain('"$id"');
  });

  test("is the same text whatever the order of declaration", () => {
    const turned = { ...sample, methods: sample.methods.toReversed(), events: sample.events.toReversed() };
    expect(emitJsonSchema(turned)).toBe(text);
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("leaves data alone that looks like a schema", () => {
    const params = Strict({
      kind: OneOf(["$id"], { "x-secret": true }),
      items: Type.Array(Type.String(), { default: ["x"] }),
    });
    const emitted = JSON.parse(emitJsonSchema({ ...sample, methods: [method("odd", params, NoParams)] }));
    expect(emitted.$defs.OddParams.properties.kind).toEqual({ type: "string", enum: ["$id"] });
    expect(emitted.$defs.OddParams.properties.items).toEqual({
      type: "array",
      items: { type: "string" },
      default: ["x"],
    });
  });

  test("follows a shape that contains itself", () => {
    const Tree = Type.Recursive((This) => Strict({ children: Type.Array(This) }), { $id: "Tree" });
    const emitted = JSON.parse(emitJsonSchema({ ...sample, methods: [method("tree", NoParams, Tree)] }));
    expect(emitted.$defs.TreeResult.$ref).toBe("#/$defs/Tree");
    expect(emitted.$defs.Tree.properties.children.items).toEqual({ $ref: "#/$defs/Tree" });
  });

  test("refuses two different shapes of one name", () => {
    const one = Strict({ a: Type.String() }, { $id: "Same" });
    const other = Strict({ b: Type.String() }, { $id: "Same" });
    expect(() => emitJsonSchema({ ...sample, methods: [method("x", one, other)] })).toThrow(
      "two different shapes are called Same",
    );
    const methods = [method("a.b", NoParams, NoParams), method("a-b", NoParams, NoParams)];
    expect(() => emitJsonSchema({ ...sample, methods })).toThrow("two shapes are called ABParams");
  });
});
