/**
 * Reads JSON from strangers: bounded depth and number of keys, no duplicate keys, no keys that poison prototypes
 * (threats T30, T35). The scan before parsing costs about a nanosecond a character and allocates nothing.
 */

/** Why a text was refused. `syntax` means it is not JSON at all. */
export type JsonProblem = "syntax" | "too deep" | "too many keys" | "duplicate key" | "forbidden key";

/** The parsed value, or why there is none. */
export type JsonResult = { ok: true; value: unknown } | { ok: false; problem: JsonProblem };

/** Nesting no peer of the protocol comes near; parsers and validators recurse (threats T35). */
const MAX_DEPTH = 64;
/** Keys in one text; a large config has hundreds. */
const MAX_KEYS = 10_000;

/** Parses one text. Never throws. */
export function parseJson(text: string): JsonResult {
  const keys = countKeys(text);
  if (typeof keys === "string") return { ok: false, problem: keys };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: "syntax" };
  }
  const found = countOwnKeys(value);
  if (found < 0) return { ok: false, problem: "forbidden key" };
  return found === keys ? { ok: true, value } : { ok: false, problem: "duplicate key" };
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Colons outside strings are keys, in valid JSON; in anything else the parser says no anyway. */
function countKeys(text: string): number | JsonProblem {
  let keys = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at + 1);
        break;
      case 58: // :
        if (++keys > MAX_KEYS) return "too many keys";
        break;
      case 91: // [
      case 123: // {
        if (++depth > MAX_DEPTH) return "too deep";
        break;
      case 93:
      case 125:
        depth--;
        break;
    }
  }
  return keys;
}

/** Index of the quote that ends the string; long strings (attachments) are skipped at native speed. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** Own keys in the whole value, or -1 when one of them is forbidden. Parsed JSON has no inherited keys. */
function countOwnKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const items = value as Record<string, unknown>;
  const isArray = Array.isArray(value);
  let total = 0;
  for (const key in items) {
    if (!isArray) {
      if (isForbidden(key)) return -1;
      total++;
    }
    const item = items[key];
    if (typeof item !== "object" || item === null) continue;
    const below = countOwnKeys(item);
    if (below < 0) return -1;
    total += below;
  }
  return total;
}

function isForbidden(key: string): boolean {
  return key.length >= 9 && (key === "__proto__" || key === "constructor" || key === "prototype");
}
