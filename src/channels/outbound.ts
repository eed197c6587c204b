/**
 * Sends stored pieces: in order per chat, as often as it takes, and never twice without saying so. Each piece ends
 * `sent` or `failed`; one whose outcome is unknown on a network that cannot tell is sent again and marked
 * `maybe-duplicate` (design D9, channels 4.12).
 */
import { type Clock, deadline } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import type { OutboxRow, OutboxStore } from "../store/outbox.ts";
import { type Account, ChannelError, type Outbound, type Sent } from "./contract.ts";
import type { RetrySettings } from "./policy/settings.ts";

/** When a disk that took nothing is tried again. */
const DISK_PAUSE_MS = 5_000;
/** How long one attempt may take: media on a slow line. */
const ATTEMPT_MS = 60_000;

/** A piece as it is stored: media bytes become text. */
interface StoredPiece extends Omit<Outbound, "media" | "key"> {
  media?: Omit<NonNullable<Outbound["media"]>, "bytes"> & { base64: string };
}

interface Needs {
  channel: string;
  accountId: string;
  store: OutboxStore;
  /** The account when it can send. */
  account: () => Account | undefined;
  idempotent: boolean;
  retry: RetrySettings;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** A piece was sent, with the network's ids. */
  onSent: (row: OutboxRow, messageIds: readonly string[]) => void;
}

/** The name of a chat in queues. */
export function chatKeyOf(channel: string, accountId: string, chat: { id: string; threadId?: string }): string {
  return [channel, accountId, chat.id, ...(chat.threadId === undefined ? [] : [chat.threadId])].join(" ");
}

/** The outbox of one account. */
export class Outgoing {
  readonly #needs: Needs;
  /** Chats that are being served; each has at most one piece on its way. */
  readonly #busy = new Set<string>();
  /** Who waits for the end of a piece, by its key. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isStopped = false;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Adds a piece under its key; a key that is known adds nothing. Callers choose the transaction, and call `wake`. */
  add(message: Outbound, inboxId?: number): string {
    const { channel, accountId, store, clock } = this.#needs;
    const chatKey = chatKeyOf(channel, accountId, message.chat);
    const { key, media, ...rest } = message;
    const piece: StoredPiece = media
      ? { ...rest, media: { ...withoutBytes(media), base64: Buffer.from(media.bytes).toString("base64") } }
      : rest;
    store.add({
      channel,
      account: accountId,
      chatKey,
      piece: JSON.stringify(piece),
      key,
      nowMs: clock.now(),
      ...(inboxId === undefined ? {} : { inboxId }),
    });
    return chatKey;
  }

  /** Looks for work: in one chat, or in all after a start or a connection. */
  wake(chatKey?: string): void {
    const { store, channel, accountId } = this.#needs;
    for (const key of chatKey === undefined ? store.openChats(channel, accountId) : [chatKey]) void this.#serve(key);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Whether one of the latest messages of a chat is ours. */
  hasSent(chatKey: string, messageId: string): boolean {
    const { store, channel, accountId } = this.#needs;
    return store.hasSent(channel, accountId, chatKey, messageId);
  }

  /** Resolves with a piece when it has ended, or as it stands when `signal` aborts first. */
  async ended(key: string, signal: AbortSignal): Promise<OutboxRow | undefined> {
    const { store } = this.#needs;
    while (!signal.aborted) {
      const row = store.findByKey(key);
      if (!row || row.state === "sent" || row.state === "failed") return row;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
    }
    return store.findByKey(key);
  }

  #tellWaiting(key: string): void {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const resolve of waiting) resolve();
  }

