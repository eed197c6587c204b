/**
 * Builds everything: the pages, the generated protocol files, and the executables.
 *
 *   bun build.ts                 dist/moltbot for this machine
 *   bun build.ts --if-stale      the same, unless dist/moltbot is newer than its sources
 *   bun build.ts --all           dist/moltbot-<target> for every released target, with SHA256SUMS
 *   bun build.ts pages           only the pages the gateway serves
 *   bun build.ts generate        only the files made from the protocol and the config schema
 *   bun build.ts generate --check   fails when one of them is stale
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "./package.json" with { type: "json" };
import { buildPages } from "./src/web/build.ts";

const root = import.meta.dir;
const pagesDir = join(root, "src", "web", "dist");
const binary = join(root, "dist", process.platform === "win32" ? "moltbot.exe" : "moltbot");

/** What is released (design D16): name in the file, and Bun's name for the target. */
const targets = {
  "linux-x64": "bun-linux-x64",
  "linux-x64-musl": "bun-linux-x64-musl",
  "linux-arm64": "bun-linux-arm64",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-arm64": "bun-darwin-arm64",
  "darwin-x64": "bun-darwin-x64",
  "windows-x64": "bun-windows-x64",
} as const;

/** Split, so that a start reads only what it needs. Without the last two the binary would run code from where it starts. */
const compileFlags = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  // Threads are found beside each other by name alone.
  "--entry-naming=[name].[ext]",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/** The program, and what runs in threads of its own. */
const entries = ["main.ts", "channels/isolation/thread.ts"];

const [command = "", ...rest] = process.argv.slice(2);
switch (command) {
  case "pages":
    await pages();
    break;
  case "generate":
    await pages();
    await generate(rest.includes("--check"));
    break;
  case "--all":
    await pages();
    for (const [name, target] of Object.entries(targets)) compile(outputOf(name), ["--target", target]);
    writeSums(Object.keys(targets).map(outputOf));
    break;
  case "--if-stale":
    if (isFresh(binary)) break;
    await pages();
    compile(binary, []);
    break;
  case "":
    await pages();
    compile(binary, []);
    break;
  default:
    throw new Error(`unknown command ${command}: read the head of build.ts`);
}

async function pages(): Promise<void> {
  await buildPages(pagesDir, { minify: true });
}

/** Writes the committed files that derive from declarations, or says which of them are stale. */
async function generate(isCheck: boolean): Promise<void> {
  const { generatedFiles } = await import("./src/methods/generated.ts");
  const stale = Object.entries(generatedFiles(packageJson.version)).filter(([path, text]) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  });
  if (isCheck && stale.length) {
    throw new Error(`stale generated files, run \`bun run generate\`: ${stale.map(([path]) => path).join(", ")}`);
  }
  for (const [path, text] of stale) writeFileSync(join(root, path), text);
}

function compile(outfile: string, extra: string[]): void {
  mkdirSync(join(root, "dist"), { recursive: true });
  const args = [
    "build",
    ...compileFlags,
    ...extra,
    ...entries.map((entry) => join(root, "src", entry)),
    "--outfile",
    outfile,
  ];
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...args], {
    cwd: root,
    stdout: "ignore",
    stderr: "pipe",
  });
  if (exitCode !== 0) throw new Error(`could not compile ${outfile}:\n${stderr.toString()}`);
}

function outputOf(name: string): string {
  return join(root, "dist", `moltbot-${name}${name.startsWith("windows") ? ".exe" : ""}`);
}

function writeSums(files: string[]): void {
  const lines = files.map(
    (file) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${file.split("/").pop()}`,
  );
  writeFileSync(join(root, "dist", "SHA256SUMS"), `${lines.join("\n")}\n`);
}

/** Whether the executable is newer than everything it is made from. */
function isFresh(file: string): boolean {
  if (!existsSync(file)) return false;
  const builtAtMs = statSync(file).mtimeMs;
  const sources = ["src", "schemas"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return [...sources, "package.json", "package-lock.json", "build.ts"]
    .filter((path) => !path.startsWith(join("src", "web", "dist")))
    .every((path) => statSync(join(root, path)).mtimeMs < builtAtMs);
}
