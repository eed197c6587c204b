/** Emits the protocol as one JSON Schema document (draft 2020-12) for validators and generators of other languages. */
import type { TSchema } from "@sinclair/typebox";
import type { ProtocolDescription } from "./description.ts";
import { namedShapes, sorted } from "./shapes.ts";

/**
 * The document's text, ending in a line feed. Its root accepts any frame; each frame, shared shape, `<Method>Params`,
 * `<Method>Result` and `<Event>Payload` is in `$defs`. The same protocol always gives the same bytes.
 */
export function emitJsonSchema(protocol: ProtocolDescription): string {
  const shapes = namedShapes(protocol);
  const definitions = shapes.map(({ name, schema, summary }): [string, unknown] => [
    name,
    { ...(summary && { description: summary }), ...(schema.$id === name ? body(schema) : reference(schema)) },
  ]);
  const frames = sorted(Object.keys(protocol.frames), (name) => name);
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Gateway protocol",
    description: `Protocol of version ${protocol.version}. Generated; do not edit.`,
    ...(frames.length > 0 && { anyOf: frames.map((name) => ({ $ref: pointer(name) })) }),
    $defs: Object.fromEntries(definitions),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A schema in a place of use: shared shapes are referred to, the rest stands where it is. */
function reference(schema: TSchema): Record<string, unknown> {
  if (schema.$id !== undefined) return { $ref: pointer(schema.$id) };
  if (typeof schema["$ref"] === "string") return { $ref: pointer(schema["$ref"]) };
  return body(schema);
}

function body(schema: TSchema): Record<string, unknown> {
  const entries = Object.entries(schema).filter(([key]) => key !== "$id" && !key.startsWith("x-"));
  return Object.fromEntries(entries.map(([key, value]) => [key, part(key, value)]));
}

/** Keywords that hold schemas are followed; all others are data, whatever they look like. */
function part(key: string, value: unknown): unknown {
  if (mapKeywords.has(key)) {
    return Object.fromEntries(
      Object.entries(value as Record<string, TSchema>).map(([name, inner]) => [name, reference(inner)]),
    );
  }
  if (Array.isArray(value)) return schemaKeywords.has(key) ? value.map((inner: TSchema) => reference(inner)) : value;
  return schemaKeywords.has(key) && typeof value === "object" ? reference(value as TSchema) : value;
}

const mapKeywords: ReadonlySet<string> = new Set(["properties", "patternProperties"]);
const schemaKeywords: ReadonlySet<string> = new Set([
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "items",
  "prefixItems",
  "additionalProperties",
  "unevaluatedProperties",
]);

function pointer(name: string): string {
  return `#/$defs/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
