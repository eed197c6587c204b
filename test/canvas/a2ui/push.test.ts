/** What comes out of the normalizer: messages that can be drawn, the state of each surface, and words to mend from. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Pushed, pushMessages, replayAll, type Surfaces } from "../../../src/canvas/a2ui/push.ts";

const fixtures = join(import.meta.dir, "..", "..", "fixtures", "a2ui");

const push = (input: unknown, surfaces: Surfaces = new Map()): Pushed => pushMessages(surfaces, input);
const text = (id: string, words: unknown = id) => ({ id, component: "Text", text: words });
const column = (id: string, ...children: string[]) => ({ id, component: "Column", children });
const create = (surfaceId = "s", more = {}) => ({
  version: "v0.9",
  createSurface: { surfaceId, catalogId: "basic", ...more },
});
const update = (components: unknown[], surfaceId = "s") => ({
  version: "v0.9",
  updateComponents: { surfaceId, components },
});
const data = (path: string, value: unknown, surfaceId = "s") => ({
  version: "v0.9",
  updateDataModel: { surfaceId, path, value },
});
const old = {
  text: (id: string, words: unknown = { literalString: id }) => ({ id, component: { Text: { text: words } } }),
  update: (components: unknown[], surfaceId = "s") => ({ surfaceUpdate: { surfaceId, components } }),
  begin: (root: string, surfaceId = "s", more = {}) => ({ beginRendering: { surfaceId, root, ...more } }),
};

/** The one error, as `path: message`. */
const errorOf = ({ errors }: Pushed) => errors.map(({ path, message }) => `${path}: ${message}`).join(" | ");
const warningOf = ({ warnings }: Pushed) => warnings.map(({ path, message }) => `${path}: ${message}`).join(" | ");

describe("our fixtures", () => {
  test.each(readdirSync(fixtures))("%s is taken whole", (name) => {
    const pushed = push(readFileSync(join(fixtures, name), "utf8"));
    expect(errorOf(pushed)).toBe("");
    expect(warningOf(pushed)).toBe("");
    expect(pushed.surfaces).toHaveLength(1);
  });

  test.each(readdirSync(fixtures))("%s, replayed, gives the same state again", (name) => {
    const surfaces: Surfaces = new Map();
    push(readFileSync(join(fixtures, name), "utf8"), surfaces);
    const again: Surfaces = new Map();
    const replayed = push(replayAll(surfaces), again);
    expect(errorOf(replayed)).toBe("");
    expect(replayAll(again)).toEqual(replayAll(surfaces));
  });
});

describe("how a push may come", () => {
  const messages = [create(), update([text("root")])];
  test.each<[title: string, input: unknown]>([
    ["a list", messages],
    ["a list under messages", { messages }],
    ["text of a list", JSON.stringify(messages)],
    ["JSONL", messages.map((message) => JSON.stringify(message)).join("\n")],
    ["JSONL in a fence", `\`\`\`json\n${messages.map((message) => JSON.stringify(message)).join("\r\n")}\n\`\`\``],
  ])("%s", (_title, input) => {
    const pushed = push(input);
    expect(errorOf(pushed)).toBe("");
    expect(pushed.messagesToSend).toHaveLength(2);
    expect(pushed.surfaces).toEqual(["s"]);
  });

  test("one message by itself", () => {
    expect(push(old.update([old.text("a")])).messagesToSend).toHaveLength(1);
  });

  test("a line that is no JSON is told with its place, and the others are applied", () => {
    const pushed = push(`${JSON.stringify(create())}\n{"oops\n${JSON.stringify(update([text("root")]))}`);
    expect(errorOf(pushed)).toBe("/1: is no JSON that can be used: write one message on each line");
    expect(pushed.messagesToSend).toHaveLength(2);
  });

  test.each<[title: string, input: unknown, error: RegExp]>([
    ["no message", { hello: 1 }, /^\/0: must have one of createSurface, .*it has \["hello"\]/],
    ["a word", "hello", /is no JSON/],
    ["a number in the list", [1], /^\/0: must be a message object, not 1/],
    ["nothing at all", undefined, /must be JSON/],
    ["a call of the renderer", { version: "v1.0", callRendererFunction: {} }, /callRendererFunction: is not supported/],
    ["a body that is none", { surfaceUpdate: 7 }, /surfaceUpdate: must be an object, not 7/],
  ])("%s is refused with words", (_title, input, error) => {
    const pushed = push(input);
    expect(errorOf(pushed)).toMatch(error);
    expect(pushed.messagesToSend).toEqual([]);
    expect(pushed.surfaces).toEqual([]);
  });
});

