/** Sessions: list, look, change, follow. */
import { Type } from "@sinclair/typebox";
import type { Access } from "#schemas/method.ts";
import {
  Id,
  NonEmptyString,
  NoParams,
  Nullable,
  OneOf,
  ShortString,
  Strict,
  TimestampMs,
} from "#schemas/primitives.ts";
import { SessionEntry, SessionRow } from "#schemas/sessions.ts";
import { requireAgent } from "../agent/runs.ts";
import { fail } from "../lib/errors.ts";
import { type SessionPatch, textOf } from "../sessions/sessions.ts";
import { ask } from "./ask.ts";
import { Attachments, Started, send } from "./chat.ts";
import { defineMethod } from "./define.ts";
import { SESSIONS_TOPIC, sessionTopic } from "./events.ts";
import type { Services } from "./services.ts";

/** Rows of one list when not told, and at most. */
const LIST_LIMIT = 100;
const MAX_LIST_LIMIT = 1000;
/** Sessions of one preview, messages of each, and characters of each. */
const MAX_PREVIEWS = 64;
const PREVIEW_ITEMS = 12;
const MAX_PREVIEW_ITEMS = 200;
const PREVIEW_CHARS = 240;
/** Messages that `sessions.compact` keeps when not told. */
const COMPACT_LINES = 400;
/** How hard models may be asked to think. */
const thinkingLevels = ["off", "minimal", "low", "medium", "high"] as const;
/** How long a removal waits for a running answer to end. */
const STOP_MS = 15_000;

const Key = ShortString(512);
const AgentId = Type.Optional(NonEmptyString);
const Label = ShortString(512);
const Level = Type.Optional(Nullable(NonEmptyString));

/** Settings that a caller with write scope may change in v4; the others need admin (`protocol/methods.md`). */
const writable: ReadonlySet<string> = new Set([
  "key",
  "agentId",
  "label",
  "model",
  "thinkingLevel",
  "archived",
  "pinned",
]);

const Defaults = Strict({
  modelProvider: Nullable(NonEmptyString),
  model: Nullable(NonEmptyString),
  contextTokens: Nullable(Type.Integer({ minimum: 1 })),
});

const Changed = Strict({ ok: Type.Literal(true), path: NonEmptyString, key: NonEmptyString, entry: SessionEntry });

