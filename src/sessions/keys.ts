/** Names of sessions (`channels` rules: all lower case, `agent:<agent>:<rest>`). Pure. */

/** What the configuration says about keys. */
export interface KeySettings {
  mainKey: string;
  defaultAgentId: string;
}

/** Keys that belong to no agent. */
const special: ReadonlySet<string> = new Set(["global", "unknown"]);

/** The one spelling under which a session is stored: `main` and `agent:x:main` name an agent's main session. */
export function canonicalKey(key: string, settings: KeySettings): string {
  const name = key.trim().toLowerCase();
  if (special.has(name)) return name;
  const [, agentId, rest] = /^agent:([^:]+):(.+)$/.exec(name) ?? [undefined, settings.defaultAgentId, name];
  return `agent:${agentId}:${rest === "main" ? settings.mainKey : rest}`;
}

/** The agent a canonical key belongs to. */
export function agentIdOf(key: string, settings: KeySettings): string {
  return /^agent:([^:]+):/.exec(key)?.[1] ?? settings.defaultAgentId;
}

/** The key of an agent's main session. */
export function mainKeyOf(agentId: string, settings: KeySettings): string {
  return `agent:${agentId}:${settings.mainKey}`;
}

/** What kind of conversation a key names. */
export function kindOf(key: string): "direct" | "group" | "global" | "unknown" {
  if (key === "global" || key === "unknown") return key;
  return /:(group|channel):/.test(key) ? "group" : "direct";
}
