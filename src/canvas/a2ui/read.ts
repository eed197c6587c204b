/** Takes apart what was pushed: a list, one message, JSONL, or any of these as text; v0.8, v0.9, v0.9.1 or v1.0. */
import { isObject } from "./checks.ts";
import { cleanJson } from "./json.ts";
import { quote, type Spot } from "./problem.ts";
import type { Dialect } from "./surface.ts";

/** Largest push, as text. */
export const MAX_PUSH_CHARS = 512 * 1024;
/** Messages in one push. */
const MAX_MESSAGES = 2_000;

/** The words that open a message, in the order in which they are applied when one object holds several. */
const openings = {
  createSurface: "v0.9",
  surfaceUpdate: "v0.8",
  updateComponents: "v0.9",
  dataModelUpdate: "v0.8",
  updateDataModel: "v0.9",
  beginRendering: "v0.8",
  deleteSurface: undefined,
} as const;
export type Opening = keyof typeof openings;
/** Messages of v1.0 that ask the renderer or answer it; this one neither offers nor calls functions of the agent. */
const unsupported = ["callRendererFunction", "agentFunctionResponse"];

/** One message as it came. */
export interface Incoming {
  opening: Opening;
  /** Undefined for a deletion without a version: it is the surface's. */
  dialect: Dialect | undefined;
  /** v1.0, where null deletes and surfaces may begin with all they have. */
  isV1: boolean;
  body: Record<string, unknown>;
  at: Spot;
}

/** Reads what was pushed. What is no message is noted and skipped. */
export function readMessages(pushed: unknown, at: Spot): Incoming[] {
  const items = itemsOf(pushed, at);
  if (items === undefined) return [];
  if (items.length > MAX_MESSAGES) {
    at.fail(`at most ${MAX_MESSAGES} messages can be pushed at once`);
    return [];
  }
  return items.flatMap(([index, item]) => readMessage(item, at.at(index)));
}

function itemsOf(pushed: unknown, at: Spot): [index: number, item: unknown][] | undefined {
  if (typeof pushed === "string") return itemsOfText(pushed, at);
  // From here on nesting is bounded, so everything below may recurse.
  const clean = cleanJson(pushed);
  if (clean === undefined) return at.fail("must be JSON that is not nested too deep and has no forbidden keys");
  if (JSON.stringify(clean).length > MAX_PUSH_CHARS)
    return at.fail(`a push must not be larger than ${MAX_PUSH_CHARS} bytes`);
  if (Array.isArray(clean)) return [...clean.entries()];
  if (isObject(clean) && Array.isArray(clean["messages"])) return [...clean["messages"].entries()];
  return [[0, clean]];
}

/** JSON in one piece, or one message a line. */
function itemsOfText(text: string, at: Spot): [index: number, item: unknown][] | undefined {
  if (text.length > MAX_PUSH_CHARS) return at.fail(`a push must not be larger than ${MAX_PUSH_CHARS} bytes`);
  const whole = parse(text);
  if (whole !== undefined) return itemsOf(whole, at);
  const lines = text.split(/\r?\n/).map((line, index) => [index, line.trim()] as const);
  return lines.flatMap(([index, line]) => {
    // Models fence what they write.
    if (line === "" || line.startsWith("```")) return [];
    const item = cleanJson(parse(line));
    if (item === undefined) at.at(index).fail("is no JSON that can be used: write one message on each line");
    return item === undefined ? [] : [[index, item] as [number, unknown]];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The caller says so, with the place.
  }
}

function readMessage(item: unknown, at: Spot): Incoming[] {
  if (!isObject(item)) {
    at.fail(`must be a message object, not ${quote(item)}`);
    return [];
  }
  const refused = unsupported.find((key) => key in item);
  if (refused !== undefined) at.at(refused).fail("is not supported: surfaces here are drawn, and taps come back");
  const found = (Object.keys(openings) as Opening[]).filter((key) => item[key] !== undefined);
  if (found.length === 0 && refused === undefined)
    at.fail(`must have one of ${Object.keys(openings).join(", ")}; it has ${quote(Object.keys(item))}`);
  if (found.length > 1) at.warn("should hold one message; they were taken one after the other");
  const version = typeof item["version"] === "string" ? item["version"].replace(/^v/i, "") : undefined;
  return found.flatMap((opening) => {
    const body = item[opening];
    if (!isObject(body)) {
      at.at(opening).fail(`must be an object, not ${quote(body)}`);
      return [];
    }
    const said = version === undefined ? undefined : version.startsWith("0.8") ? "v0.8" : "v0.9";
    const isV1 = version !== undefined && /^(1|0\.10)/.test(version);
    return [{ opening, dialect: openings[opening] ?? said, isV1, body, at: at.at(opening) }];
  });
}
