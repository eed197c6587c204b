import { describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { memoryShelf, openCredentials, secretInFragment } from "../../../src/web/shared/credentials.ts";
import { devicePayload, fromBase64Url, proveDevice, toBase64Url } from "../../../src/web/shared/device.ts";
import { openSeedIdentity } from "../../../src/web/shared/seed-identity.ts";
import { createSha2 } from "../../../src/web/shared/sha2.ts";

describe("sha2", () => {
  const sha2 = createSha2();
  // Around the block borders of both widths, where padding goes wrong.
  const lengths = [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 119, 127, 128, 129, 300];

  test.each(lengths)("agrees with the platform on %d bytes", (length) => {
    const message = new Uint8Array(randomBytes(length));
    for (const name of ["sha256", "sha512"] as const) {
      expect(Buffer.from(sha2[name](message)).toString("hex")).toBe(createHash(name).update(message).digest("hex"));
    }
  });
});

describe("the device proof", () => {
  // The seed and public key of RFC 8032's style test key 01 02 … 20.
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const shelf = memoryShelf();
  shelf.setItem("moltbot.deviceSeed", toBase64Url(seed));
  const identity = openSeedIdentity(shelf);
  const claims = {
    clientId: "openclaw-control-ui",
    clientMode: "webchat",
    role: "operator",
    scopes: ["operator.admin", "operator.approvals"],
    platform: " Web ",
    token: "secret",
    nonce: "n-1",
    signedAtMs: 1_700_000_000_000,
  };

  test("a known seed gives the known key and id", () => {
    expect(identity.publicKey).toBe("ebVWLo_mVPlAeLES6KmLp5AfhTrmlb7X4OORC60ElmQ");
    expect(identity.deviceId).toBe("65b60673d6ed884bf01c2c222d82ada0740f29ac3355d6a925c81f17f47a27b8");
  });

  test("covers everything rights are granted on, in the protocol's order", () => {
    expect(devicePayload("id", claims)).toBe(
      "v3|id|openclaw-control-ui|webchat|operator|operator.admin,operator.approvals|1700000000000|secret|n-1|web|",
    );
    expect(devicePayload("id", { ...claims, token: undefined })).toContain("|1700000000000||n-1|");
  });

  test("verifies with another implementation", async () => {
    const proof = await proveDevice(identity, claims);
    const key = await crypto.subtle.importKey("raw", Uint8Array.from(fromBase64Url(proof.publicKey)), "Ed25519", true, [
      "verify",
    ]);
    const payload = new TextEncoder().encode(devicePayload(identity.deviceId, claims));
    const signature = Uint8Array.from(fromBase64Url(proof.signature));
    expect(await crypto.subtle.verify("Ed25519", key, signature, payload)).toBe(true);
    expect(proof).toMatchObject({ id: identity.deviceId, signedAt: claims.signedAtMs, nonce: "n-1" });
  });

  test("the same storage gives the same device, an empty one another", () => {
    expect(openSeedIdentity(shelf).deviceId).toBe(identity.deviceId);
    const fresh = memoryShelf();
    const first = openSeedIdentity(fresh);
    expect(first.deviceId).not.toBe(identity.deviceId);
    expect(openSeedIdentity(fresh).deviceId).toBe(first.deviceId);
  });
});

describe("credentials", () => {
  test("the tokens of one gateway are not seen under another origin", () => {
    const shelves = { tab: memoryShelf(), browser: memoryShelf() };
    const mine = openCredentials("https://mine.example", shelves);
    mine.keepSharedToken("shared");
    mine.keepDeviceToken("device");
    const other = openCredentials("https://other.example", shelves);
    expect([other.sharedToken(), other.deviceToken()]).toEqual([undefined, undefined]);
    expect([mine.sharedToken(), mine.deviceToken()]).toEqual(["shared", "device"]);
  });

  test("the shared token is kept on the tab's shelf only", () => {
    const browser = memoryShelf();
    const tab = memoryShelf();
    openCredentials("https://mine.example", { tab, browser }).keepSharedToken("shared");
    const again = openCredentials("https://mine.example", { tab: memoryShelf(), browser });
    expect(again.sharedToken()).toBeUndefined();
  });

  test.each<[hash: string, token: string | undefined]>([
    ["#token=abc", "abc"],
    ["#x=1&token=a%2Bb", "a+b"],
    ["#token=", undefined],
    ["#session=main", undefined],
    ["", undefined],
  ])("the fragment %p holds %p", (hash, token) => {
    expect(secretInFragment(hash, "token")).toBe(token);
  });
});
