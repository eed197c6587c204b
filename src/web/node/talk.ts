/** Says something to the agent from this device, in a session of the device's own, and shows what it answers. */
import { type Fields, fieldsOf, GatewayFailure, listOf, textOf } from "../shared/wire.ts";

export interface TalkState {
  /** What was said last. */
  said: string;
  /** The answer as far as it is there. */
  answer: string;
  state: "idle" | "waiting" | "answering" | "done" | "failed";
  problem: string | undefined;
}

export const noTalk: TalkState = { said: "", answer: "", state: "idle", problem: undefined };

interface Needs {
  nodeId: string;
  /** Sends a `node.event`; resolves with why it was not taken. */
  tell(event: string, payload: Fields): Promise<string | undefined>;
  onChange(): void;
}

export class Talk {
  readonly #needs: Needs;
  readonly #sessionKey: string;
  #state = noTalk;
  #isFollowing = false;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#sessionKey = `node-${needs.nodeId}`;
  }

  get state(): TalkState {
    return this.#state;
  }

  /** A new connection follows nothing yet. */
  connected(): void {
    this.#isFollowing = false;
    const { state } = this.#state;
    if (state === "waiting" || state === "answering")
      this.#become({ state: "failed", problem: "The connection was lost." });
  }

  async say(text: string): Promise<void> {
    this.#become({ said: text, answer: "", state: "waiting", problem: undefined });
    const problem = await this.#send(text);
    if (problem !== undefined) this.#become({ state: "failed", problem });
  }

  /** Takes a `chat` event of the session. */
  hear(payload: Fields): void {
    if (this.#state.state !== "waiting" && this.#state.state !== "answering") return;
    const text = textOfMessage(payload["message"]);
    switch (payload["state"]) {
      case "delta":
        return this.#become({ state: "answering", ...(text !== "" && { answer: text }) });
      case "final":
        return this.#become({ state: "done", ...(text !== "" && { answer: text }) });
      case "error":
        return this.#become({ state: "failed", problem: textOf(payload["errorMessage"]) ?? "The answer failed." });
      case "aborted":
        return this.#become({ state: "failed", problem: "The answer was stopped." });
    }
  }

  async #send(text: string): Promise<string | undefined> {
    try {
      if (!this.#isFollowing) await this.#needs.tell("chat.subscribe", { sessionKey: this.#sessionKey });
      this.#isFollowing = true;
      return await this.#needs.tell("agent.request", { message: text, sessionKey: this.#sessionKey });
    } catch (error) {
      if (error instanceof GatewayFailure) return error.message;
      throw error;
    }
  }

  #become(change: Partial<TalkState>): void {
    this.#state = { ...this.#state, ...change };
    this.#needs.onChange();
  }
}

function textOfMessage(message: unknown): string {
  const { content } = fieldsOf(message);
  if (typeof content === "string") return content;
  const texts = listOf(content).map((part) => textOf(fieldsOf(part)["text"]) ?? "");
  return texts.join("");
}
