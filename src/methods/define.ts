/** One declaration per RPC method: what it is called, takes, gives, who may call it, and what it does (style.md 3). */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Access, MethodSpec, ProtocolVersion } from "#schemas/method.ts";
import type { Call, Method } from "../gateway/dispatch.ts";
import { fail } from "../lib/errors.ts";
import { validator } from "../lib/validate.ts";
import type { Services } from "./services.ts";

/** What is written per method; everything else derives from it. */
export interface MethodDeclaration<P extends TSchema, R extends TSchema> extends MethodSpec {
  params: P;
  result: R;
  /** A v4 access that depends on the parameters, where it is not the declared one. */
  accessFor?(params: Static<P>): Access | undefined;
  /** The work remembers its own key: see {@link Method}. */
  remembersKey?: true;
  resumes?: true;
  /** The refusal of parameters that some generation words in its own way. */
  refusal?(params: unknown, version: ProtocolVersion): string | undefined;
  /** Does the work. Returns or throws; sees only validated parameters. */
  handle(params: Static<P>, app: Services, call: Call): Static<R> | Promise<Static<R>>;
}

/** A declared method, not yet bound to the services it needs. */
export interface DefinedMethod extends MethodSpec {
  bind(app: Services): Method;
}

/** Declares a method. */
export function defineMethod<P extends TSchema, R extends TSchema>(
  declaration: MethodDeclaration<P, R>,
): DefinedMethod {
  const {
    name,
    summary,
    params,
    result,
    access,
    idempotency,
    accessFor,
    refusal,
    remembersKey = false,
    resumes = false,
  } = declaration;
  const check = validator(params);
  const parse = (value: unknown, version: ProtocolVersion): Static<P> => {
    if (check.check(value)) return value;
    return fail(
      "INVALID_REQUEST",
      refusal?.(value, version) ?? `invalid ${name} params: ${check.problems(value, version)}`,
    );
  };
  const spec: MethodSpec = { name, summary, params, result, access, idempotency };
  return {
    ...spec,
    bind: (app) => ({
      ...spec,
      parse,
      remembersKey,
      resumes,
      handle: (value, call) => declaration.handle(value as Static<P>, app, call),
      ...(accessFor ? { accessFor: (value: unknown) => accessFor(value as Static<P>) } : {}),
    }),
  };
}
