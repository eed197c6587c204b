/** Who is connected, as everyone sees it (`protocol/events.md` section 5). */
import { type Static, Type } from "@sinclair/typebox";
import { NonEmptyString, Strict, TimestampMs } from "./primitives.ts";

/** One client, node or the gateway itself. */
export const PresenceEntry = Strict(
  {
    host: Type.Optional(NonEmptyString),
    ip: Type.Optional(NonEmptyString),
    version: Type.Optional(NonEmptyString),
    platform: Type.Optional(NonEmptyString),
    deviceFamily: Type.Optional(NonEmptyString),
    modelIdentifier: Type.Optional(NonEmptyString),
    timeZone: Type.Optional(NonEmptyString),
    mode: Type.Optional(NonEmptyString),
    lastInputSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
    reason: Type.Optional(NonEmptyString),
    tags: Type.Optional(Type.Array(NonEmptyString)),
    text: Type.Optional(Type.String()),
    ts: TimestampMs,
    deviceId: Type.Optional(NonEmptyString),
    roles: Type.Optional(Type.Array(NonEmptyString)),
    scopes: Type.Optional(Type.Array(NonEmptyString)),
    instanceId: Type.Optional(NonEmptyString),
  },
  { $id: "PresenceEntry" },
);
export type PresenceEntry = Static<typeof PresenceEntry>;

/** Payload of `presence`. */
export const PresenceEvent = Strict({ presence: Type.Array(PresenceEntry) }, { $id: "PresenceEvent" });
