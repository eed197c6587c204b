/**
 * The listening socket: HTTP routes, upgrades, frames in and frames out. Knows connections and frames, no product noun.
 */
import type { Server, ServerWebSocket } from "bun";
import { RequestFrame, RequestFrameV3 } from "#schemas/frames.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf, toErrorShape } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import { parseJson } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import { validator } from "../lib/validate.ts";
import type { Audience } from "./broadcast.ts";
import { Connection } from "./connection.ts";
import type { Dispatcher } from "./dispatch.ts";
import { type Handshake, HandshakeRefusal } from "./handshake.ts";
import type { Peer, PeerJudge } from "./peer.ts";
import { MAX_FRAME_BYTES, MAX_PREAUTH_FRAME_BYTES } from "./wire.ts";

const frameV4 = validator(RequestFrame);
const frameV3 = validator(RequestFrameV3);

/** Frames a client may send while its connect is looked at (`protocol/handshake.md` section 12). */
const MAX_HANDSHAKE_FRAMES = 15;
/** Sockets from one remote address that have not proven themselves; then the oldest of them goes (threats T34). */
const MAX_UNPROVEN_PER_ADDRESS = 32;
/** The same from everywhere together, loopback included. */
const MAX_UNPROVEN = 1024;
/** Bun drops what exceeds this without a word, so it lies above every limit that we apply ourselves. */
const SOCKET_BUFFER_BYTES = 256 * 1024 * 1024;
/** A socket that is silent this long, pongs included, is dead. */
const IDLE_SECONDS = 120;
/** How long goodbyes may take before sockets are cut. */
const DRAIN_MS = 1_000;

/**
 * A part that serves its own paths, sockets included, and judges its own requests: its pages have no origin, so the
 * rules of the protocol's socket do not fit them.
 */
export interface Annex {
  /** Whether an address is one of theirs; asked for every request. */
  owns(url: string): boolean;
  /** Answers; undefined when `upgrade` made the request a socket. */
  fetch(
    request: Request,
    address: string,
    upgrade: (socket: AnnexSocket) => boolean,
  ): Response | Promise<Response | undefined>;
}

/** A socket of an annex. It is only written to: what comes in ends it. */
export interface AnnexSocket {
  open(socket: ServerWebSocket<unknown>): void;
  close(): void;
}

/** Answers plain HTTP requests of a judged peer; undefined means that the route is not theirs. */
export type HttpRoute = (request: Request, url: URL, peer: Peer) => Response | Promise<Response> | undefined;

export interface GatewayOptions {
  hostname: string;
  port: number;
  tls?: { cert: string; key: string } | undefined;
  handshakeTimeoutMs: number;
  judge: () => PeerJudge;
  handshake: Handshake;
  dispatcher: Dispatcher;
  audience: Audience;
  routes: readonly HttpRoute[];
  annex?: Annex;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** A client was admitted; its hello is on the way. */
  onOpen(connection: Connection): void;
  /** An admitted client is gone. */
  onClose(connection: Connection): void;
}

/** A running gateway socket. */
export interface Gateway extends AsyncDisposable {
  readonly port: number;
  /** Stops accepting, says why, and closes every connection with 1012 `service restart`. */
  shutdown(): Promise<void>;
}

/** Listens. Throws what the operating system says when the address cannot be had. */
export function openGateway(options: GatewayOptions): Gateway {
  const sockets = new Sockets(options);
  const server = Bun.serve<Connection | AnnexSocket>({
    hostname: options.hostname,
    port: options.port,
    reusePort: false,
    ...(options.tls ? { tls: options.tls } : {}),
    idleTimeout: 60,
    maxRequestBodySize: MAX_FRAME_BYTES,
    error: (error) => {
      options.log.error("a request failed", { error: messageOf(error) });
      return new Response(null, { status: 500 });
    },
    fetch: (request, self) => sockets.fetch(request, self),
    websocket: {
      maxPayloadLength: MAX_FRAME_BYTES,
      backpressureLimit: SOCKET_BUFFER_BYTES,
      closeOnBackpressureLimit: false,
      idleTimeout: IDLE_SECONDS,
      sendPings: true,
      perMessageDeflate: false,
      open: (socket) =>
        socket.data instanceof Connection ? sockets.open(socket.data, socket) : socket.data.open(socket),
      message: (socket, data) =>
        socket.data instanceof Connection
          ? sockets.message(socket.data, data)
          : socket.close(1008, "nothing is expected here"),
      drain: ({ data }) => {
        if (data instanceof Connection) data.drained();
      },
      close: ({ data }) => (data instanceof Connection ? sockets.close(data) : data.close()),
    },
  });
  let isDown = false;
  const shutdown = async () => {
    if (isDown) return;
    isDown = true;
    sockets.closeAll(1012, "service restart");
    const cut = options.clock.after(DRAIN_MS, () => void server.stop(true));
    await server.stop(false);
    cut.cancel();
  };
  return { port: server.port ?? options.port, shutdown, [Symbol.asyncDispose]: shutdown };
}

/** Frames that came in before hello-ok, in order; undefined once the connection is admitted or refused. */
interface Unproven {
  connection: Connection;
  isBusy: boolean;
  waiting: unknown[];
  expire: { cancel(): void };
}

