/**
 * A surface of A2UI v0.8, told to the renderer of v0.9. The published renderers of both versions define the same
 * elements and cannot be on one page; the newer one draws everything the older one does.
 */
import { type Component, type JsonObject, type LegacyComponent, translate } from "./legacy-components.ts";

/** A message of either version. */
export type Message = Record<string, unknown>;

/** The component that v0.9 begins with. */
const ROOT = "root";
const CATALOG = "https://a2ui.org/specification/v0_9/catalogs/basic/catalog.json";

/** What is known of one v0.8 surface. */
export class LegacySurface {
  readonly #id: string;
  readonly #components = new Map<string, LegacyComponent>();
  #data: JsonObject = {};
  #root: string | undefined;
  #styles: JsonObject = {};

  constructor(id: string) {
    this.#id = id;
  }

  /** The messages of v0.9 that a message of v0.8 amounts to now. Nothing before the surface begins. */
  take(message: Message): Message[] {
    const { surfaceUpdate, dataModelUpdate, beginRendering } = message as Record<string, JsonObject | undefined>;
    if (surfaceUpdate) return this.#update((surfaceUpdate["components"] ?? []) as LegacyComponent[]);
    if (dataModelUpdate) return this.#setData(`${dataModelUpdate["path"] ?? "/"}`, dataModelUpdate["contents"]);
    return beginRendering ? this.#begin(beginRendering) : [];
  }

  /** The id that the agent gave a component. */
  originalId(id: string): string {
    if (id === ROOT) return this.#root ?? id;
    return id === `${ROOT}~` ? ROOT : id;
  }

  /** Whether a template repeats over what that path names. */
  isRepeated(path: string): boolean {
    return this.#templates().some(({ list }) => (list.startsWith("/") ? path === list : path.endsWith(`/${list}`)));
  }

  #begin(body: JsonObject): Message[] {
    const isAgain = this.#root !== undefined;
    this.#root = `${body["root"]}`;
    this.#styles = (body["styles"] ?? {}) as JsonObject;
    const { primaryColor, font } = this.#styles;
    const theme = { ...(primaryColor ? { primaryColor } : {}), ...(font ? { font } : {}) };
    return [
      ...(isAgain ? [{ deleteSurface: { surfaceId: this.#id } }] : []),
      { createSurface: { surfaceId: this.#id, catalogId: CATALOG, theme } },
      this.#dataMessage("/", this.#data),
      ...this.#draw([...this.#components.values()]),
    ];
  }

  #update(components: readonly LegacyComponent[]): Message[] {
    const hadTemplates = this.#templates().length;
    for (const component of components) this.#components.set(component.id, component);
    if (this.#root === undefined) return [];
    // A component may have come into a template or out of it, which changes what its paths mean.
    return this.#draw(hadTemplates || this.#templates().length ? [...this.#components.values()] : components);
  }

  #setData(path: string, contents: unknown): Message[] {
    const value = dataOf(contents);
    const segments = path
      .replaceAll(/\[(\d+)\]/g, "/$1")
      .split(/[./]/)
      .filter((part) => part !== "");
    if (segments.length === 0) this.#data = isRecord(value) ? value : {};
    else write(this.#data, segments, value);
    if (this.#root === undefined) return [];
    const pointer = `/${segments.join("/")}`;
    const messages = [this.#dataMessage(pointer, segments.length === 0 ? this.#data : value)];
    return this.#templates().length ? [...messages, ...this.#draw([...this.#components.values()])] : messages;
  }

  #draw(components: readonly LegacyComponent[]): Message[] {
    const repeated = this.#repeated();
    const rows = this.#templates().flatMap(({ list }) => Object.values(read(this.#data, list) ?? {}));
    const defaults: [path: string, value: unknown][] = [];
    const drawn: Component[] = components.map((component) =>
      translate(component, {
        rename: (id) => (id === this.#root ? ROOT : id === ROOT ? `${ROOT}~` : id),
        isRepeated: repeated.has(component.id),
        has: (pointer) => read(this.#data, pointer) !== undefined,
        rowHas: (pointer) => rows.some((row) => isRecord(row) && read(row, pointer) !== undefined),
        start: (pointer, value) => defaults.push([pointer, value]),
      }),
    );
    const started = defaults.filter(([pointer]) => read(this.#data, pointer) === undefined);
    for (const [pointer, value] of started) write(this.#data, pointer.split("/").slice(1), value);
    return [
      ...started.map(([pointer, value]) => this.#dataMessage(pointer, value)),
      ...(drawn.length ? [{ updateComponents: { surfaceId: this.#id, components: drawn } }] : []),
    ];
  }

  #dataMessage(path: string, value: unknown): Message {
    return { updateDataModel: { surfaceId: this.#id, path, value: structuredClone(value) } };
  }

  #templates(): { list: string; componentId: string }[] {
    return [...this.#components.values()].flatMap(({ component }) => {
      const { template } = (Object.values(component)[0]?.["children"] ?? {}) as JsonObject;
      if (!isRecord(template)) return [];
      return [{ list: `${template["dataBinding"]}`, componentId: `${template["componentId"]}` }];
    });
  }

  /** Ids of the components that are drawn once for each row of a list. */
  #repeated(): ReadonlySet<string> {
    const found = new Set<string>();
    const visit = (id: string) => {
      if (found.has(id)) return;
      found.add(id);
      const properties = Object.values(this.#components.get(id)?.component ?? {})[0] ?? {};
      for (const name of namesIn(properties)) if (this.#components.has(name)) visit(name);
    };
    for (const { componentId } of this.#templates()) visit(componentId);
    return found;
  }
}

function namesIn(properties: JsonObject): string[] {
  const children = isRecord(properties["children"]) ? properties["children"] : {};
  const list = Array.isArray(children["explicitList"]) ? children["explicitList"] : [];
  const tabs = Array.isArray(properties["tabItems"]) ? properties["tabItems"] : [];
  const direct = [properties["child"], properties["entryPointChild"], properties["contentChild"]];
  return [...direct, ...list, ...tabs.map((tab) => (isRecord(tab) ? tab["child"] : undefined))].filter(
    (name) => typeof name === "string",
  );
}

/** Entries as the object they mean. Text that is JSON is read: v0.8 writes lists so. */
function dataOf(contents: unknown): unknown {
  if (!Array.isArray(contents)) return contents;
  const entries = contents.map((entry: JsonObject) => {
    const kind = Object.keys(entry).find((key) => key.startsWith("value")) ?? "";
    const value = entry[kind];
    return [`${entry["key"]}`, kind === "valueMap" ? dataOf(value) : unfold(value)] as const;
  });
  const [only] = entries;
  return entries.length === 1 && only?.[0] === "." ? only[1] : Object.fromEntries(entries);
}

function unfold(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value; // It only looked like JSON.
  }
}

function read(data: JsonObject, pointer: string): unknown {
  let current: unknown = data;
  for (const segment of pointer.split("/").filter((part) => part !== "")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, segment)) return undefined;
    current = (current as JsonObject)[segment];
  }
  return current;
}

function write(data: JsonObject, segments: readonly string[], value: unknown): void {
  let current = data;
  for (const segment of segments.slice(0, -1)) {
    const next = Object.hasOwn(current, segment) ? current[segment] : undefined;
    const holder = typeof next === "object" && next !== null ? (next as JsonObject) : {};
    if (holder !== next) define(current, segment, holder);
    current = holder;
  }
  const last = segments.at(-1);
  if (last !== undefined) define(current, last, value);
}

/** Sets an own property, whatever its name. */
function define(holder: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