export const sessionsMethods = [
  defineMethod({
    name: "sessions.list",
    summary: "Sessions, the latest first.",
    params: Strict({
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      offset: Type.Optional(Type.Integer({ minimum: 0 })),
      activeMinutes: Type.Optional(Type.Integer({ minimum: 1 })),
      includeGlobal: Type.Optional(Type.Boolean()),
      includeUnknown: Type.Optional(Type.Boolean()),
      includeDerivedTitles: Type.Optional(Type.Boolean()),
      includeLastMessage: Type.Optional(Type.Boolean()),
      label: Type.Optional(Label),
      agentId: AgentId,
      search: Type.Optional(Type.String({ maxLength: 256 })),
      sortBy: Type.Optional(OneOf(["updatedAt", "lastInteractionAt"])),
      configuredAgentsOnly: Type.Optional(Type.Boolean()),
      archived: Type.Optional(Type.Union([Type.Boolean(), Type.Literal("all")])),
      includePeople: Type.Optional(Type.Boolean()),
      requireLastInteraction: Type.Optional(Type.Boolean()),
    }),
    result: Strict({
      ts: TimestampMs,
      path: NonEmptyString,
      count: Type.Integer({ minimum: 0 }),
      totalCount: Type.Optional(Type.Integer({ minimum: 0 })),
      limitApplied: Type.Optional(Type.Integer({ minimum: 1 })),
      nextOffset: Type.Optional(Nullable(Type.Integer({ minimum: 0 }))),
      hasMore: Type.Optional(Type.Boolean()),
      defaults: Defaults,
      sessions: Type.Array(SessionRow),
    }),
    access: "read",
    idempotency: "safe",
    handle: (params, app, { caller }) => {
      const { sessions, clock, self } = app;
      const limit = Math.min(params.limit ?? LIST_LIMIT, MAX_LIST_LIMIT);
      const offset = params.offset ?? 0;
      const search = params.search?.trim();
      const { rows, total } = sessions.list({
        limit,
        offset,
        ...(params.agentId === undefined ? {} : { agentId: params.agentId.toLowerCase() }),
        ...(params.activeMinutes === undefined ? {} : { updatedSince: clock.now() - params.activeMinutes * 60_000 }),
        ...(params.label === undefined ? {} : { label: params.label }),
        ...(search ? { search } : {}),
      });
      const extras = { title: params.includeDerivedTitles === true, lastMessage: params.includeLastMessage === true };
      const list = {
        ts: clock.now(),
        path: self.databasePath,
        count: rows.length,
        defaults: defaultsOf(app),
        sessions: rows.map((row) => sessions.toRow(row, extras)),
      };
      if (caller.version === 3) return list;
      const shown = offset + rows.length;
      return {
        ...list,
        totalCount: total,
        limitApplied: limit,
        nextOffset: shown < total ? shown : null,
        hasMore: shown < total,
      };
    },
  }),
  defineMethod({
    name: "sessions.preview",
    summary: "The last lines of some sessions.",
    params: Strict({
      keys: Type.Array(NonEmptyString, { minItems: 1 }),
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      maxChars: Type.Optional(Type.Integer({ minimum: 20 })),
    }),
    result: Strict({
      ts: TimestampMs,
      previews: Type.Array(
        Strict({
          key: NonEmptyString,
          status: OneOf(["ok", "empty", "missing", "error"]),
          items: Type.Array(
            Strict({ role: OneOf(["user", "assistant", "tool", "system", "other"]), text: Type.String() }),
          ),
        }),
      ),
    }),
    access: "read",
    idempotency: "safe",
    handle: ({ keys, limit = PREVIEW_ITEMS, maxChars = PREVIEW_CHARS }, app) => ({
      ts: app.clock.now(),
      previews: keys
        .slice(0, MAX_PREVIEWS)
        .map((key) => preview(app, key, Math.min(limit, MAX_PREVIEW_ITEMS), maxChars)),
    }),
  }),
  defineMethod({
    name: "sessions.resolve",
    summary: "The session that a key, an id or a label means.",
    params: Strict({
      key: Type.Optional(NonEmptyString),
      sessionId: Type.Optional(NonEmptyString),
      label: Type.Optional(Label),
      agentId: AgentId,
      includeGlobal: Type.Optional(Type.Boolean()),
      includeUnknown: Type.Optional(Type.Boolean()),
      allowMissing: Type.Optional(Type.Boolean()),
    }),
    result: Strict({ ok: Type.Boolean(), key: Type.Optional(NonEmptyString), agentId: Type.Optional(NonEmptyString) }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: ({ key, sessionId, label, allowMissing }, { sessions }, { caller }) => {
      const by = {
        ...(key === undefined ? {} : { key }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(label === undefined ? {} : { label }),
      };
      if (allowMissing && key !== undefined && !sessions.find(key)) return { ok: false };
      const found = sessions.resolve(by);
      return { ok: true, key: found.key, ...(caller.version === 4 ? { agentId: found.agentId } : {}) };
    },
  }),
  defineMethod({
    name: "sessions.describe",
    summary: "One session as the list shows it, or null.",
    params: Strict({
      key: Key,
      includeDerivedTitles: Type.Optional(Type.Boolean()),
      includeLastMessage: Type.Optional(Type.Boolean()),
    }),
    result: Strict({ session: Nullable(SessionRow) }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: ({ key, includeDerivedTitles, includeLastMessage }, { sessions }) => {
      const found = sessions.find(key);
      const extras = { title: includeDerivedTitles === true, lastMessage: includeLastMessage === true };
      return { session: found ? sessions.toRow(found, extras) : null };
    },
  }),
  defineMethod({
    name: "sessions.patch",
    summary: "Changes settings of a session; null clears one. Makes the session when it is new.",
    params: Strict({
      key: Key,
      agentId: AgentId,
      label: Type.Optional(Nullable(Label)),
      thinkingLevel: Level,
      verboseLevel: Level,
      reasoningLevel: Level,
      responseUsage: Type.Optional(Nullable(OneOf(["off", "tokens", "full", "on"]))),
      elevatedLevel: Level,
      model: Level,
      sendPolicy: Type.Optional(Nullable(OneOf(["allow", "deny"]))),
      groupActivation: Type.Optional(Nullable(OneOf(["mention", "always"]))),
      archived: Type.Optional(Type.Boolean()),
      pinned: Type.Optional(Type.Boolean()),
    }),
    result: Changed,
    access: "admin",
    idempotency: "safe",
    accessFor: (params): Access => (Object.keys(params).every((name) => writable.has(name)) ? "write" : "admin"),
    handle: ({ key, agentId, ...settings }, app) => {
      const name = app.sessions.canonical(key, agentId);
      const session = app.sessions.patch(name, { ...settings, ...checkedSettings(app, settings) });
      return { ok: true as const, path: app.self.databasePath, key: name, entry: app.sessions.toEntry(session) };
    },
  }),
  defineMethod({
    name: "sessions.reset",
    summary: "Starts a session afresh; its settings and the old transcript are kept.",
    params: Strict({ key: Key, agentId: AgentId, reason: Type.Optional(OneOf(["new", "reset"])) }),
    result: Strict({ ok: Type.Literal(true), key: NonEmptyString, entry: SessionEntry }),
    access: "admin",
    idempotency: "none",
    handle: async ({ key, agentId }, app) => {
      const name = app.sessions.canonical(key, agentId);
      await stopRuns(app, name);
      const session = app.sessions.reset(name);
      return { ok: true as const, key: name, entry: app.sessions.toEntry(session) };
    },
  }),
  defineMethod({
    name: "sessions.delete",
    summary: "Removes a session from the list, after ending its answer. The transcript stays on the disk.",
    params: Strict({
      key: Key,
      agentId: AgentId,
      deleteTranscript: Type.Optional(Type.Boolean()),
      expectedSessionId: Type.Optional(NonEmptyString),
    }),
    result: Strict({
      ok: Type.Literal(true),
      key: NonEmptyString,
      deleted: Type.Boolean(),
      archived: Type.Array(NonEmptyString),
    }),
    access: "admin",
    idempotency: "none",
    handle: async ({ key, agentId, expectedSessionId }, app) => {
      const name = app.sessions.canonical(key, agentId);
      const found = app.sessions.find(name);
      if (expectedSessionId !== undefined && found && found.sessionId !== expectedSessionId) {
        fail("INVALID_REQUEST", "the session changed since it was looked at: look again");
      }
      await stopRuns(app, name);
      return { ok: true as const, ...app.sessions.remove(name) };
    },
  }),
  defineMethod({
    name: "sessions.compact",
    summary: "Hides all but the last messages of a session from history and model.",
    params: Strict({ key: Key, agentId: AgentId, maxLines: Type.Optional(Type.Integer({ minimum: 1 })) }),
    result: Strict({
      ok: Type.Literal(true),
      key: NonEmptyString,
      compacted: Type.Boolean(),
      kept: Type.Optional(Type.Integer({ minimum: 0 })),
      reason: Type.Optional(NonEmptyString),
    }),
    access: "admin",
    idempotency: "safe",
    handle: ({ key, agentId, maxLines = COMPACT_LINES }, { sessions }) => ({
      ok: true as const,
      ...sessions.compact(sessions.canonical(key, agentId), maxLines),
    }),
  }),
  defineMethod({
    name: "sessions.create",
    summary: "Makes a session, and asks its agent the first question when a message is given.",
    params: Strict({
      key: Type.Optional(Key),
      idempotencyKey: Type.Optional(Id),
      agentId: AgentId,
      label: Type.Optional(Label),
      model: Type.Optional(NonEmptyString),
      thinkingLevel: Type.Optional(NonEmptyString),
      message: Type.Optional(Type.String()),
      attachments: Type.Optional(Attachments),
    }),
    result: Strict({
      ok: Type.Literal(true),
      key: NonEmptyString,
      sessionId: NonEmptyString,
      entry: SessionEntry,
      runStarted: Type.Boolean(),
      runId: Type.Optional(NonEmptyString),
    }),
    access: { v3: "admin", v4: "write" },
    idempotency: "none",
    handle: (params, app) => {
      const { key, agentId, label, model, thinkingLevel, message, attachments } = params;
      if (agentId !== undefined) requireAgent(app.agents, agentId, "sessions.create");
      const settings = {
        ...(model === undefined ? {} : { model }),
        ...(thinkingLevel === undefined ? {} : { thinkingLevel }),
      };
      const checked = checkedSettings(app, settings);
      const created = app.sessions.create({
        ...(key === undefined ? {} : { key }),
        ...(agentId === undefined ? {} : { agentId: agentId.toLowerCase() }),
        ...(label === undefined ? {} : { label }),
      });
      const session = Object.keys(checked).length ? app.sessions.patch(created.key, checked) : created;
      const made = {
        ok: true as const,
        key: session.key,
        sessionId: session.sessionId,
        entry: app.sessions.toEntry(session),
      };
      if (!message && !attachments?.length) return { ...made, runStarted: false };
      const runId = params.idempotencyKey ?? app.ids.uuid();
      ask(app, { runId, sessionKey: session.key, message: message ?? "", attachments }, params);
      return { ...made, runStarted: true, runId };
    },
  }),
  defineMethod({
    name: "sessions.send",
    summary: "Like chat.send, on a session that exists.",
    params: Strict({
      key: Key,
      agentId: AgentId,
      message: Type.String(),
      thinking: Type.Optional(Type.String()),
      attachments: Type.Optional(Attachments),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
      idempotencyKey: Type.Optional(Id),
    }),
    result: Started,
    access: { v3: "admin", v4: "write" },
    idempotency: "keyed",
    remembersKey: true,
    handle: ({ key, idempotencyKey, ...rest }, app, call) => {
      if (!app.sessions.find(key)) fail("INVALID_REQUEST", `session not found: ${key}`);
      return send({ sessionKey: key, idempotencyKey: idempotencyKey ?? app.ids.uuid(), ...rest }, app, call);
    },
  }),
  defineMethod({
    name: "sessions.abort",
    summary: "Ends the answer of a session, or one run.",
    params: Strict({
      key: Type.Optional(Key),
      runId: Type.Optional(NonEmptyString),
      agentId: AgentId,
      clearQueued: Type.Optional(Type.Boolean()),
    }),
    result: Strict({
      ok: Type.Literal(true),
      abortedRunId: Nullable(NonEmptyString),
      status: OneOf(["aborted", "no-active-run"]),
    }),
    access: { v3: "admin", v4: "write" },
    idempotency: "safe",
    handle: ({ key, runId, agentId }, { runs, sessions }) => {
      if (key === undefined && runId === undefined) fail("INVALID_REQUEST", "key or runId is required");
      const target = {
        ...(key === undefined ? {} : { sessionKey: sessions.canonical(key, agentId) }),
        ...(runId === undefined ? {} : { runId }),
      };
      const [first] = runs.abort(target, "rpc");
      return {
        ok: true as const,
        abortedRunId: first ?? null,
        status: first ? ("aborted" as const) : ("no-active-run" as const),
      };
    },
  }),
  defineMethod({
    name: "sessions.subscribe",
    summary: "Follows the list of sessions: this socket receives sessions.changed.",
    params: NoParams,
    result: Strict({ subscribed: Type.Literal(true) }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: (_params, _app, { connection }) => {
      follow(connection.subscribe(SESSIONS_TOPIC));
      return { subscribed: true as const };
    },
  }),
  defineMethod({
    name: "sessions.messages.subscribe",
    summary: "Follows one session: this socket receives session.message.",
    params: Strict({ key: Key, agentId: AgentId, includeApprovals: Type.Optional(Type.Literal(true)) }),
    result: Strict({ subscribed: Type.Literal(true), key: NonEmptyString }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: ({ key, agentId }, { sessions }, { connection }) => {
      const name = sessions.canonical(key, agentId);
      follow(connection.subscribe(sessionTopic(name)));
      return { subscribed: true as const, key: name };
    },
  }),
  defineMethod({
    name: "sessions.messages.unsubscribe",
    summary: "No longer follows one session.",
    params: Strict({ key: Key, agentId: AgentId }),
    result: Strict({ subscribed: Type.Literal(false), key: NonEmptyString }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: ({ key, agentId }, { sessions }, { connection }) => {
      const name = sessions.canonical(key, agentId);
      connection.subscriptions.delete(sessionTopic(name));
      return { subscribed: false as const, key: name };
    },
  }),
];

function follow(isFollowing: boolean): void {
  if (!isFollowing) fail("UNAVAILABLE", "this connection follows too many sessions: unsubscribe from some");
}

/** The default model of this gateway, as lists show it. */
function defaultsOf({ agents }: Services): typeof Defaults.static {
  const model = agents.models().find((one) => one.isDefault);
  return {
    modelProvider: model?.provider ?? null,
    model: model?.id ?? null,
    contextTokens: model?.contextWindow ?? null,
  };
}

function preview(app: Services, key: string, limit: number, maxChars: number) {
  const { session, messages } = app.sessions.history(key, { limit, offset: 0 });
  if (!session) return { key, status: "missing" as const, items: [] };
  const items = messages.map(({ body }) => ({
    role: previewRole(body["role"]),
    text: textOf(body).slice(0, maxChars),
  }));
  return { key, status: items.length ? ("ok" as const) : ("empty" as const), items };
}

function previewRole(role: unknown): "user" | "assistant" | "system" | "tool" | "other" {
  if (role === "user" || role === "assistant" || role === "system") return role;
  return role === "toolResult" ? "tool" : "other";
}

/** Refuses levels and models that do not exist; a model is stored with its provider. */
function checkedSettings(
  app: Services,
  settings: { thinkingLevel?: string | null; model?: string | null },
): SessionPatch {
  const { thinkingLevel, model } = settings;
  if (thinkingLevel != null && !thinkingLevels.some((level) => level === thinkingLevel)) {
    fail("INVALID_REQUEST", `invalid thinkingLevel (use ${thinkingLevels.join("|")})`);
  }
  const patch: SessionPatch = { ...(thinkingLevel === undefined ? {} : { thinkingLevel }) };
  if (model === undefined) return patch;
  if (model === null) return { ...patch, model: null, modelProvider: null };
  const found = app.agents.findModel(model) ?? fail("INVALID_REQUEST", `model not configured: ${model}`);
  return { ...patch, model: found.model, modelProvider: found.provider };
}

/** Ends what runs in a session and waits until it has. */
async function stopRuns({ runs, clock }: Services, key: string): Promise<void> {
  const runIds = runs.activeIn(key);
  if (runIds.length === 0) return;
  runs.abort({ sessionKey: key }, "rpc");
  const late = new AbortController();
  const limit = clock.after(STOP_MS, () => late.abort());
  const outcomes = await Promise.all(runIds.map((runId) => runs.wait(runId, late.signal)));
  limit.cancel();
  if (outcomes.some((outcome) => !outcome))
    fail("UNAVAILABLE", "the session's answer does not end: try again", { retryable: true });
}
