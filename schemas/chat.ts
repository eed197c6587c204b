/** Messages, and the `agent` and `chat` events of a run (`protocol/events.md` sections 3 and 4). */
import { type Static, Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, OneOf, Strict, TimestampMs } from "./primitives.ts";

/** One message of a transcript as clients read it; `content` is text or parts, as the protocol has both. */
export const ChatMessage = Type.Object(
  {
    role: OneOf(["user", "assistant", "toolResult", "system"]),
    content: Type.Union([Type.String(), Type.Array(AnyObject)]),
    timestamp: TimestampMs,
  },
  { $id: "ChatMessage", additionalProperties: true },
);
export type ChatMessage = Static<typeof ChatMessage> & { [extra: string]: unknown };

const runProperties = {
  runId: NonEmptyString,
  sessionKey: NonEmptyString,
  agentId: Type.Optional(NonEmptyString),
  seq: Type.Integer({ minimum: 0 }),
};

/** Payload of `agent`: everything that happens in a run. */
export const AgentEvent = Strict(
  {
    ...runProperties,
    sessionId: Type.Optional(NonEmptyString),
    stream: OneOf(["lifecycle", "assistant", "tool", "run_status", "usage", "compaction"]),
    ts: TimestampMs,
    data: AnyObject,
    isHeartbeat: Type.Optional(Type.Boolean()),
  },
  { $id: "AgentEvent" },
);
export type AgentEvent = Static<typeof AgentEvent>;

/** Payload of `chat`: what a chat window shows. */
export const ChatEvent = Type.Union(
  [
    Strict({ ...runProperties, state: Type.Literal("status"), phase: OneOf(["preparing_context", "starting_model"]) }),
    Strict({
      ...runProperties,
      state: Type.Literal("delta"),
      deltaText: Type.Optional(Type.String()),
      replace: Type.Optional(Type.Boolean()),
      message: ChatMessage,
    }),
    Strict({
      ...runProperties,
      state: Type.Literal("final"),
      message: Type.Optional(ChatMessage),
      usage: Type.Optional(AnyObject),
      stopReason: Type.Optional(Type.String()),
    }),
    Strict({
      ...runProperties,
      state: Type.Literal("aborted"),
      message: Type.Optional(ChatMessage),
      stopReason: Type.Optional(Type.String()),
    }),
    Strict({
      ...runProperties,
      state: Type.Literal("error"),
      errorMessage: Type.String(),
      errorKind: Type.Optional(OneOf(["refusal", "timeout", "rate_limit", "context_length", "unknown"])),
    }),
  ],
  { $id: "ChatEvent" },
);
export type ChatEvent = Static<typeof ChatEvent>;
