/**
 * Proves to the gateway which device this page is: what is signed, and in which form it travels.
 * Pure; where the key lives is `identity.ts`.
 */

/** A key pair that can sign but need not show its secret half. */
export interface DeviceIdentity {
  /** Lower-case hex SHA-256 of the raw public key. */
  readonly deviceId: string;
  /** The raw public key as base64url without padding. */
  readonly publicKey: string;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** What a signature covers: everything the gateway will grant rights on, bound to one challenge. */
export interface ProofClaims {
  clientId: string;
  clientMode: string;
  role: string;
  scopes: readonly string[];
  platform: string;
  /** The secret that travels in `auth`, if any. */
  token: string | undefined;
  nonce: string;
  signedAtMs: number;
}

/** The `device` object of `connect`. */
export interface DeviceProof {
  id: string;
  publicKey: string;
  signature: string;
  signedAt: number;
  nonce: string;
}

/** Signs the third version of the device payload for this connection's challenge. */
export async function proveDevice(identity: DeviceIdentity, claims: ProofClaims): Promise<DeviceProof> {
  const payload = devicePayload(identity.deviceId, claims);
  const signature = await identity.sign(new TextEncoder().encode(payload));
  return {
    id: identity.deviceId,
    publicKey: identity.publicKey,
    signature: toBase64Url(signature),
    signedAt: claims.signedAtMs,
    nonce: claims.nonce,
  };
}

/** The signed text. The last field, the device family, is empty: a page does not claim one. */
export function devicePayload(deviceId: string, claims: ProofClaims): string {
  return [
    "v3",
    deviceId,
    claims.clientId,
    claims.clientMode,
    claims.role,
    claims.scopes.join(","),
    `${claims.signedAtMs}`,
    claims.token ?? "",
    claims.nonce,
    claims.platform.trim().toLowerCase(),
    "",
  ].join("|");
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
