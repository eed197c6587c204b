/** Somebody with WhatsApp: a device with real ratchets, which encrypts, decrypts, and asks again for what it cannot read. */

import type { BinaryNode, SignalDataSet, SignalKeyStore } from "@whiskeysockets/baileys";
import {
  addTransactionCapability,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  encodeBigEndian,
  encodeWAMessage,
  initAuthCreds,
  proto,
  unpadRandomMax16,
  xmppPreKey,
  xmppSignedPreKey,
} from "@whiskeysockets/baileys";
import { SessionCipher } from "libsignal";
import { tryOnCopies } from "../../../src/channels/whatsapp/sessions.ts";

const quiet = {
  level: "silent",
  child: () => quiet,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Keys of a device as a server gives them to others. */
export interface Bundle {
  registrationId: number;
  identityKey: Uint8Array;
  signedPreKey: { keyId: number; publicKey: Uint8Array; signature: Uint8Array };
  preKey?: { keyId: number; publicKey: Uint8Array };
}

export interface PersonOptions {
  number: string;
  lid: string;
  name: string;
}

/** One device of one person. */
export class Person {
  readonly jid: string;
  readonly lid: string;
  readonly name: string;
  readonly #creds = initAuthCreds();
  readonly #values = new Map<string, unknown>();
  readonly #keys;
  readonly #repository;

  constructor({ number, lid, name }: PersonOptions) {
    this.jid = `${number}@s.whatsapp.net`;
    this.lid = `${lid}@lid`;
    this.name = name;
    // Phones do not have that defect of this library.
    tryOnCopies(SessionCipher);
    const store = {
      get: async (type: string, ids: string[]) => {
        const found = ids.filter((id) => this.#values.has(`${type} ${id}`));
        return Object.fromEntries(found.map((id) => [id, this.#values.get(`${type} ${id}`)]));
      },
      set: async (data: SignalDataSet) => {
        for (const [type, values] of Object.entries(data))
          for (const [id, value] of Object.entries(values)) {
            if (value === null || value === undefined) this.#values.delete(`${type} ${id}`);
            else this.#values.set(`${type} ${id}`, structuredClone(value));
          }
      },
    } as SignalKeyStore;
    this.#keys = addTransactionCapability(store, quiet, { maxCommitRetries: 1, delayBetweenTriesMs: 1 });
    const auth = { creds: this.#creds, keys: this.#keys };
    this.#repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, quiet, async () => []);
  }

  /** Keys for whoever wants to write to this person, with one that is used once. */
  async bundle(jid: string): Promise<BinaryNode> {
    const id = this.#creds.nextPreKeyId++;
    const pair = Curve.generateKeyPair();
    await this.#keys.set({ "pre-key": { [id]: pair } });
    return {
      tag: "user",
      attrs: { jid },
      content: [
        { tag: "registration", attrs: {}, content: encodeBigEndian(this.#creds.registrationId) },
        { tag: "type", attrs: {}, content: Buffer.from([5]) },
        { tag: "identity", attrs: {}, content: this.#creds.signedIdentityKey.public },
        xmppSignedPreKey(this.#creds.signedPreKey),
        xmppPreKey(pair, id),
      ],
    };
  }

  /** Begins a conversation with a device; an earlier one is over. */
  async meet(jid: string, bundle: Bundle): Promise<void> {
    await this.#repository.injectE2ESession({ jid, session: bundle });
  }

  async hasMet(jid: string): Promise<boolean> {
    return (await this.#repository.validateSession(jid)).exists;
  }

  async encrypt(jid: string, message: proto.IMessage): Promise<{ type: string; ciphertext: Uint8Array }> {
    return this.#repository.encryptMessage({ jid, data: Buffer.from(encodeWAMessage(message)) });
  }

  /** Throws when it cannot be read: it was read before, or the ratchets have parted. */
  async decrypt(jid: string, { attrs, content }: BinaryNode): Promise<proto.IMessage> {
    const type = attrs["type"] as "pkmsg" | "msg";
    const ciphertext = Buffer.from(content as Uint8Array);
    return decoded(await this.#repository.decryptMessage({ jid, type, ciphertext }));
  }

  /** Encrypts for a group, with the key that its members need to read it. */
  async encryptForGroup(group: string, message: proto.IMessage) {
    const data = Buffer.from(encodeWAMessage(message));
    const sealed = await this.#repository.encryptGroupMessage({ group, data, meId: this.jid });
    const { ciphertext, senderKeyDistributionMessage: key } = sealed;
    return {
      ciphertext,
      distribution: { senderKeyDistributionMessage: { groupId: group, axolotlSenderKeyDistributionMessage: key } },
    };
  }

  async learnGroupKey(author: string, item: proto.Message.ISenderKeyDistributionMessage): Promise<void> {
    await this.#repository.processSenderKeyDistributionMessage({ authorJid: author, item });
  }

  async decryptFromGroup(group: string, author: string, content: Uint8Array): Promise<proto.IMessage> {
    const msg = Buffer.from(content);
    return decoded(await this.#repository.decryptGroupMessage({ group, authorJid: author, msg }));
  }

  /** Forgets the own key of every group, as after somebody left one. */
  rotateGroupKeys(): void {
    for (const key of [...this.#values.keys()])
      if (key.startsWith("sender-key ") && key.includes(`::${this.jid.split("@")[0]}::`)) this.#values.delete(key);
  }

  /** What a device sends when it cannot read a message. */
  retryReceipt(id: string, to: { from: string; participant?: string }): BinaryNode {
    return {
      tag: "receipt",
      attrs: { id, type: "retry", t: "1", ...to },
      content: [
        { tag: "retry", attrs: { count: "1", id, t: "1", v: "1" } },
        { tag: "registration", attrs: {}, content: encodeBigEndian(this.#creds.registrationId) },
      ],
    };
  }
}

function decoded(plaintext: Uint8Array): proto.IMessage {
  return proto.Message.decode(unpadRandomMax16(plaintext));
}
