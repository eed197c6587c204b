/** The gateway about itself: health, status, presence, log. */
import { Type } from "@sinclair/typebox";
import { HealthSummary } from "#schemas/health.ts";
import { PresenceEntry } from "#schemas/presence.ts";
import { AnyObject, Lenient, NonEmptyString, NoParams, Nullable, Strict, TimestampMs } from "#schemas/primitives.ts";
import { ADMIN, hasScope } from "../devices/scopes.ts";
import { fail } from "../lib/errors.ts";
import { hostFacts, processId } from "../lib/host.ts";
import { defineMethod } from "./define.ts";
import type { Services } from "./services.ts";

/** Sessions that `status` names. */
const RECENT_SESSIONS = 10;
/** How much of the log `logs.tail` gives when not told. */
const TAIL_LINES = 500;
const TAIL_BYTES = 250_000;

const Count = Type.Integer({ minimum: 0 });

const StatusSession = Strict({
  agentId: NonEmptyString,
  key: NonEmptyString,
  kind: NonEmptyString,
  sessionId: NonEmptyString,
  updatedAt: TimestampMs,
  age: Count,
  model: Nullable(NonEmptyString),
});

const Status = Strict(
  {
    runtimeVersion: NonEmptyString,
    pid: Count,
    port: Count,
    uptimeMs: Count,
    connections: Count,
    heartbeat: Strict({
      defaultAgentId: NonEmptyString,
      agents: Type.Array(
        Strict({ agentId: NonEmptyString, enabled: Type.Boolean(), every: NonEmptyString, everyMs: Nullable(Count) }),
      ),
    }),
    channelSummary: Type.Array(Type.String()),
    queuedSystemEvents: Type.Array(Type.String()),
    sessions: Strict({
      paths: Type.Array(NonEmptyString),
      count: Count,
      defaults: Strict({ model: Nullable(NonEmptyString), contextTokens: Nullable(Count) }),
      recent: Type.Array(StatusSession),
      byAgent: Type.Array(
        Strict({
          agentId: NonEmptyString,
          path: NonEmptyString,
          count: Count,
          recent: Type.Array(StatusSession),
        }),
      ),
    }),
  },
  { $id: "Status" },
);

const optionalText = Type.Optional(Type.Unknown());

export const systemMethods = [
  defineMethod({
    name: "connect",
    summary: "Authenticates a socket; valid as its first request only.",
    params: Lenient({}),
    result: AnyObject,
    access: "admin",
    idempotency: "none",
    handle: () => fail("INVALID_REQUEST", "connect is only valid as the first request"),
  }),
  defineMethod({
    name: "health",
    summary: "The health summary; with probe a new one, which everyone is told.",
    params: Lenient({ probe: Type.Optional(Type.Boolean()) }),
    result: HealthSummary,
    access: "read",
    idempotency: "safe",
    handle: ({ probe }, { health }) => (probe ? health.refresh() : health.get()),
  }),
  defineMethod({
    name: "status",
    summary: "What the gateway is doing: sessions, agents, channels.",
    params: Lenient({}),
    result: Status,
    access: "read",
    idempotency: "safe",
    handle: (_params, app, { caller }) => statusOf(app, caller.version === 3 || hasScope(caller.scopes, ADMIN)),
  }),
  defineMethod({
    name: "system-presence",
    summary: "Who is here.",
    params: Lenient({}),
    result: Type.Array(PresenceEntry),
    access: "read",
    idempotency: "safe",
    handle: (_params, { presence }) => presence.list(),
  }),
  defineMethod({
    name: "system-event",
    summary: "Reports presence, or leaves a note for the main session's next turn.",
    params: Lenient({
      text: Type.String(),
      deviceId: optionalText,
      instanceId: optionalText,
      host: optionalText,
      ip: optionalText,
      mode: optionalText,
      version: optionalText,
      platform: optionalText,
      deviceFamily: optionalText,
      modelIdentifier: optionalText,
      lastInputSeconds: optionalText,
      reason: optionalText,
      roles: optionalText,
      scopes: optionalText,
      tags: optionalText,
    }),
    result: Strict({ ok: Type.Literal(true) }),
    access: "admin",
    idempotency: "none",
    refusal: (_params, version) => (version === 3 ? "text required" : undefined),
    handle: (params, app) => reportEvent(params, app),
  }),
  defineMethod({
    name: "last-heartbeat",
    summary: "The latest heartbeat of an agent, or null when there was none.",
    params: NoParams,
    result: Type.Null(),
    access: "read",
    idempotency: "safe",
    handle: () => null,
  }),
  defineMethod({
    name: "logs.tail",
    summary: "The end of the log, or what came since a cursor.",
    params: Strict({
      cursor: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })),
      maxBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    }),
    result: Strict({
      file: NonEmptyString,
      cursor: Count,
      size: Count,
      lines: Type.Array(Type.String()),
      truncated: Type.Boolean(),
      reset: Type.Boolean(),
    }),
    access: "read",
    idempotency: "safe",
    handle: ({ cursor, limit = TAIL_LINES, maxBytes = TAIL_BYTES }, { logFile }) =>
      logFile.tail({ limit, maxBytes, ...(cursor === undefined ? {} : { cursor }) }),
  }),
  defineMethod({
    name: "system.info",
    summary: "Facts about the host.",
    params: NoParams,
    result: Strict({
      machineName: NonEmptyString,
      hostname: NonEmptyString,
      platform: NonEmptyString,
      release: NonEmptyString,
      arch: NonEmptyString,
      osLabel: NonEmptyString,
      port: Count,
      pid: Count,
      uptimeMs: Count,
      cpuCount: Count,
      memoryTotalBytes: Count,
      memoryFreeBytes: Count,
    }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: (_params, { self, clock }) => ({
      ...hostFacts(),
      machineName: self.hostName,
      hostname: self.hostName,
      port: self.port(),
      uptimeMs: clock.now() - self.startedAtMs,
    }),
  }),
];

