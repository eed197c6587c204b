/**
 * Acts once per idempotency key and answers repeats with what the first one was answered, also after a restart
 * (threats T40). The same key with other parameters is a conflict, not a repeat.
 */
import { createHash } from "node:crypto";
import type { ErrorShape } from "#schemas/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { fail, GatewayError } from "../lib/errors.ts";

/** Where outcomes are kept; `store/dedupe.ts` satisfies it. */
export interface OnceStore {
  /** One transaction, on the disk when it returns; nothing of it stays when `work` throws. */
  decide<T>(work: () => T): T;
  find(key: string): { paramsHash: string; outcome?: string } | undefined;
  begin(key: string, paramsHash: string, nowMs: number): void;
  finish(key: string, outcome: string): void;
  forget(key: string): void;
}

type Outcome =
  | { payload: unknown }
  | { error: Pick<ErrorShape, "message" | "details"> & { code: GatewayError["code"] } };

/** Runs keyed work. */
export class Once {
  readonly #store: OnceStore;
  readonly #clock: Clock;
  readonly #running = new Map<string, Promise<unknown>>();
  constructor(store: OnceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Runs `work` unless the key is known. Work that is done when it returns is stored together with its outcome, in one
   * transaction; while other work runs, repeats wait for the same result. A refusal of the request itself
   * (`INVALID_REQUEST`, `FORBIDDEN`) is not kept: the corrected request may use the key. A key whose first run a crash
   * cut off is answered `UNAVAILABLE` with `details.reason: "interrupted"`, because nobody knows how far it came, unless
   * the work `resumes`: it finds under its own key what it did before, and goes on from there.
   */
  run(method: string, params: unknown, work: () => unknown, resumes = false): unknown {
    const key = `${method}:${keyIn(params)}`;
    const hash = hashOf(params);
    const known = this.#store.find(key);
    if (known && known.paramsHash !== hash) conflict();
    const running = this.#running.get(key);
    if (running) return running;
    if (known?.outcome !== undefined) return replay(JSON.parse(known.outcome));
    if (known && !resumes) return replay(interrupted(method));
    try {
      return this.#store.decide(() => {
        this.#store.begin(key, hash, this.#clock.now());
        const result = work();
        if (result instanceof Promise) return this.#await(key, hash, result);
        this.#store.finish(key, JSON.stringify({ payload: result } satisfies Outcome));
        return result;
      });
    } catch (error) {
      this.#keepFailure(key, hash, error);
      throw error;
    }
  }

  #await(key: string, hash: string, result: Promise<unknown>): Promise<unknown> {
    const kept = result.then(
      (payload) => {
        this.#running.delete(key);
        this.#store.finish(key, JSON.stringify({ payload } satisfies Outcome));
        return payload;
      },
      (error) => {
        this.#running.delete(key);
        this.#keepFailure(key, hash, error);
        throw error;
      },
    );
    this.#running.set(key, kept);
    return kept;
  }

  #keepFailure(key: string, hash: string, error: unknown): void {
    if (!(error instanceof GatewayError) || error.code === "INVALID_REQUEST" || error.code === "FORBIDDEN") {
      this.#store.forget(key);
      return;
    }
    const { code, message, extras } = error;
    this.#store.decide(() => {
      this.#store.begin(key, hash, this.#clock.now());
      this.#store.finish(key, JSON.stringify({ error: { code, message, details: extras.details } } satisfies Outcome));
    });
  }
}

/** Refuses a key that was used for something else. */
export function conflict(): never {
  fail("CONFLICT", "this idempotency key was used with other parameters: use a new one");
}

/** A hash of parameters that does not depend on the order of their properties. */
export function hashOf(params: unknown): string {
  return createHash("sha256").update(canonical(params)).digest("base64url");
}

function interrupted(method: string): Outcome {
  const message = `the gateway stopped during this ${method}: it is not known whether it took effect`;
  return { error: { code: "UNAVAILABLE", message, details: { reason: "interrupted" } } };
}

function replay(outcome: Outcome): unknown {
  if ("payload" in outcome) return outcome.payload;
  const { code, message, details } = outcome.error;
  return fail(code, message, details === undefined ? {} : { details });
}

function keyIn(params: unknown): string {
  const key =
    typeof params === "object" && params !== null && "idempotencyKey" in params ? params.idempotencyKey : undefined;
  return typeof key === "string" && key ? key : fail("INVALID_REQUEST", "idempotencyKey required");
}

function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}
