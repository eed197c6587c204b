/** The test keys of the recorded signatures, and proofs made with them. */
import { createPrivateKey, sign } from "node:crypto";
import signatures from "../vectors/signatures.json";

/** One device of the tests. */
export interface TestKey {
  deviceId: string;
  publicKey: string;
  sign(payload: string): string;
}

/** A recorded test key by its name. */
export function testKey(name: keyof typeof signatures.keys): TestKey {
  const { deviceId, publicKeyBase64Url, privateKeyPkcs8Pem } = signatures.keys[name];
  const key = createPrivateKey(privateKeyPkcs8Pem);
  return {
    deviceId,
    publicKey: publicKeyBase64Url,
    sign: (payload) => sign(null, Buffer.from(payload), key).toString("base64url"),
  };
}

/** The recorded test key that a device id belongs to. */
export function testKeyOf(deviceId: string): TestKey | undefined {
  const names = Object.keys(signatures.keys) as (keyof typeof signatures.keys)[];
  return names.map(testKey).find((key) => key.deviceId === deviceId);
}

/** What a connect asks for, as far as a proof covers it. */
export interface ProofFields {
  client: { id: string; mode: string; platform?: string; deviceFamily?: string };
  role?: string;
  scopes?: readonly string[];
  token?: string;
}

/** The `device` of a connect: payload v3 unless told otherwise. */
export function proofOf(
  key: TestKey,
  fields: ProofFields,
  given: { nonce: string; signedAt: number; version?: "v1" | "v2" | "v3" },
) {
  const { client, role = "operator", scopes = [], token = "" } = fields;
  const { nonce, signedAt, version = "v3" } = given;
  const parts = [version, key.deviceId, client.id, client.mode, role, scopes.join(","), String(signedAt), token];
  if (version !== "v1") parts.push(nonce);
  if (version === "v3") parts.push((client.platform ?? "").toLowerCase(), (client.deviceFamily ?? "").toLowerCase());
  const proof = { id: key.deviceId, publicKey: key.publicKey, signature: key.sign(parts.join("|")), signedAt };
  return version === "v1" ? proof : { ...proof, nonce };
}
