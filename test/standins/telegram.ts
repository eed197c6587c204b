/**
 * A Bot API server on loopback over real HTTP: held polls, confirmed by offset; uploads; files; and people who write.
 * Waits for nothing by itself: a poll without news stays open until there is some. For tests, and by hand:
 * `bun test/standins/telegram.ts --port N`, then `POST /stand-in/says {"chatId": 1001, "text": "hi"}` and
 * `GET /stand-in/calls`; polls then end after the time they ask for.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HookDelivery } from "./telegram-hook.ts";

type Json = Record<string, unknown>;

/** One call as it was read. */
export interface SeenCall {
  method: string;
  payload: Json;
  /** Uploaded files by parameter. */
  files: Record<string, { fileName: string; bytes: Uint8Array }>;
}

/** How a call fails instead of being done; `reset` and `silence` come after it was done. */
export type Fault =
  | { status: number; description: string; parameters?: Json }
  | { status: number; html: string }
  | "reset"
  | "silence";

/** The answers of the network in trouble, word by word. */
export const faults = {
  unauthorized: { status: 401, description: "Unauthorized" },
  notFound: { status: 404, description: "Not Found" },
  conflict: {
    status: 409,
    description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  },
  hooked: {
    status: 409,
    description: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first",
  },
  limited: (seconds: number): Fault => ({
    status: 429,
    description: `Too Many Requests: retry after ${seconds}`,
    parameters: { retry_after: seconds },
  }),
  badGateway: { status: 502, html: "<html><body><h1>502 Bad Gateway</h1></body></html>" },
  blocked: { status: 403, description: "Forbidden: bot was blocked by the user" },
  chatNotFound: { status: 400, description: "Bad Request: chat not found" },
  migrated: (chatId: number): Fault => ({
    status: 400,
    description: "Bad Request: group chat was upgraded to a supergroup chat",
    parameters: { migrate_to_chat_id: chatId },
  }),
} satisfies Record<string, Fault | ((value: number) => Fault)>;

/** Chats there are from the start. */
export const chats = {
  /** Ada, one to one. */
  ada: 1001,
  /** Bob, one to one. */
  bob: 1002,
  /** Both of them. */
  group: -1001000000001,
  /** Both of them, with topics. */
  forum: -1001000000002,
  /** A channel that Ada runs. */
  channel: -1001000000003,
} as const;

export interface SaysOptions {
  /** Who writes; Ada unless it is Bob's chat. */
  as?: number;
  /** Names the bot in front of the text. */
  mentions?: boolean;
  /** Id of the message it answers. */
  replyTo?: number;
  topic?: number;
  /** Anything else the message shall have, such as `photo`, `location` or `sender_chat`. */
  extra?: Json;
}

/** What a person does in one chat. Each returns the message id. */
export interface User {
  says(text: string, options?: SaysOptions): number;
  sends(kind: FileKind, bytes: Uint8Array, options?: SaysOptions & { caption?: string; fileName?: string }): number;
  edits(messageId: number, text: string): number;
  reacts(messageId: number, emoji: string | undefined, before?: string): number;
  /** Presses a button below one of the bot's messages; fails when it has none with that data, unless `isForged`. */
  presses(messageId: number, data: string, isForged?: boolean): number;
}

export type FileKind = "photo" | "document" | "audio" | "voice" | "video" | "sticker";

/** The running server. */
export interface TelegramStandin extends AsyncDisposable {
  readonly port: number;
  readonly apiRoot: string;
  readonly token: string;
  readonly bot: { id: number; is_bot: true; first_name: string; username: string };
  /** Calls in the order they were read, failed ones included. */
  readonly calls: readonly SeenCall[];
  /** The calls of one method. */
  callsOf(method: string): SeenCall[];
  /** The `nth` call of a method, past or future. */
  call(method: string, nth?: number): Promise<SeenCall>;
  user(chatId: number): User;
  /** Puts an update in the queue as it is; returns its id. */
  push(update: Json): number;
  /** Puts the last update into the next batch again. */
  repeat(): void;
  /** The next `times` calls of the method fail. */
  fail(method: string, fault: Fault, times?: number): void;
  /** The next call of the method is answered with that result, whatever it asks. */
  answer(method: string, result: unknown): void;
  /** Every call is refused from now on. */
  revoke(): void;
  /** Ends the poll that is open, as the fault says, or the next one. */
  failPoll(fault: Fault): void;
  /** Ends the poll that is open with nothing in it. */
  endPoll(): void;
  /** While true, polls never end, whatever is there; sending works. */
  isDeaf: boolean;
  /** Holds the answers of a method back until the returned function is called. */
  hold(method: string): () => void;
  /** The address it delivers to instead of being polled. */
  readonly hook: HookDelivery;
  /** Resolves when it delivers to an address. */
  untilHooked(): Promise<void>;
  /** Polls that are open now. */
  readonly polls: number;
  /** Resolves when no poll is open. */
  untilNoPolls(): Promise<void>;
  /** Resolves when one is. */
  untilPolled(): Promise<void>;
}

