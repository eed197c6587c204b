/**
 * Decides which agent and session an inbound event belongs to.
 * Pure: reads what it is given, touches no store, so that routing can be explained and replayed.
 */
import type { ChatRef, Inbound } from "../contract.ts";
import type { Gate } from "./explain.ts";
import { idKey } from "./ids.ts";

/** Which agent answers whom. The most exact one wins: chat or person, then account, then channel. */
export interface Binding {
  agentId: string;
  match: {
    channel: string;
    /** Absent or `*`: every account. */
    accountId?: string;
    peer?: { kind: ChatRef["kind"] | "dm"; id: string };
  };
}

/** What routing reads. */
export interface RouteOptions {
  channel: string;
  accountId: string;
  dmScope: "main" | "per-peer" | "per-channel-peer" | "per-account-channel-peer";
  mainKey: string;
  /** People by name, with the ids they have, as `<channel>:<id>`. */
  identityLinks: Readonly<Record<string, readonly string[]>>;
  defaultAgentId: string;
  bindings?: readonly Binding[];
  /** How the network calls a conversation below a group; of its capabilities. Default: `thread`. */
  threads?: "topic" | "thread";
}

/** Where an event goes. */
export interface Route extends Gate<"route"> {
  agentId: string;
  sessionKey: string;
}

/** Called for an event that passed the gates. Keys are lower case throughout. */
export function routeOf(event: Pick<Inbound, "chat" | "sender" | "forAgent">, options: RouteOptions): Route {
  const { chat } = event;
  const channel = idKey(options.channel);
  const accountId = idKey(options.accountId);
  const chosen = chooseBinding(event, options);
  const agentId = idKey(event.forAgent ?? chosen?.binding.agentId ?? options.defaultAgentId);
  const base =
    chat.kind === "direct"
      ? directKey(event, { ...options, channel, accountId })
      : `${channel}:${chat.kind}:${keyPart(chat.id)}`;
  const sessionKey = `agent:${agentId}:${base}${threadSuffix(chat, options.threads ?? "thread")}`.toLowerCase();
  const reason = event.forAgent ? "broadcast" : chosen === undefined ? "default agent" : `bound by ${chosen.by}`;
  const facts = { channel, accountId, kind: chat.kind, dmScope: options.dmScope, agentId, sessionKey };
  return { gate: "route", verdict: "route", reason, facts, agentId, sessionKey };
}

type Chosen = { binding: Binding; by: "peer" | "account" | "channel" };

function chooseBinding({ chat, sender }: Pick<Inbound, "chat" | "sender">, options: RouteOptions): Chosen | undefined {
  const peer = { kind: chat.kind, id: idKey(chat.kind === "direct" ? sender.id : chat.id) };
  let best: Chosen | undefined;
  for (const binding of options.bindings ?? []) {
    const { match } = binding;
    if (idKey(match.channel) !== idKey(options.channel)) continue;
    const isAnyAccount = match.accountId === undefined || match.accountId.trim() === "*";
    if (!isAnyAccount && idKey(match.accountId ?? "") !== idKey(options.accountId)) continue;
    if (match.peer !== undefined && !isPeer(match.peer, peer)) continue;
    const by = match.peer !== undefined ? "peer" : isAnyAccount ? "channel" : "account";
    if (best === undefined || rank[by] > rank[best.by]) best = { binding, by };
  }
  return best;
}

const rank = { channel: 0, account: 1, peer: 2 } as const;

/** The kind counts: a group may have the id of a person. */
function isPeer(wanted: { kind: string; id: string }, peer: { kind: string; id: string }): boolean {
  const kind = wanted.kind === "dm" ? "direct" : wanted.kind;
  return kind === peer.kind && peer.id !== "" && idKey(wanted.id) === peer.id;
}

function directKey({ sender }: Pick<Inbound, "sender">, options: RouteOptions): string {
  if (options.dmScope === "main") return options.mainKey;
  const peer = peerName(sender.id, options);
  if (options.dmScope === "per-peer") return `dm:${peer}`;
  const place = options.dmScope === "per-channel-peer" ? options.channel : `${options.channel}:${options.accountId}`;
  return `${place}:dm:${peer}`;
}

/** The name of a linked person, else the id. An id that reads like somebody's name is told apart by its channel. */
function peerName(senderId: string, { channel, identityLinks }: RouteOptions): string {
  const id = keyPart(senderId);
  let isTaken = false;
  for (const [name, ids] of Object.entries(identityLinks)) {
    if (ids.some((linked) => idKey(linked) === `${channel}:${idKey(senderId)}`)) return keyPart(name);
    isTaken ||= keyPart(name) === id;
  }
  return isTaken ? `${channel}:${id}` : id;
}

function threadSuffix({ kind, threadId }: ChatRef, threads: "topic" | "thread"): string {
  if (threadId === undefined || threadId.trim() === "") return "";
  return `:${kind === "direct" ? "thread" : threads}:${keyPart(threadId).replaceAll(":", "%3a")}`;
}

/** An id as a part of a key. Ids with colons exist; one that reads like a thread of another chat must not become it. */
function keyPart(id: string): string {
  const key = idKey(id).replaceAll(/\s+/g, "_");
  return key === "" ? "unknown" : key.replaceAll(/:(?=(?:thread|topic):)/g, "%3a");
}