describe("versions", () => {
  test("each surface keeps the dialect it came in, side by side", () => {
    const surfaces: Surfaces = new Map();
    push(
      [old.update([old.text("a")], "old"), old.begin("a", "old"), create("new"), update([text("root")], "new")],
      surfaces,
    );
    expect([...surfaces.values()].map(({ id, dialect }) => `${id} ${dialect}`)).toEqual(["old v0.8", "new v0.9"]);
  });

  test.each(["v0.9", "0.9", "v0.9.1", "v1.0", "1.0", "v0.10", undefined])(
    "version %p is written as v0.9",
    (version) => {
      const pushed = push([
        { version, createSurface: { surfaceId: "s", catalogId: "basic" } },
        { version, updateComponents: { surfaceId: "s", components: [text("root")] } },
      ]);
      expect(errorOf(pushed)).toBe("");
      expect(pushed.messagesToSend.map(({ version: written }) => written)).toEqual(["v0.9", "v0.9"]);
    },
  );

  test("v1.0 begins with all it has, and null deletes", () => {
    const pushed = push(readFileSync(join(fixtures, "v1.0-inline.json"), "utf8"));
    expect(pushed.messagesToSend.map((message) => Object.keys(message)[1])).toEqual([
      "createSurface",
      "updateDataModel",
      "updateComponents",
      "updateDataModel",
    ]);
    expect(pushed.messagesToSend[3]).toEqual({
      version: "v0.9",
      updateDataModel: { surfaceId: "todo", path: "/old" },
    });
    const [title] = (
      pushed.messagesToSend[2] as { updateComponents: { components: { id: string }[] } }
    ).updateComponents.components.filter(({ id }) => id === "title");
    expect(title).toEqual({ id: "title", component: "Text", text: { path: "/title" } } as never);
  });

  test("a deletion is in the words of the surface", () => {
    const surfaces: Surfaces = new Map();
    push([create("new"), update([text("root")], "new"), old.update([old.text("a")], "old")], surfaces);
    expect(push({ deleteSurface: { surfaceId: "new" } }, surfaces).messagesToSend).toEqual([
      { version: "v0.9", deleteSurface: { surfaceId: "new" } },
    ]);
    expect(push({ deleteSurface: { surfaceId: "old" } }, surfaces).messagesToSend).toEqual([
      { deleteSurface: { surfaceId: "old" } },
    ]);
    expect(surfaces.size).toBe(0);
  });

  test("a surface that changes its version begins anew", () => {
    const surfaces: Surfaces = new Map();
    push([old.update([old.text("a")]), old.begin("a")], surfaces);
    const pushed = push([create(), update([text("root")])], surfaces);
    expect(pushed.messagesToSend[0]).toEqual({ deleteSurface: { surfaceId: "s" } });
    expect(surfaces.get("s")?.components.has("a")).toBe(false);
  });
});

