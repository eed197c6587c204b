/**
 * From "the gateway that is meant" to an open connection. Without `--url` the address comes from the state folder's
 * lock, which proves that its owner is alive; a stranger on the old port gets nothing (threats T44).
 */
import { existsSync } from "node:fs";
import type { GatewayClient } from "../client/client.ts";
import { type ConnectOptions, connectGateway } from "../client/connect.ts";
import { hasScope } from "../devices/scopes.ts";
import { findHolder, type Holder } from "../store/lock.ts";
import { openDeviceKey } from "./device-key.ts";
import { CommandError } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import type { Paths } from "./paths.ts";
import { givenCredentials, localCredentials } from "./secrets.ts";
import { version } from "./version.ts";

/** What the command line says about the gateway. */
export interface LinkOptions {
  url?: string | undefined;
  token?: string | undefined;
  password?: string | undefined;
  tlsFingerprint?: string | undefined;
  allowInsecure: boolean;
  timeoutMs?: number | undefined;
}

/** Where a gateway is and how to recognise it. */
export interface Target {
  url: string;
  tlsFingerprint?: string | undefined;
  /** The living gateway of this state folder. */
  holder: Holder | undefined;
}

/** The gateway that is meant. Throws when none is named and none is running. */
export function findTarget(options: LinkOptions, paths: Paths): Target {
  const { url, tlsFingerprint } = options;
  const holder = existsSync(paths.stateDir) ? findHolder(paths.stateDir) : undefined;
  if (url !== undefined && url !== holder?.url) return { url, tlsFingerprint, holder: undefined };
  if (!holder) {
    throw new CommandError("unreachable", "no gateway is running: start it with `moltbot gateway`", {
      details: { stateDir: paths.stateDir },
    });
  }
  return { url: reachable(holder.url), tlsFingerprint: tlsFingerprint ?? holder.tlsFingerprint, holder };
}

/** Connects with the scopes a command needs and no more. */
export async function openLink(
  target: Target,
  scopes: readonly string[],
  options: LinkOptions,
  given: { io: Io; paths: Paths },
): Promise<GatewayClient> {
  const { io, paths } = given;
  const isOwn = target.holder !== undefined;
  const auth = givenCredentials(options, io.env) ?? (isOwn ? await localCredentials(paths, io.env) : {});
  const hasSecret = Boolean(auth.token ?? auth.password);
  const connect: ConnectOptions = {
    url: target.url,
    auth,
    tlsFingerprint: target.tlsFingerprint,
    // The holder is a process of this host, so its address never leaves it.
    allowInsecure: options.allowInsecure || isOwn,
    scopes,
    client: { version, platform: process.platform },
    clock: io.clock,
    ids: io.ids,
    signal: io.signal,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  };
  const withDevice = () => connectGateway({ ...connect, device: openDeviceKey(paths.stateDir) });
  if (!isOwn || !hasSecret) return withDevice();
  const client = await connectGateway(connect);
  const { scopes: granted } = client.hello.auth;
  if (scopes.every((scope) => hasScope(granted, scope))) return client;
  // Without a device a gateway may admit us and grant nothing: auth mode none, or an address that is not loopback.
  await client.close();
  return withDevice();
}

/** A gateway that listens everywhere is reached on loopback. */
function reachable(address: string): string {
  const url = new URL(address);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return url.href.replace(/\/$/, "");
}
