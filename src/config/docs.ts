/** Writes docs/config.md from the schema, so that the two cannot disagree. Pure. */
import type { TSchema } from "@sinclair/typebox";
import { placesIn, type SchemaPlace } from "./json-schema.ts";
import { ConfigSchema, isSecret } from "./schema.ts";
import { describe } from "./validate.ts";

const introduction = `# Config

<!-- Generated from src/config/schema.ts; edit the descriptions there. -->

The config is one JSON5 file: comments, trailing commas and keys without quotes are welcome. Every key may be left out.
A key that is not listed here is reported and ignored; a wrong value is reported with its line, and the gateway starts
in safe mode. \`\${NAME}\` in a text stands for the environment variable \`NAME\`, \`$\${NAME}\` for the text itself.
In key names \`*\` stands for a name of your choice and \`[]\` for each entry of a list.
`;

/** The text of docs/config.md. */
export function configMarkdown(): string {
  const sections = [...placesIn(ConfigSchema, "")].map(sectionMarkdown);
  return [introduction, ...sections].join("\n");
}

function sectionMarkdown(section: SchemaPlace): string {
  const rows = [...leaves(section)].map(({ path, schema, required }) => {
    const marks = [required ? "Required." : "", isSecret(schema) ? "Secret." : ""].filter(Boolean);
    return `| \`${path}\` | ${cell(shownValue(schema))} | ${cell([schema["description"] ?? "", ...marks].join(" ").trim())} |`;
  });
  const table = ["| Key | Value | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
  return `## ${section.key}\n\n${section.schema["description"]}\n\n${table}\n`;
}

/** The places a person sets, in the order of the schema: those without keys of their own, and those that may be short. */
function* leaves(place: SchemaPlace): Generator<SchemaPlace> {
  const inner = [...placesIn(place.schema, place.path)].filter(({ key, schema }) => key !== "[]" || isKeyed(schema));
  if (inner.length === 0 || Array.isArray(place.schema["anyOf"])) yield place;
  for (const child of inner) yield* leaves(child);
}

function isKeyed(schema: TSchema): boolean {
  return schema["type"] === "object";
}

function shownValue(schema: TSchema): string {
  const what = schema["type"] === "array" ? `list of: ${describe(schema["items"])}` : describe(schema);
  return what.replace(/^(?:an?|one of) /, (article) => (article === "one of " ? "" : article));
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
