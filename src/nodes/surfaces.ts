/**
 * What the owner lets each node do: `claims ∩ approved ∩ table ∩ configuration` (threats T11). Devices of v4 need an
 * approval of what they offer besides the pairing of the device; of v3 the pairing suffices, unless the device has been
 * here as v4, as another kind of device, or was removed: then nothing is won by coming back as v3.
 */
import { EventEmitter } from "node:events";
import type { ProtocolVersion } from "#schemas/method.ts";
import type { NodePairRequest, NodePairResolved, PairedNode } from "#schemas/nodes.ts";
import type { Clock } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import type { NodeFacts, NodeRecord, NodeStore } from "../store/nodes.ts";
import { covers, intersection, type Surface, scopesToApprove } from "./commands.ts";
import type { Platform } from "./platforms.ts";

/** Requests that may wait at once; the oldest give way. One node has at most one. */
const MAX_PENDING = 200;
/** How long an entry of `node.pair.request` waits (`protocol/handshake.md` section 11). */
const ENTRY_TTL_MS = 5 * 60 * 1000;
/** Entries with a token of their own that are kept. */
const MAX_ENTRIES = 200;
/** Random bytes of such a token. */
const TOKEN_BYTES = 32;

/** A node that comes in. */
export interface NodeArrival {
  nodeId: string;
  version: ProtocolVersion;
  platform: Platform;
  facts: NodeFacts;
  /** Its claims, as far as its kind of device may make them. */
  offer: Surface;
  /** Its device was paired without asking anybody. */
  isSilent: boolean;
}

interface Waiting {
  request: NodePairRequest;
  /** The kind of device that asks; undefined for entries of `node.pair.request`. */
  platform: string | undefined;
}

interface SurfaceEvents {
  requested: [NodePairRequest];
  resolved: [NodePairResolved];
}

/** Approvals of offers. Emits `requested` and `resolved`. */
export class Surfaces extends EventEmitter<SurfaceEvents> {
  readonly #store: NodeStore;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #waiting = new Map<string, Waiting>();
  constructor(needs: { store: NodeStore; clock: Clock; ids: Ids; log: Log }) {
    super();
    this.#store = needs.store;
    this.#clock = needs.clock;
    this.#ids = needs.ids;
    this.#log = needs.log;
  }

  /** Notes an arrival, asks the owner when there is something new, and says what the node may be asked. */
  admit(arrival: NodeArrival): Surface {
    const { nodeId, version, platform, facts, offer } = arrival;
    const nowMs = this.#clock.now();
    const known = this.#store.find(nodeId);
    const isOther = known !== undefined && known.platform !== platform.key;
    const isBound = known?.isBound === true || version === 4 || isOther;
    const record: NodeRecord = {
      platform: platform.key,
      createdAtMs: nowMs,
      ...known,
      nodeId,
      facts,
      isBound,
      lastConnectedAtMs: nowMs,
      lastSeenAtMs: nowMs,
      lastSeenReason: "connect",
    };
    if (known?.isBound === isBound) this.#store.note(record);
    else this.#store.decide(() => this.#store.save(record));
    if (isOther)
      this.#log.warn("a node says it is another kind of device", { nodeId, was: known.platform, is: platform.key });
    if (!isBound) return offer;
    this.#ask(arrival, record);
    return this.effective(record, platform, offer);
  }

  /** What of an offer is approved. */
  effective({ approved }: Pick<NodeRecord, "approved">, { key }: Platform, offer: Surface): Surface {
    if (!approved || approved.platform !== key) return { ...offer, caps: [], commands: [] };
    return intersection(offer, approved);
  }

  find(nodeId: string): NodeRecord | undefined {
    return this.#store.find(nodeId);
  }

  /** The request of a node that waits, if one does. */
  waitingOf(nodeId: string): NodePairRequest | undefined {
    this.#dropExpired();
    return [...this.#waiting.values()].find(({ request }) => request.nodeId === nodeId)?.request;
  }

  /** Waiting requests, newest first. */
  pending(): NodePairRequest[] {
    this.#dropExpired();
    return [...this.#waiting.values()].map(({ request }) => request).reverse();
  }

  /** Nodes with an approved offer, newest first. */
  paired(): PairedNode[] {
    return this.#store.list().flatMap((record) => {
      const node = toPaired(record);
      return node ? [node] : [];
    });
  }

