/** Maps schemas to Swift types, declaring structs and enums on the way. */
import type { TSchema } from "@sinclair/typebox";
import {
  discriminatorOf,
  fieldsOf,
  mapValueOf,
  mergedObject,
  type NamedShape,
  textsOf,
  typeName,
  withoutNull,
} from "./shapes.ts";
import { docLines, swiftTypeName } from "./swift-names.ts";
import { closedEnum, openEnum, type SwiftField, struct, taggedUnion } from "./swift-text.ts";

/** Where a type is used. */
interface Use {
  /** Name for a type that has to be declared for this use. */
  name: string;
  direction: "sent" | "received";
  /** Inside a list or map, where a type may contain itself. */
  isBoxed: boolean;
}

/** The type of what the protocol leaves open. */
const unknownType = "AnyCodable";

/** Collects declarations; each shape is given once and types it needs are declared before it. */
export class SwiftTypes {
  readonly #shared: ReadonlyMap<string, TSchema>;
  readonly #declared = new Map<string, string>();
  readonly #open = new Set<string>();

  /** `shared` are the shapes with a name of their own, by that name. */
  constructor(shared: ReadonlyMap<string, TSchema>) {
    this.#shared = shared;
  }

  /** The declarations so far, in the order in which they were made. */
  get declarations(): string[] {
    return [...this.#declared.values()];
  }

  /** Declares a type for a shape; an alias if the shape needs no type of its own. */
  declare({ name, schema, summary, direction }: NamedShape): void {
    const swiftName = swiftTypeName(typeName(name));
    if (this.#declared.has(swiftName)) return;
    const inner = schema.$id === name ? { ...schema, $id: undefined } : schema;
    this.#open.add(swiftName);
    const type = this.#type(inner as TSchema, { name: swiftName, direction, isBoxed: false }, summary);
    this.#open.delete(swiftName);
    if (type !== swiftName) this.#add(swiftName, aliasText(swiftName, type, summary ?? schema.description));
  }

  #type(schema: TSchema, use: Use, summary?: string): string {
    const id: string | undefined = schema.$id ?? schema["$ref"];
    if (id !== undefined) return this.#sharedType(id, use);
    const docs = summary ?? schema.description;
    const texts = textsOf(schema);
    if (texts) return texts.length === 1 ? "String" : this.#textEnum(texts, use, docs);
    if (schema["anyOf"] || schema["oneOf"]) return this.#union(schema, use, docs);
    if (schema["allOf"]) {
      const merged = mergedObject(schema["allOf"].map((part: TSchema) => this.#resolve(part)));
      return merged ? this.#struct(merged, use, docs) : unknownType;
    }
    const mapValue = mapValueOf(schema);
    if (mapValue) return `[String: ${this.#type(mapValue, { ...use, name: `${use.name}Value`, isBoxed: true })}]`;
    if (schema["type"] === "object") return this.#struct(schema, use, docs);
    if (schema["type"] === "array") return `[${this.#itemType(schema["items"], use)}]`;
    return scalarTypes[schema["type"]] ?? unknownType;
  }

  #itemType(items: TSchema | TSchema[] | undefined, use: Use): string {
    if (items === undefined || Array.isArray(items)) return unknownType;
    return this.#type(items, { ...use, name: `${use.name}Item`, isBoxed: true });
  }

  /** A value type cannot contain itself directly, so there the link is left open. */
  #sharedType(id: string, use: Use): string {
    const name = swiftTypeName(typeName(id));
    const schema = this.#shared.get(id);
    if (!schema) throw new Error(`no shape is called ${id}`);
    if (this.#open.has(name)) return use.isBoxed ? name : unknownType;
    this.declare({ name: id, schema, direction: "received" });
    return name;
  }

  #textEnum(values: string[], use: Use, docs: string | undefined): string {
    return this.#add(
      use.name,
      use.direction === "sent" ? closedEnum(use.name, values, docs) : openEnum(use.name, values, docs),
    );
  }

  #union(schema: TSchema, use: Use, docs: string | undefined): string {
    const { options, isNullable } = withoutNull(schema);
    if (options.length === 0) return unknownType;
    if (isNullable) {
      const rest = options.length === 1 ? options[0]! : ({ anyOf: options } as unknown as TSchema);
      const type = this.#type(rest, use, docs);
      return type === unknownType ? type : `Nullable<${type}>`;
    }
    const found = discriminatorOf(options.map((option) => this.#resolve(option)));
    if (!found) return unknownType;
    const cases = options.map((option, index) => {
      const value = found.values[index]!;
      return { value, type: this.#type(option, { ...use, name: use.name + typeName(value), isBoxed: false }) };
    });
    return this.#add(use.name, taggedUnion({ name: use.name, property: found.property, cases, docs }));
  }

  #struct(schema: TSchema, use: Use, docs: string | undefined): string {
    const fields = fieldsOf(schema).map((field): SwiftField => {
      const inner = { ...use, name: use.name + typeName(field.name), isBoxed: false };
      const type = this.#type(field.schema, inner);
      const texts = textsOf(field.schema);
      return {
        key: field.name,
        // An optional reads `null` well, and only what clients send must tell `null` from absent.
        type: use.direction === "received" ? type.replace(/^Nullable<(.*)>$/, "$1?") : type,
        isOptional: field.isOptional,
        constant: texts?.length === 1 && !field.isOptional ? texts[0] : undefined,
        docs: field.schema.description,
      };
    });
    return this.#add(use.name, struct(use.name, fields, docs));
  }

  #resolve(schema: TSchema): TSchema {
    const id: string | undefined = schema["$ref"];
    return id === undefined ? schema : (this.#shared.get(id) ?? schema);
  }

  #add(name: string, text: string): string {
    if (this.#declared.has(name)) throw new Error(`two Swift types are called ${name}`);
    this.#declared.set(name, text);
    return name;
  }
}

const scalarTypes: Readonly<Record<string, string>> = {
  string: "String",
  integer: "Int",
  number: "Double",
  boolean: "Bool",
};

function aliasText(name: string, type: string, docs: string | undefined): string {
  return `${docLines(docs)}public typealias ${name} = ${type}\n`;
}
