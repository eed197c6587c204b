/** What programs see as their environment. */
import { describe, expect, test } from "bun:test";
import { addedEnv, baseEnv, isHarmless } from "../../src/node-host/environment.ts";

describe("the host's own variables", () => {
  test("threat(T13, T22): programs get a list of harmless ones, and no secret of this process", () => {
    const env = {
      PATH: "/usr/bin",
      HOME: "/home/ada",
      LANG: "C",
      LC_ALL: "C",
      XDG_RUNTIME_DIR: "/run/user/1",
      MOLTBOT_GATEWAY_TOKEN: "canary",
      OPENCLAW_GATEWAY_PASSWORD: "canary",
      AWS_SECRET_ACCESS_KEY: "canary",
      NODE_OPTIONS: "canary",
      LD_PRELOAD: "canary",
      BUN_BE_BUN: "canary",
      UNSET: undefined,
    };
    expect(baseEnv(env)).toEqual({
      PATH: "/usr/bin",
      HOME: "/home/ada",
      LANG: "C",
      LC_ALL: "C",
      XDG_RUNTIME_DIR: "/run/user/1",
    });
  });

  test("there is always a path", () => {
    expect(baseEnv({})["PATH"]).toContain("/usr/bin");
  });
});

describe("threat(T09): what callers add", () => {
  const base = { PATH: "/usr/bin:/bin" };
  test.each<[title: string, asked: Record<string, string>, kept: Record<string, string>]>([
    ["a plain variable", { FOO: "1" }, { FOO: "1" }],
    ["the host's path", { PATH: "/usr/bin:/bin" }, { PATH: "/usr/bin:/bin" }],
    ["the host's path with a folder in front", { PATH: "/opt/x:/usr/bin:/bin" }, { PATH: "/opt/x:/usr/bin:/bin" }],
    ["another path", { PATH: "/opt/x" }, {}],
    ["a path that only looks like it", { PATH: "/opt/x/usr/bin:/bin" }, {}],
    ["the host's path with a folder behind", { PATH: "/usr/bin:/bin:/opt/x" }, {}],
    ["a path in other letters", { path: "/opt/x" }, {}],
    ["names that loaders obey", { LD_PRELOAD: "x", DYLD_INSERT_LIBRARIES: "x", ld_library_path: "x" }, {}],
    ["names that interpreters obey", { NODE_OPTIONS: "x", PYTHONPATH: "x", PERL5OPT: "x", RUBYOPT: "x" }, {}],
    ["names that shells obey", { BASH_ENV: "x", ENV: "x", "BASH_FUNC_ls%%": "() { evil; }", IFS: "x" }, {}],
    ["names that this executable obeys", { BUN_BE_BUN: "1", bun_options: "x", MOLTBOT_STATE_DIR: "/x" }, {}],
    ["what is no name", { "": "x", "A=B": "x", "A B": "x", "1A": "x" }, {}],
    ["a value with a NUL", { FOO: "a\0b" }, {}],
  ])("%s", (_title, asked, kept) => expect(addedEnv(asked, base)).toEqual(kept));

  test("only variables that change how something is written leave a listed program what it is", () => {
    expect(isHarmless({})).toBe(true);
    expect(isHarmless({ LANG: "C", LC_ALL: "C", TZ: "UTC", NO_COLOR: "1" })).toBe(true);
    for (const name of ["HOME", "PATH", "GIT_DIR", "FOO", "XDG_CONFIG_HOME"])
      expect(isHarmless({ [name]: "x" })).toBe(false);
  });
});
