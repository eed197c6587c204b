/** `moltbot nodes list`, `pending` and `describe`. */
import type { NodePairRequest, NodeRow } from "#schemas/nodes.ts";
import { defineLeaf } from "../command.ts";
import { cleanLine, formatAge } from "../terminal.ts";
import { findNode, nodeArg, SHORT_ID_CHARS } from "./nodes-link.ts";

const approvals: Readonly<Record<string, string>> = {
  approved: "",
  "pending-approval": "waits for approval",
  "pending-reapproval": "more waits for approval",
  unapproved: "not approved",
};

export const nodesList = defineLeaf({
  name: "list",
  summary: "List nodes, connected ones first",
  args: { connected: { type: "boolean", description: "only those that are here" } },
  async run(args, cli) {
    const found = await cli.call<{ ts: number; nodes: NodeRow[] }>("node.list");
    const nodes = args.connected ? found.nodes.filter(({ connected }) => connected) : found.nodes;
    const rows = nodes.map((node) => [
      node.displayName ?? "",
      node.nodeId.slice(0, SHORT_ID_CHARS),
      node.platform ?? "",
      node.connected ? "yes" : "",
      approvals[node.approvalState ?? "approved"] || groupsOf(node.commands),
    ]);
    const columns = [
      { title: "NAME", isFlexible: true },
      { title: "NODE" },
      { title: "PLATFORM", isFlexible: true },
      { title: "HERE" },
      { title: "DOES", isFlexible: true },
    ];
    const none = "no nodes yet: moltbot nodes invite, or moltbot node run on another computer";
    cli.print({ ...found, nodes }, () => (rows.length ? cli.table(columns, rows) : none));
  },
});

export const nodesPending = defineLeaf({
  name: "pending",
  summary: "List nodes whose commands wait for your approval",
  args: {},
  async run(_args, cli) {
    const { pending } = await cli.call<{ pending: NodePairRequest[] }>("node.pair.list");
    const nowMs = cli.io.clock.now();
    const rows = pending.map((one) => [
      one.requestId,
      one.displayName ?? one.nodeId.slice(0, SHORT_ID_CHARS),
      (one.commands ?? []).join(" "),
      (one.requiredApproveScopes ?? []).map((scope) => scope.replace("operator.", "")).join(" "),
      formatAge(nowMs - one.ts),
    ]);
    const columns = [
      { title: "REQUEST" },
      { title: "NODE", isFlexible: true },
      { title: "WANTS TO DO", isFlexible: true },
      { title: "TAKES" },
      { title: "AGE" },
    ];
    cli.print({ pending }, () => (rows.length ? cli.table(columns, rows) : "nothing waits for approval"));
  },
});

export const nodesDescribe = defineLeaf({
  name: "describe",
  summary: "Show everything about one node",
  args: { node: nodeArg },
  async run(args, cli) {
    await using client = await cli.connect(["read"]);
    const { nodeId } = await findNode(client, cli, args.node);
    const row = await client.request<NodeRow>("node.describe", { nodeId }, cli.requestOptions());
    cli.print(row, () => linesOf(row, cli.io.clock.now()).join("\n"));
  },
});

function linesOf(node: NodeRow, nowMs: number): string[] {
  const since = (atMs: number | undefined) => (atMs === undefined ? "" : `, ${formatAge(nowMs - atMs)} ago`);
  const permissions = Object.entries(node.permissions ?? {}).map(([name, isOn]) => `${name}=${isOn ? "yes" : "no"}`);
  const facts: [string, string | undefined][] = [
    ["name", node.displayName],
    ["node", node.nodeId],
    ["device", [node.platform, node.deviceFamily, node.modelIdentifier, node.version].filter(Boolean).join(" ")],
    ["address", node.remoteIp],
    ["here", node.connected ? "yes" : `no${since(node.lastSeenAtMs)}`],
    ["approval", node.approvalState],
    ["request", node.pendingRequestId],
    ["does", node.commands.join(" ")],
    ["wants to do", node.pendingDeclaredCommands?.join(" ")],
    ["permissions", permissions.join(" ")],
  ];
  return facts.flatMap(([name, value]) => (value ? [`${name.padEnd(12)} ${cleanLine(value)}`] : []));
}

function groupsOf(commands: readonly string[]): string {
  return [...new Set(commands.map((command) => command.split(".")[0] ?? ""))].join(" ");
}
