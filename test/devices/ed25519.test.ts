import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import * as noble from "@noble/ed25519";
import { verifyEd25519 } from "../../src/devices/ed25519.ts";
import { sequence } from "../lib/sequence.ts";

noble.hashes.sha512 = (message: Uint8Array) => new Uint8Array(createHash("sha512").update(message).digest());

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
/** The order of the group. */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

const toNumber = (little: Uint8Array) => BigInt(`0x${Buffer.from(little).reverse().toString("hex")}`);
const toBytes = (value: bigint) => new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());

/** RFC 8032, section 7.1: tests 1 to 3. */
const official: [publicKey: string, message: string, signature: string][] = [
  [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
];

describe("verifyEd25519", () => {
  test.each(official)("accepts the official signature under %p, and no other", (publicKey, message, signature) => {
    expect(verifyEd25519(bytes(publicKey), bytes(message), bytes(signature))).toBe(true);
    expect(verifyEd25519(bytes(publicKey), bytes(`${message}00`), bytes(signature))).toBe(false);
    for (let at = 0; at < 64; at += 7) {
      const changed = bytes(signature);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(verifyEd25519(bytes(publicKey), bytes(message), changed)).toBe(false);
    }
  });

  test.each(official)("refuses the malleable twin of the signature under %p", (publicKey, message, signature) => {
    const twin = bytes(signature);
    const s = toNumber(twin.subarray(32)) + L;
    twin.set(toBytes(s), 32);
    expect(verifyEd25519(bytes(publicKey), bytes(message), twin)).toBe(false);
  });

  const smallOrder = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ];

  test.each(smallOrder)("refuses the key of small order %p, under which one signature fits many texts", (point) => {
    const neutral = bytes(smallOrder[2] ?? "");
    for (const commitment of [neutral, bytes(point)]) {
      const signature = new Uint8Array(64);
      signature.set(commitment);
      for (let at = 0; at < 16; at++) expect(verifyEd25519(bytes(point), new Uint8Array([at]), signature)).toBe(false);
    }
  });

  test("refuses keys and commitments that are written in a second way", () => {
    // y = p + 3 .. p + 18 are the spellings of small numbers beyond the field.
    for (let low = 0xf0; low <= 0xff; low++) {
      const odd = bytes(`${low.toString(16)}${"ff".repeat(30)}7f`);
      const signature = new Uint8Array(64);
      signature.set(odd);
      expect(verifyEd25519(odd, new Uint8Array(), signature)).toBe(false);
    }
  });

  test("refuses what is no key and no signature", () => {
    const [publicKey = "", , signature = ""] = official[0] ?? [];
    expect(verifyEd25519(bytes(publicKey.slice(2)), new Uint8Array(), bytes(signature))).toBe(false);
    expect(verifyEd25519(bytes(`${publicKey}00`), new Uint8Array(), bytes(signature))).toBe(false);
    expect(verifyEd25519(bytes(publicKey), new Uint8Array(), bytes(signature.slice(2)))).toBe(false);
    expect(verifyEd25519(new Uint8Array(), new Uint8Array(), new Uint8Array())).toBe(false);
  });

  test("agrees with a strict implementation of others on good and spoilt signatures", () => {
    const random = sequence(11);
    const some = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
    for (let round = 0; round < 150; round++) {
      const secret = some(32);
      const message = some(Math.floor(random() * 64));
      const key = noble.getPublicKey(secret);
      const signature = noble.sign(message, secret);
      const cases: [Uint8Array, Uint8Array, Uint8Array][] = [
        [key, message, signature],
        [key, some(8), signature],
        [some(32), message, signature],
        [key, message, some(64)],
      ];
      for (const [publicKey, text, proof] of cases) {
        const expected = isValid(proof, text, publicKey);
        expect(verifyEd25519(publicKey, text, proof)).toBe(expected);
      }
    }
  });
});

function isValid(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return noble.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false; // It throws where a key or signature is none.
  }
}
