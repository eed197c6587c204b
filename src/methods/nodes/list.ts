/** Nodes: which there are, and what they are called (`protocol/nodes.md` section 1). */
import { Type } from "@sinclair/typebox";
import { NodeRow, nodeRowProperties } from "#schemas/nodes.ts";
import { NonEmptyString, NoParams, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import { rowForV3 } from "../../nodes/rows.ts";
import { defineMethod } from "../define.ts";

/** The id of a node: its device id. Other spellings are unknown, not malformed. */
export const NodeId = ShortString(128);

export const nodeListMethods = [
  defineMethod({
    name: "node.list",
    summary: "Nodes that are paired or connected, connected ones first.",
    params: NoParams,
    result: Strict({ ts: TimestampMs, nodes: Type.Array(NodeRow) }),
    access: "read",
    idempotency: "safe",
    handle: (_params, { nodes, clock }, { caller }) => {
      const rows = nodes.list();
      return { ts: clock.now(), nodes: caller.version === 3 ? rows.map(rowForV3) : rows };
    },
  }),
  defineMethod({
    name: "node.describe",
    summary: "One node.",
    params: Strict({ nodeId: NodeId }),
    result: Strict({ ts: TimestampMs, ...nodeRowProperties }),
    access: "read",
    idempotency: "safe",
    handle: ({ nodeId }, { nodes, clock }, { caller }) => {
      const row = nodes.get(nodeId);
      return { ts: clock.now(), ...(caller.version === 3 ? rowForV3(row) : row) };
    },
  }),
  defineMethod({
    name: "node.rename",
    summary: "Gives a node a name.",
    params: Strict({ nodeId: NodeId, displayName: ShortString(64) }),
    result: Strict({ nodeId: NonEmptyString, displayName: NonEmptyString }),
    access: "pairing",
    idempotency: "safe",
    handle: ({ nodeId, displayName }, { nodes }) => nodes.rename(nodeId, displayName),
  }),
];
