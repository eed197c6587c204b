/** The map of this repository, checked: who may import whom, no cycles, no network named outside its folder. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findBreaches, type Sources } from "./support/imports.ts";

const root = join(import.meta.dir, "..");

/** The networks people talk through; each has, or will have, one folder under src/channels. */
const networks = ["telegram", "discord", "slack", "whatsapp", "signal", "imessage"];

function readSources(): Map<string, string> {
  const files = ["src", "schemas"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) =>
      join(folder, name).replaceAll("\\", "/"),
    ),
  );
  const isOurs = (path: string) =>
    /\.tsx?$/.test(path) && !path.startsWith("src/web/dist/") && !path.startsWith("schemas/generated/");
  return new Map(files.filter(isOurs).map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

const planted = (path: string, text: string): Sources => new Map([...readSources(), [path, text]]);

test("every import points down, no file is in a cycle, and no network is named outside its folder", () => {
  const sources = readSources();
  expect(sources.size).toBeGreaterThan(80);
  expect(findBreaches(sources, networks)).toEqual([]);
});

test.each<[title: string, path: string, text: string, breach: string]>([
  [
    "an upward import",
    "src/lib/planted.ts",
    'import { createApp } from "../app.ts";',
    "src/lib/planted.ts must not import src/app.ts",
  ],
  [
    "an upward type import",
    "src/store/planted.ts",
    'import type { Runs } from "../agent/runs.ts";',
    "src/store/planted.ts must not import src/agent/runs.ts",
  ],
  [
    "a lazy upward import",
    "schemas/planted.ts",
    'await import("../src/lib/json.ts");',
    "schemas/planted.ts must not import src/lib/json.ts",
  ],
  [
    "a room that looks at another",
    "src/devices/planted.ts",
    'import { Sessions } from "../sessions/sessions.ts";',
    "src/devices/planted.ts must not import src/sessions/sessions.ts",
  ],
  ["a cycle of one", "src/lib/planted.ts", 'import "./planted.ts";', "cycle: src/lib/planted.ts > src/lib/planted.ts"],
  [
    "a network in a method",
    "src/methods/planted.ts",
    'if (channel === "telegram") return;',
    "src/methods/planted.ts names the network telegram",
  ],
  [
    "a network with the name of a common word",
    "src/methods/planted.ts",
    'const channel = "signal";',
    "src/methods/planted.ts names the network signal",
  ],
  [
    "a network in another network's folder",
    "src/channels/slack/planted.ts",
    'const other = "whatsapp";',
    "src/channels/slack/planted.ts names the network whatsapp",
  ],
])("notices %s", (_title, path, text, breach) => {
  expect(findBreaches(planted(path, text), networks)).toEqual([breach]);
});

test("notices a cycle of two", () => {
  const sources = new Map([
    ["src/lib/one.ts", 'import "./two.ts";'],
    ["src/lib/two.ts", 'export * from "./one.ts";'],
  ]);
  expect(findBreaches(sources, networks)).toEqual(["cycle: src/lib/one.ts > src/lib/two.ts > src/lib/one.ts"]);
});
