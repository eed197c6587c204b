/** The gates in their order, and what comes of them: who may speak, whether the agent is meant, where it goes. */
import type { Inbound } from "./contract.ts";
import type { Judgement } from "./inbound.ts";
import type { Gate } from "./policy/explain.ts";
import type { FloodGuard } from "./policy/flood.ts";
import { renderHistory } from "./policy/history.ts";
import { judgeMention, type MentionPatterns } from "./policy/mention.ts";
import { judgePairing, type PairingRequest, pairingCode, pairingText } from "./policy/pairing.ts";
import { type RouteOptions, routeOf } from "./policy/route.ts";
import { judgeSender } from "./policy/sender.ts";
import { groupOf, type Settings } from "./policy/settings.ts";

/** Randomness of a pairing code. */
const PAIRING_BYTES = 8;

/** What holds for every account. */
export type GateSettings = Pick<RouteOptions, "dmScope" | "mainKey" | "identityLinks" | "defaultAgentId" | "bindings">;

/** Who asked to talk to an account, and who may; `store/channels.ts` behind it. */
export interface Senders {
  approved(): ReadonlySet<string>;
  pending(): readonly PairingRequest[];
  /** When this person was told last how to be let in. */
  toldAtMs(senderId: string): number | undefined;
  save(request: PairingRequest, isTold: boolean): void;
  nowMs(): number;
  randomBytes(count: number): Uint8Array;
}

/** Where an event came in. */
export interface GateContext extends GateSettings {
  channel: string;
  accountId: string;
  settings: Settings;
  /** Compiled from the settings. */
  patterns: MentionPatterns;
  flood: FloodGuard;
  /** Whether the network has mentions of its own. */
  hasMentions: boolean;
  /** When the event came in, in milliseconds since 1970. */
  receivedAtMs: number;
  threads?: "topic" | "thread" | undefined;
  senders: Senders;
  /** What was said in this chat since the last answer and is kept as context, oldest first. */
  context(): Inbound[];
  isCommand(text: string): boolean;
  /** Whether a message of this chat is ours. */
  isOwn(messageId: string): boolean;
}

/** Judges one event. Changes nothing but the list of people who wait for approval, and the counts of floods. */
export function judgeEvent(event: Inbound, context: GateContext): Judgement {
  const { settings, senders } = context;
  const records: Gate[] = [];
  const sender = judgeSender(event, settings, senders.approved());
  records.push(sender);
  if (sender.verdict === "drop") return { verdict: "drop", reason: sender.reason, records };
  if (sender.verdict === "pair") return pair(event, context, records);
  if (event.type === "edit" || event.type === "delete")
    return { verdict: "keep", reason: `${event.type} of a message`, records };
  if (event.type === "reaction") return { ...reactionVerdict(event, context), records };
  // A button may stand for a command that could be typed as well.
  const typed = event.type === "button" ? (event.button ?? "") : (event.text ?? "");
  const isCommand = context.isCommand(typed);
  context.flood.heard(event);
  const mention = judgeMention(event, settings, {
    patterns: context.patterns,
    isCommand,
    hasNativeMention: context.hasMentions,
  });
  records.push(mention);
  if (mention.verdict === "context") return { verdict: "keep", reason: mention.reason, records };
  const flood = context.flood.judge(event, context.receivedAtMs);
  records.push(flood);
  if (flood.verdict === "drop") return { verdict: "drop", reason: flood.reason, records };
  if (flood.verdict === "tell") return { verdict: "tell", reason: flood.reason, records, ...tooMuch(event, context) };
  const { threads, ...place } = context;
  const route = routeOf(event, threads === undefined ? place : { ...place, threads });
  records.push(route);
  const systemPrompt = systemPromptFor(event.chat, settings);
  return {
    verdict: "admit",
    records,
    sessionKey: route.sessionKey,
    agentId: route.agentId,
    text: isCommand ? typed : textFor(event, context.context()),
    isAddressed: event.chat.kind === "direct" || event.mentionsSelf === true || mention.reason === "a pattern matches",
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
  };
}

