/** The declarations of the RPC methods, as commands look them up. */
import type { TSchema } from "@sinclair/typebox";
import { notation, objectOf } from "#schemas/emit/notation.ts";
import type { MethodSpec } from "#schemas/method.ts";
import { methodSpecs } from "../methods/index.ts";

/** The declaration of a method. */
export function findMethod(name: string): MethodSpec | undefined {
  return methodSpecs.find((method) => method.name === name);
}

/** All names, sorted. */
export function methodNames(): string[] {
  return methodSpecs.map(({ name }) => name).sort();
}

/** What a method takes and gives, for people. */
export function describeMethod(method: MethodSpec): string {
  const { name, summary, params, result, access, idempotency } = method;
  const scope = typeof access === "string" ? access : `${access.v4} (v3: ${access.v3})`;
  const repeat = { none: "every call acts", safe: "may be repeated", keyed: "repeats are known by idempotencyKey" }[
    idempotency
  ];
  return [
    `${name}: ${summary}`,
    `Access ${scope}; ${repeat}.`,
    "",
    "Params",
    ...lines(params),
    "",
    "Result",
    ...lines(result),
    "",
  ].join("\n");
}

function lines(schema: TSchema): string[] {
  const object = objectOf(schema);
  const properties: Record<string, TSchema> = object?.["properties"] ?? {};
  const required: readonly string[] = object?.["required"] ?? [];
  const fields = Object.entries(properties).map(([name, field]) => {
    const note: string | undefined = field["description"];
    return `  ${name}${required.includes(name) ? "" : "?"}: ${notation(field, 1)}${note ? `  (${note})` : ""}`;
  });
  if (fields.length > 0) return fields;
  return [object ? "  none" : `  ${notation(schema)}`];
}
