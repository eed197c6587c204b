/** The committed generated files: fresh, and what they claim to be to judges that are not ours. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import packageJson from "../../package.json" with { type: "json" };
import { generatedFiles } from "../../src/methods/generated.ts";
import { methodSpecs } from "../../src/methods/index.ts";
import { enums, parseSwift, structs, syntaxErrors } from "./emit/swift-tree.ts";

const root = join(import.meta.dir, "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test.each(Object.entries(generatedFiles(packageJson.version)))("%s is fresh: bun run generate", (path, text) => {
  expect(read(path) === text).toBe(true);
});

test("the Swift models are Swift, with a struct for the parameters of every method", () => {
  const tree = parseSwift(read("schemas/generated/Protocol.swift"));
  expect(syntaxErrors(tree)).toEqual([]);
  const found = structs(tree);
  expect(found.get("ChatSendParams")).toContain("idempotencyKey: String");
  expect(found.get("EventFrame")).toEqual(
    expect.arrayContaining(["event: String", "payload: AnyCodable?", "seq: Int?", "stateVersion: StateVersion?"]),
  );
  expect(enums(tree).get("ChatEvent")).toHaveLength(6); // Five states, and one for states to come.
  expect(enums(tree).get("GatewayMethod")).toHaveLength(methodSpecs.length);
});

test("the JSON Schema compiles, and tells right from wrong", () => {
  const schema = JSON.parse(read("schemas/generated/protocol.schema.json"));
  const ajv = new Ajv({ strict: false });
  ajv.addSchema(schema, "protocol");
  const check = (name: string, value: unknown) => ajv.validate({ $ref: `protocol#/$defs/${name}` }, value);
  expect(check("RequestFrame", { type: "req", id: "1", method: "health" })).toBe(true);
  expect(check("RequestFrame", { type: "req", id: "", method: "health" })).toBe(false);
  expect(check("ChatSendParams", { sessionKey: "main", message: "hi", idempotencyKey: "k" })).toBe(true);
  expect(check("ChatSendParams", { sessionKey: "main", message: "hi" })).toBe(false);
  expect(check("ChatSendParams", { sessionKey: "main", message: "hi", idempotencyKey: "k", extra: 1 })).toBe(false);
});
