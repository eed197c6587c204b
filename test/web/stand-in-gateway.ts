/**
 * A tiny gateway for the page's tests: it checks device proofs for real and answers the chat methods from a script.
 * It knows one shared token and one session; everything it received can be looked at.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import type { Server, ServerWebSocket } from "bun";
import { openPages } from "../../src/web/assets.ts";
import { type Fields, fieldsOf, listOf } from "../../src/web/shared/wire.ts";

export interface Refusal {
  code: string;
  message: string;
  details?: Fields;
  retryAfterMs?: number;
}

export interface StandInOptions {
  token?: string;
  tickIntervalMs?: number;
  /** Refuses a connect after its proof was found right. */
  refuse?: (params: Fields) => Refusal | undefined;
  /** Changes the hello. */
  hello?: (hello: Fields) => Fields;
  /** What `chat.history` answers. */
  messages?: () => unknown[];
  /** What `sessions.list` answers. */
  sessions?: () => unknown[];
  /** Called for each `chat.send`; may emit events or throw a refusal. */
  onSend?: (params: Fields, standIn: StandIn) => void;
  /** Answers beyond the built-in ones. */
  methods?: Record<string, (params: Fields) => unknown>;
}

interface SocketData {
  nonce: string;
  seq: number;
}

export const MAIN = "agent:main:main";
/** The time of every challenge: a page signs this one, not its own. */
export const CHALLENGE_TS = 1_790_000_000_000;

export class StandIn implements Disposable {
  readonly #options: StandInOptions;
  readonly #server: Server<SocketData>;
  readonly #sockets = new Set<ServerWebSocket<SocketData>>();
  readonly #pages = openPages();
  readonly #held = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #nonces = 0;
  /** Every request in order, `connect` included. */
  readonly requests: { method: string; params: Fields }[] = [];
  /** Paths asked for over HTTP, with their query. */
  readonly paths: string[] = [];
  connections = 0;

