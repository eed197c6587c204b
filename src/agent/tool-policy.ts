/**
 * Decides which tools a run has: by its agent and by who stands behind it (rule R7 of the threats). What people of a chat
 * ask for is not what the owner asks for, although both reach the same agent. Pure.
 */

/** Who stands behind a run. `chat`: somebody on a network; `node`: a device. */
export type RunOrigin = "operator" | "chat" | "node";

/** Lists of names; `*` is every tool. */
export interface ToolRules {
  /** Absent: every tool, or for chats those that change nothing. */
  allow?: readonly string[] | undefined;
  deny?: readonly string[] | undefined;
}

/** The owner's rules: for all, for runs of chats, and for one agent. */
export interface ToolPolicy extends ToolRules {
  chat?: ToolRules | undefined;
}

/** What somebody on a network gets when the owner did not say: nothing that touches a device. */
const CHAT_DEFAULT = ["current_time"];
/** What a device may set going by itself: showing and telling, but nothing that records people or runs programs. */
const NODE_DEFAULT = ["current_time", "nodes", "canvas", "notify"];

/** Whether a run may use a tool. Denying wins over allowing, on every level. */
export function mayUse(tool: string, origin: RunOrigin, policy: ToolPolicy, agent: ToolRules = {}): boolean {
  const levels: ToolRules[] = [policy, agent];
  if (origin === "chat") levels.push({ allow: CHAT_DEFAULT, ...defined(policy.chat) });
  if (origin === "node") levels.push({ allow: NODE_DEFAULT });
  return levels.every(({ allow, deny }) => !has(deny ?? [], tool) && (allow === undefined || has(allow, tool)));
}

function has(list: readonly string[], tool: string): boolean {
  return list.includes("*") || list.includes(tool);
}

function defined(rules: ToolRules = {}): ToolRules {
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
}
