/** Sessions to look at: list, preview, resolve, describe. */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, Nullable, OneOf, Strict, TimestampMs } from "#schemas/primitives.ts";
import { SessionRow } from "#schemas/sessions.ts";
import { textOf } from "../../sessions/sessions.ts";
import { defineMethod } from "../define.ts";
import type { Services } from "../services.ts";
import { AgentId, Key, Label } from "./params.ts";

/** Rows of one list when not told, and at most. */
const LIST_LIMIT = 100;
const MAX_LIST_LIMIT = 1000;
/** Sessions of one preview, messages of each, and characters of each. */
const MAX_PREVIEWS = 64;
const PREVIEW_ITEMS = 12;
const MAX_PREVIEW_ITEMS = 200;
const PREVIEW_CHARS = 240;

const Defaults = Strict({
  modelProvider: Nullable(NonEmptyString),
  model: Nullable(NonEmptyString),
  contextTokens: Nullable(Type.Integer({ minimum: 1 })),
});

export const sessionReadMethods = [
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
];

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
