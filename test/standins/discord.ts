/**
 * Discord on loopback: the REST API over real HTTP, the gateway over a real WebSocket behind a relay that can break it,
 * the file host, a server with people in it. Waits for nothing by itself. Sessions live on while nobody is connected and
 * tell on resume what was missed, until they are forgotten; the history of a channel tells it after that.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import type { Server as BunServer, ServerWebSocket } from "bun";

type Json = Record<string, unknown>;

/** One call of the REST API as it was read. */
export interface SeenCall {
  /** As in {@link routes}. */
  name: string;
  /** The ids in its path, in order, and the emoji. */
  parts: string[];
  query: Record<string, string>;
  body: Json;
  files: { fileName: string; mimeType: string; bytes: Uint8Array }[];
  authorization: string | undefined;
}

/** How a call fails instead of being done; `reset` and `silence` come after it was done. */
export type Fault =
  | { status: number; code?: number; message?: string }
  | { limitedSeconds: number | undefined; isGlobal?: boolean }
  | { status: number; html: string }
  | "reset"
  | "silence";

/** Who and what there is from the start. */
export const ids = {
  bot: "100000000000000001",
  application: "100000000000000002",
  ada: "200000000000000001",
  bob: "200000000000000002",
  /** Ada, one to one; Bob's follows. */
  adaDirect: "300000000000000001",
  bobDirect: "300000000000000002",
  guild: "400000000000000001",
  /** A text channel, and a thread in it. */
  general: "500000000000000001",
  thread: "500000000000000002",
  /** The role the network made for the bot, and another one. */
  ownRole: "600000000000000001",
  otherRole: "600000000000000002",
} as const;

const people: Readonly<Record<string, Json>> = {
  [ids.bot]: { id: ids.bot, username: "molty", global_name: "Molty", bot: true },
  [ids.ada]: { id: ids.ada, username: "ada", global_name: "Ada" },
  [ids.bob]: { id: ids.bob, username: "bob", global_name: null },
};

const channels: Readonly<Record<string, Json>> = {
  [ids.adaDirect]: { id: ids.adaDirect, type: 1, recipients: [people[ids.ada]] },
  [ids.bobDirect]: { id: ids.bobDirect, type: 1, recipients: [people[ids.bob]] },
  [ids.general]: { id: ids.general, type: 0, guild_id: ids.guild, name: "general", parent_id: null },
  [ids.thread]: { id: ids.thread, type: 11, guild_id: ids.guild, name: "plans", parent_id: ids.general },
};

const roles: readonly Json[] = [
  { id: ids.guild, name: "@everyone" },
  { id: ids.ownRole, name: "Molty", tags: { bot_id: ids.bot } },
  { id: ids.otherRole, name: "cooks" },
];

/** The calls there are: method and path below the version, `:` for an id. */
const routes: readonly [name: string, method: string, path: string][] = [
  ["getSelf", "GET", "/users/@me"],
  ["openDirect", "POST", "/users/@me/channels"],
  ["getGateway", "GET", "/gateway/bot"],
  ["getApplication", "GET", "/applications/@me"],
  ["setCommands", "PUT", "/applications/:/commands"],
  ["getChannel", "GET", "/channels/:"],
  ["getRoles", "GET", "/guilds/:/roles"],
  ["getMessages", "GET", "/channels/:/messages"],
  ["createMessage", "POST", "/channels/:/messages"],
  ["getMessage", "GET", "/channels/:/messages/:"],
  ["editMessage", "PATCH", "/channels/:/messages/:"],
  ["deleteMessage", "DELETE", "/channels/:/messages/:"],
  ["addReaction", "PUT", "/channels/:/messages/:/reactions/:/@me"],
  ["removeReaction", "DELETE", "/channels/:/messages/:/reactions/:/@me"],
  ["showTyping", "POST", "/channels/:/typing"],
  ["answerInteraction", "POST", "/interactions/:/:/callback"],
];

const matchers = routes.map(([name, method, path]) => ({
  name,
  method,
  pattern: new RegExp(`^${path.replaceAll("/:", "/([^/]+)")}$`),
}));

interface Session {
  id: string;
  intents: number;
  seq: number;
  /** Everything that was told in it. */
  log: { op: 0; t: string; s: number; d: Json }[];
}

type Socketed = ServerWebSocket<{ sessionId: string | undefined }>;

