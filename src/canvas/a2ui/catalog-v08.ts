/**
 * The standard catalog of A2UI v0.8 as checks. That version wraps its literals (`{literalString}`), and a value may be
 * literal and path at once: the literal is then what the path starts with, as the specification says.
 */
import type { ComponentRule } from "./catalog.ts";
import { iconNames, UNKNOWN_ICON } from "./catalog.ts";
import { type Check, choice, componentId, flag, isObject, list, number, object, type Shape, text } from "./checks.ts";
import type { JsonObject } from "./json.ts";
import { quote } from "./problem.ts";
import { showable } from "./urls.ts";

/** A wrapped literal, a path, or both. Bare literals are wrapped. */
function value(key: string, literal: Check): Check {
  return (given, at) => {
    if (!isObject(given)) {
      const bare = literal(given, at);
      return bare === undefined ? undefined : { [key]: bare };
    }
    const found: JsonObject = {};
    const path = given["path"];
    if (typeof path === "string") found["path"] = path;
    const wrapped = given[key] ?? given["literal"];
    if (wrapped !== undefined && wrapped !== null) {
      const usable = literal(wrapped, at.at(key));
      if (usable === undefined) return undefined;
      found[key] = usable;
    }
    return Object.keys(found).length ? found : at.fail(`must have ${key} or path`);
  };
}

const words = value("literalString", text);
const address = value("literalString", showable);
const amount = value("literalNumber", number);
const truth = value("literalBoolean", flag);
const selection = value("literalArray", (given, at) => list(text)(typeof given === "string" ? [given] : given, at));

const icon = value("literalString", (given, at) => {
  if (typeof given !== "string") return at.fail("must be the name of an icon");
  const name = given.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
  if (iconNames.has(name)) return name;
  at.warn(`unknown icon ${quote(given)}; known ones are ${[...iconNames].join(", ")}`);
  return UNKNOWN_ICON;
});

/** What goes with a tap: a literal of any kind, or a path. */
const contextValue: Check = (given, at) => {
  const kind = isObject(given) ? Object.keys(given).find((key) => key.startsWith("literal")) : undefined;
  const literal = isObject(given) ? (kind === undefined ? undefined : given[kind]) : given;
  if (typeof literal === "number") return amount(given, at);
  if (typeof literal === "boolean") return truth(given, at);
  return words(given, at);
};

const action = object({ name: text, context: list(object({ key: text, value: contextValue }, ["key", "value"])) }, [
  "name",
]);

const children: Check = (given, at) => {
  if (Array.isArray(given)) {
    const ids = list(componentId)(given, at);
    return ids === undefined ? undefined : { explicitList: ids };
  }
  if (!isObject(given)) return at.fail("must be {explicitList} or {template}");
  if (given["template"] !== undefined) {
    const template = object({ componentId, dataBinding: text }, ["componentId", "dataBinding"]);
    const found = template(given["template"], at.at("template"));
    return found === undefined ? undefined : { template: found };
  }
  const ids = list(componentId)(given["explicitList"], at.at("explicitList"));
  return ids === undefined ? undefined : { explicitList: ids };
};

const sides = choice("start", "center", "end", "stretch");
const spread = choice("start", "center", "end", "spaceBetween", "spaceAround", "spaceEvenly");
const rule = (required: string, shape: Shape): ComponentRule => ({
  shape,
  required: required === "" ? [] : required.split(" "),
});
const line = { children, distribution: spread, alignment: sides };
// Published examples also say `type`, `min` and `max`, and give a date a label.
const fieldType = choice("date", "longText", "number", "shortText", "obscured");
const chips = choice("checkbox", "chips");

/** Every component of the catalog. */
export const componentsV08: Readonly<Record<string, ComponentRule>> = {
  Text: rule("text", { text: words, usageHint: choice("h1", "h2", "h3", "h4", "h5", "caption", "body") }),
  Image: rule("url", {
    url: address,
    altText: words,
    fit: choice("contain", "cover", "fill", "none", "scale-down"),
    usageHint: choice("icon", "avatar", "smallFeature", "mediumFeature", "largeFeature", "header"),
  }),
  Icon: rule("name", { name: icon }),
  Video: rule("url", { url: address }),
  AudioPlayer: rule("url", { url: address, description: words }),
  Row: rule("children", line),
  Column: rule("children", line),
  List: rule("children", { children, direction: choice("vertical", "horizontal"), alignment: sides }),
  Card: rule("child", { child: componentId }),
  Tabs: rule("tabItems", { tabItems: list(object({ title: words, child: componentId }, ["title", "child"]), 1) }),
  Divider: rule("", { axis: choice("horizontal", "vertical"), color: text, thickness: number }),
  Modal: rule("entryPointChild contentChild", { entryPointChild: componentId, contentChild: componentId }),
  Button: rule("child action", { child: componentId, primary: flag, action }),
  CheckBox: rule("label value", { label: words, value: truth }),
  TextField: rule("label", {
    label: words,
    text: words,
    textFieldType: fieldType,
    type: fieldType,
    validationRegexp: text,
  }),
  DateTimeInput: rule("value", { label: words, value: words, enableDate: flag, enableTime: flag, outputFormat: text }),
  MultipleChoice: rule("selections options", {
    selections: selection,
    options: list(object({ label: words, value: text }, ["label", "value"])),
    maxAllowedSelections: number,
    variant: chips,
    type: chips,
    filterable: flag,
  }),
  Slider: rule("value", { value: amount, label: words, minValue: number, maxValue: number, min: number, max: number }),
};

/** Names that models use for components of this catalog. */
export const aliasesV08: Readonly<Record<string, string>> = { Checkbox: "CheckBox", ChoicePicker: "MultipleChoice" };