export interface TelegramStandinOptions {
  port?: number;
  token?: string;
  /** Polls end by themselves after the time they ask for; for use by hand. */
  isRealTime?: boolean;
}

/** Starts a server; disposing it closes every connection. */
export async function startTelegramStandin(options: TelegramStandinOptions = {}): Promise<TelegramStandin> {
  const standin = new Standin(options);
  await standin.listen();
  return standin;
}

const people: Readonly<Record<number, Json>> = {
  [chats.ada]: { id: chats.ada, is_bot: false, first_name: "Ada", last_name: "Example", username: "ada" },
  [chats.bob]: { id: chats.bob, is_bot: false, first_name: "Bob" },
};

const places: Readonly<Record<number, Json>> = {
  [chats.ada]: { id: chats.ada, type: "private", first_name: "Ada", last_name: "Example", username: "ada" },
  [chats.bob]: { id: chats.bob, type: "private", first_name: "Bob" },
  [chats.group]: { id: chats.group, type: "supergroup", title: "Friends of tea" },
  [chats.forum]: { id: chats.forum, type: "supergroup", title: "Many topics", is_forum: true },
  [chats.channel]: { id: chats.channel, type: "channel", title: "News of tea" },
};

/** Some of the emoji the network allows; it lists them without the mark for colour. */
const allowedEmoji: ReadonlySet<string> = new Set(["👍", "👎", "❤", "🔥", "👀", "🎉", "🤔"]);

/** Updates the network sends only to those who ask. */
const askedForOnly: ReadonlySet<string> = new Set(["message_reaction", "chat_member", "message_reaction_count"]);

interface Poll {
  payload: Json;
  response: ServerResponse;
}

class Refusal extends Error {
  readonly fault: Exclude<Fault, string>;
  constructor(fault: Exclude<Fault, string>) {
    super("refused");
    this.fault = fault;
  }
}

class Standin implements TelegramStandin {
  readonly bot = { id: 123456, is_bot: true, first_name: "Molty", username: "molty_bot" } as const;
  readonly calls: SeenCall[] = [];
  readonly token: string;
  readonly #options: TelegramStandinOptions;
  readonly #server: Server;
  readonly #updates: (Json & { update_id: number })[] = [];
  readonly #messages = new Map<string, Json>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #answers = new Map<string, unknown>();
  readonly #holds = new Map<string, Promise<void>>();
  readonly #checks = new Set<() => void>();
  readonly hook = new HookDelivery({
    nowSeconds: () => this.#seconds,
    perform: (method, payload) => {
      this.calls.push({ method, payload, files: {} });
      this.#wake();
    },
  });
  #repeats: Json[] = [];
  #poll: Poll | undefined;
  #isDeaf = false;
  #isRevoked = false;
  #lastUpdate: Json | undefined;
  #lastUpdateId = 700_000_000;
  #lastMessageId = 100;
  #seconds = Date.UTC(2026, 0, 15, 12) / 1000;

