/** Remembers in which threads the bot has written, across restarts: whoever goes on there talks to it. */

import { parseJson } from "../../lib/json.ts";
import type { AccountMemory } from "../contract.ts";

const KEY = "threads";
/** Enough for the threads of some weeks; the one that was silent longest goes first. */
const MAX_THREADS = 200;

/** One account's threads. */
export class Threads {
  readonly #memory: AccountMemory;

  constructor(memory: AccountMemory) {
    this.#memory = memory;
  }

  has(chatId: string, threadId: string): boolean {
    return this.#read().includes(`${chatId}:${threadId}`);
  }

  /** Called after something was sent into a thread. */
  add(chatId: string, threadId: string): void {
    const thread = `${chatId}:${threadId}`;
    const before = this.#read();
    if (before.at(-1) === thread) return;
    const next = [...before.filter((one) => one !== thread), thread].slice(-MAX_THREADS);
    this.#memory.set(KEY, JSON.stringify(next));
  }

  #read(): string[] {
    const result = parseJson(this.#memory.get(KEY) ?? "[]");
    return result.ok && Array.isArray(result.value) ? result.value.filter((one) => typeof one === "string") : [];
  }
}
