/**
 * Rules every model insists on, kept for any history: each tool call is followed by its result, and no result stands
 * alone. A crash, an abort or an old transcript may have left it otherwise.
 */
import type { ContentPart, HistoryMessage } from "./runtime.ts";

/** A tool call as it stands in an assistant message. */
export type ToolCall = ContentPart & { type: "toolCall" };
/** The answer to one tool call. */
export type ToolResult = HistoryMessage & { role: "toolResult" };

/** What cannot be taken apart: a message, or an assistant message with the results of all its calls. */
export type Unit = readonly [HistoryMessage, ...ToolResult[]];

/** What stands in for a result that never came. */
export const ABORTED_RESULT = "aborted: the run ended before this tool returned";

/** The history as units, repaired: missing results are filled in as aborted, results without a call are left out. */
export function unitsOf(history: readonly HistoryMessage[]): Unit[] {
  const units: Unit[] = [];
  for (const [index, message] of history.entries()) {
    if (message.role === "toolResult") continue;
    const calls = toolCallsOf(message);
    if (calls.length === 0) units.push([message]);
    else units.push([message, ...resultsFor(calls, resultsAfter(history, index))]);
  }
  return units;
}

/** The calls of an assistant message, in order. */
export function toolCallsOf(message: HistoryMessage): ToolCall[] {
  return message.role === "assistant" ? message.content.filter((part) => part.type === "toolCall") : [];
}

/** The message that tells the model what a call brought. */
export function toolResult(call: ToolCall, text: string, isError: boolean): ToolResult {
  const content: ContentPart[] = [{ type: "text", text }];
  return { role: "toolResult", toolCallId: call.id, toolName: call.name, isError, content };
}

/** All text of a message, without thinking and calls. */
export function textOf(message: HistoryMessage): string {
  return message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/** Results up to the next assistant message: ids repeat across turns with some servers, so they pair only nearby. */
function resultsAfter(history: readonly HistoryMessage[], index: number): ToolResult[] {
  const results: ToolResult[] = [];
  for (const message of history.slice(index + 1)) {
    if (message.role === "assistant") break;
    if (message.role === "toolResult") results.push(message);
  }
  return results;
}

function resultsFor(calls: readonly ToolCall[], results: readonly ToolResult[]): ToolResult[] {
  return calls.map(
    (call) => results.find((result) => result.toolCallId === call.id) ?? toolResult(call, ABORTED_RESULT, true),
  );
}
