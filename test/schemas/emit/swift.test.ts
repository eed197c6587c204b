import { describe, expect, test } from "bun:test";
import { type TSchema, Type } from "@sinclair/typebox";
import { emitSwift } from "#schemas/emit/swift.ts";
import { NoParams, Nullable, OneOf, Strict } from "#schemas/primitives.ts";
import { method, sample } from "./sample.ts";
import { enums, parseSwift, structs, syntaxErrors } from "./swift-tree.ts";

const text = emitSwift(sample);
const tree = parseSwift(text);

/** The Swift of one result shape. */
const emitResult = (result: TSchema) =>
  emitSwift({ ...sample, frames: {}, events: [], methods: [method("x", NoParams, result)] });
/** The Swift of one parameter shape. */
const emitParams = (params: TSchema) =>
  emitSwift({ ...sample, frames: {}, events: [], methods: [method("x", params, NoParams)] });

describe("the emitted Swift", () => {
  test("is Swift to the real grammar", () => {
    expect(syntaxErrors(tree)).toEqual([]);
  });

  test.each([
    ["a missing brace", "public struct A { let x: Int"],
    ["a missing colon", "struct A { let x Int }"],
    ["a missing type", "struct A { let x: }"],
    ["an empty case", "enum A { case }"],
    ["the sample cut short", text.slice(0, text.lastIndexOf("}"))],
    ["the sample with a name that is none", text.replace("let xTrace", "let x-trace")],
  ])("would be caught with %s", (_title, broken) => {
    expect(syntaxErrors(parseSwift(broken))).not.toEqual([]);
  });

  test.each<[string, string[]]>([
    ["RequestFrame", ["type: String", "id: String", "method: String", "params: AnyCodable?"]],
    ["Attachment", ["fileName: String", "bytes: Int?"]],
    [
      "ChatSendParams",
      [
        "message: String",
        "xTrace: String?",
        "`default`: Bool?",
        "thinking: ChatSendParamsThinking?",
        "label: Nullable<String>?",
        "attachments: [Attachment]",
        "idempotencyKey: String",
      ],
    ],
    ["ChatSendResult", ["runId: String", "label: String?", "first: Attachment?"]],
    ["CronAddParams", ["schedule: CronAddParamsSchedule", "payload: AnyCodable", "extra: [String: AnyCodable]"]],
    ["CronAddResultByNameValue", ["ratio: Double"]],
    ["HealthParams", []],
    ["TickPayload", ["ts: Int", "state: TickPayloadState"]],
  ])("has the struct %s", (name, properties) => {
    expect(structs(tree).get(name)).toEqual(properties);
  });

  test.each<[string, string[]]>([
    ["GatewayMethod", ['chatSend = "chat.send"', 'cronAdd = "cron.add"', 'health = "health"']],
    ["GatewayEvent", ['tick = "tick"']],
    ["GatewayFrame", ["req(RequestFrame)", "event(EventFrame)", "unrecognized(AnyCodable)"]],
    ["ChatSendParamsThinking", ['off = "off"', 'high = "high"']],
    ["TickPayloadState", ["up", "goingDown", "unrecognized(String)"]],
    ["Mood", ["calm", "veryBusy", "_24h", "self_", "unrecognized_", "unrecognized(String)"]],
  ])("has the enum %s", (name, cases) => {
    expect(enums(tree).get(name)).toEqual(cases);
  });

  test("declares each shared shape once", () => {
    expect(text.match(/public struct Attachment\b/g)).toHaveLength(1);
    expect(text.match(/public struct RequestFrame\b/g)).toHaveLength(1);
  });

  test("imports nothing but Foundation", () => {
    expect(text.match(/^import .*$/gm)).toEqual(["import Foundation"]);
  });

  test("maps keys that Swift cannot write, and only in structs that have one", () => {
    expect(text.match(/enum CodingKeys/g)).toHaveLength(1);
    expect(text).toContain('case xTrace = "x-trace"');
  });

  test("fills in the text that tells frames apart", () => {
    expect(text).toContain('type: String = "req"');
    expect(text).toContain('case "req": self = .req(try RequestFrame(from: decoder))');
    expect(text).toContain("default: self = .unrecognized(try AnyCodable(from: decoder))");
  });

  test("keeps every line of a description a comment", () => {
    expect(text).toContain("/// A file beside a message.\n/// Second line.\npublic struct Attachment");
  });

  test("does not depend on the order of declaration", () => {
    expect(emitSwift({ ...sample, methods: sample.methods.toReversed() })).toBe(text);
  });
});

