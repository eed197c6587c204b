/** How a host stands with its gateway and its owner: kept in its status file, and said in its log, each thing once. */
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { type HostStatus, StatusFile } from "./status.ts";

/** How much of a node id people are shown. */
const SHORT_ID_CHARS = 12;

/** The standing of one host. */
export class Standing {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #file: StatusFile;
  #status: HostStatus;
  #said = "";
  #saidToApprove = "";
  constructor(needs: { stateDir: string; nodeId: string; name: string; pid: number; clock: Clock; log: Log }) {
    const { stateDir, nodeId, name, pid, clock, log } = needs;
    this.#clock = clock;
    this.#log = log;
    this.#file = new StatusFile(stateDir);
    const nowMs = clock.now();
    const before = this.#file.read();
    const approved = before?.nodeId === nodeId ? before.approved : [];
    const about = { pid, nodeId, name, commands: [], approved };
    this.#status = { ...about, startedAtMs: nowMs, state: "connecting", sinceMs: nowMs };
  }

  /** A connection to this gateway is tried, with these commands on offer. */
  offers(url: string, commands: Iterable<string>): void {
    this.#status = { ...this.#status, url, commands: [...commands] };
  }

  /** It is otherwise than before; `note` is why, or what somebody has to do. */
  become(state: HostStatus["state"], note: string | undefined): void {
    const { note: _before, ...rest } = this.#status;
    const sinceMs = state === rest.state ? rest.sinceMs : this.#clock.now();
    this.#status = { ...rest, state, sinceMs, ...(note === undefined ? {} : { note }) };
    try {
      this.#file.write(this.#status);
    } catch (error) {
      // A full disk does not end a host.
      this.#log.error("cannot write the status", { error: messageOf(error) });
    }
  }

  /**
   * Connected. Tells once which commands the owner may still have to approve: a host is not told what was approved while
   * it was away.
   */
  connected(): void {
    this.#said = "";
    const { commands, approved, nodeId } = this.#status;
    const waiting = commands.filter((command) => !approved.includes(command));
    const todo = `moltbot nodes approve ${nodeId.slice(0, SHORT_ID_CHARS)}`;
    this.become("connected", waiting.length ? `unless that is done, on the gateway's host: ${todo}` : undefined);
    const names = waiting.join(" ");
    if (names !== "" && this.#saidToApprove !== names)
      this.#log.warn("these commands wait for the owner's approval, unless it was given: run on the gateway's host", {
        command: todo,
        commands: names,
      });
    this.#saidToApprove = names;
  }

  /** Says something unless it was what was said last. */
  warnOnce(message: string, fields: Record<string, unknown> = {}): void {
    const what = JSON.stringify([message, fields]);
    if (this.#said !== what) this.#log.warn(message, fields);
    this.#said = what;
  }

  /** The owner approved these, or all that is on offer. */
  approved(commands: readonly string[] = this.#status.commands): void {
    const fresh = commands.filter((command) => !this.#status.approved.includes(command));
    if (fresh.length === 0) return;
    const approved = [...this.#status.approved, ...fresh];
    const isWhole = this.#status.commands.every((command) => approved.includes(command));
    this.#status = { ...this.#status, approved };
    this.become(this.#status.state, isWhole ? undefined : this.#status.note);
  }

  /** The owner took it back. */
  disapproved(): void {
    this.#status = { ...this.#status, approved: [] };
    this.become(this.#status.state, this.#status.note);
  }
}
