/** A gateway as a client sees it, reduced to what a test scripts: challenge, answer to connect, answers to calls. */
import { connect, createServer } from "node:net";
import type { ServerWebSocket } from "bun";

export interface Received {
  id: string;
  method: string;
  params: Record<string, unknown>;
}

export interface StandInOptions {
  /** Sent on open; null sends none. */
  challenge?: { nonce: string; ts: number } | null;
  tls?: { cert: string; key: string };
  /** Called for every request; the default answers connect with a hello and nothing else. */
  onRequest?(request: Received, reply: Reply): void;
}

/** How a stand-in talks back. */
export interface Reply {
  ok(payload: unknown): void;
  error(error: Record<string, unknown>): void;
  event(event: string, payload: unknown): void;
  close(code: number, reason: string): void;
  raw(text: string): void;
}

export interface StandIn extends AsyncDisposable {
  url: string;
  port: number;
  /** Every frame that came in, as text. */
  received: string[];
  requests: Received[];
}

/** A hello-ok with the least a client reads. */
export const hello = {
  type: "hello-ok",
  protocol: 4,
  server: { version: "9.9.9", connId: "c1", bootId: "b1" },
  features: { methods: ["health"], events: [] },
  snapshot: { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: 5 },
  auth: { role: "operator", scopes: ["operator.admin"] },
  policy: { maxPayload: 1000, maxBufferedBytes: 1000, tickIntervalMs: 30_000 },
};

/** Starts one on loopback. */
export function startStandIn(options: StandInOptions = {}): StandIn {
  const { challenge = { nonce: "nonce-1", ts: 1_700_000_000_000 }, tls, onRequest } = options;
  const received: string[] = [];
  const requests: Received[] = [];
  const server = Bun.serve<undefined>({
    hostname: "127.0.0.1",
    port: 0,
    ...(tls ? { tls } : {}),
    fetch: (request, self) => (self.upgrade(request, { data: undefined }) ? undefined : new Response("page")),
    websocket: {
      open(socket) {
        if (challenge) send(socket, { type: "event", event: "connect.challenge", payload: challenge });
      },
      message(socket, data) {
        received.push(String(data));
        const request: Received = JSON.parse(String(data));
        requests.push(request);
        const reply = replyTo(request, socket);
        if (onRequest) onRequest(request, reply);
        else if (request.method === "connect") reply.ok(hello);
      },
    },
  });
  const port = server.port ?? 0;
  return {
    url: `${tls ? "wss" : "ws"}://127.0.0.1:${port}`,
    port,
    received,
    requests,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function replyTo({ id }: Received, socket: ServerWebSocket<undefined>): Reply {
  return {
    ok: (payload) => send(socket, { type: "res", id, ok: true, payload }),
    error: (error) => send(socket, { type: "res", id, ok: false, error }),
    event: (event, payload) => send(socket, { type: "event", event, payload }),
    close: (code, reason) => socket.close(code, reason),
    raw: (text) => void socket.send(text),
  };
}

function send(socket: ServerWebSocket<undefined>, frame: object): void {
  socket.send(JSON.stringify(frame));
}

/** Passes each new connection on to the next of these ports, byte for byte. */
export function startRelay(ports: readonly number[]): Disposable & { port: number; readonly connections: number } {
  const sockets = new Set<{ destroy(): void }>();
  let connections = 0;
  const server = createServer((client) => {
    const target = connect(ports[connections++] ?? 0, "127.0.0.1");
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    client.pipe(target).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    get connections() {
      return connections;
    },
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
