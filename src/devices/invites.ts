/**
 * Invites: codes that let one device ask to become a node without knowing the gateway's secret (threats T06). A code is
 * good for a short time, belongs to the key that shows it first, and opens nothing by itself: pairing waits for the
 * owner. Kept in memory, as hashes: a restart ends them.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";

/** Long enough to find the phone, scan a code and be approved. */
const INVITE_MS = 10 * 60_000;
/** A device that was let in may come once more in this time: its hello, with its own token, may have been lost. */
const AGAIN_MS = 60_000;
/** Live codes; then the oldest ends. */
const MAX_INVITES = 32;
const CODE_BYTES = 18;

interface Invite {
  untilMs: number;
  /** The key it belongs to, from its first use on. */
  publicKey: string | undefined;
}

/** The live invites. */
export class Invites {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #live = new Map<string, Invite>();
  constructor(needs: { clock: Clock; ids: Ids; log: Log }) {
    this.#clock = needs.clock;
    this.#ids = needs.ids;
    this.#log = needs.log;
  }

  /** Makes a code. It is told once, here. */
  create(): { code: string; expiresAtMs: number } {
    const code = this.#ids.token(CODE_BYTES);
    const expiresAtMs = this.#clock.now() + INVITE_MS;
    this.#live.set(hashOf(code), { untilMs: expiresAtMs, publicKey: undefined });
    const [oldest] = this.#live.keys();
    if (this.#live.size > MAX_INVITES && oldest !== undefined) this.#live.delete(oldest);
    this.#log.info("an invite was made", { expiresAtMs });
    return { code, expiresAtMs };
  }

  /** Whether the device that has proven to hold this key may ask with that code. The first one to ask owns the code. */
  redeem(code: string, publicKey: string): boolean {
    const hash = hashOf(code);
    const invite = this.#live.get(hash);
    if (!invite) return false;
    if (this.#clock.now() >= invite.untilMs) {
      this.#live.delete(hash);
      return false;
    }
    invite.publicKey ??= publicKey;
    return invite.publicKey === publicKey;
  }

  /** A device was let in with that code: it has a token of its own now. */
  spend(code: string): void {
    const invite = this.#live.get(hashOf(code));
    if (invite) invite.untilMs = Math.min(invite.untilMs, this.#clock.now() + AGAIN_MS);
  }
}

/** Looking up a hash takes the same time whatever the candidate shares with a live code. */
function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
