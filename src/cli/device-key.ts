/**
 * The keys by which gateways recognise this command line, and the node host that it runs (`protocol/handshake.md`
 * section 7). Made when they are first needed, kept in the state folder for its owner only.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceKey } from "../client/connect.ts";
import { deviceIdOf, signedPayload } from "../devices/identity.ts";
import { CommandError } from "./exit-codes.ts";

/** The files in a state folder, by who is known by them. */
const files = { cli: "cli-device.pem", node: "node-device.pem" } as const;

/** A key with the id of its device. */
export interface OwnDeviceKey extends DeviceKey {
  readonly id: string;
}

/** Opens a key of a state folder; makes it when there is none. */
export function openDeviceKey(stateDir: string, owner: keyof typeof files = "cli"): OwnDeviceKey {
  const path = join(stateDir, files[owner]);
  const key = readKey(path) ?? makeKey(stateDir, path);
  const publicKey = rawPublicKey(key);
  const id = deviceIdOf(publicKey);
  return {
    id,
    prove(fields, { nonce, ts }) {
      const payload = signedPayload("v3", id, ts, fields, nonce);
      const signature = sign(null, Buffer.from(payload), key).toString("base64url");
      return { id, publicKey: Buffer.from(publicKey).toString("base64url"), signature, signedAt: ts, nonce };
    },
  };
}

function readKey(path: string): KeyObject | undefined {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch {
    return undefined; // Not there yet; if it is there and unreadable, making a new one says so.
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CommandError("failed", `${path} holds no private key: remove it to have a new one made`, {
      cause,
    });
  }
}

function makeKey(stateDir: string, path: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const pem = privateKey.export({ format: "pem", type: "pkcs8" });
    writeFileSync(path, pem, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new CommandError(
      "stateDir",
      `cannot keep a device key in ${stateDir}: choose another folder with --state-dir`,
      { cause },
    );
  }
  return privateKey;
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: "jwk" });
  return new Uint8Array(Buffer.from(x ?? "", "base64url"));
}
