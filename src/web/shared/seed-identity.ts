/** The device identity for pages without WebCrypto: an Ed25519 seed in the browser's storage. */
import { getPublicKey, hashes, sign, utils } from "@noble/ed25519";
import { SEED_NAME, type Shelf } from "./credentials.ts";
import { type DeviceIdentity, fromBase64Url, toBase64Url, toHex } from "./device.ts";
import { createSha2 } from "./sha2.ts";

/** Opens the identity whose seed is kept on `browser`, making the seed on the first visit. */
export function openSeedIdentity(browser: Shelf): DeviceIdentity {
  const { sha256, sha512 } = createSha2();
  hashes.sha512 = (message) => Uint8Array.from(sha512(message));
  const kept = browser.getItem(SEED_NAME);
  const seed = kept === null ? utils.randomSecretKey() : fromBase64Url(kept);
  if (kept === null) browser.setItem(SEED_NAME, toBase64Url(seed));
  const publicKey = getPublicKey(seed);
  return {
    deviceId: toHex(sha256(publicKey)),
    publicKey: toBase64Url(publicKey),
    sign: async (message) => sign(message, seed),
  };
}