  constructor(options: TelegramStandinOptions) {
    this.#options = options;
    this.token = options.token ?? "123456:AAStandInKeyThatMustNotShowAnywhere0";
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.#options.port ?? 0, "127.0.0.1", resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get apiRoot(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get polls(): number {
    return this.#poll === undefined ? 0 : 1;
  }

  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  set isDeaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
    this.#deliver();
  }

  callsOf(method: string): SeenCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  async call(method: string, nth = 1): Promise<SeenCall> {
    await this.#until(() => this.callsOf(method).length >= nth);
    return this.callsOf(method)[nth - 1]!;
  }

  untilNoPolls(): Promise<void> {
    return this.#until(() => this.#poll === undefined);
  }

  untilHooked(): Promise<void> {
    return this.#until(() => this.hook.url !== "");
  }

  untilPolled(): Promise<void> {
    return this.#until(() => this.#poll !== undefined);
  }

  user(chatId: number): User {
    const self = chatId === chats.bob ? chats.bob : chats.ada;
    const says = (content: Json, { as = self, replyTo, topic, extra = {} }: SaysOptions): number => {
      const isChannel = chatId === chats.channel;
      const message = this.#createMessage(chatId, isChannel ? { sender_chat: places[chatId] } : { from: people[as] }, {
        ...content,
        ...(topic === undefined ? {} : { message_thread_id: topic, is_topic_message: true }),
        ...(replyTo === undefined ? {} : { reply_to_message: this.#message(chatId, replyTo) }),
        ...extra,
      });
      this.push({ [isChannel ? "channel_post" : "message"]: message });
      return Number(message["message_id"]);
    };
    return {
      says: (text, options = {}) => says(this.#textOf(text, options.mentions === true), options),
      sends: (kind, bytes, { caption, fileName, ...options } = {}) => {
        const file = this.#addFile(kind, bytes, fileName);
        return says(
          { [kind]: kind === "photo" ? [file] : file, ...(caption === undefined ? {} : { caption }) },
          options,
        );
      },
      edits: (messageId, text) => {
        const message = Object.assign(this.#message(chatId, messageId), { text, edit_date: ++this.#seconds });
        this.push({ edited_message: { ...message } });
        return messageId;
      },
      reacts: (messageId, emoji, before) => {
        const list = (one: string | undefined) => (one === undefined ? [] : [{ type: "emoji", emoji: one }]);
        const change = { old_reaction: list(before), new_reaction: list(emoji), date: ++this.#seconds };
        this.push({
          message_reaction: { chat: places[chatId], user: people[self], message_id: messageId, ...change },
        });
        return messageId;
      },
      presses: (messageId, data, isForged = false) => {
        const id = `query-${messageId}-${data}`;
        const message = this.#message(chatId, messageId);
        const { inline_keyboard: rows = [] } = (message["reply_markup"] ?? {}) as { inline_keyboard?: Json[][] };
        if (!isForged && !rows.flat().some((button) => button["callback_data"] === data))
          throw new Error(`there is no button ${data} below message ${messageId}`);
        this.push({ callback_query: { id, from: people[self], chat_instance: "1", message, data } });
        return messageId;
      },
    };
  }

  push(update: Json): number {
    this.#lastUpdate = { update_id: ++this.#lastUpdateId, ...update };
    this.#updates.push({ update_id: this.#lastUpdateId, ...update });
    this.#deliver();
    return this.#lastUpdateId;
  }

  repeat(): void {
    if (this.#lastUpdate && this.hook.url !== "") return this.hook.push(this.#lastUpdate);
    if (this.#lastUpdate) this.#repeats.push(this.#lastUpdate);
    this.#deliver();
  }

  fail(method: string, fault: Fault, times = 1): void {
    const queue = this.#faults.get(method) ?? [];
    this.#faults.set(method, [...queue, ...Array<Fault>(times).fill(fault)]);
  }

  failPoll(fault: Fault): void {
    const poll = this.#takePoll();
    if (poll === undefined) this.fail("getUpdates", fault);
    else if (fault === "reset") poll.response.socket?.resetAndDestroy();
    else if (fault !== "silence") respond(poll.response, fault);
  }

  endPoll(): void {
    const poll = this.#takePoll();
    if (poll) succeed(poll.response, []);
  }

  answer(method: string, result: unknown): void {
    this.#answers.set(method, result);
  }

  revoke(): void {
    this.#isRevoked = true;
    this.failPoll(faults.unauthorized);
  }

  hold(method: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holds.set(method, promise);
    return resolve;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = Buffer.concat(await Array.fromAsync(request));
    const path = decodeURIComponent(request.url ?? "");
    if (path.startsWith("/stand-in/")) return this.#control(path, bytes, response);
    const [, kind, token, rest = ""] = /^\/(bot|file\/bot)([^/]+)\/(.+)$/.exec(path) ?? [];
    if (kind === undefined || token !== this.token) return respond(response, faults.unauthorized);
    if (kind === "file/bot") return this.#sendFile(rest, response);
    const call = await parseCall(rest, request.headers["content-type"] ?? "", bytes);
    this.calls.push(call);
    this.#wake();
    await this.#holds.get(rest);
    if (this.#isRevoked) return respond(response, faults.unauthorized);
    const fault = this.#faults.get(rest)?.shift();
    if (typeof fault === "object") return respond(response, fault);
    if (rest === "getUpdates") return fault === "reset" ? reset(response) : this.#open(call.payload, response);
    const answer = this.#answers.get(rest);
    this.#answers.delete(rest);
    if (answer !== undefined) succeed(response, answer);
    else this.#finish(call, fault, response);
  }

  #finish(call: SeenCall, fault: "reset" | "silence" | undefined, response: ServerResponse): void {
    try {
      const result = this.#perform(call);
      if (fault === "reset") reset(response);
      else if (fault === undefined) succeed(response, result);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      respond(response, error.fault);
    }
  }

  #perform({ method, payload, files }: SeenCall): unknown {
    switch (method) {
      case "getMe":
        return {
          ...this.bot,
          can_join_groups: true,
          can_read_all_group_messages: false,
          supports_inline_queries: false,
        };
      case "sendMessage":
        return this.#botSays(payload, { text: checkText(payload, "text", 4096), ...checkButtons(payload) });
      case "sendPoll":
        return this.#botSays(payload, { poll: checkPoll(payload) });
      case "sendPhoto":
      case "sendDocument":
      case "sendAudio":
      case "sendVoice":
      case "sendVideo":
      case "sendAnimation": {
        const field = method.slice(4).toLowerCase();
        if (files[field] === undefined) refuse(`there is no ${field} in the request`);
        const caption = payload["caption"] === undefined ? {} : { caption: checkText(payload, "caption", 1024) };
        return this.#botSays(payload, { [field]: { file_id: `sent-${field}` }, ...caption, ...checkButtons(payload) });
      }
      case "editMessageText": {
        const message = this.#message(chatOf(payload), Number(payload["message_id"]));
        const text = checkText(payload, "text", 4096);
        if (message["text"] === text)
          refuse("message is not modified: specified new message content is exactly the same");
        return Object.assign(message, { text });
      }
      case "deleteMessage":
        if (!this.#messages.delete(`${chatOf(payload)}:${payload["message_id"]}`))
          refuse("message to delete not found");
        return true;
      case "setMessageReaction": {
        this.#message(chatOf(payload), Number(payload["message_id"]));
        const reaction = (payload["reaction"] ?? []) as Json[];
        if (reaction.some(({ emoji }) => !allowedEmoji.has(String(emoji)))) refuse("REACTION_INVALID");
        return true;
      }
      case "getFile": {
        const fileId = String(payload["file_id"]);
        const bytes = this.#files.get(fileId) ?? refuse("wrong file_id or the file is temporarily unavailable");
        return { file_id: fileId, file_unique_id: fileId, file_size: bytes.length, file_path: `files/${fileId}` };
      }
      case "sendChatAction":
        chatOf(payload);
        return true;
      case "setWebhook": {
        const { url, secret_token } = payload;
        for (const update of this.#updates.splice(0)) this.hook.push(update);
        this.hook.open(String(url), secret_token === undefined ? undefined : String(secret_token));
        this.#wake();
        return true;
      }
      case "getWebhookInfo":
        return this.hook.info();
      case "deleteWebhook":
        this.#updates.push(...(this.hook.close() as (Json & { update_id: number })[]));
        return true;
      case "setMyCommands":
        checkCommands(payload);
        return true;
      case "answerCallbackQuery":
        return true;
      default:
        throw new Refusal(faults.notFound);
    }
  }

  #open(payload: Json, response: ServerResponse): void {
    if (this.hook.url !== "") return respond(response, faults.hooked);
    const earlier = this.#takePoll();
    if (earlier) respond(earlier.response, faults.conflict);
    const poll = { payload, response };
    this.#poll = poll;
    response.on("close", () => {
      if (this.#poll === poll) this.#poll = undefined;
      this.#wake();
    });
    const offset = Number(payload["offset"] ?? 0);
    while (this.#updates[0] !== undefined && this.#updates[0].update_id < offset) this.#updates.shift();
    if (this.#options.isRealTime)
      setTimeout(() => this.#poll === poll && !this.#isDeaf && this.endPoll(), Number(payload["timeout"]) * 1000);
    this.#deliver();
    this.#wake();
  }

  #deliver(): void {
    if (this.hook.url !== "") {
      for (const update of this.#updates.splice(0)) this.hook.push(update);
      return;
    }
    if (this.#poll === undefined || this.#isDeaf) return;
    const asked = (this.#poll.payload["allowed_updates"] ?? []) as string[];
    const isWanted = (update: Json) => {
      const kind = Object.keys(update).find((key) => key !== "update_id") ?? "";
      return asked.length === 0 ? !askedForOnly.has(kind) : asked.includes(kind);
    };
    const batch = [...this.#repeats, ...this.#updates].filter(isWanted).slice(0, 100);
    if (batch.length === 0) return;
    this.#repeats = [];
    succeed(this.#takePoll()!.response, batch);
  }

  #takePoll(): Poll | undefined {
    const poll = this.#poll;
    this.#poll = undefined;
    this.#wake();
    return poll;
  }

  #createMessage(chatId: number, speaker: Json, content: Json): Json {
    const message_id = ++this.#lastMessageId;
    const message = { message_id, date: ++this.#seconds, chat: places[chatId], ...speaker, ...content };
    this.#messages.set(`${chatId}:${message_id}`, message);
    return message;
  }

  #botSays(payload: Json, content: Json): Json {
    const chatId = chatOf(payload);
    if (payload["message_thread_id"] === 1) refuse("message thread not found");
    return this.#createMessage(chatId, { from: this.bot }, content);
  }

  #message(chatId: number, messageId: number): Json {
    return this.#messages.get(`${chatId}:${messageId}`) ?? refuse("message not found");
  }

  #textOf(text: string, mentions: boolean): Json {
    if (!mentions) return { text };
    const name = `@${this.bot.username}`;
    return { text: `${name} ${text}`, entities: [{ type: "mention", offset: 0, length: name.length }] };
  }

  #addFile(kind: FileKind, bytes: Uint8Array, fileName?: string): Json {
    const file_id = `file-${this.#files.size + 1}`;
    this.#files.set(file_id, bytes);
    const name = fileName === undefined ? {} : { file_name: fileName };
    const size = kind === "photo" ? { width: 640, height: 480 } : {};
    const sticker = kind === "sticker" ? { is_animated: false, is_video: false, type: "regular" } : {};
    return { file_id, file_unique_id: file_id, file_size: bytes.length, ...name, ...size, ...sticker };
  }

  #sendFile(path: string, response: ServerResponse): void {
    const bytes = this.#files.get(path.replace(/^files\//, ""));
    if (bytes === undefined) return respond(response, faults.notFound);
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
  }

  #control(path: string, bytes: Buffer, response: ServerResponse): void {
    if (path === "/stand-in/calls") return succeed(response, this.calls);
    const { chatId = chats.ada, text = "hello", ...options } = JSON.parse(bytes.toString() || "{}");
    succeed(response, this.user(chatId).says(text, options));
  }

  #until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!holds()) return;
      this.#checks.delete(check);
      resolve();
    };
    this.#checks.add(check);
    return promise;
  }

  #wake(): void {
    for (const check of [...this.#checks]) check();
  }
}

function refuse(description: string): never {
  throw new Refusal({ status: 400, description: `Bad Request: ${description}` });
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function succeed(response: ServerResponse, result: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ok: true, result }));
}

function respond(response: ServerResponse, fault: Exclude<Fault, string>): void {
  if ("html" in fault) return void response.writeHead(fault.status, { "content-type": "text/html" }).end(fault.html);
  const { status, ...rest } = fault;
  const body = JSON.stringify({ ok: false, error_code: status, ...rest });
  response.writeHead(status, { "content-type": "application/json" }).end(body);
}

function chatOf(payload: Json): number {
  const id = Number(payload["chat_id"]);
  if (places[id] === undefined) refuse("chat not found");
  return id;
}

/** The text as people see it; refuses what the network refuses. */
function checkText(payload: Json, field: "text" | "caption", limit: number): string {
  const raw = String(payload[field] ?? "");
  const text = payload["parse_mode"] === "HTML" ? parseHtml(raw) : raw;
  if (field === "text" && text.trim() === "") refuse("message text is empty");
  if (text.length > limit) refuse(field === "text" ? "message is too long" : "message caption is too long");
  return text;
}

/** Buttons, as strict as the network. */
function checkButtons(payload: Json): Json {
  const markup = payload["reply_markup"];
  if (markup === undefined) return {};
  const { inline_keyboard: rows = [] } = markup as { inline_keyboard?: { text?: string; callback_data?: string }[][] };
  for (const { text, callback_data } of rows.flat()) {
    if (!text) refuse("text buttons are unallowed in the inline keyboard");
    if (!callback_data || Buffer.byteLength(callback_data) > 64) refuse("BUTTON_DATA_INVALID");
  }
  if (rows.flat().length > 100 || rows.some((row) => row.length === 0)) refuse("reply markup is invalid");
  return { reply_markup: markup };
}

function checkPoll(payload: Json): Json {
  const options = (payload["options"] ?? []) as { text?: string }[];
  const question = String(payload["question"] ?? "");
  if (question === "" || question.length > 300) refuse("poll question is invalid");
  if (options.length < 1 || options.length > 12) refuse("poll must have from 1 to 12 answer options");
  if (options.some(({ text = "" }) => text === "" || text.length > 100))
    refuse("poll options length must not exceed 100");
  const seconds = payload["open_period"];
  if (seconds !== undefined && !(Number(seconds) >= 5 && Number(seconds) <= 2_628_000)) refuse("invalid open_period");
  return { question, options };
}

function checkCommands(payload: Json): void {
  const commands = (payload["commands"] ?? []) as { command?: string; description?: string }[];
  if (commands.length > 100) refuse("BOT_COMMANDS_TOO_MUCH");
  for (const { command = "", description = "" } of commands)
    if (!/^[a-z0-9_]{1,32}$/.test(command) || description === "" || description.length > 256)
      refuse("BOT_COMMAND_INVALID");
}

const knownTags = /^(b|strong|i|em|u|ins|s|strike|del|a|code|pre|blockquote|tg-spoiler|tg-emoji|span)$/;

/** As strict as the network: known tags only, closed in order. */
function parseHtml(html: string): string {
  const open: string[] = [];
  const text = html.replaceAll(/<(\/?)([^\s>]*)[^>]*>?/g, (_tag, slash: string, name: string) => {
    if (!knownTags.test(name)) refuse(`can't parse entities: Unsupported start tag "${name}"`);
    if (slash === "") open.push(name);
    else if (open.pop() !== name) refuse(`can't parse entities: Unmatched end tag "${name}"`);
    return "";
  });
  if (open.length > 0) refuse(`can't parse entities: Can't find end tag corresponding to start tag "${open.at(-1)}"`);
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

/** JSON or multipart, in one shape: values parsed, files under the name of their parameter. */
async function parseCall(method: string, contentType: string, bytes: Buffer): Promise<SeenCall> {
  if (!contentType.startsWith("multipart/"))
    return { method, payload: bytes.length === 0 ? {} : JSON.parse(bytes.toString()), files: {} };
  const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
  const call: SeenCall = { method, payload: {}, files: {} };
  for (const [name, value] of form) {
    if (typeof value !== "string") continue;
    const attached = value.startsWith("attach://") ? form.get(value.slice(9)) : undefined;
    if (attached instanceof Blob)
      call.files[name] = { fileName: attached.name, bytes: new Uint8Array(await attached.arrayBuffer()) };
    else call.payload[name] = parseValue(value);
  }
  return call;
}

function parseValue(text: string): unknown {
  return /^(-?\d+|\{.*\}|\[.*\]|true|false)$/s.test(text) ? JSON.parse(text) : text;
}

function numberAfter(flag: string): number | undefined {
  const at = Bun.argv.indexOf(flag);
  return at < 0 ? undefined : Number(Bun.argv[at + 1]);
}

if (import.meta.main) {
  const standin = await startTelegramStandin({ port: numberAfter("--port") ?? 0, isRealTime: true });
  console.log(`${standin.apiRoot} ${standin.token}`);
}
