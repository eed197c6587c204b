/** Every event this gateway pushes: who may see it, and how each generation is told (`protocol/events.md`). */
import { type TSchema, Type } from "@sinclair/typebox";
import { AgentEvent, ChatEvent } from "#schemas/chat.ts";
import { DevicePairResolved, PendingDevice } from "#schemas/devices.ts";
import { ExecApproval, ExecApprovalResolved } from "#schemas/exec-approvals.ts";
import { HealthSummary } from "#schemas/health.ts";
import type { EventSpec, ProtocolVersion } from "#schemas/method.ts";
import {
  NodeInvokeCancel,
  NodeInvokeInput,
  NodeInvokeRequest,
  NodePairRequest,
  NodePairResolved,
  VoiceWake,
  VoiceWakeRouting,
} from "#schemas/nodes.ts";
import { PresenceEvent } from "#schemas/presence.ts";
import { NonEmptyString, Nullable, Strict, TimestampMs } from "#schemas/primitives.ts";
import { SessionMessage, SessionsChanged } from "#schemas/sessions.ts";
import type { InternalAgentEvent, InternalChatEvent } from "../agent/run.ts";
import type { EventRule } from "../gateway/wire.ts";
import type { ExecParty } from "../nodes/approvals.ts";

/** The topic of those who follow the list of sessions (`sessions.subscribe`). */
export const SESSIONS_TOPIC = "sessions";
/** The topic of those who follow one session (`sessions.messages.subscribe`). */
export const sessionTopic = (key: string) => `session ${key}`;

function defineEvent<T>(spec: EventSpec, rule: Partial<EventRule<T>> = {}): EventRule<T> {
  return { ...spec, encode: (payload) => payload, ...rule };
}

const everyone = { v3: "everyone", v4: "everyone" } as const;
const readers = { v3: "read", v4: "read" } as const;
const onlyV4Readers = { v3: "never", v4: "read" } as const;
const pairers = { v3: "pairing", v4: "pairing" } as const;
const approvers = { v3: "approvals", v4: "approvals" } as const;
const oneNode = { v3: "never", v4: "never" } as const;

/** Sent on every new socket, before anything else; never broadcast. */
export const challenge: EventSpec = {
  name: "connect.challenge",
  summary: "The first frame on every socket: the nonce that a device proof must cover.",
  payload: Strict({ nonce: NonEmptyString, ts: TimestampMs }),
  guard: everyone,
  isDroppable: false,
};

export const tick = defineEvent<{ ts: number }>({
  name: "tick",
  summary: "A sign of life, every 30 seconds.",
  payload: Strict({ ts: TimestampMs }),
  guard: everyone,
  isDroppable: true,
});

export const presence = defineEvent<typeof PresenceEvent.static>({
  name: "presence",
  summary: "The whole list of who is here, after it changed.",
  payload: PresenceEvent,
  guard: readers,
  isDroppable: true,
});

export const health = defineEvent<typeof HealthSummary.static>({
  name: "health",
  summary: "A new health summary.",
  payload: HealthSummary,
  guard: everyone,
  isDroppable: false,
});

export const shutdown = defineEvent<{ reason: string; restartExpectedMs: number | null }>(
  {
    name: "shutdown",
    summary: "The gateway is about to close every socket with 1012.",
    payload: Strict({
      reason: NonEmptyString,
      restartExpectedMs: Type.Optional(Nullable(Type.Integer({ minimum: 0 }))),
    }),
    guard: everyone,
    isDroppable: false,
  },
  {
    encode: ({ reason, restartExpectedMs }, version) =>
      version === 4 && restartExpectedMs === null ? { reason } : { reason, restartExpectedMs },
  },
);

/** Streams that v3 peers know. */
const v3Streams: ReadonlySet<string> = new Set(["lifecycle", "assistant", "tool", "compaction"]);
/** Lifecycle phases that v3 peers know. */
const v3Phases: ReadonlySet<unknown> = new Set(["start", "end", "error"]);

