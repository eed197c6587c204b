/** Parameters that several session methods share. */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, Nullable, ShortString } from "#schemas/primitives.ts";

/** A session key as callers spell it. */
export const Key = ShortString(512);
/** The agent a key without one belongs to. */
export const AgentId = Type.Optional(NonEmptyString);
/** A name the owner gives a session. */
export const Label = ShortString(512);
/** A setting that null clears. */
export const Level = Type.Optional(Nullable(NonEmptyString));