describe("what models write beside the rule is mended", () => {
  test.each<[title: string, input: unknown[], sent: unknown, warning: RegExp]>([
    [
      "path and literal of v0.8",
      [old.update([old.text("a", { path: "/a", literalString: "A" })]), old.begin("a")],
      { surfaceUpdate: { surfaceId: "s", components: [old.text("a", { path: "/a", literalString: "A" })] } },
      /^$/,
    ],
    [
      "a bare literal in v0.8",
      [old.update([old.text("a", "A")]), old.begin("a")],
      { surfaceUpdate: { surfaceId: "s", components: [old.text("a", { literalString: "A" })] } },
      /^$/,
    ],
    [
      "a wrapped literal in v0.9",
      [create(), update([text("root", { literalString: "A" })])],
      update([text("root", "A")]),
      /^$/,
    ],
    ["a number as text", [create(), update([text("root", 7)])], update([text("root", "7")]), /^$/],
    [
      "bindings of a draft",
      [create(), update([text("root", { "@path": "/a" })])],
      update([text("root", { path: "/a" })]),
      /^$/,
    ],
    [
      "a wrapped component in v0.9",
      [create(), update([{ id: "root", component: { Text: { text: "A" } } }])],
      update([text("root", "A")]),
      /^$/,
    ],
    [
      "a word that is none of the list",
      [create(), update([{ ...text("root"), variant: "huge" }])],
      update([text("root")]),
      /variant: must be one of h1, .*not "huge"/,
    ],
    [
      "an unknown property",
      [create(), update([{ ...text("root"), color: "red" }])],
      update([text("root")]),
      /color: unknown property, left out; known ones are/,
    ],
    [
      "an icon by its material name",
      [create(), update([{ id: "root", component: "Icon", name: "arrow_back" }])],
      update([{ id: "root", component: "Icon", name: "arrowBack" }]),
      /^$/,
    ],
    [
      "an icon that does not exist",
      [create(), update([{ id: "root", component: "Icon", name: "rocket" }])],
      update([{ id: "root", component: "Icon", name: "info" }]),
      /unknown icon "rocket"; known ones are accountCircle/,
    ],
    [
      "a call without arguments",
      [create(), update([text("root", { call: "@index" })])],
      update([text("root", { call: "@index", args: {}, returnType: "string" })]),
      /^$/,
    ],
    [
      "children of v0.8 in v0.9",
      [create(), update([{ id: "root", component: "Row", children: { explicitList: ["a"] } }, text("a")])],
      update([{ id: "root", component: "Row", children: ["a"] }, text("a")]),
      /^$/,
    ],
    [
      "an object beside a tap",
      [
        create(),
        update([
          {
            id: "root",
            component: "Button",
            child: "a",
            action: { event: { name: "go", context: { all: { x: 1 } } } },
          },
          text("a"),
        ]),
      ],
      update([
        { id: "root", component: "Button", child: "a", action: { event: { name: "go", context: { all: '{"x":1}' } } } },
        text("a"),
      ]),
      /^$/,
    ],
  ])("%s", (_title, input, sent, warning) => {
    const pushed = push(input);
    expect(errorOf(pushed)).toBe("");
    expect(pushed.messagesToSend).toContainEqual(sent as never);
    expect(warningOf(pushed)).toMatch(warning);
  });

  test("components before their surface make it", () => {
    const pushed = push(update([text("root")]));
    expect(pushed.messagesToSend.map((message) => Object.keys(message)[1])).toEqual([
      "createSurface",
      "updateComponents",
    ]);
    expect(warningOf(pushed)).toContain("should come after createSurface");
  });

  test("a surface that is created twice begins anew", () => {
    const surfaces: Surfaces = new Map();
    push([create(), update([text("root"), text("old")])], surfaces);
    const pushed = push([create(), update([text("root")])], surfaces);
    expect(pushed.messagesToSend.map((message) => Object.keys(message)[1])).toEqual([
      "deleteSurface",
      "createSurface",
      "updateComponents",
    ]);
    expect([...(surfaces.get("s")?.components.keys() ?? [])]).toEqual(["root"]);
  });

  test("several messages in one object are taken in order", () => {
    const pushed = push({ ...old.begin("a"), ...old.update([old.text("a")]) });
    expect(pushed.messagesToSend.map((message) => Object.keys(message)[0])).toEqual([
      "surfaceUpdate",
      "beginRendering",
    ]);
  });
});

