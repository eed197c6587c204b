/** Small pure operations on config values: merging a patch, comparing, freezing. */
import { fail } from "../lib/errors.ts";
import { isDangerousName, isObject, joinPath } from "./paths.ts";

/** Applies a JSON merge patch (RFC 7396): `null` deletes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, item] of Object.entries(patch)) {
    if (isDangerousName(key)) fail("INVALID_REQUEST", `the key ${key} is not allowed`);
    if (item === null) result.delete(key);
    else result.set(key, mergePatch(result.get(key), item));
  }
  return Object.fromEntries(result);
}

/** The paths at which two values differ, as deep as both are objects. */
export function changedPaths(before: unknown, after: unknown, path = ""): string[] {
  if (Bun.deepEquals(before, after, true)) return [];
  if (!isObject(before) || !isObject(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedPaths(before[key], after[key], joinPath(path, key)));
}

/** Freezes a value and everything in it, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

/** `shape` with each of its texts as `source` has it at the same place: what was written, not what it came to. */
export function asWritten(shape: unknown, source: unknown): unknown {
  if (Array.isArray(shape))
    return shape.map((item, index) => asWritten(item, Array.isArray(source) ? source[index] : undefined));
  if (!isObject(shape)) return source;
  const from = isObject(source) ? source : {};
  return Object.fromEntries(Object.entries(shape).map(([key, item]) => [key, asWritten(item, from[key])]));
}
