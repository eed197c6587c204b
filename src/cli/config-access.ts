/**
 * The config as commands reach it: through the gateway when one runs on this state folder, because it then applies at
 * once and nobody else writes the file; otherwise the file itself, by the same code.
 */
import { existsSync } from "node:fs";
import { ConfigFile, type ConfigView } from "../config/config.ts";
import { createLog } from "../lib/log.ts";
import { findHolder } from "../store/lock.ts";
import type { Cli } from "./cli.ts";
import { mergePatchOf } from "./merge-patch.ts";

/** What a change did. */
export interface ConfigChange {
  path: string;
  hash?: string | undefined;
  /** Keys that take effect with the next start only. */
  restartKeys: string[];
}

/** The file, without a gateway. */
export function configFile({ paths, io }: Cli): Promise<ConfigFile> {
  const log = createLog({ clock: io.clock, level: "error", sinks: [] });
  return ConfigFile.open({ path: paths.configPath, env: io.env, log });
}

/** What is in the config; secrets are hidden, also from whoever may read the file. */
export async function readConfig(cli: Cli): Promise<Pick<ConfigView, "path" | "parsed" | "hash">> {
  return isServed(cli) ? await cli.call<ConfigView>("config.get") : (await configFile(cli)).view({ redact: true });
}

/** Changes the config by the difference `change` makes; hidden secrets in it stay as they are. */
export async function changeConfig(cli: Cli, change: (config: unknown) => unknown): Promise<ConfigChange> {
  const file = isServed(cli) ? undefined : await configFile(cli);
  const { parsed, hash } = file ? file.view({ redact: true }) : await cli.call<ConfigView>("config.get");
  const raw = JSON.stringify(mergePatchOf(parsed, change(parsed)));
  if (file) {
    const { path, hash: written } = await file.patch(raw, hash);
    return { path, hash: written, restartKeys: [] };
  }
  const params = { raw, ...(hash === undefined ? {} : { baseHash: hash }) };
  const { path, restart } = await cli.call<{ path: string; restart?: { keys: string[] } }>("config.patch", params);
  return { path, restartKeys: restart?.keys ?? [] };
}

function isServed({ link, paths }: Cli): boolean {
  return link.url !== undefined || (existsSync(paths.stateDir) && findHolder(paths.stateDir) !== undefined);
}
