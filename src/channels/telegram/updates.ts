/**
 * Receives: one poll after another, each batch stored before it is confirmed. It does not skip what came twice (the
 * inbox knows event ids) and does not try again after a failure (the supervisor does).
 */
import type { Update, UserFromGetMe } from "grammy/types";
import { pause } from "../../lib/clock.ts";
import type { ChannelHost } from "../contract.ts";
import type { BotClient } from "./client.ts";
import { CallFailed } from "./errors.ts";
import { Intake, wantedUpdates } from "./intake.ts";

const OFFSET = "offset";
/** How much longer than asked a poll may take before the connection counts as dead. */
const POLL_GRACE_MS = 10_000;
/** A poll without news takes its time. A server that ends it at once must not keep a core busy. */
const MIN_EMPTY_POLL_MS = 500;
/** A pressed button spins until it is answered; it may spin longer rather than hold up what is next. */
const ANSWER_MS = 5_000;

/** Polls until the account stops or something fails. */
export class UpdateLoop {
  readonly #client: BotClient;
  readonly #host: ChannelHost;
  readonly #intake: Intake;
  readonly #timeoutSeconds: number;

  constructor(client: BotClient, host: ChannelHost, options: { self: UserFromGetMe; timeoutSeconds: number }) {
    this.#client = client;
    this.#host = host;
    this.#intake = new Intake(host, options.self);
    this.#timeoutSeconds = options.timeoutSeconds;
  }

  async run(): Promise<void> {
    while (!this.#host.signal.aborted) {
      const { clock, signal } = this.#host;
      const startedMs = clock.monotonic();
      const updates = await this.#poll();
      this.#host.heard();
      for (const update of updates) await this.#intake.store(update);
      this.#advance(updates);
      await Promise.all(updates.map((update) => this.#answerButton(update)));
      const isHasty = updates.length === 0 && clock.monotonic() - startedMs < MIN_EMPTY_POLL_MS;
      if (isHasty) await pause(clock, MIN_EMPTY_POLL_MS, signal);
    }
  }

  async #poll(): Promise<Update[]> {
    const offset = this.#host.memory.get(OFFSET) ?? "";
    const payload = {
      timeout: this.#timeoutSeconds,
      allowed_updates: wantedUpdates,
      ...(offset === "" ? {} : { offset: Number(offset) }),
    };
    return this.#client.call("getUpdates", payload, { ms: this.#timeoutSeconds * 1000 + POLL_GRACE_MS });
  }

  /**
   * The offset confirms everything below it, so it moves when all of the batch is stored. Once a poll that carried it
   * has come back empty it has done its work and is forgotten: after a quiet week the network starts its numbers anew,
   * and an old offset would then confirm messages nobody has seen (https://core.telegram.org/bots/api#update).
   */
  #advance(updates: readonly Update[]): void {
    const next = updates.length === 0 ? "" : String(Math.max(...updates.map(({ update_id }) => update_id)) + 1);
    if (next !== (this.#host.memory.get(OFFSET) ?? "")) this.#host.memory.set(OFFSET, next);
  }

  async #answerButton({ callback_query: query }: Update): Promise<void> {
    if (query === undefined) return;
    try {
      await this.#client.call("answerCallbackQuery", { callback_query_id: query.id }, { ms: ANSWER_MS });
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      if (!this.#host.signal.aborted) this.#host.log.warn("button press not answered", { reason: error.message });
    }
  }
}
