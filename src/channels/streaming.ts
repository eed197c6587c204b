/**
 * Shows an answer while it is made: as one message that grows, or paragraph by paragraph. What is shown on the way is not
 * stored and not repeated; the end of the answer is, and takes the place of what was shown.
 */
import { type Clock, deadline, type Timer } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { composePieces, type Manner } from "./compose.ts";
import type { Account, ChatRef } from "./contract.ts";

/** A message is changed at most this often: networks count changes like messages. */
const CHANGE_MS = 1_500;
/** Nothing is shown before there is this much: a first word that is changed at once only flickers. */
const MIN_PREVIEW_CHARS = 20;
/** A paragraph is sent by itself from this length on; shorter ones wait for the next. */
const MIN_BLOCK_CHARS = 200;
/** How long one change may take. */
const CALL_MS = 10_000;
const FENCE = /^ {0,3}(?:```|~~~)/gm;

/** What is shown of one answer. */
export interface Stream {
  /** The text of the answer so far. */
  show(text: string): void;
  /** Shows nothing more. Resolves with what the end has to take into account. */
  end(): Promise<{ messageId?: string; sentChars: number }>;
}

interface Needs {
  account: () => Account | undefined;
  manner: Manner;
  clock: Clock;
  log: Log;
}

/** One message that grows. */
export class Preview implements Stream {
  readonly #needs: Needs;
  readonly #place: { chat: ChatRef; key: string; replyTo?: string };
  #text = "";
  #shown = "";
  #messageId: string | undefined;
  #timer: Timer | undefined;
  #busy: Promise<void> = Promise.resolve();
  #isOver = false;
  constructor(needs: Needs, place: { chat: ChatRef; key: string; replyTo?: string }) {
    this.#needs = needs;
    this.#place = place;
  }

  show(text: string): void {
    this.#text = text;
    if (this.#isOver || this.#timer || text.length < MIN_PREVIEW_CHARS) return;
    this.#timer = this.#needs.clock.after(this.#messageId === undefined ? 0 : CHANGE_MS, () => {
      this.#timer = undefined;
      this.#busy = this.#busy.then(() => this.#change());
    });
  }

  async end(): Promise<{ messageId?: string; sentChars: number }> {
    this.#isOver = true;
    this.#timer?.cancel();
    await this.#busy;
    return { sentChars: 0, ...(this.#messageId === undefined ? {} : { messageId: this.#messageId }) };
  }

  async #change(): Promise<void> {
    const { account: current, manner, clock, log } = this.#needs;
    const account = current();
    const { chat, key, replyTo } = this.#place;
    const [piece] = composePieces({ chat, text: this.#text, key }, manner);
    if (this.#isOver || !account?.edit || !piece?.text || piece.text === this.#shown) return;
    const limit = deadline(clock, CALL_MS);
    try {
      if (this.#messageId === undefined) {
        const sent = await account.send({ ...piece, ...(replyTo === undefined ? {} : { replyTo }) }, limit);
        this.#messageId = sent.messageIds[0];
      } else await account.edit({ chat, id: this.#messageId }, piece, limit);
      this.#shown = piece.text;
    } catch (error) {
      // The end of the answer is sent all the same.
      log.debug("an answer could not be shown while it was made", { error: messageOf(error) });
      if (this.#messageId === undefined) this.#isOver = true;
    }
    if (this.#text !== this.#shown) this.show(this.#text);
  }
}

/** Whole paragraphs, each as soon as it is there. */
export class Blocks implements Stream {
  readonly #say: (text: string, index: number) => void;
  #sentChars = 0;
  #count = 0;
  /** `say` stores a paragraph in the outbox. */
  constructor(say: (text: string, index: number) => void) {
    this.#say = say;
  }

  show(text: string): void {
    const cut = lastWholeBlock(text, this.#sentChars);
    if (cut === undefined) return;
    this.#say(text.slice(this.#sentChars, cut), this.#count++);
    this.#sentChars = cut;
  }

  end(): Promise<{ sentChars: number }> {
    return Promise.resolve({ sentChars: this.#sentChars });
  }
}

/** Where the last whole paragraph ends, if what is new up to there is worth a message. Never inside a code fence. */
export function lastWholeBlock(text: string, from: number): number | undefined {
  for (let cut = text.lastIndexOf("\n\n"); cut > from; cut = text.lastIndexOf("\n\n", cut - 1)) {
    if (cut - from < MIN_BLOCK_CHARS) return undefined;
    const fences = text.slice(from, cut).match(FENCE)?.length ?? 0;
    if (fences % 2 === 0) return cut + 2;
  }
  return undefined;
}
