import { expect, test } from "bun:test";
import { completions } from "../../src/cli/completion.ts";
import { root } from "../../src/cli/root.ts";

async function complete(...words: string[]): Promise<string[]> {
  const script = `${await completions(root, "bash")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _moltbot; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, exitCode } = Bun.spawnSync(["/bin/bash", "-c", script, "bash", ...words]);
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  return stdout.toString().split("\n").filter(Boolean);
}

test.each<[title: string, words: string[], includes: string[], excludes: string[]]>([
  ["commands", ["moltbot", ""], ["gateway", "status", "completion"], ["approve"]],
  ["the beginning of one", ["moltbot", "se"], ["send", "sessions"], ["status"]],
  [
    "children, past options with values",
    ["moltbot", "--profile", "status", "devices", ""],
    ["approve", "rename"],
    ["status"],
  ],
  [
    "own and global options",
    ["moltbot", "sessions", "patch", "main", "--"],
    ["--label", "--json", "--no-color"],
    ["--stream"],
  ],
  ["options of the default child", ["moltbot", "gateway", "--"], ["--port", "--bind"], ["--label"]],
])("bash completes %s", async (_title, words, includes, excludes) => {
  const found = await complete(...words);
  expect(found).toEqual(expect.arrayContaining(includes));
  for (const word of excludes) expect(found).not.toContain(word);
});

test.each(["zsh", "fish"] as const)("the %s script knows every command", async (shell) => {
  const script = await completions(root, shell);
  for (const name of Object.keys(root.subCommands ?? {})) expect(script).toContain(name);
  expect(script).toContain("devices approve");
});
