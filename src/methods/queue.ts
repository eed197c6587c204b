/** The queues between networks and agents: what waits, what failed, what may be there twice (design D9). */
import { Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, Nullable, OneOf, Strict, TimestampMs } from "#schemas/primitives.ts";
import { fail } from "../lib/errors.ts";
import type { InboxRow } from "../store/inbox.ts";
import type { OutboxRow } from "../store/outbox.ts";
import { defineMethod } from "./define.ts";

/** Rows of one list when not told, and at most. */
const LIST_LIMIT = 50;
const MAX_LIST_LIMIT = 500;
/** How much of a message a list shows. */
const PREVIEW_CHARS = 120;

const Count = Type.Integer({ minimum: 0 });
const inboxStates = ["new", "running", "done", "kept", "dropped", "dead"] as const;
const outboxStates = ["queued", "sending", "sent", "failed"] as const;

/** One queued thing, as lists show it. */
const QueueRow = Strict(
  {
    id: NonEmptyString,
    direction: OneOf(["in", "out"]),
    channel: NonEmptyString,
    account: NonEmptyString,
    chat: NonEmptyString,
    state: OneOf([...inboxStates, ...outboxStates]),
    attempts: Count,
    isMaybeDuplicate: Type.Optional(Type.Boolean()),
    problem: Type.Optional(Type.String()),
    preview: Type.String(),
    ts: TimestampMs,
  },
  { $id: "QueueRow" },
);

const QueueId = Type.String({ pattern: "^(in|out)-[0-9]{1,15}$", description: "in-<number> or out-<number>" });

export const queueMethods = [
  defineMethod({
    name: "queue.list",
    summary: "What waits between networks and agents, and what went wrong: the latest first.",
    params: Strict({
      direction: Type.Optional(OneOf(["in", "out"])),
      state: Type.Optional(OneOf([...inboxStates, ...outboxStates])),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_LIMIT })),
    }),
    result: Strict({
      counts: Strict({ in: Type.Record(Type.String(), Count), out: Type.Record(Type.String(), Count) }),
      rows: Type.Array(QueueRow),
    }),
    access: "read",
    idempotency: "safe",
    handle: ({ direction, state, limit = LIST_LIMIT }, { channels }) => {
      const isIn = state === undefined || inboxStates.some((one) => one === state);
      const isOut = state === undefined || outboxStates.some((one) => one === state);
      const inbox =
        direction !== "out" && isIn ? channels.inbox.list(state as InboxRow["state"] | undefined, limit) : [];
      const outbox =
        direction !== "in" && isOut ? channels.outbox.list(state as OutboxRow["state"] | undefined, limit) : [];
      const rows = [...inbox.map(fromInbox), ...outbox.map(fromOutbox)].sort((a, b) => b.ts - a.ts).slice(0, limit);
      return { counts: { in: channels.inbox.counts(), out: channels.outbox.counts() }, rows };
    },
  }),
  defineMethod({
    name: "queue.show",
    summary: "One queued thing whole, with what each gate said about it.",
    params: Strict({ id: QueueId }),
    result: Strict({
      row: QueueRow,
      content: AnyObject,
      gates: Type.Array(AnyObject),
      sessionKey: Nullable(NonEmptyString),
    }),
    access: "read",
    idempotency: "safe",
    handle: ({ id }, { channels }) => {
      const number = Number(id.split("-")[1]);
      const inbox = id.startsWith("in-") ? channels.inbox.find(number) : undefined;
      if (inbox) {
        return {
          row: fromInbox(inbox),
          content: JSON.parse(inbox.event),
          gates: JSON.parse(inbox.gates),
          sessionKey: inbox.sessionKey ?? null,
        };
      }
      const outbox = id.startsWith("out-") ? channels.outbox.find(number) : undefined;
      if (!outbox) return fail("INVALID_REQUEST", `unknown queue id: ${id}`);
      const { media, ...piece } = JSON.parse(outbox.piece);
      return {
        row: fromOutbox(outbox),
        content: media ? { ...piece, media: media.fileName } : piece,
        gates: [],
        sessionKey: null,
      };
    },
  }),
  defineMethod({
    name: "queue.retry",
    summary: "Tries something again that was given up.",
    params: Strict({ id: QueueId }),
    result: Strict({ ok: Type.Literal(true), id: NonEmptyString }),
    access: "admin",
    idempotency: "none",
    handle: ({ id }, { channels }) => {
      if (!channels.retry(id))
        fail("INVALID_REQUEST", `${id} was not given up: only what is dead or failed can be retried`);
      return { ok: true as const, id };
    },
  }),
  defineMethod({
    name: "queue.prune",
    summary: "Forgets what has ended and is older than some days.",
    params: Strict({ olderThanDays: Type.Integer({ minimum: 0, maximum: 3650 }) }),
    result: Strict({ removed: Count }),
    access: "admin",
    idempotency: "safe",
    handle: ({ olderThanDays }, { channels, clock }) => ({
      removed: channels.prune(clock.now() - olderThanDays * 24 * 60 * 60 * 1000),
    }),
  }),
];

function fromInbox(row: InboxRow): typeof QueueRow.static {
  const { id, channel, account, chatKey, state, attempts, problem, event, receivedAt } = row;
  const { text = "" }: { text?: string } = JSON.parse(event);
  return {
    id: `in-${id}`,
    direction: "in",
    channel,
    account,
    chat: chatKey,
    state,
    attempts,
    ...(problem === undefined ? {} : { problem }),
    preview: text.slice(0, PREVIEW_CHARS),
    ts: receivedAt,
  };
}

function fromOutbox(row: OutboxRow): typeof QueueRow.static {
  const { id, channel, account, chatKey, state, attempts, isMaybeDuplicate, problem, piece, createdAt } = row;
  const { plainText = "" }: { plainText?: string } = JSON.parse(piece);
  return {
    id: `out-${id}`,
    direction: "out",
    channel,
    account,
    chat: chatKey,
    state,
    attempts,
    isMaybeDuplicate,
    ...(problem === undefined ? {} : { problem }),
    preview: plainText.slice(0, PREVIEW_CHARS),
    ts: createdAt,
  };
}
