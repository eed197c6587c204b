/**
 * Encryption and decryption in an order that a crash cannot break.
 *
 * A key decrypts one message once: when it was used and forgotten, the same message can never be read again. So a
 * message is told to the gateway, and stored there, while the used key is still on the disk; then the key and the note
 * about the message are written in one transaction; then the library acknowledges. Wherever the process dies, the network
 * sends the message again, and it is either read again, and known by its id, or known by the note as read.
 * For what we send it is the other way round: the key is used up on the disk before the message leaves.
 *
 * The library alone does neither: it writes keys first and tells of the message last, after acknowledging it, from a
 * buffer that is dropped when the connection ends; and it sends within the transaction that uses up the key.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import type { BinaryNode, Library, proto, SignalKeyStore } from "./library.ts";

type MakeRepository = Library["DEFAULT_CONNECTION_CONFIG"]["makeSignalRepository"];
type Repository = ReturnType<MakeRepository>;

interface Needs {
  library: Library;
  store: SignalKeyStore;
  /** What was read already, by fingerprint. `add` is written together with the key that was used up. */
  read: { has(fingerprint: string): boolean; add(fingerprint: string): void };
  /** The stanza the library works on; it works on one at a time. */
  stanza: () => BinaryNode | undefined;
  /** A message was decrypted. While this runs its key is unused on the disk; when it throws it stays so. */
  onMessage: (stanza: BinaryNode, message: proto.IMessage) => Promise<void>;
}

/** An empty message, padded as all are. */
const NOTHING = new Uint8Array([1]);
/** One name for all transactions: no two of them may hold copies of the same ratchet. */
const ALL = "ratchets";

/** The library's repository of sessions, in that order. Passed to it as `makeSignalRepository`. */
export function orderedRepository({ library, store, read, stanza, onMessage }: Needs): MakeRepository {
  return ({ creds }, logger, lookup) => {
    // Transactions of our own: those of the library's senders stay open until the message has left.
    const keys = library.addTransactionCapability(store, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 1 });
    const inner = library.DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, logger, lookup);
    const alone = <T>(work: () => Promise<T>): Promise<T> => keys.transaction(work, ALL);
    // What the gateway does on account of a message is not part of the transaction in which the message is told.
    const outside = AsyncLocalStorage.snapshot();
    let taken: string | undefined;

    const take = async (plaintext: Uint8Array) => {
      const node = stanza();
      if (node === undefined) return;
      const decoded = library.proto.Message.decode(library.unpadRandomMax16(plaintext));
      const message = decoded.deviceSentMessage?.message ?? decoded;
      const item = message.senderKeyDistributionMessage;
      if (item?.groupId) {
        // The key of a group travels in a message; it has to be there when that message can no longer be read.
        await inner.processSenderKeyDistributionMessage({ item, authorJid: authorOf(node) });
        taken = nameOf(item);
      }
      await outside(() => onMessage(node, message));
    };

    const decrypt = (ciphertext: Uint8Array, work: () => Promise<Uint8Array>) => {
      const id = fingerprint(ciphertext);
      // Stored, but the network does not know: to be acknowledged, not to be asked for again as unreadable.
      if (read.has(id)) return Promise.resolve(NOTHING);
      return alone(async () => {
        const plaintext = await work();
        await take(plaintext);
        read.add(id);
        return plaintext;
      });
    };

    return {
      ...inner,
      decryptMessage: (options) => decrypt(options.ciphertext, () => inner.decryptMessage(options)),
      decryptGroupMessage: (options) => decrypt(options.msg, () => inner.decryptGroupMessage(options)),
      processSenderKeyDistributionMessage: (options) =>
        alone(async () => {
          const isTaken = taken === nameOf(options.item);
          taken = undefined;
          if (!isTaken) await inner.processSenderKeyDistributionMessage(options);
        }),
      encryptMessage: (options) => alone(() => inner.encryptMessage(options)),
      encryptGroupMessage: (options) => alone(() => inner.encryptGroupMessage(options)),
      getSenderKeyDistributionMessage: (options) => alone(() => inner.getSenderKeyDistributionMessage(options)),
      injectE2ESession: (options) =>
        alone(() => {
          const { identityKey, signedPreKey } = options.session;
          const { publicKey, signature } = signedPreKey;
          // libsignal does not look at this signature, without which the server could put itself in between.
          if (!library.Curve.verify(identityKey, publicKey, signature))
            throw new Error("a key is not signed by its owner");
          return inner.injectE2ESession(options);
        }),
      deleteSession: (jids) => alone(() => inner.deleteSession(jids)),
      migrateSession: (from, to) => alone(() => inner.migrateSession(from, to)),
    } satisfies Repository;
  };
}

function authorOf({ attrs }: BinaryNode): string {
  return attrs["participant"] ?? attrs["from"] ?? "";
}

function nameOf({ groupId, axolotlSenderKeyDistributionMessage: key }: proto.Message.ISenderKeyDistributionMessage) {
  return `${groupId} ${fingerprint(key ?? new Uint8Array())}`;
}

function fingerprint(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}
