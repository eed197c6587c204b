/** Emits docs/protocol.md: every method and event with its fields, for people who write a client. */
import type { TSchema } from "@sinclair/typebox";
import type { EventSpec, MethodSpec } from "../method.ts";
import type { ProtocolDescription } from "./description.ts";
import { notation, objectOf } from "./notation.ts";
import { fieldsOf, namedShapes, sorted, typeName } from "./shapes.ts";

/** The text of the document, in an order that does not depend on the order of declaration. */
export function emitDocs(protocol: ProtocolDescription): string {
  const methods = sorted(protocol.methods, ({ name }) => name);
  const events = sorted(protocol.events, ({ name }) => name);
  return [
    introduction(protocol.version),
    section("Methods", methodTable(methods), methods.map(methodText)),
    section("Events", eventTable(events), events.map(eventText)),
    section("Shapes", "Frames, and what occurs in several places.", sharedTexts(protocol)),
  ].join("\n");
}

function introduction(version: string): string {
  return `# Protocol

<!-- Generated from the schemas; do not edit. -->

The methods and events of gateway ${version}. A scope is what an operator needs (\`operator.\` left out); \`node\` is the
role of a device. Idempotency: \`safe\` calls may be repeated, \`keyed\` calls are replayed by their \`idempotencyKey\`,
\`none\` acts each time. A field with \`?\` may be left out; texts are counted in characters.
`;
}

function section(title: string, opening: string, texts: readonly string[]): string {
  return [`## ${title}\n\n${opening}\n`, ...texts].join("\n");
}

function methodTable(methods: readonly MethodSpec[]): string {
  const rows = methods.map((method) => {
    const { v3, v4 } = accessOf(method);
    return [`[\`${method.name}\`](#${anchor(method.name)})`, v3, v4, method.idempotency, method.summary];
  });
  return table(["Method", "Scope v3", "Scope v4", "Idempotency", "Summary"], rows);
}

function methodText(method: MethodSpec): string {
  const { name, summary, params, result } = method;
  return `### ${name}\n\n${summary}\n\nParameters:${fields(params)}\n\nResult:${fields(result)}\n`;
}

function eventTable(events: readonly EventSpec[]): string {
  const rows = events.map(({ name, guard, isDroppable, summary }) => {
    return [`[\`${name}\`](#${anchor(name)}-event)`, guard.v3, guard.v4, isDroppable ? "yes" : "no", summary];
  });
  return table(["Event", "Receivers v3", "Receivers v4", "Skipped for slow readers", "Summary"], rows);
}

function eventText({ name, summary, payload }: EventSpec): string {
  return `### ${name} event\n\n${summary}\n\nPayload:${fields(payload)}\n`;
}

function sharedTexts(protocol: ProtocolDescription): string[] {
  const own = new Set([
    ...protocol.methods.flatMap(({ name }) => [`${typeName(name)}Params`, `${typeName(name)}Result`]),
    ...protocol.events.map(({ name }) => `${typeName(name)}Payload`),
  ]);
  return namedShapes(protocol)
    .filter(({ name }) => !own.has(name))
    .map(({ name, schema }) => {
      const described = schema.description ? `\n\n${schema.description}` : "";
      return `### ${name}${described}\n\nHolds:${fields(schema.$id === name ? withoutId(schema) : schema)}\n`;
    });
}

/** A table of fields for an object, one type for anything else. */
function fields(schema: TSchema): string {
  const object = schema.$id === undefined ? objectOf(schema) : undefined;
  if (!object) return ` ${code(notation(schema))}`;
  const all = fieldsOf(object);
  if (all.length === 0) return " none";
  const rows = all.map(({ name, schema: inner, isOptional }) => [
    code(name + (isOptional ? "?" : "")),
    code(notation(inner)),
    inner.description ?? "",
  ]);
  return `\n\n${table(["Field", "Type", "Meaning"], rows)}`;
}

function accessOf({ access }: MethodSpec): { v3: string; v4: string } {
  return typeof access === "string" ? { v3: access, v4: access } : access;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ").replaceAll("|", "\\|");
}

function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** The anchor a Markdown viewer gives a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

function withoutId(schema: TSchema): TSchema {
  const { $id: _id, ...rest } = schema;
  return rest as TSchema;
}
