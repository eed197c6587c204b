/** The config schema as editors read it: `config.schema` and `config.schema.lookup`. Pure. */
import type { TSchema } from "@sinclair/typebox";
import { joinPath, parsePath } from "./paths.ts";
import { ConfigSchema, isSecret } from "./schema.ts";
import { schemaOfKey } from "./validate.ts";

/** How a form shows one key. */
export interface UiHint {
  label: string;
  help?: string;
  sensitive?: true;
}

/** The result of `config.schema`. Keys of `uiHints` have `*` for any key and `[]` for any entry. */
export interface ConfigSchemaResult {
  schema: unknown;
  uiHints: Record<string, UiHint>;
  version: string;
  generatedAt: string;
}

/** One key below a looked-up path. */
export interface ConfigSchemaChild {
  key: string;
  path: string;
  type?: string | string[];
  required: boolean;
  hasChildren: boolean;
  hint?: UiHint;
}

/** The result of `config.schema.lookup`. */
export interface ConfigSchemaLookup {
  path: string;
  schema: unknown;
  hint?: UiHint;
  children: ConfigSchemaChild[];
}

/** One place in the schema: a named key, `*` for any key of a map, or `[]` for any entry of a list. */
export interface SchemaPlace {
  key: string;
  path: string;
  schema: TSchema;
  required: boolean;
}

/** The whole schema with a hint for every place in it. */
export function configSchemaResult(version: string, nowIso: string): ConfigSchemaResult {
  const uiHints = Object.fromEntries([...allPlaces(ConfigSchema, "")].map((place) => [place.path, hintOf(place)]));
  return { schema: plain(ConfigSchema), uiHints, version, generatedAt: nowIso };
}

/**
 * The schema at one path of the config, or undefined where the config has no such key. Besides real keys and indexes
 * the path may hold `*` and `[]`, and be `.` for the whole config.
 */
export function lookup(path: string): ConfigSchemaLookup | undefined {
  const asked = path === "." ? "" : path;
  let place: SchemaPlace = { key: "", path: "", schema: ConfigSchema, required: true };
  for (const part of parsePath(asked.replaceAll("[]", "[0]"))) {
    const next = stepInto(place.schema, part);
    if (!next) return undefined;
    place = { key: String(part), path: "", schema: next, required: false };
  }
  const children = [...placesIn(place.schema, asked)].map(asChild);
  return { path, schema: plain(place.schema), ...(asked !== "" && { hint: hintOf(place) }), children };
}

/** The places directly inside a schema; a union gives those of its object. */
export function* placesIn(schema: TSchema, path: string): Generator<SchemaPlace> {
  const shape = objectShape(schema);
  const required: string[] = shape["required"] ?? [];
  for (const [key, inner] of Object.entries<TSchema>(shape["properties"] ?? {})) {
    yield { key, path: joinPath(path, key), schema: inner, required: required.includes(key) };
  }
  for (const inner of Object.values<TSchema>(shape["patternProperties"] ?? {})) {
    yield { key: "*", path: joinPath(path, "*"), schema: inner, required: false };
  }
  if (shape["items"]) yield { key: "[]", path: `${path}[]`, schema: shape["items"], required: false };
}

/** Every place inside a schema, parents before children. */
export function* allPlaces(schema: TSchema, path: string): Generator<SchemaPlace> {
  for (const place of placesIn(schema, path)) {
    yield place;
    yield* allPlaces(place.schema, place.path);
  }
}

function stepInto(schema: TSchema, part: string | number): TSchema | undefined {
  const shape = objectShape(schema);
  return typeof part === "number" ? shape["items"] : schemaOfKey(shape, part);
}

function objectShape(schema: TSchema): TSchema {
  const options: TSchema[] | undefined = schema["anyOf"];
  return options?.find((option) => option["type"] === "object") ?? schema;
}

function asChild(place: SchemaPlace): ConfigSchemaChild {
  const type = typeOf(place.schema);
  return {
    key: place.key,
    path: place.path,
    ...(type !== undefined && { type }),
    required: place.required,
    hasChildren: !placesIn(place.schema, place.path).next().done,
    hint: hintOf(place),
  };
}

function typeOf(schema: TSchema): string | string[] | undefined {
  const options: TSchema[] | undefined = schema["anyOf"];
  if (!options) return schema["type"];
  const types = [...new Set(options.map((option) => String(option["type"])))];
  return types.length === 1 ? types[0] : types;
}

function hintOf({ key, schema }: SchemaPlace): UiHint {
  const help: string | undefined = schema["description"];
  return { label: labelOf(key), ...(help && { help }), ...(isSecret(schema) && { sensitive: true }) };
}

/** `allowRealIpFallback` as "Allow real ip fallback". */
function labelOf(key: string): string {
  if (key === "*" || key === "[]") return "Entry";
  const words = key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Without TypeBox's symbols, as it would arrive anyway. */
function plain(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema));
}
