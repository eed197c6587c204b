/**
 * How WhatsApp names people, chats and messages, and how the rest of the program does. A person has a telephone number
 * and a "linked id" that hides it (`…@lid`); either may be all that is known. Pure.
 */
import { ChannelError, type ChatRef } from "../contract.ts";

/** What a WhatsApp name (`user:device@server`) is of. */
export type JidKind = "phone" | "lid" | "group" | "other";

/** The two names of a person, without devices; at least one is there. */
export interface Names {
  phone?: string;
  lid?: string;
}

/** A person as events name it: by number, else by linked id. */
export interface Person {
  id: string;
  altIds: string[];
}

const kinds: Readonly<Record<string, JidKind>> = {
  "s.whatsapp.net": "phone",
  "c.us": "phone",
  hosted: "phone",
  lid: "lid",
  "hosted.lid": "lid",
  "g.us": "group",
};

/** The parts of a name that matter: which kind, and whose. */
export function parseJid(jid: string): { kind: JidKind; user: string } {
  const at = jid.lastIndexOf("@");
  const [user = ""] = jid.slice(0, Math.max(at, 0)).split(/[:_]/);
  return { kind: user === "" ? "other" : (kinds[jid.slice(at + 1)] ?? "other"), user };
}

/** The same person or group without a device. */
export function bareJid(jid: string): string {
  const { kind, user } = parseJid(jid);
  if (kind === "phone") return `${user}@s.whatsapp.net`;
  return kind === "lid" ? `${user}@lid` : jid;
}

/** Sorts names of one person; those that are of nobody are left out. */
export function namesOf(...jids: (string | null | undefined)[]): Names {
  const names: Names = {};
  for (const jid of jids) {
    const { kind } = parseJid(jid ?? "");
    if (kind === "phone" || kind === "lid") names[kind] ??= bareJid(jid!);
  }
  return names;
}

/** The person with these names; undefined when there is none. */
export function personOf({ phone, lid }: Names): Person | undefined {
  if (phone !== undefined) return { id: `+${parseJid(phone).user}`, altIds: lid === undefined ? [] : [lid] };
  return lid === undefined ? undefined : { id: lid, altIds: [] };
}

/** Whether both are the same person. */
export function isSamePerson(one: Names, other: Names): boolean {
  const isSame = (kind: "phone" | "lid") => one[kind] !== undefined && one[kind] === other[kind];
  return isSame("phone") || isSame("lid");
}

/** Where messages for a chat go. */
export function jidOf({ id }: ChatRef): string {
  return id.startsWith("+") ? `${id.slice(1)}@s.whatsapp.net` : id;
}

/** The author in the id of a message of ours. */
const OWN = "me";

/** The id of a message: what the network calls it, and who wrote it; neither alone names one. */
export function encodeMessageId(id: string, author: Person | "self"): string {
  return `${id}:${author === "self" ? OWN : author.id}`;
}

/** The parts of an id that {@link encodeMessageId} made; `author` is undefined when it is ours. */
export function parseMessageId(messageId: string): { id: string; author: string | undefined } {
  const { id, author } = /^(?<id>[\w.-]{1,128}):(?<author>me|\+\d{5,16}|\d{5,20}@lid)$/.exec(messageId)?.groups ?? {};
  if (id === undefined || author === undefined)
    throw new ChannelError("rejected", "this is not the id of a WhatsApp message");
  return { id, author: author === OWN ? undefined : jidOf({ kind: "direct", id: author }) };
}

/** `+4930…`, `<number>@lid`, `<id>@g.us`, or a number's own name; each with `whatsapp:` in front if wanted. */
export function parseTarget(text: string): ChatRef | undefined {
  const target = text.trim().replace(/^whatsapp:/i, "");
  if (/^\+[1-9]\d{5,14}$/.test(target)) return { kind: "direct", id: target };
  const { kind, user } = parseJid(target);
  if (kind === "group") return /^[\d-]{5,40}$/.test(user) ? { kind: "group", id: target } : undefined;
  if (kind === "other" || !/^[1-9]\d{5,19}$/.test(user)) return undefined;
  return { kind: "direct", id: kind === "phone" ? `+${user}` : bareJid(target) };
}
