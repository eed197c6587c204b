/**
 * Decides whether whoever caused an event may be heard: one function for messages, edits, reactions, buttons and
 * everything to come (threats T14). Only ids the network assigned are looked at, never a name (T24).
 */
import type { Inbound } from "../contract.ts";
import type { Facts, Gate } from "./explain.ts";
import { idKey } from "./ids.ts";
import { groupOf, type Settings } from "./settings.ts";

/** What the decision needs of an event. */
export type JudgedEvent = Pick<Inbound, "type" | "chat" | "sender" | "isBacklog">;
/** `pair`: a stranger wrote directly and may be told how to be let in. `drop`: silence. */
export type SenderGate = Gate<"admit" | "pair" | "drop">;

/**
 * Called for every event before anything else looks at it. `approved` are the ids of senders that an operator let in by
 * a pairing code, as {@link senderKey} writes them; they count for direct messages only.
 */
export function judgeSender(event: JudgedEvent, settings: Settings, approved: ReadonlySet<string>): SenderGate {
  const { chat, sender } = event;
  const person = senderKey(sender.id);
  const chatId = idKey(chat.id);
  const facts: Facts = { type: event.type, kind: chat.kind, chatId, senderId: person };
  const drop = (reason: string, more: Facts = {}) => gate("drop", reason, { ...facts, ...more });

  if (!settings.enabled) return drop("the account is switched off");
  if (sender.isSelf === true) return drop("own message");
  if (person === "") return drop("no sender id");
  if (chatId === "") return drop("no chat id");
  if (person === "*") return drop("the sender id is no id");
  if (sender.isBot === true && !settings.allowBots) return drop("bots are not heard");
  return chat.kind === "direct" ? judgeDirect(event, settings, approved, facts) : judgeGroup(event, settings, facts);
}

/** The form in which ids of senders are stored and compared. */
export function senderKey(id: string): string {
  return idKey(id);
}

/** Every immutable id of a person, in the compared form. */
function keysOf({ id, altIds = [] }: Inbound["sender"]): string[] {
  return [id, ...altIds].map(senderKey).filter((key) => key !== "" && key !== "*");
}

function judgeDirect(
  { type, sender, isBacklog }: JudgedEvent,
  settings: Settings,
  approved: ReadonlySet<string>,
  known: Facts,
): SenderGate {
  const { dmPolicy, allowFrom } = settings;
  const facts = { ...known, policy: dmPolicy };
  const person = keysOf(sender);
  if (dmPolicy === "disabled") return gate("drop", "direct messages are switched off", facts);
  if (allowFrom.includes("*")) return gate("admit", "everybody may write", facts);
  if (person.some((key) => allowFrom.includes(key))) return gate("admit", "the sender is listed", facts);
  if (dmPolicy === "open") return gate("drop", 'policy open needs "*" in allowFrom', facts);
  if (person.some((key) => approved.has(key))) return gate("admit", "the sender is paired", facts);
  if (dmPolicy === "allowlist") return gate("drop", "the sender is not listed", facts);
  // Two bots would tell each other codes; a reaction is no request to be let in.
  if (sender.isBot === true) return gate("drop", "bots are not paired", facts);
  if (type !== "message") return gate("drop", "the sender is not paired", facts);
  if (isBacklog === true)
    return gate("drop", "the sender is not paired, and wrote before this account was there", facts);
  return gate("pair", "the sender is not paired", facts);
}

/** Policy, then the chat, then the person, as people expect it from the settings. */
function judgeGroup({ chat, sender }: JudgedEvent, settings: Settings, known: Facts): SenderGate {
  const { groupPolicy } = settings;
  const facts = { ...known, policy: groupPolicy };
  if (groupPolicy === "disabled") return gate("drop", "groups are switched off", facts);
  const group = groupOf(settings, chat);
  if (!group.isListed) return gate("drop", "the chat is not listed", facts);
  if (group.enabled === false) return gate("drop", "the chat is switched off", facts);
  if (groupPolicy === "open" && group.allowFrom === undefined) return gate("admit", "groups are open", facts);
  const list = group.allowFrom ?? settings.groupAllowFrom ?? settings.allowFrom;
  if (list.includes("*")) return gate("admit", "everybody in the chat may speak", facts);
  // Who speaks as the chat itself is nobody in particular: the id of a group is not the id of a person.
  if (senderKey(sender.id) === idKey(chat.id)) return gate("drop", "the sender is the chat itself", facts);
  const person = keysOf(sender).filter((key) => key !== idKey(chat.id));
  if (person.some((key) => list.includes(key))) return gate("admit", "the sender is listed", facts);
  return gate("drop", list.length === 0 ? "nobody is listed" : "the sender is not listed", facts);
}

function gate(verdict: SenderGate["verdict"], reason: string, facts: Facts): SenderGate {
  return { gate: "sender", verdict, reason, facts };
}
