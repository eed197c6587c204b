/** From nodes and approvals to the clients, and from sessions to the nodes that follow them (`protocol/nodes.md` 1, 4). */
import type { InternalAgentEvent, InternalChatEvent } from "../../agent/run.ts";
import type { Audience } from "../../gateway/broadcast.ts";
import type { Connection } from "../../gateway/connection.ts";
import type { EventRule } from "../../gateway/wire.ts";
import { wakeRouting } from "../../nodes/voice-wake.ts";
import * as events from "../events.ts";
import type { Services } from "../services.ts";

/** Listens to the rooms, as `announceTo` does. */
export function announceNodes(audience: Audience, app: Services): void {
  const { nodes, devices, execApprovals, voiceWake, runs } = app;
  nodes.surfaces.on("requested", (request) => audience.publish(events.nodePairRequested, request));
  nodes.surfaces.on("resolved", (resolved) => audience.publish(events.nodePairResolved, resolved));
  devices.on("invalidated", ({ deviceId, role }) => {
    if (role === undefined) nodes.forget(deviceId);
  });
  execApprovals.on("requested", (asked) => audience.publish(events.execApprovalRequested, asked));
  execApprovals.on("resolved", (resolved) => audience.publish(events.execApprovalResolved, resolved));
  voiceWake.on("changed", (triggers) => {
    audience.publish(events.voiceWakeChanged, { triggers });
    // Nodes of v3 are among everyone.
    for (const { link, version } of nodes.live()) if (version === 4) link.tell("voicewake.changed", { triggers }, true);
  });
  runs.on("agent", (event) => tellFollowers(events.agent, event, app));
  runs.on("chat", (event) => tellFollowers(event.state === "delta" ? events.chatDelta : events.chat, event, app));
}

/** A node was admitted: it can be asked from now on, and hears the words that wake it. */
export function greetNode(connection: Connection, { nodes, voiceWake }: Services): void {
  const { identity, peer } = connection;
  if (identity?.role !== "node" || identity.deviceId === undefined) return;
  const { version, client, deviceId, caps, claims } = identity;
  connection.tell("voicewake.changed", { triggers: voiceWake.get() });
  if (version === 4) connection.tell("voicewake.routing.changed", wakeRouting);
  nodes.connected({
    nodeId: deviceId,
    link: connection,
    version,
    client,
    claims: { commands: [], ...claims, caps: [...caps] },
    remoteIp: peer.isLocal ? undefined : peer.clientIp,
  });
}

/** The copies of a session's events that nodes get: without numbers, and for v3 under the key that the node used. */
function tellFollowers<T extends InternalAgentEvent | InternalChatEvent>(
  rule: EventRule<T>,
  event: T,
  { nodes }: Services,
): void {
  const capability = rule.capability?.(event);
  for (const { link, version, follows, claims } of nodes.live()) {
    const spelled = follows.get(event.sessionKey);
    if (spelled === undefined) continue;
    if (version === 4 && capability !== undefined && !claims.caps.includes(capability)) continue;
    const payload = rule.encode({ ...event, requestedKey: spelled }, version);
    if (payload !== undefined) link.tell(rule.name, payload, rule.isDroppable);
  }
}
