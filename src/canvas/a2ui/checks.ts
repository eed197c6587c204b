/**
 * Small checks that are put together to schemas. Each gives what can be used of a value, cleaned, or undefined after
 * noting what is wrong. Optional properties that are wrong are left out, so that one slip does not blank the screen.
 */
import { cleanJson, type Json, type JsonObject } from "./json.ts";
import { Notes, quote, type Spot } from "./problem.ts";

/** Looks at one value. */
export type Check = (value: unknown, at: Spot) => Json | undefined;

/** Properties by name, each with its check. */
export type Shape = Readonly<Record<string, Check>>;

/** True for an object that is no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string; numbers and booleans are taken as their text, because models write them. */
export const text: Check = (value, at) => {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  return at.fail(`must be a string, not ${quote(value)}`);
};

/** A finite number; numeric text is taken as one. */
export const number: Check = (value, at) => {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  return at.fail(`must be a number, not ${quote(value)}`);
};

/** True or false. */
export const flag: Check = (value, at) =>
  typeof value === "boolean" ? value : at.fail(`must be true or false, not ${quote(value)}`);

/** Any JSON. */
export const anything: Check = (value, at) => cleanJson(value) ?? at.fail("must be JSON without forbidden keys");

/** One of a fixed list of words. */
export function choice(...words: string[]): Check {
  return (value, at) =>
    typeof value === "string" && words.includes(value)
      ? value
      : at.fail(`must be one of ${words.join(", ")}, not ${quote(value)}`);
}

/** The name of another component of the surface. */
export const componentId: Check = (value, at) => {
  if (typeof value === "string" && value !== "") return value;
  const hint = isObject(value) ? ": give the component an id of its own in the list, and name that id here" : "";
  return at.fail(`must be the id of a component${hint}`);
};

/** A list whose items all pass. */
export function list(item: Check, minItems = 0): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return at.fail(`must be a list, not ${quote(value)}`);
    if (value.length < minItems) return at.fail(`must have at least ${minItems} items`);
    const items: Json[] = [];
    for (const [index, one] of value.entries()) {
      const found = item(one, at.at(index));
      if (found === undefined) return undefined;
      items.push(found);
    }
    return items;
  };
}

/** An object of these properties. The required ones must be usable; what is not known is left out. */
export function object(shape: Shape, required: readonly string[]): Check {
  return (value, at) => {
    if (!isObject(value)) return at.fail(`must be an object, not ${quote(value)}`);
    const found: JsonObject = {};
    let isUsable = true;
    for (const [key, one] of Object.entries(value)) {
      const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (check === undefined) {
        at.at(key).warn(`unknown property, left out; known ones are ${Object.keys(shape).join(", ")}`);
        continue;
      }
      if (one === null || one === undefined) continue;
      const notes = new Notes();
      const usable = check(one, at.at(key, notes));
      const isNeeded = required.includes(key);
      at.notes.add(notes, usable === undefined && !isNeeded);
      if (usable !== undefined) found[key] = usable;
      else if (isNeeded) isUsable = false;
    }
    for (const key of required) {
      if (value[key] !== undefined && value[key] !== null) continue;
      isUsable = false;
      at.at(key).fail("is required");
    }
    return isUsable ? found : undefined;
  };
}
