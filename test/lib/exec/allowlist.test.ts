/** What counts as allowed: patterns over paths, filters, and what can never be on a list. */
import { describe, expect, test } from "bun:test";
import { groundsOf, matchesPath, pathsToAllow } from "../../../src/lib/exec/allowlist.ts";
import { analyse, analyseText } from "../../../src/lib/exec/analyse.ts";
import { allowedEnv } from "../../../src/lib/exec/environment.ts";
import { isInterpreter } from "../../../src/lib/exec/interpreters.ts";

describe("patterns", () => {
  test.each<[pattern: string, path: string, expected: boolean]>([
    ["/usr/bin/make", "/usr/bin/make", true],
    ["/USR/bin/Make", "/usr/bin/make", true],
    ["/usr/bin/*", "/usr/bin/make", true],
    ["/usr/*", "/usr/bin/make", false],
    ["/usr/**", "/usr/bin/make", true],
    ["/usr/**/make", "/usr/local/bin/make", true],
    ["/usr/**/make", "/usr/make", true],
    ["~/bin/*", "/home/ada/bin/x", true],
    ["~", "/home/ada", true],
    ["~ada/bin/*", "/home/ada/bin/x", false],
    ["make", "/usr/bin/make", false],
    ["*", "/usr/bin/make", false],
    ["/usr/bin/ma?e", "/usr/bin/make", true],
    ["/usr/bin?make", "/usr/bin/make", false],
    ["/usr/bin/make", "/usr/bin/make2", false],
    ["/usr/bin/make", "/x/usr/bin/make", false],
    ["/usr/bin/a.b", "/usr/bin/axb", false],
    ["/usr/bin/(a|b)", "/usr/bin/a", false],
    ["C:\\Tools\\*.exe", "c:/tools/x.exe", true],
    ["/usr/bin/*", "/usr/bin/a\n/b", false],
  ])("%s covers %s: %p", (pattern, path, expected) => {
    expect(matchesPath(pattern, path, "/home/ada")).toBe(expected);
  });

  test("a pattern of many stars ends", () => {
    expect(matchesPath(`/${"*a".repeat(12)}`, `/${"a".repeat(60)}b`, "/")).toBe(false);
  });
});

const all = { allowlist: [{ pattern: "/**" }], skillBins: new Set<string>(), homeDir: "/" };
const none = { allowlist: [], skillBins: new Set(["skilled", "python3"]), homeDir: "/" };
const at = (path: string, ...args: string[]) => [
  { operator: "start" as const, argv: [path.split("/").at(-1) ?? "", ...args], resolvedPath: path },
];

describe("what is allowed", () => {
  test.each<[path: string]>(
    "/bin/sh /usr/bin/env /usr/bin/python3.12 /opt/node22 /usr/bin/sudo /usr/bin/xargs /usr/bin/gawk /usr/bin/busybox C:\\Windows\\cmd.exe /usr/bin/PERL /usr/bin/timeout /usr/bin/find /usr/bin/pwsh-7.4"
      .split(" ")
      .map((path) => [path]),
  )("no list can allow %s, and no word of always adds it", (path) => {
    expect(isInterpreter(path)).toBe(true);
    expect(groundsOf(at(path, "x"), all)).toBeUndefined();
    expect(pathsToAllow(at(path, "x"))).toEqual([]);
  });

  test("a link to a shell is the shell, and the name of one is not enough to be another program", () => {
    expect(groundsOf([{ operator: "start", argv: ["harmless"], resolvedPath: "/bin/bash" }], all)).toBeUndefined();
    expect(groundsOf([{ operator: "start", argv: ["bash"], resolvedPath: "/tmp/harmless" }], all)).toBeUndefined();
    expect(groundsOf([{ operator: "start", argv: ["gone"], resolvedPath: undefined }], all)).toBeUndefined();
  });

  test("every program of a line needs its own grounds", () => {
    const resolve = (text: string) =>
      analyseText(text)?.map((one) => ({ ...one, resolvedPath: `/usr/bin/${one.argv[0]}` }));
    const trust = { ...none, allowlist: [{ pattern: "/usr/bin/tool" }] };
    expect(groundsOf(resolve("tool a | sort -u && skilled"), trust)).toEqual([
      { pattern: "/usr/bin/tool" },
      "safe-bin",
      "skill",
    ]);
    expect(groundsOf(resolve("tool a | other"), trust)).toBeUndefined();
    expect(groundsOf(resolve("python3 -c 1"), trust)).toBeUndefined();
    expect(groundsOf([], trust)).toBeUndefined();
    expect(pathsToAllow(resolve("tool; other; tool") ?? [])).toEqual(["/usr/bin/tool", "/usr/bin/other"]);
  });

  test.each<[line: string, expected: boolean]>([
    ["sort -u", true],
    ["sort -k 2 -t ,", true],
    ["sort -o out", false],
    ["sort --compress-program=sh", false],
    ["sort file", false],
    ["grep -i word", true],
    ["grep word file", false],
    ["grep -f patterns x", false],
    ["grep -r x", false],
    ["head -n 5", true],
    ["head -n5", true],
    ["head /etc/passwd", false],
    ["tail -f", false],
    ["cut -d , -f 1", true],
    ["tr a-z A-Z", true],
    ["wc -l", true],
    ["wc -l x", false],
    ["wc --files0-from=x", false],
    ["jq -r .a", true],
    ["jq env", false],
    ["jq -n $ENV", false],
    ["jq -f prog", false],
    ["uniq -c", true],
    ["uniq in out", false],
  ])("filter: %s is one: %p", (line, expected) => {
    const [name = "", ...args] = line.split(" ");
    expect(groundsOf(at(`/usr/bin/${name}`, ...args), { ...none, skillBins: new Set() }) !== undefined).toBe(expected);
    expect(groundsOf(at(`/tmp/${name}`, ...args), { ...none, skillBins: new Set() })).toBeUndefined();
  });
});

