/**
 * Everything that has to hold before a change lands, in one command: formatting and lint, types, dead code, fresh
 * generated files, and the tests. Ends with one line: `N passed, N failed`.
 */
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const bun = process.execPath;
const tool = (name: string) => join(root, "node_modules", ".bin", name);

/** The checks besides the tests; each counts as one. */
const checks: readonly [name: string, command: readonly string[]][] = [
  ["pages and executable", [bun, "build.ts", "--if-stale"]],
  ["generated files are fresh", [bun, "build.ts", "generate", "--check"]],
  ["format and lint", [tool("biome"), "ci", "--colors=off", "."]],
  ["types", [tool("tsc"), "--noEmit"]],
  ["no dead code", [bun, tool("knip")]],
];

let passed = 0;
let failed = 0;
for (const [name, command] of checks) {
  const { exitCode } = Bun.spawnSync([...command], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  console.log(`${exitCode === 0 ? "ok    " : "FAILED"} ${name}`);
  if (exitCode === 0) passed++;
  else failed++;
}

const tests = Bun.spawn([bun, "test", ...process.argv.slice(2)], {
  cwd: root,
  stdin: "ignore",
  stdout: "inherit",
  stderr: "pipe",
});
let report = "";
for await (const chunk of tests.stderr.pipeThrough(new TextDecoderStream())) {
  process.stderr.write(chunk);
  report += chunk;
}
const count = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}$`, "m").exec(report)?.[1] ?? 0);
const exitCode = await tests.exited;
const skipped = count("skip");
passed += count("pass");
// A run that ends badly without a failed test (a crash, an error between tests) has failed all the same.
failed += count("fail") || (exitCode === 0 ? 0 : 1);
if (skipped > 0 && process.env["CI"] === "true") {
  console.log(`${skipped} tests were skipped, which CI does not allow`);
  failed += skipped;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > checks.length ? 0 : 1);
