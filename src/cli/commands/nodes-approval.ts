/** `moltbot nodes approve`, `reject`, `remove` and `rename`. */
import type { NodePairRequest, PairedNode } from "#schemas/nodes.ts";
import type { GatewayClient } from "../../client/client.ts";
import type { Cli } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { CommandError } from "../exit-codes.ts";
import { cleanLine } from "../terminal.ts";
import { findNode, nameOf, nodeArg, pickNode } from "./nodes-link.ts";

const request = {
  type: "positional",
  required: true,
  description: "id of the request from nodes pending, or the node that asks",
} as const;

export const nodesApprove = defineLeaf({
  name: "approve",
  summary: "Let a node do what it offers",
  args: { request },
  async run(args, cli) {
    // Commands that run programs take an admin to approve; the caller must hold it, so it asks for all.
    await using client = await cli.connect(["admin"]);
    const { requestId } = await findRequest(client, cli, args.request);
    const result = await client.request<{ node: PairedNode }>("node.pair.approve", { requestId }, cli.requestOptions());
    cli.print(result, () => `approved ${nameOf(result.node)}: ${cleanLine((result.node.commands ?? []).join(" "))}`);
  },
});

export const nodesReject = defineLeaf({
  name: "reject",
  summary: "Refuse what a node offers; what was approved before stays",
  args: { request },
  async run(args, cli) {
    await using client = await cli.connect(["pairing"]);
    const found = await findRequest(client, cli, args.request);
    const { requestId } = found;
    const result = await client.request("node.pair.reject", { requestId }, cli.requestOptions());
    cli.print(result, () => `rejected ${nameOf(found)}`);
  },
});

export const nodesRemove = defineLeaf({
  name: "remove",
  summary: "Take back the approval of a node; it has to be approved anew",
  args: { node: nodeArg, yes: { type: "boolean", description: "do not ask" } },
  async run(args, cli) {
    await using client = await cli.connect(["pairing", "read"]);
    const node = await findNode(client, cli, args.node);
    await cli.confirm(`Take back the approval of ${nameOf(node)}?`, args.yes === true);
    const result = await client.request("node.pair.remove", { nodeId: node.nodeId }, cli.requestOptions());
    cli.print(result, () => `${nameOf(node)} may do nothing now`);
  },
});

export const nodesRename = defineLeaf({
  name: "rename",
  summary: "Give a node a name",
  args: { node: nodeArg, name: { type: "positional", required: true, description: "the name" } },
  async run(args, cli) {
    await using client = await cli.connect(["pairing", "read"]);
    const node = await findNode(client, cli, args.node);
    const params = { nodeId: node.nodeId, displayName: args.name };
    const result = await client.request("node.rename", params, cli.requestOptions());
    cli.print(result, () => `${nameOf(node)} is called ${cleanLine(args.name)} now`);
  },
});

/** The request that is meant: by its id, or by the node that made it. */
async function findRequest(client: GatewayClient, cli: Cli, given: string): Promise<NodePairRequest> {
  const { pending } = await client.request<{ pending: NodePairRequest[] }>("node.pair.list", {}, cli.requestOptions());
  const named = pending.find(({ requestId }) => requestId === given);
  if (named) return named;
  if (pending.length === 0) throw new CommandError("failed", "nothing waits for approval", { code: "NOTHING_WAITS" });
  return pickNode(pending, given);
}
