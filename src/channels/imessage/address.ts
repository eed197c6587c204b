/**
 * How people and chats are called: a person by telephone number or e-mail address, which is also the chat with them; a
 * group by `chat_id:` with its number in the database, as lists of imsg show it. Pure.
 */
import type { ChatRef } from "../contract.ts";

/** The one spelling of a handle: a number without what people write between digits, an address in lower case. */
export function handleOf(text: string): string {
  const bare = text.trim().replace(/^(tel|mailto):/i, "");
  return /^\+?[\d\s().\u00a0-]+$/.test(bare) ? bare.replaceAll(/[^+\d]/g, "") : bare.toLowerCase();
}

/** Where a call goes, as parameters. Bridge calls know chats only, and the chat with a person by their handle. */
export function destinationOf({ kind, id }: ChatRef, isBridge = false): Record<string, unknown> {
  if (kind === "direct") return isBridge ? { chat_identifier: id } : { to: id };
  const [, form, name = ""] = /^(chat_guid|chat_identifier|chat_id):(.+)$/s.exec(id) ?? [];
  if (form === "chat_id") return { chat_id: Number(name) };
  return form === undefined ? { chat_identifier: id } : { [form]: name };
}

/** `chat_id:…`, `chat_guid:…`, `chat_identifier:…`, or a handle with `imessage:`, `sms:` or `auto:` before it if wanted. */
export function parseTarget(text: string): ChatRef | undefined {
  const target = text.trim();
  const chat = /^(?<form>chat_id|chat_guid|chat_identifier):\s*(?<name>\S+)$/i.exec(target)?.groups;
  if (chat) return chatOf(chat["form"]!.toLowerCase(), chat["name"]!);
  const isNamed = /^(imessage|sms|auto):/i.test(target);
  const handle = handleOf(target.replace(/^(imessage|sms|auto):/i, ""));
  // A bare number without its country may be anything; after `sms:` it is a short one, as services have.
  const isHandle = /^\+[1-9]\d{5,14}$/.test(handle) || isAddress(handle) || (isNamed && /^\d{3,8}$/.test(handle));
  return isHandle ? { kind: "direct", id: handle } : undefined;
}

function chatOf(form: string, name: string): ChatRef | undefined {
  if (form === "chat_id") return /^[1-9]\d{0,14}$/.test(name) ? { kind: "group", id: `chat_id:${name}` } : undefined;
  // `iMessage;-;+4930…` names the chat with a person, `iMessage;+;chat8…` a group.
  const handle = /^\w+;-;(?<handle>.+)$/.exec(name)?.groups?.["handle"];
  return handle === undefined ? { kind: "group", id: `${form}:${name}` } : { kind: "direct", id: handleOf(handle) };
}

function isAddress(text: string): boolean {
  return /^[^\s@:;,<>"]+@[^\s@:;,<>"]+\.[^\s@:;,<>"]+$/.test(text);
}
