/** The way of a host to its gateway: who it says it is, what it shows, and what a refusal means (handshake sections 3, 9). */
import type { GatewayClient } from "../client/client.ts";
import { connectGateway, type DeviceKey } from "../client/connect.ts";
import { ClientError } from "../client/errors.ts";
import { isObject } from "../client/frames.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import { capsOf } from "./commands.ts";
import { HostSecrets } from "./secrets.ts";

/** Where the gateway is, and what it may be shown. */
export interface GatewayAddress {
  url: string;
  tlsFingerprint?: string | undefined;
  allowInsecure: boolean;
  auth: { token?: Secret | undefined; password?: Secret | undefined };
}

/** Who a host is. */
export interface HostIdentity {
  device: DeviceKey & { readonly id: string };
  /** The code of an invite, for a device that the gateway does not know yet. */
  invite?: Secret | undefined;
  name: string;
  version: string;
  platform: string;
}

/** Opens connections, and keeps what the gateway gives for the next. */
export class HostLink {
  readonly #identity: HostIdentity;
  readonly #secrets: HostSecrets;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  /** The gateway's clock less ours, as its last challenge told it. */
  #aheadMs = 0;
  constructor(needs: { identity: HostIdentity; stateDir: string; clock: Clock; ids: Ids; log: Log }) {
    this.#identity = needs.identity;
    this.#secrets = new HostSecrets(needs.stateDir);
    this.#clock = needs.clock;
    this.#ids = needs.ids;
    this.#log = needs.log;
  }

  /** The gateway's time. */
  gatewayNow(): number {
    return this.#clock.now() + this.#aheadMs;
  }

  /** Connects, and keeps the token that the device is given. The device's own token is shown before any other secret. */
  async open(
    gateway: GatewayAddress,
    offer: { commands: readonly string[]; path: string },
    signal: AbortSignal,
  ): Promise<GatewayClient> {
    const { url, tlsFingerprint, allowInsecure } = gateway;
    const { device, name, version, platform } = this.#identity;
    const { deviceToken } = this.#secrets.for(url);
    const client = await connectGateway({
      url,
      tlsFingerprint,
      allowInsecure,
      auth: deviceToken ? { deviceToken } : this.#introduction(gateway),
      role: "node",
      client: { id: "node-host", mode: "node", displayName: name, version, ...systemOf(platform) },
      caps: capsOf(offer.commands),
      claims: { commands: [...offer.commands], permissions: {}, pathEnv: offer.path },
      device: {
        prove: (fields, challenge) => {
          this.#aheadMs = challenge.ts - this.#clock.now();
          return device.prove(fields, challenge);
        },
      },
      clock: this.#clock,
      ids: this.#ids,
      signal,
    });
    const given = client.hello.auth.deviceToken;
    if (given) this.#tryTo("keep the device's token", () => this.#secrets.keepDeviceToken(url, given));
    return client;
  }

  /**
   * The device's token counts no longer. Forgets it when there is another secret to introduce the device with; throws
   * what to do when there is none.
   */
  forgetDeviceToken(gateway: GatewayAddress, refusal: unknown): void {
    const wasKept = this.#secrets.for(gateway.url).deviceToken !== undefined;
    this.#tryTo("forget the device's token", () => this.#secrets.forgetDeviceToken(gateway.url));
    const hasOther = Object.values(this.#introduction(gateway)).some((secret) => secret !== undefined);
    if (!wasKept || !hasOther) throw withAdvice(refusal);
  }

  #introduction({ url, auth }: GatewayAddress): Record<string, Secret | undefined> {
    if (auth.token || auth.password) return auth;
    const { token } = this.#secrets.for(url);
    return token ? { token } : { bootstrapToken: this.#identity.invite };
  }

  /** A full disk does not end a host. */
  #tryTo(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.error(`cannot ${what}`, { error: messageOf(error) });
    }
  }
}

/** The refusal with what somebody can do about it, where its own text does not say. */
export function withAdvice(refusal: unknown): unknown {
  if (!(refusal instanceof ClientError)) return refusal;
  const { code, message, stage, details } = refusal;
  const advice = adviceFor(isObject(details) ? details["code"] : undefined);
  return advice === undefined
    ? refusal
    : new ClientError(code, `${message}: ${advice}`, { stage, details, cause: refusal });
}

function adviceFor(code: unknown): string | undefined {
  if (code === "AUTH_BOOTSTRAP_TOKEN_INVALID")
    return "an invite is for one device and a few minutes; make a new one with `moltbot nodes invite`";
  if (code === "AUTH_DEVICE_TOKEN_MISMATCH" || code === "AUTH_SCOPE_MISMATCH")
    return "this device is no longer approved; start with --token, or with --invite and a code of `moltbot nodes invite`";
  return undefined;
}

/** The system as nodes name it; both fields are signed. */
function systemOf(platform: string): { platform: string; deviceFamily: string } {
  if (platform === "darwin") return { platform: "macos", deviceFamily: "Mac" };
  if (platform === "win32") return { platform: "windows", deviceFamily: "Windows" };
  return { platform, deviceFamily: platform === "linux" ? "Linux" : platform };
}
