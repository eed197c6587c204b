import { expect, test } from "bun:test";
import { findCommand, strictArgs } from "../../src/cli/argv.ts";
import { root } from "../../src/cli/root.ts";
import { run } from "./test-io.ts";

const parse = async (line: string) => {
  const found = await findCommand(root, line.split(" ").filter(Boolean));
  return [found.path.join(" "), strictArgs(found).join(" ")];
};

test.each<[line: string, path: string, args: string]>([
  ["status", "status", "--"],
  ["--json status", "status", "--json --"],
  ["--profile work status --json", "status", "--profile=work --json --"],
  ["gateway", "gateway run", "--"],
  ["gateway --port 0 --verbose", "gateway run", "--port=0 --verbose --"],
  ["gateway run --no-tls", "gateway run", "--no-tls --"],
  ["gateway call health", "gateway call", "-- health"],
  ["call status --params {a:1} --expect-final", "call", "--params={a:1} --expect-final -- status"],
  ["sessions", "sessions list", "--"],
  ["sessions --limit 5", "sessions list", "--limit=5 --"],
  ["sessions patch main --label=a=b", "sessions patch", "--label=a=b -- main"],
  ["config set gateway.port -5", "config set", "-- gateway.port -5"],
  ["config set a -- --b", "config set", "-- a --b"],
  ["agent --message -1", "agent", "--message=-1 --"],
])("%s", async (line, path, args) => {
  expect(await parse(line)).toEqual([path, args]);
});

test.each<[line: string, message: string]>([
  ["statsu", "unknown command statsu; did you mean status?"],
  ["gateway run extra", 'moltbot gateway run does not take "extra"'],
  ["gateway prboe", "unknown command gateway prboe; did you mean probe?"],
  ["status --tls-fingerprnt x", "unknown option --tls-fingerprnt; did you mean --tls-fingerprint?"],
  ["status --url", "--url needs a value"],
  ["status --url --no-color", "--url needs a value"],
  ["status --json=no", "--json takes no value"],
  ["call", "moltbot call needs METHOD"],
  ["config set gateway.port", "moltbot config set needs VALUE"],
  ["status --timeout soon", "--timeout takes a whole number from 1 up"],
  ["gateway --port 70000", "--port takes a number up to 65535"],
  ["gateway --auth magic", "--auth takes token, password or none"],
  ["status --profile ../x", "--profile takes letters, digits, - and _"],
  ["call health --params {", "--params is not JSON5"],
  ["call health --params 5", "--params must be an object"],
  ["agent --message=", "the message is empty"],
  ["sessions patch main", "say what to change"],
])("%s is a usage error", async (line, message) => {
  const { code, stdout, stderr } = await run(line.split(" "));
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a branch without a command shows its help and is a usage error", async () => {
  const { code, stderr } = await run(["config"]);
  expect([code, stderr.includes("validate")]).toEqual([2, true]);
});

test("help lists every command with its summary and fits a terminal", async () => {
  const { code, stdout } = await run(["--help"]);
  expect(code).toBe(0);
  for (const name of Object.keys(root.subCommands ?? {})) expect(stdout).toContain(`  ${name} `);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("help of a method comes from its declaration", async () => {
  const { code, stdout } = await run(["call", "sessions.patch", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("thinkingLevel?:");
  expect(stdout).toContain("Access admin");
});
