/** Who is here: the gateway itself, connected clients and what they report of themselves (`protocol/events.md` 5). */
import type { ClientInfo } from "#schemas/connect.ts";
import type { PresenceEntry } from "#schemas/presence.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { deviceFamilyOf, hostFacts } from "../lib/host.ts";

/** How long somebody who left, or only reported, stays in the list. */
const TTL_MS = 5 * 60 * 1000;
/** Entries kept; the oldest go first. */
const MAX_ENTRIES = 200;
/** Changes are told at most this often: a thousand clients that connect at once must not tell each other a thousand times. */
const TELL_INTERVAL_MS = 1000;

/** The list, with the counter that clients see as `stateVersion.presence`. */
export class Presence {
  readonly #clock: Clock;
  readonly #self: Omit<PresenceEntry, "ts">;
  readonly #tell: (entries: PresenceEntry[]) => void;
  readonly #entries = new Map<string, PresenceEntry>();
  /** Entries of clients that are connected: they do not age. */
  readonly #here = new Set<string>();
  #version = 1;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #pending: Timer | undefined;
  constructor(needs: { clock: Clock; self: Omit<PresenceEntry, "ts">; tell: (entries: PresenceEntry[]) => void }) {
    this.#clock = needs.clock;
    this.#self = needs.self;
    this.#tell = needs.tell;
  }

  get version(): number {
    return this.#version;
  }

  /** Everyone, the gateway first, then newest first. */
  list(): PresenceEntry[] {
    const nowMs = this.#clock.now();
    for (const [key, entry] of this.#entries) {
      if (nowMs - entry.ts > TTL_MS && !this.#here.has(key)) this.#entries.delete(key);
    }
    const others = [...this.#entries.values()].sort((a, b) => b.ts - a.ts);
    return [{ ...this.#self, ts: nowMs }, ...others];
  }

  /**
   * Adds or refreshes an entry. Keys are lower case: device id, else instance id, else connection id. With `isHere` it
   * stays until its client leaves.
   */
  set(key: string, entry: Omit<PresenceEntry, "ts">, isHere = false): void {
    const name = key.toLowerCase();
    if (isHere) this.#here.add(name);
    this.#entries.delete(name);
    this.#entries.set(name, { ...entry, ts: this.#clock.now() });
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) {
      this.#entries.delete(oldest);
      this.#here.delete(oldest);
    }
    this.#changed();
  }

  /** Notes that somebody left. With `isForgotten` the entry goes at once, else it stays for a while with that reason. */
  leave(key: string, isForgotten: boolean): void {
    this.#here.delete(key.toLowerCase());
    const entry = this.#entries.get(key.toLowerCase());
    if (!entry) return;
    if (!isForgotten) return this.set(key, { ...entry, reason: "disconnect" });
    this.#entries.delete(key.toLowerCase());
    this.#changed();
  }

  #changed(): void {
    this.#version++;
    if (this.#pending) return;
    const wait = this.#toldAtMs + TELL_INTERVAL_MS - this.#clock.monotonic();
    if (wait <= 0) return this.#tellNow();
    this.#pending = this.#clock.after(wait, () => this.#tellNow());
  }

  #tellNow(): void {
    this.#pending = undefined;
    this.#toldAtMs = this.#clock.monotonic();
    this.#tell(this.list());
  }
}

/** The gateway's own entry. */
export function describeGateway(version: string, host: string, instanceId: string): Omit<PresenceEntry, "ts"> {
  const { platform, release, arch } = hostFacts();
  return {
    host,
    version,
    platform: `${platform} ${release}`,
    deviceFamily: deviceFamilyOf(platform),
    modelIdentifier: arch,
    mode: "gateway",
    reason: "self",
    instanceId,
    text: `Gateway: ${host} · app ${version} · mode gateway · reason self`,
  };
}

/** The entry of a client that connected. */
export function describeClient(facts: {
  client: ClientInfo;
  role: string;
  scopes: readonly string[];
  deviceId: string | undefined;
  /** Where it comes from; left out for clients of this host. */
  ip: string | undefined;
}): Omit<PresenceEntry, "ts"> {
  const { client, role, scopes, deviceId, ip } = facts;
  const { id, displayName, version, platform, deviceFamily, modelIdentifier, mode, instanceId } = client;
  const host = displayName ?? id;
  return {
    host,
    version,
    platform,
    mode,
    reason: "connect",
    roles: [role],
    scopes: [...scopes],
    text: `Node: ${host} · mode ${mode}`,
    ...(ip === undefined ? {} : { ip }),
    ...(deviceFamily === undefined ? {} : { deviceFamily }),
    ...(modelIdentifier === undefined ? {} : { modelIdentifier }),
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}
