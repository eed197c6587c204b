/**
 * Paths into the config: `gateway.auth.token`, `agents.list[0].id`, `models.providers["my.host"].apiKey`.
 * Everything is pure: a change gives a new value and leaves the old one as it was.
 */
import { fail } from "../lib/errors.ts";

/** One step: a key of an object or an index of an array. */
export type PathPart = string | number;

/** Names that reach into JavaScript's own objects; refused as keys everywhere. */
const dangerousNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Longest array that `setAt` builds, so that an index typed wrong does not allocate gigabytes. */
const MAX_INDEX = 9999;

/** Longest path that is read, the limit of `config.schema.lookup`. */
const MAX_PATH_CHARS = 1024;

/** True for a key that must never become a property. */
export const isDangerousName = (name: string): boolean => dangerousNames.has(name);

/** True for what JSON calls an object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The steps of a path as people write it; the empty text is the whole config. Throws on a malformed path. */
export function parsePath(path: string): PathPart[] {
  if (path.length > MAX_PATH_CHARS) fail("INVALID_REQUEST", `config path is longer than ${MAX_PATH_CHARS} characters`);
  const parts: PathPart[] = [];
  const step = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|(\.?)([^.[\]"\s]+)/y;
  while (step.lastIndex < path.length) {
    const at = step.lastIndex;
    const match = step.exec(path) ?? fail("INVALID_REQUEST", `invalid config path at character ${at + 1}`);
    const [, index, quoted, dot, name] = match;
    if (name !== undefined && (dot === ".") !== at > 0) {
      fail("INVALID_REQUEST", `invalid config path at character ${at + 1}`);
    }
    parts.push(index !== undefined ? Number(index) : quoted !== undefined ? unquote(quoted, at) : (name ?? ""));
  }
  const dangerous = parts.find((part) => typeof part === "string" && isDangerousName(part));
  if (dangerous !== undefined) fail("INVALID_REQUEST", `config path must not contain ${dangerous}`);
  return parts;
}

/** The path one step below `parent`, as {@link parsePath} reads it. */
export function joinPath(parent: string, part: PathPart): string {
  if (typeof part === "number") return `${parent}[${part}]`;
  if (part === "" || /[.[\]"\s]/.test(part)) return `${parent}[${JSON.stringify(part)}]`;
  return parent === "" ? part : `${parent}.${part}`;
}

/** The value at a path, or undefined where there is none. */
export function getAt(config: unknown, path: string): unknown {
  return parsePath(path).reduce(child, config);
}

/** A copy of the config with `value` at a path; missing objects on the way are created. */
export function setAt(config: unknown, path: string, value: unknown): unknown {
  return replace(config, parsePath(path), path, () => value);
}

/** A copy of the config without what is at a path; an array closes the gap. */
export function unsetAt(config: unknown, path: string): unknown {
  const parts = parsePath(path);
  const last = parts.pop() ?? fail("INVALID_REQUEST", "config path required");
  if (parts.reduce(child, config) === undefined) return config;
  return replace(config, parts, path, (parent) => without(parent, last));
}

function unquote(text: string, at: number): string {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fail("INVALID_REQUEST", `invalid quoted key in config path at character ${at + 1}`, { cause });
  }
}

function child(value: unknown, part: PathPart): unknown {
  if (typeof part === "number") return Array.isArray(value) ? value[part] : undefined;
  return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}

function replace(value: unknown, parts: PathPart[], path: string, change: (old: unknown) => unknown): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return change(value);
  const next = replace(child(value, part), rest, path, change);
  if (typeof part === "string") {
    if (value !== undefined && !isObject(value)) fail("INVALID_REQUEST", `${path}: ${part} is not inside an object`);
    return { ...value, [part]: next };
  }
  if (value !== undefined && !Array.isArray(value)) fail("INVALID_REQUEST", `${path}: [${part}] is not inside a list`);
  const items = [...(value ?? [])];
  if (part > items.length || part > MAX_INDEX) {
    fail("INVALID_REQUEST", `${path}: the list has ${items.length} entries, the next index is ${items.length}`);
  }
  items[part] = next;
  return items;
}

function without(value: unknown, part: PathPart): unknown {
  if (typeof part === "number") return Array.isArray(value) ? value.filter((_, index) => index !== part) : value;
  if (!isObject(value)) return value;
  const { [part]: _removed, ...rest } = value;
  return rest;
}
