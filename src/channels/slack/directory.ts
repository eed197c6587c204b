/**
 * Names of people and chats, which events do not carry, and the kind of a chat, which some do not carry. Looked up when
 * first needed and kept for a while; a lookup that fails or takes long leaves an event without a name, never without
 * itself.
 */
import { messageOf } from "../../lib/errors.ts";
import type { ChannelHost, ChatRef } from "../contract.ts";
import type { WebApi } from "./client.ts";

/** Most people and most chats that are remembered; what is oldest goes first. */
const MAX_KNOWN = 2000;
/** People rename themselves rarely. */
const KEEP_MS = 6 * 60 * 60 * 1000;
/** How long a lookup that failed is not tried again, so that a missing scope does not cost a call a message. */
const RETRY_MS = 10 * 60 * 1000;
/** An envelope is to be acknowledged within three seconds. */
const LOOKUP_MS = 1_000;

interface Chat {
  kind: ChatRef["kind"];
  title?: string;
}

/** One account's names. */
export class Directory {
  readonly #api: WebApi;
  readonly #host: ChannelHost;
  readonly #people = new Map<string, Known<string>>();
  readonly #chats = new Map<string, Known<Chat>>();

  constructor(api: WebApi, host: ChannelHost) {
    this.#api = api;
    this.#host = host;
  }

  nameOf(userId: string): string | undefined {
    return this.#people.get(userId)?.value;
  }

  /** What is known of a chat; its id tells direct messages from the rest in any case. */
  chatOf(chatId: string): Chat {
    return this.#chats.get(chatId)?.value ?? { kind: chatId.startsWith("D") ? "direct" : "channel" };
  }

  /** Called before an event is converted. Never throws. */
  async learn({ chatId, chatType, userId }: { chatId?: string; chatType?: string; userId?: string }): Promise<void> {
    // Told by some events; stands until the lookup, and if that fails.
    if (chatId !== undefined && chatType === "mpim" && !this.#chats.has(chatId))
      this.#chats.set(chatId, { value: { kind: "group" }, untilMs: Number.NEGATIVE_INFINITY });
    await Promise.all([
      userId === undefined ? undefined : this.#look(this.#people, userId, () => this.#findName(userId)),
      // A direct chat is known by its id and has no title.
      chatId === undefined || chatId.startsWith("D")
        ? undefined
        : this.#look(this.#chats, chatId, () => this.#findChat(chatId)),
    ]);
  }

  async #look<T>(known: Map<string, Known<T>>, id: string, find: () => Promise<T | undefined>): Promise<void> {
    const nowMs = this.#host.clock.monotonic();
    const before = known.get(id);
    if (before !== undefined && before.untilMs > nowMs) return;
    const remember = (value: T | undefined, keepMs: number) => {
      known.delete(id);
      known.set(id, { value, untilMs: nowMs + keepMs });
      const oldest = known.size > MAX_KNOWN ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
    };
    try {
      remember(await find(), KEEP_MS);
    } catch (error) {
      if (!this.#host.signal.aborted) this.#host.log.debug("name not found", { id, reason: messageOf(error) });
      remember(before?.value, RETRY_MS);
    }
  }

  async #findName(userId: string): Promise<string | undefined> {
    const { user } = await this.#api.call("users.info", { user: userId }, { ms: LOOKUP_MS });
    return user?.profile?.display_name || user?.real_name || user?.name;
  }

  async #findChat(chatId: string): Promise<Chat> {
    const { channel } = await this.#api.call("conversations.info", { channel: chatId }, { ms: LOOKUP_MS });
    const kind = channel?.is_im ? "direct" : channel?.is_mpim ? "group" : "channel";
    const title = channel?.name;
    return { kind, ...(title === undefined ? {} : { title }) };
  }
}

interface Known<T> {
  /** Undefined: there is none, or it could not be found. */
  value: T | undefined;
  untilMs: number;
}
