/** The secret a command shows to a gateway, and where it may come from (design section 2, threats T44). */
import { readFileSync } from "node:fs";
import { substituteEnv } from "../config/env.ts";
import { readText } from "../config/file.ts";
import { Json5Error, parseJson5 } from "../config/json5.ts";
import { getAt } from "../config/paths.ts";
import { secretFromEnv, tokenPath } from "../gateway/secrets.ts";
import { Secret } from "../lib/secret.ts";
import type { Paths } from "./paths.ts";

/** What is shown at connect. Empty: nothing is known. */
export interface Credentials {
  token?: Secret | undefined;
  password?: Secret | undefined;
}

/** The secret somebody gave for this call: on the command line, else in the environment. */
export function givenCredentials(
  options: { token?: string | undefined; password?: string | undefined },
  env: Record<string, string | undefined>,
): Credentials | undefined {
  const { token, password } = options;
  return credentials(token, password) ?? credentials(secretFromEnv(env, "TOKEN"), secretFromEnv(env, "PASSWORD"));
}

/** The secret the gateway of this state folder was set up with. For that gateway only: never for an address from outside. */
export async function localCredentials(paths: Paths, env: Record<string, string | undefined>): Promise<Credentials> {
  const auth = await configuredAuth(paths.configPath, env);
  const configured = credentials(textAt(auth, "token"), textAt(auth, "password"));
  if (configured) return configured;
  const made = readMadeToken(paths.stateDir);
  return made ? { token: new Secret(made) } : {};
}

function credentials(token: string | undefined, password: string | undefined): Credentials | undefined {
  if (!token && !password) return undefined;
  return { ...(token ? { token: new Secret(token) } : {}), ...(password ? { password: new Secret(password) } : {}) };
}

/** `gateway.auth` of the config file as it stands. What is wrong with the file is the gateway's affair, not ours. */
async function configuredAuth(path: string, env: Record<string, string | undefined>): Promise<unknown> {
  const found = await readText(path);
  if (found.kind !== "text") return undefined;
  try {
    return substituteEnv(getAt(parseJson5(found.text), "gateway.auth"), env).value;
  } catch (error) {
    if (error instanceof Json5Error) return undefined;
    throw error;
  }
}

function textAt(auth: unknown, name: string): string | undefined {
  const value = getAt(auth, name);
  return typeof value === "string" ? value : undefined;
}

function readMadeToken(stateDir: string): string | undefined {
  try {
    return readFileSync(tokenPath(stateDir), "utf8").trim();
  } catch {
    return undefined; // None was made, or it belongs to somebody else: the gateway will say that a token is missing.
  }
}
