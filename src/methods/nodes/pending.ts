/** What waits for a node that is away, or whose app is in the background (`protocol/nodes.md` section 3). */
import { Type } from "@sinclair/typebox";
import { NodePendingItem, pendingKinds } from "#schemas/nodes.ts";
import { NonEmptyString, NoParams, Nullable, OneOf, Strict, TimestampMs } from "#schemas/primitives.ts";
import type { Call } from "../../gateway/dispatch.ts";
import { GatewayError } from "../../lib/errors.ts";
import { errorOf } from "../../nodes/failures.ts";
import { defineMethod } from "../define.ts";
import { NodeId } from "./list.ts";

const Count = Type.Integer({ minimum: 0 });

export const nodePendingMethods = [
  defineMethod({
    name: "node.pending.enqueue",
    summary: "Leaves a hint for a node to report its status or its place when it is back.",
    params: Strict({
      nodeId: NodeId,
      type: OneOf(pendingKinds),
      priority: Type.Optional(OneOf(["normal", "high"])),
      expiresInMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 86_400_000 })),
      wake: Type.Optional(Type.Boolean()),
    }),
    result: Strict({ nodeId: NonEmptyString, revision: Count, queued: NodePendingItem, wakeTriggered: Type.Boolean() }),
    access: { v3: "admin", v4: "write" },
    idempotency: "safe",
    handle: ({ nodeId, type, priority, expiresInMs }, { nodes }, { caller }) => {
      if (!nodes.isPaired(nodeId)) throw errorOf({ ok: false, reason: "unknown" }, "", caller.version);
      return { nodeId, ...nodes.pending.enqueue(nodeId, { type, priority, expiresInMs }), wakeTriggered: false };
    },
  }),
  defineMethod({
    name: "node.pending.drain",
    summary: "Hands the calling node the hints that were left for it.",
    params: Strict({ maxItems: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })) }),
    result: Strict({
      nodeId: NonEmptyString,
      revision: Count,
      items: Type.Array(NodePendingItem),
      hasMore: Type.Boolean(),
    }),
    access: { v3: "never", v4: "node" },
    idempotency: "none",
    handle: ({ maxItems }, { nodes }, call) => {
      const nodeId = ownId(call);
      return { nodeId, ...nodes.pending.drain(nodeId, maxItems) };
    },
  }),
  defineMethod({
    name: "node.pending.pull",
    summary: "The commands that wait for the calling node's app to be in the foreground.",
    params: NoParams,
    result: Strict({
      nodeId: NonEmptyString,
      actions: Type.Array(
        Strict({
          id: NonEmptyString,
          command: NonEmptyString,
          paramsJSON: Nullable(Type.String()),
          enqueuedAtMs: TimestampMs,
        }),
      ),
    }),
    access: { v3: "never", v4: "node" },
    idempotency: "safe",
    handle: (_params, { nodes }, call) => {
      const nodeId = ownId(call);
      const actions = nodes.pending.pull(nodeId).map(({ id, command, paramsJSON, enqueuedAtMs }) => {
        return { id, command, paramsJSON, enqueuedAtMs };
      });
      return { nodeId, actions };
    },
  }),
  defineMethod({
    name: "node.pending.ack",
    summary: "The calling node has done these.",
    params: Strict({ ids: Type.Array(NonEmptyString, { minItems: 1, maxItems: 64 }) }),
    result: Strict({ nodeId: NonEmptyString, ackedIds: Type.Array(NonEmptyString), remainingCount: Count }),
    access: { v3: "never", v4: "node" },
    idempotency: "safe",
    handle: ({ ids }, { nodes }, call) => {
      const nodeId = ownId(call);
      return { nodeId, ...nodes.pending.acknowledge(nodeId, ids) };
    },
  }),
];

function ownId({ caller }: Call): string {
  if (caller.deviceId === undefined) throw new GatewayError("NOT_PAIRED", "device identity required");
  return caller.deviceId;
}
