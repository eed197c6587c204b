/**
 * The WhatsApp library, loaded when an account first talks to the network, and mended: as it is shipped, its check of
 * signatures says yes to everything, because it ignores what libsignal answers. Then neither the server's certificate
 * nor the account's signature at pairing would be worth anything.
 */
import type * as Baileys from "@whiskeysockets/baileys";
import { ChannelError } from "../contract.ts";
import { tryOnCopies } from "./sessions.ts";

export type Library = typeof Baileys;
export type { AuthenticationCreds, BinaryNode, proto, SignalKeyStore, WASocket } from "@whiskeysockets/baileys";

/** Root of WhatsApp's certificates ("WhatsAppLongTerm1"), the public half of a Curve25519 key. */
export const WHATSAPP_ROOT = "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b";

/** The part of libsignal that the library should have used, without types of its own, and the part that is mended. */
interface Signal {
  curve: { verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean };
  SessionCipher: { prototype: unknown };
}

/** Loads the library with its checks in force. `trustRoot` is another root than WhatsApp's, for servers of tests. */
export async function loadLibrary(trustRoot?: string): Promise<Library> {
  const [library, { curve, SessionCipher }] = await Promise.all([
    import("@whiskeysockets/baileys"),
    import("libsignal") as Promise<unknown> as Promise<Signal>,
  ]);
  tryOnCopies(SessionCipher);
  library.Curve.verify = (key, message, signature) =>
    verify(curve, library.generateSignalPubKey(key), { message, signature });
  // Read when a connection is made. In a thread with several accounts the wrong root refuses, it never admits.
  library.WA_CERT_DETAILS.PUBLIC_KEY =
    trustRoot === undefined ? Buffer.from(WHATSAPP_ROOT, "hex") : Buffer.from(trustRoot, "base64");
  if (!checksSignatures(library)) throw new ChannelError("auth", "signatures are not checked: nothing is connected");
  return library;
}

/** Whether a right signature passes and a wrong one does not. */
export function checksSignatures({ Curve }: Library): boolean {
  const { public: key, private: secret } = Curve.generateKeyPair();
  const message = Buffer.from("signed");
  const signature = Curve.sign(secret, message);
  const other = Curve.sign(Curve.generateKeyPair().private, message);
  return (
    Curve.verify(key, message, signature) &&
    !Curve.verify(key, message, other) &&
    !Curve.verify(key, message, new Uint8Array(64)) &&
    !Curve.verify(key, Buffer.from("changed"), signature)
  );
}

function verify(
  curve: Signal["curve"],
  key: Uint8Array,
  { message, signature }: { message: Uint8Array; signature: Uint8Array },
) {
  try {
    // It wants buffers, and the library hands on whatever a message held.
    return curve.verifySignature(Buffer.from(key), Buffer.from(message), Buffer.from(signature)) === true;
  } catch {
    return false; // A key or signature of the wrong length proves nothing.
  }
}
