/** Messages to chats of networks: sending, polls, and changes of what is there. WebChat is the sessions of this gateway. */
import { Type } from "@sinclair/typebox";
import { Id, NonEmptyString, OneOf, ShortString, Strict } from "#schemas/primitives.ts";
import type { Saying } from "../channels/compose.ts";
import { ChannelError, type OutboundMedia } from "../channels/contract.ts";
import { deadline } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import { describeFile } from "../media/media.ts";
import { defineMethod } from "./define.ts";
import type { Services } from "./services.ts";

/** The channel that every gateway has. */
const WEBCHAT = "webchat";
/** How long a call waits for the network; the message stays queued after that. */
const SEND_MS = 60_000;
/** How long a change of a message may take. */
const ACTION_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Files of one message; networks take about as many. */
const MAX_FILES = 10;
const BASE64 = /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/;

const Target = {
  to: NonEmptyString,
  channel: Type.Optional(NonEmptyString),
  accountId: Type.Optional(NonEmptyString),
  threadId: Type.Optional(NonEmptyString),
};

/** What the network has taken. */
const Taken = Strict(
  {
    runId: NonEmptyString,
    messageId: NonEmptyString,
    channel: NonEmptyString,
    chatId: NonEmptyString,
    isMaybeDuplicate: Type.Optional(Type.Boolean()),
  },
  { $id: "SentMessage" },
);

export const messagesMethods = [
  defineMethod({
    name: "send",
    summary: "Sends a message to a chat. On webchat the chat is a session, named by its key.",
    params: Strict({
      ...Target,
      message: Type.Optional(NonEmptyString),
      idempotencyKey: Id,
      mediaUrl: Type.Optional(NonEmptyString),
      mediaUrls: Type.Optional(Type.Array(NonEmptyString, { maxItems: MAX_FILES })),
      buffer: Type.Optional(
        Type.String({ description: "A file, in base64; `filename` and `contentType` say what it is." }),
      ),
      filename: Type.Optional(ShortString(255)),
      contentType: Type.Optional(ShortString(255)),
      gifPlayback: Type.Optional(Type.Boolean()),
      asVoice: Type.Optional(Type.Boolean()),
      forceDocument: Type.Optional(Type.Boolean()),
      silent: Type.Optional(Type.Boolean()),
      replyToId: Type.Optional(NonEmptyString),
      sessionKey: Type.Optional(ShortString(512)),
      agentId: Type.Optional(NonEmptyString),
    }),
    result: Taken,
    access: "write",
    idempotency: "keyed",
    resumes: true,
    handle: (params, app, { signal }) => {
      const channel = params.channel ?? onlyChannel(app);
      return channel === WEBCHAT ? sendToSession(params, app) : sendToNetwork({ ...params, channel }, app, signal);
    },
  }),
  defineMethod({
    name: "poll",
    summary: "Asks a question with answers to choose from in a chat; where the network has no polls, as a list.",
    params: Strict({
      ...Target,
      question: ShortString(300),
      options: Type.Array(ShortString(100), { minItems: 2, maxItems: 12 }),
      maxSelections: Type.Optional(Type.Integer({ minimum: 1, maximum: 12 })),
      durationHours: Type.Optional(Type.Integer({ minimum: 1 })),
      durationSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
      silent: Type.Optional(Type.Boolean()),
      idempotencyKey: Id,
    }),
    result: Taken,
    access: { v3: "admin", v4: "write" },
    idempotency: "keyed",
    resumes: true,
    handle: (params, app, { signal }) => {
      const { question, options, maxSelections = 1, durationHours, durationSeconds, silent } = params;
      const channel = params.channel ?? onlyChannel(app);
      if (channel === WEBCHAT) return fail("INVALID_REQUEST", `unsupported poll channel: ${WEBCHAT}`);
      const durationMs = durationSeconds === undefined ? hoursOf(durationHours) : durationSeconds * 1000;
      const poll = { question, options, maxSelections, ...(durationMs === undefined ? {} : { durationMs }) };
      const saying = { text: "", poll, ...(silent ? { isSilent: true } : {}) };
      const { idempotencyKey, ...target } = params;
      return deliver({ ...target, channel, key: `poll-${idempotencyKey}`, runId: idempotencyKey, saying }, app, signal);
    },
  }),
  defineMethod({
    name: "message.action",
    summary: "Changes a message that is there: reacts to it, edits it, deletes it or marks it as read.",
    params: Strict({
      ...Target,
      action: OneOf(["react", "edit", "delete", "read"]),
      messageId: NonEmptyString,
      emoji: Type.Optional(Type.String({ maxLength: 100, description: "For react; empty takes our reaction away." })),
      message: Type.Optional(NonEmptyString),
      idempotencyKey: Id,
    }),
    result: Strict({
      ok: Type.Literal(true),
      channel: NonEmptyString,
      chatId: NonEmptyString,
      messageId: NonEmptyString,
    }),
    access: "write",
    idempotency: "keyed",
    handle: (params, app, { signal }) => act(params, app, signal),
  }),
];

