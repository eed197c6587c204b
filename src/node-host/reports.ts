/** What a host tells by itself. Kept while there is no connection, so that the end of a run is heard of all the same. */
import type { GatewayClient } from "../client/client.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

/** Reports that wait for a connection; the oldest give way. Each holds at most 20,000 characters of output. */
const MAX_WAITING = 64;

interface NodeEvent {
  event: string;
  payload: Record<string, unknown>;
}

/** The reports of one host. */
export class Reports {
  readonly #log: Log;
  #client: GatewayClient | undefined;
  #waiting: NodeEvent[] = [];
  constructor(log: Log) {
    this.#log = log;
  }

  /** There is a connection: what waits goes out. Undefined: there is none any more. */
  through(client: GatewayClient | undefined): void {
    this.#client = client;
    if (client) for (const event of this.#waiting.splice(0)) void this.#send(client, event);
  }

  /** Tells something, now or with the next connection. */
  tell(event: string, payload: Record<string, unknown>): void {
    const told = { event, payload };
    if (this.#client) void this.#send(this.#client, told);
    else this.#keep(told);
  }

  async #send(client: GatewayClient, told: NodeEvent): Promise<void> {
    try {
      await client.request("node.event", told);
    } catch (error) {
      // The gateway has it or not: a run that it knows no more is passed over there, and one it ended is not told twice.
      if (client !== this.#client) this.#keep(told);
      else this.#log.debug("a report was not taken", { event: told.event, error: messageOf(error) });
    }
  }

  #keep(told: NodeEvent): void {
    this.#waiting = [...this.#waiting, told].slice(-MAX_WAITING);
  }
}
