/**
 * The HTTP daemon of signal-cli, as far as a gateway uses it: JSON-RPC with its codes, server-sent events with their
 * keep-alives, and people who write. Time stands still: a keep-alive comes when a test asks for it. Strict where the
 * daemon is: content type, methods, unknown accounts, and 201 for a call without an id.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

type Json = Record<string, unknown>;

/** How the next call of a method fails. `reset` and `silence`: it was taken, but no answer comes. */
export type Fault =
  | "reset"
  | "silence"
  | { code: number; message: string; data?: unknown }
  | { status: number; body: string };

export interface Person {
  number: string | undefined;
  uuid: string;
  name: string;
}

export const people = {
  ada: { number: "+4930111111", uuid: "0a0a0a0a-0000-4000-8000-000000000001", name: "Ada L" },
  hidden: { number: undefined, uuid: "0a0a0a0a-0000-4000-8000-000000000002", name: "Hidden" },
} satisfies Record<string, Person>;

export const group = { id: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", name: "Tea" };

const recipients = (type: string, rest: Json = {}) => ({
  response: { timestamp: 1, results: [{ recipientAddress: { number: people.ada.number }, type, ...rest }] },
});

/** Errors in the daemon's words. */
export const faults = {
  userError: { code: -1, message: "Failed to send message", data: recipients("UNREGISTERED_FAILURE") },
  badGroup: { code: -1, message: "Group not found" },
  ioError: { code: -3, message: "Failed to send message: timeout" },
  untrusted: { code: -4, message: "Failed to send message", data: recipients("IDENTITY_FAILURE") },
  limited: (retryAfterSeconds?: number) => ({
    code: -5,
    message: "Failed to send message due to rate limiting",
    data: recipients("RATE_LIMIT_FAILURE", {
      token: "t0ken",
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    }),
  }),
  partlyLimited: {
    code: -5,
    message: "rate limited",
    data: { response: { timestamp: 1, results: [{ type: "SUCCESS" }, { type: "RATE_LIMIT_FAILURE" }] } },
  },
  noAccount: { code: -32602, message: "Specified account does not exist" },
  accountNeeded: { code: -32602, message: "Method requires valid account parameter" },
  badParameters: { code: -32602, message: "Unrecognized field" },
  noMethod: { code: -32601, message: "Method not implemented" },
  internal: { code: -32603, message: "Internal error" },
  unlinked: { code: -1, message: "Failed to send message: [401] Authorization failed!" },
} satisfies Record<string, Fault | ((seconds?: number) => Fault)>;

export interface SeenCall {
  method: string;
  params: Json;
}

export interface SignalStandinOptions {
  /** Decodes the query of the event stream twice, so that a plus becomes a space. */
  decodesTwice?: boolean;
  /** Bytes one write of the event stream has at most, to cut characters in the middle. */
  pieceBytes?: number;
}

/** Starts a daemon with one account on a free port. */
export async function startSignalStandin(options: SignalStandinOptions = {}): Promise<SignalStandin> {
  const standin = new SignalStandin(options);
  await standin.listen();
  return standin;
}

/** The daemon. */
export class SignalStandin implements AsyncDisposable {
  readonly account = "+4930999999";
  readonly uuid = "0a0a0a0a-0000-4000-8000-0000000000ff";
  readonly name = "Molty Bot";
  readonly calls: SeenCall[] = [];
  /** While set, streams carry nothing any more, not even keep-alives. */
  isDeaf = false;
  /** How the recipients of the next messages fare. */
  results: Json[] = [{ type: "SUCCESS" }];
  readonly #options: SignalStandinOptions;
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  readonly #silent = new Set<ServerResponse>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #checks = new Set<() => void>();
  #hasAccount = true;
  #port = 0;
  #timestamp = Date.UTC(2026, 0, 15, 12);
  #last: Json | undefined;

  constructor(options: SignalStandinOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#route(request, response));
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  async listen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(this.#port, "127.0.0.1", resolve);
    await promise;
    const address = this.#server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
  }

  /** The account is gone: unlinked, or never there. */
  forgetAccount(): void {
    this.#hasAccount = false;
  }

  /** What a restart of the daemon does to those who listen. */
  restart(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** Cuts the streams without a goodbye. */
  reset(): void {
    for (const stream of this.#streams) stream.socket?.resetAndDestroy();
  }

  /** The next call of the method fails so. */
  fail(method: string, fault: Fault): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), fault]);
  }

  callsOf(method: string): Json[] {
    return this.calls.filter((call) => call.method === method).map(({ params }) => params);
  }

  /** Resolves when the method has been called. */
  async called(method: string): Promise<void> {
    await this.#until(() => this.callsOf(method).length > 0);
  }

  untilStreams(isThere: boolean): Promise<void> {
    return this.#until(() => this.#streams.size > 0 === isThere);
  }

  /** The comment of every fifteen seconds. */
  keepAlive(): void {
    this.#write(":\n");
  }

  /** Bytes as they are, for streams that are out of order. */
  raw(text: string): void {
    this.#write(text);
  }

  /** A person sends a message; its timestamp is what identifies it. */
  says(from: Person, message: Json, inGroup = false): number {
    const timestamp = this.#next();
    this.deliver(from, { timestamp, dataMessage: this.#data(timestamp, message, inGroup) });
    return timestamp;
  }

  edits(from: Person, target: number, text: string, inGroup = false): number {
    const timestamp = this.#next();
    const dataMessage = this.#data(timestamp, { message: text }, inGroup);
    this.deliver(from, { timestamp, editMessage: { targetSentTimestamp: target, dataMessage } });
    return timestamp;
  }

  /** An attachment as messages carry it; its bytes can be fetched. */
  file(bytes: Uint8Array, contentType: string, filename?: string): Json {
    const id = `file-${this.#files.size + 1}`;
    this.#files.set(id, bytes);
    return { id, contentType, size: bytes.length, ...(filename === undefined ? {} : { filename }) };
  }

  deliver(from: Person, rest: Json, account = this.account): void {
    const envelope = {
      source: from.number ?? from.uuid,
      ...(from.number === undefined ? {} : { sourceNumber: from.number }),
      sourceUuid: from.uuid,
      sourceName: from.name,
      sourceDevice: 1,
      ...rest,
    };
    this.#last = { envelope, account };
    this.repeat();
  }

  /** The last delivery once more. */
  repeat(): void {
    this.#write(`event:receive\ndata:${JSON.stringify(this.#last)}\n\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const response of [...this.#streams, ...this.#silent]) response.destroy();
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #data(timestamp: number, message: Json, inGroup: boolean): Json {
    const groupInfo = { groupId: group.id, groupName: group.name, revision: 3, type: "DELIVER" };
    return { timestamp, expiresInSeconds: 0, viewOnce: false, ...message, ...(inGroup ? { groupInfo } : {}) };
  }

  #next(): number {
    this.#timestamp += 1000;
    return this.#timestamp;
  }

  #write(text: string): void {
    if (this.isDeaf) return;
    const bytes = Buffer.from(text);
    const step = this.#options.pieceBytes ?? bytes.length;
    for (const stream of this.#streams)
      for (let at = 0; at < bytes.length; at += step) stream.write(bytes.subarray(at, at + step));
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.httpUrl);
    if (url.pathname === "/api/v1/check") response.writeHead(200).end();
    else if (url.pathname === "/api/v1/events") this.#listen(request, url, response);
    else if (url.pathname === "/api/v1/rpc") await this.#rpc(request, response);
    else response.writeHead(404).end();
  }

  #listen(request: IncomingMessage, url: URL, response: ServerResponse): void {
    if (request.method !== "GET") return void response.writeHead(405).end();
    const once = decodeURIComponent(url.search.replace(/^\?account=/, ""));
    const account = this.#options.decodesTwice ? decodeURIComponent(once.replaceAll("+", " ")) : once;
    if (!this.#hasAccount || account !== this.account) return void response.writeHead(400).end("Unknown account");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    this.#streams.add(response);
    response.on("close", () => {
      this.#streams.delete(response);
      this.#wake();
    });
    this.#wake();
  }

  async #rpc(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") return void response.writeHead(405).end();
    if (request.headers["content-type"] !== "application/json") return void response.writeHead(415).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { jsonrpc, id, method, params = {} } = JSON.parse(Buffer.concat(chunks).toString());
    const answer = (body: Json) => {
      if (id === undefined) return void response.writeHead(201).end();
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", ...body, id }));
    };
    if (jsonrpc !== "2.0") return answer({ error: { code: -32600, message: "Invalid request" } });
    const isKnown = this.#hasAccount && params.account === this.account;
    if (!isKnown) return answer({ error: params.account ? faults.noAccount : faults.accountNeeded });
    this.calls.push({ method, params });
    const fault = this.#faults.get(method)?.shift();
    if (fault === "reset") request.socket.resetAndDestroy();
    else if (fault === "silence") this.#silent.add(response);
    else if (fault && "status" in fault) response.writeHead(fault.status).end(fault.body);
    else answer(fault ? { error: fault } : this.#perform(method, params));
    this.#wake();
  }

  #perform(method: string, params: Json): Json {
    switch (method) {
      case "listContacts": {
        const card = { number: this.account, uuid: this.uuid, profile: { givenName: "Molty", familyName: "Bot" } };
        return { result: [card] };
      }
      case "send":
      case "sendReaction":
      case "remoteDelete":
        return { result: { timestamp: this.#next(), results: this.results } };
      case "sendReceipt":
      case "sendTyping":
        return { result: { timestamp: this.#next() } };
      case "getAttachment": {
        const bytes = this.#files.get(String(params["id"]));
        if (bytes === undefined || (!params["recipient"] && !params["groupId"])) return { error: faults.badGroup };
        return { result: { data: Buffer.from(bytes).toString("base64") } };
      }
      default:
        return { error: faults.noMethod };
    }
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
