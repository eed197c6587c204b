/**
 * Holds a value against the config schema and says in plain words what is wrong.
 * It interprets the few kinds of schema the config is made of instead of compiling them: a config is read once, the
 * stock validators report a wrong union as one opaque error, and to them an unknown key is a failure, to us a warning.
 */
import type { TSchema } from "@sinclair/typebox";
import { textFormats } from "./formats.ts";
import { nearest } from "./nearest.ts";
import { isObject, joinPath } from "./paths.ts";

/** Something wrong with the config. `fatal` means that the config cannot be used as it is. */
export interface ConfigIssue {
  path: string;
  message: string;
  severity: "warning" | "fatal";
  line?: number;
  column?: number;
}

/** The part of a value that its schema accepts (undefined for none of it), and what was wrong with the rest. */
export interface Validated {
  value: unknown;
  issues: ConfigIssue[];
}

/** Checks a value. Unknown keys are left out with a warning, wrong values with a fatal issue; messages quote no values. */
export function validate(schema: TSchema, value: unknown, path = ""): Validated {
  if (Array.isArray(schema["anyOf"])) return validateUnion(schema, value, path);
  if (schema["type"] === "object") return validateObject(schema, value, path);
  if (schema["type"] === "array") return validateList(schema, value, path);
  const isRight = accepts(schema, value);
  return isRight ? { value, issues: [] } : rejected(schema, value, path);
}

/** What a schema wants, to complete "expected ...". */
export function describe(schema: TSchema): string {
  const alternatives: TSchema[] | undefined = schema["anyOf"];
  if (alternatives) return alternatives.map(describe).join(" or ");
  if (schema["enum"]) {
    return `one of ${(schema["enum"] as unknown[]).map((item) => JSON.stringify(item)).join(", ")}`;
  }
  if (schema["type"] === "integer") return describeRange(schema);
  if (schema["type"] === "string") return describeText(schema);
  return typeNames[schema["type"]] ?? "a value";
}

/** The schema of a key inside an object schema: its own, else the one for every key. */
export function schemaOfKey(schema: TSchema, key: string): TSchema | undefined {
  const properties: Record<string, TSchema> = schema["properties"] ?? {};
  if (Object.hasOwn(properties, key)) return properties[key];
  const patterns: Record<string, TSchema> = schema["patternProperties"] ?? {};
  return Object.values(patterns)[0];
}

function validateUnion(schema: TSchema, value: unknown, path: string): Validated {
  const results = (schema["anyOf"] as TSchema[]).map((option) => ({ option, ...validate(option, value, path) }));
  const fitting = results.find((result) => !result.issues.some((issue) => issue.severity === "fatal"));
  if (fitting) return fitting;
  const sameKind = results.filter(({ option }) => option["type"] === kindOf(value) && option["type"] === "object");
  return sameKind.length === 1 ? sameKind[0]! : rejected(schema, value, path);
}

function validateObject(schema: TSchema, value: unknown, path: string): Validated {
  if (!isObject(value)) return rejected(schema, value, path);
  const kept = new Map<string, unknown>();
  const issues: ConfigIssue[] = [];
  for (const [key, item] of Object.entries(value)) {
    const at = joinPath(path, key);
    const inner = schemaOfKey(schema, key);
    if (inner === undefined) {
      issues.push({ path: at, message: unknownKey(key, schema), severity: "warning" });
      continue;
    }
    const result = validate(inner, item, at);
    issues.push(...result.issues);
    if (result.value !== undefined) kept.set(key, result.value);
  }
  const missing = ((schema["required"] ?? []) as string[]).filter((key) => !Object.hasOwn(value, key));
  for (const key of missing) issues.push({ path: joinPath(path, key), message: "is required", severity: "fatal" });
  const isWhole = ((schema["required"] ?? []) as string[]).every((key) => kept.has(key));
  return { value: isWhole ? Object.fromEntries(kept) : undefined, issues };
}

/** A list with one wrong entry is left out whole, so that the entries of what remains keep their index. */
function validateList(schema: TSchema, value: unknown, path: string): Validated {
  if (!Array.isArray(value)) return rejected(schema, value, path);
  const results = value.map((item, index) => validate(schema["items"], item, joinPath(path, index)));
  const issues = results.flatMap((result) => result.issues);
  const isWhole = results.every((result) => result.value !== undefined);
  return { value: isWhole ? results.map((result) => result.value) : undefined, issues };
}

function accepts(schema: TSchema, value: unknown): boolean {
  if (Array.isArray(schema["enum"])) return schema["enum"].includes(value);
  if (schema["type"] === "string") return typeof value === "string" && isTextWithin(schema, value);
  if (schema["type"] === "boolean") return typeof value === "boolean";
  if (schema["type"] === "integer") return Number.isSafeInteger(value) && isWithin(schema, value as number);
  if (schema["type"] === undefined) return true;
  throw new TypeError(`the config schema uses a type that cannot be checked: ${schema["type"]}`);
}

function isTextWithin(schema: TSchema, text: string): boolean {
  const { minLength = 0, pattern, format } = schema as { minLength?: number; pattern?: string; format?: string };
  if (text.length < minLength || (pattern !== undefined && !new RegExp(pattern).test(text))) return false;
  return format === undefined || formatOf(format).matches(text);
}

function isWithin(schema: TSchema, value: number): boolean {
  return value >= schema["minimum"] && value <= schema["maximum"];
}

function formatOf(name: string) {
  const format = textFormats[name];
  if (!format) throw new TypeError(`the config schema names an unknown format: ${name}`);
  return format;
}

/** What was there is only named when it is of another kind: "expected a text, got a text" helps nobody. */
function rejected(schema: TSchema, value: unknown, path: string): Validated {
  const options: TSchema[] = schema["anyOf"] ?? [schema];
  const isRightKind = options.some(({ type }) => (type === "integer" ? "number" : type) === kindOf(value));
  const got = isRightKind ? "" : `, got ${typeNames[kindOf(value)] ?? "nothing"}`;
  return { value: undefined, issues: [{ path, message: `expected ${describe(schema)}${got}`, severity: "fatal" }] };
}

function unknownKey(key: string, schema: TSchema): string {
  const hint = nearest(key, Object.keys(schema["properties"] ?? {}));
  return hint === undefined ? "unknown key" : `unknown key; did you mean ${hint}?`;
}

function describeRange(schema: TSchema): string {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  const upTo = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`;
  return `a whole number from ${minimum}${upTo}${upTo === "" ? " up" : ""}`;
}

function describeText(schema: TSchema): string {
  if (schema["format"]) return formatOf(schema["format"]).expected;
  if (schema["pattern"]) return `a text matching ${schema["pattern"]}`;
  return schema["minLength"] ? "a text that is not empty" : "a text";
}

const typeNames: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
