/**
 * The devices that do things when asked: who they are, what each may be asked, and asking them. Methods and the tools of
 * agents go through here, so that there is one place where a call is judged (`protocol/nodes.md`).
 */
import type { ClientInfo } from "#schemas/connect.ts";
import type { ProtocolVersion } from "#schemas/method.ts";
import type { NodePairResolved, NodeRow } from "#schemas/nodes.ts";
import type { Clock } from "../lib/clock.ts";
import { fail, GatewayError, messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import type { NodeFacts, NodeStore } from "../store/nodes.ts";
import type { ExecApprovals, ExecParty } from "./approvals.ts";
import { admissible, type CommandPolicy, isAllowed, type NodeOrigin, refusalOf } from "./commands.ts";
import { ExecRuns } from "./exec-runs.ts";
import { errorOf, type NodeFailure, type NotAllowed } from "./failures.ts";
import { Invocations, type InvokeOutcome, type NodeAnswer, type OpenInvocation } from "./invocations.ts";
import { PendingWork } from "./pending.ts";
import { platformOf } from "./platforms.ts";
import { Quota } from "./quota.ts";
import { type LiveNode, type NodeClaims, type NodeLink, Registry } from "./registry.ts";
import { inOrder, type KnownNode, type NodeDevice, rowOf } from "./rows.ts";
import { Surfaces } from "./surfaces.ts";
import { checkRun, SYSTEM_RUN } from "./system-run.ts";

/** How long a node has for an answer when the caller does not say (`protocol/nodes.md` section 3). */
const INVOKE_MS = 30_000;
/** Longest a node may be given. */
const MAX_INVOKE_MS = 30 * 60 * 1000;
/** Longest a call may wait for an absent node. */
const MAX_QUEUE_MS = 10 * 60 * 1000;
/** Largest parameters of one command: a page of A2UI, an upload in pieces. */
const MAX_PARAMS_CHARS = 4 * 1024 * 1024;
/** How exactly it is kept when a node was here. */
const SEEN_INTERVAL_MS = 60_000;
/** Node ids may be shortened to this many characters where people type them. */
const MIN_ID_PREFIX = 6;

/** The paired devices, as this room needs them; `devices/devices.ts` satisfies it. */
export interface PairedDevices {
  paired(): readonly NodeDevice[];
  find(deviceId: string): NodeDevice | undefined;
  rename(deviceId: string, label: string): unknown;
}

/** A node that came in, as the handshake established it. */
export interface NodeConnection {
  nodeId: string;
  link: NodeLink;
  version: ProtocolVersion;
  client: ClientInfo;
  claims: NodeClaims;
  remoteIp: string | undefined;
}

/** What is asked of a node. */
export interface NodeCall {
  nodeId: string;
  command: string;
  /** Any JSON value; undefined sends none. */
  params?: unknown;
  /** Time the node has. 0 gives up at once. */
  timeoutMs?: number | undefined;
  /** Wait this long for an absent node, or for an app in the background. Default: not at all. */
  queueMs?: number | undefined;
  idempotencyKey?: string | undefined;
  origin: NodeOrigin;
  /** Who calls, for commands that need an approval. */
  by: ExecParty;
  onProgress?: ((chunk: string) => void) | undefined;
  onStart?: ((open: OpenInvocation) => void) | undefined;
}

/** What came of it. */
export type NodeResult = Extract<InvokeOutcome, { ok: true }> | NodeFailure;

/** All nodes of this gateway. */
export class Nodes {
  readonly surfaces: Surfaces;
  readonly pending: PendingWork;
  readonly runs: ExecRuns;
  /** Runs of agents that nodes start. */
  readonly quota: Quota;
  readonly #registry = new Registry();
  readonly #invocations: Invocations;
  readonly #devices: PairedDevices;
  readonly #approvals: ExecApprovals;
  readonly #store: NodeStore;
  readonly #policy: () => CommandPolicy;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  constructor(needs: {
    store: NodeStore;
    devices: PairedDevices;
    approvals: ExecApprovals;
    policy: () => CommandPolicy;
    clock: Clock;
    ids: Ids;
    log: Log;
  }) {
    const { store, clock, ids, log } = needs;
    this.surfaces = new Surfaces({ store, clock, ids, log });
    this.pending = new PendingWork({ clock, ids });
    this.runs = new ExecRuns(clock);
    this.quota = new Quota(clock);
    this.#invocations = new Invocations({ clock, ids });
    this.#devices = needs.devices;
    this.#approvals = needs.approvals;
    this.#store = store;
    this.#policy = needs.policy;
    this.#clock = clock;
    this.#ids = ids;
    this.#log = log;
    this.surfaces.on("resolved", (resolved) => this.#onResolved(resolved));
  }

  /** A node was admitted. What it may be asked is settled when this returns; what waited for it goes out. */
  connected(connection: NodeConnection): void {
    const { nodeId, link, version, client, claims, remoteIp } = connection;
    const platform = platformOf(client, version);
    const offer = admissible(claims, version, platform.key, this.#policy());
    const device = this.#deviceOf(nodeId);
    const surface = this.surfaces.admit({
      nodeId,
      version,
      platform,
      facts: factsOf(client, platform, remoteIp),
      offer,
      isSilent: device?.approvedVia === "silent",
    });
    const connectedAtMs = this.#clock.now();
    const follows = new Map<string, string>();
    this.#registry.add({ nodeId, link, version, client, platform, claims, remoteIp, connectedAtMs, surface, follows });
    // The device shows the person there what to do; who else may know is told elsewhere.
    const waiting = this.surfaces.waitingOf(nodeId);
    if (version === 4 && waiting) link.tell("node.pair.requested", waiting);
    this.#log.info("a node connected", { nodeId, platform: platform.key, commands: surface.commands.length });
    this.pending.came(nodeId);
  }

  /** A node's socket is gone: whoever waited for an answer through it hears so. */
  disconnected(connectionId: string): void {
    const node = this.#registry.remove(connectionId);
    if (!node) return;
    this.#invocations.endAll(node, "disconnected");
    this.#log.info("a node left", { nodeId: node.nodeId });
    if (this.#registry.find(node.nodeId)) return;
    try {
      this.#store.left(node.nodeId, this.#clock.now());
    } catch (error) {
      // Nobody is there to hear of it; a socket that ends must not end the gateway.
      this.#log.warn("when a node left could not be kept", { nodeId: node.nodeId, error: messageOf(error) });
    }
  }

  /** A device is no longer paired: nothing of it as a node stays. */
  forget(nodeId: string): void {
    this.#endAll(nodeId);
    this.surfaces.forget(nodeId);
    this.pending.forget(nodeId);
    this.runs.forget(nodeId);
    this.quota.forget(nodeId);
  }

  /** Takes back what the owner approved of a node; its socket closes. */
  remove(nodeId: string): NodePairResolved {
    const resolved = this.surfaces.remove(nodeId);
    this.#endAll(nodeId);
    return resolved;
  }

  /** Every node that is paired or connected, connected ones first. */
  list(): NodeRow[] {
    const paired = this.#devices.paired().filter(({ roles }) => roles.includes("node"));
    const devices = new Map(paired.map((device) => [device.deviceId, device]));
    const ids = new Set([...devices.keys(), ...[...this.#registry].map(({ nodeId }) => nodeId)]);
    return inOrder([...ids].map((nodeId) => rowOf(this.#known(nodeId, devices.get(nodeId)))));
  }

  /** One node. Throws when it is unknown. */
  get(nodeId: string): NodeRow {
    const known = this.#known(nodeId, this.#deviceOf(nodeId));
    return known.device || known.live ? rowOf(known) : fail("INVALID_REQUEST", "unknown nodeId");
  }

  /** The node that somebody means: by id, by the beginning of one, or by name. Throws when none or several fit. */
  resolve(meant: string): NodeRow {
    const rows = this.list();
    const wanted = meant.trim().toLowerCase();
    const fits: ((row: NodeRow) => boolean)[] = [
      ({ nodeId }) => nodeId === meant,
      ({ displayName }) => displayName?.toLowerCase() === wanted,
      ({ nodeId }) => wanted.length >= MIN_ID_PREFIX && nodeId.startsWith(wanted),
    ];
    for (const isMeant of fits) {
      const found = rows.filter(isMeant);
      const [only] = found;
      if (only && found.length === 1) return only;
      if (only) return fail("INVALID_REQUEST", `several nodes are called ${meant.slice(0, 64)}: name one by its id`);
    }
    return fail("INVALID_REQUEST", "unknown nodeId");
  }

  /** Gives a node a name of the owner's choosing. Throws when it is unknown. */
  rename(nodeId: string, displayName: string): { nodeId: string; displayName: string } {
    const record = this.#store.find(nodeId);
    if (this.#deviceOf(nodeId)) this.#devices.rename(nodeId, displayName);
    else if (record) this.#store.note({ ...record, facts: { ...record.facts, displayName } });
    else fail("INVALID_REQUEST", "unknown nodeId");
    return { nodeId, displayName };
  }

  /** Whether a device is paired as a node. */
  isPaired(nodeId: string): boolean {
    return this.#deviceOf(nodeId) !== undefined;
  }

  /** The node behind a socket; undefined when that socket is none. */
  behind(connectionId: string): LiveNode | undefined {
    return this.#registry.behind(connectionId);
  }

  /** The nodes that are here, each behind its newest socket. */
  live(): IterableIterator<LiveNode> {
    return this.#registry[Symbol.iterator]();
  }

  /** Asks a node, by id or name, and gives its result. Throws {@link GatewayError} for everything else. */
  async invoke(call: Omit<NodeCall, "nodeId" | "by"> & { node: string; by?: ExecParty }, signal: AbortSignal) {
    const by = call.by ?? { connectionId: undefined, deviceId: undefined, label: `agent ${call.origin.agentId ?? ""}` };
    const { nodeId } = this.resolve(call.node);
    const result = await this.ask({ ...call, nodeId, by }, signal);
    if (!result.ok) throw errorOf(result, call.command, 4);
    return { nodeId, payload: result.payload, payloadJSON: result.payloadJSON };
  }

  /** Asks a node, and says what came of it. Throws for parameters that cannot be sent, and when too much waits. */
  async ask(call: NodeCall, signal: AbortSignal): Promise<NodeResult> {
    const untilMs = this.#clock.monotonic() + Math.min(call.queueMs ?? 0, MAX_QUEUE_MS);
    const leftMs = () => Math.ceil(untilMs - this.#clock.monotonic());
    for (;;) {
      const node = this.#registry.find(call.nodeId);
      if (!node) {
        if (!this.isPaired(call.nodeId)) return { ok: false, reason: "unknown" };
        if (leftMs() <= 0) return { ok: false, reason: "absent" };
        const waiting = { command: call.command, paramsJSON: encodeParams(call.params), isForForeground: false };
        const how = await this.pending.hold(call.nodeId, waiting, { deadlineMs: leftMs(), signal });
        if (how === "cancelled") return { ok: false, reason: "cancelled" };
        continue;
      }
      const refusal = this.#refusal(node, call);
      if (refusal) return refusal;
      const order = this.#order(node, call);
      const outcome = await this.#invocations.send(node, order, signal);
      const isInBackground = !outcome.ok && outcome.reason === "node" && outcome.code === IN_BACKGROUND;
      if (!isInBackground || leftMs() <= 0 || node.version === 3) return outcome;
      const { command, paramsJSON } = order;
      const how = await this.pending.hold(
        call.nodeId,
        { command, paramsJSON, isForForeground: true },
        { deadlineMs: leftMs(), signal },
      );
      return how === "acknowledged" ? { ok: true, payload: undefined, payloadJSON: null } : outcome;
    }
  }

  /** A node answers. False when nobody waits for that answer from that socket. */
  answer(connectionId: string, answer: NodeAnswer): boolean {
    const isTaken = this.#invocations.answer(connectionId, answer);
    if (!isTaken) this.#log.debug("an answer that nobody waits for was dropped", { connectionId, id: answer.id });
    return isTaken;
  }

  /** A node tells a piece of output. */
  progress(connectionId: string, piece: { id: string; seq: number; chunk: string }): boolean {
    return this.#invocations.progress(connectionId, piece);
  }

  /** A node says that it is alive, and why. Kept to the minute: phones tell it often. */
  noteSeen(nodeId: string, reason: string): void {
    const nowMs = this.#clock.now();
    const { lastSeenAtMs = 0, lastSeenReason } = this.#store.find(nodeId) ?? {};
    if (reason !== lastSeenReason || nowMs - lastSeenAtMs >= SEEN_INTERVAL_MS) this.#store.touch(nodeId, nowMs, reason);
  }

  /** Why a command may not be sent, in the order in which peers look (`protocol/nodes.md` section 2). */
  #refusal(node: LiveNode, { command, origin }: NodeCall): NodeFailure | undefined {
    const { key: platform } = node.platform;
    const refuse = (why: NotAllowed) => {
      const requestId = this.surfaces.waitingOf(node.nodeId)?.requestId;
      return { ok: false, reason: "not-allowed", why, platform, requestId } as const;
    };
    if (!isAllowed(command, node.version, platform, this.#policy())) return refuse("command not allowlisted");
    if (node.surface.commands.length === 0) return refuse("node did not declare commands");
    if (!node.surface.commands.includes(command)) return refuse("command not declared by node");
    const why = refusalOf(origin, command);
    return why === undefined ? undefined : { ok: false, reason: "not-for-origin", why };
  }

  #order(node: LiveNode, call: NodeCall) {
    const { nodeId, version } = node;
    const { command, onProgress, onStart } = call;
    let { params } = call;
    if (command === SYSTEM_RUN) {
      const { by } = call;
      const checked = checkRun(params, { nodeId, version, by, approvals: this.#approvals, ids: this.#ids });
      const sessionKey = checked.sessionKey ?? call.origin.sessionKey;
      this.runs.sent(nodeId, { runId: checked.runId, sessionKey });
      params = checked.params;
    }
    return {
      command,
      paramsJSON: encodeParams(params),
      timeoutMs: Math.min(call.timeoutMs ?? INVOKE_MS, MAX_INVOKE_MS),
      idempotencyKey: call.idempotencyKey ?? this.#ids.uuid(),
      onProgress,
      onStart,
    };
  }

  #onResolved({ nodeId, requestId, decision, ts }: NodePairResolved): void {
    const node = this.#registry.find(nodeId);
    const record = this.surfaces.find(nodeId);
    if (!node || !record) return;
    const { claims, version, platform } = node;
    const offer = admissible(claims, version, platform.key, this.#policy());
    node.surface = this.surfaces.effective(record, platform, offer);
    if (version === 4) node.link.tell("node.pair.resolved", { requestId, nodeId, decision, ts });
  }

  #endAll(nodeId: string): void {
    const node = this.#registry.find(nodeId);
    if (!node) return;
    this.#invocations.endAll(node, "removed");
    // After the answer to whoever asked for it.
    queueMicrotask(() => node.link.close(4001, "device removed"));
  }

  #known(nodeId: string, device: NodeDevice | undefined): KnownNode {
    return {
      nodeId,
      device,
      record: this.surfaces.find(nodeId),
      live: this.#registry.find(nodeId),
      waiting: this.surfaces.waitingOf(nodeId),
    };
  }

  #deviceOf(nodeId: string): NodeDevice | undefined {
    const device = this.#devices.find(nodeId);
    return device?.roles.includes("node") ? device : undefined;
  }
}

/** What an app says whose window is not open. */
const IN_BACKGROUND = "NODE_BACKGROUND_UNAVAILABLE";

function encodeParams(params: unknown): string | null {
  if (params === undefined) return null;
  const text = JSON.stringify(params);
  if (text.length > MAX_PARAMS_CHARS)
    throw new GatewayError("INVALID_REQUEST", `params have more than ${MAX_PARAMS_CHARS} characters`);
  return text;
}

function factsOf(client: ClientInfo, platform: LiveNode["platform"], remoteIp: string | undefined): NodeFacts {
  const { id: clientId, mode: clientMode, displayName, version, modelIdentifier } = client;
  const { deviceFamily } = platform;
  return {
    clientId,
    clientMode,
    version,
    platform: platform.platform,
    ...(displayName === undefined ? {} : { displayName }),
    ...(deviceFamily === undefined ? {} : { deviceFamily }),
    ...(modelIdentifier === undefined ? {} : { modelIdentifier }),
    ...(remoteIp === undefined ? {} : { remoteIp }),
  };
}
