/** Emits the protocol as one Swift file that needs nothing but Foundation. */
import type { TSchema } from "@sinclair/typebox";
import type { ProtocolDescription } from "./description.ts";
import { type NamedShape, namedShapes, sorted, walk } from "./shapes.ts";
import { literal } from "./swift-names.ts";
import { anyCodable, nullable } from "./swift-runtime.ts";
import { closedEnum } from "./swift-text.ts";
import { SwiftTypes } from "./swift-types.ts";

/**
 * The file's text. Every property has the name it has on the wire. What clients receive may grow: unknown texts and
 * unknown kinds of object decode to `unrecognized`, and what the protocol leaves open is `AnyCodable`.
 */
export function emitSwift(protocol: ProtocolDescription): string {
  const shapes = namedShapes(protocol);
  const types = new SwiftTypes(sharedSchemas(shapes));
  for (const shape of shapes) types.declare(shape);
  const names = (items: readonly { name: string }[]) => sorted(items, ({ name }) => name).map(({ name }) => name);
  return [
    `// Generated from the protocol's schemas; do not edit.\n\nimport Foundation\n`,
    `/// The version of the gateway these types were generated from.\npublic let gatewayProtocolSource = ${literal(protocol.version)}\n`,
    nameEnum("GatewayMethod", "The methods of the gateway.", names(protocol.methods)),
    nameEnum("GatewayEvent", "The events of the gateway.", names(protocol.events)),
    ...types.declarations,
    nullable,
    anyCodable,
  ]
    .filter(Boolean)
    .join("\n");
}

/** An enum of texts must have a case, so an empty list has none. */
function nameEnum(name: string, docs: string, values: readonly string[]): string {
  return values.length === 0 ? "" : closedEnum(name, values, docs);
}

function sharedSchemas(shapes: readonly NamedShape[]): Map<string, TSchema> {
  const all = shapes.flatMap(({ schema }) => [...walk(schema)]);
  return new Map(all.flatMap((schema) => (schema.$id === undefined ? [] : [[schema.$id, schema] as const])));
}
