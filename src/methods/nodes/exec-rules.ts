/** The rules of what may run: the gateway's own file, and those of nodes (`protocol/nodes.md` section 7). */
import { Type } from "@sinclair/typebox";
import { ExecApprovalsFile, ExecApprovalsSnapshot } from "#schemas/exec-approvals.ts";
import { AnyObject, NonEmptyString, NoParams, Strict } from "#schemas/primitives.ts";
import type { Call } from "../../gateway/dispatch.ts";
import { fail } from "../../lib/errors.ts";
import { policyOf } from "../../lib/exec/policy.ts";
import { defineMethod } from "../define.ts";
import type { Services } from "../services.ts";
import { resultOf } from "./invoke.ts";
import { NodeId } from "./list.ts";
import { partyOf } from "./party.ts";

/** The file of a node, which the node itself checks: it may be of another build. */
const NodeFile = Type.Object({ version: Type.Literal(1) }, { additionalProperties: true });

export const execRulesMethods = [
  defineMethod({
    name: "exec.approvals.get",
    summary: "The gateway's own file of rules; it is made when it is missing.",
    params: NoParams,
    result: ExecApprovalsSnapshot,
    access: "admin",
    idempotency: "safe",
    handle: (_params, app, call) => shown(app.execRules.snapshot(), call),
  }),
  defineMethod({
    name: "exec.approvals.set",
    summary: "Replaces it; baseHash names the version that is replaced.",
    params: Strict({ file: ExecApprovalsFile, baseHash: Type.Optional(NonEmptyString) }),
    result: ExecApprovalsSnapshot,
    access: "admin",
    idempotency: "none",
    handle: ({ file, baseHash }, app, call) => shown(app.execRules.replace(file, baseHash), call),
  }),
  defineMethod({
    name: "exec.approvals.node.get",
    summary: "The file of rules of a node.",
    params: Strict({ nodeId: NodeId }),
    result: Type.Unknown(),
    access: "admin",
    idempotency: "safe",
    handle: ({ nodeId }, app, call) => relay(nodeId, "system.execApprovals.get", {}, app, call),
  }),
  defineMethod({
    name: "exec.approvals.node.set",
    summary: "Replaces it: its file, or the rules of a host that has its own kind.",
    params: Strict({
      nodeId: NodeId,
      file: Type.Optional(NodeFile),
      native: Type.Optional(AnyObject),
      baseHash: Type.Optional(NonEmptyString),
    }),
    result: Type.Unknown(),
    access: "admin",
    idempotency: "none",
    handle: ({ nodeId, file, native, baseHash }, app, call) => {
      if ((file === undefined) === (native === undefined)) fail("INVALID_REQUEST", "exec approvals file is required");
      const rules = native ?? { file };
      return relay(nodeId, "system.execApprovals.set", { ...rules, ...(baseHash ? { baseHash } : {}) }, app, call);
    },
  }),
];

/** v4 peers are told what the defaults come to. */
function shown(snapshot: ExecApprovalsSnapshot, { caller }: Call): ExecApprovalsSnapshot {
  if (caller.version === 3) return snapshot;
  const { defaults } = snapshot.file;
  const { security, ask, askFallback, autoAllowSkills } = policyOf({ version: 1, ...(defaults ? { defaults } : {}) });
  return { ...snapshot, resolvedDefaults: { security, ask, askFallback, autoAllowSkills } };
}

async function relay(nodeId: string, command: string, params: object, app: Services, call: Call): Promise<unknown> {
  const origin = { kind: "operator" as const };
  const result = await app.nodes.ask({ nodeId, command, params, origin, by: partyOf(call) }, call.signal);
  return resultOf(result, command, call).payload ?? null;
}
