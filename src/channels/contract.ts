/**
 * What a messaging network is to the rest of the program: data about its abilities, and an account that receives and
 * sends. An adapter has no policy: it does not gate, route, debounce, split text, retry or record. The shared pipeline
 * does, reading `capabilities` (design D10).
 */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";

/** How text is marked up on the wire of a network; `text/render.ts` knows each. */
export type Markup = "html" | "mrkdwn" | "markdown" | "light" | "ranges" | "plain";

/** What a network can do, as data. Readable without loading its library. */
export interface Capabilities {
  /** Longest text of one message, in UTF-16 units after rendering. */
  textLimit: number;
  /** Longest caption of a media message; 0: media carry no text. */
  captionLimit: number;
  markup: Markup;
  /** How tables are shown where the network has none. */
  tables: "code" | "bullets";
  /** Most lines of one message. */
  maxLines?: number;
  /** Largest media in bytes, each way. */
  mediaBytes: number;
  /** Whether the network drops a second message with the same key, so that an unknown outcome may be tried again. */
  idempotent: boolean;
  /** How a conversation below a chat is called there, if there is one. */
  threads?: "topic" | "thread";
  /** Whether answers quote the message they answer when the owner does not say. */
  replies: "off" | "first";
  /** How long a typing mark lasts by itself. */
  typingMs?: number;
  /** Longest silence of the receiving side that is still health; after it the channel is stale (threats: liveness). */
  receiveSilenceMs: number;
}

/** Where messages of a conversation go. `id` and `threadId` are the network's own, immutable ones. */
export interface ChatRef {
  kind: "direct" | "group" | "channel";
  id: string;
  threadId?: string;
}

/** One message the network knows. */
export interface MessageRef {
  chat: ChatRef;
  id: string;
}

/** A file of a message that came in; its bytes are fetched later by {@link Account.download}. */
export interface InboundMedia {
  kind: "image" | "audio" | "voice" | "video" | "document" | "sticker";
  /** Whatever the adapter needs to fetch it after a restart. */
  handle: string;
  mimeType?: string;
  sizeBytes?: number;
  fileName?: string;
}

/** Something that happened on a network, in one shape for all. Stored as JSON before the network is acknowledged. */
export interface Inbound {
  /** Unique per delivery on this account; the same delivery twice is one event. */
  eventId: string;
  type: "message" | "edit" | "delete" | "reaction" | "button";
  chat: ChatRef & { title?: string };
  sender: { id: string; name?: string; username?: string; isBot?: boolean; isSelf?: boolean };
  /** The network's id of the message; of the one reacted to, edited or deleted. */
  messageId: string;
  /** When the network says it happened, in milliseconds since 1970. */
  timeMs: number;
  text?: string;
  /** Whether the message names this account in the network's own way. */
  mentionsSelf?: boolean;
  quote?: { messageId: string; text?: string; senderName?: string; isOfSelf?: boolean };
  media?: InboundMedia[];
  reaction?: { emoji: string; isRemoved: boolean };
  /** The value of a button that was pressed. */
  button?: string;
}

/** A file to send. */
export interface OutboundMedia {
  kind: "image" | "audio" | "voice" | "video" | "document";
  mimeType: string;
  fileName: string;
  bytes: Uint8Array;
}

/** One piece that already fits the capabilities. */
export interface Outbound {
  chat: ChatRef;
  /** Rendered for the network's markup. With media it is the caption. */
  text?: string;
  /** The same without markup, sent when the network refuses the rendered form. */
  plainText?: string;
  media?: OutboundMedia;
  /** The network's id of the message this answers. */
  replyTo?: string;
  /** Chosen once for this piece and the same in every attempt; passed on where the network has a place for it. */
  key: string;
}

/** What the network says about a sent piece. */
export interface Sent {
  /** Ids of the messages it became, in order. */
  messageIds: string[];
}

/** What an adapter throws. */
export class ChannelError extends Error {
  override readonly name = "ChannelError";
  /** `auth`: credentials are wrong, nothing helps but a person; `limited`: too fast; `rejected`: this one cannot be; `transient`: try later. */
  readonly kind: "auth" | "limited" | "rejected" | "transient";
  /** Whether the network may have taken the message. Only `no` may be tried again without a mark. */
  readonly sent: "no" | "unknown";
  readonly retryAfterMs: number | undefined;
  constructor(
    kind: ChannelError["kind"],
    message: string,
    options: { sent?: "no" | "unknown"; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.sent = options.sent ?? "no";
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Who an account is on its network. */
export interface Self {
  id: string;
  name?: string;
  username?: string;
}

/** Small facts an account keeps across restarts: positions, ids. */
export interface AccountMemory {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** What the program gives an account. */
export interface ChannelHost {
  readonly accountId: string;
  /** Aborted when the account has to stop; everything that waits ends then. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly memory: AccountMemory;
  /** Stores an event; resolves when it is on the disk. Only then may the network be acknowledged. Rejects when it is not. */
  receive(event: Inbound): Promise<void>;
  /** The account is connected and is this one. */
  connected(self: Self): void;
  /** The receiving side has just proved itself: a poll completed, a heartbeat was answered, an event came. */
  heard(): void;
}

/** One login on a network, running. */
export interface Account {
  /** Runs until `host.signal` aborts. Throws {@link ChannelError}; the supervisor decides about a restart. */
  run(): Promise<void>;
  /** Sends one piece that already fits the capabilities. */
  send(message: Outbound, signal: AbortSignal): Promise<Sent>;
  /** Asks the network who we are; the cheapest call that proves the credentials. */
  probe(signal: AbortSignal): Promise<Self>;
  /** The bytes of a file that came in; throws `rejected` when it is larger. */
  download?(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Optional abilities: being there is the claim, and the contract suite tries it. */
  typing?(chat: ChatRef, signal: AbortSignal): Promise<void>;
  react?(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void>;
  edit?(target: MessageRef, message: Outbound, signal: AbortSignal): Promise<void>;
  remove?(target: MessageRef, signal: AbortSignal): Promise<void>;
}

/** A network. */
export interface Channel<C extends TSchema = TSchema> {
  id: string;
  label: string;
  /** The settings of one account, without those that are the same for every network. Secrets are marked `x-secret`. */
  config: C;
  capabilities: Capabilities;
  /** The account's settings as they are written, if it is configured at all; else what is missing, for people. */
  missing(config: Static<C>, env: Record<string, string | undefined>): string | undefined;
  /** Turns what a person writes as a recipient into a chat; undefined when it is none. */
  parseTarget(text: string): ChatRef | undefined;
  /** Makes an account; connects nothing. The network's library is loaded when it runs. */
  open(config: Static<C>, host: ChannelHost, env: Record<string, string | undefined>): Account;
}

/** Declares a network. */
export function defineChannel<C extends TSchema>(channel: Channel<C>): Channel<C> {
  return channel;
}
