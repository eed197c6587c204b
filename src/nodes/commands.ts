/** Which commands of a node count, what approving them takes, and who may ask for them. Pure (`protocol/nodes.md` 1, 2). */
import type { ProtocolVersion } from "#schemas/method.ts";
import { defaultCommands, type PlatformKey } from "./platforms.ts";

/** The owner's changes to the tables; `deny` wins. */
export interface CommandPolicy {
  allow: readonly string[];
  deny: readonly string[];
}

/** What a node offers, or may be asked. */
export interface Surface {
  caps: readonly string[];
  commands: readonly string[];
  permissions?: Readonly<Record<string, boolean>>;
}

/** Commands through which a host can be taken over: approving them takes an admin. */
const POWERFUL: ReadonlySet<string> = new Set([
  "system.run",
  "system.run.prepare",
  "system.which",
  "browser.proxy",
  "browser.proxy.upload.v1",
  "fs.listDir",
  "system.execApprovals.get",
  "system.execApprovals.set",
]);

/** Commands that only an admin may ask for directly. */
const ADMIN_ONLY: ReadonlySet<string> = new Set([
  "browser.proxy",
  "browser.proxy.upload.v1",
  "fs.listDir",
  "terminal.upload",
]);

/** Commands with methods of their own: a node's rules are not changed in passing. */
export const RULES_COMMANDS: ReadonlySet<string> = new Set(["system.execApprovals.get", "system.execApprovals.set"]);

/** What shows or records a person, costs money, or runs something: never without somebody behind the call. */
const ATTENDED: ReadonlySet<string> = new Set([
  ...POWERFUL,
  ...ADMIN_ONLY,
  "camera.snap",
  "camera.clip",
  "screen.record",
  "screen.snapshot",
  "sms.send",
  "desktop.stream",
  "computer.act",
  "mobile.ui.act",
  "mcp.tools.call.v1",
]);

/** Who stands behind a call (rule R7 of the threats). */
export interface NodeOrigin {
  kind: "operator" | "agent" | "chat" | "hook" | "cron" | "node";
  agentId?: string;
  sessionKey?: string;
}

/** Whether devices of that kind may be asked this at all. */
export function isAllowed(command: string, version: ProtocolVersion, key: PlatformKey, policy: CommandPolicy): boolean {
  if (policy.deny.includes(command)) return false;
  return policy.allow.includes(command) || defaultCommands(version, key).includes(command);
}

/** The part of what a node declares that may count: what its kind of device may be asked. */
export function admissible(
  declared: Surface,
  version: ProtocolVersion,
  key: PlatformKey,
  policy: CommandPolicy,
): Surface {
  const commands = declared.commands.filter((command) => isAllowed(command, version, key, policy));
  return { ...declared, commands: [...new Set(commands)], caps: [...new Set(declared.caps)] };
}

/** What both hold. */
export function intersection(one: Surface, other: Surface): Surface {
  return {
    ...one,
    caps: one.caps.filter((cap) => other.caps.includes(cap)),
    commands: one.commands.filter((command) => other.commands.includes(command)),
  };
}

/** Whether everything in `wanted` is in `held`. */
export function covers(held: Surface, wanted: Surface): boolean {
  return (
    wanted.commands.every((command) => held.commands.includes(command)) &&
    wanted.caps.every((cap) => held.caps.includes(cap))
  );
}

/** The scopes it takes to approve a surface, with their prefix. */
export function scopesToApprove({ commands }: Pick<Surface, "commands">): string[] {
  if (commands.some((command) => POWERFUL.has(command))) return ["operator.pairing", "operator.admin"];
  return commands.length ? ["operator.pairing", "operator.write"] : ["operator.pairing"];
}

/** Whether asking for this directly takes an admin. */
export function needsAdmin(command: string): boolean {
  return ADMIN_ONLY.has(command);
}

/** Why a call of that origin may not ask for this; undefined when it may. */
export function refusalOf(origin: NodeOrigin, command: string): string | undefined {
  if (origin.kind === "operator") return undefined;
  if (RULES_COMMANDS.has(command)) return "only an operator may change what a host runs";
  const isAttended = origin.kind === "agent" || origin.kind === "chat";
  return isAttended || !ATTENDED.has(command) ? undefined : `a ${origin.kind} may not ask for this`;
}
