/**
 * Answers what a gateway asks: every invocation exactly once, on the connection it came by. Commands go on when that
 * connection is lost, because what they do is done either way; they are stopped when the gateway says that nobody waits.
 */
import { NodeInvokeRequest } from "#schemas/nodes.ts";
import { messageOf } from "../lib/errors.ts";
import { parseJson } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import { validator } from "../lib/validate.ts";
import type { Command } from "./command.ts";
import { failureOf, invalid, unavailable } from "./failure.ts";

/** Invocations under way; the gateway sends no more than this many, so beyond it something runs wild. */
const MAX_OPEN = 32;
/** Ids that are remembered, so that a request that comes twice is done once. */
const MAX_SEEN = 512;

const isRequest = validator(NodeInvokeRequest);

/** The fields of a `node.invoke.result`. */
export type Result = { id: string; nodeId: string } & (
  | { ok: true; payloadJSON?: string }
  | { ok: false; error: { code: string; message: string } }
);

/** The invocations of one host. */
export class Invocations {
  readonly #log: Log;
  readonly #open = new Map<string, AbortController>();
  readonly #seen = new Set<string>();
  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes a `node.invoke.request` and hands its result to `answer`. Never throws. */
  async take(
    request: unknown,
    given: { nodeId: string; commands: ReadonlyMap<string, Command>; answer(result: Result): Promise<unknown> },
  ): Promise<void> {
    const { nodeId, commands, answer } = given;
    if (!isRequest.check(request) || request.nodeId !== nodeId || this.#seen.has(request.id)) {
      this.#log.debug("a request that is not for us was passed over");
      return;
    }
    const { id, command } = request;
    this.#note(id);
    const stop = new AbortController();
    let result: Result;
    try {
      if (this.#open.size >= MAX_OPEN) unavailable(`more than ${MAX_OPEN} commands under way here`);
      this.#open.set(id, stop);
      const payload = await perform(request, commands, stop.signal);
      result = { id, nodeId, ok: true, ...(payload === undefined ? {} : { payloadJSON: JSON.stringify(payload) }) };
    } catch (error) {
      const known = failureOf(error);
      if (!known) this.#log.error("a command failed for a reason of ours", { command, error: messageOf(error) });
      result = { id, nodeId, ok: false, error: known ?? { code: "UNAVAILABLE", message: "internal error" } };
    } finally {
      this.#open.delete(id);
    }
    await answer(result).catch((error: unknown) => {
      this.#log.debug("an answer was not taken", { command, error: messageOf(error) });
    });
  }

  /** Nobody waits for an invocation any more (`node.invoke.cancel`). */
  cancel(id: unknown): void {
    if (typeof id === "string") this.#open.get(id)?.abort();
  }

  /** The host stops. */
  cancelAll(): void {
    for (const stop of this.#open.values()) stop.abort();
  }

  #note(id: string): void {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > MAX_SEEN && oldest !== undefined) this.#seen.delete(oldest);
  }
}

async function perform(
  { command, paramsJSON }: NodeInvokeRequest,
  commands: ReadonlyMap<string, Command>,
  signal: AbortSignal,
): Promise<unknown> {
  const run = commands.get(command) ?? unavailable("command not supported");
  if (paramsJSON === null && !NO_PARAMS.has(command)) invalid("paramsJSON required");
  const parsed = parseJson(paramsJSON ?? "{}");
  if (!parsed.ok) return invalid(`paramsJSON cannot be read: ${parsed.problem}`);
  return run(parsed.value, signal);
}

/** Commands that may be asked without parameters. */
const NO_PARAMS: ReadonlySet<string> = new Set(["system.execApprovals.get"]);