describe("errors tell a model what to mend", () => {
  test.each<[title: string, components: unknown[], path: string, message: RegExp]>([
    [
      "a missing property",
      [{ id: "root", component: "Text" }],
      "/1/updateComponents/components/0/text",
      /^is required$/,
    ],
    [
      "a child that is an object",
      [{ id: "root", component: "Card", child: text("a") }],
      "/1/updateComponents/components/0/child",
      /must be the id of a component: give the component an id of its own/,
    ],
    [
      "an unknown component",
      [{ id: "root", component: "Chart" }],
      "/1/updateComponents/components/0",
      /unknown component "Chart", shown as a note; known ones are Text, Image/,
    ],
    [
      "an unknown function",
      [text("root", { call: "evalJs", args: {} })],
      "/1/updateComponents/components/0/text/call",
      /unknown function "evalJs"; known ones are formatString/,
    ],
    ["no id", [{ component: "Text", text: "a" }], "/1/updateComponents/components/0/id", /must be text/],
    ["no type", [{ id: "root" }], "/1/updateComponents/components/0/component", /must be the name of a component/],
    [
      "a tab without content",
      [{ id: "root", component: "Tabs", tabs: [{ title: "a" }] }],
      "/1/updateComponents/components/0/tabs/0/child",
      /^is required$/,
    ],
    ["no components", [], "/1/updateComponents/components", /at least one component/],
  ])("%s", (_title, components, path, message) => {
    const { errors } = push([create(), update(components)]);
    expect(errors[0]).toEqual({
      code: "VALIDATION_FAILED",
      surfaceId: "s",
      path,
      message: expect.stringMatching(message),
    });
  });

  test("a message with an error is not applied, the others are, and what is missing then is said", () => {
    const surfaces: Surfaces = new Map();
    const pushed = push(
      [create(), update([column("root", "a", "b")]), update([text("a"), { id: "b", component: "Text" }])],
      surfaces,
    );
    expect(pushed.messagesToSend).toHaveLength(2);
    expect([...(surfaces.get("s")?.components.keys() ?? [])]).toEqual(["root"]);
    expect(warningOf(pushed)).toContain('component "root" names "a", which does not exist yet');
  });

  test("an unknown component is shown as words, and the rest with it", () => {
    const pushed = push([
      create(),
      update([column("root", "a", "b"), text("a"), { id: "b", component: "Chart", data: [] }]),
    ]);
    expect(pushed.messagesToSend[1]).toEqual(
      update([column("root", "a", "b"), text("a"), text("b", "(unknown component Chart)")]) as never,
    );
    const older = push([old.update([{ id: "a", component: { Heading: { text: "x" } } }]), old.begin("a")]);
    expect(older.messagesToSend[0]).toEqual(
      old.update([old.text("a", { literalString: "(unknown component Heading)" })]) as never,
    );
    expect(older.errors).toHaveLength(1);
  });

  test("nobody gets a thousand errors", () => {
    const pushed = push([
      create(),
      update(Array.from({ length: 1000 }, (_, index) => ({ id: `c${index}`, component: "Text" }))),
    ]);
    expect(pushed.errors).toHaveLength(32);
  });

  test("what is not drawn yet is a warning", () => {
    expect(warningOf(push([old.update([old.text("a")])]))).toContain("nothing is shown before beginRendering");
    expect(warningOf(push([create(), update([text("a")])]))).toContain('a component with the id "root"');
  });
});

describe("addresses", () => {
  const image = (url: unknown) => update([{ id: "root", component: "Image", url }]);
  test.each([
    "https://example.org/a.png",
    "data:image/png;base64,AAAA",
    "../canvas/a.png",
    "/__openclaw__/canvas/a.png",
    "a b.png",
  ])("%s may be shown", (url) => {
    expect(errorOf(push([create(), image(url)]))).toBe("");
  });

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.org/1",
    "data:text/html,<script>1</script>",
    "http://192.168.0.1/a.png",
    "//example.org/a.png",
    "\\\\example.org\\a.png",
    "ftp://example.org/a",
  ])("%p may not", (url) => {
    const pushed = push([create(), image(url)]);
    expect(errorOf(pushed)).toContain("/1/updateComponents/components/0/url: must be an https:");
    expect(JSON.stringify(pushed.messagesToSend)).not.toContain("script");
    const older = push([old.update([{ id: "a", component: { Video: { url: { literalString: url } } } }])]);
    expect(older.errors).toHaveLength(1);
    expect(older.messagesToSend).toEqual([]);
  });

  test.each(["javascript:alert(1)", "intent://x", "data:text/html,x", "tel:1", "/relative"])(
    "%p is not opened by a tap",
    (url) => {
      const action = { functionCall: { call: "openUrl", args: { url } } };
      const pushed = push([create(), update([{ id: "root", component: "Button", child: "a", action }, text("a")])]);
      expect(warningOf(pushed)).toContain("must be an http: or https: address");
      expect(JSON.stringify(pushed.messagesToSend)).not.toContain("openUrl");
    },
  );
});

