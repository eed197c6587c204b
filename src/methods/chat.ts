/** The chat window's methods: history, send, abort, inject. */
import { Type } from "@sinclair/typebox";
import { ChatMessage } from "#schemas/chat.ts";
import { Id, Lenient, NonEmptyString, OneOf, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import type { Call } from "../gateway/dispatch.ts";
import { hashOf } from "../gateway/once.ts";
import { fail } from "../lib/errors.ts";
import { CommandRow, ModelRow, modelRows } from "./agents.ts";
import { ask, findRepeat, repeatedAnswer } from "./ask.ts";
import { commandList, findCommand, isStop } from "./commands.ts";
import { defineMethod } from "./define.ts";
import { encodeMessage } from "./history.ts";
import type { Services } from "./services.ts";

/** Messages of one `chat.history` when not told. */
const HISTORY_LIMIT = 200;
/** Longest text of one message in `chat.message.get` when not told. */
const MESSAGE_CHARS = 2_000_000;

const SessionKey = ShortString(512);
const Attachment = Lenient({
  type: Type.Optional(Type.String()),
  mimeType: Type.Optional(Type.String()),
  fileName: Type.Optional(Type.String()),
  content: Type.Optional(Type.Unknown()),
  sizeBytes: Type.Optional(Type.Number()),
  durationMs: Type.Optional(Type.Number()),
  width: Type.Optional(Type.Number()),
  height: Type.Optional(Type.Number()),
});
export const Attachments = Type.Array(Attachment);

const HistoryParams = Strict({
  sessionKey: SessionKey,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  agentId: Type.Optional(NonEmptyString),
  offset: Type.Optional(Type.Integer({ minimum: 0 })),
  cursor: Type.Optional(NonEmptyString),
  sessionId: Type.Optional(NonEmptyString),
  maxChars: Type.Optional(Type.Integer({ minimum: 1, maximum: 500_000 })),
});

const historyProperties = {
  sessionKey: NonEmptyString,
  sessionId: Type.Optional(NonEmptyString),
  messages: Type.Array(ChatMessage),
  thinkingLevel: Type.Optional(NonEmptyString),
  hasMore: Type.Optional(Type.Boolean()),
  totalMessages: Type.Optional(Type.Integer({ minimum: 0 })),
  nextOffset: Type.Optional(Type.Integer({ minimum: 0 })),
  pendingInputs: Type.Optional(Strict({ items: Type.Array(ChatMessage), total: Type.Integer({ minimum: 0 }) })),
  activeRunIds: Type.Optional(Type.Array(NonEmptyString)),
};

const metadataProperties = { models: Type.Array(ModelRow), commands: Type.Array(CommandRow) };

/** The run that began, how a repeat stands, or what a stop word ended. */
export const Started = Strict({
  runId: Type.Optional(NonEmptyString),
  status: Type.Optional(NonEmptyString),
  summary: Type.Optional(Type.String()),
  stopReason: Type.Optional(Type.String()),
  endedAt: Type.Optional(TimestampMs),
  ok: Type.Optional(Type.Boolean()),
  aborted: Type.Optional(Type.Boolean()),
  runIds: Type.Optional(Type.Array(NonEmptyString)),
});

export const chatMethods = [
  defineMethod({
    name: "chat.history",
    summary: "The last messages of a session, oldest first.",
    params: HistoryParams,
    result: Strict(historyProperties),
    access: "read",
    idempotency: "safe",
    handle: (params, app, call) => history(params, app, call),
  }),
  defineMethod({
    name: "chat.startup",
    summary: "chat.history and chat.metadata in one call.",
    params: HistoryParams,
    result: Strict({ ...historyProperties, metadata: Strict(metadataProperties) }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: (params, app, call) => ({ ...history(params, app, call), metadata: metadata(app) }),
  }),
  defineMethod({
    name: "chat.metadata",
    summary: "What a chat window offers: models and commands.",
    params: Strict({ agentId: Type.Optional(NonEmptyString), sessionKey: Type.Optional(NonEmptyString) }),
    result: Strict(metadataProperties),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: (_params, app) => metadata(app),
  }),
  defineMethod({
    name: "chat.message.get",
    summary: "One message of a session, whole.",
    params: Strict({
      sessionKey: SessionKey,
      agentId: Type.Optional(NonEmptyString),
      messageId: NonEmptyString,
      maxChars: Type.Optional(Type.Integer({ minimum: 1, maximum: MESSAGE_CHARS })),
    }),
    result: Strict({
      ok: Type.Boolean(),
      message: Type.Optional(ChatMessage),
      unavailableReason: Type.Optional(OneOf(["not_found", "oversized"])),
    }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: ({ sessionKey, agentId, messageId, maxChars = MESSAGE_CHARS }, { sessions }, { caller }) => {
      const record = sessions.findMessage(sessions.canonical(sessionKey, agentId), messageId);
      if (!record) return { ok: false, unavailableReason: "not_found" as const };
      if (JSON.stringify(record.body).length > maxChars) return { ok: false, unavailableReason: "oversized" as const };
      return { ok: true, message: encodeMessage(record, caller.version) };
    },
  }),
  defineMethod({
    name: "chat.send",
    summary: "Sends a message to a session's agent. The answer comes through chat and agent events.",
    params: Strict({
      sessionKey: SessionKey,
      message: Type.String(),
      idempotencyKey: Id,
      agentId: Type.Optional(NonEmptyString),
      sessionId: Type.Optional(NonEmptyString),
      thinking: Type.Optional(Type.String()),
      deliver: Type.Optional(Type.Boolean()),
      attachments: Type.Optional(Attachments),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
      queueMode: Type.Optional(
        OneOf(["steer", "followup", "collect", "interrupt"], {
          description: "interrupt ends the current answer first; the others wait for it",
        }),
      ),
      suppressCommandInterpretation: Type.Optional(Type.Boolean()),
    }),
    result: Started,
    access: "write",
    idempotency: "keyed",
    remembersKey: true,
    handle: (params, app, call) => send(params, app, call),
  }),
  defineMethod({
    name: "chat.abort",
    summary: "Ends one answer of a session, or all of them.",
    params: Strict({
      sessionKey: SessionKey,
      runId: Type.Optional(NonEmptyString),
      agentId: Type.Optional(NonEmptyString),
      preserveSideRuns: Type.Optional(Type.Boolean()),
    }),
    result: Strict({ ok: Type.Literal(true), aborted: Type.Boolean(), runIds: Type.Array(NonEmptyString) }),
    access: "write",
    idempotency: "safe",
    handle: ({ sessionKey, runId, agentId }, { runs, sessions }) => {
      const key = sessions.canonical(sessionKey, agentId);
      if (runId !== undefined && runs.isActive(runId) && !runs.activeIn(key).includes(runId)) {
        return fail("INVALID_REQUEST", "runId does not match sessionKey");
      }
      const runIds = runs.abort({ sessionKey: key, ...(runId === undefined ? {} : { runId }) }, "rpc");
      return { ok: true as const, aborted: runIds.length > 0, runIds };
    },
  }),
  defineMethod({
    name: "chat.inject",
    summary: "Adds a message of the assistant to a session, without asking the agent.",
    params: Strict({
      sessionKey: SessionKey,
      message: NonEmptyString,
      label: Type.Optional(ShortString(100)),
      agentId: Type.Optional(NonEmptyString),
    }),
    result: Strict({ ok: Type.Literal(true), messageId: NonEmptyString }),
    access: "admin",
    idempotency: "none",
    handle: ({ sessionKey, message, label, agentId }, app) => {
      const key = app.sessions.canonical(sessionKey, agentId);
      if (!app.sessions.find(key)) fail("INVALID_REQUEST", "session not found");
      const record = inject(app, key, label ? `[${label}]\n\n${message}` : message);
      app.runs.tellInjected({
        runId: `inject-${record.id}`,
        sessionKey: key,
        requestedKey: sessionKey,
        seq: 0,
        message: record.body as ChatMessage,
      });
      return { ok: true as const, messageId: record.id };
    },
  }),
];

function history(params: typeof HistoryParams.static, app: Services, { caller }: Call): typeof HistoryResult.static {
  const { sessionKey, agentId, limit = HISTORY_LIMIT, offset = 0 } = params;
  const key = app.sessions.canonical(sessionKey, agentId);
  const { session, messages, total } = app.sessions.history(key, { limit, offset });
  const encoded = messages.map((record) => encodeMessage(record, caller.version));
  const waiting = app.runs.waiting(key);
  const thinkingLevel = session?.settings.thinkingLevel ?? "off";
  const head = { sessionKey, ...(session ? { sessionId: session.sessionId } : {}), thinkingLevel };
  // v3 has no place for messages that wait for their turn but the end of the list.
  if (caller.version === 3) return { ...head, messages: [...encoded, ...waiting] };
  const shown = offset + messages.length;
  const hasMore = shown < total;
  return {
    ...head,
    messages: encoded,
    hasMore,
    totalMessages: total,
    ...(hasMore ? { nextOffset: shown } : {}),
    pendingInputs: { items: waiting, total: waiting.length },
    activeRunIds: app.runs.activeIn(key),
  };
}

const HistoryResult = Strict(historyProperties);

function metadata(app: Services): { models: (typeof ModelRow.static)[]; commands: (typeof CommandRow.static)[] } {
  return { models: modelRows(app), commands: commandList() };
}

interface SendParams {
  sessionKey: string;
  message: string;
  idempotencyKey: string;
  agentId?: string;
  thinking?: string;
  attachments?: (typeof Attachment.static)[];
  timeoutMs?: number;
  queueMode?: string;
  suppressCommandInterpretation?: boolean;
}

/** Serves `chat.send`: a stop word, a command of the gateway, or a question to the agent. */
export function send(params: SendParams, app: Services, { caller }: Call): typeof Started.static {
  const {
    sessionKey,
    message,
    idempotencyKey: runId,
    agentId,
    queueMode,
    suppressCommandInterpretation,
    ...question
  } = params;
  const known = findRepeat(app, runId, params);
  if (known) return repeatedAnswer(runId, known, caller.version === 3);
  const key = app.sessions.canonical(sessionKey, agentId);
  if (isStop(message)) {
    const runIds = app.runs.abort({ sessionKey: key }, "stop");
    return { ok: true, aborted: runIds.length > 0, runIds };
  }
  const command = suppressCommandInterpretation ? undefined : findCommand(message);
  if (command) {
    const reply = command(key, app);
    const body = injected(reply, app);
    app.runs.recordAnswer({ runId, sessionKey: key, requestHash: hashOf(params), text: reply });
    queueMicrotask(() =>
      app.runs.tellInjected({ runId, sessionKey: key, requestedKey: sessionKey, seq: 1, message: body }),
    );
    return { runId, status: "started" };
  }
  if (queueMode === "interrupt") app.runs.abort({ sessionKey: key }, "stop");
  ask(app, { runId, sessionKey, agentId, message, ...question }, params);
  return { runId, status: "started" };
}

function inject(app: Services, key: string, text: string) {
  return app.sessions.append(key, injected(text, app));
}

/** A message that no model wrote. */
function injected(text: string, { clock }: Services): ChatMessage {
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    timestamp: clock.now(),
    stopReason: "injected",
    usage: { input: 0, output: 0, totalTokens: 0 },
  };
}
