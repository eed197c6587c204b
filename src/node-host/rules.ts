/** `system.execApprovals.get` and `.set`: the owner's rules of this host, read and replaced from the gateway. */
import { Type } from "@sinclair/typebox";
import { ExecApprovalsFile } from "#schemas/exec-approvals.ts";
import { Lenient, NonEmptyString, Nullable } from "#schemas/primitives.ts";
import type { ExecApprovalsDisk } from "../lib/exec/approvals-file.ts";
import { validator } from "../lib/validate.ts";
import { readParams } from "./failure.ts";

const shape = validator(Lenient({ file: ExecApprovalsFile, baseHash: Type.Optional(Nullable(NonEmptyString)) }));

/** The rules as they are; the file is made when it is missing. */
export function readRules(rules: ExecApprovalsDisk): object {
  return rules.snapshot();
}

/** Replaces them. Throws `INVALID_REQUEST` unless the version that is there is named. */
export function writeRules(rules: ExecApprovalsDisk, params: unknown): object {
  const { file, baseHash } = readParams(shape, params);
  return rules.replace(file, baseHash ?? undefined);
}
