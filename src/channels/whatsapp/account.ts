/** A WhatsApp account, running: linked once by scanning a code, then connected as one of the phone's devices. */
import { within } from "../../lib/within.ts";
import {
  type Account,
  type AccountVault,
  ChannelError,
  type ChannelHost,
  type ChatRef,
  type LoginStep,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
} from "../contract.ts";
import { type Ending, endingError, LOGGED_OUT, notLinked, RESTART } from "./errors.ts";
import { Groups } from "./groups.ts";
import { jidOf, parseMessageId } from "./jids.ts";
import { Keys } from "./keys.ts";
import { type Library, loadLibrary } from "./library.ts";
import { Line, type LineSettings } from "./line.ts";
import { Link, MAX_RESTARTS } from "./link.ts";
import { Media } from "./media.ts";
import { silence } from "./quiet.ts";
import { Receiver } from "./receiver.ts";
import { Records } from "./records.ts";
import { Sender } from "./sender.ts";

export interface AccountSettings extends LineSettings {
  trustRoot?: string | undefined;
  mediaRoot?: string | undefined;
  sendsReadReceipts: boolean;
  isSelfChat: boolean;
}

/** How long the network may take to answer a question about nothing. */
const PROBE_MS = 10_000;
/** Marks that are remembered to be ended; one that is not ends by itself. */
const MAX_TYPING = 100;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What a connected account works with. */
interface Connected {
  line: Line;
  sender: Sender;
  self: Self;
}

/** The contract's account. Connects nothing and loads no library before its first call. */
export class WhatsAppAccount implements Account {
  readonly #settings: AccountSettings;
  readonly #host: ChannelHost;
  readonly #media: Media;
  readonly #groups: Groups;
  /** Chats we showed that we write in, until a message ends it. */
  readonly #typing = new Set<string>();
  #connected: Connected | undefined;

  constructor(settings: AccountSettings, host: ChannelHost) {
    const { clock, signal } = host;
    this.#settings = settings;
    this.#host = host;
    this.#media = new Media({ mediaRoot: settings.mediaRoot, clock, signal });
    this.#groups = new Groups(clock);
  }

  async run(): Promise<void> {
    using _quiet = silence(globalThis.console);
    const { signal, clock } = this.#host;
    const { library, vault, keys } = await this.#open();
    if (!keys.isLinked) throw notLinked();
    const records = new Records({ vault, keys, library, clock });
    records.prune();
    const pruning = clock.every(DAY_MS, () => records.prune());
    try {
      for (let restarts = 0; !signal.aborted; restarts++) {
        const ending = await this.#connect({ library, keys, records });
        if (signal.aborted) return;
        if (ending instanceof Error) throw new ChannelError("transient", ending.message, { cause: ending.cause });
        // What the phone took away does not come back: the keys are of no use, and somebody may still find them.
        if (ending.status === LOGGED_OUT) vault.clear();
        if (ending.status !== RESTART || restarts >= MAX_RESTARTS) throw endingError(ending);
      }
    } finally {
      pruning.cancel();
    }
  }

  login(tell: (step: LoginStep) => void, signal: AbortSignal): Promise<Self> {
    return this.#quietly((link) => link.make(tell, signal));
  }

  logout(signal: AbortSignal): Promise<void> {
    return this.#quietly((link) => link.end(signal));
  }

