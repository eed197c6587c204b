/**
 * What stands before `system.run` on its way to a node: a claim to be approved counts only with an approval of this very
 * command, and a text that is not that of the arguments is refused, because hosts judge by the one and run the other
 * (threats T09).
 */
import type { ProtocolVersion } from "#schemas/method.ts";
import { fail } from "../lib/errors.ts";
import { isTextOf } from "../lib/exec/binding.ts";
import type { Ids } from "../lib/ids.ts";
import type { ExecApprovals, ExecParty } from "./approvals.ts";

/** The command this file is about. */
export const SYSTEM_RUN = "system.run";

type Params = Record<string, unknown>;

/** The parameters as the node gets them, and the run they belong to. */
export interface CheckedRun {
  params: Params;
  runId: string | undefined;
  sessionKey: string | undefined;
}

/** Checks a `system.run`. Throws `INVALID_REQUEST`: malformed, or `approval required`. */
export function checkRun(
  asked: unknown,
  given: { nodeId: string; version: ProtocolVersion; by: ExecParty; approvals: ExecApprovals; ids: Ids },
): CheckedRun {
  const { nodeId, version, by, approvals, ids } = given;
  const params = isObject(asked) ? asked : fail("INVALID_REQUEST", "system.run needs its parameters as an object");
  const argv = argvOf(params["command"]);
  const { rawCommand } = params;
  if (
    rawCommand !== undefined &&
    rawCommand !== null &&
    !(typeof rawCommand === "string" && isTextOf(rawCommand, argv))
  )
    fail("INVALID_REQUEST", "rawCommand does not say what command runs");
  // Nobody but us says that something was approved.
  const { approved, approvalDecision, approvalHash: _h, approvalExpiresAtMs: _e, ...rest } = params;
  const runId = textOf(params, "runId");
  const sessionKey = textOf(params, "sessionKey");
  const isClaimed =
    (approved !== undefined && approved !== false && approved !== null) || (approvalDecision ?? "") !== "";
  if (!isClaimed) {
    const ownId = runId ?? (version === 4 ? ids.uuid() : undefined);
    return { params: { ...rest, ...(ownId === undefined ? {} : { runId: ownId }) }, runId: ownId, sessionKey };
  }
  const execution = {
    id: runId ?? "",
    argv,
    env: envOf(params["env"]),
    cwd: textOf(params, "cwd") ?? null,
    agentId: textOf(params, "agentId") ?? null,
    sessionKey: sessionKey ?? null,
    resolvedPath: textOf(params, "resolvedPath") ?? null,
    nodeId,
  };
  const granted = approvals.use(execution, by);
  if (!granted)
    return fail("INVALID_REQUEST", "approval required", {
      details: { code: "APPROVAL_REQUIRED", command: SYSTEM_RUN },
    });
  const { decision, hash, expiresAtMs } = granted;
  const approval = { approved: true, approvalDecision: decision, approvalHash: hash, approvalExpiresAtMs: expiresAtMs };
  return { params: { ...rest, ...approval }, runId, sessionKey };
}

function argvOf(value: unknown): string[] {
  const isArgv = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
  return isArgv ? value : fail("INVALID_REQUEST", "system.run needs command: a list of texts");
}

function envOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const isEnv = isObject(value) && Object.values(value).every((item) => typeof item === "string");
  return isEnv ? (value as Record<string, string>) : fail("INVALID_REQUEST", "env must map names to texts");
}

function textOf(params: Params, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : fail("INVALID_REQUEST", `${name} must be a text`);
}

function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
