/** Sessions to use and to follow: send, abort, subscribe. */
import { Type } from "@sinclair/typebox";
import { Id, NonEmptyString, NoParams, Nullable, OneOf, Strict } from "#schemas/primitives.ts";
import { fail } from "../../lib/errors.ts";
import { Attachments, Started, send } from "../chat.ts";
import { defineMethod } from "../define.ts";
import { SESSIONS_TOPIC, sessionTopic } from "../events.ts";
import { AgentId, Key } from "./params.ts";

export const sessionUseMethods = [
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