  constructor(options: StandInOptions = {}) {
    this.#options = options;
    const standIn = this;
    this.#server = Bun.serve<SocketData>({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request, server) {
        const url = new URL(request.url);
        standIn.#nonces += 1;
        const data = { nonce: `nonce-${standIn.#nonces}`, seq: 0 };
        if (request.headers.get("upgrade") === "websocket") {
          return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 });
        }
        standIn.paths.push(url.pathname + url.search);
        return standIn.#pages.handle(request, url) ?? new Response("not found", { status: 404 });
      },
      websocket: {
        open: (socket) => standIn.#open(socket),
        message: (socket, data) => standIn.#receive(socket, `${data}`),
        close: (socket) => void standIn.#sockets.delete(socket),
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/`;
  }

  get socketUrl(): string {
    return this.url.replace("http", "ws");
  }

  methodsCalled(): string[] {
    return this.requests.map((request) => request.method);
  }

  /** Leaves a method without an answer from now on. */
  hold(method: string): void {
    this.#held.add(method);
  }

  /** Resolves when a method was called this many times. */
  async received(method: string, times = 1): Promise<void> {
    const isSo = () => this.methodsCalled().filter((one) => one === method).length >= times;
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Sends an event to every signed-in page. */
  emit(event: string, payload: Fields): void {
    for (const socket of this.#sockets) this.#emitTo(socket, event, payload);
  }

  /** Sends something that may be no frame at all. */
  sendRaw(text: string): void {
    for (const socket of this.#sockets) socket.send(text);
  }

  /** Uses up sequence numbers without sending, as a gateway does for a slow reader. */
  skipEvents(count: number): void {
    for (const socket of this.#sockets) socket.data.seq += count;
  }

  chat(runId: string, state: string, text?: string, extras: Fields = {}): void {
    const message = text === undefined ? {} : { message: assistantMessage(text) };
    this.emit("chat", { runId, sessionKey: MAIN, agentId: "main", seq: 1, state, ...message, ...extras });
  }

  tool(runId: string, data: Fields): void {
    this.emit("agent", { runId, sessionKey: MAIN, seq: 1, ts: 0, stream: "tool", data });
  }

  /** Closes all sockets as a restart does. */
  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets) socket.close(code, reason);
  }

  [Symbol.dispose](): void {
    this.#server.stop(true);
  }

  #open(socket: ServerWebSocket<SocketData>): void {
    this.connections += 1;
    const payload = { nonce: socket.data.nonce, ts: CHALLENGE_TS };
    socket.send(JSON.stringify({ type: "event", event: "connect.challenge", payload }));
  }

  #emitTo(socket: ServerWebSocket<SocketData>, event: string, payload: Fields): void {
    socket.data.seq += 1;
    socket.send(JSON.stringify({ type: "event", event, payload, seq: socket.data.seq }));
  }

  #receive(socket: ServerWebSocket<SocketData>, data: string): void {
    const frame = fieldsOf(JSON.parse(data));
    const params = fieldsOf(frame["params"]);
    const method = `${frame["method"]}`;
    this.requests.push({ method, params });
    for (const look of this.#waiting) look();
    const answer = (body: Fields) => socket.send(JSON.stringify({ type: "res", id: frame["id"], ...body }));
    if (method === "connect") this.#connect(socket, params, answer);
    else this.#answer(method, params, answer);
  }

  #connect(socket: ServerWebSocket<SocketData>, params: Fields, answer: (body: Fields) => void): void {
    const refusal = this.#refusalOf(params, socket.data.nonce);
    if (refusal === undefined) {
      this.#sockets.add(socket);
      const hello = this.#hello();
      answer({ ok: true, payload: this.#options.hello?.(hello) ?? hello });
      return;
    }
    answer({ ok: false, error: refusal });
    socket.close(1008, refusal.message);
  }

  #refusalOf(params: Fields, nonce: string): Refusal | undefined {
    const problem = proofProblem(params, nonce);
    if (problem !== undefined) return { code: "INVALID_REQUEST", message: problem };
    const auth = fieldsOf(params["auth"]);
    const { token } = this.#options;
    const isKnown = token === undefined || auth["token"] === token || auth["deviceToken"] === "issued";
    if (isKnown) return this.#options.refuse?.(params);
    const code = auth["token"] === undefined ? "AUTH_TOKEN_MISSING" : "AUTH_TOKEN_MISMATCH";
    return { code: "INVALID_REQUEST", message: "unauthorized: gateway token mismatch", details: { code } };
  }

  #answer(method: string, params: Fields, answer: (body: Fields) => void): void {
    if (method === "test.silent" || this.#held.has(method)) return;
    const custom = this.#options.methods?.[method];
    try {
      answer({ ok: true, payload: custom === undefined ? this.#builtIn(method, params) : custom(params) });
    } catch (error) {
      answer({ ok: false, error });
    }
    if (method === "chat.send") this.#options.onSend?.(params, this);
  }

  #builtIn(method: string, params: Fields): unknown {
    switch (method) {
      case "sessions.subscribe":
        return { subscribed: true };
      case "sessions.messages.subscribe":
        return { subscribed: true, key: params["key"] === "main" ? MAIN : params["key"] };
      case "sessions.list":
        return { sessions: this.#options.sessions?.() ?? [{ key: MAIN, isMain: true }] };
      case "sessions.create":
        return { ok: true, key: "agent:main:second" };
      case "chat.history": {
        const isMain = params["sessionKey"] === MAIN;
        return { sessionKey: params["sessionKey"], messages: isMain ? (this.#options.messages?.() ?? []) : [] };
      }
      case "chat.send":
        return { runId: params["idempotencyKey"], status: "started" };
      case "chat.abort":
        return { ok: true, aborted: true, runIds: [params["runId"]] };
      default:
        return {};
    }
  }

  #hello(): Fields {
    return {
      type: "hello-ok",
      protocol: 4,
      server: { version: "0.1.0", connId: "c1" },
      features: { methods: ["chat.send", "sessions.create"], events: [] },
      snapshot: { sessionDefaults: { defaultAgentId: "main", mainKey: "main", mainSessionKey: MAIN } },
      auth: { role: "operator", scopes: [], deviceToken: "issued" },
      policy: { maxPayload: 1, maxBufferedBytes: 1, tickIntervalMs: this.#options.tickIntervalMs ?? 30_000 },
    };
  }
}

export function assistantMessage(text: string): Fields {
  return { role: "assistant", content: [{ type: "text", text }], timestamp: 1_790_000_000_000 };
}

/** What is wrong with the device proof of a `connect`, checked the way a gateway does; undefined when it is right. */
function proofProblem(params: Fields, nonce: string): string | undefined {
  const device = fieldsOf(params["device"]);
  const client = fieldsOf(params["client"]);
  const auth = fieldsOf(params["auth"]);
  const raw = Buffer.from(`${device["publicKey"]}`, "base64url");
  if (createHash("sha256").update(raw).digest("hex") !== device["id"]) return "device identity mismatch";
  if (device["nonce"] !== nonce) return "device nonce mismatch";
  const payload = [
    "v3",
    device["id"],
    client["id"],
    client["mode"],
    params["role"],
    listOf(params["scopes"]).join(","),
    device["signedAt"],
    auth["token"] ?? auth["deviceToken"] ?? auth["bootstrapToken"] ?? "",
    nonce,
    client["platform"],
    client["deviceFamily"] ?? "",
  ].join("|");
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  const signature = Buffer.from(`${device["signature"]}`, "base64url");
  return verify(null, Buffer.from(payload), key, signature) ? undefined : "device signature invalid";
}