export const agent = defineEvent<InternalAgentEvent>(
  {
    name: "agent",
    summary: "Something happened in a run: lifecycle, text, a tool, tokens.",
    payload: AgentEvent,
    guard: readers,
    isDroppable: false,
  },
  {
    encode: encodeAgent,
    sessionTopic: ({ sessionKey }) => sessionTopic(sessionKey),
    capability: ({ stream }) => (stream === "tool" ? "tool-events" : undefined),
  },
);

export const chat = defineEvent<InternalChatEvent>(
  {
    name: "chat",
    summary: "What a chat window shows of a run: status, text so far, final, aborted, error.",
    payload: ChatEvent,
    guard: readers,
    isDroppable: false,
  },
  { encode: encodeChat, sessionTopic: ({ sessionKey }) => sessionTopic(sessionKey) },
);

/** Text that a later delta or the final message repeats: a slow reader can do without it. */
export const chatDelta: EventRule<InternalChatEvent> = { ...chat, isDroppable: true };

export const sessionsChanged = defineEvent<typeof SessionsChanged.static>(
  {
    name: "sessions.changed",
    summary: "A session was made, changed, used or removed. For those who called sessions.subscribe.",
    payload: SessionsChanged,
    guard: onlyV4Readers,
    isDroppable: true,
  },
  { topic: () => SESSIONS_TOPIC },
);

export const sessionMessage = defineEvent<typeof SessionMessage.static>(
  {
    name: "session.message",
    summary: "A message was stored in a session. For those who called sessions.messages.subscribe.",
    payload: SessionMessage,
    guard: onlyV4Readers,
    isDroppable: false,
  },
  { topic: ({ sessionKey }) => sessionTopic(sessionKey) },
);

export const devicePairRequested = defineEvent<typeof PendingDevice.static>({
  name: "device.pair.requested",
  summary: "A device waits for approval.",
  payload: PendingDevice,
  guard: pairers,
  isDroppable: true,
});

export const devicePairResolved = defineEvent<typeof DevicePairResolved.static>({
  name: "device.pair.resolved",
  summary: "A device was approved or rejected.",
  payload: DevicePairResolved,
  guard: pairers,
  isDroppable: true,
});

export const nodePairRequested = defineEvent<typeof NodePairRequest.static>(
  {
    name: "node.pair.requested",
    summary: "What a node offers waits for approval.",
    payload: NodePairRequest,
    guard: pairers,
    isDroppable: true,
  },
  {
    encode: ({ clientId, clientMode, requiredApproveScopes, ...request }, version) =>
      version === 3 ? request : { ...request, clientId, clientMode, requiredApproveScopes },
  },
);

export const nodePairResolved = defineEvent<typeof NodePairResolved.static>(
  {
    name: "node.pair.resolved",
    summary: "What a node offers was approved or rejected, or its approval was taken back. The node hears it too.",
    payload: NodePairResolved,
    guard: pairers,
    isDroppable: true,
  },
  { encode: (resolved, version) => (version === 3 && resolved.decision === "removed" ? undefined : resolved) },
);

export const voiceWakeChanged = defineEvent<typeof VoiceWake.static>({
  name: "voicewake.changed",
  summary: "Other words wake voice assistants now. Each node hears them when it connects, too.",
  payload: VoiceWake,
  guard: { v3: "everyone", v4: "read" },
  isDroppable: true,
});

export const execApprovalRequested = defineEvent<{ approval: typeof ExecApproval.static; by: ExecParty }>(
  {
    name: "exec.approval.requested",
    summary: "Somebody wants to run something, and the owner decides. v4: not for the connection that asks.",
    payload: ExecApproval,
    guard: approvers,
    isDroppable: true,
  },
  { encode: ({ approval }) => approval, isFor: isNotAsker },
);

