/**
 * Commands that nodes were sent and have not answered. An answer counts only for an open invocation, and only through
 * the socket it was sent to (threats T11).
 */
import type { NodeInvokeRequest } from "#schemas/nodes.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import { parseJson } from "../lib/json.ts";
import type { LiveNode } from "./registry.ts";

/** Invocations one node may have open; a phone does one thing at a time, a host a few. */
const MAX_OPEN_PER_NODE = 32;
/** The same for all nodes. */
const MAX_OPEN = 1024;
/** Largest input of one piece (`node.invoke.input`). */
const MAX_INPUT_CHARS = 16_384;

/** How an invocation ended. */
export type InvokeOutcome =
  | { ok: true; payload: unknown; payloadJSON: string | null }
  | { ok: false; reason: "node"; code: string; message: string }
  | { ok: false; reason: "timeout" | "disconnected" | "removed" | "cancelled" };

/** What a node answers. */
export interface NodeAnswer {
  id: string;
  ok: boolean;
  payload?: unknown;
  /** Older builds send null or an object here. */
  payloadJSON?: unknown;
  error?: { code?: string; message?: string } | null;
}

/** What somebody asks of a node, checked. */
export interface Order {
  command: string;
  paramsJSON: string | null;
  timeoutMs: number;
  idempotencyKey: string;
  /** Each piece of output while it runs, in order. */
  onProgress?: ((chunk: string) => void) | undefined;
  /** Called when the node was sent the command, with the way to say more to it. */
  onStart?: ((open: OpenInvocation) => void) | undefined;
}

/** An invocation under way. */
export interface OpenInvocation {
  readonly id: string;
  /** Sends more input to the command; v4 nodes only. Throws when it is too long. */
  input(payload: unknown): void;
}

interface Open {
  node: LiveNode;
  order: Order;
  timer: Timer;
  inputs: number;
  progress: number;
  settle(outcome: InvokeOutcome): void;
}

/** The open invocations. */
export class Invocations {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #open = new Map<string, Open>();
  constructor(needs: { clock: Clock; ids: Ids }) {
    this.#clock = needs.clock;
    this.#ids = needs.ids;
  }

  /** Sends a command and waits for its end. Throws `UNAVAILABLE` when the node has too many open. */
  send(node: LiveNode, order: Order, signal: AbortSignal): Promise<InvokeOutcome> {
    const isFull = this.#of(node).length >= MAX_OPEN_PER_NODE || this.#open.size >= MAX_OPEN;
    if (isFull)
      fail("UNAVAILABLE", `more than ${MAX_OPEN_PER_NODE} commands under way on this node: wait for their ends`, {
        details: { code: "NODE_BUSY" },
        retryAfterMs: 1_000,
      });
    const id = this.#ids.uuid();
    const { promise, resolve } = Promise.withResolvers<InvokeOutcome>();
    const onAbort = () => this.#end(id, { ok: false, reason: "cancelled" });
    const timer = this.#clock.after(order.timeoutMs, () => this.#end(id, { ok: false, reason: "timeout" }));
    const settle = (outcome: InvokeOutcome) => {
      signal.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    this.#open.set(id, { node, order, timer, inputs: 0, progress: -1, settle });
    signal.addEventListener("abort", onAbort, { once: true });
    const { command, paramsJSON, timeoutMs, idempotencyKey } = order;
    const { nodeId } = node;
    node.link.tell("node.invoke.request", {
      id,
      nodeId,
      command,
      paramsJSON,
      timeoutMs,
      idempotencyKey,
    } satisfies NodeInvokeRequest);
    order.onStart?.({ id, input: (payload) => this.#input(id, payload) });
    if (signal.aborted) onAbort();
    return promise;
  }

  /** Takes an answer. False when nobody waits for it there: it came late, or is for another socket. */
  answer(connectionId: string, { id, ok, payload, payloadJSON, error }: NodeAnswer): boolean {
    if (this.#open.get(id)?.node.link.id !== connectionId) return false;
    const { code = "UNAVAILABLE", message = "the node could not do it" } = error ?? {};
    this.#end(id, ok ? readPayload(payload, payloadJSON) : { ok: false, reason: "node", code, message });
    return true;
  }

  /** Takes a piece of output. False as for {@link answer}, and for a piece that came before. */
  progress(connectionId: string, { id, seq, chunk }: { id: string; seq: number; chunk: string }): boolean {
    const open = this.#open.get(id);
    if (!open || open.node.link.id !== connectionId || seq <= open.progress) return false;
    open.progress = seq;
    open.order.onProgress?.(chunk);
    return true;
  }

  /** Ends everything that was sent through a socket. */
  endAll(node: LiveNode, reason: "disconnected" | "removed"): void {
    for (const [id, open] of this.#open) if (open.node === node) this.#end(id, { ok: false, reason });
  }

  /** Open invocations of a node with that command. */
  has(node: LiveNode, command: string): boolean {
    return this.#of(node).some((open) => open.order.command === command);
  }

  #of(node: LiveNode): Open[] {
    return [...this.#open.values()].filter((open) => open.node === node);
  }

  #input(id: string, payload: unknown): void {
    const open = this.#open.get(id);
    const payloadJSON = JSON.stringify(payload) ?? "null";
    if (payloadJSON.length > MAX_INPUT_CHARS)
      fail("INVALID_REQUEST", `input is longer than ${MAX_INPUT_CHARS} characters: send it in pieces`);
    if (open?.node.version !== 4) return;
    open.node.link.tell("node.invoke.input", { id, nodeId: open.node.nodeId, seq: open.inputs++, payloadJSON });
  }

  #end(id: string, outcome: InvokeOutcome): void {
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    open.timer.cancel();
    const isGivenUp = !outcome.ok && (outcome.reason === "timeout" || outcome.reason === "cancelled");
    if (isGivenUp && open.node.version === 4)
      open.node.link.tell("node.invoke.cancel", { invokeId: id, nodeId: open.node.nodeId });
    open.settle(outcome);
  }
}

/** The payload as text wins; what is no text, or no JSON, is kept as it came. */
function readPayload(payload: unknown, payloadJSON: unknown): InvokeOutcome {
  if (typeof payloadJSON !== "string")
    return { ok: true, payload: payload ?? payloadJSON ?? undefined, payloadJSON: null };
  const parsed = parseJson(payloadJSON);
  return { ok: true, payload: parsed.ok ? parsed.value : { payloadJSON }, payloadJSON };
}
