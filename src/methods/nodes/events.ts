/** What nodes tell by themselves (`protocol/nodes.md` section 4). What is malformed or unknown is passed over. */
import { type TSchema, Type } from "@sinclair/typebox";
import { Lenient, NonEmptyString, Nullable, ShortString, Strict } from "#schemas/primitives.ts";
import { formatAction } from "../../canvas/action.ts";
import type { Call } from "../../gateway/dispatch.ts";
import { fail, GatewayError } from "../../lib/errors.ts";
import { parseJson } from "../../lib/json.ts";
import { follow, type LiveNode } from "../../nodes/registry.ts";
import { ask } from "../ask.ts";
import { defineMethod } from "../define.ts";
import type { Services } from "../services.ts";
import { tellExec } from "./exec-events.ts";
import { done, type Handled, malformed, type NodeEventHandler, when } from "./handled.ts";

/** Longest text a node may say or send (`protocol/nodes.md` section 4). */
const MAX_TEXT_CHARS = 20_000;

const SessionKey = ShortString(512);
const Maybe = <T extends TSchema>(schema: T) => Type.Optional(Nullable(schema));

const Transcript = Lenient({ text: ShortString(MAX_TEXT_CHARS), sessionKey: Type.Optional(SessionKey) });
const AgentRequest = Lenient({
  message: ShortString(MAX_TEXT_CHARS),
  sessionKey: Maybe(SessionKey),
  thinking: Maybe(Type.String()),
  deliver: Maybe(Type.Boolean()),
  to: Maybe(Type.String()),
  channel: Maybe(Type.String()),
  timeoutSeconds: Maybe(Type.Number({ minimum: 0 })),
});
const Subscription = Lenient({ sessionKey: SessionKey });

const handlers: ReadonlyMap<string, NodeEventHandler> = new Map([
  ["voice.transcript", when(Transcript, hear)],
  ["agent.request", when(AgentRequest, askAgent)],
  ["canvas.a2ui.action", tap],
  ["chat.subscribe", when(Subscription, subscribe)],
  ["chat.unsubscribe", when(Subscription, unsubscribe)],
  ["exec.started", tellExec("started")],
  ["exec.finished", tellExec("finished")],
  ["exec.denied", tellExec("denied")],
  [
    "node.presence.alive",
    when(Lenient({ trigger: ShortString(64) }), ({ trigger }, ...rest) => seen(trigger, ...rest)),
  ],
  ["node.presence.activity", (_payload, ...rest) => seen("activity", ...rest)],
]);