function tooMuch({ eventId }: Inbound, { channel, accountId }: GateContext) {
  const text = "That is more than I can answer at once. I will not read on for a while.";
  return { text, key: `flood-${channel}-${accountId}-${eventId}` };
}

/** A stranger hears once how to be let in, and then nothing. */
function pair({ sender }: Inbound, { senders, channel, accountId }: GateContext, records: Gate[]): Judgement {
  const nowMs = senders.nowMs();
  const lastTextAtMs = senders.toldAtMs(sender.id);
  const stranger = {
    senderId: sender.id,
    ...(sender.name === undefined ? {} : { senderName: sender.name }),
    ...(lastTextAtMs === undefined ? {} : { lastTextAtMs }),
  };
  const gate = judgePairing(senders.pending(), stranger, {
    nowMs,
    code: pairingCode(senders.randomBytes(PAIRING_BYTES)),
  });
  records.push(gate);
  if (gate.request) senders.save(gate.request, gate.isTold);
  if (!gate.request || !gate.isTold) return { verdict: "drop", reason: gate.reason, records };
  const key = `pair-${channel}-${accountId}-${gate.request.senderId}-${gate.request.createdAtMs}`;
  return { verdict: "tell", reason: gate.reason, text: pairingText(gate.request, channel), key, records };
}

/** A reaction is kept for the agent's next turn when it is about what the agent said, or when all are wanted. */
function reactionVerdict({ messageId }: Inbound, { settings, isOwn }: GateContext) {
  const { reactionNotifications = "own" } = settings;
  const isWanted = reactionNotifications === "all" || (reactionNotifications === "own" && isOwn(messageId));
  return isWanted
    ? { verdict: "keep" as const, reason: "reaction" }
    : { verdict: "drop" as const, reason: "a reaction nobody asked about" };
}

/** The message as the agent reads it: with who speaks in a group, what it answers, and what was said before. */
function textFor(event: Inbound, before: readonly Inbound[]): string {
  const own = event.type === "button" ? `callback_data: ${event.button ?? ""}` : wordsOf(event);
  if (event.chat.kind === "direct") {
    const notes = before.map((one) => `[${oneLine(nameOf(one))} ${oneLine(noteOf(one) ?? "")}]`);
    return [...notes, quoteOf(event), own].filter(Boolean).join("\n");
  }
  const current = { senderName: nameOf(event), text: own };
  const pending = before.map((one) => {
    const note = noteOf(one);
    return { senderName: nameOf(one), text: note === undefined ? wordsOf(one) : `(${note})` };
  });
  return [quoteOf(event), renderHistory(pending, current)].filter(Boolean).join("\n");
}

/** What happened to an earlier message; undefined for a message itself. */
function noteOf({ type, text = "", reaction }: Inbound): string | undefined {
  if (type === "edit") return `changed an earlier message to: ${text}`;
  if (type === "delete") return "deleted an earlier message";
  if (type !== "reaction") return undefined;
  const emoji = reaction?.emoji ?? "";
  return reaction?.isRemoved ? `took ${emoji} away from your message` : `reacted with ${emoji} to your message`;
}

/** The text, or what came instead of one. */
function wordsOf({ text, media = [] }: Inbound): string {
  return text || media.map(({ kind }) => `<media:${kind}>`).join(" ");
}

/** What is answered, on one line: whoever wrote it must not be able to end the brackets and speak for somebody else. */
function quoteOf({ quote }: Inbound): string {
  return quote?.text
    ? `[In answer to ${quote.isOfSelf ? "you" : oneLine(quote.senderName ?? "somebody")}: ${oneLine(quote.text)}]`
    : "";
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029[\]]+/gu, " ").trim();
}

function nameOf({ sender }: Inbound): string {
  return sender.name ?? sender.username ?? sender.id;
}

function systemPromptFor(chat: Inbound["chat"], settings: Settings): string | undefined {
  if (chat.kind === "direct") return undefined;
  const own = groupOf(settings, chat).systemPrompt;
  const where = `You are in a group chat${chat.title ? ` called ${JSON.stringify(chat.title)}` : ""}; each message begins with the name of who wrote it.`;
  return [where, own].filter(Boolean).join("\n");
}
