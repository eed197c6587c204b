/**
 * A headless node: connects to its gateway, does what it is asked under the rules of its owner, and comes back for ever
 * when the connection is lost. It ends only when it is stopped, or refused for a reason that only a person can mend.
 */
import { join } from "node:path";
import type { EventFrame } from "#schemas/frames.ts";
import type { GatewayClient } from "../client/client.ts";
import { isObject } from "../client/frames.ts";
import { type Clock, pause } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { ExecApprovalsDisk } from "../lib/exec/approvals-file.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { Approvals } from "./approval.ts";
import { Canvas } from "./canvas.ts";
import type { Command } from "./command.ts";
import { type Abilities, commandsOf } from "./commands.ts";
import { baseEnv } from "./environment.ts";
import { ProcessGroups } from "./groups.ts";
import { Invocations } from "./invocations.ts";
import { type GatewayAddress, type HostIdentity, HostLink, withAdvice } from "./link.ts";
import { judgeRefusal } from "./refusal.ts";
import { Reports } from "./reports.ts";
import { SkillBins } from "./skills.ts";
import { Standing } from "./standing.ts";
import { SystemRun } from "./system-run.ts";

/** How long it waits before it comes back: the first time, and at most; each time twice as long. */
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 15_000;
/** Share of a wait that is random, so that a restarted gateway is not met by all hosts at once. */
const JITTER = 0.25;
/** A connection that held this long was a good one: the next wait is a short one again. */
const GOOD_MS = 10_000;
/** How often a host that waits for its owner looks again. */
const APPROVAL_RETRY_MS = 3_000;

export interface HostNeeds {
  /** Looks anew before each attempt: a gateway on this host may have another port. Undefined: none is running. */
  findGateway(): Promise<GatewayAddress | undefined>;
  identity: HostIdentity;
  abilities: Abilities;
  stateDir: string;
  pid: number;
  env: Readonly<Record<string, string | undefined>>;
  homeDir: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** One host. */
export class NodeHost {
  readonly #needs: HostNeeds;
  readonly #rules: ExecApprovalsDisk;
  readonly #link: HostLink;
  readonly #standing: Standing;
  readonly #groups: ProcessGroups;
  readonly #invocations: Invocations;
  readonly #reports: Reports;
  readonly #systemRun: SystemRun;
  readonly #canvas: Canvas | undefined;
  readonly #env: Record<string, string>;
  #client: GatewayClient | undefined;
  #failures = 0;

