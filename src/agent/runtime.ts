/**
 * The seam between a run and whatever answers it: a model endpoint, an external agent or the built-in assistant.
 * A runtime turns one request into events and knows nothing of sessions, sockets or storage.
 */

/** One piece of a message as the transcript keeps it. */
export type ContentPart =
  | { type: "text"; text: string }
  | { type: "image"; mimeType: string; data: string }
  | { type: "thinking"; text: string; signature?: string; redacted?: string }
  | { type: "toolCall"; id: string; name: string; arguments: unknown };

/** One entry of the conversation, oldest first. */
export type HistoryMessage =
  | { role: "user"; content: ContentPart[] }
  | { role: "assistant"; content: ContentPart[] }
  | { role: "toolResult"; toolCallId: string; toolName: string; isError: boolean; content: ContentPart[] };

/** A function the agent may call during a run. */
export interface Tool {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
  /** Longest time one call may take, where the usual time does not do. */
  timeoutMs?: number;
  /** Does the work; throws to report an error to the model. Aborted by `signal`. */
  run(args: unknown, signal: AbortSignal): Promise<{ text: string; details?: unknown }>;
}

/** Everything a runtime needs for one run. */
export interface RuntimeRequest {
  runId: string;
  sessionKey: string;
  system: string;
  messages: HistoryMessage[];
  tools: Tool[];
  thinking?: string | undefined;
}

/** Tokens of a run as the provider reported them; 0 where it did not. */
export interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  totalTokens: number;
}

/** Why a run ended. `aborted` is a result, not an error. */
export type StopReason = "stop" | "length" | "tool" | "aborted" | "refusal" | "error";

/** What kind of failure ended a run; the protocol's `errorKind` derives from it. */
export type RuntimeErrorKind =
  | "auth"
  | "rate_limit"
  | "timeout"
  | "context_length"
  | "refusal"
  | "network"
  | "bad_request"
  | "unknown";

/** What a runtime yields, in order. The last event is always `stop` or `error`; nothing follows it. */
export type RuntimeEvent =
  | { type: "start"; provider: string; model: string }
  | { type: "text"; delta: string }
  | { type: "thinking"; delta: string }
  | { type: "tool-start"; id: string; name: string; arguments: unknown }
  | { type: "tool-end"; id: string; name: string; isError: boolean; text: string; details?: unknown }
  /** A finished message of this run, to be kept in the transcript: assistant turns and tool results, in order. */
  | { type: "message"; message: HistoryMessage }
  | { type: "usage"; usage: Usage }
  | { type: "stop"; reason: StopReason }
  | { type: "error"; kind: RuntimeErrorKind; message: string; status?: number; retryAfterMs?: number };

/** One way of answering. Chosen per agent by configuration (design D12). */
export interface AgentRuntime {
  /** For example `ai` or `builtin/assistant`. */
  readonly id: string;
  /**
   * Answers one request. Never throws for what the outside does wrong: that is an `error` event.
   * When `signal` aborts, the upstream request is closed and a `stop` with reason `aborted` ends the stream.
   */
  stream(request: RuntimeRequest, signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}
