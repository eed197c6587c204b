/** A connection to a gateway after its hello-ok: calls out, events in, until one side closes. */
import { closeCodes } from "#schemas/errors.ts";
import type { EventFrame } from "#schemas/frames.ts";
import type { HelloOk } from "#schemas/hello.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import { answeredError, type ClientError, clientError } from "./errors.ts";
import { type Answer, isObject, parseIncoming } from "./frames.ts";

/** How long a call may take when its caller does not say; the default of the protocol's clients. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** How a call is made. */
export interface RequestOptions {
  timeoutMs?: number;
  /** The method answers twice: resolve with the second answer, after `accepted`. */
  expectFinal?: boolean;
  /** Gets the first answer of a method that answers twice. */
  onAccepted?(payload: unknown): void;
  /** Gives up on the call; the gateway is not told. */
  signal?: AbortSignal;
}

/** How a connection ended. */
export interface Closing {
  code: number;
  reason: string;
  /** The gateway expects this client to come back by itself. */
  shouldReconnect: boolean;
}

/** An authenticated connection. */
export interface GatewayClient extends AsyncDisposable {
  readonly hello: HelloOk;
  /**
   * Calls a method. Throws a {@link ClientError}: the gateway's refusal, or why there is no answer. `T` is what the
   * caller knows of the declared result; it is not checked again.
   */
  request<T = unknown>(method: string, params?: unknown, options?: RequestOptions): Promise<T>;
  /** Calls `listener` for each event until disposed. */
  onEvent(listener: (event: EventFrame) => void): Disposable;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<Closing>;
  /** Ends the connection and every call under way. Idempotent. */
  close(): Promise<void>;
}

interface Pending {
  options: RequestOptions;
  settle(result: { payload: unknown } | { error: unknown }): void;
}

/** {@link GatewayClient} on a socket whose handshake is over. */
export class OpenClient implements GatewayClient {
  readonly hello: HelloOk;
  readonly closed: Promise<Closing>;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #pending = new Map<string, Pending>();
  readonly #listeners = new Set<(event: EventFrame) => void>();
  readonly #watchdog: Timer;
  #isClosed = false;
  #heardAt: number;

  constructor(needs: { socket: WebSocket; hello: HelloOk; clock: Clock; ids: Ids }) {
    const { socket, hello, clock, ids } = needs;
    this.hello = hello;
    this.#socket = socket;
    this.#clock = clock;
    this.#ids = ids;
    this.#heardAt = clock.monotonic();
    const { promise, resolve } = Promise.withResolvers<Closing>();
    this.closed = promise;
    socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    socket.addEventListener("close", ({ code, reason }) => resolve(this.#end(code, reason)), { once: true });
    this.#watchdog = clock.every(hello.policy.tickIntervalMs, () => this.#listen());
  }

  request<T>(method: string, params: unknown = {}, options: RequestOptions = {}): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#isClosed) return Promise.reject(clientError("CLOSED", "the connection is closed", { retryable: true }));
    const { timeoutMs = REQUEST_TIMEOUT_MS, signal } = options;
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    const id = this.#ids.uuid();
    const late = this.#clock.after(timeoutMs, () => {
      const message = `${method} was not answered within ${timeoutMs} ms`;
      this.#pending.get(id)?.settle({ error: clientError("TIMEOUT", message, { retryable: true }) });
    });
    const onAbort = () => this.#pending.get(id)?.settle({ error: abortedError(signal) });
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#pending.set(id, {
      options,
      settle: (result) => {
        this.#pending.delete(id);
        late.cancel();
        signal?.removeEventListener("abort", onAbort);
        // What a method gives is its declaration's affair; the caller names the type it reads.
        if ("payload" in result) resolve(result.payload as T);
        else reject(result.error);
      },
    });
    this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    return promise;
  }

  onEvent(listener: (event: EventFrame) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async close(): Promise<void> {
    this.#end(1000, "");
    this.#socket.close(1000);
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(text: string): void {
    this.#heardAt = this.#clock.monotonic();
    const incoming = parseIncoming(text);
    if (incoming?.kind === "answer") this.#answered(incoming.answer);
    else if (incoming) for (const listener of [...this.#listeners]) listener(incoming.event);
  }

  #answered(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return; // The second answer to a caller who took the first, or one that came too late.
    if ("error" in answer) return pending.settle({ error: answeredError(answer.error, "call") });
    const { payload } = answer;
    if (pending.options.expectFinal && isObject(payload) && payload["status"] === "accepted") {
      pending.options.onAccepted?.(payload);
      return;
    }
    pending.settle({ payload });
  }

  /** A gateway ticks; one that says nothing for two ticks is gone, whatever TCP believes. */
  #listen(): void {
    const silentMs = this.#clock.monotonic() - this.#heardAt;
    if (silentMs > 2 * this.hello.policy.tickIntervalMs) this.#socket.close(4000, "tick timeout");
  }

  #end(code: number, reason: string): Closing {
    this.#isClosed = true;
    this.#watchdog.cancel();
    for (const pending of [...this.#pending.values()]) pending.settle({ error: closedError(code, reason) });
    return { code, reason, shouldReconnect: mayReconnect(code) };
  }
}

/** What a closed connection means to a call that still waits. */
export function closedError(code: number, reason: string): ClientError {
  const why = reason ? `${code} ${reason}` : String(code);
  return clientError("CLOSED", `the gateway closed the connection (${why})`, {
    details: { closeCode: code, reason },
    retryable: mayReconnect(code),
  });
}

/** What an aborted signal means to its waiter. */
export function abortedError(signal: AbortSignal | undefined): ClientError {
  return clientError("ABORTED", "interrupted", { cause: signal?.reason });
}

function mayReconnect(code: number): boolean {
  const known: Partial<Record<number, { reconnect: boolean }>> = closeCodes;
  return known[code]?.reconnect ?? true;
}
