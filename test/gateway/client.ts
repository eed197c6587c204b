/** A protocol client for tests: frames as objects, waiting for the one that is meant, and every kind of connect. */
import type { ClientInfo } from "#schemas/connect.ts";
import { proofOf, type TestKey } from "../devices/keys.ts";
import { TOKEN } from "../support/gateway.ts";
import { open, type PeerSocket, type SocketOptions } from "./socket.ts";

export type Json = Record<string, unknown>;

/** Any frame of the server. */
export interface ServerFrame {
  type: string;
  id?: string;
  ok?: boolean;
  event?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  payload?: any;
  error?: { code: string; message: string; details?: Json; retryable?: boolean; retryAfterMs?: number };
  seq?: number;
  stateVersion?: Json;
}

/** What a client says when it connects; by default an operator that is this host's own backend. */
export interface ConnectOptions {
  version?: 3 | 4;
  client?: Partial<ClientInfo>;
  role?: string;
  scopes?: readonly string[];
  auth?: Json | undefined;
  key?: TestKey;
  /** Milliseconds by which the device's clock differs. */
  skewMs?: number;
  payload?: "v1" | "v2" | "v3";
  caps?: readonly string[];
  extra?: Json;
}

interface Waiter {
  isMeant(frame: ServerFrame): boolean;
  take(frame: ServerFrame): void;
  fail(error: unknown): void;
}

/** A connection that speaks frames. */
export class TestClient implements Disposable {
  readonly socket: PeerSocket;
  /** Events that nobody waited for. */
  readonly events: ServerFrame[] = [];
  readonly #answers: ServerFrame[] = [];
  readonly #waiting = new Set<Waiter>();
  #isEnded = false;
  #count = 0;

  constructor(socket: PeerSocket) {
    this.socket = socket;
    void this.#read();
  }

  /** Waits for the first event that is meant, also among those that came already. */
  event(isMeant: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    return this.#find(this.events, (frame) => frame.type === "event" && isMeant(frame));
  }

  /** Waits for the next answer under an id. */
  answer(id: string): Promise<ServerFrame> {
    return this.#find(this.#answers, (frame) => frame.type === "res" && frame.id === id);
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Calls a method and gives its first answer. */
  call(method: string, params?: unknown): Promise<ServerFrame> {
    const id = `t${++this.#count}`;
    this.send({ type: "req", id, method, ...(params === undefined ? {} : { params }) });
    return this.answer(id);
  }

  /** The challenge that every connection begins with. */
  async challenge(): Promise<{ nonce: string; ts: number }> {
    return (await this.event(({ event }) => event === "connect.challenge")).payload;
  }

  /** Sends a connect and gives its answer. */
  async connect(options: ConnectOptions = {}): Promise<ServerFrame> {
    return this.call("connect", connectParams(options, await this.challenge()));
  }

  /** Frames that nobody waited for, in order of kind: events, then answers. */
  get left(): ServerFrame[] {
    return [...this.events, ...this.#answers];
  }

  [Symbol.dispose](): void {
    this.socket[Symbol.dispose]();
  }

  #find(known: ServerFrame[], isMeant: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    const at = known.findIndex(isMeant);
    const [frame] = at < 0 ? [] : known.splice(at, 1);
    if (frame) return Promise.resolve(frame);
    if (this.#isEnded) return Promise.reject(new Error("the connection ended"));
    return new Promise((take, fail) => this.#waiting.add({ isMeant, take, fail }));
  }

  async #read(): Promise<void> {
    try {
      for (;;) this.#deliver(JSON.parse(await this.socket.next()));
    } catch (error) {
      this.#isEnded = true;
      for (const { fail } of this.#waiting) fail(error);
    }
  }

  #deliver(frame: ServerFrame): void {
    for (const waiter of this.#waiting) {
      if (!waiter.isMeant(frame)) continue;
      this.#waiting.delete(waiter);
      return waiter.take(frame);
    }
    if (frame.type === "event") this.events.push(frame);
    else this.#answers.push(frame);
  }
}

/** The parameters of a connect. */
export function connectParams(options: ConnectOptions, challenge: { nonce: string; ts: number }): Json {
  const { version = 4, role, scopes, auth = { token: TOKEN }, key, caps, extra } = options;
  const client = {
    id: key ? ("cli" as const) : ("gateway-client" as const),
    version: "1.0.0",
    platform: "linux",
    mode: key ? ("cli" as const) : ("backend" as const),
    ...options.client,
  };
  const { token, deviceToken, bootstrapToken } = auth as Record<string, string | undefined>;
  const fields = {
    client,
    token: token ?? deviceToken ?? bootstrapToken ?? "",
    ...(role ? { role } : {}),
    ...(scopes ? { scopes } : {}),
  };
  const signedAt = challenge.ts + (options.skewMs ?? 0);
  const given = { nonce: challenge.nonce, signedAt, ...(options.payload ? { version: options.payload } : {}) };
  return {
    minProtocol: version,
    maxProtocol: version,
    client,
    ...(role === undefined ? {} : { role }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(Object.keys(auth).length ? { auth } : {}),
    ...(caps === undefined ? {} : { caps }),
    ...(key ? { device: proofOf(key, fields, given) } : {}),
    ...extra,
  };
}

/** A connection that has not said anything yet. */
export async function openClient(url: string, options: SocketOptions = {}): Promise<TestClient> {
  return new TestClient(await open(url, options));
}

/** An admitted client: by default an admin without a device. */
export async function connectClient(
  url: string,
  options: ConnectOptions = {},
  socket: SocketOptions = {},
): Promise<TestClient & { hello: Json }> {
  const client = await openClient(url, socket);
  const answer = await client.connect({ scopes: ["operator.admin"], ...options });
  if (!answer.ok) throw new Error(`the connect was refused: ${answer.error?.message}`);
  return Object.assign(client, { hello: answer.payload as Json });
}
