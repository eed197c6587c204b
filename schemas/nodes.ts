/** Nodes: devices that do things when asked, how they are listed, approved and called (`protocol/nodes.md`). */
import { type Static, Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, Nullable, OneOf, Strict, TimestampMs } from "./primitives.ts";

const Names = Type.Array(NonEmptyString);
const Permissions = Type.Record(Type.String(), Type.Boolean());

/** What a node says about itself. */
const described = {
  displayName: Type.Optional(NonEmptyString),
  platform: Type.Optional(NonEmptyString),
  version: Type.Optional(NonEmptyString),
  deviceFamily: Type.Optional(NonEmptyString),
  modelIdentifier: Type.Optional(NonEmptyString),
  remoteIp: Type.Optional(NonEmptyString),
  clientId: Type.Optional(NonEmptyString),
  clientMode: Type.Optional(NonEmptyString),
};

/** How far the owner has approved what a node offers. */
export const approvalStates = ["approved", "pending-approval", "pending-reapproval", "unapproved"] as const;

export const nodeRowProperties = {
  nodeId: NonEmptyString,
  ...described,
  caps: Names,
  commands: Names,
  permissions: Type.Optional(Permissions),
  pathEnv: Type.Optional(Type.String()),
  paired: Type.Boolean(),
  connected: Type.Boolean(),
  connectedAtMs: Type.Optional(TimestampMs),
  sessionHost: Type.Optional(Type.Boolean()),
  nodePluginTools: Type.Optional(Type.Array(AnyObject)),
  approvalState: Type.Optional(OneOf(approvalStates)),
  pendingRequestId: Type.Optional(NonEmptyString),
  pendingDeclaredCaps: Type.Optional(Names),
  pendingDeclaredCommands: Type.Optional(Names),
  pendingDeclaredPermissions: Type.Optional(Permissions),
  lastConnectedAtMs: Type.Optional(TimestampMs),
  lastDisconnectedAtMs: Type.Optional(TimestampMs),
  lastSeenAtMs: Type.Optional(TimestampMs),
  lastSeenReason: Type.Optional(NonEmptyString),
  approvedAtMs: Type.Optional(TimestampMs),
};

/** A node as the list shows it; v3 peers see the first half. */
export const NodeRow = Strict(nodeRowProperties, { $id: "NodeRow" });
export type NodeRow = Static<typeof NodeRow>;

/** What a node offers, waiting for its owner; payload of `node.pair.requested`. */
export const NodePairRequest = Strict(
  {
    requestId: NonEmptyString,
    nodeId: NonEmptyString,
    ...described,
    coreVersion: Type.Optional(NonEmptyString),
    uiVersion: Type.Optional(NonEmptyString),
    caps: Type.Optional(Names),
    commands: Type.Optional(Names),
    permissions: Type.Optional(Permissions),
    requiredApproveScopes: Type.Optional(Names),
    silent: Type.Optional(Type.Boolean()),
    isRepair: Type.Optional(Type.Boolean()),
    ts: TimestampMs,
  },
  { $id: "NodePairRequest" },
);
export type NodePairRequest = Static<typeof NodePairRequest>;

/** A node whose offer was approved. `token` is there for entries made by `node.pair.request` only. */
export const PairedNode = Strict(
  {
    nodeId: NonEmptyString,
    ...described,
    coreVersion: Type.Optional(NonEmptyString),
    uiVersion: Type.Optional(NonEmptyString),
    token: Type.Optional(NonEmptyString),
    caps: Type.Optional(Names),
    commands: Type.Optional(Names),
    permissions: Type.Optional(Permissions),
    createdAtMs: TimestampMs,
    approvedAtMs: TimestampMs,
    lastConnectedAtMs: Type.Optional(TimestampMs),
    lastDisconnectedAtMs: Type.Optional(TimestampMs),
    lastSeenAtMs: Type.Optional(TimestampMs),
    lastSeenReason: Type.Optional(NonEmptyString),
  },
  { $id: "PairedNode" },
);
export type PairedNode = Static<typeof PairedNode>;

/** Payload of `node.pair.resolved`. */
export const NodePairResolved = Strict(
  {
    requestId: NonEmptyString,
    nodeId: NonEmptyString,
    decision: OneOf(["approved", "rejected", "removed"]),
    ts: TimestampMs,
  },
  { $id: "NodePairResolved" },
);
export type NodePairResolved = Static<typeof NodePairResolved>;

/** Payload of `node.invoke.request`, sent to the node it names. */
export const NodeInvokeRequest = Strict(
  {
    id: NonEmptyString,
    nodeId: NonEmptyString,
    command: NonEmptyString,
    paramsJSON: Nullable(Type.String()),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
    idempotencyKey: NonEmptyString,
  },
  { $id: "NodeInvokeRequest" },
);
export type NodeInvokeRequest = Static<typeof NodeInvokeRequest>;

/** Payload of `node.invoke.cancel`: nobody waits for the answer any more. */
export const NodeInvokeCancel = Strict(
  { invokeId: NonEmptyString, nodeId: NonEmptyString },
  { $id: "NodeInvokeCancel" },
);

/** Payload of `node.invoke.input`: more input for an invocation under way, in order of `seq`. */
export const NodeInvokeInput = Strict(
  {
    id: NonEmptyString,
    nodeId: NonEmptyString,
    seq: Type.Integer({ minimum: 0 }),
    payloadJSON: Type.String({ maxLength: 16_384 }),
  },
  { $id: "NodeInvokeInput" },
);

/** What a node that is away shall look after when it is back. */
export const pendingKinds = ["status.request", "location.request"] as const;

/** One piece of work that waits for a node. */
export const NodePendingItem = Strict(
  {
    id: NonEmptyString,
    type: OneOf(pendingKinds),
    priority: OneOf(["default", "normal", "high"]),
    createdAtMs: TimestampMs,
    expiresAtMs: Type.Optional(Nullable(TimestampMs)),
  },
  { $id: "NodePendingItem" },
);
export type NodePendingItem = Static<typeof NodePendingItem>;

/** Payload of `voicewake.changed`. */
export const VoiceWake = Strict({ triggers: Type.Array(Type.String()) }, { $id: "VoiceWake" });
export type VoiceWake = Static<typeof VoiceWake>;

/** Where a spoken word goes. One rule exists here: to the current session. */
export const VoiceWakeRouting = Strict(
  {
    config: Strict({
      version: Type.Literal(1),
      defaultTarget: Strict({ mode: Type.Literal("current") }),
      routes: Type.Array(AnyObject),
      updatedAtMs: TimestampMs,
    }),
  },
  { $id: "VoiceWakeRouting" },
);
export type VoiceWakeRouting = Static<typeof VoiceWakeRouting>;
