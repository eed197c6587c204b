/** Components of A2UI v0.8 in the words of v0.9. */

export type JsonObject = Record<string, unknown>;

/** A component as v0.8 writes it. */
export interface LegacyComponent {
  id: string;
  weight?: number;
  component: Record<string, JsonObject>;
}

/** A component as v0.9 writes it. */
export type Component = JsonObject & { id: string; component: string };

/** What a translation needs to know of the surface. */
export interface Setting {
  /** The id under which the renderer knows a component. */
  rename(id: string): string;
  /** The component is drawn for each row of a list. */
  isRepeated: boolean;
  /** Whether the data model has something there, at its root. */
  has(pointer: string): boolean;
  /** Whether the rows of a list do. */
  rowHas(pointer: string): boolean;
  /** Asks for a value where the data model has none yet. */
  start(pointer: string, value: unknown): void;
}

/** Says a component in the words of v0.9. */
export function translate({ id, weight, component }: LegacyComponent, setting: Setting): Component {
  const [type = "", given = {}] = Object.entries(component)[0] ?? [];
  const words = new Words(id, given, setting);
  const [name, properties] = (rules[type] ?? unknown(type))(words);
  const used = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
  return { id: setting.rename(id), component: name, ...used, ...(weight === undefined ? {} : { weight }) };
}

type Rule = (from: Words) => [name: string, properties: JsonObject];

const line =
  (name: string): Rule =>
  (from) => [name, { children: from.children(), justify: from.plain("distribution"), align: from.plain("alignment") }];

const rules: Readonly<Record<string, Rule>> = {
  Text: (from) => ["Text", { text: from.value("text") ?? "", variant: from.plain("usageHint") }],
  Image: (from) => [
    "Image",
    {
      url: from.value("url") ?? "",
      description: from.value("altText"),
      fit: from.plain("fit") === "scale-down" ? "scaleDown" : from.plain("fit"),
      variant: from.plain("usageHint"),
    },
  ],
  Icon: (from) => ["Icon", { name: from.value("name") ?? "help" }],
  Video: (from) => ["Video", { url: from.value("url") ?? "" }],
  AudioPlayer: (from) => ["AudioPlayer", { url: from.value("url") ?? "", description: from.value("description") }],
  Row: line("Row"),
  Column: line("Column"),
  List: (from) => [
    "List",
    { children: from.children(), direction: from.plain("direction"), align: from.plain("alignment") },
  ],
  Card: (from) => ["Card", { child: from.id("child") }],
  Tabs: (from) => [
    "Tabs",
    { tabs: from.each("tabItems", (tab) => ({ title: tab.value("title") ?? "", child: tab.id("child") })) },
  ],
  Divider: (from) => ["Divider", { axis: from.plain("axis") }],
  Modal: (from) => ["Modal", { trigger: from.id("entryPointChild"), content: from.id("contentChild") }],
  Button: (from) => [
    "Button",
    { child: from.id("child"), variant: from.plain("primary") === true ? "primary" : undefined, action: from.action() },
  ],
  CheckBox: (from) => ["CheckBox", { label: from.value("label") ?? "", value: from.field("value", false) }],
  TextField: (from) => {
    const label = from.value("label") ?? "";
    const type = from.plain("textFieldType") ?? from.plain("type");
    const value = from.field("text", "");
    if (type === "date") return ["DateTimeInput", { label, value, enableDate: true }];
    return ["TextField", { label, value, variant: type, checks: from.pattern(value) }];
  },
  DateTimeInput: (from) => {
    const isDate = from.plain("enableDate");
    const isTime = from.plain("enableTime");
    const label = from.value("label");
    return [
      "DateTimeInput",
      { label, value: from.field("value", ""), enableDate: isDate ?? isTime !== true, enableTime: isTime },
    ];
  },
  MultipleChoice: (from) => [
    "ChoicePicker",
    {
      options: from.each("options", (option) => ({
        label: option.value("label") ?? "",
        value: `${option.plain("value")}`,
      })),
      value: from.field("selections", []),
      variant: from.plain("maxAllowedSelections") === 1 ? "mutuallyExclusive" : "multipleSelection",
      displayStyle: from.plain("variant") ?? from.plain("type"),
      filterable: from.plain("filterable"),
    },
  ],
  Slider: (from) => [
    "Slider",
    {
      label: from.value("label"),
      value: from.field("value", 0),
      min: from.plain("minValue") ?? from.plain("min") ?? 0,
      max: from.plain("maxValue") ?? from.plain("max") ?? 100,
    },
  ],
};

