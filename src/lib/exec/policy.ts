/**
 * Decides whether a host runs a command, asks its owner or refuses (`protocol/nodes.md` section 7). Pure, and free of
 * everything a gateway has: the gateway and the node host ask the same function.
 */
import {
  type ExecAllowlistEntry,
  type ExecApprovalsFile,
  type ExecAsk,
  type ExecDecision,
  type ExecSecurity,
  execAsks,
  execSecurities,
} from "#schemas/exec-approvals.ts";
import { type ExecTrust, type Grounds, groundsOf, type ResolvedSegment } from "./allowlist.ts";

/** The rules that hold for one agent. */
export interface ExecPolicy {
  security: ExecSecurity;
  ask: ExecAsk;
  /** What holds when the owner was asked and did not answer. */
  askFallback: ExecSecurity;
  autoAllowSkills: boolean;
  allowlist: readonly ExecAllowlistEntry[];
}

/** The agent that is meant when none is named. */
export const MAIN_AGENT = "main";

/** The rules of a file for an agent, with the stricter of what the file and the configuration say. */
export function policyOf(
  file: ExecApprovalsFile,
  agentId: string = MAIN_AGENT,
  config: { security?: ExecSecurity; ask?: ExecAsk } = {},
): ExecPolicy {
  const { defaults = {}, agents = {} } = file;
  const wildcard = agents["*"] ?? {};
  const own = Object.hasOwn(agents, agentId) && agentId !== "*" ? (agents[agentId] ?? {}) : {};
  const pick = <T extends string>(name: "security" | "ask" | "askFallback", known: readonly T[], otherwise: T): T => {
    const value = own[name] ?? wildcard[name] ?? defaults[name];
    if (value === undefined) return otherwise;
    // A word that we do not know must not open anything.
    return known.find((one) => one === value) ?? (name === "ask" ? ("always" as T) : ("deny" as T));
  };
  const security = pick("security", execSecurities, config.security ?? "deny");
  const ask = pick("ask", execAsks, config.ask ?? "on-miss");
  return {
    security: stricter(execSecurities, security, config.security, "low"),
    ask: stricter(execAsks, ask, config.ask, "high"),
    askFallback: pick("askFallback", execSecurities, "deny"),
    autoAllowSkills: own.autoAllowSkills ?? wildcard.autoAllowSkills ?? defaults.autoAllowSkills ?? false,
    allowlist: [...(wildcard.allowlist ?? []), ...(own.allowlist ?? [])],
  };
}

/** What is to be done with a command. The reasons are those of `exec.denied`. */
export type ExecVerdict =
  | { verdict: "run"; grounds: readonly Grounds[] }
  | { verdict: "ask" }
  | { verdict: "refuse"; reason: "security=deny" | "approval-required" | "allowlist-miss" };

/** How the owner answered; `none`: was asked and did not; undefined: was not asked. */
export type ExecAnswer = ExecDecision | "none" | undefined;

/**
 * Judges one command. `segments` is undefined when it could not be read. An `answer` of allow must have been checked
 * against the very command before: this function believes it.
 */
export function judge(
  policy: ExecPolicy,
  segments: readonly ResolvedSegment[] | undefined,
  given: Omit<ExecTrust, "allowlist"> & { answer?: ExecAnswer },
): ExecVerdict {
  const { answer, homeDir } = given;
  if (policy.security === "deny") return { verdict: "refuse", reason: "security=deny" };
  const skillBins = policy.autoAllowSkills ? given.skillBins : new Set<string>();
  const grounds = groundsOf(segments, { allowlist: policy.allowlist, skillBins, homeDir });
  if (answer === "deny") return { verdict: "refuse", reason: "approval-required" };
  if (answer === "allow-once" || answer === "allow-always") return { verdict: "run", grounds: grounds ?? [] };
  const isListed = policy.security === "full" || grounds !== undefined;
  const mustAsk = policy.ask === "always" || (policy.ask === "on-miss" && !isListed);
  if (mustAsk && answer === undefined) return { verdict: "ask" };
  if (mustAsk) {
    const isFallen = policy.askFallback === "full" || (policy.askFallback === "allowlist" && grounds !== undefined);
    return isFallen ? { verdict: "run", grounds: grounds ?? [] } : { verdict: "refuse", reason: "approval-required" };
  }
  return isListed ? { verdict: "run", grounds: grounds ?? [] } : { verdict: "refuse", reason: "allowlist-miss" };
}

function stricter<T extends string>(order: readonly T[], one: T, other: T | undefined, end: "low" | "high"): T {
  if (other === undefined) return one;
  const isOneFirst = order.indexOf(one) <= order.indexOf(other);
  return isOneFirst === (end === "low") ? one : other;
}