function hoursOf(hours: number | undefined): number | undefined {
  return hours === undefined ? undefined : hours * HOUR_MS;
}

/** The channel that is meant when none is named: the only one there is. */
function onlyChannel({ channels }: Services): string {
  const ids = channels.reports().map(({ channel }) => channel.id);
  const [only] = ids;
  if (ids.length === 1 && only) return only;
  const advice = ids.length
    ? `name one of ${ids.join(", ")}, or webchat`
    : "no messaging network is configured; pass channel webchat to write into a session";
  return fail("INVALID_REQUEST", `channel is required: ${advice}`);
}

function requireChannel(channel: string, { channels }: Services): void {
  if (!channels.reports().some((report) => report.channel.id === channel))
    fail("INVALID_REQUEST", `unsupported channel: ${channel.slice(0, 64)}`);
}

interface SendParams {
  to: string;
  channel: string;
  accountId?: string;
  threadId?: string;
  message?: string;
  idempotencyKey: string;
  mediaUrl?: string;
  mediaUrls?: string[];
  buffer?: string;
  filename?: string;
  contentType?: string;
  asVoice?: boolean;
  forceDocument?: boolean;
  silent?: boolean;
  replyToId?: string;
}

function sendToSession(
  params: Omit<SendParams, "channel"> & { agentId?: string },
  { sessions, runs, clock }: Services,
) {
  const { to, message, agentId, idempotencyKey: runId } = params;
  if (message === undefined || params.buffer || params.mediaUrl || params.mediaUrls?.length)
    return fail("INVALID_REQUEST", "webchat takes a message without files");
  const key = sessions.canonical(to, agentId);
  const body = {
    role: "assistant" as const,
    content: [{ type: "text", text: message }],
    timestamp: clock.now(),
    stopReason: "injected",
  };
  const record = sessions.append(key, body);
  queueMicrotask(() =>
    runs.tellInjected({ runId: `inject-${record.id}`, sessionKey: key, requestedKey: to, seq: 0, message: body }),
  );
  return { runId, messageId: record.id, channel: WEBCHAT, chatId: key };
}

async function sendToNetwork(params: SendParams, app: Services, signal: AbortSignal) {
  requireChannel(params.channel, app);
  const { message = "", idempotencyKey, silent, replyToId } = params;
  const isKnown = app.channels.isQueued(`send-${idempotencyKey}`);
  const media = isKnown ? [] : await filesOf(params, app, signal);
  if (!message && !media.length && !isKnown) fail("INVALID_REQUEST", "invalid send params: message or media required");
  const saying = {
    text: message,
    media,
    ...(silent ? { isSilent: true } : {}),
    ...(replyToId === undefined ? {} : { replyTo: replyToId }),
  };
  return deliver({ ...params, key: `send-${idempotencyKey}`, runId: idempotencyKey, saying }, app, signal);
}

