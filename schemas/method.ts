/**
 * What a method and an event declare about themselves, as data.
 * The emitters, the dispatcher and the CLI read these; no second list exists.
 */
import type { TSchema } from "@sinclair/typebox";

/** The protocol generations we speak (design D6). */
export type ProtocolVersion = 3 | 4;

/** Operator scopes without their `operator.` prefix. */
export const scopeNames = ["read", "write", "admin", "approvals", "pairing"] as const;
export type ScopeName = (typeof scopeNames)[number];

/** Who may call a method: an operator scope, or the `node` role. */
export type Access = ScopeName | "node";

/** The wire description of one RPC method. */
export interface MethodSpec {
  name: string;
  summary: string;
  params: TSchema;
  result: TSchema;
  /** One access rule, or one per generation where `protocol/methods.md` tells them apart; `never`: unknown to it. */
  access: Access | { v3: Access | "never"; v4: Access | "never" };
  /** `none`: every call acts; `safe`: repeat freely; `keyed`: replayed by `params.idempotencyKey`. */
  idempotency: "none" | "safe" | "keyed";
}

/** Who may receive an event: everyone, or operators holding a scope. */
export type Guard = "everyone" | ScopeName;

/** The wire description of one pushed event. */
export interface EventSpec {
  name: string;
  summary: string;
  payload: TSchema;
  guard: { v3: Guard | "never"; v4: Guard | "never" };
  /** Skipped for a reader whose buffer is full, instead of closing it (`protocol/handshake.md` section 12). */
  isDroppable: boolean;
}