describe("lines with one reading", () => {
  test.each<[line: string, expected: string[][] | undefined]>([
    ["ls -la", [["ls", "-la"]]],
    ["  ls\t-la  ", [["ls", "-la"]]],
    ["a 'b c' \"d e\"f", [["a", "b c", "d ef"]]],
    ["a|b && c ; d||e", [["a"], ["b"], ["c"], ["d"], ["e"]]],
    ["a --x=1", [["a", "--x=1"]]],
    ["", undefined],
    ["a |", undefined],
    ["| a", undefined],
    ["a &", undefined],
    ["a & b", undefined],
    ["X=1 a", undefined],
    ["a $HOME", undefined],
    ['a "$HOME"', undefined],
    ["a `b`", undefined],
    ["a $(b)", undefined],
    ["a > b", undefined],
    ["a <b", undefined],
    ["a *", undefined],
    ["a ~", undefined],
    ["a {b,c}", undefined],
    ["(a)", undefined],
    ["a\nb", undefined],
    ["a \\b", undefined],
    ["a # b", undefined],
    ["a 'b", undefined],
    ["a 'b\nc'", undefined],
    ["! a", undefined],
    ["a é", undefined],
    ["''", undefined],
  ])("%p", (line, expected) => {
    expect(analyseText(line)?.map(({ argv }) => [...argv])).toEqual(expected);
  });

  test("a shell with a text is looked into, anything else is one program", () => {
    expect(analyse(["/bin/sh", "-c", "a | b"])?.map(({ operator, argv }) => [operator, ...argv])).toEqual([
      ["start", "a"],
      ["|", "b"],
    ]);
    expect(analyse(["/bin/sh", "-c", "a", "b"])?.[0]?.argv).toEqual(["/bin/sh", "-c", "a", "b"]);
    expect(analyse(["/bin/sh", "-c", "a > b"])).toBeUndefined();
    expect(analyse(["cmd.exe", "/d", "/s", "/c", "dir"])?.[0]?.argv).toEqual(["dir"]);
    expect(analyse([])).toBeUndefined();
    expect(analyse(["rm", "$x; y"])?.[0]?.argv).toEqual(["rm", "$x; y"]);
  });
});

test("variables that change which code runs are left out, and PATH may only grow in front", () => {
  const asked = {
    A: "1",
    NODE_OPTIONS: "--require x",
    ld_preload: "x",
    DYLD_INSERT_LIBRARIES: "x",
    BASH_ENV: "x",
    "A B": "x",
    "BASH_FUNC_ls%%": "x",
    N: "a\0b",
    PATH: "/evil:/usr/bin",
  };
  expect(allowedEnv(asked, "/usr/bin")).toEqual({ A: "1", PATH: "/evil:/usr/bin" });
  expect(allowedEnv({ PATH: "/usr/bin:/evil" }, "/usr/bin")).toEqual({});
  expect(allowedEnv({ Path: "/usr/bin" }, "/usr/bin")).toEqual({ Path: "/usr/bin" });
});
