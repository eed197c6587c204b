/**
 * What runs need of sessions, in their own words: `app.ts` passes what satisfies it. Also the translation between a
 * stored message and what a model is told.
 */
import type { ChatMessage } from "#schemas/chat.ts";
import type { ContentPart, HistoryMessage, Usage } from "./runtime.ts";

/** The part of a session that a run reads. */
export interface RunSession {
  sessionId: string;
  summary?: string;
  settings: { thinkingLevel?: string; verboseLevel?: string; model?: string; modelProvider?: string };
  /** Messages since the last compaction, oldest first, with their place in the transcript. */
  messages: { seq: number; body: Record<string, unknown> }[];
}

/** The sessions as runs use them. Every change is on the disk when its call returns. */
export interface Transcripts {
  decide<T>(work: () => T): T;
  /** The session of a run, with what the model may see. */
  open(sessionKey: string): RunSession;
  /** Puts the run's input into the history unless it is there. */
  requireInput(sessionKey: string, runId: string, message: () => ChatMessage): void;
  append(sessionKey: string, runId: string, message: ChatMessage): void;
  /** Notes in the history that a run was cut off by a stop of the gateway. */
  noteInterrupted(sessionKey: string, runId: string, timestamp: number): void;
  /** From now on the model is told `summary` instead of what lies before sequence number `from`. */
  compact(sessionKey: string, summary: string, from: number): void;
  /** Adds up tokens and keeps how the last run ended. */
  account(sessionKey: string, facts: { usage?: Usage; aborted: boolean }): void;
}

/** Notes about runs are for people; a model that reads them starts to write them. */
const notForModels: ReadonlySet<unknown> = new Set(["interrupted", "error"]);

/** The stored message as the model is told it; undefined when it is not for the model. */
export function toHistory(body: Record<string, unknown>): HistoryMessage | undefined {
  const content = partsOf(body["content"]);
  switch (body["role"]) {
    case "user":
      return { role: "user", content };
    case "assistant":
      return notForModels.has(body["stopReason"]) || content.length === 0 ? undefined : { role: "assistant", content };
    case "toolResult": {
      const { toolCallId, toolName, isError } = body;
      if (typeof toolCallId !== "string" || typeof toolName !== "string") return undefined;
      return { role: "toolResult", toolCallId, toolName, isError: isError === true, content };
    }
    default:
      return undefined;
  }
}

/** A user's message as the transcript keeps it. */
export function userMessage(request: { runId: string; content: ContentPart[] }, timestamp: number): ChatMessage {
  return { role: "user", content: request.content, timestamp, idempotencyKey: `${request.runId}:user` };
}

/** A message of a run as the transcript keeps it. */
export function toStored(message: HistoryMessage, facts: Record<string, unknown>, timestamp: number): ChatMessage {
  return { ...message, timestamp, ...(message.role === "assistant" ? facts : {}) };
}

function partsOf(content: unknown): ContentPart[] {
  if (typeof content === "string") return content ? [{ type: "text", text: content }] : [];
  return Array.isArray(content) ? (content as ContentPart[]) : [];
}
