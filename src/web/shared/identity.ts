/**
 * Makes and keeps this browser's device key.
 * Where WebCrypto has Ed25519 the key cannot be read out and lives in IndexedDB. Elsewhere (plain http over a LAN,
 * older browsers) it is a seed in localStorage, which scripts of this origin could read: there are none but ours.
 */
import { SEED_NAME, type Shelf } from "./credentials.ts";
import { type DeviceIdentity, toBase64Url, toHex } from "./device.ts";

const DATABASE = "moltbot";
const STORE = "keys";
const KEY_NAME = "device";

/** Opens the identity of this browser at this origin, making it on the first visit. */
export async function openIdentity(browser: Shelf): Promise<DeviceIdentity> {
  if (browser.getItem(SEED_NAME) === null) {
    const identity = await openWebCryptoIdentity();
    if (identity !== undefined) return identity;
  }
  // Its cryptography is a file of its own, which most browsers never load.
  const { openSeedIdentity } = await import("./seed-identity.ts");
  return openSeedIdentity(browser);
}

async function openWebCryptoIdentity(): Promise<DeviceIdentity | undefined> {
  if (globalThis.crypto?.subtle === undefined || globalThis.indexedDB === undefined) return undefined;
  try {
    const pair = await loadOrMakePair();
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey));
    const sign = async (message: Uint8Array) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, Uint8Array.from(message)));
    return { deviceId: toHex(hash), publicKey: toBase64Url(publicKey), sign };
  } catch (error) {
    // No Ed25519 in this browser, or storage is refused (private window): the seed still works.
    console.info("device key: WebCrypto is not usable here", error);
    return undefined;
  }
}

async function loadOrMakePair(): Promise<CryptoKeyPair> {
  const database = await settled(openDatabase());
  try {
    const kept: unknown = await settled(database.transaction(STORE).objectStore(STORE).get(KEY_NAME));
    if (isKeyPair(kept)) return kept;
    const made = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    if (!isKeyPair(made)) throw new Error("the browser made no key pair");
    // `add` fails if another tab was faster; then its key is the one to use.
    const store = database.transaction(STORE, "readwrite").objectStore(STORE);
    const wasFirst = await settled(store.add(made, KEY_NAME)).then(
      () => true,
      () => false,
    );
    if (wasFirst) return made;
    const theirs: unknown = await settled(database.transaction(STORE).objectStore(STORE).get(KEY_NAME));
    if (isKeyPair(theirs)) return theirs;
    throw new Error("the device key could not be stored");
  } finally {
    database.close();
  }
}

function openDatabase(): IDBOpenDBRequest {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return request;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error ?? new Error("the key store failed"));
  return promise;
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return typeof value === "object" && value !== null && "privateKey" in value && "publicKey" in value;
}