export interface SaysOptions {
  /** Who writes; Ada unless it is Bob's chat. */
  as?: string;
  /** Names the bot in front of the text. */
  mentions?: boolean;
  /** Id of the message it answers. */
  quotes?: string;
  /** Anything else the message shall have. */
  extra?: Json;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface DiscordStandinOptions {
  /** How often the client has to beat. */
  heartbeatMs?: number;
}

/** Starts it; disposing it closes every connection. */
export async function startDiscordStandin(options: DiscordStandinOptions = {}): Promise<DiscordStandin> {
  const standin = new DiscordStandin(options);
  await standin.listen();
  return standin;
}

/** The running network. */
export class DiscordStandin implements AsyncDisposable {
  readonly token = "MTAwMDAwMDAwMDAwMDAwMDAx.StAnDi.TokenOfTheStandinThatMustNotShow";
  /** Of every interaction; whoever has it may answer. */
  readonly interactionToken = "standin-interaction-token-that-must-not-show";
  readonly calls: SeenCall[] = [];
  /** What reached the file host, and what reached a host that is not the network's. */
  readonly fetched: { path: string; headers: IncomingHttpHeaders }[] = [];
  readonly elsewhere: { path: string; headers: IncomingHttpHeaders }[] = [];
  /** Frames of clients in order: op and payload. */
  readonly frames: { op: number; d: unknown }[] = [];
  /** How connections ended, in order. */
  readonly closeCodes: number[] = [];
  /** Nothing passes a connection any more, in either direction, and nobody is told; REST works. */
  isSilent = false;
  /** Beats are not answered any more. */
  isDeaf = false;
  /** What is told to a new connection first, instead of hello. */
  greeting: "hello" | "nothing" | "refusal" = "hello";
  /** How an identify ends from now on, instead of ready: that close code, or an invalid session. */
  identifyEnds: number | "invalid" | undefined;
  /** The same for a resume. */
  resumeEnds: number | "invalid" | undefined;
  sessionsLeft = 1000;
  /** Whether a new session is told about servers. */
  tellsGuilds = true;
  /** Addresses that are told instead of the true ones. */
  gatewayUrl: string | undefined;
  resumeUrl: string | undefined;
  readonly #options: DiscordStandinOptions;
  readonly #api = createServer((request, response) => void this.#answer(request, response));
  readonly #other = createServer((request, response) => {
    this.elsewhere.push({ path: request.url ?? "", headers: request.headers });
    response.end("bytes from elsewhere");
  });
  readonly #relay = createTcpServer((socket) => this.#join(socket));
  #sockets: BunServer<{ sessionId: string | undefined }> | undefined;
  readonly #open: Socketed[] = [];
  readonly #links = new Set<Socket>();
  readonly #sessions = new Map<string, Session>();
  readonly #messages = new Map<string, Json>();
  readonly #nonces = new Map<string, string>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #checks = new Set<() => void>();
  #isRevoked = false;
  #lastMs = 0;
  #counter = 0;

  constructor(options: DiscordStandinOptions) {
    this.#options = options;
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
        const query = new URL(request.url).searchParams;
        const isKnown = query.get("v") === "10" && query.get("encoding") === "json" && this.greeting !== "refusal";
        const isUpgraded = isKnown && server.upgrade(request, { data: { sessionId: undefined } });
        return isUpgraded ? undefined : new Response("no", { status: 400 });
      },
      websocket: {
        open: (socket) => {
          this.#open.push(socket);
          const hello = { op: 10, d: { heartbeat_interval: this.#options.heartbeatMs ?? 41_250 } };
          if (this.greeting === "hello") socket.send(JSON.stringify(hello));
          this.#wake();
        },
        message: (socket, data) => this.#read(socket, JSON.parse(String(data))),
        close: (socket, code) => {
          this.closeCodes.push(code);
          // A client's goodbye of this kind ends its session too.
          const isGoodbye = this.#open.includes(socket) && (code === 1000 || code === 1001);
          if (isGoodbye && socket.data.sessionId !== undefined) this.#sessions.delete(socket.data.sessionId);
          this.#drop(socket);
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
    return `${this.origin}/api`;
  }

  /** The origin of a host that is not the network's. */
  get otherOrigin(): string {
    return `http://127.0.0.1:${portOf(this.#other)}`;
  }

  get connections(): number {
    return this.#open.length;
  }

  /** Connections on which events flow. */
  get listening(): number {
    return this.#open.filter(({ data }) => data.sessionId !== undefined).length;
  }

  callsOf(name: string): SeenCall[] {
    return this.calls.filter((call) => call.name === name);
  }

  /** The `nth` call of a name, past or future. */
  async call(name: string, nth = 1): Promise<SeenCall> {
    await this.until(() => this.callsOf(name).length >= nth);
    return this.callsOf(name)[nth - 1]!;
  }

  /** The payloads of clients with that op. */
  framesOf(op: number): unknown[] {
    return this.frames.filter((frame) => frame.op === op).map(({ d }) => d);
  }

  /** The next `times` calls of the name fail. */
  fail(name: string, fault: Fault, times = 1): void {
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), ...Array<Fault>(times).fill(fault)]);
  }

  /** The token is refused from now on, and who is connected is thrown out. */
  revoke(): void {
    this.#isRevoked = true;
    this.close(4004);
  }

  /** Breaks every connection at once, without a word. */
  reset(): void {
    for (const link of this.#links) link.resetAndDestroy();
  }

  /** Ends every connection with that code. */
  close(code: number): void {
    for (const socket of [...this.#open]) {
      this.#drop(socket);
      socket.close(code, "bye");
    }
  }

  /** Asks every client to connect anew. */
  reconnect(): void {
    this.frame({ op: 7, d: null });
  }

  /** Tells every client that its session is over, or in trouble. */
  invalidate(mayResume: boolean): void {
    for (const { data } of this.#open) {
      if (!mayResume && data.sessionId !== undefined) this.#sessions.delete(data.sessionId);
      data.sessionId = undefined;
    }
    this.frame({ op: 9, d: mayResume });
  }

  /** Sessions nobody is connected with are over, as after some minutes. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  /** Sends a frame as it is to every client. */
  frame(frame: Json | string): void {
    for (const socket of this.#open) socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The last event comes a second time. */
  repeat(): void {
    for (const { log } of this.#sessions.values()) if (log.length > 0) this.frame({ ...log.at(-1) });
  }

  /** Tells all sessions of an event; those without a connection hear of it when they resume. */
  dispatch(t: string, d: Json): void {
    for (const session of this.#sessions.values()) this.#tell(session, t, d);
  }

  says(channelId: string, text: string, { as, mentions = false, quotes, extra = {} }: SaysOptions = {}): string {
    const content = mentions ? `<@${ids.bot}> ${text}` : text;
    const quoted = quotes === undefined ? undefined : this.#messages.get(quotes);
    const reference = { type: 0, message_id: quotes, channel_id: channelId };
    const answer = quotes === undefined ? {} : { type: 19, message_reference: reference, referenced_message: quoted };
    const author = as ?? (channelId === ids.bobDirect ? ids.bob : ids.ada);
    const named = mentions ? { mentions: [people[ids.bot]] } : {};
    return this.#publish(channelId, author, { content, ...named, ...answer, ...extra });
  }

  /** Sends a file; its address is the one of this moment and expires with it. */
  sends(
    channelId: string,
    bytes: Uint8Array,
    { mimeType, name, caption = "", as = ids.ada }: { mimeType: string; name: string; caption?: string; as?: string },
  ): string {
    const id = this.#id();
    this.#files.set(id, bytes);
    const url = `${this.origin}/attachments/${id}/${name}?ex=1`;
    const attachment = { id, filename: name, size: bytes.length, url, proxy_url: url, content_type: mimeType };
    return this.#publish(channelId, as, { content: caption, attachments: [attachment] });
  }

  /** Puts a sticker on the file host. */
  addSticker(id: string, bytes: Uint8Array): void {
    this.#files.set(id, bytes);
  }

  /** What the network tells of a message from now on. */
  changeMessage(messageId: string, change: Json): void {
    Object.assign(this.#messages.get(messageId)!, change);
  }

  edits(channelId: string, messageId: string, text: string): string {
    this.changeMessage(messageId, { content: text, edited_timestamp: this.#time() });
    this.dispatch("MESSAGE_UPDATE", { ...this.#messages.get(messageId), ...placeOf(channelId) });
    return messageId;
  }

  deletes(channelId: string, messageId: string): string {
    this.#messages.delete(messageId);
    this.dispatch("MESSAGE_DELETE", { id: messageId, ...placeOf(channelId) });
    return messageId;
  }

  reacts(channelId: string, messageId: string, emoji: Json, { as = ids.ada, isRemoved = false } = {}): string {
    const place = placeOf(channelId);
    const member = "guild_id" in place && !isRemoved ? { member: { user: people[as], nick: null } } : {};
    const t = isRemoved ? "MESSAGE_REACTION_REMOVE" : "MESSAGE_REACTION_ADD";
    this.dispatch(t, { user_id: as, message_id: messageId, emoji, ...place, ...member });
    return messageId;
  }

  /** Presses a button below a message; throws when there is none with that value. */
  presses(channelId: string, messageId: string, value: string): string {
    const rows = (this.#messages.get(messageId)?.["components"] ?? []) as { components: Json[] }[];
    if (!rows.some(({ components }) => components.some((button) => button["custom_id"] === value)))
      throw new Error(`there is no such button: ${value}`);
    const data = { component_type: 2, custom_id: value };
    return this.#interact(channelId, { type: 3, data, message: this.#messages.get(messageId) });
  }

  commands(channelId: string, name: string, input?: string): string {
    const options = input === undefined ? [] : [{ type: 3, name: "input", value: input }];
    return this.#interact(channelId, { type: 2, data: { id: this.#id(), type: 1, name, options } });
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

  /** Never the same twice, and never less than one before. */
  #nowMs(): number {
    this.#lastMs = Math.max(this.#lastMs + 1, Date.now());
    return this.#lastMs;
  }

  #id(): string {
    return String((BigInt(this.#nowMs() - 1_420_070_400_000) << 22n) | BigInt(++this.#counter % 4096));
  }

  #time(): string {
    return new Date(this.#nowMs()).toISOString();
  }

  #publish(channelId: string, author: string, content: Json): string {
    const id = this.#id();
    const message: Json = {
      id,
      type: 0,
      channel_id: channelId,
      author: people[author],
      content: "",
      timestamp: this.#time(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: [],
      embeds: [],
      pinned: false,
      ...content,
    };
    this.#messages.set(id, message);
    const place = placeOf(channelId);
    const member = "guild_id" in place ? { member: { nick: author === ids.bob ? "Bobby" : null, roles: [] } } : {};
    this.dispatch("MESSAGE_CREATE", { ...message, ...place, ...member });
    return id;
  }

  #interact(channelId: string, content: Json): string {
    const id = this.#id();
    const user = people[ids.ada];
    const place = placeOf(channelId);
    const who = "guild_id" in place ? { member: { user, nick: null } } : { user };
    this.dispatch("INTERACTION_CREATE", {
      id,
      application_id: ids.application,
      token: this.interactionToken,
      version: 1,
      ...place,
      channel: channels[channelId],
      ...who,
      ...content,
    });
    return id;
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

  #drop(socket: Socketed): void {
    const at = this.#open.indexOf(socket);
    if (at >= 0) this.#open.splice(at, 1);
  }

  #read(socket: Socketed, frame: { op: number; d: unknown }): void {
    this.frames.push(frame);
    switch (frame.op) {
      case 1:
        if (!this.isDeaf) socket.send(JSON.stringify({ op: 11 }));
        break;
      case 2:
        this.#identify(socket, frame.d as Json);
        break;
      case 6:
        this.#resume(socket, frame.d as Json);
        break;
    }
    this.#wake();
  }

  #identify(socket: Socketed, { token, intents }: Json): void {
    if (this.#isRevoked || token !== this.token) return socket.close(4004, "Authentication failed.");
    if (typeof this.identifyEnds === "number") return socket.close(this.identifyEnds, "no");
    if (this.identifyEnds === "invalid") return void socket.send(JSON.stringify({ op: 9, d: false }));
    const session: Session = { id: crypto.randomUUID().replaceAll("-", ""), intents: Number(intents), seq: 0, log: [] };
    this.#sessions.clear();
    this.#sessions.set(session.id, session);
    this.sessionsLeft--;
    socket.data.sessionId = session.id;
    this.#tell(session, "READY", {
      v: 10,
      user: people[ids.bot],
      guilds: [{ id: ids.guild, unavailable: true }],
      session_id: session.id,
      resume_gateway_url: this.resumeUrl ?? this.#relayUrl(),
      application: { id: ids.application, flags: 0 },
    });
    if (!this.tellsGuilds) return;
    const [general, thread] = [channels[ids.general], channels[ids.thread]];
    this.#tell(session, "GUILD_CREATE", { id: ids.guild, name: "Tea", channels: [general], threads: [thread], roles });
  }

  #resume(socket: Socketed, { token, session_id, seq }: Json): void {
    if (this.#isRevoked || token !== this.token) return socket.close(4004, "Authentication failed.");
    if (typeof this.resumeEnds === "number") return socket.close(this.resumeEnds, "no");
    const session = this.#sessions.get(String(session_id));
    if (session === undefined || this.resumeEnds === "invalid")
      return void socket.send(JSON.stringify({ op: 9, d: false }));
    socket.data.sessionId = session.id;
    for (const frame of session.log) if (frame.s > Number(seq)) socket.send(JSON.stringify(frame));
    this.#tell(session, "RESUMED", {});
  }

  #tell(session: Session, t: string, d: Json): void {
    const frame = { op: 0, t, s: ++session.seq, d } as const;
    if (t !== "RESUMED") session.log.push(frame);
    for (const socket of this.#open) if (socket.data.sessionId === session.id) socket.send(JSON.stringify(frame));
    this.#wake();
  }

  #relayUrl(): string {
    return `ws://127.0.0.1:${portOf(this.#relay)}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.origin);
    const raw = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Uint8Array>));
    if (!pathname.startsWith("/api/")) return this.#giveFile(pathname, request, response);
    const path = pathname.replace(/^\/api\/v10/, "");
    const found = matchers.find(({ method, pattern }) => method === request.method && pattern.test(path));
    const parts = (found?.pattern.exec(path) ?? []).slice(1).map(decodeURIComponent);
    const call: SeenCall = {
      name: found?.name ?? "unknown",
      parts,
      query: Object.fromEntries(searchParams),
      authorization: request.headers.authorization,
      ...(await readBody(raw, request.headers["content-type"] ?? "")),
    };
    this.calls.push(call);
    const fault = this.#faults.get(call.name)?.shift();
    const { status, headers, text } = this.#outcome(call, fault);
    this.#wake();
    if (fault === "reset") return void request.socket.resetAndDestroy();
    if (fault === "silence") return;
    response.writeHead(status, headers).end(text);
  }

  #outcome(
    call: SeenCall,
    fault: Fault | undefined,
  ): { status: number; headers: Record<string, string>; text: string } {
    const headers = { "content-type": "application/json" };
    const json = (status: number, value: unknown) => ({ status, headers, text: JSON.stringify(value) });
    if (typeof fault === "object" && "html" in fault)
      return { status: fault.status, headers: { "content-type": "text/html" }, text: fault.html };
    if (typeof fault === "object" && "limitedSeconds" in fault) {
      const { limitedSeconds: retry_after, isGlobal = false } = fault;
      if (retry_after === undefined)
        return { status: 429, headers: { "content-type": "text/html" }, text: "error 1015" };
      const limit = json(429, { message: "You are being rate limited.", retry_after, global: isGlobal });
      const told = { "retry-after": String(Math.ceil(retry_after)), "x-ratelimit-scope": isGlobal ? "global" : "user" };
      return { ...limit, headers: { ...headers, ...told, ...(isGlobal ? { "x-ratelimit-global": "true" } : {}) } };
    }
    try {
      if (typeof fault === "object") throw new Refusal(fault.status, fault.code ?? 0, fault.message ?? "no");
      const isAnonymous = call.name === "answerInteraction";
      if (!isAnonymous && (this.#isRevoked || call.authorization !== `Bot ${this.token}`))
        throw new Refusal(401, 0, "401: Unauthorized");
      const result = this.#do(call);
      return result === undefined ? { status: 204, headers: {}, text: "" } : json(200, result);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return json(error.status, { message: error.message, code: error.code });
    }
  }

  #do({ name, parts, query, body, files }: SeenCall): unknown {
    const [first = "", second = ""] = parts;
    const channel = () => channels[first] ?? refuse(404, 10003, "Unknown Channel");
    const message = () => this.#messages.get(second) ?? refuse(404, 10008, "Unknown Message");
    switch (name) {
      case "getSelf":
        return people[ids.bot];
      case "getApplication":
        return { id: ids.application, name: "Molty" };
      case "getGateway":
        return {
          url: this.gatewayUrl ?? this.#relayUrl(),
          shards: 1,
          session_start_limit: { total: 1000, remaining: this.sessionsLeft, reset_after: 60_000, max_concurrency: 1 },
        };
      case "setCommands":
        return first === ids.application ? body : refuse(404, 10002, "Unknown Application");
      case "openDirect": {
        const direct = Object.values(channels).find(
          ({ recipients }) => (recipients as Json[] | undefined)?.[0]?.["id"] === body["recipient_id"],
        );
        return direct ?? refuse(400, 50033, "Invalid Recipient(s)");
      }
      case "getRoles":
        return roles;
      case "getChannel":
        return channel();
      case "getMessages":
        channel();
        return this.#history(first, query["after"] ?? "0", Number(query["limit"] ?? 50));
      case "createMessage":
        channel();
        return this.#create(first, body, files);
      case "getMessage":
        return message();
      case "editMessage":
        checkContent(body);
        return Object.assign(message(), { content: body["content"], edited_timestamp: this.#time() });
      case "deleteMessage":
        message();
        this.#messages.delete(second);
        return undefined;
      case "addReaction":
      case "removeReaction":
        message();
        return undefined;
      case "showTyping":
        channel();
        return undefined;
      case "answerInteraction":
        return second === this.interactionToken ? undefined : refuse(404, 10062, "Unknown interaction");
      default:
        return refuse(404, 0, "404: Not Found");
    }
  }

  /** The oldest of those after it, listed with the newest first. */
  #history(channelId: string, after: string, limit: number): Json[] {
    const all = [...this.#messages.values()].filter((message) => message["channel_id"] === channelId);
    const later = all.filter(({ id }) => BigInt(String(id)) > BigInt(after));
    return later.slice(0, limit).reverse();
  }

  #create(channelId: string, body: Json, files: SeenCall["files"]): Json {
    if (files.length === 0 && body["poll"] === undefined && !body["content"])
      refuse(400, 50006, "Cannot send an empty message");
    checkContent(body);
    const nonce = String(body["nonce"] ?? "");
    if (nonce.length > 25) refuse(400, 50035, "Invalid Form Body");
    const known = body["enforce_nonce"] === true ? this.#nonces.get(nonce) : undefined;
    if (known !== undefined) return this.#messages.get(known)!;
    const { message_reference, ...rest } = body;
    const id = this.#publish(channelId, ids.bot, { content: "", ...rest });
    if (nonce !== "") this.#nonces.set(nonce, id);
    return this.#messages.get(id)!;
  }

  #giveFile(pathname: string, request: IncomingMessage, response: ServerResponse): void {
    this.fetched.push({ path: pathname, headers: request.headers });
    const fault = this.#faults.get("getFile")?.shift();
    if (fault === "reset") return void request.socket.resetAndDestroy();
    if (typeof fault === "object" && "status" in fault)
      return void response.writeHead(fault.status, { location: `${this.otherOrigin}/x` }).end();
    const [, , id = ""] = /^\/(attachments|stickers)\/(\d+)/.exec(pathname) ?? [];
    const bytes = this.#files.get(id);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.end(bytes);
  }
}

function placeOf(channelId: string): Json {
  const channel = channels[channelId];
  const guild = channel?.["guild_id"];
  return {
    channel_id: channelId,
    channel_type: channel?.["type"],
    ...(guild === undefined ? {} : { guild_id: guild }),
  };
}

function checkContent({ content, components, poll }: Json): void {
  if (String(content ?? "").length > 2000) refuse(400, 50035, "Invalid Form Body");
  const { answers = [] } = (poll ?? {}) as { answers?: unknown[] };
  if (answers.length > 10) refuse(400, 50035, "Invalid Form Body");
  const rows = (components ?? []) as { components: { custom_id: string }[] }[];
  if (rows.length > 5 || rows.some((row) => row.components.length > 5)) refuse(400, 50035, "Invalid Form Body");
  const values = rows.flatMap((row) => row.components.map(({ custom_id }) => custom_id));
  if (values.some((value) => value.length > 100)) refuse(400, 50035, "Invalid Form Body");
  if (new Set(values).size !== values.length) refuse(400, 50035, "Component custom id cannot be duplicated");
}

async function readBody(raw: Buffer, type: string): Promise<Pick<SeenCall, "body" | "files">> {
  if (!type.startsWith("multipart/")) return { body: raw.length === 0 ? {} : JSON.parse(raw.toString()), files: [] };
  const form = await new Response(new Uint8Array(raw), { headers: { "content-type": type } }).formData();
  const files: SeenCall["files"] = [];
  for (const part of form.values()) {
    const file: unknown = part;
    if (!(file instanceof File)) continue;
    files.push({ fileName: file.name, mimeType: file.type, bytes: new Uint8Array(await file.arrayBuffer()) });
  }
  return { body: JSON.parse(String(form.get("payload_json") ?? "{}")), files };
}

function refuse(status: number, code: number, message: string): never {
  throw new Refusal(status, code, message);
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
