/**
 * How people, groups and messages are called: a person by number, or `uuid:…` where the number is hidden; a group by
 * the id the daemon takes back as `groupId`; a message by the time it was sent and its author, because neither alone
 * names one. Pure.
 */
import { ChannelError, type ChatRef } from "../contract.ts";

/** The ways the daemon names a person; it leaves out what it does not know. */
export interface Names {
  number?: string | undefined;
  uuid?: string | undefined;
  /** What older daemons send: either of the two. */
  either?: string | undefined;
}

/** The one id of a person. */
export function personId({ number, uuid, either }: Names): string | undefined {
  if (number !== undefined) return number;
  if (uuid !== undefined) return `uuid:${uuid.toLowerCase()}`;
  if (either === undefined) return undefined;
  return either.startsWith("+") ? either : `uuid:${either.toLowerCase()}`;
}

/** What the daemon takes where it asks for one person. */
export function recipientOf(id: string): string {
  return id.startsWith("uuid:") ? id.slice("uuid:".length) : id;
}

/** Where a call goes, as parameters. */
export function destinationOf({ kind, id }: ChatRef): Record<string, unknown> {
  if (kind !== "direct") return { groupId: id };
  if (id.startsWith("username:")) return { username: [id.slice("username:".length)] };
  return { recipient: [recipientOf(id)] };
}

/** The id of a message. */
export function messageId(timestamp: number, author: string): string {
  return `${timestamp}:${author}`;
}

/** The parts of an id that {@link messageId} made. */
export function parseMessageId(id: string): { timestamp: number; author: string } {
  const { timestamp, author } = /^(?<timestamp>[1-9]\d{0,15}):(?<author>.+)$/.exec(id)?.groups ?? {};
  if (timestamp === undefined || author === undefined)
    throw new ChannelError("rejected", "this is not the id of a Signal message");
  return { timestamp: Number(timestamp), author };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `+4930…`, `uuid:…` or a bare uuid, `username:name.01`, `group:…`; each with `signal:` in front if wanted. */
export function parseTarget(text: string): ChatRef | undefined {
  const target = text.trim().replace(/^signal:/i, "");
  if (isNumber(target)) return { kind: "direct", id: target };
  const bare = target.replace(/^uuid:/i, "");
  if (uuid.test(bare)) return { kind: "direct", id: `uuid:${bare.toLowerCase()}` };
  const { scheme, rest } = /^(?<scheme>username|group):(?<rest>\S+)$/i.exec(target)?.groups ?? {};
  if (rest === undefined) return undefined;
  if (scheme?.toLowerCase() === "username")
    return /^\w{1,48}\.\d{2,9}$/.test(rest) ? { kind: "direct", id: `username:${rest}` } : undefined;
  return /^[A-Za-z0-9+/_-]{16,64}={0,2}$/.test(rest) ? { kind: "group", id: rest } : undefined;
}

/** Whether the text is a telephone number with its country code. */
export function isNumber(text: string): boolean {
  return /^\+[1-9]\d{5,14}$/.test(text);
}
