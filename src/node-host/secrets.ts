/**
 * The secrets a host keeps between its lives, each for one gateway address and never shown to another (threats T21): the
 * token its device was given, and until then what it was installed with.
 */
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { Secret } from "../lib/secret.ts";
import { validator } from "../lib/validate.ts";
import { keep, readKept } from "./keep.ts";

const Kept = Type.Record(
  Type.String(),
  Strict({ deviceToken: Type.Optional(Type.String()), token: Type.Optional(Type.String()) }),
);
const shape = validator(Kept);

/** Gateways that are remembered; the oldest give way. */
const MAX_GATEWAYS = 16;

/** The secrets in a state folder. */
export class HostSecrets {
  readonly #path: string;
  constructor(stateDir: string) {
    this.#path = join(stateDir, "node-secrets.json");
  }

  /** What is kept for a gateway. */
  for(url: string): { deviceToken?: Secret; token?: Secret } {
    const all = this.#read();
    const { deviceToken, token } = (Object.hasOwn(all, keyOf(url)) && all[keyOf(url)]) || {};
    return {
      ...(deviceToken ? { deviceToken: new Secret(deviceToken) } : {}),
      ...(token ? { token: new Secret(token) } : {}),
    };
  }

  /** The gateway gave the device a token. What it was installed with is needed no more. */
  keepDeviceToken(url: string, deviceToken: string): void {
    const { deviceToken: known, token } = this.for(url);
    if (known?.equals(deviceToken) && !token) return;
    this.#write(url, { deviceToken });
  }

  /** The secret to introduce the device with. */
  keepToken(url: string, token: string): void {
    const { deviceToken } = this.for(url);
    this.#write(url, { token, ...(deviceToken ? { deviceToken: deviceToken.reveal() } : {}) });
  }

  /** The device's token counts no longer. */
  forgetDeviceToken(url: string): void {
    const { token } = this.for(url);
    this.#write(url, token ? { token: token.reveal() } : {});
  }

  #read(): Static<typeof Kept> {
    const value = readKept(this.#path);
    return shape.check(value) ? value : {};
  }

  #write(url: string, entry: Static<typeof Kept>[string]): void {
    const key = keyOf(url);
    const others = Object.entries(this.#read()).filter(([one]) => one !== key);
    keep(this.#path, Object.fromEntries([...others, [key, entry] as const].slice(-MAX_GATEWAYS)));
  }
}

/** One gateway is one address: nothing that is kept for it is shown to another that looks like it. */
function keyOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
