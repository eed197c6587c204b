/** The words that wake voice assistants on the owner's devices (`protocol/methods.md`, voicewake). */
import { EventEmitter } from "node:events";
import type { VoiceWakeRouting } from "#schemas/nodes.ts";

/** Words and their length that are kept. */
const MAX_WORDS = 32;
const MAX_WORD_CHARS = 64;
/** What wakes them when the owner has not said. */
const DEFAULT_WORDS: readonly string[] = ["moltbot", "claude", "computer"];

/** Spoken words go to the session that is open on the device; there are no other rules. */
export const wakeRouting: VoiceWakeRouting = {
  config: { version: 1, defaultTarget: { mode: "current" }, routes: [], updatedAtMs: 0 },
};

/** Where the words are kept; `store/nodes.ts` satisfies it. */
export interface WakeWordStore {
  wakeWords(): string[] | undefined;
  setWakeWords(words: readonly string[]): void;
}

/** The words in force. Emits `changed`. */
export class VoiceWake extends EventEmitter<{ changed: [string[]] }> {
  readonly #store: WakeWordStore;
  #words: readonly string[] | undefined;
  constructor(store: WakeWordStore) {
    super();
    this.#store = store;
  }

  get(): string[] {
    this.#words ??= this.#store.wakeWords() ?? DEFAULT_WORDS;
    return [...this.#words];
  }

  /** Replaces them: trimmed, and the defaults when none is left. */
  set(words: readonly string[]): string[] {
    const trimmed = words.map((word) => word.trim().slice(0, MAX_WORD_CHARS)).filter(Boolean);
    const kept = trimmed.length ? trimmed.slice(0, MAX_WORDS) : [...DEFAULT_WORDS];
    this.#store.setWakeWords(kept);
    this.#words = kept;
    this.emit("changed", [...kept]);
    return [...kept];
  }
}
