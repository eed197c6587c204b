/** From what people call a node to its answer: shared by the commands that ask nodes to do something. */
import type { NodeRow } from "#schemas/nodes.ts";
import type { GatewayClient } from "../../client/client.ts";
import { type Cli, wholeNumber } from "../cli.ts";
import { CommandError } from "../exit-codes.ts";
import { cleanLine } from "../terminal.ts";

/** How much of a node id is shown; enough to tell a household's devices apart. */
export const SHORT_ID_CHARS = 12;
/** What the way to the node and back may take on top of what the node may take. */
const GRACE_MS = 10_000;
/** How long a node has when nobody says (`protocol/nodes.md` section 3). */
const INVOKE_MS = 30_000;

/** The argument that names a node. */
export const nodeArg = {
  type: "positional",
  required: true,
  description: "the node: its name, its id, or the beginning of it",
} as const;

/** The option that lets a call wait for a node that is away. */
export const queueArg = {
  type: "string",
  valueHint: "MS",
  description: "wait so long for a node that is away; default: not at all",
} as const;

/** What `node.invoke` answers. */
export interface Invoked {
  nodeId: string;
  command: string;
  payload?: unknown;
  payloadJSON: string | null;
}

/** The nodes that the gateway knows. */
export async function listNodes(client: GatewayClient, cli: Cli): Promise<NodeRow[]> {
  return (await client.request<{ nodes: NodeRow[] }>("node.list", {}, cli.requestOptions())).nodes;
}

/** The node that somebody means. Throws when none or several fit. */
export async function findNode(client: GatewayClient, cli: Cli, given: string): Promise<NodeRow> {
  return pickNode(await listNodes(client, cli), given);
}

/** The same, of these. An id wins over a name, and a whole name over the beginning of an id. */
export function pickNode<T extends { nodeId: string; displayName?: string | undefined }>(
  nodes: readonly T[],
  given: string,
): T {
  const wanted = given.trim().toLowerCase();
  const fits: ((node: T) => boolean)[] = [
    ({ nodeId }) => nodeId === given,
    ({ displayName }) => displayName?.toLowerCase() === wanted,
    ({ nodeId }) => wanted !== "" && nodeId.toLowerCase().startsWith(wanted),
  ];
  for (const isMeant of fits) {
    const found = nodes.filter(isMeant);
    const [only] = found;
    if (only && found.length === 1) return only;
    if (only) {
      const names = found.map(nameOf).join(", ");
      throw new CommandError("failed", `several nodes fit ${quoted(given)}: ${names}`, { code: "AMBIGUOUS" });
    }
  }
  throw new CommandError("failed", `no node is called ${quoted(given)}: moltbot nodes list`, { code: "UNKNOWN_NODE" });
}

/** Asks a node to do something, on a connection of its own. */
export async function invokeNode(
  cli: Cli,
  given: string,
  call: { command: string; params?: unknown; timeoutMs?: number | undefined; queue?: string | undefined },
): Promise<Invoked> {
  await using client = await cli.connect(["write"]);
  const node = await findNode(client, cli, given);
  // The connection must outlive the call.
  return await invokeOn(client, cli, node.nodeId, call);
}

/** The same, on a connection that is there. */
export function invokeOn(
  client: GatewayClient,
  cli: Cli,
  nodeId: string,
  call: { command: string; params?: unknown; timeoutMs?: number | undefined; queue?: string | undefined },
): Promise<Invoked> {
  const { command, params } = call;
  const queueMs = wholeNumber("queue", call.queue, 0);
  const timeoutMs = cli.link.timeoutMs ?? call.timeoutMs ?? INVOKE_MS;
  const request = {
    nodeId,
    command,
    ...(params === undefined ? {} : { params }),
    timeoutMs,
    ...(queueMs === undefined ? {} : { queueMs }),
    idempotencyKey: cli.io.ids.uuid(),
  };
  const limitMs = timeoutMs + (queueMs ?? 0) + GRACE_MS;
  return client.request<Invoked>("node.invoke", request, { signal: cli.io.signal, timeoutMs: limitMs });
}

/** A node as people know it. */
export function nameOf({ nodeId, displayName }: { nodeId: string; displayName?: string | undefined }): string {
  const id = nodeId.slice(0, SHORT_ID_CHARS);
  return displayName === undefined ? id : `${cleanLine(displayName)} (${id})`;
}

function quoted(text: string): string {
  return JSON.stringify(cleanLine(text));
}

/** Without the fields that nobody gave. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
