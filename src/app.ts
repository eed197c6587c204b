/** Puts the gateway together: the only file that constructs services, and the place where rooms learn of each other. */
import { watch } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { Agents } from "./agent/agents.ts";
import { createAssistant } from "./agent/assistant.ts";
import { discoverModel } from "./agent/discover.ts";
import { Runs } from "./agent/runs.ts";
import { Canvas } from "./canvas/canvas.ts";
import { listenCanvas } from "./canvas/listener.ts";
import { Channels } from "./channels/channels.ts";
import { networks } from "./channels/index.ts";
import { openInThread } from "./channels/isolation/remote.ts";
import { bindingsOf, broadcastOf } from "./channels/policy/bindings.ts";
import { createWebhookRoute } from "./channels/webhooks.ts";
import { ConfigFile } from "./config/config.ts";
import { Devices } from "./devices/devices.ts";
import { Invites } from "./devices/invites.ts";
import { hasScope } from "./devices/scopes.ts";
import { Admission } from "./gateway/admission.ts";
import { Audience } from "./gateway/broadcast.ts";
import type { Connection } from "./gateway/connection.ts";
import { Dispatcher, type Method } from "./gateway/dispatch.ts";
import { createDoor } from "./gateway/door.ts";
import { Handshake } from "./gateway/handshake.ts";
import { Once } from "./gateway/once.ts";
import { createPeerJudge, type PeerJudge } from "./gateway/peer.ts";
import { defaultRateLimits, RateLimiter } from "./gateway/rate-limit.ts";
import type { HttpRoute } from "./gateway/server.ts";
import { acquireLock, addressOf, listen, loadTls, openStore, prepareStateDir, StartError } from "./gateway/start.ts";
import { createTailscaleCli, type Tailscale } from "./gateway/tailscale.ts";
import { encodeEventHead, TICK_INTERVAL_MS } from "./gateway/wire.ts";
import type { Clock } from "./lib/clock.ts";
import { messageOf } from "./lib/errors.ts";
import { ExecApprovalsDisk } from "./lib/exec/approvals-file.ts";
import { processId } from "./lib/host.ts";
import type { Ids } from "./lib/ids.ts";
import type { Log } from "./lib/log.ts";
import type { LogFile } from "./lib/log-file.ts";
import { Media } from "./media/media.ts";
import { announceTo } from "./methods/announce.ts";
import { createAnswering } from "./methods/answering.ts";
import { commandList } from "./methods/commands.ts";
import * as events from "./methods/events.ts";
import { createMethods } from "./methods/index.ts";
import { announceNodes, greetNode } from "./methods/nodes/announce.ts";
import { approvalTargets, askInChats } from "./methods/nodes/chat-approvals.ts";
import type { Services } from "./methods/services.ts";
import { toolsFor } from "./methods/tools/index.ts";
import { ExecApprovals } from "./nodes/approvals.ts";
import { Nodes } from "./nodes/nodes.ts";
import { PresenceRows } from "./nodes/presence-rows.ts";
import { VoiceWake } from "./nodes/voice-wake.ts";
import { Lanes } from "./sessions/lanes.ts";
import { createRunTranscripts } from "./sessions/run-transcripts.ts";
import { Sessions } from "./sessions/sessions.ts";
import { Health } from "./status/health.ts";
import { describeClient, describeGateway, Presence } from "./status/presence.ts";
import { SystemEvents } from "./status/system-events.ts";
import { ChannelStore } from "./store/channels.ts";
import type { Database } from "./store/database.ts";
import { DedupeStore } from "./store/dedupe.ts";
import { DeviceStore } from "./store/devices.ts";
import { InboxStore } from "./store/inbox.ts";
import { openHostLock } from "./store/lock.ts";
import { NodeStore } from "./store/nodes.ts";
import { OutboxStore } from "./store/outbox.ts";
import { RunStore } from "./store/runs.ts";
import { SessionStore } from "./store/sessions.ts";
import { openPages } from "./web/assets.ts";
import { openCanvasFiles } from "./web/canvas-assets.ts";

