/**
 * Does what the gateway asks: every command gets exactly one answer, before the time it was given is over. Commands that
 * need the same thing (the camera, the canvas) run one after the other.
 */
import type { Clock } from "../../lib/clock.ts";
import { type Fields, fieldsOf, numberOf, textOf } from "../shared/wire.ts";
import { asFailure, CommandFailure } from "./failure.ts";

/** What a command gets besides its parameters. */
export interface Work {
  /** Aborts when nobody waits for the answer any more: what the command opened must be closed. */
  signal: AbortSignal;
  /** Milliseconds until the answer must be there. */
  leftMs(): number;
}

/** Something this node can do. */
export interface Command {
  /** Commands of one lane run one after the other. */
  lane?: "capture" | "canvas";
  /** Resolves with the payload; undefined for none. */
  run(params: Fields, work: Work): Promise<unknown>;
}

/** Hears of every command, for the person who looks. */
export interface Witness {
  began(id: string, command: string, params: Fields): void;
  ended(id: string, failure: CommandFailure | undefined): void;
}

interface Needs {
  commands: ReadonlyMap<string, Command>;
  clock: Clock;
  witness: Witness;
  /** Sends the params of a `node.invoke.result`. */
  answer(result: Fields): void;
}

/** How long a command has when the gateway does not say (`protocol/nodes.md` section 3). */
const DEFAULT_MS = 30_000;
/** The answer leaves this much earlier, at most: it has a way to go. */
const MARGIN_MS = 500;
/** Commands under way; the gateway sends no more than this many, so beyond it something runs wild. */
const MAX_OPEN = 32;

/** The commands of one node that are under way. */
export class Invocations {
  readonly #needs: Needs;
  readonly #open = new Map<string, AbortController>();
  readonly #lanes = new Map<string, Promise<void>>();
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** Takes a `node.invoke.request`. */
  take(request: Fields): void {
    const id = textOf(request["id"]);
    const command = textOf(request["command"]);
    if (id === undefined || command === undefined || this.#open.has(id)) return;
    const { clock, witness } = this.#needs;
    const givenMs = numberOf(request["timeoutMs"]) ?? DEFAULT_MS;
    const untilMs = clock.monotonic() + givenMs - Math.min(MARGIN_MS, givenMs / 10);
    const controller = new AbortController();
    const work: Work = { signal: controller.signal, leftMs: () => untilMs - clock.monotonic() };
    const timer = clock.after(Math.max(0, work.leftMs()), () =>
      controller.abort(new CommandFailure("TIMEOUT", "it was not done in the time the command was given")),
    );
    const isTooMany = this.#open.size >= MAX_OPEN;
    this.#open.set(id, controller);
    const end = (failure?: CommandFailure) => {
      timer.cancel();
      this.#open.delete(id);
      witness.ended(id, failure);
      if (failure) controller.abort(failure);
    };
    const answer = { id, nodeId: request["nodeId"] };
    const params = paramsOf(request["paramsJSON"]);
    witness.began(id, command, params ?? {});
    const outcome = isTooMany
      ? Promise.reject(new CommandFailure("UNAVAILABLE", "too many commands are under way"))
      : this.#run(command, params, work);
    outcome.then(
      (payload) => {
        end();
        this.#needs.answer({ ...answer, ok: true, ...payloadOf(payload) });
      },
      (error: unknown) => {
        const { code, message } = asFailure(error);
        end(asFailure(error));
        if (error !== GONE) this.#needs.answer({ ...answer, ok: false, error: { code, message } });
      },
    );
  }

  /** Nobody waits for this one any more. */
  cancel(id: string): void {
    this.#open.get(id)?.abort(new CommandFailure("CANCELLED", "the gateway no longer waits for it"));
  }

  /** The connection is gone: everything ends, and there is nobody to answer. */
  endAll(): void {
    for (const controller of this.#open.values()) controller.abort(GONE);
  }

  #run(command: string, params: Fields | undefined, work: Work): Promise<unknown> {
    const known = this.#needs.commands.get(command);
    if (known === undefined) return Promise.reject(new CommandFailure("UNAVAILABLE", "command not supported"));
    if (params === undefined)
      return Promise.reject(new CommandFailure("INVALID_REQUEST", "the parameters are no JSON object"));
    const { lane } = known;
    const before = (lane && this.#lanes.get(lane)) ?? Promise.resolve();
    const { signal } = work;
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const own = before.then(() => {
      signal.throwIfAborted();
      return known.run(params, work);
    });
    const outcome = Promise.race([own, aborted]);
    if (lane !== undefined)
      this.#lanes.set(
        lane,
        outcome.then(
          () => undefined,
          () => undefined,
        ),
      );
    return outcome;
  }
}

/** Why everything ends with the connection. */
const GONE = new CommandFailure("UNAVAILABLE", "the connection to the gateway was lost");

function paramsOf(json: unknown): Fields | undefined {
  if (json === undefined || json === null || json === "") return {};
  if (typeof json !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return value === null ? {} : isObject ? fieldsOf(value) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function payloadOf(payload: unknown): Fields {
  return payload === undefined ? {} : { payloadJSON: JSON.stringify(payload) };
}
