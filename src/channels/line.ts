/** What the pipeline knows and does for one account: its gates, its manner of writing, its files and its courtesies. */
import { type Clock, deadline } from "../lib/clock.ts";
import { GatewayError, messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { sniffKind } from "../media/kinds.ts";
import type { InboxStore } from "../store/inbox.ts";
import { composePieces, type Manner } from "./compose.ts";
import type { Account, Channel, ChatRef, Inbound, InboundMedia, OutboundMedia } from "./contract.ts";
import { Feedback } from "./feedback.ts";
import { type GateSettings, judgeEvent, type Senders } from "./gates.ts";
import type { Answering, Line } from "./inbound.ts";
import { chatKeyOf, type Outgoing } from "./outbound.ts";
import type { ParsedAnswer } from "./policy/answer.ts";
import { FloodGuard } from "./policy/flood.ts";
import { idKey } from "./policy/ids.ts";
import { mentionPatterns } from "./policy/mention.ts";
import type { Settings } from "./policy/settings.ts";
import { Blocks, Preview } from "./streaming.ts";

/** Largest picture that is handed to a model. */
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
/** Pictures that models read, whatever the network calls them. */
const READABLE_IMAGES = /^image\/(?:jpeg|png|gif|webp)$/;
/** Largest text file that is handed to a model as text. */
const MAX_TEXT_BYTES = 64 * 1024;
const TEXT_TYPES = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|toml|javascript)\b)/;
/** How long fetching one file may take. */
const MEDIA_MS = 30_000;
/** How much of a pattern that is refused is logged. */
const MAX_SHOWN_PATTERN = 100;

/** The files of this gateway, as answers name them; `app.ts` passes what satisfies it. */
export interface Files {
  /** Throws what may be told to the agent. */
  resolve(ref: string, limits: { maxBytes: number; signal: AbortSignal }): Promise<OutboundMedia>;
}

/** Chats that several agents hear, by id. */
export interface Broadcast {
  agents: ReadonlyMap<string, readonly string[]>;
  isParallel: boolean;
}

interface Needs {
  channel: Channel;
  accountId: string;
  settings: Settings;
  senders: Senders;
  gates: () => GateSettings;
  broadcast: () => Broadcast;
  account: () => Account | undefined;
  outgoing: Outgoing;
  inbox: InboxStore;
  answering: Answering;
  files: Files;
  clock: Clock;
  log: Log;
}

/** A line, with what others ask of it. */
export interface AccountLine extends Line {
  settings: Settings;
  manner: Manner;
}

/** Makes the line of an account; called when it is opened. */
export function createLine(needs: Needs): AccountLine {
  const { channel, accountId, settings, senders, account, outgoing, inbox, answering, clock, log } = needs;
  const { capabilities } = channel;
  const patterns = mentionPatterns(settings.mentionPatterns);
  for (const { pattern, reason } of patterns.refused)
    log.warn("a mention pattern cannot be used", { pattern: pattern.slice(0, MAX_SHOWN_PATTERN), reason });
  const flood = new FloodGuard(settings.rateLimit);
  const isCommand = (text: string) => answering.isStop(text) || answering.isCommand(text);
  const manner = mannerOf(channel, settings);
  return {
    channel: channel.id,
    accountId,
    settings,
    manner,
    gathering: { debounceMs: settings.debounceMs, textLimit: capabilities.textLimit, isCommand },
    quotes: (settings.replyToMode ?? capabilities.replies) !== "off",
    prefix: settings.responsePrefix ?? "",
    feedback: new Feedback({ account, settings, capabilities, clock, log }),
    stream: (chat, key, replyTo) => {
      if (settings.streaming === "partial") {
        const place = { chat, key, ...(replyTo === undefined ? {} : { replyTo }) };
        return account()?.edit ? new Preview({ account, manner, clock, log }, place) : undefined;
      }
      if (settings.streaming !== "block") return undefined;
      return new Blocks((text, index) => {
        const quoting = index === 0 && replyTo !== undefined ? { replyTo } : {};
        const prefix = index === 0 && settings.responsePrefix ? `${settings.responsePrefix} ` : "";
        const pieces = composePieces({ chat, text: `${prefix}${text}`, key: `${key}-${index}`, ...quoting }, manner);
        for (const piece of pieces) outgoing.add(piece);
        outgoing.wake(chatKeyOf(channel.id, accountId, chat));
      });
    },
    judge: (event, row) =>
      judgeEvent(event, {
        ...needs.gates(),
        channel: channel.id,
        accountId,
        settings,
        patterns,
        flood,
        hasMentions: capabilities.hasMentions ?? true,
        receivedAtMs: row.receivedAt,
        threads: capabilities.threads,
        senders,
        isCommand,
        isOwn: (messageId) => outgoing.hasSent(chatKeyOf(channel.id, accountId, event.chat), messageId),
        context: () => inbox.context(row.chatKey, row.id, settings.historyLimit).map((one) => JSON.parse(one.event)),
      }),
    audience: (event) => audienceOf(event, needs.broadcast()),
    fetchMedia: (event) => fetchAll(event.media ?? [], needs),
    resolveMedia: (answer) => resolveAll(answer, needs),
    say: (saying, inboxId) => {
      for (const piece of composePieces(saying, manner)) outgoing.add(piece, inboxId);
    },
    wake: (chat: ChatRef) => outgoing.wake(chatKeyOf(channel.id, accountId, chat)),
  };
}