/** The gateway's port when nobody says otherwise. */
export const DEFAULT_PORT = 18789;
/** How far the canvas' own port lies above the gateway's when nobody says otherwise; with its default that is 18793. */
const CANVAS_PORT_OFFSET = 4;
/** A socket's time to prove itself when the configuration does not say (threats T34). */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often the health summary is made anew. */
const HEALTH_INTERVAL_MS = 60_000;
/** Runs at once over all sessions when the configuration does not say. */
const MAX_CONCURRENT_RUNS = 4;
/** Messages that may wait in one session. */
const MAX_WAITING_MESSAGES = 20;
/** When the work begins that a start does not wait for. */
const LATER_MS = 50;
/** Editors write a file in several steps; it is read when they are done. */
const CONFIG_SETTLE_MS = 200;

export interface AppOptions {
  stateDir: string;
  configPath: string;
  env: Record<string, string | undefined>;
  version: string;
  /** What the command line says; it wins over everything else. */
  overrides?: {
    port?: number | undefined;
    bind?: string | undefined;
    token?: string | undefined;
    password?: string | undefined;
    authMode?: "token" | "password" | "none" | undefined;
    tls?: boolean | undefined;
  };
  clock: Clock;
  ids: Ids;
  log: Log;
  logFile: LogFile;
  tailscale?: Tailscale;
  /** Look for model servers on this machine when none is configured. Default: true. */
  discover?: boolean;
  /** Sees every successful answer; tests check them against the declared result. */
  onResult?: (method: Method, payload: unknown) => void;
}

/** A running gateway. */
export interface App extends AsyncDisposable {
  readonly port: number;
  /** Where clients connect, for example `ws://127.0.0.1:18789`. */
  readonly url: string;
  /** Where people open the page, without a secret. */
  readonly pageUrl: string;
  readonly tlsFingerprint: string | undefined;
  /** The canvas' port of its own; undefined when it is off or could not be had. */
  readonly canvasPort: number | undefined;
  /** What the owner should know: unknown config keys, safe mode. */
  readonly warnings: readonly string[];
  /** Says goodbye to everyone and ends. Idempotent. */
  stop(reason: string): Promise<void>;
}

