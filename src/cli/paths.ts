/** Which gateway on this host is meant: its state folder and its config file (design section 2). Pure. */
import { join, resolve } from "node:path";
import { usageError } from "./exit-codes.ts";

/** Where a gateway keeps its things. */
export interface Paths {
  stateDir: string;
  configPath: string;
}

/** Finds both from options, environment and home folder, in this order. */
export function findPaths(given: {
  stateDir?: string | undefined;
  profile?: string | undefined;
  env: Record<string, string | undefined>;
  home: string;
}): Paths {
  const { profile, env, home } = given;
  if (profile !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(profile)) {
    usageError("--profile takes letters, digits, - and _");
  }
  const chosen = given.stateDir || env["MOLTBOT_STATE_DIR"];
  const stateDir = chosen
    ? resolve(expandHome(chosen, home))
    : join(home, profile ? `.moltbot-${profile}` : ".moltbot");
  const config = env["MOLTBOT_CONFIG"];
  return { stateDir, configPath: config ? resolve(expandHome(config, home)) : join(stateDir, "moltbot.json5") };
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}
