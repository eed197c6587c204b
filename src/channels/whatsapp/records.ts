/**
 * Messages that are kept for a while: what we sent, because somebody who could not decrypt it asks for it again and
 * because the same piece must become the same message; and what came in, because an answer carries what it quotes.
 */
import type { Clock } from "../../lib/clock.ts";
import { parseJson } from "../../lib/json.ts";
import type { AccountVault } from "../contract.ts";
import { unwrap } from "./content.ts";
import type { Keys } from "./keys.ts";
import type { Library, proto } from "./library.ts";

/** Nobody asks again for older messages, and hardly anybody quotes them. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** A larger message is remembered without its content; thumbnails are in it. */
const MAX_CONTENT_BYTES = 64 * 1024;

/** Where a message that came in lies, in the network's own names, and what it held. */
export interface Seen {
  chat: string;
  participant?: string;
  content?: proto.IMessage;
}

interface Needs {
  vault: AccountVault;
  keys: Keys;
  library: Library;
  clock: Clock;
}

/** The records of one account. */
export class Records {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Keeps a message of ours; on the disk when it returns. */
  saveSent(id: string, message: proto.IMessage): void {
    this.#needs.vault.set([{ type: "sent", id, value: this.#encode(message) }]);
  }

  isSent(id: string): boolean {
    return this.#needs.vault.get("sent", [id]).has(id);
  }

  findSent(id: string): proto.IMessage | undefined {
    const stored = this.#needs.vault.get("sent", [id]).get(id);
    return stored === undefined ? undefined : this.#decode(stored);
  }

  /** Keeps a message that came in, together with the key that was used up for it. */
  noteSeen(messageId: string, { chat, participant, content }: Seen): void {
    const encoded = content === undefined ? undefined : this.#encode(quotable(content));
    const value = {
      chat,
      ...(participant === undefined ? {} : { participant }),
      ...(encoded === undefined || encoded.length > MAX_CONTENT_BYTES ? {} : { content: encoded }),
    };
    this.#needs.keys.setAlong({ type: "seen", id: messageId, value: JSON.stringify(value) });
  }

  findSeen(messageId: string): Seen | undefined {
    const stored = parseJson(this.#needs.keys.find("seen", messageId) ?? "");
    if (!stored.ok) return undefined;
    // Written by `noteSeen`.
    const { content, ...where } = stored.value as Omit<Seen, "content"> & { content?: string };
    return content === undefined ? where : { ...where, content: this.#decode(content) };
  }

  /** Deletes what is old; called at the start and daily. */
  prune(): void {
    const beforeMs = this.#needs.clock.now() - KEPT_MS;
    for (const type of ["sent", "seen", "read"]) this.#needs.vault.forget(type, beforeMs);
  }

  #encode(message: proto.IMessage): string {
    return Buffer.from(this.#needs.library.proto.Message.encode(message).finish()).toString("base64");
  }

  #decode(text: string): proto.IMessage {
    return this.#needs.library.proto.Message.decode(Buffer.from(text, "base64"));
  }
}

/** What a quote shows of a message: the message without what it quotes itself, and without secrets of the envelope. */
function quotable(message: proto.IMessage): proto.IMessage {
  const { messageContextInfo: _secret, senderKeyDistributionMessage: _key, ...rest } = unwrap(message);
  const parts = Object.entries(rest).filter(([, part]) => part !== null && part !== undefined);
  return Object.fromEntries(
    parts.map(([name, part]) => {
      if (typeof part !== "object" || part === null || !("contextInfo" in part)) return [name, part];
      const { contextInfo: _quoted, ...shown } = part as Record<string, unknown>;
      return [name, shown];
    }),
  );
}
