/** Asking nodes to do something, and their answers (`protocol/nodes.md` section 3). */
import { Type } from "@sinclair/typebox";
import { Id, NonEmptyString, Nullable, ShortString, Strict } from "#schemas/primitives.ts";
import { authorizeScope, type Call } from "../../gateway/dispatch.ts";
import { fail } from "../../lib/errors.ts";
import { needsAdmin, RULES_COMMANDS } from "../../nodes/commands.ts";
import { errorOf } from "../../nodes/failures.ts";
import type { NodeResult } from "../../nodes/nodes.ts";
import { defineMethod } from "../define.ts";
import { NodeId } from "./list.ts";
import { partyOf } from "./party.ts";
import { prepareInvoke } from "./surfaces.ts";

/** Longest wait for an absent node that one call may ask for. */
const MAX_QUEUE_MS = 10 * 60 * 1000;

const Command = ShortString(128);
/** What a node answers to a call of ours. */
export const Taken = Strict({ ok: Type.Literal(true), ignored: Type.Optional(Type.Literal(true)) });

export const nodeInvokeMethods = [
  defineMethod({
    name: "node.invoke",
    summary: "Asks a node to do something, and waits for its answer.",
    params: Strict({
      nodeId: NodeId,
      command: Command,
      params: Type.Optional(Type.Unknown()),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
      idempotencyKey: Id,
      queueMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: MAX_QUEUE_MS,
          description:
            "How long to wait for a node that is away, or whose app is in the background. Default: not at all.",
        }),
      ),
      sessionKey: Type.Optional(ShortString(512)),
      turnSourceChannel: Type.Optional(Type.String()),
      turnSourceTo: Type.Optional(Type.String()),
      turnSourceAccountId: Type.Optional(Type.String()),
      turnSourceThreadId: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    }),
    result: Strict({
      ok: Type.Literal(true),
      nodeId: NonEmptyString,
      command: NonEmptyString,
      payload: Type.Optional(Type.Unknown()),
      payloadJSON: Nullable(Type.String()),
    }),
    access: "write",
    idempotency: "none",
    handle: async ({ nodeId, command: wanted, params: given, ...rest }, app, call) => {
      const { timeoutMs, queueMs, idempotencyKey, sessionKey } = rest;
      const { command, params, told } = prepareInvoke(app, nodeId, wanted, given);
      if (needsAdmin(command)) authorizeScope("admin", call.caller);
      if (RULES_COMMANDS.has(command))
        fail("INVALID_REQUEST", `${command} is not for node.invoke: use exec.approvals.node.get or .set`, {
          details: { command },
        });
      const origin = { kind: "operator" as const, ...(sessionKey === undefined ? {} : { sessionKey }) };
      const order = { nodeId, command, params, timeoutMs, queueMs, idempotencyKey, origin, by: partyOf(call) };
      const result = resultOf(await app.nodes.ask(order, call.signal), command, call);
      const answer = { ok: true as const, nodeId, command: wanted, ...result };
      return told === undefined ? answer : { ...answer, payload: { ...asObject(result.payload), ...told } };
    },
  }),
  defineMethod({
    name: "node.invoke.result",
    summary: "A node's answer to what it was asked.",
    params: Strict({
      id: NonEmptyString,
      nodeId: NonEmptyString,
      ok: Type.Boolean(),
      payload: Type.Optional(Type.Unknown()),
      payloadJSON: Type.Optional(Type.Unknown({ description: "JSON text" })),
      error: Type.Optional(
        Nullable(Strict({ code: Type.Optional(NonEmptyString), message: Type.Optional(NonEmptyString) })),
      ),
    }),
    result: Taken,
    access: "node",
    idempotency: "safe",
    handle: ({ nodeId, ...answer }, { nodes }, call) => {
      requireOwn(nodeId, call);
      return taken(nodes.answer(call.connection.id, answer));
    },
  }),
  defineMethod({
    name: "node.invoke.progress",
    summary: "A piece of output of a command that still runs.",
    params: Strict({
      invokeId: NonEmptyString,
      nodeId: NonEmptyString,
      seq: Type.Integer({ minimum: 0 }),
      chunk: Type.String({ maxLength: 16_384 }),
    }),
    result: Taken,
    access: { v3: "never", v4: "node" },
    idempotency: "safe",
    handle: ({ invokeId, nodeId, seq, chunk }, { nodes }, call) => {
      requireOwn(nodeId, call);
      return taken(nodes.progress(call.connection.id, { id: invokeId, seq, chunk }));
    },
  }),
];

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** What came of a call, as the caller's generation reads it. Throws the failure. */
export function resultOf(result: NodeResult, command: string, { caller }: Call) {
  if (!result.ok) throw errorOf(result, command, caller.version);
  return { payload: result.payload, payloadJSON: result.payloadJSON };
}

/** A node speaks for itself only. */
function requireOwn(nodeId: string, { caller }: Call): void {
  if (nodeId !== caller.deviceId) fail("INVALID_REQUEST", "nodeId mismatch");
}

function taken(isTaken: boolean): typeof Taken.static {
  return isTaken ? { ok: true } : { ok: true, ignored: true };
}