class Sockets {
  readonly #options: GatewayOptions;
  /** Oldest first. */
  readonly #unproven = new Map<Connection, Unproven>();
  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  fetch(
    request: Request,
    server: Server<Connection | AnnexSocket>,
  ): Response | Promise<Response | undefined> | undefined {
    const { judge, routes, annex, ids, clock } = this.#options;
    const address = server.requestIP(request)?.address ?? "";
    if (annex?.owns(request.url)) return annex.fetch(request, address, (data) => server.upgrade(request, { data }));
    const peer = judge().judge(address, request.headers);
    if ("status" in peer) return new Response(null, { status: peer.status });
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      this.#makeRoom(peer);
      const data = new Connection({ id: ids.uuid(), nonce: ids.uuid(), openedAtMs: clock.now(), peer });
      return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 });
    }
    const url = new URL(request.url);
    for (const route of routes) {
      const response = route(request, url, peer);
      if (response) return response;
    }
    return new Response(null, { status: 404 });
  }

  open(connection: Connection, socket: ServerWebSocket<unknown>): void {
    connection.attach(socket);
    const { clock, handshakeTimeoutMs } = this.#options;
    const expire = clock.after(handshakeTimeoutMs, () => connection.close(1000, ""));
    this.#unproven.set(connection, { connection, isBusy: false, waiting: [], expire });
    connection.notify("connect.challenge", { nonce: connection.nonce, ts: connection.openedAtMs });
  }

  message(connection: Connection, data: string | Buffer): void {
    const text = typeof data === "string" ? data : data.toString("utf8");
    const sizeBytes = typeof data === "string" ? Buffer.byteLength(data) : data.length;
    const { identity } = connection;
    if (sizeBytes > (identity ? connection.policy.maxPayload : MAX_PREAUTH_FRAME_BYTES))
      return connection.close(1009, "");
    const parsed = parseJson(text);
    if (!identity) return this.#first(connection, parsed.ok ? parsed.value : undefined, parsed.ok);
    if (!parsed.ok) {
      if (parsed.problem === "syntax") return; // Peers of both generations are silent about text that is no JSON.
      const error = { code: "INVALID_REQUEST", message: `invalid request frame: ${parsed.problem}` };
      return connection.respond("invalid", { error });
    }
    this.#request(connection, parsed.value);
  }

  close(connection: Connection): void {
    connection.end();
    this.#forget(connection);
    if (!this.#options.audience.find(connection.id)) return;
    this.#options.audience.remove(connection);
    this.#options.onClose(connection);
  }

  closeAll(code: number, reason: string): void {
    for (const connection of [...this.#options.audience, ...this.#unproven.keys()]) connection.close(code, reason);
  }

  #first(connection: Connection, frame: unknown, isJson: boolean): void {
    const state = this.#unproven.get(connection);
    if (!state) return;
    if (!isJson) return connection.close(1000, "");
    if (!state.isBusy) {
      state.isBusy = true;
      void this.#admit(state, frame);
    } else if (state.waiting.push(frame) > MAX_HANDSHAKE_FRAMES) {
      connection.close(1008, "too many pending handshake frames");
    }
  }

  async #admit(state: Unproven, frame: unknown): Promise<void> {
    const { connection } = state;
    const { handshake, audience, onOpen, log, ids } = this.#options;
    try {
      const { id, hello } = await handshake.admit(frame, connection);
      this.#forget(connection);
      if (!connection.isOpen) return;
      connection.respond(id, { payload: hello });
      audience.add(connection);
      onOpen(connection);
      for (const waiting of state.waiting) this.#request(connection, waiting);
    } catch (error) {
      if (error instanceof HandshakeRefusal) {
        const { answer, closeCode, message } = error;
        if (answer) connection.respond(answer.id, { error: toErrorShape(answer.error, "") });
        return connection.close(closeCode, message);
      }
      log.error("a handshake failed", { ref: ids.uuid().slice(0, 8), error: messageOf(error) });
      connection.close(1011, "internal error");
    }
  }

  #request(connection: Connection, frame: unknown): void {
    const { identity } = connection;
    if (!identity) return;
    const check = identity.version === 3 ? frameV3 : frameV4;
    if (!check.check(frame)) {
      const id = typeof frame === "object" && frame !== null && "id" in frame ? frame.id : undefined;
      const message = `invalid request frame: ${check.problems(frame, identity.version)}`;
      return connection.respond(id === undefined ? "invalid" : id, { error: { code: "INVALID_REQUEST", message } });
    }
    void this.#options.dispatcher.serve(frame, connection, identity);
  }

  #forget(connection: Connection): void {
    this.#unproven.get(connection)?.expire.cancel();
    this.#unproven.delete(connection);
  }

  /** Silent sockets give way to new ones, oldest first: an honest client proves itself within milliseconds. */
  #makeRoom(peer: Peer): void {
    if (this.#unproven.size >= MAX_UNPROVEN) this.#evict(this.#unproven.keys().next().value);
    if (peer.isLocal) return;
    const same = [...this.#unproven.keys()].filter((connection) => isSameRemote(connection.peer, peer));
    if (same.length >= MAX_UNPROVEN_PER_ADDRESS) this.#evict(same[0]);
  }

  #evict(connection: Connection | undefined): void {
    if (!connection) return;
    this.#forget(connection);
    connection.close(1013, "too many unauthenticated connections");
  }
}

/** This host's own sockets do not count for a peer that a proxy on this host forwards. */
function isSameRemote(one: Peer, other: Peer): boolean {
  return !one.isLocal && one.clientIp === other.clientIp;
}
