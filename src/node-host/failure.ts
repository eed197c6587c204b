/** Why a command was not done, in the codes of the protocol (`protocol/nodes.md` sections 5 and 6). */
import type { TSchema } from "@sinclair/typebox";
import { GatewayError } from "../lib/errors.ts";
import type { Validator } from "../lib/validate.ts";

/** Codes that a headless host answers with. */
export type FailureCode = "INVALID_REQUEST" | "UNAVAILABLE";

/** Thrown by commands for what the gateway is to be told; anything else that they throw is a bug. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws for parameters that cannot be meant. */
export function invalid(message: string): never {
  throw new CommandFailure("INVALID_REQUEST", message);
}

/** Throws for what cannot be done here, or now. */
export function unavailable(message: string): never {
  throw new CommandFailure("UNAVAILABLE", message);
}

/** What anything thrown means for the gateway; undefined for a bug. */
export function failureOf(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof CommandFailure || error instanceof GatewayError)
    return { code: error.code, message: error.message };
  return undefined;
}

/** The parameters in their declared shape. Throws `INVALID_REQUEST`. */
export function readParams<T extends TSchema>(shape: Validator<T>, params: unknown): T["static"] {
  return shape.check(params) ? params : invalid(shape.problems(params, 4));
}