describe("limits", () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, index) => ({
      id: index === 0 ? "root" : `c${index}`,
      component: "Card",
      child: `c${index + 1}`,
    }));

  test.each<[title: string, components: unknown[], error: RegExp]>([
    [
      "a circle of two",
      [column("root", "a"), column("a", "root")],
      /components name each other in a circle: root > a > root/,
    ],
    ["a circle of one", [column("root", "root")], /circle: root > root/],
    [
      "a circle through tabs",
      [
        { id: "root", component: "Tabs", tabs: [{ title: "a", child: "m" }] },
        { id: "m", component: "Modal", trigger: "root", content: "root" },
      ],
      /circle/,
    ],
    ["nesting", [...chain(65), text("c65")], /nested deeper than 64/],
    [
      "doubling",
      Array.from({ length: 40 }, (_, index) =>
        column(index === 0 ? "root" : `c${index}`, `c${index + 1}`, `c${index + 1}`),
      ),
      /draws more than 20000/,
    ],
    [
      "5,001 components",
      [text("root"), ...Array.from({ length: 5000 }, (_, index) => text(`c${index}`, ""))],
      /more than 5000 components/,
    ],
  ])("%s is refused, and nothing of it is kept or sent", (_title, components, error) => {
    const surfaces: Surfaces = new Map();
    const pushed = push([create(), update(components)], surfaces);
    expect(errorOf(pushed)).toMatch(error);
    expect(pushed.messagesToSend).toEqual([]);
    expect(surfaces.size).toBe(0);
  });

  test("64 levels and 5,000 components are fine", () => {
    expect(errorOf(push([create(), update([...chain(63), text("c63")])]))).toBe("");
    const many = Array.from({ length: 4999 }, (_, index) => text(`c${index}`, ""));
    expect(errorOf(push([create(), update([text("root"), ...many])]))).toBe("");
  });

  test("a circle in v0.8 and in a template are seen too", () => {
    const card = (id: string, child: string) => ({ id, component: { Card: { child } } });
    expect(errorOf(push([old.update([card("a", "b"), card("b", "a")]), old.begin("a")]))).toContain("a > b > a");
    const list = { id: "root", component: "List", children: { path: "/rows", componentId: "root" } };
    expect(errorOf(push([create(), data("/rows", [1]), update([list])]))).toContain("root > root");
  });

  test("a list of 1,001 rows is refused, also one inside another and one written as text", () => {
    const rows = Array.from({ length: 1001 }, () => ({ a: 1 }));
    const list = (id: string, path: string, componentId: string) => ({
      id,
      component: "List",
      children: { path, componentId },
    });
    expect(errorOf(push([create(), data("/rows", rows), update([list("root", "/rows", "a"), text("a")])]))).toContain(
      "more than 1000 rows: /rows",
    );
    const nested = [
      create(),
      data("/rows", [{ inner: rows }]),
      update([list("root", "/rows", "in"), list("in", "inner", "a"), text("a")]),
    ];
    expect(errorOf(push(nested))).toContain("more than 1000 rows: /rows/0/inner");
    const older = [
      { dataModelUpdate: { surfaceId: "s", contents: [{ key: "rows", valueString: JSON.stringify(rows) }] } },
      old.update([
        { id: "l", component: { List: { children: { template: { componentId: "a", dataBinding: "/rows" } } } } },
        old.text("a"),
      ]),
      old.begin("l"),
    ];
    expect(errorOf(push(older))).toContain("more than 1000 rows");
  });

  test("a change that would break a surface leaves it as it was", () => {
    const surfaces: Surfaces = new Map();
    push([create(), update([column("root", "a"), text("a")])], surfaces);
    const before = replayAll(surfaces);
    const pushed = push([update([column("a", "root")])], surfaces);
    expect(errorOf(pushed)).toContain("circle");
    expect(replayAll(surfaces)).toEqual(before);
    expect(push(update([text("a", "fine")]), surfaces).errors).toEqual([]);
  });

  test("half a megabyte is the end of a push, and one of a surface", () => {
    expect(errorOf(push(JSON.stringify([create(), data("/a", "x".repeat(530_000))])))).toContain("must not be larger");
    expect(errorOf(push([create(), data("/a", "x".repeat(530_000))]))).toContain("must not be larger");
    const surfaces: Surfaces = new Map();
    const third = "x".repeat(400_000);
    expect(push([create(), update([text("root")]), data("/a", third)], surfaces).errors).toEqual([]);
    expect(push(data("/b", third), surfaces).errors).toEqual([]);
    expect(errorOf(push(data("/c", third), surfaces))).toContain("a surface must not be larger than 1048576 bytes");
  });

  test("the oldest surfaces go when there are too many, and the node is told", () => {
    const surfaces: Surfaces = new Map();
    for (let index = 0; index < 16; index++) push([create(`s${index}`), update([text("root")], `s${index}`)], surfaces);
    push(data("/a", 1, "s0"), surfaces);
    const pushed = push([create("more"), update([text("root")], "more")], surfaces);
    expect(pushed.messagesToSend.at(-1)).toEqual({ version: "v0.9", deleteSurface: { surfaceId: "s1" } });
    expect(pushed.surfaces).toHaveLength(16);
    expect(pushed.surfaces).toContain("s0");
  });

  test.each<[title: string, value: () => unknown]>([
    ["lists in lists", () => JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`)],
    ["objects in objects", () => JSON.parse(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`)],
  ])("%s without end are refused", (_title, value) => {
    expect(errorOf(push([create(), data("/a", value())]))).toContain("nested too deep");
    expect(errorOf(push(JSON.stringify([create(), data("/a", value())])))).toContain("nested too deep");
  });
});

