/**
 * The basic catalog of A2UI v0.9 and v1.0 as checks: what each component and function may say. Kept beside the
 * published `catalog.json` by a test. Spellings of other versions are mended where the meaning is plain.
 */
import {
  anything,
  type Check,
  choice,
  componentId,
  flag,
  isObject,
  list,
  number,
  object,
  type Shape,
  text,
} from "./checks.ts";
import { cleanJson, type Json, type JsonObject } from "./json.ts";
import { quote, type Spot } from "./problem.ts";
import { isOpenable, showable } from "./urls.ts";

/** A component's properties besides id, type and what all share. */
export interface ComponentRule {
  shape: Shape;
  required: readonly string[];
}

/** The catalog every surface uses; other names of it are taken for this one. */
export const BASIC_CATALOG = "https://a2ui.org/specification/v0_9/catalogs/basic/catalog.json";

/** Functions of the catalog, and the ones its renderer has besides. */
export const functionNames: ReadonlySet<string> = new Set(
  (
    "formatString formatNumber formatCurrency formatDate pluralize required regex length numeric email and or not " +
    "openUrl @index capitalize add subtract multiply divide equals not_equals greater_than less_than contains starts_with ends_with"
  ).split(" "),
);
/** Longest pattern of a `regex` check: it runs at every key press. */
const MAX_PATTERN_CHARS = 512;

/** The types a call may say it returns. */
const returnTypes = ["string", "number", "boolean", "array", "object", "any", "void"];

/** A call of a function in the renderer; the arguments are always there, because the renderer counts on it. */
const functionCall =
  (returnType: string): Check =>
  (value, at) => {
    if (!isObject(value)) return at.fail("must be a function call: an object with call and args");
    const call = value["call"] ?? value["@call"];
    if (typeof call !== "string" || call === "") return at.fail("must name a function as call");
    if (!functionNames.has(call))
      return at.at("call").fail(`unknown function ${quote(call)}; known ones are ${[...functionNames].join(", ")}`);
    const args = argumentsOf(value["args"] ?? {}, at.at("args"));
    if (args === undefined) return undefined;
    if (call === "openUrl" && typeof args["url"] === "string" && !isOpenable(args["url"]))
      return at
        .at("args")
        .at("url")
        .fail(`must be an http: or https: address, not ${quote(args["url"])}`);
    if (call === "regex" && typeof args["pattern"] === "string" && args["pattern"].length > MAX_PATTERN_CHARS)
      return at.at("args").at("pattern").fail(`must have at most ${MAX_PATTERN_CHARS} characters`);
    const said = value["returnType"];
    return { call, args, returnType: typeof said === "string" && returnTypes.includes(said) ? said : returnType };
  };

function argumentsOf(value: unknown, at: Spot): JsonObject | undefined {
  if (!isObject(value)) return at.fail("must be an object of arguments by name");
  const args: JsonObject = {};
  for (const [key, one] of Object.entries(value)) {
    const found = argument(one, at.at(key));
    if (found === undefined) return undefined;
    Object.defineProperty(args, key, { value: found, enumerable: true, configurable: true, writable: true });
  }
  return args;
}

/** A value, a binding, a call, or a list of these. */
const argument: Check = (value, at) => {
  if (Array.isArray(value)) return list(argument)(value, at);
  if (isObject(value) && isBound(value)) return bound("any", anything)(value, at);
  return anything(value, at);
};

function isBound(value: Record<string, unknown>): boolean {
  return ["path", "@path", "call", "@call"].some((key) => key in value);
}

/** A literal, a binding to the data model, or a call that gives such a value. */
export function bound(returnType: string, literal: Check): Check {
  return (value, at) => {
    if (!isObject(value)) return literal(value, at);
    const path = value["path"] ?? value["@path"];
    if (typeof path === "string") return { path };
    if ("call" in value || "@call" in value) return functionCall(returnType)(value, at);
    // The wrapping of v0.8, which models mix in.
    const wrapped = Object.entries(value).find(([key]) => /^literal(String|Number|Boolean|Array)?$/.test(key));
    if (wrapped) return literal(wrapped[1], at);
    return literal(value, at);
  };
}

const dynamicText = bound("string", text);
const dynamicNumber = bound("number", number);
const dynamicFlag = bound("boolean", flag);
const address = bound("string", showable);
/** A single choice may come as one string. */
const dynamicTexts = bound("array", (value, at) => list(text)(typeof value === "string" ? [value] : value, at));

/** A fixed list of ids, or a template that is repeated for each item of a list in the data model. */
const children: Check = (value, at) => {
  if (Array.isArray(value)) return list(componentId)(value, at);
  if (!isObject(value)) return at.fail("must be a list of component ids, or {path, componentId}");
  const template = isObject(value["template"]) ? value["template"] : value;
  if (Array.isArray(value["explicitList"])) return list(componentId)(value["explicitList"], at);
  const path = template["path"] ?? template["@path"] ?? template["dataBinding"];
  const id = componentId(template["componentId"], at.at("componentId"));
  if (id === undefined) return undefined;
  return typeof path === "string" ? { path, componentId: id } : at.at("path").fail("must be a path to a list");
};

/** What goes with a tap. The renderer takes no bare objects there, so they travel as their JSON. */
const context: Check = (value, at) => {
  const found = argumentsOf(value, at);
  if (found === undefined) return undefined;
  for (const [key, one] of Object.entries(found)) if (isObject(one) && !isBound(one)) found[key] = JSON.stringify(one);
  return found;
};

const event = object({ name: text, context, userMessage: dynamicText }, ["name"]);

