import { expect, test } from "bun:test";
import Ajv2020 from "ajv/dist/2020";
import { configMarkdown } from "../../src/config/docs.ts";
import { configSchemaResult, lookup } from "../../src/config/json-schema.ts";

const result = configSchemaResult("1.2.3", "2026-01-02T03:04:05.000Z");

test("the schema is plain data that a stock validator takes", () => {
  expect(structuredClone(result)).toEqual(result);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile(result.schema as object);
  expect(validate({ gateway: { port: 0 }, channels: { x: { any: 1 } } })).toBe(true);
  expect(validate({ gateway: { prot: 0 } })).toBe(false);
  expect([result.version, result.generatedAt]).toEqual(["1.2.3", "2026-01-02T03:04:05.000Z"]);
});

test("exactly the secrets are marked as sensitive", () => {
  const sensitive = Object.entries(result.uiHints).flatMap(([path, hint]) => (hint.sensitive ? [path] : []));
  expect(sensitive).toEqual([
    "gateway.auth.token",
    "gateway.auth.password",
    "models.providers.*.apiKey",
    "models.providers.*.headers.*",
  ]);
});

test("hints carry a label for people and the description", () => {
  expect(result.uiHints["gateway.allowRealIpFallback"]).toEqual({
    label: "Allow real ip fallback",
    help: "Read `X-Real-IP` of a trusted proxy that sends no `X-Forwarded-For`. Default: false.",
  });
});

test.each<[path: string, childPaths: string[]]>([
  [
    ".",
    [
      "gateway",
      "agents",
      "models",
      "session",
      "messages",
      "tools",
      "approvals",
      "bindings",
      "broadcast",
      "logging",
      "canvasHost",
      "channels",
    ],
  ],
  ["gateway.pairing", ["gateway.pairing.autoApproveLocal"]],
  ["agents.list", ["agents.list[]"]],
  ["agents.list[3].runtime", ["agents.list[3].runtime.id"]],
  ["agents.list[].runtime", ["agents.list[].runtime.id"]],
  ["agents.defaults.model", ["agents.defaults.model.primary", "agents.defaults.model.fallbacks"]],
  ["models.providers", ["models.providers.*"]],
  ["gateway.port", []],
])("lookup of %s gives its children", (path, childPaths) => {
  expect(lookup(path)?.path).toBe(path);
  expect(lookup(path)?.children.map((child) => child.path)).toEqual(childPaths);
});

test("lookup tells type, need and secrecy", () => {
  expect(lookup("agents.list[0]")?.children[0]).toMatchObject({
    key: "id",
    type: "string",
    required: true,
    hasChildren: false,
  });
  expect(lookup("models.providers.mine.apiKey")?.hint).toMatchObject({ sensitive: true });
  expect(lookup("agents.defaults")?.children[0]).toMatchObject({
    key: "model",
    type: ["string", "object"],
    hasChildren: true,
  });
});

test.each([["nope"], ["gateway.nope"], ["gateway.port.x"], ["toString"], ["gateway[0]"]])(
  "lookup of %s finds nothing",
  (path) => {
    expect(lookup(path)).toBeUndefined();
  },
);

test("the docs have a row for every key that holds a value", () => {
  const text = configMarkdown();
  for (const [path] of Object.entries(result.uiHints)) {
    const isLeaf = !Object.keys(result.uiHints).some(
      (other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`),
    );
    if (isLeaf && !path.endsWith("[]")) expect(text).toContain(`| \`${path}\` |`);
  }
  expect(text).toContain("| `gateway.auth.token` | a text that is not empty | The shared secret.");
  expect(text).toMatch(/\| `gateway\.auth\.token` .* Secret\. \|/);
  expect(text).toMatch(/\| `agents\.list\[\]\.id` .* Required\. \|/);
});

test("importing the config room compiles nothing", async () => {
  const sources = await Array.fromAsync(new Bun.Glob("**/*.ts").scan("src/config"));
  for (const name of sources) {
    expect(await Bun.file(`src/config/${name}`).text()).not.toMatch(/typebox\/(?:compiler|value|errors)/);
  }
});
