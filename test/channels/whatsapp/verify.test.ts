/** The repairs of the library: signatures are checked, and a try that fails leaves no mark. */
import { afterEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { checksSignatures, loadLibrary, WHATSAPP_ROOT } from "../../../src/channels/whatsapp/library.ts";
import { silence } from "../../../src/channels/whatsapp/quiet.ts";

afterEach(() => loadLibrary());

test("a right signature verifies, and a wrong one does not", async () => {
  using _quiet = silence(globalThis.console);
  const { Curve, generateSignalPubKey } = await loadLibrary();
  const [ours, other] = [Curve.generateKeyPair(), Curve.generateKeyPair()];
  const message = Buffer.from("signed");
  const signature = Curve.sign(ours.private, message);
  const flipped = Buffer.from(signature);
  flipped[5]! ^= 1;
  expect(Curve.verify(ours.public, message, signature)).toBe(true);
  expect(Curve.verify(generateSignalPubKey(ours.public), new Uint8Array(message), new Uint8Array(signature))).toBe(
    true,
  );
  const wrong: [key: Uint8Array, message: Uint8Array, signature: Uint8Array][] = [
    [other.public, message, signature],
    [ours.public, Buffer.from("changed"), signature],
    [ours.public, message, flipped],
    [ours.public, message, new Uint8Array(64)],
    [ours.public, message, new Uint8Array(0)],
    [ours.public, message, new Uint8Array(63)],
    [new Uint8Array(31), message, signature],
    [new Uint8Array(32), message, signature],
  ];
  for (const parts of wrong) expect(Curve.verify(...parts)).toBe(false);
});

test("a library that says yes to everything is noticed", async () => {
  const library = await loadLibrary();
  expect(checksSignatures(library)).toBe(true);
  library.Curve.verify = () => true;
  expect(checksSignatures(library)).toBe(false);
  library.Curve.verify = () => false;
  expect(checksSignatures(library)).toBe(false);
});

test("WhatsApp's root is in force unless a server of this host is asked for", async () => {
  const shipped = await readFile(
    new URL("./Defaults/index.js", import.meta.resolve("@whiskeysockets/baileys")),
    "utf8",
  );
  expect(shipped).toContain(WHATSAPP_ROOT);
  const other = Buffer.alloc(32, 5);
  const { WA_CERT_DETAILS } = await loadLibrary(other.toString("base64"));
  expect(Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY)).toEqual(other);
  await loadLibrary();
  expect(Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY).toString("hex")).toBe(WHATSAPP_ROOT);
});
