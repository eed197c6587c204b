/** `moltbot node run`: this computer as a node, in the foreground, until a signal stops it. */
import { mkdirSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { createLog } from "../../lib/log.ts";
import { Secret } from "../../lib/secret.ts";
import { findBrowser } from "../../node-host/browser.ts";
import { NodeHost } from "../../node-host/host.ts";
import type { GatewayAddress } from "../../node-host/link.ts";
import { openFolderLock } from "../../store/lock.ts";
import type { Cli } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { openDeviceKey } from "../device-key.ts";
import { CommandError } from "../exit-codes.ts";
import { logOutput } from "../log-line.ts";
import { givenCredentials, localCredentials } from "../secrets.ts";
import { version } from "../version.ts";

/** The lock of a host on its state folder; two hosts with one key would take each other's place for ever. */
export const HOST_LOCK = "node-host";
/** A timer keeps the process alive while there is no connection; it never needs to fire. */
const FOREVER_MS = 2 ** 30;

export const nodeRun = defineLeaf({
  name: "run",
  summary: "Be a node until ctrl-C: connect, wait for approval, do what is asked, come back when the link is lost",
  args: {
    name: { type: "string", valueHint: "NAME", description: "how the node is called; default: the name of this host" },
    invite: { type: "string", valueHint: "CODE", description: "code or link of moltbot nodes invite" },
    run: { type: "boolean", default: true, description: "run commands; --no-run: do not" },
    notify: { type: "boolean", default: true, description: "show notes on the desktop; --no-notify: do not" },
    canvas: { type: "boolean", description: "show pages in a browser without a window, if one is installed" },
    "browser-sandbox": {
      type: "boolean",
      default: true,
      description: "start that browser also where it has no sandbox, as for root",
    },
    verbose: { type: "boolean", description: "log everything" },
  },
  async run(args, cli) {
    const { io, paths } = cli;
    prepare(paths.stateDir);
    using _lock = openFolderLock(paths.stateDir, HOST_LOCK) ?? alreadyRunning(paths.stateDir);
    const path = args.canvas ? findBrowser(process.platform, io.env["PATH"] ?? "") : undefined;
    if (args.canvas && path === undefined)
      throw new CommandError("failed", "--canvas needs Chrome, Chromium or Edge, and none is installed");
    const browser = path === undefined ? undefined : { path, isSandboxed: args["browser-sandbox"] };
    const host = new NodeHost({
      findGateway: () => findGateway(cli),
      identity: {
        device: openDeviceKey(paths.stateDir, "node"),
        invite: args.invite === undefined ? undefined : new Secret(codeIn(args.invite)),
        name: args.name?.trim() || hostname(),
        version,
        platform: process.platform,
      },
      pid: process.pid,
      abilities: { run: args.run, notify: args.notify, browser },
      stateDir: paths.stateDir,
      env: io.env,
      homeDir: io.home,
      clock: io.clock,
      ids: io.ids,
      log: createLog({
        clock: io.clock,
        level: args.verbose ? "debug" : "info",
        sinks: [logOutput(cli)],
        room: "node",
      }),
    });
    const alive = setInterval(() => undefined, FOREVER_MS);
    try {
      await host.run(io.signal);
    } finally {
      clearInterval(alive);
    }
  },
});

/** The gateway that is meant, as it is now; undefined when none runs on this state folder. */
async function findGateway({ link, paths, io }: Cli): Promise<GatewayAddress | undefined> {
  const { findTarget } = await import("../gateway-link.ts");
  try {
    const { url, tlsFingerprint, holder } = findTarget(link, paths);
    const auth = givenCredentials(link, io.env) ?? (holder ? await localCredentials(paths, io.env) : {});
    return { url, tlsFingerprint, allowInsecure: link.allowInsecure || holder !== undefined, auth };
  } catch (error) {
    if (error instanceof CommandError && error.exit === "unreachable") return undefined;
    throw error;
  }
}

/** Makes the state folder, or finds it private (threats T23). */
function prepare(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CommandError("stateDir", `cannot make ${stateDir}: choose another folder with --state-dir`, { cause });
  }
  if (process.platform !== "win32" && (statSync(stateDir).mode & 0o077) !== 0)
    throw new CommandError("stateDir", `other users can read ${stateDir}: chmod 700 it`);
}

function alreadyRunning(stateDir: string): never {
  throw new CommandError("locked", `a node host already runs on ${stateDir}: moltbot node status`);
}

/** People paste the whole link. */
function codeIn(invite: string): string {
  return /[#&]invite=([^&]+)/.exec(invite)?.[1] ?? invite.trim();
}
