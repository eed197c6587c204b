/** Sessions to change: create, patch, reset, delete, compact. */
import { Type } from "@sinclair/typebox";
import type { Access } from "#schemas/method.ts";
import { Id, NonEmptyString, Nullable, OneOf, Strict } from "#schemas/primitives.ts";
import { SessionEntry } from "#schemas/sessions.ts";
import { requireAgent } from "../../agent/runs.ts";
import { fail } from "../../lib/errors.ts";
import type { SessionPatch } from "../../sessions/sessions.ts";
import { ask } from "../ask.ts";
import { Attachments } from "../chat.ts";
import { defineMethod } from "../define.ts";
import type { Services } from "../services.ts";
import { AgentId, Key, Label, Level } from "./params.ts";

/** Messages that `sessions.compact` keeps when not told. */
const COMPACT_LINES = 400;
/** How hard models may be asked to think. */
const thinkingLevels = ["off", "minimal", "low", "medium", "high"] as const;
/** How long a removal waits for a running answer to end. */
const STOP_MS = 15_000;

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

const Changed = Strict({ ok: Type.Literal(true), path: NonEmptyString, key: NonEmptyString, entry: SessionEntry });

export const sessionChangeMethods = [
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
];

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
