/** `moltbot approvals rules`: by which rules the gateway, or a node, runs commands (`protocol/nodes.md` section 7). */
import {
  type ExecAgentRules,
  type ExecApprovalsFile,
  type ExecApprovalsSnapshot,
  execAsks,
  execSecurities,
} from "#schemas/exec-approvals.ts";
import { MAIN_AGENT, policyOf } from "../../lib/exec/policy.ts";
import { defineLeaf } from "../command.ts";
import { usageError } from "../exit-codes.ts";
import { cleanLine } from "../terminal.ts";
import { findNode, nameOf } from "./nodes-link.ts";

export const approvalsRules = defineLeaf({
  name: "rules",
  summary: "Show the rules by which commands run, or change them",
  args: {
    node: { type: "string", valueHint: "NODE", description: "of this node; default: of the gateway's own host" },
    agent: { type: "string", valueHint: "ID", description: "of this agent; *: of all. Default: main" },
    security: { type: "string", valueHint: "HOW", description: execSecurities.join(", ") },
    ask: { type: "string", valueHint: "WHEN", description: execAsks.join(", ") },
    fallback: { type: "string", valueHint: "HOW", description: "security that holds when nobody answers" },
    allow: { type: "string", valueHint: "PATH", description: "put a program on the list; a path, * and ** are wild" },
    disallow: { type: "string", valueHint: "PATH", description: "take it off the list" },
  },
  async run(args, cli) {
    const { security, ask, fallback, allow, disallow } = args;
    oneOf("security", security, execSecurities);
    oneOf("ask", ask, execAsks);
    oneOf("fallback", fallback, execSecurities);
    if (allow !== undefined && !/^[/~]|^[A-Za-z]:[\\/]/.test(allow)) usageError("--allow takes a whole path");
    await using client = await cli.connect(["admin"]);
    const node = args.node === undefined ? undefined : await findNode(client, cli, args.node);
    const of = node ? { nodeId: node.nodeId } : {};
    const method = node ? "exec.approvals.node" : "exec.approvals";
    let found = await client.request<ExecApprovalsSnapshot>(`${method}.get`, of, cli.requestOptions());
    const agentId = args.agent ?? MAIN_AGENT;
    const file = changed(found.file, agentId, { security, ask, askFallback: fallback }, { allow, disallow });
    if (file) {
      const params = { ...of, file, baseHash: found.hash };
      found = await client.request<ExecApprovalsSnapshot>(`${method}.set`, params, cli.requestOptions());
    }
    const where = node ? nameOf(node) : "the gateway";
    cli.print(found, () => linesOf(found.file, agentId, where).join("\n"));
  },
});

/** The file with the changes; undefined when there are none. */
function changed(
  file: ExecApprovalsFile,
  agentId: string,
  policy: Record<"security" | "ask" | "askFallback", string | undefined>,
  { allow, disallow }: { allow: string | undefined; disallow: string | undefined },
): ExecApprovalsFile | undefined {
  const named = Object.entries(policy).filter(([, value]) => value !== undefined);
  if (named.length === 0 && allow === undefined && disallow === undefined) return undefined;
  const agents = file.agents ?? {};
  const before: ExecAgentRules = (Object.hasOwn(agents, agentId) && agents[agentId]) || {};
  const kept = (before.allowlist ?? []).filter(({ pattern }) => pattern !== disallow && pattern !== allow);
  const allowlist = allow === undefined ? kept : [...kept, { pattern: allow }];
  return { ...file, agents: { ...agents, [agentId]: { ...before, ...Object.fromEntries(named), allowlist } } };
}

function linesOf(file: ExecApprovalsFile, agentId: string, where: string): string[] {
  const { security, ask, askFallback, allowlist } = policyOf(file, agentId === "*" ? undefined : agentId);
  return [
    `${where}, agent ${cleanLine(agentId)}`,
    `security  ${security}${security === "deny" ? " (nothing runs, approved or not)" : ""}`,
    `ask       ${ask}`,
    `fallback  ${askFallback}`,
    ...allowlist.map(({ pattern }) => `allowed   ${cleanLine(pattern)}`),
  ];
}

function oneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value)) usageError(`--${name} takes ${known.join(", ")}`);
}