  constructor(needs: HostNeeds) {
    const { identity, abilities, stateDir, env, homeDir, clock, ids, log } = needs;
    const nodeId = identity.device.id;
    this.#needs = needs;
    this.#env = baseEnv(env);
    this.#rules = new ExecApprovalsDisk({ path: join(stateDir, "exec-approvals.json"), clock, ids });
    this.#link = new HostLink({ identity, stateDir, clock, ids, log });
    this.#standing = new Standing({ ...needs, nodeId, name: identity.name });
    this.#groups = new ProcessGroups({ log, systemRoot: env["SYSTEMROOT"] });
    this.#invocations = new Invocations(log);
    this.#reports = new Reports(log);
    this.#systemRun = new SystemRun({
      rules: this.#rules,
      approvals: new Approvals({ nodeId, gatewayNow: () => this.#link.gatewayNow() }),
      skills: new SkillBins({ clock, ask: () => this.#ask("skills.bins") }),
      groups: this.#groups,
      report: (event, payload) => this.#reports.tell(event, payload),
      env: this.#env,
      homeDir,
      clock,
      ids,
    });
    const { browser } = abilities;
    this.#canvas = browser && new Canvas({ browser, freshUrl: () => this.#canvasUrl(), clock });
  }

  /** Runs until the signal aborts. Throws when it is refused for good. */
  async run(signal: AbortSignal): Promise<void> {
    this.#groups.start();
    try {
      while (!signal.aborted) {
        const waitMs = await this.#live(signal);
        if (waitMs > 0) await pause(this.#needs.clock, waitMs, signal).catch(() => undefined); // Stopped: the loop sees it.
      }
      this.#standing.become("stopped", undefined);
    } catch (error) {
      this.#standing.become("refused", messageOf(error));
      throw error;
    } finally {
      this.#invocations.cancelAll();
      this.#canvas?.[Symbol.dispose]();
      this.#groups[Symbol.dispose]();
    }
  }

  /** One connection from the attempt to its end; returns how long to wait before the next. */
  async #live(signal: AbortSignal): Promise<number> {
    const { findGateway, clock } = this.#needs;
    const gateway = await findGateway();
    if (!gateway) {
      this.#standing.become("connecting", "no gateway is running here");
      this.#standing.warnOnce("no gateway is running here: waiting for one");
      return this.#backoff();
    }
    const commands = this.#commands();
    const offer = { commands: [...commands.keys()], path: this.#env["PATH"] ?? "" };
    this.#standing.offers(gateway.url, offer.commands);
    let client: GatewayClient;
    try {
      client = await this.#link.open(gateway, offer, signal);
    } catch (error) {
      return signal.aborted ? 0 : this.#onRefusal(error, gateway);
    }
    const sinceMs = clock.monotonic();
    await this.#serve(client, gateway, commands, signal);
    if (clock.monotonic() - sinceMs >= GOOD_MS) this.#failures = 0;
    return signal.aborted ? 0 : this.#backoff();
  }

  #commands(): ReadonlyMap<string, Command> {
    const { abilities, clock, identity } = this.#needs;
    return commandsOf(abilities, {
      systemRun: this.#systemRun,
      canvas: this.#canvas,
      rules: this.#rules,
      groups: this.#groups,
      env: this.#env,
      platform: identity.platform,
      clock,
    });
  }

  async #serve(
    client: GatewayClient,
    { url }: GatewayAddress,
    commands: ReadonlyMap<string, Command>,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, identity } = this.#needs;
    const events = client.onEvent((event) => this.#onEvent(event, client, commands));
    this.#client = client;
    this.#reports.through(client);
    log.info("connected", { url, nodeId: identity.device.id });
    this.#standing.connected();
    const stopped = Promise.withResolvers<undefined>();
    const onAbort = () => stopped.resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    const closing = await Promise.race([client.closed, stopped.promise]);
    signal.removeEventListener("abort", onAbort);
    events[Symbol.dispose]();
    this.#client = undefined;
    this.#reports.through(undefined);
    // Its addresses ended with the connection.
    this.#canvas?.[Symbol.dispose]();
    if (!closing) return client.close();
    const { code, reason } = closing;
    this.#standing.become("connecting", `the gateway closed the connection (${code} ${reason})`);
    log.warn("the connection was lost", { code, reason });
  }

  #onEvent({ event, payload }: EventFrame, client: GatewayClient, commands: ReadonlyMap<string, Command>): void {
    const { id: nodeId } = this.#needs.identity.device;
    if (!isObject(payload)) return;
    if (event === "node.invoke.cancel") return this.#invocations.cancel(payload["invokeId"]);
    if (event === "node.invoke.request") {
      const { command } = payload;
      // Nobody is asked for what was not approved.
      if (typeof command === "string" && commands.has(command)) this.#standing.approved([command]);
      const answer = (result: object) => client.request("node.invoke.result", result);
      void this.#invocations.take(payload, { nodeId, commands, answer });
    }
    if (event === "node.pair.resolved" && payload["nodeId"] === nodeId) {
      const { decision } = payload;
      this.#needs.log.info("the owner decided about this node's commands", { decision });
      if (decision === "approved") this.#standing.approved();
      if (decision === "removed") this.#standing.disapproved();
    }
  }

  /** The wait before the next attempt. Throws what nobody but a person can mend. */
  #onRefusal(error: unknown, gateway: GatewayAddress): number {
    const verdict = judgeRefusal(error);
    const why = messageOf(error);
    switch (verdict.kind) {
      case "retry":
        this.#standing.become("connecting", why);
        this.#standing.warnOnce("not connected: trying again", { why });
        return Math.max(verdict.afterMs ?? 0, this.#backoff());
      case "pairing": {
        const command = `moltbot devices approve ${verdict.requestId ?? "REQUEST"}`;
        this.#standing.become("waiting-for-approval", `on the gateway's host: ${command}`);
        this.#standing.warnOnce("this device waits for approval: run on the gateway's host", { command });
        return APPROVAL_RETRY_MS;
      }
      case "worthless-token":
        this.#link.forgetDeviceToken(gateway, error);
        this.#standing.warnOnce("the gateway takes this device's token no longer: introducing the device anew");
        return 0;
      case "refused":
        throw withAdvice(error);
    }
  }

  async #canvasUrl(): Promise<string> {
    const answer = await this.#ask("node.pluginSurface.refresh", { surface: "canvas" });
    const urls = isObject(answer) ? answer["pluginSurfaceUrls"] : undefined;
    const url = isObject(urls) ? urls["canvas"] : undefined;
    return typeof url === "string" ? url : Promise.reject(new Error("the gateway gave no address of the canvas"));
  }

  #ask(method: string, params?: object): Promise<unknown> {
    return this.#client?.request(method, params) ?? Promise.reject(new Error("not connected"));
  }

  #backoff(): number {
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS);
    this.#failures = Math.min(this.#failures + 1, 16);
    return waitMs * (1 - JITTER * this.#needs.ids.fraction());
  }
}
