/**
 * The key by which gateways elsewhere recognise this command line (`protocol/handshake.md` section 7). Made when it is
 * first needed, kept in the state folder for its owner only.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceKey } from "../client/connect.ts";
import { deviceIdOf, signedPayload } from "../devices/identity.ts";
import { CommandError } from "./exit-codes.ts";

/** The file in a state folder. */
const keyPath = (stateDir: string) => join(stateDir, "cli-device.pem");

/** Opens the key of a state folder; makes it when there is none. */
export function openDeviceKey(stateDir: string): DeviceKey {
  const key = readKey(stateDir) ?? makeKey(stateDir);
  const publicKey = rawPublicKey(key);
  const id = deviceIdOf(publicKey);
  return {
    prove(fields, { nonce, ts }) {
      const payload = signedPayload("v3", id, ts, fields, nonce);
      const signature = sign(null, Buffer.from(payload), key).toString("base64url");
      return { id, publicKey: Buffer.from(publicKey).toString("base64url"), signature, signedAt: ts, nonce };
    },
  };
}

function readKey(stateDir: string): KeyObject | undefined {
  let pem: string;
  try {
    pem = readFileSync(keyPath(stateDir), "utf8");
  } catch {
    return undefined; // Not there yet; if it is there and unreadable, making a new one says so.
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CommandError("failed", `${keyPath(stateDir)} holds no private key: remove it to have a new one made`, {
      cause,
    });
  }
}

function makeKey(stateDir: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const pem = privateKey.export({ format: "pem", type: "pkcs8" });
    writeFileSync(keyPath(stateDir), pem, { mode: 0o600, flag: "wx" });
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
