/**
 * A tap on a surface: what the page says about it, and the line that tells the agent (the wording of the first
 * generation, which agents were taught). Pure.
 */
import { cleanJson, type JsonObject } from "./a2ui/json.ts";

/** A tap as the bridge of the page reports it. */
export interface UserAction {
  /** Chosen by the page, once for each tap. */
  id: string;
  name: string;
  surfaceId: string;
  sourceComponentId: string;
  /** When, by the page's clock, in ISO 8601. */
  timestamp?: string;
  context: JsonObject;
}

/** Where the tap happened and whose turn it becomes. */
export interface ActionPlace {
  /** Key of the session that gets the turn. */
  session: string;
  /** Name of the device. */
  host: string;
  /** Id of the node. */
  instance: string;
}

/** Longest name or id in a tap. */
const MAX_CHARS = 128;
/** Largest context, as JSON: it becomes part of a prompt. */
const MAX_CONTEXT_CHARS = 8_192;

/** Reads what a page sent; undefined when it is no tap. Takes `{userAction}` and the bare action, object or text. */
export function parseUserAction(given: unknown): UserAction | undefined {
  const opened = typeof given === "string" ? parseText(given) : given;
  if (!isRecord(opened)) return undefined;
  const action = isRecord(opened["userAction"]) ? opened["userAction"] : opened;
  const { id, surfaceId, sourceComponentId, timestamp } = action;
  const name = action["name"] ?? action["action"];
  if (!isShort(id) || !isShort(name) || !isShort(surfaceId) || !isShort(sourceComponentId)) return undefined;
  const context = cleanJson(action["context"] ?? {});
  if (!isRecord(context) || JSON.stringify(context).length > MAX_CONTEXT_CHARS) return undefined;
  return {
    id,
    name,
    surfaceId,
    sourceComponentId,
    context: context as JsonObject,
    ...(typeof timestamp === "string" && timestamp.length <= MAX_CHARS ? { timestamp } : {}),
  };
}

/** The line that becomes the agent's turn: one token a field, nothing in it that could open another one. */
export function formatAction(action: UserAction, place: ActionPlace): string {
  const context = Object.keys(action.context).length ? [`ctx=${JSON.stringify(action.context)}`] : [];
  return [
    "CANVAS_A2UI",
    `action=${tagOf(action.name)}`,
    `session=${tagOf(place.session)}`,
    `surface=${tagOf(action.surfaceId)}`,
    `component=${tagOf(action.sourceComponentId)}`,
    `host=${tagOf(place.host)}`,
    `instance=${tagOf(place.instance)}`,
    ...context,
    "default=update_canvas",
  ].join(" ");
}

/** The fields of a line that an app of the first generation formatted itself; undefined when it is no such line. */
export function parseActionLine(
  line: string,
): { name: string; surfaceId: string; sourceComponentId: string } | undefined {
  const found = /^CANVAS_A2UI action=(\S+) session=\S+ surface=(\S+) component=(\S+) host=\S+ instance=\S+ /.exec(line);
  const [, name, surfaceId, sourceComponentId] = found ?? [];
  if (name === undefined || surfaceId === undefined || sourceComponentId === undefined) return undefined;
  return { name, surfaceId, sourceComponentId };
}

/** A value as one token. */
export function tagOf(value: string): string {
  return value.trim().replaceAll(/[^A-Za-z0-9_.:-]/gu, "_") || "-";
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not what the bridge sends.
  }
}

function isShort(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_CHARS;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
