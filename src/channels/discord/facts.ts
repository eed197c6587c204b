/** What conversion knows, and what comes of it. */
import type { APIUser } from "discord-api-types/v10";
import type { Inbound } from "../contract.ts";
import type { TextFacts } from "./text.ts";

/** What conversion knows besides the dispatch. */
export interface Facts extends TextFacts {
  /** Where it happened. */
  chat: Inbound["chat"];
  /** Who wrote the message that is deleted, as far as known. */
  authorOf(messageId: string): Inbound["sender"] | undefined;
  /** The session the dispatch is of; with its number it names what has no id of its own. */
  sessionId: string;
  /** For what the network gives no time. */
  nowMs: number;
  /** What is older than this waited for us. */
  backlogBeforeMs: number;
}

/** Why a dispatch is no event; counted and logged under these names. */
export type DropReason =
  | "kind not asked for"
  | "no chat"
  | "no sender"
  | "service message"
  | "nothing a person changed"
  | "content without text or file"
  | "button without a value";

export type Converted = { events: Inbound[] } | { drop: DropReason };

/** A person as the contract has one; the name a server knows them by goes before their own. */
export function userOf(user: APIUser, nick: string | null | undefined, selfId: string): Inbound["sender"] {
  const { id, username, global_name, bot } = user;
  return {
    id,
    name: nick ?? global_name ?? username,
    username,
    ...(bot ? { isBot: true } : {}),
    ...(id === selfId ? { isSelf: true } : {}),
  };
}
