/** Reads the parameters of commands: numbers are brought into their range, what has the wrong type is refused. */
import type { Fields } from "../shared/wire.ts";
import { refuse } from "./failure.ts";

/** A number, or what holds without one. */
export function numberIn(params: Fields, name: string, range: { min: number; max: number; otherwise: number }): number {
  const value = params[name] ?? range.otherwise;
  if (typeof value !== "number" || !Number.isFinite(value))
    return refuse("INVALID_REQUEST", `${name} must be a number`);
  return Math.min(range.max, Math.max(range.min, value));
}

/** A text, or undefined. */
export function textIn(params: Fields, name: string): string | undefined {
  const value = params[name] ?? undefined;
  if (value !== undefined && typeof value !== "string") return refuse("INVALID_REQUEST", `${name} must be text`);
  return value;
}

/** Yes, no, or undefined where the caller left it open. */
export function choiceIn(params: Fields, name: string): boolean | undefined {
  const value = params[name] ?? undefined;
  if (value !== undefined && typeof value !== "boolean")
    return refuse("INVALID_REQUEST", `${name} must be true or false`);
  return value;
}

/** One of some words, or the first of them. */
export function wordIn<const T extends readonly [string, ...string[]]>(
  params: Fields,
  name: string,
  words: T,
): T[number] {
  const value = params[name] ?? words[0];
  return (
    words.find((word) => word === value) ?? refuse("INVALID_REQUEST", `${name} must be one of ${words.join(", ")}`)
  );
}
