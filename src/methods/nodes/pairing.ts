/** What nodes offer, and the owner's word about it (`protocol/nodes.md` section 1). */
import { Type } from "@sinclair/typebox";
import { NodePairRequest, NodePairResolved, PairedNode } from "#schemas/nodes.ts";
import { NonEmptyString, NoParams, OneOf, ShortString, Strict } from "#schemas/primitives.ts";
import { hasScope } from "../../devices/scopes.ts";
import { defineMethod } from "../define.ts";
import { NodeId } from "./list.ts";

const RequestId = ShortString(128);
const Text = Type.Optional(ShortString(256));
const Names = Type.Optional(Type.Array(ShortString(128), { maxItems: 256 }));

export const nodePairingMethods = [
  defineMethod({
    name: "node.pair.list",
    summary: "Nodes whose commands wait for approval, and those that have it.",
    params: NoParams,
    result: Strict({ pending: Type.Array(NodePairRequest), paired: Type.Array(PairedNode) }),
    access: "pairing",
    idempotency: "safe",
    handle: (_params, { nodes }, { caller }) => ({
      pending: nodes.surfaces.pending(),
      paired: nodes.surfaces.paired().map((node) => (caller.version === 3 ? node : withoutToken(node))),
    }),
  }),
  defineMethod({
    name: "node.pair.approve",
    summary: "Approves what a node offers. What it takes besides operator.pairing is in requiredApproveScopes.",
    params: Strict({ requestId: RequestId }),
    result: Strict({ requestId: NonEmptyString, node: PairedNode }),
    access: "pairing",
    idempotency: "none",
    handle: ({ requestId }, { nodes }, { caller }) => {
      const { node } = nodes.surfaces.approve(requestId, (scope) => hasScope(caller.scopes, scope));
      return { requestId, node: caller.version === 3 ? node : withoutToken(node) };
    },
  }),
  defineMethod({
    name: "node.pair.reject",
    summary: "Refuses what a node offers; what was approved before stays.",
    params: Strict({ requestId: RequestId }),
    result: Strict({ requestId: NonEmptyString, nodeId: NonEmptyString }),
    access: "pairing",
    idempotency: "none",
    handle: ({ requestId }, { nodes }) => nodes.surfaces.reject(requestId),
  }),
  defineMethod({
    name: "node.pair.remove",
    summary: "Takes back the approval of a node; its socket closes, and it has to be approved anew.",
    params: Strict({ nodeId: NodeId }),
    result: NodePairResolved,
    access: { v3: "admin", v4: "pairing" },
    idempotency: "none",
    handle: ({ nodeId }, { nodes }) => nodes.remove(nodeId),
  }),
  defineMethod({
    name: "node.pair.request",
    summary: "Leaves an entry for approval that is not a device of ours. For programs of v3.",
    params: Strict({
      nodeId: NodeId,
      displayName: Text,
      platform: Text,
      version: Text,
      coreVersion: Text,
      uiVersion: Text,
      deviceFamily: Text,
      modelIdentifier: Text,
      caps: Names,
      commands: Names,
      remoteIp: Text,
      silent: Type.Optional(Type.Boolean()),
    }),
    result: Strict({ status: OneOf(["pending"]), request: NodePairRequest, created: Type.Boolean() }),
    access: { v3: "pairing", v4: "never" },
    idempotency: "safe",
    handle: (params, { nodes }) => ({ status: "pending" as const, ...nodes.surfaces.request(params) }),
  }),
  defineMethod({
    name: "node.pair.verify",
    summary: "Whether a token is the one such an entry was approved with. For programs of v3.",
    params: Strict({ nodeId: NodeId, token: ShortString(4096) }),
    result: Strict({ ok: Type.Boolean(), node: Type.Optional(PairedNode) }),
    access: { v3: "pairing", v4: "never" },
    idempotency: "safe",
    handle: ({ nodeId, token }, { nodes }) => nodes.surfaces.verify(nodeId, token),
  }),
];

function withoutToken({ token: _token, ...node }: typeof PairedNode.static): typeof PairedNode.static {
  return node;
}
