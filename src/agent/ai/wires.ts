/**
 * Makes the events of real servers fit what the model library accepts. Each wire looks at one event at a time: hands
 * it on, repairs it, drops it, or throws the failure it carries. It also knows whether the answer came to its end.
 */

import { failureOfErrorObject } from "./failure.ts";

/** What an endpoint speaks. */
export type ModelApi = "openai-completions" | "anthropic-messages";

/** One JSON event of a stream. */
export type WireEvent = Record<string, unknown>;

/** The reader of one answer. */
export interface Wire {
  /** The event to hand on, or undefined to drop it. Throws the failure an error event stands for. */
  repair(event: WireEvent): WireEvent | undefined;
  /** Whether the server said that the answer is whole. A stream that ends before is a cut one. */
  readonly isComplete: boolean;
  /** An event that makes the library report an error at this place of the stream. */
  readonly errorEvent: WireEvent;
  /** What a server left out that ended its stream properly but gave no reason. */
  readonly finishEvent: WireEvent;
}

/** The wire of `api`, for one answer. */
export function createWire(api: ModelApi): Wire {
  return api === "anthropic-messages" ? new AnthropicWire() : new OpenAiWire();
}

const CUT = "the answer was cut";

class OpenAiWire implements Wire {
  isComplete = false;
  readonly errorEvent = { error: { message: CUT } };
  readonly finishEvent = { choices: [{ delta: {}, finish_reason: "stop" }] };
  #callIndex = -1;
  #callId = "";

  repair(event: WireEvent): WireEvent {
    if (event.error !== undefined && event.error !== null) throw failureOfErrorObject(event.error);
    const choices = Array.isArray(event.choices) ? event.choices.filter(isRecord) : [];
    return { ...event, choices: choices.map((choice) => this.#choice(choice)) };
  }

  #choice(choice: WireEvent): WireEvent {
    const finish = choice.finish_reason;
    const isFinished = typeof finish === "string" && finish !== "";
    if (isFinished) this.isComplete = true;
    return {
      ...choice,
      finish_reason: isFinished ? finish : null,
      ...(isRecord(choice.delta) ? { delta: this.#delta(choice.delta) } : {}),
    };
  }

  #delta(delta: WireEvent): WireEvent {
    const { role: _role, reasoning_content: content, reasoning, ...rest } = delta;
    const thinking = [content, reasoning].find((text) => typeof text === "string" && text !== "");
    return {
      ...rest,
      ...(thinking === undefined ? {} : { reasoning_content: thinking }),
      ...(Array.isArray(delta.tool_calls)
        ? { tool_calls: delta.tool_calls.filter(isRecord).map((piece) => this.#piece(piece)) }
        : {}),
    };
  }

  /** Numbers a piece that has no index: a new id, or a name without an id, begins the next call. */
  #piece(piece: WireEvent): WireEvent {
    const call = isRecord(piece.function) ? piece.function : {};
    const args = call.arguments;
    const id = typeof piece.id === "string" ? piece.id : "";
    const begins = id === "" ? typeof call.name === "string" && call.name !== "" : id !== this.#callId;
    if (typeof piece.index === "number") this.#callIndex = piece.index;
    else if (begins || this.#callIndex < 0) this.#callIndex++;
    if (id !== "") this.#callId = id;
    return {
      ...piece,
      index: this.#callIndex,
      function: { ...call, ...(isRecord(args) ? { arguments: JSON.stringify(args) } : {}) },
    };
  }
}

/** The block types a request of ours can be answered with; the vendor adds new ones at will. */
const KNOWN_BLOCKS = new Set<unknown>(["text", "thinking", "redacted_thinking", "tool_use"]);
const KNOWN_DELTAS = new Set<unknown>(["text_delta", "thinking_delta", "signature_delta", "input_json_delta"]);

class AnthropicWire implements Wire {
  isComplete = false;
  readonly errorEvent = { type: "error", error: { type: "api_error", message: CUT } };
  readonly finishEvent = { type: "message_stop" };
  #dropped = new Set<unknown>();

  repair(event: WireEvent): WireEvent | undefined {
    switch (event.type) {
      case "error":
        throw failureOfErrorObject(event.error);
      case "message_start": {
        const message = isRecord(event.message) ? event.message : {};
        const usage = isRecord(message.usage) ? message.usage : {};
        return { ...event, message: { ...message, usage: { input_tokens: 0, ...usage } } };
      }
      case "content_block_start":
        return this.#begin(event, isRecord(event.content_block) ? event.content_block : {});
      case "content_block_delta":
        return this.#dropped.has(event.index) || !isRecord(event.delta) || !KNOWN_DELTAS.has(event.delta.type)
          ? undefined
          : event;
      case "content_block_stop":
        return this.#dropped.has(event.index) ? undefined : event;
      case "message_delta":
        return { ...event, usage: { output_tokens: 0, ...(isRecord(event.usage) ? event.usage : {}) } };
      case "message_stop":
        this.isComplete = true;
        return event;
      default:
        return undefined; // `ping`, and whatever is invented next.
    }
  }

  #begin(event: WireEvent, block: WireEvent): WireEvent | undefined {
    if (!KNOWN_BLOCKS.has(block.type)) {
      this.#dropped.add(event.index);
      return undefined;
    }
    return { ...event, content_block: { text: "", thinking: "", ...block } };
  }
}

function isRecord(value: unknown): value is WireEvent {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
