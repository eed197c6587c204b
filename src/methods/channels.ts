/** Channels, and sending to them. So far WebChat: the sessions of this gateway themselves. */
import { Type } from "@sinclair/typebox";
import { AnyObject, Id, NonEmptyString, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";

/** The channel that every gateway has. */
const WEBCHAT = "webchat";

const TextMap = Type.Record(Type.String(), NonEmptyString);

export const channelsMethods = [
  defineMethod({
    name: "channels.status",
    summary: "The state of every channel account.",
    params: Strict({
      probe: Type.Optional(Type.Boolean()),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
      channel: Type.Optional(NonEmptyString),
    }),
    result: Strict({
      ts: TimestampMs,
      channelOrder: Type.Array(NonEmptyString),
      channelLabels: TextMap,
      channelDetailLabels: TextMap,
      channelSystemImages: TextMap,
      channelMeta: Type.Array(AnyObject),
      channels: Type.Record(Type.String(), AnyObject),
      channelAccounts: Type.Record(Type.String(), Type.Array(AnyObject)),
      channelDefaultAccountId: TextMap,
    }),
    access: "read",
    idempotency: "safe",
    handle: (_params, { clock }) => ({
      ts: clock.now(),
      channelOrder: [],
      channelLabels: {},
      channelDetailLabels: {},
      channelSystemImages: {},
      channelMeta: [],
      channels: {},
      channelAccounts: {},
      channelDefaultAccountId: {},
    }),
  }),
  defineMethod({
    name: "send",
    summary: "Sends a message to a chat. On webchat the chat is a session, named by its key.",
    params: Strict({
      to: NonEmptyString,
      message: NonEmptyString,
      idempotencyKey: Id,
      channel: Type.Optional(NonEmptyString),
      accountId: Type.Optional(NonEmptyString),
      sessionKey: Type.Optional(ShortString(512)),
      agentId: Type.Optional(NonEmptyString),
    }),
    result: Strict({
      runId: NonEmptyString,
      messageId: NonEmptyString,
      channel: NonEmptyString,
      chatId: NonEmptyString,
    }),
    access: "write",
    idempotency: "keyed",
    handle: ({ to, message, channel, agentId, idempotencyKey }, { sessions, runs, clock }) => {
      if (channel === undefined) {
        return fail(
          "INVALID_REQUEST",
          "channel is required: no messaging network is configured; pass channel webchat to write into a session",
        );
      }
      if (channel !== WEBCHAT) return fail("INVALID_REQUEST", `unsupported channel: ${channel.slice(0, 64)}`);
      const key = sessions.canonical(to, agentId);
      const body = {
        role: "assistant" as const,
        content: [{ type: "text", text: message }],
        timestamp: clock.now(),
        stopReason: "injected",
      };
      const record = sessions.append(key, body);
      queueMicrotask(() =>
        runs.tellInjected({ runId: `inject-${record.id}`, sessionKey: key, requestedKey: to, seq: 0, message: body }),
      );
      return { runId: idempotencyKey, messageId: record.id, channel: WEBCHAT, chatId: key };
    },
  }),
];