/** Starts a gateway. Sockets accept when this resolves. Throws {@link StartError}; nothing stays open then. */
export async function createApp(options: AppOptions): Promise<App> {
  await using undo = new AsyncDisposableStack();
  const { stateDir, clock, ids, log, env, version, overrides = {} } = options;
  prepareStateDir(stateDir);
  const lock = undo.use(acquireLock(stateDir));
  const config = await ConfigFile.open({ path: options.configPath, env, log: log.child("config") });
  const safeMode = config.issues.flatMap(({ severity, path, message }) =>
    severity === "fatal" ? [path ? `${path}: ${message}` : message] : [],
  );
  if (safeMode.length) {
    log.error(
      "the config is wrong: running in safe mode, on loopback and without channels, until it is mended and the gateway restarted",
      {
        path: config.path,
        problems: safeMode,
      },
    );
  }
  const gatewayConfig = () => config.snapshot.gateway ?? {};
  const admission = new Admission({ config, env, overrides, stateDir, ids });
  const databasePath = join(stateDir, "gateway.db");
  const database = undo.use(openStore(databasePath));
  const startedAtMs = clock.now();
  const hostName = hostname();

  const audience = new Audience();
  const stateVersion = () => ({ presence: presence.version, health: health.version });
  const devices = new Devices({ store: new DeviceStore(database), clock, ids, log: log.child("devices") });
  const invites = new Invites({ clock, ids, log: log.child("devices") });
  const assistant = createAssistant({
    facts: async () => ({
      status: [
        `gateway: moltbot ${version}, up ${Math.round((clock.now() - startedAtMs) / 1000)} s`,
        `connections: ${audience.size}`,
      ],
      models: agents.models().map(({ provider, id }) => `${provider}/${id}`),
    }),
  });
  const agents = new Agents({ config: () => config.snapshot, assistant, clock, ids, log: log.child("agent") });
  const sessions = new Sessions({
    store: new SessionStore(database),
    clock,
    ids,
    settings: () => ({
      mainKey: (config.snapshot.session?.mainKey ?? "main").toLowerCase(),
      defaultAgentId: agents.defaultId,
    }),
    isRunning: (key) => runs.isRunning(key),
  });
  const lanes = new Lanes(() => ({
    maxConcurrent: config.snapshot.agents?.defaults?.maxConcurrent ?? MAX_CONCURRENT_RUNS,
    maxWaiting: MAX_WAITING_MESSAGES,
  }));
  const runs = new Runs({
    store: new RunStore(database),
    transcripts: createRunTranscripts(sessions),
    lanes,
    agents,
    tools: (request) => toolsFor(services, request),
    clock,
    log: log.child("agent"),
  });
  const presence = new Presence({
    clock,
    self: describeGateway(version, hostName, ids.uuid()),
    tell: (entries) => audience.publish(events.presence, { presence: entries }, stateVersion()),
  });
  const presenceRows = new PresenceRows(presence);
  const health = new Health({
    clock,
    sources: {
      databasePath,
      storage: () => database.state,
      agents: () => ({ defaultId: agents.defaultId, list: agents.list() }),
      sessions: (limit) => {
        const { rows, total } = sessions.list({ limit, offset: 0 });
        return { count: total, recent: rows };
      },
      channels: () => channels.summaries(),
      safeMode: () => safeMode,
    },
    tell: (summary) => audience.publish(events.health, summary, stateVersion()),
  });
  // The summary is kept for a minute; what people must know at once does not wait that long.
  let isHealthTold = false;
  const tellHealth = () => {
    if (isHealthTold) return;
    isHealthTold = true;
    queueMicrotask(() => {
      isHealthTold = false;
      health.refresh();
    });
  };
  database.onState = tellHealth;
  const media = new Media({ folder: join(stateDir, "media"), clock });
  const channels = new Channels({
    networks,
    config: () => (safeMode.length ? {} : (config.snapshot.channels ?? {})),
    gates: () => ({
      dmScope: config.snapshot.session?.dmScope ?? "main",
      mainKey: config.snapshot.session?.mainKey ?? "main",
      identityLinks: config.snapshot.session?.identityLinks ?? {},
      defaultAgentId: agents.defaultId,
      bindings: bindingsOf(config.snapshot.bindings ?? []),
    }),
    messages: () => config.snapshot.messages ?? {},
    broadcast: () => broadcastOf(config.snapshot.broadcast ?? {}),
    files: media,
    onState: () => tellHealth(),
    env,
    store: new ChannelStore(database),
    openAccount: openInThread(join(stateDir, "channel-keys.db")),
    lockHost: openHostLock,
    commands: commandList().map(({ name, description }) => ({ name, description })),
    inbox: new InboxStore(database),
    outbox: new OutboxStore(database),
    answering: createAnswering(() => services),
    clock,
    ids,
    log: log.child("channels"),
  });
  const nodeStore = new NodeStore(database);
  const execApprovals = new ExecApprovals({
    clock,
    ids,
    log: log.child("nodes"),
    hasRoute: ({ connectionId }) =>
      approvalTargets({ config }).length > 0 ||
      [...audience].some((connection) => connection.id !== connectionId && connection.isEntitled("approvals")),
  });
  const nodes = new Nodes({
    store: nodeStore,
    devices,
    approvals: execApprovals,
    policy: () => {
      const { commands = {}, allowCommands = [], denyCommands = [] } = gatewayConfig().nodes ?? {};
      return {
        allow: [...(commands.allow ?? []), ...allowCommands],
        deny: [...(commands.deny ?? []), ...denyCommands],
      };
    },
    clock,
    ids,
    log: log.child("nodes"),
  });
  const limiter = new RateLimiter(clock, { ...defaultRateLimits, ...gatewayConfig().auth?.rateLimit });
  const canvasConfig = config.snapshot.canvasHost ?? {};
  const canvas = undo.use(
    new Canvas({
      isEnabled: (canvasConfig.enabled ?? true) && !env["OPENCLAW_SKIP_CANVAS_HOST"],
      root: canvasConfig.root ?? join(stateDir, "canvas"),
      isLive: canvasConfig.liveReload ?? true,
      isTls: () => tls !== undefined,
      door: createDoor({ judge: () => judge, policy: () => admission.policy, limiter }),
      assets: openCanvasFiles(),
      clock,
      ids,
      log: log.child("canvas"),
    }),
  );
  const services: Services = {
    agents,
    canvas,
    channels,
    clock,
    config,
    devices,
    execApprovals,
    execRules: new ExecApprovalsDisk({ path: join(stateDir, "exec-approvals.json"), clock, ids }),
    health,
    ids,
    invites,
    media,
    nodes,
    logFile: options.logFile,
    presence,
    runs,
    sessions,
    systemEvents: new SystemEvents(),
    voiceWake: new VoiceWake(nodeStore),
    self: {
      version,
      startedAtMs,
      databasePath,
      hostName,
      port: () => gateway.port,
      isDeviceConnected: (deviceId) => [...audience].some((connection) => connection.identity?.deviceId === deviceId),
      counts: () => ({ connections: audience.size }),
    },
  };
  const once = new Once(new DedupeStore(database), clock);
  const dispatcher = new Dispatcher({
    methods: createMethods(services),
    once,
    ids,
    log: log.child("methods"),
    onResult: options.onResult,
  });
  const tailscale = options.tailscale ?? createTailscaleCli();
  let tailnet: string[] = [];
  const makeJudge = (): PeerJudge =>
    createPeerJudge({
      trustedProxies: gatewayConfig().trustedProxies ?? [],
      allowRealIpFallback: gatewayConfig().allowRealIpFallback ?? false,
      allowedOrigins: gatewayConfig().controlUi?.allowedOrigins ?? [],
      allowedHosts: gatewayConfig().allowedHosts ?? [],
      hostName,
      ownTailnetAddresses: tailnet,
    });
  let judge = makeJudge();
  const handshake = new Handshake({
    policy: () => admission.policy,
    devices,
    invites,
    limiter,
    tailscale,
    clock,
    log: log.child("gateway"),
    facts: {
      server: { version, bootId: ids.uuid(), host: hostName },
      methods: (wire) => dispatcher.names(wire).filter((name) => name !== "connect"),
      events: events.eventSpecs.map(({ name }) => name),
      nodeHello: ({ deviceId, client }, { id: connectionId, peer, gone }) => {
        // At once, also when it is cut before its hello is out (threats T26).
        gone.addEventListener("abort", () => canvas.drop(connectionId));
        return canvas.urlFor({ nodeId: deviceId ?? client.id, connectionId, headers: peer.headers }) ?? {};
      },
      snapshot: ({ version: wire, role, scopes }) => ({
        presence: role === "operator" && (wire === 3 || hasScope(scopes, "operator.read")) ? presence.list() : [],
        health: health.snapshot(),
        stateVersion: stateVersion(),
        uptimeMs: clock.now() - startedAtMs,
        ...(wire === 3 || scopes.includes("operator.admin") ? { configPath: config.path, stateDir } : {}),
        sessionDefaults: {
          defaultAgentId: agents.defaultId,
          mainKey: config.snapshot.session?.mainKey ?? "main",
          mainSessionKey: sessions.mainKey(),
          scope: config.snapshot.session?.scope ?? "per-sender",
        },
      }),
    },
  });

  announceTo(audience, { devices, sessions, runs, clock });
  announceNodes(audience, services);
  askInChats(services, log.child("nodes"));
  const interrupted = runs.recover();
  if (interrupted) log.warn("runs were interrupted by the last stop", { count: interrupted });
  const bind = safeMode.length ? "loopback" : (overrides.bind ?? gatewayConfig().bind ?? "loopback");
  if (bind === "tailnet") tailnet = await tailscale.ownAddresses();
  const address = addressOf(bind, tailnet);
  const problem = admission.problemOn(address);
  if (problem) throw new StartError("refused", problem);
  const names = [hostName, "localhost", "127.0.0.1", "::1", ...tailnet];
  const tls = await loadTls(gatewayConfig().tls ?? {}, {
    stateDir,
    isForced: overrides.tls,
    names,
    nowMs: clock.now(),
  });

  const wantedPort = overrides.port ?? gatewayConfig().port ?? DEFAULT_PORT;
  const gateway = listen({
    hostname: address,
    port: wantedPort,
    tls: tls && { cert: tls.cert, key: tls.key },
    handshakeTimeoutMs: gatewayConfig().handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    judge: () => judge,
    handshake,
    dispatcher,
    audience,
    routes: [
      createWebhookRoute({ find: (path) => channels.deliveryAt(path), clock, log: log.child("channels") }),
      ...routesOf({ database, isPageServed: () => gatewayConfig().controlUi?.enabled ?? true }),
    ],
    ...(canvas.isEnabled ? { annex: canvas.host } : {}),
    clock,
    ids,
    log: log.child("gateway"),
    onOpen: (connection) => greet(connection),
    onClose: (connection) => {
      const { id: connId, ended } = connection;
      presenceRows.leave(connId);
      nodes.disconnected(connId);
      if (ended && ended.code !== 1012) log.warn("a client was cut off", { connId, ...ended });
      else log.debug("a client left", { connId });
    },
  });
  undo.defer(() => gateway.shutdown());
  const canvasPort = canvasConfig.port ?? (wantedPort === 0 ? 0 : gateway.port + CANVAS_PORT_OFFSET);
  const ownCanvas = canvas.isEnabled
    ? listenCanvas({
        hostname: address,
        port: canvasPort,
        tls: tls && { cert: tls.cert, key: tls.key },
        host: canvas.host,
        log: log.child("canvas"),
      })
    : undefined;
  if (ownCanvas) undo.use(ownCanvas);
  // First, so that the gateway's port need not wait for pages that are open.
  undo.defer(() => canvas.host.close());
  undo.use(
    config.onChange(
      (value) => value.gateway,
      () => (judge = makeJudge()),
    ),
  );
  undo.use(
    config.onChange(
      (value) => [value.models, value.agents],
      () => agents.refresh(),
    ),
  );
  undo.use(
    config.onChange(
      (value) => value.gateway?.auth,
      () => changeAuth(),
    ),
  );
  undo.adopt(
    clock.every(TICK_INTERVAL_MS, () => audience.publish(events.tick, { ts: clock.now() })),
    (timer) => timer.cancel(),
  );
  undo.adopt(
    clock.every(HEALTH_INTERVAL_MS, () => health.refresh()),
    (timer) => timer.cancel(),
  );
  const scheme = tls ? "wss" : "ws";
  const reachable = address === "0.0.0.0" ? "127.0.0.1" : address.includes(":") ? `[${address}]` : address;
  const url = `${scheme}://${reachable}:${gateway.port}`;
  const pageUrl = `${tls ? "https" : "http"}://${reachable}:${gateway.port}/`;
  lock.announce({
    pid: processId,
    url,
    port: gateway.port,
    version,
    startedAtMs,
    ...(tls ? { tlsFingerprint: tls.fingerprint } : {}),
  });
  log.info("the gateway listens", { url, version, bind, ...(tls ? { tlsFingerprint: tls.fingerprint } : {}) });

  // The sockets accept first; a channel that fails says so and takes nobody with it (design D14).
  channels.open();
  undo.use(
    config.onChange(
      (value) => [value.channels, value.messages],
      () => void channels.reopen(),
    ),
  );

  const owned = undo.move();
  // What nobody waits for comes after the first clients.
  clock.after(LATER_MS, () => {
    if (owned.disposed) return;
    owned.use(watchConfig(config, options));
    void canvas.start();
    if (options.discover ?? true) void findLocalModel(agents, options);
    if (!tailnet.length) void learnTailnet();
  });
  let stopping: Promise<void> | undefined;
  const stop = (reason: string): Promise<void> => {
    stopping ??= (async () => {
      log.info("the gateway stops", { reason });
      audience.publish(events.shutdown, { reason, restartExpectedMs: null });
      await channels.close();
      await runs.close();
      await owned.disposeAsync();
    })();
    return stopping;
  };
  return {
    port: gateway.port,
    url,
    pageUrl,
    tlsFingerprint: tls?.fingerprint,
    canvasPort: ownCanvas?.port,
    warnings: [
      ...safeMode.map((problem) => `safe mode: ${problem}`),
      ...config.issues.flatMap(({ severity, path, message }) =>
        severity === "warning" ? [`${path}: ${message}`] : [],
      ),
    ],
    stop,
    [Symbol.asyncDispose]: () => stop("disposed"),
  };

  async function learnTailnet(): Promise<void> {
    tailnet = await tailscale.ownAddresses();
    if (tailnet.length) judge = makeJudge();
  }

  /** A client was admitted: it appears in the list, and v3 peers get the summary they expect after hello. */
  function greet(connection: Connection): void {
    const { identity, peer } = connection;
    if (!identity) return;
    const { client, role, scopes, deviceId, version: wire } = identity;
    log.debug("a client connected", { connId: connection.id, client: client.id, role, protocol: wire });
    if (wire === 3) connection.deliver(encodeEventHead("health", health.get(), stateVersion()), false);
    greetNode(connection, services);
    const isShortLived =
      client.mode === "cli" || client.mode === "probe" || (wire === 4 && client.mode === "backend" && !deviceId);
    if (isShortLived) return;
    // Apps look for a node in this list by the id that they know it by.
    const instanceId = role === "node" ? deviceId : client.instanceId;
    const told = instanceId === undefined ? client : { ...client, instanceId };
    const facts = { client: told, role, scopes, deviceId, ip: peer.isLocal ? undefined : peer.clientIp };
    presenceRows.enter({ id: connection.id, version: wire, role, deviceId, instanceId }, describeClient(facts));
  }

  /** Whoever came in with a secret that is no longer the secret has to prove itself again (threats T26). */
  function changeAuth(): void {
    admission.reload();
    log.info("the gateway's secret or its rules changed");
    queueMicrotask(() => {
      for (const connection of audience)
        if (!connection.identity?.isByDeviceToken) connection.close(4001, "gateway auth changed");
    });
  }
}

