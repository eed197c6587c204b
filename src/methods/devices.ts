/** Devices: who waits, who is approved, and their tokens (`protocol/handshake.md` sections 10 and 11). */
import { Type } from "@sinclair/typebox";
import { PairedDevice, PendingDevice } from "#schemas/devices.ts";
import { NonEmptyString, NoParams, OneOf, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import { ADMIN, hasScope } from "../devices/scopes.ts";
import type { Call } from "../gateway/dispatch.ts";
import { deadline } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";

/** How long one `device.scopes.waitUpgrade` waits; the request itself lives as long as a pairing request. */
const WAIT_MS = 5 * 60 * 1000;

const RequestId = ShortString(128);
const Scopes = Type.Array(NonEmptyString, { maxItems: 32 });

export const devicesMethods = [
  defineMethod({
    name: "device.pair.list",
    summary: "Devices that wait for approval, and approved ones.",
    params: NoParams,
    result: Strict({ pending: Type.Array(PendingDevice), paired: Type.Array(PairedDevice) }),
    access: "pairing",
    idempotency: "safe",
    handle: (_params, { devices, self }) => ({
      pending: devices.pending(),
      paired: devices.paired().map((device) => ({ ...device, connected: self.isDeviceConnected(device.deviceId) })),
    }),
  }),
  defineMethod({
    name: "device.pair.approve",
    summary: "Approves a waiting device for what it asks. The approver must hold every scope it grants.",
    params: Strict({ requestId: RequestId }),
    result: Strict({ requestId: NonEmptyString, device: PairedDevice }),
    access: "pairing",
    idempotency: "none",
    handle: ({ requestId }, { devices }, { caller }) => devices.approve(requestId, caller),
  }),
  defineMethod({
    name: "device.pair.reject",
    summary: "Refuses a waiting device.",
    params: Strict({ requestId: RequestId }),
    result: Strict({ requestId: NonEmptyString, deviceId: NonEmptyString }),
    access: "pairing",
    idempotency: "none",
    handle: ({ requestId }, { devices }) => devices.reject(requestId),
  }),
  defineMethod({
    name: "device.pair.remove",
    summary: "Forgets a device; its sockets close.",
    params: Strict({ deviceId: NonEmptyString }),
    result: Strict({ deviceId: NonEmptyString }),
    access: { v3: "admin", v4: "pairing" },
    idempotency: "none",
    handle: ({ deviceId }, { devices }, call) => {
      requireOwnOrAdmin(deviceId, "operator", call, "device removal denied");
      return devices.remove(deviceId);
    },
  }),
  defineMethod({
    name: "device.pair.rename",
    summary: "Gives a device a name.",
    params: Strict({ deviceId: NonEmptyString, label: ShortString(64) }),
    result: Strict({ deviceId: NonEmptyString, label: NonEmptyString }),
    access: { v3: "admin", v4: "pairing" },
    idempotency: "safe",
    handle: ({ deviceId, label }, { devices }) => devices.rename(deviceId, label),
  }),
  defineMethod({
    name: "device.token.rotate",
    summary: "Replaces a device's token. v4 peers see the new one only when it is their own.",
    params: Strict({ deviceId: NonEmptyString, role: NonEmptyString, scopes: Type.Optional(Scopes) }),
    result: Strict({
      deviceId: NonEmptyString,
      role: NonEmptyString,
      token: Type.Optional(NonEmptyString),
      scopes: Type.Array(NonEmptyString),
      rotatedAtMs: TimestampMs,
      tokenDelivery: Type.Optional(OneOf(["in-band", "withheld-cross-device"])),
    }),
    access: "pairing",
    idempotency: "none",
    handle: ({ deviceId, role, scopes }, { devices }, call) => {
      requireOwnOrAdmin(deviceId, role, call, "device token rotation denied");
      const { caller } = call;
      const rotated = devices.rotate(deviceId, role, scopes, caller);
      const facts = { deviceId, role, scopes: rotated.scopes, rotatedAtMs: rotated.rotatedAtMs ?? rotated.createdAtMs };
      if (caller.version === 3) return { ...facts, token: rotated.token };
      return caller.deviceId === deviceId && caller.isByDeviceToken
        ? { ...facts, token: rotated.token, tokenDelivery: "in-band" as const }
        : { ...facts, tokenDelivery: "withheld-cross-device" as const };
    },
  }),
  defineMethod({
    name: "device.token.revoke",
    summary: "Makes a device's token useless; its sockets close.",
    params: Strict({ deviceId: NonEmptyString, role: NonEmptyString }),
    result: Strict({ deviceId: NonEmptyString, role: NonEmptyString, revokedAtMs: TimestampMs }),
    access: "pairing",
    idempotency: "none",
    handle: ({ deviceId, role }, { devices }, call) => {
      requireOwnOrAdmin(deviceId, role, call, "device token revocation denied");
      return devices.revoke(deviceId, role);
    },
  }),
  defineMethod({
    name: "device.scopes.requestUpgrade",
    summary: "Asks the owner to let this device do more; must name the scopes it has, too.",
    params: Strict({ scopes: Type.Array(NonEmptyString, { minItems: 1, maxItems: 8 }) }),
    result: Strict({ requestId: NonEmptyString }),
    access: { v3: "admin", v4: "read" },
    idempotency: "none",
    handle: ({ scopes }, { devices }, { caller }) => {
      const { deviceId, role } = caller;
      if (deviceId === undefined) return fail("INVALID_REQUEST", "only a paired device can ask for more scopes");
      if (!caller.scopes.every((scope) => scopes.includes(scope)))
        fail("INVALID_REQUEST", "scopes must include the current ones");
      return { requestId: devices.requestUpgrade(deviceId, role, scopes).requestId };
    },
  }),
  defineMethod({
    name: "device.scopes.waitUpgrade",
    summary: "Waits for the owner's decision about such a request.",
    params: Strict({ requestId: RequestId }),
    result: Strict({
      status: OneOf(["approved", "rejected", "expired"]),
      requestId: NonEmptyString,
      deviceToken: Type.Optional(NonEmptyString),
      scopes: Type.Optional(Type.Array(NonEmptyString)),
    }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: async ({ requestId }, { devices, clock }, { caller, signal }) => {
      const { deviceId, role } = caller;
      const own = devices.pending().find((pending) => pending.requestId === requestId && pending.deviceId === deviceId);
      if (deviceId === undefined || !own) return fail("INVALID_REQUEST", "unknown requestId");
      const decision = await devices.decision(requestId, AbortSignal.any([signal, deadline(clock, WAIT_MS)]));
      if (decision !== "approved") return { status: decision ?? ("expired" as const), requestId };
      const { token, scopes } = devices.ensureToken(deviceId, role, own.scopes);
      return { status: "approved" as const, requestId, deviceToken: token, scopes };
    },
  }),
];

/** v4: a caller without admin manages its own device only, and no node tokens (`protocol/handshake.md` section 10). */
function requireOwnOrAdmin(deviceId: string, role: string, { caller }: Call, refusal: string): void {
  if (hasScope(caller.scopes, ADMIN)) return;
  if (caller.deviceId !== deviceId || role !== "operator") fail("INVALID_REQUEST", refusal);
}