  /** Approves what a node offers. Throws when nobody asked, or the approver lacks a scope that it takes. */
  approve(requestId: string, hasScope: (scope: string) => boolean): { requestId: string; node: PairedNode } {
    const { request, platform } = this.#get(requestId);
    const { nodeId, caps = [], commands = [], permissions } = request;
    const lacking = scopesToApprove({ commands }).find((scope) => !hasScope(scope));
    if (lacking)
      fail("FORBIDDEN", `missing scope: ${lacking}`, { details: { code: "MISSING_SCOPE", missingScope: lacking } });
    const nowMs = this.#clock.now();
    const known = this.#store.find(nodeId);
    const kind = platform ?? known?.platform ?? "unknown";
    const record: NodeRecord = {
      createdAtMs: nowMs,
      facts: factsIn(request),
      isBound: platform !== undefined,
      ...known,
      nodeId,
      platform: kind,
      approved: { platform: kind, caps, commands, ...(permissions ? { permissions } : {}) },
      approvedAtMs: nowMs,
      ...(platform === undefined ? { token: this.#ids.token(TOKEN_BYTES) } : {}),
    };
    if (platform === undefined && !known?.token && this.#store.countTokens() >= MAX_ENTRIES)
      fail("UNAVAILABLE", `more than ${MAX_ENTRIES} node entries: remove some`, { retryable: false });
    this.#store.decide(() => this.#store.save(record));
    this.#log.info("a node's commands were approved", { nodeId, commands: commands.join(" ") });
    this.#resolve(request, "approved");
    return { requestId, node: toPaired(record) ?? fail("INVALID_REQUEST", "unknown requestId") };
  }

  /** Refuses what a node offers; what was approved before stays. */
  reject(requestId: string): { requestId: string; nodeId: string } {
    const { request } = this.#get(requestId);
    this.#resolve(request, "rejected");
    return { requestId, nodeId: request.nodeId };
  }

  /** Takes back every approval of a node. Whatever generation it comes in next, it has to be approved again. */
  remove(nodeId: string): NodePairResolved {
    const known = this.#store.find(nodeId);
    const waiting = this.waitingOf(nodeId);
    if (!known && !waiting) return fail("INVALID_REQUEST", "unknown nodeId");
    if (known) {
      const { approved: _a, approvedAtMs: _t, token: _k, ...rest } = known;
      this.#store.decide(() =>
        known.lastConnectedAtMs === undefined
          ? this.#store.remove(nodeId)
          : this.#store.save({ ...rest, isBound: true }),
      );
    }
    if (waiting) this.#waiting.delete(waiting.requestId);
    this.#log.info("a node's approval was removed", { nodeId });
    const requestId = waiting?.requestId ?? this.#ids.uuid();
    const resolved = { requestId, nodeId, decision: "removed" as const, ts: this.#clock.now() };
    this.emit("resolved", resolved);
    return resolved;
  }

  /** Forgets a node whose device is no longer paired. */
  forget(nodeId: string): void {
    const waiting = this.waitingOf(nodeId);
    if (waiting) this.#resolve(waiting, "rejected");
    if (this.#store.find(nodeId)) this.#store.decide(() => this.#store.remove(nodeId));
  }

  /** Leaves an entry for approval (`node.pair.request`); the first one that waits for a node stands. */
  request(asked: Omit<NodePairRequest, "requestId" | "ts" | "isRepair">): {
    request: NodePairRequest;
    created: boolean;
  } {
    const waiting = this.waitingOf(asked.nodeId);
    if (waiting) return { request: waiting, created: false };
    const isRepair = this.#store.find(asked.nodeId)?.approved !== undefined;
    const request = { requestId: this.#ids.uuid(), ...asked, isRepair, ts: this.#clock.now() };
    this.#add({ request, platform: undefined });
    return { request, created: true };
  }

  /** Whether a token is the one such an entry was approved with. */
  verify(nodeId: string, token: string): { ok: boolean; node?: PairedNode } {
    const record = this.#store.find(nodeId);
    const node = record && toPaired(record);
    if (!record?.token || !node || !new Secret(record.token).equals(token)) return { ok: false };
    return { ok: true, node };
  }

  #ask({ nodeId, platform, facts, offer, isSilent }: NodeArrival, { approved }: NodeRecord): void {
    const isCovered = approved?.platform === platform.key && covers(approved, offer);
    const isNothing = offer.commands.length === 0 && offer.caps.length === 0;
    const waiting = this.waitingOf(nodeId);
    if (isCovered || isNothing) {
      if (waiting) this.#resolve(waiting, "rejected"); // It no longer asks for what waits.
      return;
    }
    if (waiting && isSame(waiting, offer) && this.#waiting.get(waiting.requestId)?.platform === platform.key) return;
    if (waiting) this.#resolve(waiting, "rejected");
    const { caps, commands, permissions } = offer;
    const request: NodePairRequest = {
      requestId: this.#ids.uuid(),
      nodeId,
      ...facts,
      caps: [...caps],
      commands: [...commands],
      requiredApproveScopes: scopesToApprove(offer),
      ...(permissions ? { permissions: { ...permissions } } : {}),
      ...(isSilent ? { silent: true } : {}),
      ...(approved ? { isRepair: true } : {}),
      ts: this.#clock.now(),
    };
    this.#add({ request, platform: platform.key });
    this.#log.info("a node waits for approval of its commands", { nodeId, requestId: request.requestId });
  }

  #add(waiting: Waiting): void {
    this.#waiting.set(waiting.request.requestId, waiting);
    const oldest = this.#waiting.values().next().value;
    if (this.#waiting.size > MAX_PENDING && oldest) this.#resolve(oldest.request, "rejected");
    this.emit("requested", waiting.request);
  }

  #get(requestId: string): Waiting {
    this.#dropExpired();
    return this.#waiting.get(requestId) ?? fail("INVALID_REQUEST", "unknown requestId");
  }

  #resolve({ requestId, nodeId }: NodePairRequest, decision: NodePairResolved["decision"]): void {
    this.#waiting.delete(requestId);
    this.emit("resolved", { requestId, nodeId, decision, ts: this.#clock.now() });
  }

  /** What a device offers waits as long as the device is paired; entries wait for minutes. */
  #dropExpired(): void {
    const since = this.#clock.now() - ENTRY_TTL_MS;
    for (const [requestId, { request, platform }] of this.#waiting)
      if (platform === undefined && request.ts < since) this.#waiting.delete(requestId);
  }
}

function toPaired(record: NodeRecord): PairedNode | undefined {
  const { nodeId, facts, approved, token, createdAtMs, approvedAtMs } = record;
  if (!approved || approvedAtMs === undefined) return undefined;
  const { caps, commands, permissions } = approved;
  const { lastConnectedAtMs, lastDisconnectedAtMs, lastSeenAtMs, lastSeenReason } = record;
  return {
    nodeId,
    ...facts,
    ...(token === undefined ? {} : { token }),
    caps,
    commands,
    ...(permissions ? { permissions } : {}),
    createdAtMs,
    approvedAtMs,
    ...(lastConnectedAtMs === undefined ? {} : { lastConnectedAtMs }),
    ...(lastDisconnectedAtMs === undefined ? {} : { lastDisconnectedAtMs }),
    ...(lastSeenAtMs === undefined ? {} : { lastSeenAtMs }),
    ...(lastSeenReason === undefined ? {} : { lastSeenReason }),
  };
}

function isSame({ caps = [], commands = [] }: NodePairRequest, offer: Surface): boolean {
  return covers({ caps, commands }, offer) && covers(offer, { caps, commands });
}

function factsIn(request: NodePairRequest): NodeFacts {
  const { requestId: _r, nodeId: _n, caps: _c, commands: _m, permissions: _p, ts: _t, ...rest } = request;
  const { requiredApproveScopes: _s, silent: _q, isRepair: _i, ...facts } = rest;
  return facts;
}