export const execApprovalResolved = defineEvent<{ resolved: typeof ExecApprovalResolved.static; by: ExecParty }>(
  {
    name: "exec.approval.resolved",
    summary: "The owner decided.",
    payload: ExecApprovalResolved,
    guard: approvers,
    isDroppable: true,
  },
  { encode: ({ resolved }) => resolved, isFor: isNotAsker },
);

/** Sent to the node they name, never broadcast. */
const toNodes: readonly EventSpec[] = [
  {
    name: "node.invoke.request",
    summary: "A node is asked to do something; it answers with node.invoke.result.",
    payload: NodeInvokeRequest,
    guard: oneNode,
    isDroppable: false,
  },
  {
    name: "node.invoke.cancel",
    summary: "Nobody waits for the answer any more. For nodes of v4.",
    payload: NodeInvokeCancel,
    guard: oneNode,
    isDroppable: false,
  },
  {
    name: "node.invoke.input",
    summary: "More input for what a node is doing. For nodes of v4.",
    payload: NodeInvokeInput,
    guard: oneNode,
    isDroppable: false,
  },
  {
    name: "voicewake.routing.changed",
    summary: "Where spoken words go; each node of v4 hears it when it connects.",
    payload: VoiceWakeRouting,
    guard: oneNode,
    isDroppable: false,
  },
];

/** All of them, for `features.events` and the generated documents. */
export const eventSpecs: readonly EventSpec[] = [
  challenge,
  agent,
  chat,
  presence,
  tick,
  health,
  shutdown,
  sessionsChanged,
  sessionMessage,
  devicePairRequested,
  devicePairResolved,
  nodePairRequested,
  nodePairResolved,
  voiceWakeChanged,
  execApprovalRequested,
  execApprovalResolved,
  ...toNodes,
].map(({ name, summary, payload, guard, isDroppable }) => ({
  name,
  summary,
  payload: payload as TSchema,
  guard,
  isDroppable,
}));

function isNotAsker({ by }: { by: ExecParty }, receiver: { connectionId: string; version: ProtocolVersion }): boolean {
  return receiver.version === 3 || receiver.connectionId !== by.connectionId;
}

function encodeAgent(event: InternalAgentEvent, version: ProtocolVersion): unknown {
  const { requestedKey, isVerbose, agentId, sessionId, runId, stream, data, sessionKey, seq, ts } = event;
  if (version === 4) {
    const session = sessionId === undefined ? {} : { sessionId };
    return { runId, stream, data, sessionKey, agentId, ...session, seq, ts, isHeartbeat: false };
  }
  if (!v3Streams.has(stream) || (stream === "lifecycle" && !v3Phases.has(data["phase"]))) return undefined;
  if (stream === "tool" && !isVerbose) return undefined;
  return { runId, stream, data: stream === "lifecycle" ? v3Lifecycle(data) : data, sessionKey: requestedKey, seq, ts };
}

function v3Lifecycle(data: Record<string, unknown>): Record<string, unknown> {
  const { phase, startedAt, endedAt, error, aborted } = data;
  if (phase === "start") return { phase, startedAt };
  if (phase === "error") return { phase, error, endedAt };
  return aborted === true ? { phase, endedAt, aborted } : { phase, endedAt };
}

function encodeChat(event: InternalChatEvent, version: ProtocolVersion): unknown {
  const { requestedKey, latestText, ...v4 } = event;
  if (version === 4) return v4;
  const { runId, seq, state } = event;
  const head = { runId, sessionKey: requestedKey, seq, state };
  switch (event.state) {
    case "status":
      return undefined;
    case "delta":
      return { ...head, message: withText(event.message, latestText) };
    case "final":
      return event.message ? { ...head, message: withText(event.message, latestText) } : head;
    case "aborted":
      return { ...head, stopReason: event.stopReason };
    case "error":
      return { ...head, errorMessage: event.errorMessage };
  }
}

function withText(message: object, text: string | undefined): object {
  return text === undefined ? message : { ...message, content: [{ type: "text", text }] };
}