  async send(message: Outbound, signal: AbortSignal): Promise<Sent> {
    const { sender, line } = this.#required();
    const messageIds = await sender.send(message, signal);
    const jid = jidOf(message.chat);
    if (this.#typing.delete(jid)) await line.socket.sendPresenceUpdate("paused", jid).catch(() => undefined);
    return { messageIds };
  }

  async probe(signal: AbortSignal): Promise<Self> {
    if (this.#connected === undefined) {
      const { keys } = await this.#open();
      if (!keys.isLinked) throw notLinked();
    }
    const { line, self } = this.#required();
    const limits = { clock: this.#host.clock, ms: PROBE_MS, signals: [this.#host.signal, signal] };
    const ping = {
      tag: "iq",
      attrs: { to: "s.whatsapp.net", type: "get", xmlns: "w:p" },
      content: [{ tag: "ping", attrs: {} }],
    };
    try {
      await within(limits, () => line.socket.query(ping));
    } catch (error) {
      throw new ChannelError("transient", "WhatsApp does not answer", { cause: error });
    }
    return self;
  }

  download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#media.download(handle, maxBytes, signal);
  }

  async typing(chat: ChatRef): Promise<void> {
    const jid = jidOf(chat);
    await sending(this.#required().line.socket.sendPresenceUpdate("composing", jid));
    if (this.#typing.size >= MAX_TYPING) this.#typing.clear();
    this.#typing.add(jid);
  }

  async react(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
    await this.#required().sender.react(target, emoji, signal);
  }

  async edit(target: MessageRef, message: Outbound, signal: AbortSignal): Promise<void> {
    await this.#required().sender.edit(target, message, signal);
  }

  async remove(target: MessageRef, signal: AbortSignal): Promise<void> {
    await this.#required().sender.remove(target, signal);
  }

  async read(targets: readonly MessageRef[], _signal: AbortSignal): Promise<void> {
    if (!this.#settings.sendsReadReceipts) return;
    const { sender, line, self } = this.#required();
    // In the chat with oneself there is nobody to tell.
    const others = targets.filter(({ chat, id }) => chat.id !== self.id && parseMessageId(id).author !== undefined);
    if (others.length > 0) await sending(line.socket.readMessages(others.map((target) => sender.keyOf(target))));
  }

  async #open(): Promise<{ library: Library; vault: AccountVault; keys: Keys }> {
    const library = await loadLibrary(this.#settings.trustRoot);
    const vault = this.#host.vault();
    return { library, vault, keys: new Keys(vault, library) };
  }

  #required(): Connected {
    if (this.#connected?.line.isOpen) return this.#connected;
    throw new ChannelError("transient", "WhatsApp is not connected");
  }

  /** One connection that receives, from its first byte to its end. */
  async #connect({
    library,
    keys,
    records,
  }: {
    library: Library;
    keys: Keys;
    records: Records;
  }): Promise<Ending | Error> {
    const { signal, clock, ids, log, accountId } = this.#host;
    const receiver = new Receiver({
      library,
      keys,
      records,
      host: this.#host,
      groups: this.#groups,
      isSelfChat: this.#settings.isSelfChat,
    });
    // What waited with the network comes at once; it is taken when we can answer it.
    const ready = Promise.withResolvers<void>();
    const line = new Line({
      library,
      keys,
      clock,
      log,
      settings: this.#settings,
      onMessage: (stanza, message) => receiver.take(stanza, message),
      beforeMessage: async (stanza) => {
        await ready.promise;
        await receiver.prepare(stanza, line.socket);
      },
      onSign: () => this.#host.heard(),
      onGroupChange: (jid) => this.#groups.forget(jid),
      findSent: (id) => records.findSent(id),
      findGroup: (jid) => this.#groups.find(jid),
    });
    const stop = () => line.close();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      const early = await Promise.race([line.opened, line.ended]);
      if (early !== undefined) return early;
      const { self } = keys;
      const sender = new Sender({
        ...{ line, keys, records, accountId, clock, ids, signal },
        groups: this.#groups,
        media: this.#media,
        self: keys.names,
      });
      this.#connected = { line, sender, self };
      this.#host.connected(self);
      ready.resolve();
      return await line.ended;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#connected = undefined;
      this.#typing.clear();
      line.close();
    }
  }

  async #quietly<T>(work: (link: Link) => Promise<T>): Promise<T> {
    using _quiet = silence(globalThis.console);
    const opened = await this.#open();
    return await work(new Link({ ...opened, host: this.#host, settings: this.#settings }));
  }
}

/** Awaits what is only sent and never answered. */
async function sending(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new ChannelError("transient", "WhatsApp is not connected", { cause: error });
  }
}
