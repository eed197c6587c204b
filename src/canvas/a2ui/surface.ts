/** What one surface shows, kept so that a reloaded or second page can be brought up to date. */
import { contentsOf, unfold } from "./contents.ts";
import { findAt, type Json, type JsonObject, segmentsOf, setAt } from "./json.ts";

/** The versions that are written: to a page of ours, and to nodes that check for theirs. */
export type Dialect = "v0.8" | "v0.9";

/** One message to a node, in the form of its surface's dialect. */
export type Message = JsonObject;

export interface Surface {
  readonly id: string;
  readonly dialect: Dialect;
  /** By id, in the dialect's own form, without the id. */
  readonly components: Map<string, JsonObject>;
  data: JsonObject;
  /** v0.8: what `beginRendering` named. v0.9: always `root`. */
  root: string | undefined;
  /** What the first message said besides: catalog, theme or styles, `sendDataModel`. */
  begun: JsonObject;
  /** What it takes, as of the last push. */
  bytes: number;
}

/** An empty surface. */
export function createSurface(id: string, dialect: Dialect, begun: JsonObject = {}): Surface {
  return {
    id,
    dialect,
    components: new Map(),
    data: {},
    root: dialect === "v0.9" ? "root" : undefined,
    begun,
    bytes: 0,
  };
}

/** A copy that can be changed and thrown away. */
export function copySurface(surface: Surface): Surface {
  return {
    ...surface,
    components: new Map(surface.components),
    data: structuredClone(surface.data),
    begun: { ...surface.begun },
  };
}

/** Changes the data model. False when the path leads nowhere. */
export function setData(surface: Surface, path: string, value: Json | undefined): boolean {
  const segments = segmentsOf(path);
  if (segments === undefined) return false;
  if (segments.length > 0) return setAt(surface.data, segments, value);
  if (value === undefined || value === null) surface.data = {};
  else if (typeof value !== "object" || Array.isArray(value)) return false;
  else surface.data = structuredClone(value);
  return true;
}

/** Bytes that the surface takes, about. */
export function sizeOf(surface: Surface): number {
  return JSON.stringify([...surface.components]).length + JSON.stringify(surface.data).length;
}

/** The messages that make an empty page show this surface. */
export function replay(surface: Surface): Message[] {
  const { id: surfaceId, dialect, components, data, root, begun } = surface;
  const hasData = Object.keys(data).length > 0;
  if (dialect === "v0.9") {
    const list = [...components].map(([id, rest]) => ({ id, ...rest }));
    return [
      { version: "v0.9", createSurface: { surfaceId, ...begun } },
      ...(hasData ? [{ version: "v0.9", updateDataModel: { surfaceId, path: "/", value: data } }] : []),
      ...(list.length ? [{ version: "v0.9", updateComponents: { surfaceId, components: list } }] : []),
    ];
  }
  const list = [...components].map(([id, rest]) => ({ id, ...rest }));
  return [
    ...(list.length ? [{ surfaceUpdate: { surfaceId, components: list } }] : []),
    ...(hasData ? [{ dataModelUpdate: { surfaceId, path: "/", contents: contentsOf(data) } }] : []),
    ...(root === undefined ? [] : [{ beginRendering: { surfaceId, root, ...begun } }]),
  ];
}

/** What a path names in the data; text that is JSON is read, because v0.8 writes lists so. */
export function findData(surface: Surface, path: string): Json | undefined {
  let current: Json | undefined = surface.data;
  for (const segment of segmentsOf(path) ?? []) {
    if (current === undefined) return undefined;
    current = unfold(findAt(current, [segment]));
  }
  return current;
}