/** The HTTP routes: signs of life for supervisors, and the pages. */
function routesOf(needs: { database: Database; isPageServed: () => boolean }): HttpRoute[] {
  const pages = openPages();
  const json = (value: object, status = 200) =>
    Response.json(value, { status, headers: { "cache-control": "no-store" } });
  return [
    (_request, url) => (url.pathname === "/healthz" ? json({ ok: true }) : undefined),
    (_request, url) => {
      if (url.pathname !== "/readyz") return undefined;
      const { isWritable } = needs.database.state;
      return json({ ok: isWritable }, isWritable ? 200 : 503);
    },
    (request, url) => (needs.isPageServed() ? pages.handle(request, url) : undefined),
  ];
}

/** Applies edits of the file. A file that cannot be watched (some network disks) is read at the next start. */
function watchConfig(config: ConfigFile, { clock, log }: AppOptions): Disposable {
  const folder = dirname(config.path);
  let pending: { cancel(): void } | undefined;
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name !== null && !config.path.endsWith(name)) return;
      pending?.cancel();
      pending = clock.after(CONFIG_SETTLE_MS, () => {
        config.reload().catch((error) => log.warn("the config could not be read again", { error: messageOf(error) }));
      });
    });
    return {
      [Symbol.dispose]: () => {
        pending?.cancel();
        watcher.close();
      },
    };
  } catch (error) {
    log.warn("the config folder cannot be watched: restart after editing", { folder, error: messageOf(error) });
    return { [Symbol.dispose]: () => undefined };
  }
}

async function findLocalModel(agents: Agents, { clock, log }: AppOptions): Promise<void> {
  if (agents.models().length) return;
  const found = await discoverModel({ clock });
  if (!found) return;
  agents.adopt(found);
  log.info("a model server was found on this machine", { server: found.label, model: found.model });
}
