/** Opens a connection to a gateway: address, certificate, challenge, proof, hello-ok (`protocol/handshake.md`). */
import type { ClientInfo, ConnectParams, DeviceProof } from "#schemas/connect.ts";
import type { EventFrame } from "#schemas/frames.ts";
import type { HelloOk } from "#schemas/hello.ts";
import { type Clock, deadline } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Secret } from "../lib/secret.ts";
import { parseAddress } from "./address.ts";
import { abortedError, closedError, type GatewayClient, OpenClient } from "./client.ts";
import { answeredError, clientError } from "./errors.ts";
import { parseIncoming, readChallenge, readHello } from "./frames.ts";
import type { PinnedTls } from "./pin.ts";

/** How long the way to hello-ok may take when the caller does not say. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Bun's constructor takes TLS options where the browser's, whose types win here, takes protocols. */
const PinnableSocket: new (url: string, options: { tls: PinnedTls }) => WebSocket = WebSocket as never;

/** What a device signs at connect. */
export interface ProofFields {
  client: ClientInfo;
  role: string;
  scopes: readonly string[];
  token: string;
}

/** A device's key, wherever it lives; the caller brings it. */
export interface DeviceKey {
  /** The proof for one challenge; `signedAt` is the challenge's own time, so that clocks need not agree. */
  prove(fields: ProofFields, challenge: { nonce: string; ts: number }): DeviceProof;
}

export interface ConnectOptions {
  url: string;
  /** Sent only after the challenge, to a pinned or loopback listener, or over verified TLS. */
  auth?: Partial<Record<"token" | "password" | "deviceToken" | "bootstrapToken", Secret | undefined>>;
  /** SHA-256 of the certificate; refuses any other. Meaningless without TLS, and refused there. */
  tlsFingerprint?: string | undefined;
  /** Allows `ws://` to other hosts (threats T27). */
  allowInsecure?: boolean;
  role?: "operator" | "node";
  scopes?: readonly string[];
  client: { version: string; platform: string } & Partial<ClientInfo>;
  /** Optional abilities such as `tool-events`; of a node, the groups of its commands. */
  caps?: readonly string[];
  /** What else a node says of itself. */
  claims?: Pick<ConnectParams, "commands" | "permissions" | "pathEnv">;
  device?: DeviceKey | undefined;
  timeoutMs?: number;
  clock: Clock;
  ids: Ids;
  signal?: AbortSignal;
}

/** Connects. Throws a {@link ClientError} with stage `connect`; no secret leaves before the challenge is read. */
export async function connectGateway(options: ConnectOptions): Promise<GatewayClient> {
  const { clock, ids, timeoutMs = CONNECT_TIMEOUT_MS } = options;
  const address = parseAddress(options.url, options.allowInsecure === true);
  const limit = deadline(clock, timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  try {
    const tls = await tlsOf(address, options.tlsFingerprint, signal);
    const socket = tls ? new PinnableSocket(address.url, { tls }) : new WebSocket(address.url);
    const hello = await new Opening(socket, options, signal).hello;
    return new OpenClient({ socket, hello, clock, ids });
  } catch (error) {
    if (limit.aborted && !options.signal?.aborted) {
      throw clientError("TIMEOUT", `${address.url} did not complete the handshake within ${timeoutMs} ms`, {
        stage: "connect",
        retryable: true,
      });
    }
    if (options.signal?.aborted) throw abortedError(options.signal);
    throw error;
  }
}

async function tlsOf(
  address: ReturnType<typeof parseAddress>,
  fingerprint: string | undefined,
  signal: AbortSignal,
): Promise<PinnedTls | undefined> {
  if (fingerprint === undefined) return undefined;
  if (address.isTls) {
    // Loaded for a pin only: most commands talk to this host, and TLS takes longer to load than they run.
    const { pinnedTls } = await import("./pin.ts");
    return pinnedTls(address, fingerprint, signal);
  }
  throw clientError("INSECURE_URL", "a TLS fingerprint was given for an address without TLS: use wss://", {
    stage: "connect",
  });
}

/** The handshake on a socket that is just opening. */
class Opening {
  readonly hello: Promise<HelloOk>;
  readonly #socket: WebSocket;
  readonly #options: ConnectOptions;
  readonly #id: string;
  readonly #settle: { resolve(hello: HelloOk): void; reject(error: unknown): void };
  readonly #stop = new AbortController();
  #isChallenged = false;

  constructor(socket: WebSocket, options: ConnectOptions, signal: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<HelloOk>();
    this.hello = promise.finally(() => this.#stop.abort());
    this.#settle = { resolve, reject };
    this.#socket = socket;
    this.#options = options;
    this.#id = options.ids.uuid();
    const listening = { signal: this.#stop.signal };
    socket.addEventListener("message", ({ data }) => this.#receive(String(data)), listening);
    socket.addEventListener("error", () => this.#fail(unreachable(options.url)), listening);
    socket.addEventListener("close", ({ code, reason }) => this.#closed(code, reason), listening);
    signal.addEventListener("abort", () => this.#fail(signal.reason), listening);
    if (signal.aborted) this.#fail(signal.reason);
  }

  #receive(text: string): void {
    const incoming = parseIncoming(text);
    if (incoming?.kind === "event") return this.#challenged(incoming.event);
    if (incoming?.answer.id !== this.#id) return;
    const { answer } = incoming;
    if ("error" in answer) return this.#fail(answeredError(answer.error, "connect"));
    const hello = readHello(answer.payload);
    if (hello) this.#settle.resolve(hello);
    else
      this.#fail(
        clientError("NOT_A_GATEWAY", "the answer to connect is no hello-ok of protocol 4", { stage: "connect" }),
      );
  }

  #challenged(event: EventFrame): void {
    const challenge = readChallenge(event);
    if (!challenge || this.#isChallenged) return;
    this.#isChallenged = true;
    const { role = "operator", scopes = [], caps = [], claims, device } = this.#options;
    const client: ClientInfo = { id: "cli", mode: "cli", ...this.#options.client };
    const auth = revealed(this.#options.auth ?? {});
    const signed = auth["token"] ?? auth["deviceToken"] ?? auth["bootstrapToken"] ?? "";
    const proof = device?.prove({ client, role, scopes, token: signed }, challenge);
    const params = {
      minProtocol: 4,
      maxProtocol: 4,
      client,
      role,
      scopes,
      caps,
      ...claims,
      auth,
      ...(proof ? { device: proof } : {}),
    };
    this.#socket.send(JSON.stringify({ type: "req", id: this.#id, method: "connect", params }));
  }

  #closed(code: number, reason: string): void {
    if (!this.#isChallenged && code === 1006) return this.#fail(unreachable(this.#options.url));
    const { message, details, retryable } = closedError(code, reason);
    this.#fail(clientError("CLOSED", message, { stage: "connect", details, retryable }));
  }

  #fail(error: unknown): void {
    this.#settle.reject(error);
    this.#socket.close();
  }
}

function revealed(auth: Readonly<Record<string, Secret | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(auth).flatMap(([name, secret]) => (secret ? [[name, secret.reveal()]] : [])),
  );
}

function unreachable(url: string) {
  const { host } = new URL(url);
  return clientError("UNREACHABLE", `no gateway answers at ${host}`, { stage: "connect", retryable: true });
}