export const nodeEventMethods = [
  defineMethod({
    name: "node.event",
    summary: "Something happened on a node: words were spoken, a question was asked, a command ended.",
    params: Strict({
      event: ShortString(128),
      payload: Type.Optional(Type.Unknown()),
      payloadJSON: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
    result: Strict({
      ok: Type.Literal(true),
      event: Type.Optional(NonEmptyString),
      handled: Type.Optional(Type.Boolean()),
      reason: Type.Optional(NonEmptyString),
    }),
    access: "node",
    idempotency: "none",
    handle: (params, app, call) => {
      const handled = handle(params, app, call);
      const isPlain = call.caller.version === 3 || (handled.isHandled && params.event.startsWith("chat."));
      if (isPlain) return { ok: true as const };
      const reason = handled.isHandled ? {} : { reason: handled.reason };
      return { ok: true as const, event: params.event, handled: handled.isHandled, ...reason };
    },
  }),
];

function handle(
  { event, payload, payloadJSON }: { event: string; payload?: unknown; payloadJSON?: string | null },
  app: Services,
  { connection }: Call,
): Handled {
  const node = app.nodes.behind(connection.id);
  const handler = handlers.get(event);
  if (!handler) return { isHandled: false, reason: "unsupported_event" };
  if (!node) return { isHandled: false, reason: "not_connected" };
  const parsed = typeof payloadJSON === "string" ? parseJson(payloadJSON) : undefined;
  if (parsed && !parsed.ok) return malformed;
  return handler(parsed ? parsed.value : payload, node, app);
}

/** Spoken words: quick answers, nowhere else than where the device shows them. */
function hear({ text, sessionKey = "main" }: typeof Transcript.static, node: LiveNode, app: Services): Handled {
  return start({ sessionKey, message: text, thinking: "low" }, node, app) === undefined ? malformed : done;
}

function askAgent(asked: typeof AgentRequest.static, node: LiveNode, app: Services): Handled {
  const { message, sessionKey, thinking, timeoutSeconds, channel, to } = asked;
  // Apps of the first generation word a tap themselves: it counts for a surface that this node shows (threats T19).
  if (app.canvas.vouchForLine(node.nodeId, message) === false)
    return { isHandled: false, reason: "no such surface, component or action" };
  const question = {
    sessionKey: sessionKey ?? `node-${node.nodeId}`,
    message,
    thinking: thinking || undefined,
    timeoutMs: timeoutSeconds ? Math.round(timeoutSeconds * 1000) : undefined,
  };
  const runId = start(question, node, app);
  if (runId === undefined) return malformed;
  const isKnown = app.channels.reports().some((report) => report.channel.id === channel);
  if (asked.deliver && channel && to && isKnown) void deliver(runId, { channel, to }, app);
  return done;
}

/** A tap on a surface that this node shows (threats T19) becomes a turn of the agent, as with apps that ask themselves. */
function tap(payload: unknown, node: LiveNode, app: Services): Handled {
  const { nodeId, link, client } = node;
  const verdict = app.canvas.act({ nodeId, connectionId: link.id }, payload);
  if (!verdict.isAccepted) return { isHandled: false, reason: verdict.reason };
  const sessionKey = "main";
  const place = { session: sessionKey, host: client.displayName ?? client.platform, instance: nodeId };
  const message = formatAction(verdict.action, place);
  return start({ sessionKey, message, thinking: "low" }, node, app) === undefined ? malformed : done;
}

function subscribe({ sessionKey }: typeof Subscription.static, node: LiveNode, { sessions }: Services): Handled {
  const isFollowing = follow(node, sessions.canonical(sessionKey), sessionKey);
  return isFollowing ? done : fail("UNAVAILABLE", "this node follows too many sessions: unsubscribe from some");
}

function unsubscribe({ sessionKey }: typeof Subscription.static, node: LiveNode, { sessions }: Services): Handled {
  node.follows.delete(sessions.canonical(sessionKey));
  return done;
}

function seen(reason: string, { nodeId }: LiveNode, { nodes }: Services): Handled {
  nodes.noteSeen(nodeId, reason);
  return done;
}

/** Starts a run in the node's name; undefined when the request is refused for what it is. */
function start(
  question: { sessionKey: string; message: string; thinking?: string | undefined; timeoutMs?: number | undefined },
  { nodeId }: LiveNode,
  app: Services,
): string | undefined {
  if (!question.message.trim()) return undefined;
  if (!app.nodes.quota.take(nodeId))
    fail("UNAVAILABLE", "this node asked too often: wait a minute", { retryAfterMs: 60_000 });
  const runId = app.ids.uuid();
  try {
    ask(app, { runId, ...question, origin: "node" }, { nodeId, ...question });
    return runId;
  } catch (error) {
    if (error instanceof GatewayError && error.code === "INVALID_REQUEST") return undefined;
    throw error;
  }
}

/** Sends the answer of a run to a chat when there is one. */
async function deliver(runId: string, target: { channel: string; to: string }, { runs, channels }: Services) {
  const outcome = await runs.wait(runId, new AbortController().signal);
  if (outcome?.state === "ok" && outcome.text.trim())
    channels.send({ ...target, key: `node-${runId}`, saying: { text: outcome.text } });
}
