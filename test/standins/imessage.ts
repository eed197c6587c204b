/**
 * imsg on a Mac, as far as a gateway uses it: an executable that speaks JSON-RPC in lines, a database of messages with
 * row numbers, and people who write. Strict where the real one is: methods know their parameters and nothing else. The
 * executable is a thin relay (`imessage-tool.ts`), so that everything is decided and recorded here.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FromTool, ToTool } from "./imessage-tool.ts";

type Json = Record<string, unknown>;

/** How the next call of a method fails. `silence`: it was done, but no answer comes. `exit`: done, then it ends. */
export type Fault =
  | "silence"
  | "exit"
  /** A line that is no JSON before the answer. */
  | "garbage"
  /** The answer byte by byte. */
  | "split"
  /** The answer is one far too long line. */
  | "huge"
  | { code: number; message: string; data?: unknown };

export const people = {
  ada: { handle: "+4930111111", name: "Ada L" },
  mail: { handle: "Grace@Example.org", name: "Grace H" },
} as const;
export type Person = (typeof people)[keyof typeof people];

/** A group as the database knows it. */
export const group = { id: 42, guid: "iMessage;+;chat777", identifier: "chat777", name: "Tea" } as const;

/** Errors in its words. */
export const faults = {
  badParams: { code: -32602, message: "Invalid params", data: "text or file is required" },
  noMethod: { code: -32601, message: "Method not found", data: "send" },
  noDatabase: {
    code: -32002,
    message: "Database unavailable",
    data: { path: "chat.db", detail: "authorization denied", retryable: true },
  },
  busy: { code: -32000, message: "Server busy", data: "too many requests" },
  noBridge: { code: -32003, message: "Bridge unavailable", data: { detail: "not started", retryable: true } },
  unknownOutcome: {
    code: -32001,
    message: "Delivery outcome unknown",
    data: { retry_safe: false, disposition: "may_have_completed", detail: "timed out" },
  },
  notStarted: {
    code: -32603,
    message: "Delivery failed before dispatch",
    data: { retry_safe: true, disposition: "not_started", detail: "no chat" },
  },
  blocked: {
    code: -32004,
    message: "Mutation lane blocked",
    data: { retry_safe: true, detail: "A prior send remains in flight" },
  },
  script: { code: -32603, message: "Internal error", data: "AppleScript failed" },
  nobody: { code: -32603, message: "Internal error", data: "Messages got an error: Can’t get participant (-1728)" },
  noAutomation: {
    code: -32603,
    message: "Internal error",
    data: "Not authorized to send Apple events to Messages. (-1743)",
  },
} satisfies Record<string, Fault>;

export interface SeenCall {
  method: string;
  params: Json;
  /** What was in the file that was to be sent, at that time. */
  file?: Uint8Array;
}

/** One process that was started. */
export interface Process {
  args: string[];
  /** Names of its environment. */
  env: string[];
  pid: number;
  /** Signals it was sent. */
  told: string[];
  isOver: boolean;
}

interface Live extends Process {
  socket: Socket;
  rest: string;
  subscription: number | undefined;
}

export interface IMessageStandinOptions {
  /** What an answer to `send` has beside `ok`. */
  sendResult?: "guid" | "id" | "message_id" | "none";
  /** With the bridge into Messages. */
  hasBridge?: boolean;
  /** Bytes one write has at most, to cut characters in the middle. */
  pieceBytes?: number;
  /** Messages are of now; for the executable, whose clock no test turns. */
  isRealTime?: boolean;
}

/** Starts a Mac with an executable `imsg` in a folder of its own. */
export async function startIMessageStandin(options: IMessageStandinOptions = {}): Promise<IMessageStandin> {
  const standin = new IMessageStandin(options);
  await standin.listen();
  return standin;
}

/** The Mac. */
export class IMessageStandin implements AsyncDisposable {
  readonly login = "molty@example.org";
  /** The home folder, with the database and the files of Messages in it. */
  readonly home = mkdtempSync(join(tmpdir(), "imsg-standin-"));
  readonly calls: SeenCall[] = [];
  readonly processes: Process[] = [];
  /** Who could read the files that were to be sent, by their paths. */
  readonly modes = new Map<string, { file: number; folder: number }>();
  /** How `rpc --help` ends; it knows `rpc` unless this says otherwise. */
  help: { status: number; words: string } = { status: 0, words: "" };
  /** How `status --json` ends when it is not told by the options. */
  status: { status: number; output: string } | undefined;
  /** What `rpc` does instead of running. */
  startup: { status: number; words: string } | undefined;
  /** Goes on when its input ends. */
  ignoresEnd = false;
  /** Goes on when it is told to end. */
  ignoresSignals = false;
  /** Does not read what it is asked. */
  isStalled = false;
  /** While set, its reading side hangs: rows are written but not told, and lists are not answered. */
  isDeaf = false;
  readonly #options: IMessageStandinOptions;
  readonly #server: Server;
  readonly #live = new Set<Live>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #checks = new Set<() => void>();
  readonly #rows: Json[] = [];
  #rowId = 1000;
  #subscriptions = 0;
  #fileCount = 0;
  #timeMs = Date.UTC(2026, 0, 15, 12);

