/** Turns our history and tools into what the model library sends. Pure. */
import type { AssistantModelMessage, ModelMessage, SystemModelMessage, UserModelMessage } from "ai";
import { textOf, unitsOf } from "../history.ts";
import type { ContentPart, HistoryMessage } from "../runtime.ts";
import type { ModelConfig, ProviderConfig } from "./provider.ts";

/** Data a provider wants back with a tool call in the same run (thought signatures), by call id. */
export type CallMetadata = ReadonlyMap<string, ProviderData>;
/** The library's per-provider extras of a part. */
export type ProviderData = NonNullable<AssistantModelMessage["providerOptions"]>;

type PartOf<M extends { content: unknown }> = Exclude<M["content"], string> extends (infer Part)[] ? Part : never;

/** Marks a prefix of the request as worth caching; other wires ignore it. */
export const CACHE_HERE = { anthropic: { cacheControl: { type: "ephemeral" } } };

/** The system prompt, cached where the wire can. */
export function systemMessage(text: string): SystemModelMessage {
  return { role: "system", content: text, providerOptions: CACHE_HERE };
}

/** The conversation as the library takes it: pairs complete, ids legal everywhere, nothing empty. */
export function toModelMessages(
  history: readonly HistoryMessage[],
  target: { provider: ProviderConfig; model: ModelConfig; metadata?: CallMetadata },
): ModelMessage[] {
  const messages = unitsOf(history).flat();
  const lastUser = messages.findLastIndex((message) => message.role === "user");
  return messages.flatMap((message, index) => {
    if (message.role === "user") return userMessage(message.content, target.model);
    if (message.role === "toolResult") return toolMessage(message);
    const thinking = target.provider.api === "anthropic-messages" ? "signed" : index > lastUser ? "text" : "none";
    return assistantMessage(message.content, { metadata: target.metadata, thinking });
  });
}

function userMessage(parts: readonly ContentPart[], model: ModelConfig): ModelMessage[] {
  const content = parts.flatMap((part): PartOf<UserModelMessage>[] => {
    if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }];
    if (part.type !== "image") return [];
    return model.input?.includes("image")
      ? [{ type: "file", data: part.data, mediaType: part.mimeType }]
      : [{ type: "text", text: "[an image was left out: this model reads text only]" }];
  });
  return content.length === 0 ? [] : [{ role: "user", content }];
}

/**
 * Thinking goes back only where it is understood. The Anthropic wire takes signed or redacted blocks, unchanged. On
 * the openai wire it belongs to the run it was thought in: servers that want it there refuse it from earlier turns.
 */
function assistantMessage(
  parts: readonly ContentPart[],
  options: { metadata: CallMetadata | undefined; thinking: "signed" | "text" | "none" },
): ModelMessage[] {
  const content = parts.flatMap((part): PartOf<AssistantModelMessage>[] => {
    switch (part.type) {
      case "text":
        return part.text === "" ? [] : [{ type: "text", text: part.text }];
      case "thinking": {
        if (options.thinking === "text") return [{ type: "reasoning", text: part.text }];
        const anthropic = part.redacted === undefined ? { signature: part.signature } : { redactedData: part.redacted };
        const isSigned = part.redacted !== undefined || part.signature !== undefined;
        if (options.thinking === "none" || !isSigned) return [];
        return [{ type: "reasoning", text: part.text, providerOptions: { anthropic } as ProviderData }];
      }
      case "toolCall": {
        const providerOptions = options.metadata?.get(part.id);
        return [
          {
            type: "tool-call",
            toolCallId: legalId(part.id),
            toolName: part.name,
            input: isRecord(part.arguments) ? part.arguments : { invalid: part.arguments },
            ...(providerOptions === undefined ? {} : { providerOptions }),
          },
        ];
      }
      default:
        return [];
    }
  });
  return content.length === 0 ? [] : [{ role: "assistant", content }];
}

function toolMessage(message: HistoryMessage & { role: "toolResult" }): ModelMessage[] {
  const value = textOf(message) || "(no output)";
  const output = message.isError ? ({ type: "error-text", value } as const) : ({ type: "text", value } as const);
  return [
    {
      role: "tool",
      content: [{ type: "tool-result", toolCallId: legalId(message.toolCallId), toolName: message.toolName, output }],
    },
  ];
}

/** One vendor's ids (`functions.search:0`) are refused by the next; a conversation may change its model. */
function legalId(id: string): string {
  return id.replace(/[^\w-]/g, "_");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
