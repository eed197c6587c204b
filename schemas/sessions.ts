/** Sessions as lists and events carry them (`protocol/methods.md`, Sessions; `protocol/events.md` section 6). */
import { type Static, Type } from "@sinclair/typebox";
import { ChatMessage } from "./chat.ts";
import { AnyObject, NonEmptyString, Nullable, OneOf, Strict, TimestampMs } from "./primitives.ts";

/** The settings of a session that `sessions.patch` changes. */
export const sessionSettings = {
  label: Type.Optional(NonEmptyString),
  thinkingLevel: Type.Optional(NonEmptyString),
  verboseLevel: Type.Optional(NonEmptyString),
  reasoningLevel: Type.Optional(NonEmptyString),
  responseUsage: Type.Optional(NonEmptyString),
  elevatedLevel: Type.Optional(NonEmptyString),
  sendPolicy: Type.Optional(OneOf(["allow", "deny"])),
  groupActivation: Type.Optional(OneOf(["mention", "always"])),
  model: Type.Optional(NonEmptyString),
  modelProvider: Type.Optional(NonEmptyString),
  archived: Type.Optional(Type.Boolean()),
  pinned: Type.Optional(Type.Boolean()),
};

/** A session as the list shows it. */
export const SessionRow = Strict(
  {
    key: NonEmptyString,
    kind: OneOf(["direct", "group", "global", "unknown"]),
    agentId: Type.Optional(NonEmptyString),
    isMain: Type.Optional(Type.Boolean()),
    displayName: Type.Optional(NonEmptyString),
    derivedTitle: Type.Optional(NonEmptyString),
    lastMessagePreview: Type.Optional(Type.String()),
    channel: Type.Optional(NonEmptyString),
    chatType: Type.Optional(NonEmptyString),
    createdAt: Type.Optional(TimestampMs),
    updatedAt: Nullable(TimestampMs),
    sessionId: Type.Optional(NonEmptyString),
    systemSent: Type.Optional(Type.Boolean()),
    abortedLastRun: Type.Optional(Type.Boolean()),
    status: Type.Optional(OneOf(["running"])),
    ...sessionSettings,
    inputTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    outputTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    totalTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    contextTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    deliveryContext: Type.Optional(AnyObject),
    lastChannel: Type.Optional(NonEmptyString),
    lastTo: Type.Optional(NonEmptyString),
    lastAccountId: Type.Optional(NonEmptyString),
  },
  { $id: "SessionRow" },
);
export type SessionRow = Static<typeof SessionRow>;

/** A session as stored, answered by the methods that change one. */
export const SessionEntry = Strict(
  {
    sessionId: NonEmptyString,
    createdAt: TimestampMs,
    updatedAt: TimestampMs,
    systemSent: Type.Optional(Type.Boolean()),
    abortedLastRun: Type.Optional(Type.Boolean()),
    ...sessionSettings,
    inputTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    outputTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    totalTokens: Type.Optional(Type.Integer({ minimum: 0 })),
    compactionCount: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { $id: "SessionEntry" },
);
export type SessionEntry = Static<typeof SessionEntry>;

/** Payload of `sessions.changed`; without `session` it means: fetch the list again. */
export const SessionsChanged = Strict(
  {
    sessionKey: Type.Optional(NonEmptyString),
    agentId: Type.Optional(NonEmptyString),
    reason: Type.Optional(NonEmptyString),
    phase: Type.Optional(NonEmptyString),
    runId: Type.Optional(NonEmptyString),
    ts: TimestampMs,
    session: Type.Optional(SessionRow),
  },
  { $id: "SessionsChanged" },
);
export type SessionsChanged = Static<typeof SessionsChanged>;

/** Payload of `session.message`: a message that was stored, for those who follow this session. */
export const SessionMessage = Strict(
  {
    sessionKey: NonEmptyString,
    agentId: NonEmptyString,
    message: ChatMessage,
    messageId: NonEmptyString,
    messageSeq: Type.Integer({ minimum: 1 }),
  },
  { $id: "SessionMessage" },
);
export type SessionMessage = Static<typeof SessionMessage>;
