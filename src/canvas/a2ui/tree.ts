/**
 * How large a surface becomes when it is drawn, found by walking it as a renderer would: components may be named twice
 * and templates repeat, so a small text can be a screen without end.
 */
import type { Json, JsonObject } from "./json.ts";
import { findData, type Surface } from "./surface.ts";

/** Nesting of components; renderers recurse. */
const MAX_DEPTH = 64;
/** Elements drawn at once; a page becomes slow long before. */
const MAX_DRAWN = 20_000;
/** Rows of one list. */
const MAX_ROWS = 1_000;

/** What the walk found. */
export interface Walk {
  /** Why the surface cannot be drawn. */
  trouble: { componentId: string; message: string } | undefined;
  /** Ids that are named by a component that is drawn, and do not exist, with who names them. */
  missing: Map<string, string>;
}

/** Walks a surface from its root. */
export function walk(surface: Surface): Walk {
  const found: Walk = { trouble: undefined, missing: new Map() };
  if (surface.root === undefined) return found;
  const trail = new Set<string>();
  let drawn = 0;
  const visit = (id: string, namedBy: string, path: string): void => {
    if (found.trouble) return;
    const component = surface.components.get(id);
    if (!component) {
      if (id !== surface.root) found.missing.set(id, namedBy);
      return;
    }
    const refuse = (message: string) => {
      found.trouble ??= { componentId: id, message };
    };
    if (trail.has(id)) return refuse(`components name each other in a circle: ${[...trail, id].join(" > ")}`);
    if (trail.size >= MAX_DEPTH) return refuse(`components are nested deeper than ${MAX_DEPTH}`);
    if (++drawn > MAX_DRAWN) return refuse(`the surface draws more than ${MAX_DRAWN} components`);
    trail.add(id);
    for (const reference of referencesOf(surface.dialect === "v0.8" ? inner(component) : component)) {
      if (typeof reference === "string") visit(reference, id, path);
      else {
        const list = absolute(reference.path, path);
        const rows = keysOf(findData(surface, list));
        if (rows.length > MAX_ROWS) refuse(`a list of more than ${MAX_ROWS} rows: ${list}`);
        if (rows.length === 0 && !surface.components.has(reference.componentId))
          found.missing.set(reference.componentId, id);
        for (const row of rows) visit(reference.componentId, id, `${list}/${row}`);
      }
      if (found.trouble) return;
    }
    trail.delete(id);
  };
  visit(surface.root, "", "");
  return found;
}

/** Names a component gives: of others, or of a template. */
function referencesOf(component: JsonObject): (string | { path: string; componentId: string })[] {
  const { children } = component;
  const direct = ["child", "trigger", "content", "entryPointChild", "contentChild"].map((key) => component[key]);
  const tabs = component["tabs"] ?? component["tabItems"];
  const inTabs = Array.isArray(tabs) ? tabs.map((tab) => (isRecord(tab) ? tab["child"] : undefined)) : [];
  const names = [...direct, ...inTabs, ...listOf(children)].filter((id) => typeof id === "string");
  const template = isRecord(children) ? (children["template"] ?? children) : undefined;
  if (!isRecord(template)) return names;
  const path = template["path"] ?? template["dataBinding"];
  const { componentId } = template;
  return typeof path === "string" && typeof componentId === "string" ? [...names, { path, componentId }] : names;
}

function listOf(children: Json | undefined): Json[] {
  if (Array.isArray(children)) return children;
  const explicit = isRecord(children) ? children["explicitList"] : undefined;
  return Array.isArray(explicit) ? explicit : [];
}

/** The properties of a v0.8 component, which stand below its type. */
export function inner(component: JsonObject): JsonObject {
  const [properties] = Object.values(isRecord(component["component"]) ? component["component"] : {});
  return isRecord(properties) ? properties : {};
}

function keysOf(value: Json | undefined): (string | number)[] {
  if (Array.isArray(value)) return [...value.keys()];
  return isRecord(value) ? Object.keys(value) : [];
}

function absolute(path: string, base: string): string {
  return path.startsWith("/") ? path : `${base}/${path}`;
}

function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
