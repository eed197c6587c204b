/**
 * What a person sees while an agent works: a typing mark, a reaction, a read mark. Courtesies: none of them is stored,
 * repeated or waited for, and one that fails is not noticed by anything else.
 */
import { type Clock, deadline } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Account, Capabilities, Inbound } from "./contract.ts";
import type { Settings } from "./policy/settings.ts";

/** How long one of them may take. */
const COURTESY_MS = 5_000;
/** A typing mark is renewed this much before it ends by itself. */
const TYPING_SHARE = 0.8;
/** Put on a message that names the agent in a group when nobody chose another. */
const DEFAULT_ACK = "👀";

interface Needs {
  account: () => Account | undefined;
  settings: Settings;
  capabilities: Capabilities;
  clock: Clock;
  log: Log;
}

/** The courtesies of one account. */
export class Feedback {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Work on an event begins. Call `end` when it is over. */
  begin(event: Inbound, isMentioned: boolean): { end(): void } {
    const { settings, capabilities, clock } = this.#needs;
    const target = { chat: event.chat, id: event.messageId };
    this.#try((account, signal) => account.read?.([target], signal));
    const ack = this.#ackOf(event, isMentioned);
    if (ack) this.#try((account, signal) => account.react?.(target, ack, signal));
    const { typingMs } = capabilities;
    const mode = settings.typingMode ?? (event.chat.kind === "direct" || isMentioned ? "instant" : "message");
    const type = () => this.#try((account, signal) => account.typing?.(event.chat, signal));
    const isTyping = typingMs !== undefined && (mode === "instant" || mode === "thinking");
    if (isTyping) type();
    const renewal = isTyping ? clock.every(typingMs * TYPING_SHARE, type) : undefined;
    return {
      end: () => {
        renewal?.cancel();
        if (ack && settings.removeAckAfterReply) this.#try((account, signal) => account.react?.(target, "", signal));
      },
    };
  }

  #ackOf({ type, chat }: Inbound, isMentioned: boolean): string | undefined {
    const { ackReaction = DEFAULT_ACK, ackReactionScope = "group-mentions" } = this.#needs.settings;
    const isDirect = chat.kind === "direct";
    const isIn = {
      all: true,
      direct: isDirect,
      "group-all": !isDirect,
      "group-mentions": !isDirect && isMentioned,
      off: false,
    }[ackReactionScope];
    return type === "message" && isIn && ackReaction !== "" ? ackReaction : undefined;
  }

  #try(courtesy: (account: Account, signal: AbortSignal) => Promise<void> | undefined): void {
    const { account, clock, log } = this.#needs;
    const current = account();
    if (!current) return;
    // A promise of its own: one that throws at once is not noticed either.
    void (async () => courtesy(current, deadline(clock, COURTESY_MS)))().catch((error: unknown) =>
      log.debug("a courtesy was not done", { error: messageOf(error) }),
    );
  }
}
