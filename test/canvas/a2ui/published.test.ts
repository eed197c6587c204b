/** Our rules beside the published ones: the catalogs that come with the renderer, and every example in them. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { components, functionNames, iconNames } from "../../../src/canvas/a2ui/catalog.ts";
import { componentsV08 } from "../../../src/canvas/a2ui/catalog-v08.ts";
import { pushMessages } from "../../../src/canvas/a2ui/push.ts";
import { drawnIcons } from "../../../src/web/canvas/icons.ts";

const published = join(import.meta.dir, "..", "..", "..", "node_modules", "@a2ui", "web_core", "src");
const read = (...path: string[]) => JSON.parse(readFileSync(join(published, ...path), "utf8"));

interface Schema {
  properties?: Record<string, Schema & { enum?: string[]; oneOf?: Schema[] }>;
  required?: string[];
  allOf?: Schema[];
  enum?: string[];
}

function partsOf(schema: Schema): Schema[] {
  return [schema, ...(schema.allOf ?? []).flatMap(partsOf)];
}

describe.each(["v0_9", "v1_0"])("the basic catalog of %s", (version) => {
  const catalog = read(version, "schemas", "catalogs", "basic", "catalog.json");

  test("has the components we have", () => {
    expect(Object.keys(catalog.components).sort()).toEqual(Object.keys(components).sort());
  });

  test.each(Object.keys(components))("%s has the properties we let through", (name) => {
    const parts = partsOf(catalog.components[name]);
    const ours = components[name];
    for (const { properties } of parts)
      for (const key of Object.keys(properties ?? {}))
        if (key !== "component") expect(Object.keys(ours?.shape ?? {})).toContain(key);
    const required = parts.flatMap((part) => part.required ?? []).filter((key) => key !== "component");
    for (const key of ours?.required ?? []) expect(required).toContain(key);
  });

  test("has the functions we know", () => {
    for (const name of Object.keys(catalog.functions)) expect(functionNames.has(name)).toBe(true);
  });

  test("has the icons we know and draw", () => {
    const names = partsOf(catalog.components.Icon)
      .flatMap((part) => part.properties?.["name"]?.oneOf ?? [])
      .flatMap((one) => one.enum ?? []);
    expect([...iconNames].sort()).toEqual(names.sort());
    expect([...drawnIcons].sort()).toEqual(names.sort());
  });

  const folder = join(published, version, "schemas", "catalogs", "basic", "examples");
  test.each(readdirSync(folder).filter((name) => name.endsWith(".json")))("%s is taken without a word", (name) => {
    const { messages } = read(version, "schemas", "catalogs", "basic", "examples", name);
    const { errors, warnings, messagesToSend } = pushMessages(new Map(), messages);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
    expect(messagesToSend.length).toBeGreaterThan(1);
  });
});

describe("the standard catalog of v0.8", () => {
  const catalog = read("v0_8", "schemas", "standard_catalog_definition.json");

  test.each(Object.keys(catalog.components))("%s has the properties we let through", (name) => {
    const { properties = {}, required = [] } = catalog.components[name] as Schema;
    const ours = componentsV08[name];
    for (const key of Object.keys(properties)) expect(Object.keys(ours?.shape ?? {})).toContain(key);
    expect([...(ours?.required ?? [])].sort()).toEqual([...required].sort());
  });

  test("has the components we have", () => {
    expect(Object.keys(catalog.components).sort()).toEqual(Object.keys(componentsV08).sort());
  });
});

test("the minimal catalog's examples are taken too", () => {
  const folder = join(published, "v0_9", "schemas", "catalogs", "minimal", "examples");
  expect(existsSync(folder)).toBe(true);
  for (const name of readdirSync(folder)) {
    const { messages } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    expect({ name, errors: pushMessages(new Map(), messages).errors }).toEqual({ name, errors: [] });
  }
});