describe("threat(T30): keys that reach prototypes", () => {
  test.each<[title: string, text: string]>([
    [
      "in data",
      '[{"createSurface":{"surfaceId":"s"}},{"updateDataModel":{"surfaceId":"s","path":"/","value":{"__proto__":{"x":1}}}}]',
    ],
    [
      "in a path",
      '[{"createSurface":{"surfaceId":"s"}},{"updateDataModel":{"surfaceId":"s","path":"/__proto__/x","value":1}}]',
    ],
    [
      "in entries",
      '[{"dataModelUpdate":{"surfaceId":"s","contents":[{"key":"__proto__","valueMap":[{"key":"x","valueNumber":1}]}]}}]',
    ],
    [
      "in a component",
      '[{"createSurface":{"surfaceId":"s"}},{"updateComponents":{"surfaceId":"s","components":[{"id":"root","component":"__proto__","text":"a"}]}}]',
    ],
    [
      "as an id",
      '[{"surfaceUpdate":{"surfaceId":"__proto__","components":[{"id":"constructor","component":{"constructor":{}}}]}}]',
    ],
    [
      "in arguments",
      '[{"createSurface":{"surfaceId":"s"}},{"updateComponents":{"surfaceId":"s","components":[{"id":"root","component":"Text","text":{"call":"formatString","args":{"__proto__":{"x":1}}}}]}}]',
    ],
  ])("%s do not", (_title, input) => {
    const pushed = push(input);
    expect(pushed.errors.length).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect(JSON.stringify(pushed.messagesToSend)).not.toContain('"x":1');
  });
});

describe("data", () => {
  const dataAfter = (...messages: unknown[]) => {
    const surfaces: Surfaces = new Map();
    const pushed = push(messages, surfaces);
    return { data: surfaces.get("s")?.data, error: errorOf(pushed) };
  };
  test.each<[title: string, messages: unknown[], expected: unknown]>([
    ["is replaced at the root", [data("/", { a: 1 }), data("/", { b: 2 })], { b: 2 }],
    ["is set below", [data("/a/b", 1)], { a: { b: 1 } }],
    ["makes lists for numbers", [data("/a/0/b", 1)], { a: [{ b: 1 }] }],
    ["is removed", [data("/", { a: 1, b: 2 }), { updateDataModel: { surfaceId: "s", path: "/a" } }], { b: 2 }],
    ["keeps null", [data("/a", null)], { a: null }],
    ["may have slashes in names", [data("/a~1b", 1)], { "a/b": 1 }],
  ])("%s", (_title, messages, expected) => {
    expect(dataAfter(create(), ...messages)).toEqual({ data: expected as never, error: "" });
  });

  test("goes nowhere through text or past a list", () => {
    expect(dataAfter(create(), data("/a", "x"), data("/a/b", 1)).error).toContain("leads through something");
    expect(dataAfter(create(), data("/a", []), data("/a/7", 1)).error).toContain("leads through something");
    expect(dataAfter(create(), data("/", 7)).error).toContain("must be an object at the root");
  });

  test("of v0.8 is read in all its spellings", () => {
    const entries = (path: string | undefined, ...contents: object[]) => ({
      dataModelUpdate: { surfaceId: "s", ...(path === undefined ? {} : { path }), contents },
    });
    expect(
      dataAfter(
        entries(undefined, {
          key: "user",
          valueMap: [
            { key: "name", valueString: "Ada" },
            { key: "age", valueNumber: 36 },
          ],
        }),
        entries("/user/name", { key: ".", valueString: "Grace" }),
        entries("user.tags[0]", { key: "label", valueBoolean: true }),
      ),
    ).toEqual({ data: { user: { name: "Grace", age: 36, tags: [{ label: true }] } }, error: "" });
  });
});
