/** Linking an account to a phone, and ending that: short visits to the network that receive nothing. */
import { within } from "../../lib/within.ts";
import { type AccountVault, ChannelError, type ChannelHost, type LoginStep, type Self } from "../contract.ts";
import { type Ending, endingError, LOGGED_OUT, RESTART } from "./errors.ts";
import type { Keys } from "./keys.ts";
import type { Library } from "./library.ts";
import { Line, type LineSettings } from "./line.ts";

/** The network asks for a new connection once after pairing; more often in a row is trouble. */
export const MAX_RESTARTS = 3;
/** How long the end of a link waits for the network; the keys are deleted all the same. */
const END_MS = 10_000;
/** The library's number for codes that nobody scanned, and for whatever else took too long. */
const TOO_LATE = 408;

interface Needs {
  library: Library;
  vault: AccountVault;
  keys: Keys;
  host: ChannelHost;
  settings: LineSettings;
}

/** The link between an account and its phone. */
export class Link {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Tells codes to scan until a phone took one; resolves with who that was. An account that is linked needs none. */
  async make(tell: (step: LoginStep) => void, signal: AbortSignal): Promise<Self> {
    const { vault, keys } = this.#needs;
    let wasAsked = false;
    const onQr = (qr: string) => {
      wasAsked = true;
      tell({ qr });
    };
    for (let restarts = 0; ; restarts++) {
      const outcome = await this.#visit(signal, async () => keys.self, onQr);
      if ("id" in outcome) return outcome;
      if (outcome.status === LOGGED_OUT) vault.clear();
      if (outcome.status === RESTART && restarts < MAX_RESTARTS) continue;
      if (outcome.status === TOO_LATE && wasAsked)
        throw new ChannelError("transient", "the code was not scanned in time: run the command again");
      throw endingError(outcome);
    }
  }

  /** Asks the network to forget this device, and deletes the keys whatever it says. */
  async end(signal: AbortSignal): Promise<void> {
    const { vault, keys, host } = this.#needs;
    try {
      if (keys.isLinked)
        await within({ clock: host.clock, ms: END_MS, signals: [signal] }, (limit) => this.#leave(limit));
    } catch (error) {
      host.log.warn("the phone may still list this device: remove it there", { problem: error });
    } finally {
      vault.clear();
    }
  }

  async #leave(signal: AbortSignal): Promise<void> {
    const jid = this.#needs.keys.creds.me?.id ?? "";
    const outcome = await this.#visit(signal, async ({ socket }) => {
      const device = { tag: "remove-companion-device", attrs: { jid, reason: "user_initiated" } };
      await socket.query({ tag: "iq", attrs: { to: "s.whatsapp.net", type: "set", xmlns: "md" }, content: [device] });
      return { isDone: true };
    });
    // That the device is not known any more is what was wanted.
    if ("status" in outcome && outcome.status !== LOGGED_OUT) throw endingError(outcome);
  }

  /** One connection that takes nothing: what comes stays with the network until the account runs. */
  async #visit<T extends object>(
    signal: AbortSignal,
    work: (line: Line) => Promise<T>,
    onQr?: (qr: string) => void,
  ): Promise<T | Ending> {
    const { library, keys, settings, host } = this.#needs;
    const line = new Line({
      library,
      keys,
      settings,
      clock: host.clock,
      log: host.log,
      onMessage: async () => undefined,
      beforeMessage: () => Promise.withResolvers<void>().promise,
      onSign: () => undefined,
      ...(onQr === undefined ? {} : { onQr }),
      findSent: () => undefined,
      findGroup: () => undefined,
    });
    const signals = [signal, host.signal];
    const stop = () => line.close();
    for (const one of signals) one.addEventListener("abort", stop);
    if (signals.some(({ aborted }) => aborted)) stop();
    try {
      const early = await Promise.race([line.opened, line.ended]);
      const outcome = early ?? (await Promise.race([work(line), line.ended]));
      if (outcome instanceof Error) throw new ChannelError("transient", outcome.message, { cause: outcome.cause });
      return outcome;
    } finally {
      for (const one of signals) one.removeEventListener("abort", stop);
      line.close();
    }
  }
}
