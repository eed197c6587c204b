/**
 * Sends messages on a line that is open. The id of a message comes from the key of its piece, so that a piece whose
 * outcome is unknown is sent again as the very same message: WhatsApp drops the second of two with one id.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { Ids } from "../../lib/ids.ts";
import { within } from "../../lib/within.ts";
import { ChannelError, type ChatRef, type MessageRef, type Outbound } from "../contract.ts";
import * as compose from "./compose.ts";
import { endingOf, refusalOf } from "./errors.ts";
import type { Groups } from "./groups.ts";
import { encodeMessageId, jidOf, type Names, parseJid, parseMessageId } from "./jids.ts";
import type { Keys } from "./keys.ts";
import type { proto } from "./library.ts";
import type { Line } from "./line.ts";
import type { Media } from "./media.ts";
import type { Records } from "./records.ts";

/** From the first question about devices to the network's answer; a first message to a large group takes a while. */
const SEND_MS = 30_000;

interface Needs {
  line: Line;
  keys: Keys;
  records: Records;
  groups: Groups;
  media: Media;
  self: Names;
  accountId: string;
  clock: Clock;
  ids: Ids;
  /** Ends everything. */
  signal: AbortSignal;
}

type Extra = Pick<Parameters<Line["socket"]["relayMessage"]>[2], "additionalAttributes" | "additionalNodes">;

/** Sends for one line. */
export class Sender {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Sends a piece; resolves with the ids of the messages it became. */
  async send(message: Outbound, signal: AbortSignal): Promise<string[]> {
    const { media, poll, text, chat, key } = message;
    if (media === undefined && poll === undefined && !text)
      throw new ChannelError("rejected", "there is nothing to send");
    if (media?.bytes.length === 0) throw new ChannelError("rejected", "the file is empty");
    const jid = await this.#reach(chat, signal);
    const first = this.#idOf(key, 0);
    const extra = poll === undefined ? {} : { additionalNodes: [{ tag: "meta", attrs: { polltype: "creation" } }] };
    await this.#relay(jid, { id: first, make: () => this.#compose(message, jid, signal), extra }, signal);
    const ids = [first];
    if (media !== undefined && text && !compose.hasCaption(media)) {
      const second = this.#idOf(key, 1);
      await this.#relay(jid, { id: second, make: async () => compose.textMessage(text, undefined) }, signal);
      ids.push(second);
    }
    return ids.map((id) => encodeMessageId(id, "self"));
  }

