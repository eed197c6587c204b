import { expect, test } from "bun:test";
import { findPaths } from "../../src/cli/paths.ts";

type Given = Partial<Parameters<typeof findPaths>[0]>;

test.each<[title: string, given: Given, stateDir: string, configPath: string]>([
  ["nothing", {}, "/home/me/.moltbot", "/home/me/.moltbot/moltbot.json5"],
  ["a profile", { profile: "work" }, "/home/me/.moltbot-work", "/home/me/.moltbot-work/moltbot.json5"],
  ["the environment", { env: { MOLTBOT_STATE_DIR: "/var/m" } }, "/var/m", "/var/m/moltbot.json5"],
  [
    "an option over the environment",
    { stateDir: "/opt/m", env: { MOLTBOT_STATE_DIR: "/var/m" } },
    "/opt/m",
    "/opt/m/moltbot.json5",
  ],
  ["a config elsewhere", { env: { MOLTBOT_CONFIG: "/etc/m.json5" } }, "/home/me/.moltbot", "/etc/m.json5"],
  ["a tilde", { stateDir: "~/x" }, "/home/me/x", "/home/me/x/moltbot.json5"],
])("%s", (_title, given, stateDir, configPath) => {
  expect(findPaths({ env: {}, home: "/home/me", ...given })).toEqual({ stateDir, configPath });
});
