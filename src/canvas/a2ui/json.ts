/** JSON as values: copies of foreign values without dangerous keys, and what a pointer names inside them. */

export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Nesting of one push; everything that looks at it recurses. */
const MAX_DEPTH = 48;
/** Keys that reach prototypes instead of properties (threats T30). */
const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** A copy that holds JSON only; undefined when there is anything else in it, a forbidden key or too much nesting. */
export function cleanJson(value: unknown, depth = 0): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) {
      const clean = cleanJson(item, depth + 1);
      if (clean === undefined) return undefined;
      items.push(clean);
    }
    return items;
  }
  const copy: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (forbidden.has(key)) return undefined;
    if (item === undefined) continue;
    const clean = cleanJson(item, depth + 1);
    if (clean === undefined) return undefined;
    copy[key] = clean;
  }
  return copy;
}

/** The keys that a pointer goes through; undefined when one of them is forbidden. */
export function segmentsOf(pointer: string): string[] | undefined {
  const segments = pointer
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  return segments.some((segment) => forbidden.has(segment)) ? undefined : segments;
}

/** What is at the end of the path; undefined when there is nothing. */
export function findAt(root: Json, segments: readonly string[]): Json | undefined {
  let current: Json | undefined = root;
  for (const segment of segments) {
    if (Array.isArray(current)) current = /^\d+$/.test(segment) ? current[Number(segment)] : undefined;
    else if (typeof current === "object" && current !== null && Object.hasOwn(current, segment))
      current = current[segment];
    else return undefined;
  }
  return current;
}

/**
 * Sets what is at the end of the path, making the objects and lists on the way; undefined removes it. False when the
 * path leads through a value that has no inside, or past the end of a list by more than one.
 */
export function setAt(root: JsonObject, segments: readonly string[], value: Json | undefined): boolean {
  let current: Json[] | JsonObject = root;
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (Array.isArray(current) && !(/^\d+$/.test(segment) && Number(segment) <= current.length)) return false;
    if (isLast) {
      write(current, segment, value);
      return true;
    }
    let next: Json | undefined = findAt(current, [segment]);
    if (next === undefined || next === null) {
      if (value === undefined) return true;
      next = /^\d+$/.test(segments[index + 1] ?? "") ? [] : {};
      write(current, segment, next);
    }
    if (typeof next !== "object" || next === null) return false;
    current = next;
  }
  return false;
}

function write(holder: Json[] | JsonObject, key: string, value: Json | undefined): void {
  if (Array.isArray(holder)) {
    holder[Number(key)] = value ?? null; // What follows keeps its place, as in the renderer.
  } else if (value === undefined) delete holder[key];
  else holder[key] = value;
}