  /** Replaces the text of a message of ours. */
  async edit(target: MessageRef, { text = "", key }: Outbound, signal: AbortSignal): Promise<void> {
    const jid = await this.#reach(target.chat, signal);
    const message = compose.editMessage(this.#ownKey(target, jid), text, this.#needs.clock.now());
    const extra = { additionalAttributes: { edit: "1" } };
    await this.#relay(jid, { id: this.#idOf(key, 0), make: async () => message, extra }, signal);
  }

  /** Deletes a message of ours for everybody. */
  async remove(target: MessageRef, signal: AbortSignal): Promise<void> {
    const jid = await this.#reach(target.chat, signal);
    const message = compose.deleteMessage(this.#ownKey(target, jid));
    const extra = { additionalAttributes: { edit: "7" } };
    await this.#relay(jid, { id: this.#newId(), make: async () => message, extra }, signal);
  }

  /** Sets our reaction; an empty emoji takes it away. */
  async react(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
    const jid = await this.#reach(target.chat, signal);
    const message = compose.reactionMessage(this.keyOf(target), emoji, this.#needs.clock.now());
    await this.#relay(jid, { id: this.#newId(), make: async () => message }, signal);
  }

  /** A message as the network names it in keys: by what came in if that is still known, else by its id. */
  keyOf({ chat, id: messageId }: MessageRef): proto.IMessageKey & { id: string; remoteJid: string; fromMe: boolean } {
    const { id, author } = parseMessageId(messageId);
    const seen = this.#needs.records.findSeen(messageId);
    const participant = seen?.participant ?? (chat.kind === "group" ? author : undefined);
    const remoteJid = seen?.chat ?? jidOf(chat);
    return { id, remoteJid, fromMe: author === undefined, ...(participant === undefined ? {} : { participant }) };
  }

  #ownKey(target: MessageRef, jid: string): proto.IMessageKey {
    const { id, author } = parseMessageId(target.id);
    if (author !== undefined) throw new ChannelError("rejected", "this message is not ours");
    return { id, remoteJid: jid, fromMe: true };
  }

  async #compose(message: Outbound, jid: string, signal: AbortSignal): Promise<proto.IMessage> {
    const { media, poll, text = "" } = message;
    if (poll !== undefined) return compose.pollMessage(poll, this.#randomBytes());
    const context = this.#quote(message, jid);
    if (media === undefined) return compose.textMessage(text, context);
    const file = { class: compose.mediaClassOf(media), bytes: media.bytes, mediaKey: this.#randomBytes() };
    const uploaded = await this.#needs.media.upload(this.#needs.line.socket, file, signal);
    return compose.mediaMessage(media, uploaded, message, context);
  }

  /** What the message answers, as far as it is remembered: a quote shows what it carries itself. */
  #quote({ chat, replyTo }: Outbound, jid: string): proto.IContextInfo | undefined {
    if (replyTo === undefined) return undefined;
    const { records, groups, self } = this.#needs;
    const { id, author } = parseMessageId(replyTo);
    // What is ours left through us, or came from the owner's phone where both are one number.
    const seen = records.findSeen(replyTo);
    const content = (author === undefined ? records.findSent(id) : undefined) ?? seen?.content;
    if (!content) return undefined;
    const isByLid = chat.kind === "group" ? groups.find(jid)?.addressingMode === "lid" : parseJid(jid).kind === "lid";
    const own = (isByLid ? self.lid : undefined) ?? self.phone ?? self.lid;
    const participant = author === undefined ? own : (seen?.participant ?? seen?.chat ?? author);
    if (participant === undefined) return undefined;
    return { stanzaId: id, participant, quotedMessage: content };
  }

  /** Where a message for a chat goes. A number that was never written to is looked up: it may be nobody's. */
  async #reach(chat: ChatRef, signal: AbortSignal): Promise<string> {
    const { line, keys, groups } = this.#needs;
    if (signal.aborted) throw new ChannelError("transient", "it was given up");
    const jid = jidOf(chat);
    const { kind, user } = parseJid(jid);
    if (kind === "other") throw new ChannelError("rejected", "WhatsApp has no such chat");
    if (kind === "group") await groups.learn(jid, line.socket, signal);
    if (kind !== "phone" || keys.findMapping(user, "phone") !== undefined) return jid;
    const found = await this.#limited(signal, () => line.socket.onWhatsApp(jid), "no");
    if (!found?.[0]?.exists) throw new ChannelError("rejected", "this number is not on WhatsApp");
    // The network may know it by another name: numbers of some countries are written in two ways.
    return found[0].jid;
  }

  async #relay(
    jid: string,
    { id, make, extra = {} }: { id: string; make: () => Promise<proto.IMessage>; extra?: Extra },
    signal: AbortSignal,
  ): Promise<void> {
    const { line, records } = this.#needs;
    // The same piece once more is the same message, with the same file and the same keys in it.
    const message = records.findSent(id) ?? (await make());
    records.saveSent(id, message);
    const { answer, forget } = line.answerTo(id);
    try {
      const said = await this.#limited(
        signal,
        async () => {
          const relayed = line.socket.relayMessage(jid, message, { messageId: id, ...extra });
          // The library does not tell those who wait that the line has ended.
          const gone = await Promise.race([relayed.then(() => false), line.ended.then(() => true)]);
          return gone ? "gone" : answer;
        },
        "unknown",
      );
      if (said === "gone")
        throw new ChannelError("transient", "the connection ended before WhatsApp took the message", {
          sent: "unknown",
        });
      const refusal = refusalOf(said.error);
      if (refusal !== undefined) throw refusal;
    } finally {
      forget();
    }
  }

  /** Runs what may wait on the network for longer than anybody wants. */
  async #limited<T>(signal: AbortSignal, work: () => Promise<T>, sent: "no" | "unknown"): Promise<T> {
    const { clock } = this.#needs;
    try {
      return await within({ clock, ms: SEND_MS, signals: [this.#needs.signal, signal] }, work);
    } catch (error) {
      if (error instanceof ChannelError) throw error;
      if (error instanceof DOMException)
        throw new ChannelError("transient", "WhatsApp did not answer in time", { sent });
      throw libraryError(error);
    }
  }

  /** As the library's own ids look; the same for the same key. */
  #idOf(key: string, index: number): string {
    const digest = createHash("sha256").update(`${this.#needs.accountId}\n${key}\n${index}`).digest("hex");
    return `3EB0${digest.toUpperCase().slice(0, 18)}`;
  }

  #newId(): string {
    return this.#idOf(this.#needs.ids.uuid(), 0);
  }

  #randomBytes(): Uint8Array {
    return Buffer.from(this.#needs.ids.token(32), "base64url");
  }
}

/** The library threw before the message left, because the network did not tell it what it needs to send. */
function libraryError(cause: unknown): ChannelError {
  const { status, reason } = endingOf(cause);
  const isRefusal = status === 401 || status === 403 || status === 404 || status === 406;
  return new ChannelError(isRefusal ? "rejected" : "transient", `the message could not be sent: ${reason}`, { cause });
}
