/** Who a device is and what it signs at connect (`protocol/handshake.md` section 7). Pure. */
import { createHash } from "node:crypto";
import type { ClientInfo, DeviceProof } from "#schemas/connect.ts";
import type { ProtocolVersion } from "#schemas/method.ts";
import { verifyEd25519 } from "./ed25519.ts";

/** Clock difference a proof may have, per generation. */
const SKEW_MS: Record<ProtocolVersion, number> = { 3: 600_000, 4: 120_000 };

/** What of `connect` a proof covers, as requested: before defaults are filled in. */
export interface SignedFields {
  client: ClientInfo;
  role: string;
  scopes: readonly string[];
  /** `auth.token`, else `auth.deviceToken`, else `auth.bootstrapToken`, else empty. */
  token: string;
}

/** Why a proof was refused, in the words and codes of the protocol. */
export interface ProofRefusal {
  message: string;
  code: string;
  reason: string;
}

const refusals = {
  id: ["device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH", "device-id-mismatch"],
  expired: ["device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED", "device-signature-stale"],
  nonceMissing: ["device nonce required", "DEVICE_AUTH_NONCE_REQUIRED", "device-nonce-missing"],
  nonce: ["device nonce mismatch", "DEVICE_AUTH_NONCE_MISMATCH", "device-nonce-mismatch"],
  signature: ["device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID", "device-signature"],
} as const;

/** The device id of a raw public key: lower-case hex of its SHA-256. */
export function deviceIdOf(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

/** Reads a public key from base64url, base64 or PEM; undefined when it is none of them. */
export function parsePublicKey(text: string): Uint8Array | undefined {
  if (text.includes("BEGIN")) {
    const der = Buffer.from(text.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    return der.length === 44 ? new Uint8Array(der.subarray(12)) : undefined;
  }
  const raw = Buffer.from(text, "base64url");
  return raw.length === 32 ? new Uint8Array(raw) : undefined;
}

/** The text a device signs. `nonce` is absent for v1 only. */
export function signedPayload(
  version: "v1" | "v2" | "v3",
  deviceId: string,
  signedAt: number,
  fields: SignedFields,
  nonce?: string,
): string {
  const { client, role, scopes, token } = fields;
  const parts = [version, deviceId, client.id, client.mode, role, scopes.join(","), String(signedAt), token];
  if (version !== "v1") parts.push(nonce ?? "");
  if (version === "v3") parts.push(normal(client.platform), normal(client.deviceFamily));
  return parts.join("|");
}

/** Checks a device proof against the challenge of its own connection. Returns the raw public key, or why not. */
export function verifyProof(
  proof: DeviceProof,
  fields: SignedFields,
  given: { version: ProtocolVersion; nonce: string; nowMs: number; isLocal: boolean },
): { publicKey: Uint8Array } | { refusal: ProofRefusal } {
  const publicKey = parsePublicKey(proof.publicKey);
  if (!publicKey || deviceIdOf(publicKey) !== proof.id) return refuse("id");
  if (Math.abs(given.nowMs - proof.signedAt) > SKEW_MS[given.version]) return refuse("expired");
  const isLegacy = given.version === 3 && given.isLocal && proof.nonce === undefined;
  if (!isLegacy) {
    if (!proof.nonce?.trim()) return refuse("nonceMissing");
    if (proof.nonce !== given.nonce) return refuse("nonce");
  }
  const signature = Buffer.from(proof.signature, "base64url");
  const isSigned = (isLegacy ? (["v1"] as const) : (["v3", "v2"] as const)).some((version) =>
    verifyEd25519(
      publicKey,
      Buffer.from(signedPayload(version, proof.id, proof.signedAt, fields, proof.nonce)),
      signature,
    ),
  );
  return isSigned ? { publicKey } : refuse("signature");
}

function refuse(kind: keyof typeof refusals): { refusal: ProofRefusal } {
  const [message, code, reason] = refusals[kind];
  return { refusal: { message, code, reason } };
}

/** Trimmed and lower-cased in ASCII only, as both sides of the protocol do. */
function normal(text: string | undefined): string {
  return (text ?? "").trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