  async #serve(chatKey: string): Promise<void> {
    if (this.#busy.has(chatKey)) return;
    this.#busy.add(chatKey);
    try {
      while (!this.#isStopped && (await this.#sendNext(chatKey)));
    } catch (error) {
      // A disk that takes nothing: the piece stays where it is and is tried when there is news.
      this.#needs.log.error("the outbox could not go on", { chatKey, error: messageOf(error) });
      this.#needs.clock.after(DISK_PAUSE_MS, () => this.wake(chatKey));
    } finally {
      this.#busy.delete(chatKey);
    }
  }

  /** True when there may be more to do at once. */
  async #sendNext(chatKey: string): Promise<boolean> {
    const { store, channel, accountId, clock, account, idempotent } = this.#needs;
    const row = store.next(channel, accountId, chatKey);
    const sender = account();
    if (!row || !sender) return false;
    const waitMs = row.notBefore - clock.now();
    if (waitMs > 0) {
      clock.after(waitMs, () => this.wake(chatKey));
      return false;
    }
    // Found `sending` at the start of an attempt: the last one ended without a word, perhaps with the process.
    const isMaybeDuplicate = row.isMaybeDuplicate || (row.state === "sending" && !idempotent);
    const attempts = row.attempts + 1;
    store.decide(() => store.update(row.id, { state: "sending", attempts, isMaybeDuplicate, nowMs: clock.now() }));
    const message = toOutbound(row);
    try {
      const { messageIds } = await deliver(sender, message, deadline(clock, ATTEMPT_MS));
      store.decide(() => store.update(row.id, { state: "sent", messageIds, nowMs: clock.now() }));
      this.#needs.onSent(row, messageIds);
      this.#tellWaiting(row.key);
      return true;
    } catch (error) {
      return this.#failed({ ...row, attempts, isMaybeDuplicate }, error);
    }
  }

  #failed(row: OutboxRow, error: unknown): boolean {
    const { store, clock, ids, idempotent, retry, log } = this.#needs;
    const known =
      error instanceof ChannelError ? error : new ChannelError("transient", messageOf(error), { sent: "unknown" });
    const problem = known.message;
    const isUnknown = known.sent === "unknown" && !idempotent;
    const isHopeless = known.kind === "rejected" || row.attempts >= retry.attempts;
    if (isHopeless) {
      store.decide(() => store.update(row.id, { state: "failed", problem, nowMs: clock.now() }));
      log.error("a message could not be sent", { outboxId: row.id, problem, attempts: row.attempts });
      this.#tellWaiting(row.key);
      return true;
    }
    const { minDelayMs, maxDelayMs, jitter } = retry;
    const grown = Math.min(maxDelayMs, minDelayMs * 2 ** (row.attempts - 1)) * (1 + jitter * ids.fraction());
    const notBefore = clock.now() + Math.max(grown, known.retryAfterMs ?? 0);
    // What certainly did not arrive costs no attempt when the account itself is gone: it waits for the connection.
    const attempts = known.kind === "auth" || this.#needs.account() === undefined ? row.attempts - 1 : row.attempts;
    const isMaybeDuplicate = row.isMaybeDuplicate || isUnknown;
    store.decide(() =>
      store.update(row.id, { state: "queued", attempts, notBefore, isMaybeDuplicate, problem, nowMs: clock.now() }),
    );
    log.warn("a message is tried again", { outboxId: row.id, problem, attempts: row.attempts, isMaybeDuplicate });
    return true;
  }
}

/** Changes the message this is to replace, or sends it when that one cannot be changed any more. */
async function deliver(sender: Account, { replaces, ...message }: Outbound, signal: AbortSignal): Promise<Sent> {
  if (replaces === undefined || !sender.edit) return sender.send(message, signal);
  try {
    await sender.edit({ chat: message.chat, id: replaces }, message, signal);
    return { messageIds: [replaces] };
  } catch (error) {
    if (!(error instanceof ChannelError) || error.kind !== "rejected") throw error;
    return sender.send(message, signal);
  }
}

/** The piece as the adapter is given it. */
function toOutbound(row: OutboxRow): Outbound {
  const { media, ...piece }: StoredPiece = JSON.parse(row.piece);
  if (!media) return { ...piece, key: row.key };
  const { base64, ...rest } = media;
  return { ...piece, key: row.key, media: { ...rest, bytes: new Uint8Array(Buffer.from(base64, "base64")) } };
}

function withoutBytes({ bytes: _bytes, ...rest }: NonNullable<Outbound["media"]>) {
  return rest;
}
