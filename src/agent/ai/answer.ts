/** Collects what the model library streams of one turn into the message the transcript keeps. */
import type { TextStreamPart, ToolSet } from "ai";
import type { ToolCall } from "../history.ts";
import type { ContentPart, RuntimeEvent, Usage } from "../runtime.ts";
import type { ProviderData } from "./prompt.ts";
import type { RequestedCall } from "./tool-runner.ts";

type StreamPart = TextStreamPart<ToolSet>;
type Written = ContentPart & { type: "text" | "thinking" };

/** Nothing used yet. */
export const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 };

/** One turn as it grows. */
export class Answer {
  readonly calls: RequestedCall[] = [];
  /** What the provider wants back with its calls, by call id. */
  readonly metadata = new Map<string, ProviderData>();
  usage: Usage = NO_USAGE;
  /** Why the model stopped, in the library's words; undefined until it did. */
  finish: string | undefined;
  /** The first error of the stream. */
  error: unknown;
  readonly #parts: ContentPart[] = [];
  readonly #open = new Map<string, Written>();

  /** Takes one part of the stream and returns what listeners are told of it. */
  add(part: StreamPart): RuntimeEvent[] {
    switch (part.type) {
      case "text-delta":
        this.#write(part.id, "text").text += part.text;
        return part.text === "" ? [] : [{ type: "text", delta: part.text }];
      case "reasoning-start":
      case "reasoning-delta":
        return this.#think(part);
      case "text-end":
      case "reasoning-end":
        this.#open.delete(`${part.type === "text-end" ? "text" : "thinking"} ${part.id}`);
        return [];
      case "tool-call":
        this.#call(part);
        return [];
      case "finish-step":
        this.finish = part.finishReason;
        this.usage = usageOf(part.usage);
        return [];
      case "error":
        this.error ??= part.error;
        return [];
      default:
        return [];
    }
  }

  /** The finished content, without empty pieces. */
  get content(): ContentPart[] {
    return this.#parts.filter((part) => part.type !== "text" || part.text !== "");
  }

  /** The text alone: all that is kept of a refusal, whose calls must not run. */
  get writtenText(): ContentPart[] {
    return this.content.filter((part) => part.type === "text");
  }

  #think(part: StreamPart & { type: "reasoning-start" | "reasoning-delta" }): RuntimeEvent[] {
    const thought = this.#write(part.id, "thinking");
    const delta = part.type === "reasoning-delta" ? part.text : "";
    const { signature, redactedData } = part.providerMetadata?.anthropic ?? {};
    thought.text += delta;
    if (thought.type === "thinking" && typeof signature === "string") thought.signature = signature;
    if (thought.type === "thinking" && typeof redactedData === "string") thought.redacted = redactedData;
    return delta === "" ? [] : [{ type: "thinking", delta }];
  }

  #write(id: string, type: Written["type"]): Written {
    const key = `${type} ${id}`;
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const begun: Written = { type, text: "" };
    this.#open.set(key, begun);
    this.#parts.push(begun);
    return begun;
  }

  #call(part: StreamPart & { type: "tool-call" }): void {
    const call: ToolCall = { type: "toolCall", id: part.toolCallId, name: part.toolName, arguments: part.input };
    this.#parts.push(call);
    if (part.providerMetadata !== undefined) this.metadata.set(call.id, part.providerMetadata);
    this.calls.push({ call, problem: part.invalid ? "the arguments are not valid JSON, call again" : undefined });
  }
}

/** Both together. */
export function sumOf(one: Usage, other: Usage): Usage {
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    cacheRead: one.cacheRead + other.cacheRead,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    totalTokens: one.totalTokens + other.totalTokens,
  };
}

/** `input` is what was read anew; what came from or went to the cache is counted apart. */
function usageOf(usage: (StreamPart & { type: "finish-step" })["usage"]): Usage {
  const { noCacheTokens, cacheReadTokens: cacheRead = 0, cacheWriteTokens: cacheWrite = 0 } = usage.inputTokenDetails;
  const input = noCacheTokens ?? usage.inputTokens ?? 0;
  const output = usage.outputTokens ?? 0;
  return { input, output, cacheRead, cacheWrite, totalTokens: input + output + cacheRead + cacheWrite };
}
