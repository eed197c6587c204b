/** JSON-RPC in lines with one `imsg rpc`: calls and their answers by id, and what it tells by itself. */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Ids } from "../../lib/ids.ts";
import { parseJson } from "../../lib/json.ts";
import type { Log } from "../../lib/log.ts";
import { validator } from "../../lib/validate.ts";
import { within } from "../../lib/within.ts";
import { CallFailed, type Failure, failureOf } from "./errors.ts";
import { LineSplitter } from "./lines.ts";
import { GRACE_MS, type Program } from "./process.ts";

/** A call reads a local database; behind ssh the line adds its own. */
export const CALL_MS = 10_000;
/** Notifications that may wait for the disk before no more is read; the tool itself keeps as many. */
const MAX_WAITING = 256;

export interface Call {
  signal?: AbortSignal;
  ms?: number;
  /** See {@link CallFailed.creates}. */
  creates?: boolean;
}

/** Something it tells by itself. */
export interface Notification {
  method: string;
  params: unknown;
}

interface Needs {
  program: Program;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Ends every call. */
  signal: AbortSignal;
}

const Problem = Lenient({ code: Type.Integer(), message: Type.String(), data: Type.Optional(Type.Unknown()) });
const answer = validator(
  Lenient({
    id: Type.Union([Type.String(), Type.Integer()]),
    result: Type.Optional(Type.Unknown()),
    error: Type.Optional(Problem),
  }),
);
const notification = validator(Lenient({ method: Type.String(), params: Type.Optional(Type.Unknown()) }));
const detailed = validator(
  Lenient({ detail: Type.Optional(Type.String()), retry_safe: Type.Optional(Type.Boolean()) }),
);

/** The lines to and from one process. */
export class Rpc {
  readonly #needs: Needs;
  readonly #waiting = new Map<string, (settled: { result: unknown } | { failure: Failure }) => void>();
  readonly #failed = Promise.withResolvers<never>();
  #tail: Promise<void> = Promise.resolve();
  #queued = 0;
  #isOver = false;
  #end: Failure | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Calls a method; its result. Throws {@link CallFailed}. Answers arrive only while {@link listen} runs. */
  async call(method: string, params: Record<string, unknown>, options: Call = {}): Promise<unknown> {
    const { clock, ids, program } = this.#needs;
    const { creates = false, ms = CALL_MS } = options;
    const signals = options.signal ? [this.#needs.signal, options.signal] : [this.#needs.signal];
    if (this.#end) throw new CallFailed(this.#end);
    if (signals.some(({ aborted }) => aborted)) throw new CallFailed({ kind: "unwritten", reason: "it was given up" });
    const id = ids.uuid();
    const settled = Promise.withResolvers<{ result: unknown } | { failure: Failure }>();
    this.#waiting.set(id, settled.resolve);
    try {
      const outcome = await within({ clock, ms, signals }, async () => {
        // A process that takes no more has ended, which is noticed by its output.
        await program.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`).catch(() => undefined);
        return settled.promise;
      });
      if ("failure" in outcome) throw new CallFailed(outcome.failure, creates);
      return outcome.result;
    } catch (error) {
      throw new CallFailed(failureOf(error), creates);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /**
   * Reads what comes: answers at once, notifications one after another, in order. Throws {@link CallFailed} when the
   * process ends, and what `handle` throws.
   */
  async listen(handle: (notification: Notification) => Promise<void>): Promise<never> {
    const { program, log } = this.#needs;
    const lines = new LineSplitter();
    const reader = program.output.getReader();
    const unwatch = this.#cancelAfterEnd(() => reader.cancel());
    this.#failed.promise.catch(() => undefined); // It may fail while nobody waits for it.
    try {
      for (let skipped = 0; ; ) {
        const { done, value } = await Promise.race([reader.read(), this.#failed.promise]);
        if (done) break;
        for (const line of lines.feed(value)) this.#take(line, handle);
        if (lines.skipped > skipped) log.warn("a line of imsg was too long and was left out");
        skipped = lines.skipped;
        if (this.#queued >= MAX_WAITING) await this.#settled();
      }
      // What it told before its end is still to be stored.
      await this.#settled();
      const status = await program.close();
      throw new CallFailed({ kind: "ended", status, words: await program.words() });
    } catch (error) {
      this.#finish(error instanceof CallFailed ? error.failure : { kind: "unanswered", reason: "the account stopped" });
      throw error;
    } finally {
      unwatch();
    }
  }

  #settled(): Promise<void> {
    return Promise.race([this.#failed.promise, this.#tail]);
  }

  /** A pipe stays open while anything that was started holds it; what is to be read is read soon after the end. */
  #cancelAfterEnd(cancel: () => Promise<void>): () => void {
    const { clock, program } = this.#needs;
    let stop = () => {};
    let isOver = false;
    void program.ended.then(() => {
      if (isOver) return;
      const timer = clock.after(GRACE_MS, () => void cancel());
      stop = () => timer.cancel();
    });
    return () => {
      isOver = true;
      stop();
    };
  }

  #take(line: string, handle: (notification: Notification) => Promise<void>): void {
    const parsed = parseJson(line);
    const value = parsed.ok ? parsed.value : undefined;
    if (answer.check(value)) return this.#settle(String(value.id), value);
    if (notification.check(value)) return this.#enqueue(() => handle({ method: value.method, params: value.params }));
    this.#needs.log.warn("imsg wrote a line that cannot be read", { chars: line.length });
  }

  /** After a failure nothing more is handled: it comes again. */
  #enqueue(work: () => Promise<void>): void {
    this.#queued++;
    this.#tail = this.#tail
      .then(() => (this.#isOver ? undefined : work()))
      .catch((error: unknown) => {
        this.#isOver = true;
        this.#failed.reject(error);
      })
      .finally(() => {
        this.#queued--;
      });
  }

  #settle(id: string, { result, error }: { result?: unknown; error?: typeof Problem.static }): void {
    // An answer nobody waits for came too late.
    this.#waiting.get(id)?.(error === undefined ? { result } : { failure: refusalOf(error) });
  }

  #finish(failure: Failure): void {
    this.#isOver = true;
    this.#end = { kind: "unwritten", reason: "it has ended" };
    for (const settle of [...this.#waiting.values()]) settle({ failure });
  }
}

/** The error object; what imsg adds is a text, or an object with a text in it. */
function refusalOf({ code, message, data }: typeof Problem.static): Failure {
  const object = detailed.check(data) ? data : {};
  const detail = typeof data === "string" ? data : (object.detail ?? "");
  return { kind: "refused", code, message, detail, isRetrySafe: object.retry_safe };
}
