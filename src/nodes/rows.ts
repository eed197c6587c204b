/** A node as the list shows it, from its device, its record and its socket. Pure. */
import type { PairedDevice } from "#schemas/devices.ts";
import type { NodePairRequest, NodeRow } from "#schemas/nodes.ts";
import type { NodeRecord } from "../store/nodes.ts";
import type { LiveNode } from "./registry.ts";

/** What of a paired device the list reads. */
export type NodeDevice = Pick<PairedDevice, "deviceId" | "roles" | "approvedVia" | "approvedAtMs"> &
  Partial<
    Pick<
      PairedDevice,
      "label" | "displayName" | "platform" | "deviceFamily" | "clientId" | "clientMode" | "remoteIp" | "lastSeenAtMs"
    >
  >;

/** What is known of one node. */
export interface KnownNode {
  nodeId: string;
  device: NodeDevice | undefined;
  record: NodeRecord | undefined;
  live: LiveNode | undefined;
  waiting: NodePairRequest | undefined;
}

/** The row of a node, with everything v4 peers are told. */
export function rowOf({ nodeId, device, record, live, waiting }: KnownNode): NodeRow {
  const facts = { ...device, ...record?.facts };
  const { label } = device ?? {};
  const approved = record?.approved;
  const surface = live?.surface ?? approved ?? { caps: [], commands: [] };
  const permissions = live?.claims.permissions ?? approved?.permissions;
  const pathEnv = live?.claims.pathEnv;
  return {
    nodeId,
    ...compact({
      displayName: label ?? facts.displayName,
      platform: live?.platform.platform ?? facts.platform,
      version: live?.client.version ?? facts.version,
      clientId: facts.clientId,
      clientMode: facts.clientMode,
      deviceFamily: live?.platform.deviceFamily ?? facts.deviceFamily,
      modelIdentifier: facts.modelIdentifier,
      remoteIp: live ? live.remoteIp : facts.remoteIp,
    }),
    caps: [...surface.caps].sort(),
    commands: [...surface.commands].sort(),
    sessionHost: false,
    ...(live ? { nodePluginTools: [] } : {}),
    ...(pathEnv === undefined ? {} : { pathEnv }),
    ...(permissions ? { permissions: { ...permissions } } : {}),
    approvalState: stateOf(record, waiting),
    ...(waiting
      ? {
          pendingRequestId: waiting.requestId,
          pendingDeclaredCaps: waiting.caps ?? [],
          pendingDeclaredCommands: waiting.commands ?? [],
          ...(waiting.permissions ? { pendingDeclaredPermissions: waiting.permissions } : {}),
        }
      : {}),
    ...compact({
      connectedAtMs: live?.connectedAtMs,
      lastConnectedAtMs: record?.lastConnectedAtMs,
      lastDisconnectedAtMs: live ? undefined : record?.lastDisconnectedAtMs,
      lastSeenAtMs: record?.lastSeenAtMs ?? device?.lastSeenAtMs,
      lastSeenReason: record?.lastSeenReason,
      approvedAtMs: record?.approvedAtMs ?? device?.approvedAtMs,
    }),
    paired: device !== undefined,
    connected: live !== undefined,
  };
}

/** The row as v3 peers know it: an absent node offers nothing. */
export function rowForV3(row: NodeRow): NodeRow {
  const { nodeId, paired, connected, permissions, pathEnv } = row;
  const { displayName, platform, version, deviceFamily, modelIdentifier, remoteIp, connectedAtMs } = row;
  return {
    nodeId,
    ...compact({ displayName, platform, deviceFamily, modelIdentifier, remoteIp }),
    ...(connected ? compact({ version, pathEnv, connectedAtMs }) : {}),
    ...(connected && permissions ? { permissions } : {}),
    caps: connected ? row.caps : [],
    commands: connected ? row.commands : [],
    paired,
    connected,
  };
}

/** Connected ones first, then by name. */
export function inOrder(rows: readonly NodeRow[]): NodeRow[] {
  const nameOf = ({ displayName, nodeId }: NodeRow) => (displayName ?? nodeId).toLowerCase();
  return rows.toSorted(
    (one, other) => Number(other.connected) - Number(one.connected) || (nameOf(one) < nameOf(other) ? -1 : 1),
  );
}

function stateOf(
  record: NodeRecord | undefined,
  waiting: NodePairRequest | undefined,
): NonNullable<NodeRow["approvalState"]> {
  if (record?.isBound !== true) return "approved";
  if (record.approved) return waiting ? "pending-reapproval" : "approved";
  return waiting ? "pending-approval" : "unapproved";
}

/** Without what is undefined. */
function compact<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
