/** Writes a schema as people read types: `string (1 to 64)`, `"a" | "b"`, `{ id: string, tags?: string[] }`. Pure. */
import type { TSchema } from "@sinclair/typebox";
import { fieldsOf, mapValueOf, mergedObject, textsOf } from "./shapes.ts";

/** Deeper objects are cut to `{ … }`: a line that long is read by nobody, and the JSON Schema has it all. */
const MAX_DEPTH = 4;

/** The type in words; shared shapes by their name. */
export function notation(schema: TSchema, depth = 0): string {
  const id: string | undefined = schema.$id ?? schema["$ref"];
  if (id !== undefined) return id;
  const texts = textsOf(schema);
  if (texts) return texts.map((text) => JSON.stringify(text)).join(" | ");
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  const options: TSchema[] | undefined = schema["anyOf"] ?? schema["oneOf"];
  if (options) return [...new Set(options.map((option) => notation(option, depth)))].join(" | ");
  if (schema["allOf"]) return allOf(schema["allOf"], depth);
  if (schema["type"] === "array") return list(schema, depth);
  if (schema["type"] === "object") return object(schema, depth);
  if (schema["type"] === undefined) return "any";
  return schema["type"] + bounds(schema);
}

/** The fields to list for a schema, if it is an object. */
export function objectOf(schema: TSchema): TSchema | undefined {
  if (schema["allOf"]) return mergedObject(schema["allOf"]);
  return schema["type"] === "object" && !mapValueOf(schema) ? schema : undefined;
}

function allOf(parts: readonly TSchema[], depth: number): string {
  const merged = mergedObject(parts);
  return merged ? object(merged, depth) : parts.map((part) => notation(part, depth)).join(" & ");
}

function list(schema: TSchema, depth: number): string {
  const items: TSchema | undefined = Array.isArray(schema["items"]) ? undefined : schema["items"];
  const inner = items ? notation(items, depth) : "any";
  return `${inner.includes(" ") && !inner.startsWith("{") ? `(${inner})` : inner}[]${bounds(schema)}`;
}

function object(schema: TSchema, depth: number): string {
  const value = mapValueOf(schema);
  if (value) return `map of ${notation(value, depth)}`;
  const fields = fieldsOf(schema);
  if (fields.length === 0) return "{}";
  if (depth >= MAX_DEPTH) return "{ … }";
  const inner = fields.map(
    ({ name, schema, isOptional }) => `${name}${isOptional ? "?" : ""}: ${notation(schema, depth + 1)}`,
  );
  return `{ ${inner.join(", ")} }`;
}

function bounds(schema: TSchema): string {
  const [least, most] = {
    string: [schema["minLength"], schema["maxLength"]],
    array: [schema["minItems"], schema["maxItems"]],
  }[schema["type"] as string] ?? [schema["minimum"], schema["maximum"]];
  const unit = { string: " characters", array: " entries" }[schema["type"] as string] ?? "";
  const notes = [range(least, most, unit), schema["pattern"] && `matches ${schema["pattern"]}`, schema["format"]];
  const told = notes.filter(Boolean);
  return told.length === 0 ? "" : ` (${told.join(", ")})`;
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return `≥ ${least}${unit}`;
  return least === undefined ? `≤ ${most}${unit}` : `${least} to ${most}${unit}`;
}
