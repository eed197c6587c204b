/** What every emitter asks of a schema: its kind, its parts, and the shapes of a protocol by name. Pure. */
import type { TSchema } from "@sinclair/typebox";
import type { ProtocolDescription } from "./description.ts";

/** One shape that has a name in the emitted text. */
export interface NamedShape {
  name: string;
  schema: TSchema;
  summary?: string;
  /** `sent` by clients only, or `received` by them too; what is received may grow. */
  direction: "sent" | "received";
}

/** All named shapes of a protocol: frames, shared shapes, then methods and events, each by name. */
export function namedShapes(protocol: ProtocolDescription): NamedShape[] {
  const frames = sorted(Object.entries(protocol.frames), ([name]) => name).map(([name, schema]): NamedShape => {
    return { name, schema, direction: "received" };
  });
  const methods = sorted(protocol.methods, ({ name }) => name).flatMap((method): NamedShape[] => {
    const { name, summary } = method;
    return [
      {
        name: `${typeName(name)}Params`,
        schema: method.params,
        summary: `Parameters of \`${name}\`. ${summary}`,
        direction: "sent",
      },
      {
        name: `${typeName(name)}Result`,
        schema: method.result,
        summary: `Result of \`${name}\`.`,
        direction: "received",
      },
    ];
  });
  const events = sorted(protocol.events, ({ name }) => name).map((event): NamedShape => {
    const summary = `Payload of the event \`${event.name}\`. ${event.summary}`;
    return { name: `${typeName(event.name)}Payload`, schema: event.payload, summary, direction: "received" };
  });
  const all = [...frames, ...methods, ...events];
  const shared = sharedShapes(all.map(({ schema }) => schema));
  const sharedNames = new Set(shared.map(({ name }) => name));
  const own = all.filter(({ name, schema }) => !(schema.$id === name && sharedNames.has(name)));
  return unique([
    ...frames.filter((frame) => own.includes(frame)),
    ...shared,
    ...own.filter((shape) => !frames.includes(shape)),
  ]);
}

/** `chat.send` as `ChatSend`. */
export function typeName(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** The texts a schema allows, if it is a list of them: an enum, a constant, or a union of such. */
export function textsOf(schema: TSchema): string[] | undefined {
  if (isText(schema["const"])) return [schema["const"]];
  if (Array.isArray(schema["enum"]) && schema["enum"].every(isText)) return schema["enum"];
  const lists = schema["anyOf"]?.map(textsOf) as (string[] | undefined)[] | undefined;
  return lists?.every((list) => list !== undefined) ? [...new Set(lists.flat())] : undefined;
}

/** The alternatives of a union without `null`, and whether `null` was one of them. */
export function withoutNull(schema: TSchema): { options: TSchema[]; isNullable: boolean } {
  const options: TSchema[] = schema["anyOf"] ?? schema["oneOf"] ?? [schema];
  const rest = options.filter((option) => option["type"] !== "null");
  return { options: rest, isNullable: rest.length < options.length };
}

/** The value type of a map from any text, or undefined for what is not such a map. */
export function mapValueOf(schema: TSchema): TSchema | undefined {
  if (schema["type"] !== "object" || Object.keys(schema["properties"] ?? {}).length > 0) return undefined;
  const byPattern = Object.values<TSchema>(schema["patternProperties"] ?? {})[0];
  const extra = schema["additionalProperties"];
  return byPattern ?? (typeof extra === "object" ? extra : extra === true ? ({} as TSchema) : undefined);
}

/** The properties of an object in their declared order. */
export function fieldsOf(schema: TSchema): { name: string; schema: TSchema; isOptional: boolean }[] {
  const required: string[] = schema["required"] ?? [];
  return Object.entries<TSchema>(schema["properties"] ?? {}).map(([name, inner]) => ({
    name,
    schema: inner,
    isOptional: !required.includes(name),
  }));
}

/** An intersection of objects as one object; undefined when a part is something else. */
export function mergedObject(parts: readonly TSchema[]): TSchema | undefined {
  if (!parts.every((part) => part["type"] === "object")) return undefined;
  const properties = Object.assign({}, ...parts.map((part) => part["properties"]));
  return {
    type: "object",
    properties,
    required: parts.flatMap((part) => part["required"] ?? []),
  } as unknown as TSchema;
}

/** The property whose constant text tells the alternatives apart, with its value for each. */
export function discriminatorOf(options: readonly TSchema[]): { property: string; values: string[] } | undefined {
  if (options.length < 2 || !options.every((option) => option["type"] === "object")) return undefined;
  for (const { name } of fieldsOf(options[0]!)) {
    const values = options.map((option) => constantOf(option, name));
    if (values.every((value) => value !== undefined) && new Set(values).size === values.length) {
      return { property: name, values };
    }
  }
  return undefined;
}

/** Every schema inside a schema, itself first. */
export function* walk(schema: TSchema): Generator<TSchema> {
  yield schema;
  for (const key of ["anyOf", "oneOf", "allOf", "prefixItems"]) for (const part of schema[key] ?? []) yield* walk(part);
  for (const key of ["properties", "patternProperties"]) {
    for (const part of Object.values<TSchema>(schema[key] ?? {})) yield* walk(part);
  }
  const items = schema["items"] ?? [];
  for (const part of Array.isArray(items) ? items : [items]) yield* walk(part);
  if (typeof schema["additionalProperties"] === "object") yield* walk(schema["additionalProperties"]);
}

/** Ordered by code units, the same on every machine. */
export function sorted<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}

function sharedShapes(roots: readonly TSchema[]): NamedShape[] {
  const found = new Map<string, TSchema>();
  for (const schema of roots.flatMap((root) => [...walk(root)])) {
    if (schema.$id === undefined) continue;
    const before = found.get(schema.$id);
    if (before && JSON.stringify(before) !== JSON.stringify(schema)) {
      throw new Error(`two different shapes are called ${schema.$id}`);
    }
    found.set(schema.$id, schema);
  }
  return sorted([...found], ([name]) => name).map(([name, schema]) => ({ name, schema, direction: "received" }));
}

function unique(shapes: NamedShape[]): NamedShape[] {
  const names = new Set<string>();
  for (const { name } of shapes) {
    if (names.has(name)) throw new Error(`two shapes are called ${name}`);
    names.add(name);
  }
  return shapes;
}

function constantOf(schema: TSchema, property: string): string | undefined {
  if (!(schema["required"] ?? []).includes(property)) return undefined;
  const texts = textsOf(schema["properties"]?.[property] ?? {});
  return texts?.length === 1 ? texts[0] : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
