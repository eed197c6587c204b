/** The data of v0.8: entries with a key and a typed value, where v0.9 has plain JSON. */
import { isObject } from "./checks.ts";
import { cleanJson, type Json, type JsonObject } from "./json.ts";
import type { Spot } from "./problem.ts";

/** Data as v0.8 writes it. Lists travel as JSON text there, which every renderer of that version reads. */
export function contentsOf(data: JsonObject): JsonObject[] {
  return Object.entries(data).map(([key, value]) => {
    if (typeof value === "string") return { key, valueString: value };
    if (typeof value === "number") return { key, valueNumber: value };
    if (typeof value === "boolean") return { key, valueBoolean: value };
    if (value !== null && !Array.isArray(value)) return { key, valueMap: contentsOf(value) };
    return { key, valueString: JSON.stringify(value) };
  });
}

/** A path as a pointer: v0.8 paths are also written `a.b[0].c`. */
export function pointerOf(path: string): string {
  const segments = path
    .replaceAll(/\[(\d+)\]/g, ".$1")
    .split(/[./]/)
    .filter((segment) => segment !== "");
  return `/${segments.join("/")}`;
}

/** The data that v0.8 entries mean: an object, or a bare value under the key `.`. */
export function dataOf(contents: unknown, at: Spot): Json | undefined {
  if (!Array.isArray(contents)) {
    // Plain JSON, as in v0.9.
    return isObject(contents) ? (cleanJson(contents) ?? at.fail("must be JSON")) : at.fail("must be a list of entries");
  }
  const entries: [string, Json][] = [];
  for (const [index, entry] of contents.entries()) {
    const spot = at.at(index);
    if (!isObject(entry) || typeof entry["key"] !== "string") return spot.fail("must have a key and one value");
    const kind = Object.keys(entry).find((key) => key.startsWith("value"));
    if (kind === undefined) return spot.fail("must have valueString, valueNumber, valueBoolean or valueMap");
    const given = entry[kind];
    const value = kind === "valueMap" || isEntries(given) ? dataOf(given, spot.at(kind)) : cleanJson(given);
    if (value === undefined) return spot.at(kind).fail("must be JSON that is not nested too deep");
    entries.push([entry["key"], value]);
  }
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === ".") return only[1];
  return cleanJson(Object.fromEntries(entries)) ?? at.fail("has a forbidden key");
}

function isEntries(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && "key" in item);
}

/** Text that is JSON as the value it means; any other value as it is. */
export function unfold(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value; // It only looked like JSON.
  }
}
