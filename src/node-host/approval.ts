/**
 * Whether an approval that the gateway passes on is for exactly what is about to run here (threats T09): the hash is made
 * again from this host's own plan, and counts once.
 */
import { isAbsolute } from "node:path";
import { bindingHash } from "../lib/exec/binding.ts";
import type { Plan } from "./plan.ts";

/** Approvals that are remembered as spent; each only until it expires, which is minutes. */
const MAX_SPENT = 1_000;
/** How far the gateway's clock may be from what we take it for. */
const SKEW_MS = 10_000;

/** The approvals that were used here. */
export class Approvals {
  readonly #nodeId: string;
  readonly #gatewayNow: () => number;
  readonly #spent = new Map<string, number>();
  constructor(needs: {
    nodeId: string;
    /** The gateway's time, because expiry is told in it. */
    gatewayNow: () => number;
  }) {
    this.#nodeId = needs.nodeId;
    this.#gatewayNow = needs.gatewayNow;
  }

  /** Spends the approval of a request; false unless there is one for exactly this. */
  spend(plan: Plan): boolean {
    const { approved, approvalDecision, approvalHash, approvalExpiresAtMs } = plan.asked;
    if (approved !== true || !approvalDecision || !approvalHash || typeof approvalExpiresAtMs !== "number")
      return false;
    if (plan.path === undefined) return false;
    const nowMs = this.#gatewayNow();
    for (const [hash, expiresAtMs] of this.#spent) if (expiresAtMs + SKEW_MS < nowMs) this.#spent.delete(hash);
    if (approvalExpiresAtMs + SKEW_MS < nowMs || this.#spent.has(approvalHash)) return false;
    if (this.#spent.size >= MAX_SPENT) return false;
    if (!hashesOf(plan, this.#nodeId, approvalExpiresAtMs).includes(approvalHash)) return false;
    this.#spent.set(approvalHash, approvalExpiresAtMs);
    return true;
  }
}

/**
 * The hashes under which a plan may have been approved. Who asks without having this host prepare the command does not
 * know the file; then the arguments must name it by themselves, by its absolute path.
 */
function hashesOf(plan: Plan, nodeId: string, expiresAtMs: number): string[] {
  const { asked, argv, path = null } = plan;
  const { cwd = null, env, agentId = null, sessionKey = null } = asked;
  const isNamed = isAbsolute(argv[0] ?? "");
  return (isNamed ? [path, null] : [path]).map((resolvedPath) =>
    bindingHash({ argv, cwd, env: env ?? {}, resolvedPath, nodeId, agentId, sessionKey, expiresAtMs }),
  );
}