/** The files of a message: given as bytes, or fetched from the internet. Paths are none (threats T16). */
async function filesOf(params: SendParams, app: Services, signal: AbortSignal): Promise<OutboundMedia[]> {
  const { mediaUrl, mediaUrls = [], buffer, filename, contentType, asVoice, forceDocument } = params;
  const maxBytes = app.channels.mediaBytes(params.channel, params.accountId) ?? 0;
  const how = { isVoice: asVoice ?? false, isDocument: forceDocument ?? false };
  const files: OutboundMedia[] = [];
  if (buffer !== undefined) {
    const text = buffer.replace(/^data:[^,]*,/, "");
    const bytes = new Uint8Array(Buffer.from(text, "base64"));
    // Decoding skips what it does not know; somebody would get a file of rubbish.
    if (bytes.length === 0 || !BASE64.test(text)) fail("INVALID_REQUEST", "invalid send params: buffer is not base64");
    if (bytes.length > maxBytes) fail("INVALID_REQUEST", `media too large: at most ${maxBytes} bytes`);
    files.push(describeFile(bytes, { ...how, fileName: filename, mimeType: contentType }));
  }
  const urls = [...(mediaUrl === undefined ? [] : [mediaUrl]), ...mediaUrls];
  if (urls.length > MAX_FILES) fail("INVALID_REQUEST", `at most ${MAX_FILES} files go with one message`);
  for (const url of urls) {
    const found = await app.media.resolve(url, { maxBytes, signal });
    files.push(describeFile(found.bytes, { ...how, fileName: filename ?? found.fileName, mimeType: found.mimeType }));
  }
  return files;
}

interface Delivery {
  channel: string;
  accountId?: string;
  to: string;
  threadId?: string;
  /** Names the message in the outbox: a repeat finds it. */
  key: string;
  runId: string;
  saying: Omit<Saying, "chat" | "key">;
}

/** Queues under the key, and answers when the network has all of it. */
async function deliver({ runId, ...delivery }: Delivery, app: Services, signal: AbortSignal) {
  const { channels, clock } = app;
  const { channel, key } = delivery;
  requireChannel(channel, app);
  const queued = channels.send(delivery);
  if (typeof queued === "string") return fail("INVALID_REQUEST", queued);
  const rows = await channels.sent(channel, key, AbortSignal.any([signal, deadline(clock, SEND_MS)]));
  const failed = rows.find(({ state }) => state === "failed");
  if (failed) return fail("UNAVAILABLE", failed.problem ?? "the network refused it", { retryable: false });
  const messageId = rows[0]?.messageIds[0];
  if (messageId === undefined || rows.some(({ state }) => state !== "sent")) {
    return fail("UNAVAILABLE", `it waits in the queue as out-${queued.outboxId}: the network has not taken it yet`, {
      retryable: true,
    });
  }
  const isMaybeDuplicate = rows.some((row) => row.isMaybeDuplicate) ? { isMaybeDuplicate: true } : {};
  return { runId, messageId, channel, chatId: queued.chat.id, ...isMaybeDuplicate };
}

async function act(
  params: {
    to: string;
    channel?: string;
    accountId?: string;
    threadId?: string;
    action: "react" | "edit" | "delete" | "read";
    messageId: string;
    emoji?: string;
    message?: string;
    idempotencyKey: string;
  },
  app: Services,
  signal: AbortSignal,
) {
  const channel = params.channel ?? onlyChannel(app);
  requireChannel(channel, app);
  const { action, messageId: id, emoji, message, idempotencyKey: key } = params;
  const reached = app.channels.reach(channel, params.accountId, params);
  if (typeof reached === "string") return fail("UNAVAILABLE", reached, { retryable: true });
  const { account, chat, compose } = reached;
  const target = { chat, id };
  const limit = AbortSignal.any([signal, deadline(app.clock, ACTION_MS)]);
  const work = () => {
    switch (action) {
      case "react":
        if (emoji === undefined) return fail("INVALID_REQUEST", "emoji is required: empty takes our reaction away");
        return account.react?.(target, emoji, limit);
      case "edit": {
        const [piece, ...rest] = compose({ chat, text: message ?? "", key });
        if (!piece || rest.length) return fail("INVALID_REQUEST", "message is required, short enough for one message");
        return account.edit?.(target, piece, limit);
      }
      case "delete":
        return account.remove?.(target, limit);
      case "read":
        return account.read?.([target], limit);
    }
  };
  try {
    const working = work();
    if (!working) return fail("INVALID_REQUEST", `${channel} cannot ${action} messages`);
    await working;
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    const isRefused = error.kind === "rejected";
    return fail(isRefused ? "INVALID_REQUEST" : "UNAVAILABLE", error.message, { retryable: !isRefused, cause: error });
  }
  return { ok: true as const, channel, chatId: chat.id, messageId: id };
}