function mannerOf({ capabilities }: Channel, settings: Settings): Manner {
  return {
    capabilities,
    textLimit: Math.min(settings.textChunkLimit ?? capabilities.textLimit, capabilities.textLimit),
    tables: settings.tables ?? capabilities.tables,
    chunkMode: settings.chunkMode,
    quotes: settings.replyToMode === "all" ? "all" : "first",
  };
}

/** Only what is said in groups is for several; a reaction or an edit is for nobody in particular. */
function audienceOf({ type, chat }: Inbound, { agents, isParallel }: Broadcast) {
  const isForAll = type === "message" && chat.kind !== "direct";
  return { agents: (isForAll ? agents.get(idKey(chat.id)) : undefined) ?? [], isParallel };
}

/** Pictures and texts for the model; of the rest the agent is told that it came, and of what could not be had, why. */
async function fetchAll(media: readonly InboundMedia[], needs: Needs) {
  const images: { mimeType: string; data: string }[] = [];
  const notes: string[] = [];
  for (const file of media) {
    const { kind, mimeType = kind === "image" || kind === "sticker" ? "image/jpeg" : "" } = file;
    const name = oneLine(file.fileName ?? kind);
    const isImage = kind === "image" || kind === "sticker";
    if (!isImage && !TEXT_TYPES.test(mimeType)) {
      notes.push(`[a ${kind} came with this that this agent cannot read: ${name}]`);
      continue;
    }
    try {
      const bytes = await fetchOne(file, isImage ? MAX_IMAGE_BYTES : MAX_TEXT_BYTES, needs);
      const format = sniffKind(bytes)?.mimeType ?? "";
      if (!isImage) notes.push(`[the file ${name} came with this]\n${cited(bytes)}\n[end of the file]`);
      else if (READABLE_IMAGES.test(format))
        images.push({ mimeType: format, data: Buffer.from(bytes).toString("base64") });
      else notes.push(`[a ${kind} came with this that this agent cannot read: ${name}]`);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      notes.push(`[the ${kind} ${name} came with this and could not be fetched: ${messageOf(error)}]`);
    }
  }
  return { images, notes };
}

async function fetchOne({ handle, sizeBytes = 0 }: InboundMedia, most: number, needs: Needs): Promise<Uint8Array> {
  const { account, settings, clock } = needs;
  const maxBytes = Math.min(most, (settings.mediaMaxMb ?? Number.POSITIVE_INFINITY) * 1024 * 1024);
  if (sizeBytes > maxBytes) throw new Error("the file is larger than allowed");
  const current = account();
  // A file is worth the wait: the event is tried again when the account is there, and nothing of it is lost.
  if (!current)
    throw new GatewayError("UNAVAILABLE", "the network is not there", { retryable: true, retryAfterMs: 1_000 });
  if (!current.download) throw new Error("this network gives no files");
  return current.download(handle, maxBytes, deadline(clock, MEDIA_MS));
}

async function resolveAll({ media, isVoice }: ParsedAnswer, { files, channel, settings, clock }: Needs) {
  const own = (settings.mediaMaxMb ?? Number.POSITIVE_INFINITY) * 1024 * 1024;
  const maxBytes = Math.min(channel.capabilities.mediaBytes, own);
  const found: OutboundMedia[] = [];
  const problems: string[] = [];
  for (const ref of media) {
    try {
      const file = await files.resolve(ref, { maxBytes, signal: deadline(clock, MEDIA_MS) });
      found.push(isVoice && file.kind === "audio" ? { ...file, kind: "voice" } : file);
    } catch (error) {
      problems.push(`a file could not be sent along: ${messageOf(error)}`);
    }
  }
  return { files: found, problems };
}

/** A text file, marked line by line: it must not be able to end itself and speak for somebody else. */
function cited(bytes: Uint8Array): string {
  return new TextDecoder()
    .decode(bytes)
    .replaceAll(/^|\r\n?|[\n\v\f\u0085\u2028\u2029]/g, (end) => (end ? "\n> " : "> "));
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029[\]]+/gu, " ").trim();
}
