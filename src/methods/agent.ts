/** Agent runs by request: `agent` answers twice, `agent.wait` waits for the end. */
import { Type } from "@sinclair/typebox";
import { AnyObject, Id, NonEmptyString, OneOf, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import type { RunOutcome } from "../agent/run.ts";
import { requireAgent } from "../agent/runs.ts";
import { deadline } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import { ask, failRun, findRepeat } from "./ask.ts";
import { Attachments } from "./chat.ts";
import { defineMethod } from "./define.ts";

/** How long `agent.wait` waits when not told. */
const WAIT_MS = 30_000;
/** Longest wait one request may ask for: runs end within a day. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

const AgentResult = Strict({
  runId: NonEmptyString,
  status: OneOf(["ok", "timeout"]),
  summary: NonEmptyString,
  result: Strict({
    payloads: Type.Array(Strict({ text: Type.String(), mediaUrl: Type.Null() })),
    meta: Strict({
      durationMs: Type.Integer({ minimum: 0 }),
      agentMeta: Strict({
        sessionId: Type.Optional(NonEmptyString),
        provider: Type.Optional(NonEmptyString),
        model: Type.Optional(NonEmptyString),
        usage: Type.Optional(AnyObject),
      }),
      aborted: Type.Boolean(),
    }),
  }),
});

export const agentMethods = [
  defineMethod({
    name: "agent",
    summary: "Asks an agent. Answers twice under one id: accepted at once, the result when the run ends.",
    params: Strict({
      message: Type.String(),
      idempotencyKey: Id,
      agentId: Type.Optional(NonEmptyString),
      sessionKey: Type.Optional(ShortString(512)),
      sessionId: Type.Optional(NonEmptyString),
      to: Type.Optional(Type.String()),
      thinking: Type.Optional(Type.String()),
      deliver: Type.Optional(Type.Boolean()),
      attachments: Type.Optional(Attachments),
      channel: Type.Optional(Type.String()),
      accountId: Type.Optional(Type.String()),
      threadId: Type.Optional(Type.String()),
      timeout: Type.Optional(Type.Integer({ minimum: 0, description: "seconds" })),
      lane: Type.Optional(Type.String()),
      extraSystemPrompt: Type.Optional(Type.String()),
      label: Type.Optional(ShortString(512)),
      model: Type.Optional(NonEmptyString),
      provider: Type.Optional(NonEmptyString),
    }),
    result: AgentResult,
    access: "write",
    idempotency: "keyed",
    remembersKey: true,
    handle: async (params, app, call) => {
      const {
        idempotencyKey: runId,
        message,
        agentId,
        sessionKey,
        sessionId,
        thinking,
        attachments,
        extraSystemPrompt,
        timeout,
      } = params;
      const known = findRepeat(app, runId, params);
      if (!known) {
        if (agentId !== undefined) requireAgent(app.agents, agentId, "agent");
        if (params.channel !== undefined && params.channel !== "webchat" && params.channel !== "last") {
          fail("INVALID_REQUEST", `invalid agent params: unknown channel: ${params.channel.slice(0, 64)}`);
        }
        const key =
          sessionKey ??
          (sessionId === undefined ? app.sessions.mainKey(agentId) : app.sessions.resolve({ sessionId }).key);
        const ofKey = app.sessions.agentIdOf(app.sessions.canonical(key, agentId));
        if (agentId !== undefined && agentId.toLowerCase() !== ofKey) {
          fail(
            "INVALID_REQUEST",
            `invalid agent params: agent "${agentId}" does not match session key agent "${ofKey}"`,
          );
        }
        const model =
          params.model === undefined
            ? undefined
            : params.provider
              ? `${params.provider}/${params.model}`
              : params.model;
        const timeoutMs = timeout ? timeout * 1000 : undefined;
        const started = ask(
          app,
          { runId, sessionKey: key, agentId, message, attachments, thinking, timeoutMs, extraSystemPrompt, model },
          params,
        );
        if (params.label !== undefined) app.sessions.patch(started.sessionKey, { label: params.label });
        call.accept({
          runId,
          status: "accepted",
          acceptedAt: app.clock.now(),
          ...(call.caller.version === 4 ? started : {}),
        });
      } else if (!known.outcome) {
        call.accept({ runId, status: "accepted", acceptedAt: app.clock.now() });
      }
      const outcome = known?.outcome ?? (await app.runs.wait(runId, call.signal));
      if (!outcome) return fail("UNAVAILABLE", "the connection ended before the run did: ask agent.wait");
      return finalAnswer(runId, outcome);
    },
  }),
  defineMethod({
    name: "agent.wait",
    summary: "Waits for the end of a run; answers timeout when it takes longer.",
    params: Strict({ runId: NonEmptyString, timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })) }),
    result: Strict({
      runId: NonEmptyString,
      status: OneOf(["ok", "error", "timeout"]),
      startedAt: Type.Optional(TimestampMs),
      endedAt: Type.Optional(TimestampMs),
      error: Type.Optional(Type.String()),
      stopReason: Type.Optional(Type.String()),
    }),
    access: "write",
    idempotency: "safe",
    handle: async ({ runId, timeoutMs = WAIT_MS }, { runs, clock }, call) => {
      const limit = deadline(clock, Math.min(timeoutMs, MAX_WAIT_MS));
      const outcome = await runs.wait(runId, AbortSignal.any([call.signal, limit]));
      if (!outcome) return { runId, status: "timeout" as const };
      const { startedAt, endedAt, error, stopReason, state } = outcome;
      const status =
        state === "ok"
          ? ("ok" as const)
          : state === "aborted" || state === "timeout"
            ? ("timeout" as const)
            : ("error" as const);
      return {
        runId,
        status,
        endedAt,
        ...(startedAt === undefined ? {} : { startedAt }),
        ...(error === undefined ? {} : { error }),
        ...(call.caller.version === 3 || stopReason === undefined ? {} : { stopReason }),
      };
    },
  }),
];

function finalAnswer(runId: string, outcome: RunOutcome): typeof AgentResult.static {
  const { state, text, startedAt, endedAt, sessionId, provider, model, usage } = outcome;
  if (state === "error" || state === "interrupted") return failRun(runId, outcome);
  const aborted = state !== "ok";
  return {
    runId,
    status: aborted ? "timeout" : "ok",
    summary: aborted ? "aborted" : "completed",
    result: {
      payloads: text ? [{ text, mediaUrl: null }] : [],
      meta: {
        durationMs: Math.max(0, endedAt - (startedAt ?? endedAt)),
        agentMeta: {
          ...(sessionId === undefined ? {} : { sessionId }),
          ...(provider === undefined ? {} : { provider }),
          ...(model === undefined ? {} : { model }),
          ...(usage === undefined ? {} : { usage: { ...usage, total: usage.totalTokens } }),
        },
        aborted,
      },
    },
  };
}