describe("Swift for an unusual shape", () => {
  test("a required null is sent as null and read as absent", () => {
    const shape = Strict({ label: Nullable(Type.String()) });
    expect(structs(parseSwift(emitParams(shape))).get("XParams")).toEqual(["label: Nullable<String>"]);
    expect(structs(parseSwift(emitResult(shape))).get("XResult")).toEqual(["label: String?"]);
  });

  test("a shape that contains itself is a type where Swift allows it and open where it does not", () => {
    const Tree = Type.Recursive(
      (This) =>
        Strict({ children: Type.Array(This), byName: Type.Record(Type.String(), This), parent: Type.Optional(This) }),
      { $id: "Tree" },
    );
    const root = parseSwift(emitResult(Strict({ tree: Tree })));
    expect(syntaxErrors(root)).toEqual([]);
    expect(structs(root).get("Tree")).toEqual(["children: [Tree]", "byName: [String: Tree]", "parent: AnyCodable?"]);
  });

  test("keys that meet in one Swift name stay apart", () => {
    const root = parseSwift(
      emitResult(Strict({ "a-b": Type.String(), aB: Type.String(), "a.b": Type.String(), $x: Type.String() })),
    );
    expect(syntaxErrors(root)).toEqual([]);
    expect(structs(root).get("XResult")).toEqual(["aB_: String", "aB: String", "aB__: String", "x: String"]);
  });

  test("names Swift keeps for itself are avoided", () => {
    const root = parseSwift(emitResult(Strict({ self: Type.String(), init: Type.String(), class: Type.String() })));
    expect(syntaxErrors(root)).toEqual([]);
    expect(structs(root).get("XResult")).toEqual(["self_: String", "init_: String", "`class`: String"]);
  });

  test("a shared shape called like a Swift type gets another name", () => {
    const text = emitResult(Strict({ error: Strict({ code: Type.String() }, { $id: "Error" }) }));
    expect(structs(parseSwift(text)).get("XResult")).toEqual(["error: GatewayErrorShape"]);
  });

  test("texts of the protocol cannot end a literal or a comment", () => {
    const evil = OneOf(['"; fatalError(); "', "\\(boom)", "a\nb"], { description: "one\npublic let two = 2" });
    const text = emitResult(Strict({ kind: evil }));
    expect(syntaxErrors(parseSwift(text))).toEqual([]);
    expect(text).toContain('case "\\"; fatalError(); \\""');
    expect(text).toContain('"\\\\(boom)"');
    expect(text).toContain('"a\\u{a}b"');
    expect(text).not.toMatch(/^\s*public let two/m);
  });

  test.each<[string, TSchema, string]>([
    ["a union of kinds", Type.Union([Type.String(), Type.Integer()]), "AnyCodable"],
    [
      "objects nothing tells apart",
      Type.Union([Strict({ a: Type.String() }), Strict({ b: Type.String() })]),
      "AnyCodable",
    ],
    ["a tuple", Type.Tuple([Type.String(), Type.Integer()]), "[AnyCodable]"],
    ["null alone", Type.Null(), "AnyCodable"],
    ["a list of lists", Type.Array(Type.Array(Type.Integer())), "[[Int]]"],
    ["literals in a union", Type.Union([Type.Literal("a"), Type.Literal("b")]), "XResultField"],
    ["one literal", Type.Literal("a"), "String"],
    ["an intersection", Type.Intersect([Strict({ a: Type.String() }), Strict({ b: Type.String() })]), "XResultField"],
  ])("%s", (_title, schema, expected) => {
    const root = parseSwift(emitResult(Strict({ field: schema })));
    expect(syntaxErrors(root)).toEqual([]);
    expect(structs(root).get("XResult")).toEqual([`field: ${expected}`]);
  });
});
