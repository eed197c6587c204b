/**
 * The steps of a start that can fail for the owner to mend: state folder, lock, database, address, certificate, port.
 * Each failure says what to do and has a kind of its own, so that scripts can tell them apart.
 */
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../lib/errors.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { LockedError, openLock, type StateLock } from "../store/lock.ts";
import { type Gateway, type GatewayOptions, openGateway } from "./server.ts";
import { ensureTls, readTls, type Tls } from "./tls.ts";

/** Why a start failed: a code of its own for scripts, and a line that says what to do. */
export type StartProblem = "locked" | "port-busy" | "state-dir" | "refused";

/** Thrown when a gateway cannot start. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly problem: StartProblem;
  constructor(problem: StartProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

/** Makes the state folder, or finds it fit: private and writable. */
export function prepareStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    accessSync(stateDir, constants.W_OK | constants.X_OK);
    if ((statSync(stateDir).mode & 0o077) !== 0) {
      throw new Error("other users can read it");
    }
  } catch (error) {
    const advice =
      "it must be a folder of mode 0700 that this user can write; chmod it, or choose another with MOLTBOT_STATE_DIR";
    throw new StartError(
      "state-dir",
      `cannot use the state folder ${stateDir} (${messageOf(error)}): ${advice}`,
      error,
    );
  }
}

/** Takes the lock of the state folder. */
export function acquireLock(stateDir: string): StateLock {
  try {
    return openLock(stateDir);
  } catch (error) {
    if (error instanceof LockedError) throw new StartError("locked", error.message, error);
    throw new StartError("state-dir", `cannot lock the state folder ${stateDir}: ${messageOf(error)}`, error);
  }
}

/** Opens the database. */
export function openStore(path: string): Database {
  try {
    return openDatabase(path);
  } catch (error) {
    throw new StartError("state-dir", `cannot open ${path}: ${messageOf(error)}`, error);
  }
}

/** Listens. */
export function listen(options: GatewayOptions): Gateway {
  try {
    return openGateway(options);
  } catch (error) {
    const isBusy = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const { hostname: host, port } = options;
    if (isBusy)
      throw new StartError(
        "port-busy",
        `port ${port} on ${host} is taken: stop what uses it, or choose another with --port`,
        error,
      );
    throw new StartError("refused", `cannot listen on ${host} port ${port}: ${messageOf(error)}`, error);
  }
}

/** The address to listen on. */
export function addressOf(bind: string, tailnet: readonly string[]): string {
  if (bind === "loopback") return "127.0.0.1";
  if (bind === "lan") return "0.0.0.0";
  if (bind !== "tailnet") return bind;
  return tailnet[0] ?? fallFromTailnet();
}

function fallFromTailnet(): never {
  throw new StartError(
    "refused",
    "gateway.bind is tailnet, but Tailscale gives this host no address: start Tailscale, or bind to loopback",
  );
}

/** The certificate to serve, when TLS is on: the owner's, or one of our own. */
export async function loadTls(
  section: { enabled?: boolean; certPath?: string; keyPath?: string },
  given: { stateDir: string; isForced: boolean | undefined; names: readonly string[]; nowMs: number },
): Promise<Tls | undefined> {
  const { enabled, certPath, keyPath } = section;
  if (!(given.isForced ?? enabled)) return undefined;
  try {
    return certPath && keyPath
      ? readTls(certPath, keyPath)
      : await ensureTls(join(given.stateDir, "tls"), given.names, given.nowMs);
  } catch (error) {
    throw new StartError("refused", `cannot use the TLS certificate: ${messageOf(error)}`, error);
  }
}