  constructor(options: IMessageStandinOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#join(socket));
  }

  get cliPath(): string {
    return join(this.home, "bin", "imsg");
  }

  get dbPath(): string {
    return join(this.home, "Library", "Messages", "chat.db");
  }

  /** Where files of messages are. */
  get attachments(): string {
    return join(dirname(this.dbPath), "Attachments");
  }

  /** Processes that run `rpc`. */
  get connections(): number {
    return [...this.#live].filter(isRpc).length;
  }

  /** Processes of any kind. */
  get running(): number {
    return this.#live.size;
  }

  async listen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    const { port } = this.#server.address() as AddressInfo;
    mkdirSync(this.attachments, { recursive: true });
    mkdirSync(dirname(this.cliPath));
    const tool = JSON.stringify(join(import.meta.dir, "imessage-tool.ts"));
    writeFileSync(this.cliPath, `#!${process.execPath}\nimport { runTool } from ${tool};\nrunTool(${port});\n`, {
      mode: 0o755,
    });
  }

  /** The next `times` calls of the method fail so. */
  fail(method: string, fault: Fault, times = 1): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...Array<Fault>(times).fill(fault)]);
  }

  callsOf(method: string): Json[] {
    return this.calls.filter((call) => call.method === method).map(({ params }) => params);
  }

  /** The `nth` call of a method, past or future. */
  async call(method: string, nth = 1): Promise<Json> {
    await this.until(() => this.callsOf(method).length >= nth);
    return this.callsOf(method)[nth - 1]!;
  }

  /** A person sends a message; resolves to its guid. */
  says(from: Person, text: string, options: { inGroup?: boolean; quotes?: string; extra?: Json } = {}): string {
    const { inGroup = false, quotes, extra = {} } = options;
    const quoted = this.#rows.find(({ guid }) => guid === quotes);
    return this.row(from, inGroup, {
      text,
      ...(quotes === undefined ? {} : { reply_to_guid: quotes, reply_to_text: quoted?.["text"] ?? "…" }),
      ...extra,
    });
  }

  /** A person sends a file; a text with one has a character in it that stands for the file. */
  sends(
    from: Person,
    bytes: Uint8Array,
    {
      name,
      mimeType,
      caption = "",
      inGroup = false,
    }: { name: string; mimeType: string; caption?: string; inGroup?: boolean },
  ): string {
    const folder = join(this.attachments, "ab", `${++this.#fileCount}`);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const file = {
      filename: path,
      transfer_name: name,
      mime_type: mimeType,
      uti: "public.data",
      total_bytes: bytes.length,
    };
    const attachments = [{ ...file, is_sticker: false, original_path: path, missing: false }];
    return this.row(from, inGroup, { text: `\uFFFC${caption}`, attachments });
  }

  reacts(from: Person, guid: string, reaction: { type: string; emoji: string; isRemoved?: boolean }, inGroup = false) {
    return this.row(from, inGroup, {
      text: "",
      is_reaction: true,
      reaction_type: reaction.type,
      reaction_emoji: reaction.emoji,
      is_reaction_add: reaction.isRemoved !== true,
      reacted_to_guid: guid,
    });
  }

  /** The owner of the Mac writes something in the app. */
  ownerSays(text: string, inGroup = false): string {
    return this.row(people.ada, inGroup, { text, is_from_me: true, sender: "" });
  }

  /** A row as it is told, with whatever a test wants in it; resolves to its guid. */
  row(from: Person, inGroup: boolean, rest: Json): string {
    const id = ++this.#rowId;
    this.#timeMs = this.#options.isRealTime ? Date.now() : this.#timeMs + 1000;
    const guid = `6A7E0000-0000-4000-8000-${String(id).padStart(12, "0")}`;
    const direct = { identifier: from.handle, guid: `iMessage;-;${from.handle}`, name: "", id: 7 };
    const chat = inGroup ? group : direct;
    this.#rows.push({
      id,
      guid,
      chat_id: chat.id,
      chat_guid: chat.guid,
      chat_identifier: chat.identifier,
      chat_name: chat.name,
      is_group: inGroup,
      participants: [from.handle],
      sender: from.handle,
      sender_name: from.name,
      is_from_me: false,
      created_at: new Date(this.#timeMs).toISOString(),
      attachments: [],
      reactions: [],
      ...rest,
    });
    if (!this.isDeaf) this.#tell(this.#rows.at(-1)!);
    return guid;
  }

  /** The last row is told once more. */
  repeat(): void {
    this.#tell(this.#rows.at(-1)!);
  }

  /** Tells something as it is, to those who listen. */
  notify(method: string, params: Json): void {
    for (const one of this.#listeners())
      this.#write(one, { jsonrpc: "2.0", method, params: { subscription: one.subscription, ...params } });
  }

  /** Writes text as it is, to those who listen. */
  raw(text: string): void {
    for (const one of this.#listeners()) this.#writeText(one, text);
  }

  /** Ends the processes that run `rpc`. */
  end(status = 1, words = ""): void {
    for (const one of [...this.#live].filter(isRpc)) this.#exit(one, status, words);
  }

  /** Resolves when somebody listens for rows. */
  untilListening(): Promise<void> {
    return this.until(() => this.#listeners().length > 0);
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
    for (const { socket } of this.#live) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
    rmSync(this.home, { recursive: true, force: true });
  }

  #wake(): void {
    for (const check of [...this.#checks]) check();
  }

  #listeners(): Live[] {
    return [...this.#live].filter(({ subscription }) => subscription !== undefined);
  }

  #join(socket: Socket): void {
    const live: Live = {
      socket,
      args: [],
      env: [],
      pid: 0,
      told: [],
      isOver: false,
      rest: "",
      subscription: undefined,
    };
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#hear(live, JSON.parse(line));
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      live.isOver = true;
      live.subscription = undefined;
      this.#live.delete(live);
      this.#wake();
    });
  }

  #hear(live: Live, message: FromTool): void {
    if (message.type === "start") this.#begin(live, message);
    else if (message.type === "told") {
      live.told.push(message.signal);
      if (!this.ignoresSignals) this.#exit(live, 143);
    } else if (message.type === "inputEnd") {
      if (!this.ignoresEnd) this.#exit(live, 0);
    } else if (isRpc(live)) this.#read(live, message.text);
    this.#wake();
  }

  #begin(live: Live, { args, env, pid }: Extract<FromTool, { type: "start" }>): void {
    Object.assign(live, { args, env, pid });
    this.#live.add(live);
    this.processes.push(live);
    const [command, option] = args;
    if (command === "rpc" && option === "--help") return this.#exit(live, this.help.status, this.help.words);
    if (command === "status" && option === "--json") return this.#tellStatus(live);
    if (command !== "rpc") return this.#exit(live, 64, `Error: Unknown command: ${command}\n`);
    if (this.startup) return this.#exit(live, this.startup.status, this.startup.words);
    if (this.isStalled) this.#order(live, { type: "stall" });
  }

  #tellStatus(live: Live): void {
    const { hasBridge = false } = this.#options;
    const methods = ["chats.list", "watch.subscribe", "send", "typing", "read", "tapback", "send.rich"];
    const told = {
      version: "0.15.10",
      basic_features: true,
      advanced_features: hasBridge,
      typing_indicators: hasBridge,
      read_receipts: hasBridge,
      v2_ready: hasBridge,
      selectors: hasBridge
        ? { sendReaction: true, sendMessage: true, editMessageItem: true, retractMessagePart: true }
        : {},
      rpc_methods: [...methods, "message.edit", "message.unsend"],
    };
    const { status, output } = this.status ?? { status: 0, output: `${JSON.stringify(told)}\n` };
    this.#writeText(live, output);
    // A status below zero is none: the bridge hangs.
    if (status < 0) return;
    this.#exit(live, status, status === 0 ? "" : "Error: Unknown command: status\n");
  }

  #read(live: Live, text: string): void {
    const lines = (live.rest + text).split("\n");
    live.rest = lines.pop() ?? "";
    for (const line of lines) this.#answer(live, JSON.parse(line));
  }

  #answer(live: Live, { jsonrpc, id, method, params = {} }: Json): void {
    if (jsonrpc !== "2.0" || typeof method !== "string") throw new Error("no JSON-RPC call");
    const given = params as Json;
    const { file } = given;
    const call: SeenCall = { method, params: given };
    // The real one has its own copy before it answers.
    if (typeof file === "string") {
      call.file = new Uint8Array(readFileSync(file));
      const modeOf = (path: string) => statSync(path).mode & 0o777;
      this.modes.set(file, { file: modeOf(file), folder: modeOf(dirname(file)) });
    }
    this.calls.push(call);
    const fault = this.#faults.get(method)?.shift();
    const answer = (body: Json) => this.#write(live, { jsonrpc: "2.0", id, ...body });
    if (typeof fault === "object") return answer({ error: fault });
    if (this.isDeaf && method === "chats.list") return;
    const outcome = this.#perform(method, given);
    if (fault === "garbage") this.#writeText(live, "imsg: warming up {\n");
    if (fault === "exit") return this.#exit(live, 1, "imsg: crashed\n");
    if (fault === "split") this.#writeText(live, `${JSON.stringify({ jsonrpc: "2.0", id, ...outcome })}\n`, 1);
    else if (fault === "huge") answer({ result: { chats: ["x".repeat(5 * 1024 * 1024)] } });
    else if (fault !== "silence") answer(outcome);
    if (method === "watch.subscribe" && "result" in outcome) this.#catchUp(live, given);
  }

  /** Rows after the one that was named; none when none was, which means from now on. */
  #catchUp(live: Live, { since_rowid: since }: Json): void {
    live.subscription = ++this.#subscriptions;
    if (typeof since !== "number" || since === 0) return;
    for (const row of this.#rows) if (Number(row["id"]) > since) this.#tellOne(live, row);
  }

  #perform(method: string, params: Json): Json {
    const known = parametersOf[method];
    if (known === undefined) return { error: { ...faults.noMethod, data: method } };
    const unknown = Object.keys(params).find((name) => !known.includes(name));
    if (unknown) return { error: { ...faults.badParams, data: `unknown parameter ${unknown}` } };
    switch (method) {
      case "chats.list": {
        const chat = { id: 7, name: "Ada", identifier: people.ada.handle, service: "iMessage", is_group: false };
        return { result: { chats: [{ ...chat, account_login: `E:${this.login}` }] } };
      }
      case "watch.subscribe":
        return { result: { subscription: this.#subscriptions + 1, buffer_limit: 256 } };
      case "send":
        return this.#send(params);
      default: {
        if (!this.#options.hasBridge) return { error: faults.noBridge };
        const targets = ["to", "chat_id", "chat_guid", "chat_identifier"].filter((name) => name in params);
        return targets.length === 1 ? { result: { ok: true } } : { error: faults.badParams };
      }
    }
  }

  #send(params: Json): Json {
    const { to, chat_id, chat_guid, chat_identifier, text, file, reply_to } = params;
    const targets = [to, chat_id, chat_guid, chat_identifier].filter((target) => target !== undefined);
    if (targets.length !== 1 || (!text && !file)) return { error: faults.badParams };
    if (chat_id !== undefined && chat_id !== group.id)
      return { error: { ...faults.badParams, data: `unknown chat_id ${chat_id}` } };
    if (reply_to !== undefined && !this.#options.hasBridge)
      return { error: { ...faults.badParams, data: "reply_to requires bridge transport" } };
    const guid = this.ownerSays(String(text ?? ""), to === undefined);
    const id = this.#rowId;
    const { sendResult = "guid" } = this.#options;
    const told = { guid: { id, guid }, id: { id }, message_id: { message_id: guid }, none: {} }[sendResult];
    return { result: { ok: true, ...told } };
  }

  #tell(row: Json): void {
    for (const one of this.#listeners()) this.#tellOne(one, row);
  }

  #tellOne(live: Live, row: Json): void {
    this.#write(live, { jsonrpc: "2.0", method: "message", params: { subscription: live.subscription, message: row } });
  }

  #write(live: Live, message: Json): void {
    this.#writeText(live, `${JSON.stringify(message)}\n`);
  }

  #writeText(live: Live, text: string, pieceBytes = this.#options.pieceBytes): void {
    const bytes = Buffer.from(text);
    const step = pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += step)
      this.#order(live, { type: "write", base64: bytes.subarray(at, at + step).toString("base64") });
  }

  #exit(live: Live, status: number, words = ""): void {
    if (words !== "") this.#order(live, { type: "say", text: words });
    this.#order(live, { type: "exit", status });
  }

  #order({ socket }: Live, message: ToTool): void {
    socket.write(`${JSON.stringify(message)}\n`);
  }
}

const isRpc = ({ args }: Process): boolean => args[0] === "rpc" && args[1] !== "--help";

const target = ["chat_id", "chat_guid", "chat_identifier"];
/** The parameters of each method; the real one refuses others. */
const parametersOf: Readonly<Record<string, readonly string[]>> = {
  "chats.list": ["limit", "unread_only"],
  "watch.subscribe": ["chat_id", "since_rowid", "attachments", "include_reactions", "debounce_ms", "buffer_limit"],
  send: [...target, "to", "text", "file", "service", "region", "reply_to", "transport", "allow_sms_fallback"],
  typing: [...target, "to", "typing", "service"],
  read: [...target, "to"],
  tapback: [...target, "message_id", "message_guid", "reaction", "emoji", "remove", "part_index"],
  "message.edit": [...target, "message_id", "message_guid", "text", "part_index"],
  "message.unsend": [...target, "message_id", "message_guid", "part_index"],
};
