/** The import rules of this repository, as pure functions over paths and texts, so that a planted breach can be tried. */
import { dirname, join, normalize } from "node:path";

/** A source file by its path from the root, with its text. */
export type Sources = ReadonlyMap<string, string>;

/** Rooms by height: a file imports from lower rooms, its own room, and nothing else. Rooms of one row are strangers. */
const rows: readonly (readonly string[])[] = [
  ["src/main.ts"],
  ["src/cli", "src/app.ts"],
  ["src/client", "src/node-host", "src/gateway", "src/methods"],
  [
    "src/sessions",
    "src/agent",
    "src/nodes",
    "src/devices",
    "src/cron",
    "src/canvas",
    "src/status",
    "src/web",
    "src/channels",
  ],
  ["src/config", "src/store", "src/media"],
  ["src/lib"],
  ["schemas"],
];

/** Pairs of one row that may look at each other, and why. */
const allowedPairs: readonly [from: string, to: string, why: string][] = [
  ["src/cli", "src/app.ts", "the command that runs the gateway constructs it"],
  ["src/node-host", "src/client", "a node host is a client that does what it is asked"],
  ["src/methods", "src/gateway", "a method is what dispatch calls: it implements that interface"],
];

/** Files whose whole point is to list the networks. */
const networkLists = ["src/channels/index.ts", "src/channels/load.ts"];

/** What is wrong, one line each. */
export function findBreaches(sources: Sources, networks: readonly string[]): string[] {
  const graph = new Map([...sources].map(([path, text]) => [path, importsOf(path, text)]));
  return [...findDirections(graph), ...findCycles(graph), ...findNamedNetworks(sources, networks)];
}

/** Local imports of a file, type imports and dynamic ones included. */
export function importsOf(path: string, text: string): string[] {
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g;
  return [...text.matchAll(pattern)].flatMap(([, target = ""]) => {
    if (target.startsWith("#schemas/")) return [target.replace("#", "")];
    return target.startsWith(".") ? [normalize(join(dirname(path), target)).replaceAll("\\", "/")] : [];
  });
}

function findDirections(graph: ReadonlyMap<string, readonly string[]>): string[] {
  return [...graph].flatMap(([from, targets]) =>
    targets.filter((to) => !isAllowed(from, to)).map((to) => `${from} must not import ${to}`),
  );
}

function isAllowed(from: string, to: string): boolean {
  const [fromRow, fromRoom] = placeOf(from);
  const [toRow, toRoom] = placeOf(to);
  if (toRow < 0) return to.endsWith("package.json");
  if (fromRow < 0) return false;
  if (fromRoom === toRoom) return true;
  if (fromRow === toRow) return allowedPairs.some(([one, other]) => one === fromRoom && other === toRoom);
  return fromRow < toRow;
}

function placeOf(path: string): [row: number, room: string] {
  for (const [row, rooms] of rows.entries()) {
    const room = rooms.find((one) => path === one || path.startsWith(`${one}/`));
    if (room) return [row, room];
  }
  return [-1, ""];
}

/** Cycles of imports that exist when the program runs or is typed: both make files inseparable. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push(`cycle: ${[...trail.slice(at), path].join(" > ")}`);
    if (at >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

/** Network names that are also words, of the language or in types of others: there only a quoted one names the network. */
const plainWords: ReadonlySet<string> = new Set(["signal", "imessage"]);

/** A network is named in its own folder and in the list of networks, nowhere else in the program. */
function findNamedNetworks(sources: Sources, networks: readonly string[]): string[] {
  return [...sources].flatMap(([path, text]) => {
    if (networkLists.includes(path) || !path.startsWith("src/")) return [];
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|(?:Omit|Pick)<[^>]*>/gm, "");
    const isNamed = (network: string) =>
      (plainWords.has(network) ? new RegExp(`["'\`/]${network}["'\`/]`) : new RegExp(network, "i")).test(code);
    const named = networks.filter((network) => !path.startsWith(`src/channels/${network}/`) && isNamed(network));
    return named.map((network) => `${path} names the network ${network}`);
  });
}
