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
  /** Whether a message can name an account in the network's own way. Default: yes. */
  hasMentions?: boolean;
  /** Whether answers quote the message they answer when the owner does not say. */
  replies: "off" | "first";
  /** How long a typing mark lasts by itself. */
  typingMs?: number;
  /** Longest silence of the receiving side that is still health; after it the channel is stale (threats: liveness). */
  receiveSilenceMs: number;
  /** Most answers a poll may have; absent: the network has no polls. */
  pollOptions?: number;
  /** What buttons below a message may be; absent: the network has none. */
  buttons?: { rows: number; perRow: number; valueBytes: number };
  /** How a person links an account, if one has to; the account then has `login` and `logout`. */
  login?: "qr";
  /** Only one gateway of a host may open this network, whatever its state folder (design D18). */
  isHostExclusive?: boolean;
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
  /** `parentIds` are the places around the chat, the nearest first; their settings hold where the chat has none. */
  chat: ChatRef & { title?: string; parentIds?: string[] };
  /** `altIds` are other immutable ids of the same person on this network; lists may name any of them. */
  sender: { id: string; altIds?: string[]; name?: string; username?: string; isBot?: boolean; isSelf?: boolean };
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
  /** Given to one agent of several that hear this chat; set by the pipeline, never by a network. */
  forAgent?: string;
  /** It waited on the network since before we connected: strangers are not told how to be let in for it. */
  isBacklog?: boolean;
}

/** A file to send. */
export interface OutboundMedia {
  kind: "image" | "audio" | "voice" | "video" | "document";
  mimeType: string;
  fileName: string;
  bytes: Uint8Array;
}

/** A question with answers to choose from; at most {@link Capabilities.pollOptions}. */
export interface Poll {
  question: string;
  options: string[];
  /** How many answers one person may choose. */
  maxSelections: number;
  /** How long it is open; absent: as long as the network likes. */
  durationMs?: number;
}

/** A button below a message; pressing it is an event of type `button` with its value. */
export interface Button {
  label: string;
  value: string;
}

/** One piece that already fits the capabilities. */
export interface Outbound {
  chat: ChatRef;
  /** Rendered for the network's markup. With media it is the caption. */
  text?: string;
  /** The same without markup, sent when the network refuses the rendered form. */
  plainText?: string;
  media?: OutboundMedia;
  /** Sent instead of a text. Only where the network has polls. */
  poll?: Poll;
  /** Rows of buttons below the text. Only where the network has them. */
  buttons?: Button[][];
  /** Without a sound, where the network can. */
  isSilent?: boolean;
  /** The message this takes the place of, if it is still there; handled by the outbox, never by `send`. */
  replaces?: string;
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

/**
 * Keys of an account that must be neither lost nor readable by others, in a file of their own (design D4). Every `set` is
 * one transaction and on the disk when it returns. Throws when the disk does not take it; nothing was stored then.
 */
export interface AccountVault {
  /** The values that are there, by id. */
  get(type: string, ids: readonly string[]): Map<string, string>;
  /** Stores, and deletes where there is no value. */
  set(changes: readonly { type: string; id: string; value?: string }[]): void;
  /** Deletes what was stored before `beforeMs`, of one type. */
  forget(type: string, beforeMs: number): void;
  /** Deletes everything. */
  clear(): void;
}

/** What a person has to do next to link an account. */
export interface LoginStep {
  /** Text of a QR code that the person's device has to scan. A new one replaces it. */
  qr: string;
}

/** A request the network made to the gateway's HTTP port; admitted by {@link Webhook.isWelcome}. */
export interface WebhookRequest {
  headers: Readonly<Record<string, string>>;
  /** The very bytes that came: signatures are over them. */
  body: Uint8Array;
}

export interface WebhookAnswer {
  status: number;
  body?: string;
  contentType?: string;
}

/** How a network that delivers over HTTP is let in. Pure, asked before a byte of the body is read (threats T15, T36). */
export interface Webhook {
  path: string;
  maxBytes: number;
  isWelcome(headers: Readonly<Record<string, string>>): boolean;
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
  /** Opened when it is first asked for. */
  vault(): AccountVault;
  /** The gateway's own commands, for networks that show a menu of them. */
  readonly commands: readonly { name: string; description: string }[];
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
  /** Tells the network that messages of other people were read. */
  read?(targets: readonly MessageRef[], signal: AbortSignal): Promise<void>;
  /** Handles what the network delivered over HTTP. The answer says `stored` only when it is. */
  webhook?(request: WebhookRequest): Promise<WebhookAnswer>;
  /** Links the account, instead of {@link run}: tells each step and resolves when it is linked. Throws when it was not. */
  login?(tell: (step: LoginStep) => void, signal: AbortSignal): Promise<Self>;
  /** Ends the link on the network if it can, and deletes what the account keeps for it. Instead of {@link run}. */
  logout?(signal: AbortSignal): Promise<void>;
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
  /** Settings as older files write them, in the keys all networks share (`groups`, `allowFrom`, …). Pure. */
  modernize?(section: Record<string, unknown>): Record<string, unknown>;
  /** Where the network delivers over HTTP, if it is configured so. */
  webhook?(config: Static<C>, env: Record<string, string | undefined>): Webhook | undefined;
  /** Turns what a person writes as a recipient into a chat; undefined when it is none. */
  parseTarget(text: string): ChatRef | undefined;
  /** Makes an account; connects nothing. The network's library is loaded when it runs. */
  open(config: Static<C>, host: ChannelHost, env: Record<string, string | undefined>): Account;
}

/** Declares a network. */
export function defineChannel<C extends TSchema>(channel: Channel<C>): Channel<C> {
  return channel;
}
