/**
 * From a request frame to its answer: find, authorize, validate, act once, answer. The only place with these steps
 * (design section 4). Knows methods by their declaration, never by what they are about.
 */
import type { RequestFrame } from "#schemas/frames.ts";
import type { Access, MethodSpec, ProtocolVersion } from "#schemas/method.ts";
import { hasScope } from "../devices/scopes.ts";
import { fail, GatewayError, messageOf, toErrorShape } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { type Connection, type Identity, MAX_IN_FLIGHT } from "./connection.ts";
import type { Once } from "./once.ts";

/** Calls outside its role that a connection may make in a row before it is closed (`protocol/handshake.md` section 6). */
const MAX_UNAUTHORIZED_CALLS = 10;

/** What a method knows about a call besides its parameters. */
export interface Call {
  readonly connection: Connection;
  readonly caller: Identity;
  /** Sends a first answer under the same id; the returned or thrown one becomes the second. */
  accept(payload: unknown): void;
  /** Aborted when the caller's socket is gone. */
  readonly signal: AbortSignal;
}

/** A method ready to be called; `methods/define.ts` makes them. */
export interface Method extends MethodSpec {
  /** The validated parameters. Throws `INVALID_REQUEST`. */
  parse(params: unknown, version: ProtocolVersion): unknown;
  handle(params: unknown, call: Call): unknown;
  /** A keyed method whose work remembers its own key (runs do), so that the answer of a repeat can tell how it stands. */
  remembersKey?: boolean;
  /** A keyed method whose work goes on where a crash cut it off. */
  resumes?: boolean;
  /** A stricter access for these parameters than the declared one. */
  accessFor?(params: unknown): Access | undefined;
}

/** Answers requests of authenticated connections. */
export class Dispatcher {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #once: Once;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #onResult: ((method: Method, payload: unknown) => void) | undefined;
  constructor(needs: {
    methods: readonly Method[];
    once: Once;
    ids: Ids;
    log: Log;
    /** Sees every successful answer; tests check them against the declared result. */
    onResult?: ((method: Method, payload: unknown) => void) | undefined;
  }) {
    this.#methods = new Map(needs.methods.map((method) => [method.name, method]));
    this.#once = needs.once;
    this.#ids = needs.ids;
    this.#log = needs.log;
    this.#onResult = needs.onResult;
  }

  /** The methods a caller of that generation is told of in `features.methods`. */
  names(version: ProtocolVersion): string[] {
    return [...this.#methods.values()].filter((one) => accessOf(one, version) !== "never").map(({ name }) => name);
  }

  /** Serves one request. Never rejects: what goes wrong is answered. */
  async serve(frame: RequestFrame, connection: Connection, caller: Identity): Promise<void> {
    if (connection.inFlight >= MAX_IN_FLIGHT) {
      const message = `more than ${MAX_IN_FLIGHT} requests under way: wait for answers before asking more`;
      return connection.respond(frame.id, {
        error: { code: "UNAVAILABLE", message, retryable: true, retryAfterMs: 100 },
      });
    }
    connection.inFlight++;
    try {
      const outcome = this.#answer(frame, connection, caller);
      const payload = outcome instanceof Promise ? await outcome : outcome;
      connection.respond(frame.id, { payload });
    } catch (error) {
      this.#refuse(frame, connection, error);
    } finally {
      connection.inFlight--;
    }
  }

  /** Stays synchronous as long as the method does: most reads need no turn of the event loop. */
  #answer(frame: RequestFrame, connection: Connection, caller: Identity): unknown {
    const named = this.#methods.get(frame.method);
    const access = named ? accessOf(named, caller.version) : "never";
    const method = access === "never" ? undefined : named;
    this.#authorizeRole(access, connection, caller);
    if (!method || access === "never") {
      if (caller.role !== "node") authorizeScope("admin", caller);
      return fail("INVALID_REQUEST", `unknown method: ${frame.method.slice(0, 128)}`);
    }
    if (access !== "node" && !method.accessFor) authorizeScope(access, caller);
    const params = method.parse(frame.params ?? {}, caller.version);
    if (access !== "node" && method.accessFor)
      authorizeScope((caller.version === 4 && method.accessFor(params)) || access, caller);
    const call: Call = {
      connection,
      caller,
      get signal() {
        return connection.gone;
      },
      accept: (payload) => connection.respond(frame.id, { payload }),
    };
    const work = () => method.handle(params, call);
    const result =
      method.idempotency === "keyed" && !method.remembersKey
        ? this.#once.run(method.name, params, work, method.resumes)
        : work();
    if (result instanceof Promise) return result.then((payload) => this.#watched(method, payload));
    return this.#watched(method, result);
  }

  #watched(method: Method, payload: unknown): unknown {
    this.#onResult?.(method, payload);
    return payload;
  }

  /** A node that asks for what we do not know hears so: hosts of v4 try several, and go on without (`nodes.md` 5). */
  #authorizeRole(access: Access | "never", connection: Connection, caller: Identity): void {
    const isNode = caller.role === "node";
    if ((access === "node") === isNode || (isNode && access === "never")) {
      connection.unauthorizedCalls = 0;
      return;
    }
    // Apps of v3 call operator methods on their node's socket, and go on when they are refused.
    if (++connection.unauthorizedCalls > MAX_UNAUTHORIZED_CALLS && caller.version === 4) {
      queueMicrotask(() => connection.close(1008, "repeated unauthorized calls"));
    }
    fail("INVALID_REQUEST", `unauthorized role: ${caller.role}`);
  }

  #refuse(frame: RequestFrame, connection: Connection, error: unknown): void {
    const ref = this.#ids.uuid().slice(0, 8);
    if (!(error instanceof GatewayError)) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#log.error("a method failed", { method: frame.method, ref, error: messageOf(error), stack });
    }
    const payload = error instanceof GatewayError ? error.extras.payload : undefined;
    connection.respond(frame.id, { error: toErrorShape(error, ref), payload });
  }
}

/** The access rule of a method for one generation. */
export function accessOf(method: Pick<MethodSpec, "access">, version: ProtocolVersion): Access | "never" {
  const { access } = method;
  return typeof access === "string" ? access : version === 3 ? access.v3 : access.v4;
}

/** Throws unless the caller holds the scope (`protocol/handshake.md` section 6). */
export function authorizeScope(access: Access, caller: Identity): void {
  const scope = `operator.${access}`;
  if (hasScope(caller.scopes, scope)) return;
  fail("FORBIDDEN", `missing scope: ${scope}`, {
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
  });
}