const unknown =
  (type: string): Rule =>
  () => ["Text", { text: `(unknown component ${type})` }];

/** The properties of one component, read as v0.8 means them. */
class Words {
  readonly #id: string;
  readonly #given: JsonObject;
  readonly #setting: Setting;
  constructor(id: string, given: JsonObject, setting: Setting) {
    this.#id = id;
    this.#given = given;
    this.#setting = setting;
  }

  plain(key: string): unknown {
    return this.#given[key];
  }

  id(key: string): string {
    return this.#setting.rename(`${this.#given[key]}`);
  }

  /** A literal or a binding. A literal beside a path is what the path starts with. */
  value(key: string): unknown {
    return this.#read(this.#given[key]);
  }

  /** The value of an input: bound, also when the agent gave a literal, so that it can be changed. */
  field(key: string, empty: unknown): unknown {
    const found = this.value(key);
    if (isRecord(found) && "path" in found) return found;
    if (this.#setting.isRepeated) return found ?? empty;
    const path = `/_own_${this.#id.replaceAll(/[~/]/g, "_")}`;
    this.#setting.start(path, found ?? empty);
    return { path };
  }

  children(): unknown {
    const { explicitList, template } = (this.#given["children"] ?? {}) as JsonObject;
    if (Array.isArray(explicitList)) return explicitList.map((id) => this.#setting.rename(`${id}`));
    if (!isRecord(template)) return [];
    return { path: `${template["dataBinding"]}`, componentId: this.#setting.rename(`${template["componentId"]}`) };
  }

  each(key: string, read: (item: Words) => JsonObject): JsonObject[] {
    const items = this.#given[key];
    return Array.isArray(items)
      ? items.map((item) => read(new Words(this.#id, item as JsonObject, this.#setting)))
      : [];
  }

  action(): unknown {
    const action = this.#given["action"];
    if (!isRecord(action)) return undefined;
    const entries = Array.isArray(action["context"]) ? (action["context"] as JsonObject[]) : [];
    const context = Object.fromEntries(entries.map(({ key, value }) => [`${key}`, this.#read(value) ?? ""]));
    return { event: { name: `${action["name"]}`, context } };
  }

  /** The pattern of a text field as a check. */
  pattern(value: unknown): unknown {
    const pattern = this.#given["validationRegexp"];
    if (typeof pattern !== "string" || !isRecord(value)) return undefined;
    const condition = { call: "regex", args: { value, pattern }, returnType: "boolean" };
    return [{ condition, message: "This does not have the right form." }];
  }

  #read(given: unknown): unknown {
    if (!isRecord(given)) return given;
    const literal = Object.entries(given).find(([key]) => key.startsWith("literal"))?.[1];
    if (typeof given["path"] !== "string") return literal;
    const path = this.#pointer(given["path"]);
    if (literal !== undefined && path.startsWith("/")) this.#setting.start(path, literal);
    return { path };
  }

  /**
   * A path of v0.8, which is also written with dots. In a row, `/name` is the row's name, unless rows have none and the
   * root does.
   */
  #pointer(path: string): string {
    const isAbsolute = path.startsWith("/");
    const segments = path
      .replaceAll(/\[(\d+)\]/g, "/$1")
      .split(/[./]/)
      .filter((part) => part !== "");
    const pointer = segments.join("/");
    if (!this.#setting.isRepeated) return `/${pointer}`;
    if (isAbsolute && !this.#setting.rowHas(pointer) && this.#setting.has(pointer)) return `/${pointer}`;
    return (segments[0] === "item" && segments.length > 1 ? segments.slice(1).join("/") : pointer) || ".";
  }
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
