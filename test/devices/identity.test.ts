import { describe, expect, test } from "bun:test";
import {
  deviceIdOf,
  parsePublicKey,
  type SignedFields,
  signedPayload,
  verifyProof,
} from "../../src/devices/identity.ts";
import signatures from "../vectors/signatures.json";
import { testKey } from "./keys.ts";

type Vector = (typeof signatures.vectors)[number];

function fieldsOf({ inputs }: Vector): SignedFields {
  const { clientId, clientMode, role, scopes, token } = inputs;
  const { platform, deviceFamily } = inputs as { platform?: string; deviceFamily?: string };
  const facts = {
    ...(platform === undefined ? {} : { platform }),
    ...(deviceFamily === undefined ? {} : { deviceFamily }),
  };
  return {
    client: { id: clientId, mode: clientMode, version: "1", ...facts } as SignedFields["client"],
    role,
    scopes,
    token: token ?? "",
  };
}

describe.each(signatures.vectors.map((vector) => [vector.name, vector] as const))(
  "recorded proof: %s",
  (_name, vector) => {
    const version = vector.version as "v1" | "v2" | "v3";
    const { nonce, signedAtMs, deviceId } = vector.inputs;
    const key = testKey(vector.key as keyof typeof signatures.keys);
    const proof = {
      id: deviceId,
      publicKey: key.publicKey,
      signature: vector.signatureBase64Url,
      signedAt: signedAtMs,
    };

    test("the signed text is the recorded one", () => {
      expect(signedPayload(version, deviceId, signedAtMs, fieldsOf(vector), nonce ?? undefined)).toBe(vector.payload);
      expect(key.sign(vector.payload)).toBe(vector.signatureBase64Url);
    });

    test("the proof is accepted, and refused when anything of it is another", () => {
      const given = { version: 3 as const, nonce: nonce ?? "", nowMs: signedAtMs, isLocal: true };
      const whole = version === "v1" ? proof : { ...proof, nonce: nonce ?? "" };
      expect(verifyProof(whole, fieldsOf(vector), given)).toHaveProperty("publicKey");
      const fields = fieldsOf(vector);
      const others: SignedFields[] = [
        { ...fields, role: "other" },
        { ...fields, scopes: [...fields.scopes, "operator.x"] },
        { ...fields, token: `${fields.token}x` },
        { ...fields, client: { ...fields.client, id: "test" } },
      ];
      for (const other of others)
        expect(verifyProof(whole, other, given)).toHaveProperty("refusal.message", "device signature invalid");
    });
  },
);

test.each<[title: string, change: object, given: object, message: string]>([
  ["another key", { publicKey: testKey("k2").publicKey }, {}, "device identity mismatch"],
  ["an upper-case id", { id: testKey("k1").deviceId.toUpperCase() }, {}, "device identity mismatch"],
  ["no key", { publicKey: "?" }, {}, "device identity mismatch"],
  ["a stale time before a wrong nonce", { nonce: "other", signedAt: 0 }, {}, "device signature expired"],
  ["a blank nonce", { nonce: "  " }, {}, "device nonce required"],
  ["a wrong nonce before a wrong signature", { nonce: "other", signature: "AAAA" }, {}, "device nonce mismatch"],
  ["a short signature", { signature: "AAAA" }, {}, "device signature invalid"],
  ["no nonce from elsewhere", { nonce: undefined }, { isLocal: false }, "device nonce required"],
  ["no nonce of a v4 peer", { nonce: undefined }, { version: 4 }, "device nonce required"],
])("refuses %s", (_title, change, given, message) => {
  const key = testKey("k1");
  const fields: SignedFields = {
    client: { id: "cli", mode: "cli", version: "1", platform: "linux" },
    role: "operator",
    scopes: [],
    token: "",
  };
  const nowMs = 1_000_000_000;
  const payload = signedPayload("v3", key.deviceId, nowMs, fields, "n");
  const proof = {
    id: key.deviceId,
    publicKey: key.publicKey,
    signature: key.sign(payload),
    signedAt: nowMs,
    nonce: "n",
    ...change,
  };
  const whole = { version: 3 as const, nonce: "n", nowMs, isLocal: true, ...given };
  expect(verifyProof(proof as Parameters<typeof verifyProof>[0], fields, whole)).toHaveProperty(
    "refusal.message",
    message,
  );
});

test("a key is read in every spelling that clients use, and nothing else is", () => {
  const { publicKeyBase64Url, publicKeyBase64, publicKeySpkiPem, publicKeyRawHex, deviceId } = signatures.keys.k1;
  for (const text of [publicKeyBase64Url, publicKeyBase64, publicKeySpkiPem]) {
    const raw = parsePublicKey(text);
    expect(Buffer.from(raw ?? []).toString("hex")).toBe(publicKeyRawHex);
    expect(deviceIdOf(raw ?? new Uint8Array())).toBe(deviceId);
  }
  for (const text of ["", "AAAA", publicKeyRawHex, "-----BEGIN PUBLIC KEY-----", publicKeyBase64Url.slice(0, -1)]) {
    expect(parsePublicKey(text)).toBeUndefined();
  }
});
