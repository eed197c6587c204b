/** Where the gateway's own secret comes from, in the order that the design fixes (section 2, `secret`). */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ids } from "../lib/ids.ts";
import { Secret } from "../lib/secret.ts";

/** Prefixes under which people set the secret in the environment, the first that is set wins. */
const prefixes = ["MOLTBOT_GATEWAY", "OPENCLAW_GATEWAY", "openclaw_GATEWAY", "CLAWDBOT_GATEWAY"] as const;
/** 256 bit. */
const TOKEN_BYTES = 32;

/** A secret from the environment, of the gateway or of a client. */
export function secretFromEnv(env: Record<string, string | undefined>, kind: "TOKEN" | "PASSWORD"): string | undefined {
  return prefixes.map((prefix) => env[`${prefix}_${kind}`]).find((value) => value);
}

/** The file in which a generated token is kept, readable by its owner only. */
export function tokenPath(stateDir: string): string {
  return join(stateDir, "gateway.token");
}

/** The token generated at the first start; made now when there is none. */
export function ensureToken(stateDir: string, ids: Ids): Secret {
  const path = tokenPath(stateDir);
  if (!existsSync(path)) writeFileSync(path, `${ids.token(TOKEN_BYTES)}\n`, { mode: 0o600 });
  return new Secret(readFileSync(path, "utf8").trim());
}