/** Where things lie on the disk is for the owner only (`protocol/methods.md`, status). */
function statusOf(app: Services, isOwner: boolean): typeof Status.static {
  const { agents, sessions, systemEvents, self, clock } = app;
  const nowMs = clock.now();
  const model = agents.models().find((one) => one.isDefault);
  const { rows, total } = sessions.list({ limit: RECENT_SESSIONS, offset: 0 });
  const recent = rows.map(({ agentId, key, sessionId, updatedAt, settings }) => ({
    agentId,
    key,
    kind: sessions.kindOf(key),
    sessionId,
    updatedAt,
    age: Math.max(0, nowMs - updatedAt),
    model: settings.model ?? model?.id ?? null,
  }));
  const list = agents.list();
  const path = isOwner ? self.databasePath : "[redacted]";
  return {
    runtimeVersion: self.version,
    pid: processId,
    port: self.port(),
    uptimeMs: nowMs - self.startedAtMs,
    connections: self.counts().connections,
    heartbeat: {
      defaultAgentId: agents.defaultId,
      agents: list.map(({ id }) => ({ agentId: id, enabled: false, every: "disabled", everyMs: null })),
    },
    channelSummary: app.channels
      .summaries()
      .map(
        ({ label, summary: { connected, problem } }) =>
          `${label}: ${connected ? "connected" : (problem ?? "not connected")}`,
      ),
    queuedSystemEvents: systemEvents.list(),
    sessions: {
      paths: isOwner ? [path] : [],
      count: total,
      defaults: { model: model?.id ?? null, contextTokens: model?.contextWindow ?? null },
      recent,
      byAgent: list.map(({ id }) => {
        const own = recent.filter(({ agentId }) => agentId === id);
        return {
          agentId: id,
          path,
          count: list.length === 1 ? total : sessions.list({ limit: 0, offset: 0, agentId: id }).total,
          recent: own,
        };
      }),
    },
  };
}

/** Wrong types are ignored, as peers of both generations do. */
function reportEvent(params: Record<string, unknown> & { text: string }, app: Services): { ok: true } {
  const text = params.text.trim();
  if (!text) return fail("INVALID_REQUEST", "text required");
  const string = (name: string) => {
    const value = params[name];
    return typeof value === "string" && value.trim() ? value.trim().slice(0, 256) : undefined;
  };
  const strings = (name: string) => {
    const value = params[name];
    return Array.isArray(value)
      ? value.filter((item) => typeof item === "string" && item !== "").slice(0, 64)
      : undefined;
  };
  const seconds = params["lastInputSeconds"];
  const entry: Omit<typeof PresenceEntry.static, "ts"> = { text: text.slice(0, 512) };
  for (const name of [
    "host",
    "ip",
    "version",
    "platform",
    "deviceFamily",
    "modelIdentifier",
    "mode",
    "reason",
    "deviceId",
    "instanceId",
  ] as const) {
    const value = string(name);
    if (value !== undefined) entry[name] = value;
  }
  for (const name of ["tags", "roles", "scopes"] as const) {
    const value = strings(name);
    if (value !== undefined) entry[name] = value;
  }
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 0) entry.lastInputSeconds = seconds;
  const key = entry.deviceId ?? entry.instanceId ?? entry.host ?? entry.ip ?? text.slice(0, 64);
  app.presence.set(key, entry);
  const isRoutine = text.startsWith("Node:") && (entry.reason?.startsWith("periodic") || entry.reason === "heartbeat");
  if (!isRoutine) app.systemEvents.add(text);
  return { ok: true };
}
