/**
 * Hides secrets in what is shown of the config, and puts them back into what comes back from an editor.
 * Pure. When in doubt a value is hidden: an unknown or malformed place may hold a secret under a mistyped name.
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { fail } from "../lib/errors.ts";
import { parseSentJson5 } from "./json5.ts";
import { isObject, joinPath } from "./paths.ts";
import { isSecret } from "./schema.ts";
import { schemaOfKey, validate } from "./validate.ts";

/** Stands where a secret was; written back, it means "as it was". */
export const REDACTED = "__OPENCLAW_REDACTED__";

/** A copy of a value with every secret replaced by {@link REDACTED}. */
export function redact(schema: TSchema, value: unknown): unknown {
  if (isSecret(schema)) return hideAll(value);
  if (schema["x-secret-names"] === true) return hideBySecretName(value);
  if (isObject(value) && Array.isArray(schema["anyOf"])) return redact(objectOption(schema["anyOf"]), value);
  if (isObject(value)) {
    return mapValues(value, (item, key) => {
      const inner = schemaOfKey(schema, key);
      return inner ? redact(inner, item) : hideAll(item);
    });
  }
  if (Array.isArray(value))
    return value.map((item) => (schema["items"] ? redact(schema["items"], item) : hideAll(item)));
  if (validate(schema, value).value === undefined && !isReference(value)) return hideAll(value);
  return hideCredentials(value);
}

/**
 * The text with every {@link REDACTED} replaced by what `current` holds at that place; the rest stays to the letter.
 * Throws when there is nothing to put back, because writing the stand-in would destroy a secret for good.
 */
export function restoreRedacted(text: string, current: unknown): string {
  if (!text.includes(REDACTED)) return text;
  const { value, spans } = parseSentJson5(text);
  const places = [...findRedacted(value, current, "")].map(({ path, original }) => ({
    span: spans.get(path)!,
    original,
  }));
  places.sort((a, b) => b.span.start - a.span.start);
  return places.reduce(
    (result, { span, original }) => result.slice(0, span.start) + JSON.stringify(original) + result.slice(span.end),
    text,
  );
}

function* findRedacted(value: unknown, current: unknown, path: string): Generator<{ path: string; original: unknown }> {
  if (typeof value === "string" && value.includes(REDACTED)) {
    if (value !== REDACTED || current === undefined || isObject(current) || Array.isArray(current)) {
      fail("INVALID_REQUEST", `no value to restore at ${path}; give the value instead of ${REDACTED}`);
    }
    yield { path, original: current };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* findRedacted(item, counterpart(item, index, current), joinPath(path, index));
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const before = isObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
      yield* findRedacted(item, before, joinPath(path, key));
    }
  }
}

/** The entry an edited list entry came from: the one with its id, else the one at its index. */
function counterpart(item: unknown, index: number, current: unknown): unknown {
  if (!Array.isArray(current)) return undefined;
  if (!isObject(item) || typeof item["id"] !== "string") return current[index];
  return current.find((candidate) => isObject(candidate) && candidate["id"] === item["id"]);
}

/** The alternative of a union that is an object; without one nothing inside is known, and all of it is hidden. */
function objectOption(options: TSchema[]): TSchema {
  return options.find((option) => option["type"] === "object") ?? Type.Object({});
}

const secretName = /(?:token|secret|password|passwd|passphrase|key|credentials?)s?$/i;

function hideBySecretName(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideBySecretName);
  if (!isObject(value)) return hideCredentials(value);
  return mapValues(value, (item, key) => (secretName.test(key) ? hideAll(item) : hideBySecretName(item)));
}

function hideAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideAll);
  if (isObject(value)) return mapValues(value, hideAll);
  return typeof value === "string" || typeof value === "number" ? REDACTED : value;
}

/** Addresses such as `http://name:password@proxy` carry a secret wherever they stand. */
function hideCredentials(value: unknown): unknown {
  return typeof value === "string" && /:\/\/[^/\s@]*@/.test(value) ? REDACTED : value;
}

/** `${NAME}` names a secret without showing it, and need not look like what the schema wants. */
function isReference(value: unknown): boolean {
  return typeof value === "string" && /^\$\{[A-Z_][A-Z0-9_]*\}$/.test(value);
}

function mapValues(
  value: Record<string, unknown>,
  fn: (item: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fn(item, key)]));
}
