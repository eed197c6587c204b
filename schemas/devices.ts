/** Devices, their pairing and their tokens (`protocol/handshake.md` sections 10 and 11). */
import { type Static, Type } from "@sinclair/typebox";
import { NonEmptyString, OneOf, Strict, TimestampMs } from "./primitives.ts";

const described = {
  displayName: Type.Optional(NonEmptyString),
  platform: Type.Optional(NonEmptyString),
  deviceFamily: Type.Optional(NonEmptyString),
  clientId: Type.Optional(NonEmptyString),
  clientMode: Type.Optional(NonEmptyString),
  role: Type.Optional(NonEmptyString),
  remoteIp: Type.Optional(NonEmptyString),
};

/** A device that waits for approval; payload of `device.pair.requested`. */
export const PendingDevice = Strict(
  {
    requestId: NonEmptyString,
    deviceId: NonEmptyString,
    publicKey: NonEmptyString,
    ...described,
    roles: Type.Array(NonEmptyString),
    scopes: Type.Array(NonEmptyString),
    silent: Type.Boolean(),
    isRepair: Type.Boolean(),
    ts: TimestampMs,
  },
  { $id: "PendingDevice" },
);
export type PendingDevice = Static<typeof PendingDevice>;

/** A device token without its value. */
export const TokenSummary = Strict(
  {
    role: NonEmptyString,
    scopes: Type.Array(NonEmptyString),
    createdAtMs: TimestampMs,
    rotatedAtMs: Type.Optional(TimestampMs),
    revokedAtMs: Type.Optional(TimestampMs),
    lastUsedAtMs: Type.Optional(TimestampMs),
  },
  { $id: "TokenSummary" },
);
export type TokenSummary = Static<typeof TokenSummary>;

/** How a device came to be approved. */
export const approvals = ["silent", "owner"] as const;

/** An approved device. */
export const PairedDevice = Strict(
  {
    deviceId: NonEmptyString,
    publicKey: NonEmptyString,
    ...described,
    label: Type.Optional(NonEmptyString),
    roles: Type.Array(NonEmptyString),
    scopes: Type.Array(NonEmptyString),
    approvedVia: OneOf(approvals),
    createdAtMs: TimestampMs,
    approvedAtMs: TimestampMs,
    lastSeenAtMs: Type.Optional(TimestampMs),
    connected: Type.Optional(Type.Boolean()),
    tokens: Type.Array(TokenSummary),
  },
  { $id: "PairedDevice" },
);
export type PairedDevice = Static<typeof PairedDevice>;

/** Payload of `device.pair.resolved`. */
export const DevicePairResolved = Strict(
  {
    requestId: NonEmptyString,
    deviceId: NonEmptyString,
    decision: OneOf(["approved", "rejected"]),
    ts: TimestampMs,
  },
  { $id: "DevicePairResolved" },
);
export type DevicePairResolved = Static<typeof DevicePairResolved>;
