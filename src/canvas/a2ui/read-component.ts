/**
 * Reads one component against the rules of its type. Gives it cleaned, or undefined after noting why it cannot be used;
 * a type that nobody knows becomes words, so that the rest of the screen is there.
 */
import { type ComponentRule, components } from "./catalog.ts";
import { aliasesV08, componentsV08 } from "./catalog-v08.ts";
import { isObject, object } from "./checks.ts";
import type { Json, JsonObject } from "./json.ts";
import { quote, type Spot } from "./problem.ts";

/** Longest id of a component: ids are repeated in every tap. */
const MAX_ID_CHARS = 128;

/** A component with its id, in the form of its version. */
export type Component = JsonObject & { id: string };

/** Reads a component of v0.9 or v1.0. `typeOf` gives the type of one that is there already: an update may leave it out. */
export function readV09(given: unknown, at: Spot, typeOf: (id: string) => Json | undefined): Component | undefined {
  const id = readId(given, at);
  if (id === undefined || !isObject(given)) return undefined;
  const { id: _id, component: named, ...rest } = given;
  const known = typeOf(id);
  // Models of v0.8 wrap here too.
  const isWrapped = isObject(named) && Object.keys(named).length === 1;
  const type = isWrapped ? Object.keys(named)[0] : (named ?? known);
  const properties = isWrapped ? { ...rest, ...(Object.values(named)[0] as object) } : rest;
  if (typeof type !== "string") return at.at("component").fail("must be the name of a component");
  const rule = ruleOf(components, type);
  if (!rule) return { id, component: "Text", text: unknownComponent(type, components, at) };
  const found = object(rule.shape, rule.required)(properties, at);
  return isObject(found) ? { id, component: type, ...(found as JsonObject) } : undefined;
}

/** Reads a component of v0.8, whose type is the only key below `component`. */
export function readV08(given: unknown, at: Spot): Component | undefined {
  const id = readId(given, at);
  if (id === undefined || !isObject(given)) return undefined;
  const { component: wrapped, weight } = given;
  const isFlat = typeof wrapped === "string";
  const keys = isObject(wrapped) ? Object.keys(wrapped) : [];
  if (!isFlat && keys.length !== 1) return at.at("component").fail("must be an object with one key, the component");
  const named = isFlat ? wrapped : (keys[0] ?? "");
  const type = aliasesV08[named] ?? named;
  const { id: _id, component: _component, weight: _weight, ...flat } = given;
  const properties = isObject(wrapped) ? (wrapped[named] ?? {}) : flat;
  const common: JsonObject & { id: string } = typeof weight === "number" ? { id, weight } : { id };
  const rule = ruleOf(componentsV08, type);
  const spot = isFlat ? at : at.at("component").at(named);
  if (!rule) {
    const literalString = unknownComponent(type, componentsV08, spot);
    return { ...common, component: { Text: { text: { literalString } } } };
  }
  const found = object(rule.shape, rule.required)(properties, spot);
  return isObject(found) ? { ...common, component: { [type]: found as JsonObject } } : undefined;
}

function readId(given: unknown, at: Spot): string | undefined {
  if (!isObject(given)) return at.fail(`must be a component object, not ${quote(given)}`);
  const { id } = given;
  if (typeof id === "string" && id !== "" && id.length <= MAX_ID_CHARS) return id;
  return at.at("id").fail(`must be text of at most ${MAX_ID_CHARS} characters`);
}

function ruleOf(rules: Readonly<Record<string, ComponentRule>>, type: string): ComponentRule | undefined {
  return Object.hasOwn(rules, type) ? rules[type] : undefined;
}

/** A component nobody knows is told to the caller and shown as words, so that the rest of the screen is there. */
function unknownComponent(type: string, rules: Readonly<Record<string, ComponentRule>>, at: Spot): string {
  at.fail(`unknown component ${quote(type)}, shown as a note; known ones are ${Object.keys(rules).join(", ")}`);
  return `(unknown component ${type.slice(0, MAX_ID_CHARS)})`;
}