/** What a tap does: an event for the agent, or a function in the renderer. */
const action: Check = (value, at) => {
  if (!isObject(value)) return at.fail('must be {event: {name, context}} or {functionCall: {call: "openUrl", args}}');
  if (value["functionCall"] !== undefined) {
    const functionCalled = functionCall("void")(value["functionCall"], at.at("functionCall"));
    return functionCalled === undefined ? undefined : { functionCall: functionCalled };
  }
  const isBare = value["event"] === undefined;
  const named = event(isBare ? value : value["event"], isBare ? at : at.at("event"));
  return named === undefined ? undefined : { event: named };
};

const checkRule: Check = (value, at) => {
  if (!isObject(value)) return at.fail("must be {condition, message}");
  // Before v0.9 was final, the call stood beside the message.
  const condition = value["condition"] ?? value;
  const found = dynamicFlag(condition, at.at("condition"));
  if (found === undefined) return undefined;
  return { condition: found, message: typeof value["message"] === "string" ? value["message"] : "This is not valid." };
};

/** The icons of the catalog. */
export const iconNames: ReadonlySet<string> = new Set(
  (
    "accountCircle add arrowBack arrowForward attachFile calendarToday call camera check close delete download edit " +
    "event error fastForward favorite favoriteOff folder help home info locationOn lock lockOpen mail menu moreVert " +
    "moreHoriz notificationsOff notifications pause payment person phone photo play print refresh rewind search send " +
    "settings share shoppingCart skipNext skipPrevious star starHalf starOff stop upload visibility visibilityOff " +
    "volumeDown volumeMute volumeOff volumeUp warning"
  ).split(" "),
);
/** Shown for an icon that does not exist. */
export const UNKNOWN_ICON = "info";

const icon: Check = (value, at) => {
  if (isObject(value)) {
    if (typeof value["svgPath"] === "string") return { svgPath: value["svgPath"] };
    return bound("string", iconName)(value, at);
  }
  return iconName(value, at);
};

const iconName: Check = (value, at) => {
  if (typeof value !== "string") return at.fail("must be the name of an icon");
  // Material names are written both ways.
  const name = value.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
  if (iconNames.has(name)) return name;
  at.warn(`unknown icon ${quote(value)}; known ones are ${[...iconNames].join(", ")}`);
  return UNKNOWN_ICON;
};

/** What v1.0 has and the renderer of v0.9 does not: taken without a word, and left out. */
const ignored: Check = () => undefined;
const common: Shape = {
  weight: number,
  accessibility: object({ label: dynamicText, description: dynamicText, live: ignored, hidden: ignored }, []),
  metadata: ignored,
  catalogId: ignored,
};
const sides = ["start", "center", "end", "stretch"];
const spreads = ["start", "center", "end", "spaceBetween", "spaceAround", "spaceEvenly", "stretch"];
const checks = list(checkRule);
const rule = (required: string, shape: Shape): ComponentRule => ({
  shape: { ...common, ...shape },
  required: required === "" ? [] : required.split(" "),
});
const line = { children, justify: choice(...spreads), align: choice(...sides) };

/** Every component of the catalog. */
export const components: Readonly<Record<string, ComponentRule>> = {
  Text: rule("text", { text: dynamicText, variant: choice("h1", "h2", "h3", "h4", "h5", "caption", "body") }),
  Image: rule("url", {
    url: address,
    description: dynamicText,
    fit: choice("contain", "cover", "fill", "none", "scaleDown"),
    variant: choice("icon", "avatar", "smallFeature", "mediumFeature", "largeFeature", "header"),
  }),
  Icon: rule("name", { name: icon }),
  Video: rule("url", { url: address, posterUrl: ignored }),
  AudioPlayer: rule("url", { url: address, description: dynamicText }),
  Row: rule("children", line),
  Column: rule("children", line),
  List: rule("children", {
    children,
    direction: choice("vertical", "horizontal"),
    align: choice(...sides),
    listStyle: choice("ordered", "unordered", "none"),
  }),
  Card: rule("child", { child: componentId }),
  Tabs: rule("tabs", { tabs: list(object({ title: dynamicText, child: componentId }, ["title", "child"]), 1) }),
  Modal: rule("trigger content", { trigger: componentId, content: componentId }),
  Divider: rule("", { axis: choice("horizontal", "vertical") }),
  Button: rule("child", { child: componentId, variant: choice("default", "primary", "borderless"), action, checks }),
  TextField: rule("label", {
    label: dynamicText,
    value: dynamicText,
    variant: choice("longText", "number", "shortText", "obscured"),
    validationRegexp: text,
    placeholder: ignored,
    checks,
  }),
  CheckBox: rule("label value", { label: dynamicText, value: dynamicFlag, checks }),
  ChoicePicker: rule("options value", {
    label: dynamicText,
    variant: choice("multipleSelection", "mutuallyExclusive"),
    options: list(object({ label: dynamicText, value: text }, ["label", "value"])),
    value: dynamicTexts,
    displayStyle: choice("checkbox", "chips"),
    filterable: flag,
    checks,
  }),
  Slider: rule("max value", {
    label: dynamicText,
    min: number,
    max: number,
    value: dynamicNumber,
    steps: ignored,
    checks,
  }),
  DateTimeInput: rule("value", {
    value: dynamicText,
    enableDate: flag,
    enableTime: flag,
    min: dynamicText,
    max: dynamicText,
    label: dynamicText,
    checks,
  }),
};

/** What a surface may look like. */
export const theme: Check = (value, at) => {
  const color: Check = (one, spot) =>
    typeof one === "string" && /^#[0-9a-f]{6}$/i.test(one) ? one : spot.fail("must be a color like #00BFFF");
  const found = object({ primaryColor: color, font: text, iconUrl: ignored, agentDisplayName: text }, [])(value, at);
  return found === undefined ? undefined : (cleanJson(found) as Json);
};
