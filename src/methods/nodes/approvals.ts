/** Commands that wait for their owner's word (`protocol/nodes.md` section 7, threats T09 and T10). */
import { Type } from "@sinclair/typebox";
import { ExecApproval, execDecisions } from "#schemas/exec-approvals.ts";
import { NonEmptyString, NoParams, Nullable, OneOf, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import type { Call } from "../../gateway/dispatch.ts";
import { fail, GatewayError } from "../../lib/errors.ts";
import type { ExecOutcome, ExecQuestion } from "../../nodes/approvals.ts";
import { defineMethod } from "../define.ts";
import { partyOf } from "./party.ts";

const ApprovalId = ShortString(128);
/** Longest text of one field: longer ones could not be shown, and are refused as such. */
const Text = Type.String({ maxLength: 1_000_000 });
const MaybeText = Type.Optional(Nullable(Text));
const Argv = Type.Array(Text, { maxItems: 4096 });

const outcomeProperties = {
  id: NonEmptyString,
  decision: Type.Optional(Nullable(OneOf(execDecisions))),
  createdAtMs: TimestampMs,
  expiresAtMs: TimestampMs,
};

const RequestParams = Strict({
  id: Type.Optional(ApprovalId),
  command: Type.Optional(Text),
  commandArgv: Type.Optional(Argv),
  systemRunPlan: Type.Optional(
    Type.Object(
      { argv: Argv, cwd: Nullable(Text), agentId: Nullable(Text), sessionKey: Nullable(Text), commandText: MaybeText },
      { additionalProperties: true },
    ),
  ),
  env: Type.Optional(Type.Record(NonEmptyString, Text)),
  cwd: MaybeText,
  nodeId: MaybeText,
  host: MaybeText,
  security: MaybeText,
  ask: MaybeText,
  agentId: MaybeText,
  resolvedPath: MaybeText,
  sessionKey: MaybeText,
  warningText: MaybeText,
  timeoutMs: Type.Optional(Type.Integer({ minimum: 1 })),
  twoPhase: Type.Optional(Type.Boolean()),
  turnSourceChannel: MaybeText,
  turnSourceTo: MaybeText,
  turnSourceAccountId: MaybeText,
  turnSourceThreadId: Type.Optional(Type.Union([Text, Type.Number(), Type.Null()])),
  unavailableDecisions: Type.Optional(Type.Array(Type.String())),
  commandSpans: Type.Optional(Type.Array(Type.Unknown())),
  approvalReviewerDeviceIds: Type.Optional(Type.Array(NonEmptyString)),
  requireDeliveryRoute: Type.Optional(Type.Boolean()),
  suppressDelivery: Type.Optional(Type.Boolean()),
});

export const execApprovalMethods = [
  defineMethod({
    name: "exec.approval.request",
    summary: "Asks the owner about one execution, and waits for the word. With twoPhase it answers twice.",
    params: RequestParams,
    result: Strict(outcomeProperties),
    access: "approvals",
    idempotency: "none",
    handle: async (params, { execApprovals }, call) => {
      const { isWaiting, id, createdAtMs, expiresAtMs } = execApprovals.request(
        questionOf(params),
        partyOf(call),
        call.caller.version === 4,
      );
      if (params.twoPhase && isWaiting)
        call.accept({ status: "accepted", id, deliveryRoute: "client", createdAtMs, expiresAtMs });
      return answerOf(await execApprovals.wait(id, call.signal));
    },
  }),
  defineMethod({
    name: "exec.approval.waitDecision",
    summary: "Waits for the word about a question that was asked with twoPhase.",
    params: Strict({ id: ApprovalId }),
    result: Strict({ ...outcomeProperties, terminalReason: Type.Optional(NonEmptyString) }),
    access: { v3: "never", v4: "approvals" },
    idempotency: "safe",
    handle: async ({ id }, { execApprovals }, { signal }) => {
      const outcome = await execApprovals.wait(id, signal);
      const { terminalReason } = outcome ?? {};
      return { ...answerOf(outcome), ...(terminalReason === undefined ? {} : { terminalReason }) };
    },
  }),
  defineMethod({
    name: "exec.approval.resolve",
    summary: "Gives the owner's word: allow-once, allow-always or deny. Not for who asked.",
    params: Strict({
      id: ApprovalId,
      decision: NonEmptyString,
      reviewer: Type.Optional(Strict({ channel: NonEmptyString, accountId: NonEmptyString, senderId: NonEmptyString })),
    }),
    result: Strict({ ok: Type.Literal(true) }),
    access: "approvals",
    idempotency: "none",
    handle: ({ id, decision }, { execApprovals }, call) => {
      inWordsOf(call, () => {
        const isKnown = execDecisions.some((one) => one === decision);
        if (isKnown && call.caller.version === 3) execApprovals.get(id); // There a word counts once.
        execApprovals.resolve(id, decision, partyOf(call));
      });
      return { ok: true as const };
    },
  }),
  defineMethod({
    name: "exec.approval.list",
    summary: "What waits for a word.",
    params: NoParams,
    result: Type.Array(ExecApproval),
    access: { v3: "admin", v4: "approvals" },
    idempotency: "safe",
    handle: (_params, { execApprovals }) => execApprovals.list(),
  }),
  defineMethod({
    name: "exec.approval.get",
    summary: "One question that waits.",
    params: Strict({ id: ApprovalId }),
    result: ExecApproval,
    access: { v3: "admin", v4: "approvals" },
    idempotency: "safe",
    handle: ({ id }, { execApprovals }) => execApprovals.get(id),
  }),
];

function questionOf(params: typeof RequestParams.static): ExecQuestion {
  const { id, command, env, systemRunPlan: plan, warningText, timeoutMs } = params;
  const text = (name: "cwd" | "host" | "security" | "ask" | "agentId" | "resolvedPath" | "sessionKey" | "nodeId") =>
    params[name] ?? null;
  return {
    id,
    command,
    argv: plan?.argv ?? params.commandArgv,
    env,
    cwd: plan?.cwd ?? text("cwd"),
    host: text("host"),
    security: text("security"),
    ask: text("ask"),
    agentId: plan?.agentId ?? text("agentId"),
    resolvedPath: text("resolvedPath"),
    sessionKey: plan?.sessionKey ?? text("sessionKey"),
    nodeId: text("nodeId"),
    warningText,
    timeoutMs,
  };
}

function answerOf(outcome: ExecOutcome | undefined) {
  if (!outcome) return fail("UNAVAILABLE", "the connection ended before the owner answered", { retryable: false });
  const { id, decision, createdAtMs, expiresAtMs } = outcome;
  return { id, decision, createdAtMs, expiresAtMs };
}

/** v3 peers know one text for everything that is no longer there. */
function inWordsOf({ caller }: Call, work: () => void): void {
  try {
    work();
  } catch (error) {
    const isUnknown =
      error instanceof GatewayError && error.message !== "invalid decision" && error.code === "INVALID_REQUEST";
    if (caller.version === 3 && isUnknown) fail("INVALID_REQUEST", "unknown approval id");
    throw error;
  }
}
