/**
 * Checks values against schemas, compiled on first use (design D1), and words what is wrong as peers of each
 * generation word it (`protocol/handshake.md` section 12: clients look for property names in these texts).
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler, type ValueError, ValueErrorType } from "@sinclair/typebox/compiler";
import type { ProtocolVersion } from "#schemas/method.ts";

/** How many problems one answer names; the rest would only be noise, and hostile input could make it long. */
const MAX_PROBLEMS = 8;

/** A schema with its check. */
export interface Validator<T extends TSchema> {
  /** True, and narrowed, when the value satisfies the schema. */
  check(value: unknown): value is Static<T>;
  /** What is wrong, joined by `; `, as a peer of that version says it. Call it only after `check` said no. */
  problems(value: unknown, version: ProtocolVersion): string;
}

/** Creates a validator that compiles its schema when it is first asked. */
export function validator<T extends TSchema>(schema: T): Validator<T> {
  let compiled: TypeCheck<T> | undefined;
  const get = () => {
    compiled ??= TypeCompiler.Compile(schema);
    return compiled;
  };
  return {
    check: (value): value is Static<T> => get().Check(value),
    problems: (value, version) => describe([...take(get().Errors(value), 64)], version),
  };
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  for (const item of items) {
    if (count-- <= 0) return;
    yield item;
  }
}

function describe(errors: ValueError[], version: ProtocolVersion): string {
  const missing = new Set(errors.filter((e) => e.type === ValueErrorType.ObjectRequiredProperty).map((e) => e.path));
  const parentsWithMissing = new Set<string>();
  const required: string[] = [];
  const unexpected: string[] = [];
  const others: string[] = [];
  for (const error of errors) {
    const [parent, name] = split(error.path);
    if (error.type === ValueErrorType.ObjectRequiredProperty) {
      if (version === 4 && parentsWithMissing.has(parent)) continue;
      parentsWithMissing.add(parent);
      required.push(`${parent ? `at ${parent}: ` : ""}must have required property '${name}'`);
    } else if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      unexpected.push(`at ${parent || "root"}: unexpected property '${name}'`);
    } else if (!isBelow(error.path, missing)) {
      for (const text of wordings(error, version)) others.push(error.path ? `at ${error.path}: ${text}` : text);
    }
  }
  const all = [...new Set([...required, ...unexpected, ...others])];
  return (all.length ? all.slice(0, MAX_PROBLEMS) : ["does not match its schema"]).join("; ");
}

function wordings(error: ValueError, version: ProtocolVersion): string[] {
  const { schema, type } = error;
  const not = version === 3 ? "must NOT" : "must not";
  switch (type) {
    case ValueErrorType.Literal:
      return ["must be equal to constant"];
    case ValueErrorType.Kind:
      if (version === 4) return ["must be equal to one of the allowed values"];
      return ["must be equal to constant", "must match a schema in anyOf"];
    case ValueErrorType.Union:
      return ["must match a schema in anyOf"];
    case ValueErrorType.StringMinLength:
      return [`${not} have fewer than ${schema.minLength} characters`];
    case ValueErrorType.StringMaxLength:
      return [`${not} have more than ${schema.maxLength} characters`];
    case ValueErrorType.StringPattern:
      return [`must match pattern "${schema.pattern}"`];
    case ValueErrorType.ArrayMinItems:
      return [`${not} have fewer than ${schema.minItems} items`];
    case ValueErrorType.ArrayMaxItems:
      return [`${not} have more than ${schema.maxItems} items`];
    case ValueErrorType.IntegerMinimum:
    case ValueErrorType.NumberMinimum:
      return [`must be >= ${schema.minimum}`];
    case ValueErrorType.IntegerMaximum:
    case ValueErrorType.NumberMaximum:
      return [`must be <= ${schema.maximum}`];
    default:
      return [`must be ${schema.type ?? "valid"}`];
  }
}

/** Whether the value sits at or under a property that is missing altogether, which is said already. */
function isBelow(path: string, missing: ReadonlySet<string>): boolean {
  for (let at = path; at; at = split(at)[0]) if (missing.has(at)) return true;
  return false;
}

function split(path: string): [parent: string, name: string] {
  const cut = path.lastIndexOf("/");
  return [
    path.slice(0, Math.max(cut, 0)),
    path
      .slice(cut + 1)
      .replaceAll("~1", "/")
      .replaceAll("~0", "~"),
  ];
}
