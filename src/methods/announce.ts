/** From the rooms to the clients: what happened becomes an event, and a credential that ended closes its sockets. */
import type { Audience } from "../gateway/broadcast.ts";
import * as events from "./events.ts";
import { encodeMessage } from "./history.ts";
import type { Services } from "./services.ts";

/** Listens to the rooms. Every event that is broadcast because something happened starts here. */
export function announceTo(
  audience: Audience,
  { devices, sessions, runs, clock }: Pick<Services, "devices" | "sessions" | "runs" | "clock">,
): void {
  devices.on("requested", (pending) => audience.publish(events.devicePairRequested, pending));
  devices.on("resolved", (resolved) => audience.publish(events.devicePairResolved, resolved));
  devices.on("invalidated", ({ deviceId, role }) =>
    // After the answer to whoever asked for it, who may be that very device.
    queueMicrotask(() => {
      for (const connection of audience) {
        const { identity } = connection;
        if (identity?.deviceId === deviceId && (role === undefined || identity.role === role))
          connection.close(4001, "device removed");
      }
    }),
  );
  sessions.on("changed", (news) => audience.publish(events.sessionsChanged, { ...news, ts: clock.now() }));
  sessions.on("message", ({ sessionKey, agentId, record }) => {
    if (!audience.hasFollowers(events.sessionTopic(sessionKey))) return;
    audience.publish(events.sessionMessage, {
      sessionKey,
      agentId,
      message: encodeMessage(record, 4),
      messageId: record.id,
      messageSeq: record.seq,
    });
  });
  runs.on("agent", (event) => audience.publish(events.agent, event));
  runs.on("chat", (event) => audience.publish(event.state === "delta" ? events.chatDelta : events.chat, event));
  runs.on("started", ({ runId, sessionKey }) => sessions.announce(sessionKey, { phase: "start", runId }));
  runs.on("ended", ({ runId, sessionKey }) => sessions.announce(sessionKey, { phase: "end", runId }));
}
