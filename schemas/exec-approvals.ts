/** What may be run on a host, and how its owner is asked (`protocol/nodes.md` section 7). */
import { type Static, Type } from "@sinclair/typebox";
import { NonEmptyString, Nullable, OneOf, Strict, TimestampMs } from "./primitives.ts";

/** From strict to lax: nothing, what is on the list, everything. */
export const execSecurities = ["deny", "allowlist", "full"] as const;
export type ExecSecurity = (typeof execSecurities)[number];

/** From lax to strict: ask never, ask when the list does not have it, ask always. */
export const execAsks = ["off", "on-miss", "always"] as const;
export type ExecAsk = (typeof execAsks)[number];

/** What an owner answers. */
export const execDecisions = ["allow-once", "allow-always", "deny"] as const;
export type ExecDecision = (typeof execDecisions)[number];

const policy = {
  security: Type.Optional(Type.String()),
  ask: Type.Optional(Type.String()),
  askFallback: Type.Optional(Type.String()),
  autoAllowSkills: Type.Optional(Type.Boolean()),
};

/** One executable, by a glob over its resolved path. */
export const ExecAllowlistEntry = Strict(
  {
    id: Type.Optional(NonEmptyString),
    pattern: Type.String(),
    lastUsedAt: Type.Optional(TimestampMs),
    lastUsedCommand: Type.Optional(Type.String()),
    lastResolvedPath: Type.Optional(Type.String()),
  },
  { $id: "ExecAllowlistEntry" },
);
export type ExecAllowlistEntry = Static<typeof ExecAllowlistEntry>;

/** The rules of one agent; what is missing comes from `*`, then from the defaults. */
export const ExecAgentRules = Strict(
  { ...policy, allowlist: Type.Optional(Type.Array(ExecAllowlistEntry)) },
  { $id: "ExecAgentRules" },
);
export type ExecAgentRules = Static<typeof ExecAgentRules>;

/** The file of rules, as it lies on a host and travels. */
export const ExecApprovalsFile = Strict(
  {
    version: Type.Literal(1),
    socket: Type.Optional(Strict({ path: Type.Optional(Type.String()), token: Type.Optional(Type.String()) })),
    defaults: Type.Optional(Strict(policy)),
    agents: Type.Optional(Type.Record(Type.String(), ExecAgentRules)),
  },
  { $id: "ExecApprovalsFile" },
);
export type ExecApprovalsFile = Static<typeof ExecApprovalsFile>;

/** The file with what a later write must name. */
export const ExecApprovalsSnapshot = Strict(
  {
    path: NonEmptyString,
    exists: Type.Boolean(),
    hash: NonEmptyString,
    file: ExecApprovalsFile,
    resolvedDefaults: Type.Optional(
      Strict({
        security: OneOf(execSecurities),
        ask: OneOf(execAsks),
        askFallback: OneOf(execSecurities),
        autoAllowSkills: Type.Boolean(),
      }),
    ),
  },
  { $id: "ExecApprovalsSnapshot" },
);
export type ExecApprovalsSnapshot = Static<typeof ExecApprovalsSnapshot>;

const text = Nullable(Type.String());

/** What the owner is shown: whole, with everything invisible made visible (threats T10). */
export const ExecApprovalShown = Strict(
  {
    command: Type.String(),
    commandLength: Type.Optional(Type.Integer({ minimum: 0, description: "characters of the command itself" })),
    commandArgv: Type.Optional(Type.Array(Type.String())),
    env: Type.Optional(Type.Record(Type.String(), Type.String())),
    cwd: text,
    host: text,
    security: text,
    ask: text,
    agentId: text,
    resolvedPath: text,
    sessionKey: text,
    nodeId: Type.Optional(text),
    warningText: Type.Optional(text),
  },
  { $id: "ExecApprovalShown" },
);
export type ExecApprovalShown = Static<typeof ExecApprovalShown>;

/** A question that waits; payload of `exec.approval.requested`. */
export const ExecApproval = Strict(
  { id: NonEmptyString, request: ExecApprovalShown, createdAtMs: TimestampMs, expiresAtMs: TimestampMs },
  { $id: "ExecApproval" },
);
export type ExecApproval = Static<typeof ExecApproval>;

/** Payload of `exec.approval.resolved`. */
export const ExecApprovalResolved = Strict(
  {
    id: NonEmptyString,
    decision: OneOf(execDecisions),
    resolvedBy: Type.Optional(Nullable(NonEmptyString)),
    ts: TimestampMs,
  },
  { $id: "ExecApprovalResolved" },
);
export type ExecApprovalResolved = Static<typeof ExecApprovalResolved>;
