/**
 * A Slack workspace on loopback: the Web API over real HTTP, Socket Mode over a real WebSocket behind a relay that can
 * break it, uploads, files, and people who write. Waits for nothing by itself. An envelope that was not acknowledged
 * comes again on the next connection, as the network does it for some minutes.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import type { Server as BunServer, ServerWebSocket } from "bun";
import { SlackHook } from "./slack-hook.ts";

type Json = Record<string, unknown>;

/** One call of the Web API as it was read. */
export interface SeenCall {
  method: string;
  payload: Json;
  authorization: string | undefined;
}

/** A request that moved bytes. */
interface SeenTransfer {
  path: string;
  headers: IncomingHttpHeaders;
}

/** How a call fails instead of being done; `reset` and `silence` come after it was done. */
export type Fault =
  | { error: string; needed?: string; provided?: string }
  | { limitedSeconds: number | undefined }
  | { status: number; html: string }
  | "reset"
  | "silence";

/** Who and what there is from the start. */
export const ids = {
  bot: "U0MOLTY01",
  botAuthor: "B0MOLTY01",
  ada: "U0ADA0001",
  bob: "U0BOB0001",
  /** Ada, one to one. */
  adaDirect: "D0ADA0001",
  general: "C0GENERAL",
  /** Ada, Bob and the bot, without a name; nothing in the id says so. */
  few: "C0FEW0001",
} as const;

const people: Readonly<Record<string, Json>> = {
  [ids.ada]: { id: ids.ada, name: "ada", real_name: "Ada Example", profile: { display_name: "Ada" } },
  [ids.bob]: { id: ids.bob, name: "bob", real_name: "Bob Example", profile: { display_name: "" } },
  [ids.bot]: { id: ids.bot, name: "molty", is_bot: true, profile: { display_name: "" } },
};

const chats: Readonly<Record<string, Json>> = {
  [ids.adaDirect]: { id: ids.adaDirect, is_im: true, user: ids.ada },
  [ids.general]: { id: ids.general, is_channel: true, name: "general" },
  [ids.few]: { id: ids.few, is_mpim: true, name: "mpdm-ada--bob--molty-1" },
};

const types: Readonly<Record<string, string>> = {
  [ids.adaDirect]: "im",
  [ids.general]: "channel",
  [ids.few]: "mpim",
};

interface Envelope {
  envelope_id: string;
  type: string;
  payload: Json;
  accepts_response_payload: boolean;
  retry_attempt: number;
  retry_reason: string;
}

interface Pending {
  envelope: Envelope;
  sentOn: ServerWebSocket<undefined> | undefined;
}

class Refusal extends Error {
  readonly answer: Json;
  constructor(error: string, rest: Json = {}) {
    super(error);
    this.answer = { ok: false, error, ...rest };
  }
}

/** Starts a workspace; disposing it closes every connection. */
export async function startSlackStandin(): Promise<SlackStandin> {
  const standin = new SlackStandin();
  await standin.listen();
  return standin;
}

/** The running workspace. */
export class SlackStandin implements AsyncDisposable {
  readonly botToken = "xoxb-1111-2222-StandInBotTokenThatMustNotShow";
  readonly appToken = "xapp-1-A0000-3333-standinapptokenthatmustnotshow";
  /** Part of the address of a connection; whoever has it gets the events. */
  readonly ticket = "standin-ticket-that-must-not-show";
  readonly verification = "standin-verification-token";
  readonly calls: SeenCall[] = [];
  readonly uploads = new Map<string, { fileName: string; bytes?: Uint8Array }>();
  /** Uploads and downloads here, and whatever reached the other host. */
  readonly transfers: SeenTransfer[] = [];
  readonly elsewhere: SeenTransfer[] = [];
  /** How connections ended, in order. */
  readonly closeCodes: number[] = [];
  /** Envelopes the account acknowledged, in order. */
  readonly acknowledged: string[] = [];
  /** Where the file route sends those who ask, instead of serving. */
  redirectFilesTo: string | undefined;
  /** The file route answers with its login page, as it does to a token without the scope. */
  hasLoginPage = false;
  /** Nothing passes the connection any more, in either direction, and nobody is told. */
  isSilent = false;
  /** What a new connection is told first, instead of hello. */
  greeting: Json | undefined = { type: "hello", num_connections: 1, connection_info: { app_id: "A0000" } };
  /** Where it delivers to over HTTP, when that is set. */
  readonly hook = new SlackHook();
  /** Whether the network's answer to an upload tells where the file went. */
  tellsShares = false;
  readonly #api: Server;
  readonly #other: Server;
  readonly #relay = createTcpServer((socket) => this.#join(socket));
  #sockets: BunServer<undefined> | undefined;
  readonly #open: ServerWebSocket<undefined>[] = [];
  readonly #links = new Set<Socket>();
  readonly #pending: Pending[] = [];
  readonly #files = new Map<string, { bytes: Uint8Array; info: Json }>();
  readonly #messages = new Map<string, Json>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #checks = new Set<() => void>();
  #isRevoked = false;
  #last: Envelope | undefined;
  #counter = 0;

