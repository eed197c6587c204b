/**
 * The commands that hosts were asked to run, so that what they report about a run is believed only when there is one,
 * and goes to the session that asked for it, whatever session the report names (threats T11).
 */
import type { ProtocolVersion } from "#schemas/method.ts";
import type { Clock } from "../lib/clock.ts";

/** How long after a command was sent its end may be reported. */
const KEEP_MS = 60 * 60 * 1000;
/** Runs of one node that are remembered; the oldest go first. */
const MAX_RUNS = 64;

/** A run that a node was asked for. */
export interface ExecRun {
  /** Undefined until a v3 host, which makes its own, reports one. */
  runId: string | undefined;
  sessionKey: string | undefined;
  sentAtMs: number;
}

/** Runs by node. */
export class ExecRuns {
  readonly #clock: Clock;
  readonly #runs = new Map<string, ExecRun[]>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A node is about to be sent a run. */
  sent(nodeId: string, run: Omit<ExecRun, "sentAtMs">): void {
    this.#runs.set(nodeId, [...this.#fresh(nodeId), { ...run, sentAtMs: this.#clock.now() }].slice(-MAX_RUNS));
  }

  /** The run that a report is about; undefined when there is none. With `isEnd` it is forgotten. */
  match(nodeId: string, runId: string | undefined, version: ProtocolVersion, isEnd: boolean): ExecRun | undefined {
    const runs = this.#fresh(nodeId);
    const named = runs.find((run) => run.runId !== undefined && run.runId === runId);
    const found = named ?? (version === 3 ? runs.find((run) => run.runId === undefined) : undefined);
    if (!found) return undefined;
    const kept = isEnd
      ? runs.filter((run) => run !== found)
      : runs.map((run) => (run === found ? { ...run, runId } : run));
    if (kept.length) this.#runs.set(nodeId, kept);
    else this.#runs.delete(nodeId);
    return found;
  }

  forget(nodeId: string): void {
    this.#runs.delete(nodeId);
  }

  #fresh(nodeId: string): ExecRun[] {
    const since = this.#clock.now() - KEEP_MS;
    return (this.#runs.get(nodeId) ?? []).filter(({ sentAtMs }) => sentAtMs >= since);
  }
}
