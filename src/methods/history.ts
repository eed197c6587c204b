/** Stored messages as each generation reads them (`protocol/methods.md`, chat.send details). Pure. */
import type { ChatMessage } from "#schemas/chat.ts";
import type { ProtocolVersion } from "#schemas/method.ts";
import type { MessageRecord } from "../store/sessions.ts";

/** One message for the wire. v4 rows say where they stand; a user's plain text is a string there. */
export function encodeMessage(record: MessageRecord, version: ProtocolVersion): ChatMessage {
  const body = record.body as ChatMessage;
  const content = encodeContent(body, version);
  if (version === 3) {
    const { idempotencyKey: _key, ...rest } = body;
    return { ...rest, content };
  }
  const run = record.runId === undefined ? {} : { runId: record.runId };
  return {
    ...body,
    content,
    __openclaw: { id: record.id, seq: record.seq, recordTimestampMs: record.createdAt, ...run },
  };
}

function encodeContent(body: ChatMessage, version: ProtocolVersion): ChatMessage["content"] {
  const { content, role } = body;
  if (!Array.isArray(content)) return content;
  const parts = content.map((part) =>
    part["type"] === "thinking" ? { type: "thinking", thinking: part["text"] } : part,
  );
  const isPlain = parts.every((part) => part["type"] === "text");
  if (version === 4 && role === "user" && isPlain) return parts.map((part) => String(part["text"])).join("\n");
  return parts;
}