  constructor() {
    this.#api = createServer((request, response) => void this.#answer(request, response));
    this.#other = createServer((request, response) => {
      this.elsewhere.push({ path: request.url ?? "", headers: request.headers });
      response.end("bytes from elsewhere");
    });
  }

  async listen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#api.listen(0, "127.0.0.1", () =>
      this.#other.listen(0, "127.0.0.1", () => this.#relay.listen(0, "127.0.0.1", resolve)),
    );
    this.#sockets = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) => {
        const isKnown = new URL(request.url).searchParams.get("ticket") === this.ticket;
        return isKnown && server.upgrade(request) ? undefined : new Response("no", { status: 403 });
      },
      websocket: {
        open: (socket) => this.#welcome(socket),
        message: (_socket, data) => this.#acknowledge(String(data)),
        close: (socket, code) => {
          this.closeCodes.push(code);
          const at = this.#open.indexOf(socket);
          if (at >= 0) this.#open.splice(at, 1);
          for (const one of this.#pending) if (one.sentOn === socket) one.sentOn = undefined;
          this.#wake();
        },
      },
    });
    await promise;
  }

  get origin(): string {
    return `http://127.0.0.1:${portOf(this.#api)}`;
  }

  get apiRoot(): string {
    return `${this.origin}/api/`;
  }

  /** The origin of a host that is not the network's. */
  get otherOrigin(): string {
    return `http://127.0.0.1:${portOf(this.#other)}`;
  }

  get connections(): number {
    return this.#open.length;
  }

  callsOf(method: string): SeenCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** The `nth` call of a method, past or future. */
  async call(method: string, nth = 1): Promise<SeenCall> {
    await this.until(() => this.callsOf(method).length >= nth);
    return this.callsOf(method)[nth - 1]!;
  }

  /** The next `times` calls of the method fail. */
  fail(method: string, fault: Fault, times = 1): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...Array<Fault>(times).fill(fault)]);
  }

  /** Every call is refused from now on. */
  revoke(): void {
    this.#isRevoked = true;
  }

  /** Breaks every connection at once, without a word. */
  reset(): void {
    for (const link of this.#links) link.resetAndDestroy();
  }

  /** Ends every connection in the proper way. */
  close(code: number): void {
    for (const socket of [...this.#open]) socket.close(code, "bye");
  }

  /** Sends a frame as it is on the newest connection. */
  frame(frame: Json | string): void {
    this.#open.at(-1)?.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Delivers an event; returns its envelope's id. */
  event(event: Json): string {
    const id = `Ev${++this.#counter}`;
    return this.envelope("events_api", {
      token: this.verification,
      team_id: "T0000",
      api_app_id: "A0000",
      type: "event_callback",
      event_id: id,
      event_time: Math.floor(this.#counter),
      event: { event_ts: this.#ts(), ...event },
    });
  }

  envelope(type: string, payload: Json): string {
    const envelope_id = crypto.randomUUID();
    const envelope: Envelope = {
      envelope_id,
      type,
      payload,
      accepts_response_payload: false,
      retry_attempt: 0,
      retry_reason: "",
    };
    this.#last = envelope;
    if (this.hook.url !== "") {
      this.hook.push({ type, payload });
      return envelope_id;
    }
    this.#pending.push({ envelope, sentOn: undefined });
    this.#deliver();
    return envelope_id;
  }

  /** The last event comes once more, as when its acknowledgement was late. */
  repeat(): void {
    if (this.#last === undefined) return;
    if (this.hook.url !== "") return this.hook.push(this.#last);
    const again = { ...this.#last, envelope_id: crypto.randomUUID(), retry_attempt: 1, retry_reason: "timeout" };
    this.#pending.push({ envelope: again, sentOn: undefined });
    this.#deliver();
  }

  says(chat: string, text: string, options: { as?: string; mentions?: boolean; thread?: string; extra?: Json } = {}) {
    const ts = this.#ts();
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    const parent = options.thread === undefined ? undefined : this.#messages.get(options.thread);
    const message: Json = {
      user: options.as ?? ids.ada,
      text: options.mentions ? `<@${ids.bot}> ${escaped}` : escaped,
      ts,
      channel: chat,
      event_ts: ts,
      team: "T0000",
      ...(options.thread === undefined ? {} : { thread_ts: options.thread, parent_user_id: parent?.["user"] }),
      ...options.extra,
    };
    this.#messages.set(ts, message);
    this.event({ type: "message", channel_type: types[chat], ...message });
    // A mention outside direct messages is told twice.
    if (options.mentions && types[chat] !== "im") this.event({ type: "app_mention", ...message });
    return ts;
  }

  sends(
    chat: string,
    bytes: Uint8Array,
    { mimeType, name, caption = "" }: { mimeType: string; name: string; caption?: string },
  ) {
    const id = `F${++this.#counter}FILE`;
    const url = `${this.origin}/files/${id}/${name}`;
    const info = { id, name, mimetype: mimeType, size: bytes.length, mode: "hosted", url_private_download: url };
    this.#files.set(id, { bytes, info });
    return this.says(chat, caption, { extra: { subtype: "file_share", upload: false, files: [info] } });
  }

  /** What the network tells of a file from now on. */
  changeFile(id: string, change: Json): void {
    Object.assign(this.#files.get(id)!.info, change);
  }

  edits(chat: string, ts: string, text: string): string {
    const before = this.#messages.get(ts)!;
    const message = { ...before, text, edited: { user: ids.ada, ts: this.#ts() } };
    this.#messages.set(ts, { ...before, text });
    const parts = { message: { type: "message", ...message }, previous_message: { type: "message", ...before } };
    this.event({
      type: "message",
      subtype: "message_changed",
      hidden: true,
      channel: chat,
      channel_type: types[chat],
      ts: this.#ts(),
      ...parts,
    });
    return ts;
  }

  deletes(chat: string, ts: string): string {
    const previous_message = { type: "message", ...this.#messages.get(ts) };
    this.event({
      type: "message",
      subtype: "message_deleted",
      hidden: true,
      channel: chat,
      channel_type: types[chat],
      ts: this.#ts(),
      deleted_ts: ts,
      previous_message,
    });
    return ts;
  }

  reacts(chat: string, ts: string, reaction: string, type = "reaction_added"): string {
    this.event({ type, user: ids.ada, reaction, item_user: ids.bot, item: { type: "message", channel: chat, ts } });
    return ts;
  }

  /** Presses a button of a message; fails when it has none with that value, unless `isForged`. */
  presses(chat: string, ts: string, value: string, isForged = false): string {
    const blocks = (this.#messages.get(ts)?.["blocks"] ?? []) as { elements?: Json[] }[];
    const button = blocks.flatMap(({ elements = [] }) => elements).find((one) => one["value"] === value);
    if (button === undefined && !isForged) throw new Error(`there is no button ${value} below ${ts}`);
    this.envelope("interactive", {
      type: "block_actions",
      token: this.verification,
      user: { id: ids.ada, username: "ada", team_id: "T0000" },
      container: { type: "message", message_ts: ts, channel_id: chat, is_ephemeral: false },
      channel: { id: chat, name: "x" },
      message: { type: "message", ts },
      actions: [
        { type: "button", action_id: button?.["action_id"] ?? "go", block_id: "b", value, action_ts: this.#ts() },
      ],
    });
    return ts;
  }

  /** Resolves when the condition holds; looked at again whenever something happens. */
  until(holds: () => boolean): Promise<void> {
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

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.destroy();
    this.#relay.close();
    for (const server of [this.#api, this.#other]) {
      server.closeAllConnections();
      server.close();
    }
    await this.#sockets?.stop(true);
  }

  #wake(): void {
    for (const check of [...this.#checks]) check();
  }

  #ts(): string {
    return `${1_768_478_400 + ++this.#counter}.000${100 + (this.#counter % 900)}`;
  }

  #join(socket: Socket): void {
    const upstream = connect(this.#sockets!.port!, "127.0.0.1");
    const pass = (from: Socket, to: Socket) => {
      this.#links.add(from);
      from.on("data", (data) => this.isSilent || to.write(data));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#links.delete(from);
        to.destroy();
      });
    };
    pass(socket, upstream);
    pass(upstream, socket);
  }

  #welcome(socket: ServerWebSocket<undefined>): void {
    this.#open.push(socket);
    if (this.greeting !== undefined) socket.send(JSON.stringify(this.greeting));
    this.#deliver();
    this.#wake();
  }

  #deliver(): void {
    const socket = this.#open.at(-1);
    if (socket === undefined) return;
    for (const one of this.#pending) {
      if (one.sentOn !== undefined) continue;
      one.sentOn = socket;
      socket.send(JSON.stringify(one.envelope));
      one.envelope = { ...one.envelope, retry_attempt: one.envelope.retry_attempt + 1, retry_reason: "timeout" };
    }
  }

  #acknowledge(text: string): void {
    const { envelope_id } = JSON.parse(text) as { envelope_id: string };
    const at = this.#pending.findIndex(({ envelope }) => envelope.envelope_id === envelope_id);
    if (at >= 0) this.#pending.splice(at, 1);
    this.acknowledged.push(envelope_id);
    this.#wake();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", this.origin);
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Uint8Array>));
    const [, room, name = ""] = pathname.split("/");
    if (room === "upload" || room === "files") {
      this.transfers.push({ path: pathname, headers: request.headers });
      const fault = this.#faults.get(room)?.shift();
      if (fault === "reset") return void request.socket.resetAndDestroy();
      return room === "upload" ? this.#takeUpload(name, body, response) : this.#giveFile(name, request, response);
    }
    const payload = Object.fromEntries(
      [...new URLSearchParams(body.toString())].map(([key, value]) => [key, decoded(value)]),
    );
    const { authorization } = request.headers;
    this.calls.push({ method: name, payload, authorization });
    const fault = this.#faults.get(name)?.shift();
    const { status, headers, text } = this.#outcome(name, { payload, authorization }, fault);
    this.#wake();
    if (fault === "reset") return void request.socket.resetAndDestroy();
    if (fault === "silence") return;
    response.writeHead(status, headers).end(text);
  }

  #outcome(method: string, call: { payload: Json; authorization: string | undefined }, fault: Fault | undefined) {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (typeof fault === "object" && "html" in fault)
      return { status: fault.status, headers: { "content-type": "text/html" }, text: fault.html };
    if (typeof fault === "object" && "limitedSeconds" in fault) {
      const wait = fault.limitedSeconds === undefined ? undefined : { "retry-after": String(fault.limitedSeconds) };
      return {
        status: 429,
        headers: { ...headers, ...wait },
        text: JSON.stringify({ ok: false, error: "ratelimited" }),
      };
    }
    try {
      if (typeof fault === "object") throw new Refusal(fault.error, { ...fault });
      this.#authorize(method, call.authorization);
      return { status: 200, headers, text: JSON.stringify({ ok: true, ...this.#do(method, call.payload) }) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: 200, headers, text: JSON.stringify(error.answer) };
    }
  }

  #authorize(method: string, authorization: string | undefined): void {
    if (authorization === undefined) throw new Refusal("not_authed");
    const isApp = method === "apps.connections.open";
    if (this.#isRevoked) throw new Refusal("invalid_auth");
    if (authorization === `Bearer ${isApp ? this.appToken : this.botToken}`) return;
    throw new Refusal(
      authorization === `Bearer ${isApp ? this.botToken : this.appToken}` ? "not_allowed_token_type" : "invalid_auth",
    );
  }

  #do(method: string, payload: Json): Json {
    const text = (key: string) => String(payload[key] ?? "");
    switch (method) {
      case "auth.test":
        return {
          url: "https://example.slack.com/",
          team: "Example",
          user: "molty",
          team_id: "T0000",
          user_id: ids.bot,
          bot_id: ids.botAuthor,
        };
      case "apps.connections.open":
        return { url: `ws://127.0.0.1:${portOf(this.#relay)}/link/?ticket=${this.ticket}&app_id=A0000` };
      case "users.info":
        return { user: people[text("user")] ?? refuse("user_not_found") };
      case "conversations.info":
        return { channel: chats[text("channel")] ?? refuse("channel_not_found") };
      case "conversations.open":
        return { channel: { id: text("users") === ids.ada ? ids.adaDirect : refuse("user_not_found") } };
      case "chat.postMessage": {
        if (chats[text("channel")] === undefined) refuse("channel_not_found");
        if (text("text") === "") refuse("no_text");
        const blocks = (payload["blocks"] ?? []) as Json[];
        checkBlocks(blocks);
        const ts = this.#ts();
        this.#messages.set(ts, {
          blocks,
          user: ids.bot,
          bot_id: ids.botAuthor,
          text: text("text"),
          ts,
          channel: text("channel"),
        });
        return { channel: text("channel"), ts, message: { text: text("text"), ts } };
      }
      case "chat.update":
      case "chat.delete":
        if (!this.#messages.has(text("ts"))) refuse("message_not_found");
        if (text("text").length > 4000) refuse("msg_too_long");
        checkBlocks((payload["blocks"] ?? []) as Json[]);
        return { channel: text("channel"), ts: text("ts") };
      case "reactions.add":
        return this.#messages.has(text("timestamp")) ? {} : refuse("message_not_found");
      case "reactions.get":
        return {
          type: "message",
          message: {
            reactions: [
              { name: "eyes", users: [ids.ada, ids.bot], count: 2 },
              { name: "+1", users: [ids.ada], count: 1 },
            ],
          },
        };
      case "reactions.remove":
      case "files.delete":
        return {};
      case "files.info":
        return { file: this.#files.get(text("file"))?.info ?? refuse("file_not_found") };
      case "files.getUploadURLExternal": {
        if (!(Number(payload["length"]) > 0)) refuse("invalid_arguments");
        const id = `F${++this.#counter}UPLOAD`;
        this.uploads.set(id, { fileName: text("filename") });
        return { upload_url: `${this.origin}/upload/${id}`, file_id: id };
      }
      case "files.completeUploadExternal": {
        const [file] = payload["files"] as { id: string }[];
        const shares = this.tellsShares ? { shares: { private: { [text("channel_id")]: [{ ts: this.#ts() }] } } } : {};
        return this.uploads.get(file!.id)?.bytes === undefined
          ? refuse("file_not_found")
          : { files: [{ id: file!.id, ...shares }] };
      }
      default:
        return refuse("unknown_method");
    }
  }

  #takeUpload(id: string, body: Uint8Array, response: ServerResponse): void {
    this.uploads.get(id)!.bytes = body;
    response.end(`OK - ${body.length}`);
  }

  #giveFile(id: string, request: IncomingMessage, response: ServerResponse): void {
    if (this.redirectFilesTo !== undefined)
      return void response.writeHead(302, { location: this.redirectFilesTo }).end();
    if (this.hasLoginPage || request.headers.authorization !== `Bearer ${this.botToken}`)
      return void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>sign in</html>");
    response.end(this.#files.get(id)?.bytes);
  }
}

/** Blocks, as strict as the network. */
function checkBlocks(blocks: readonly Json[]): void {
  const texts = (one: Json) => String((one["text"] as Json | undefined)?.["text"] ?? "");
  const ids = new Set<unknown>();
  if (blocks.length > 50) refuse("invalid_blocks");
  for (const block of blocks) {
    const elements = (block["elements"] ?? []) as Json[];
    const isSection = block["type"] === "section" && texts(block) !== "" && texts(block).length <= 3000;
    const isActions = block["type"] === "actions" && elements.length > 0 && elements.length <= 25;
    if (!isSection && !isActions) refuse("invalid_blocks");
    for (const element of elements) {
      const isFit = texts(element) !== "" && texts(element).length <= 75 && String(element["value"]).length <= 2000;
      if (!isFit || ids.has(element["action_id"])) refuse("invalid_blocks");
      ids.add(element["action_id"]);
    }
  }
}

function refuse(error: string): never {
  throw new Refusal(error);
}

function decoded(value: string): unknown {
  return /^[[{]/.test(value) ? JSON.parse(value) : value;
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
