/** The server's half of WhatsApp's handshake (Noise XX over Curve25519, AES-GCM and SHA-256), and its certificates. */

import type { BinaryNode } from "@whiskeysockets/baileys";
import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  decodeBinaryNode,
  encodeBinaryNode,
  hkdf,
  NOISE_MODE,
  proto,
  sha256,
} from "@whiskeysockets/baileys";

const nothing = Buffer.alloc(0);
type Bytes = Uint8Array;

export interface KeyPair {
  public: Uint8Array;
  private: Uint8Array;
}

/** What a server shows for itself. */
export interface Identity {
  root: KeyPair;
  key: KeyPair;
  chain: Uint8Array;
}

/** A server certified by a root of its own. */
export function createIdentity(): Identity {
  const [root, middle, key] = [Curve.generateKeyPair(), Curve.generateKeyPair(), Curve.generateKeyPair()];
  const { Details } = proto.CertChain.NoiseCertificate;
  const intermediate = Details.encode({ serial: 1, issuerSerial: 0, key: middle.public }).finish();
  const leaf = Details.encode({ serial: 2, issuerSerial: 1, key: key.public }).finish();
  const chain = proto.CertChain.encode({
    leaf: { details: leaf, signature: Curve.sign(middle.private, leaf) },
    intermediate: { details: intermediate, signature: Curve.sign(root.private, intermediate) },
  }).finish();
  return { root, key, chain };
}

/** What a client says in its last handshake message. */
export interface Hello {
  staticKey: Buffer;
  payload: proto.ClientPayload;
}

/** One connection's cipher: frames in, stanzas out, and back. */
export class ServerNoise {
  readonly #identity: Identity;
  #hash: Bytes = Buffer.from(NOISE_MODE);
  #salt: Bytes = this.#hash;
  #key: Bytes = this.#hash;
  #counter = 0;
  #ephemeral: KeyPair | undefined;
  #sending: { key: Bytes; count: number } | undefined;
  #receiving: { key: Bytes; count: number } | undefined;
  #input = nothing;
  #step: "prologue" | "hello" | "finish" | "open" = "prologue";

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** Takes bytes; gives the frames in them. */
  *frames(bytes: Uint8Array): Generator<Buffer> {
    this.#input = Buffer.concat([this.#input, bytes]);
    if (this.#step === "prologue") {
      // Routing hints of an earlier connection stand before the header.
      if (this.#input[0] === 0x45) this.#input = this.#input.subarray(7 + this.#input.readUIntBE(4, 3));
      this.#mixHash(this.#input.subarray(0, 4));
      this.#input = this.#input.subarray(4);
      this.#step = "hello";
    }
    while (this.#input.length >= 3) {
      const size = this.#input.readUIntBE(0, 3);
      if (this.#input.length < 3 + size) return;
      const frame = this.#input.subarray(3, 3 + size);
      this.#input = this.#input.subarray(3 + size);
      yield frame;
    }
  }

  get isOpen(): boolean {
    return this.#step === "open";
  }

  /** Answers the client's first message. */
  answer(frame: Buffer): Buffer {
    const theirs = Buffer.from(proto.HandshakeMessage.decode(frame).clientHello!.ephemeral!);
    const ephemeral = Curve.generateKeyPair();
    const { key, chain } = this.#identity;
    this.#ephemeral = ephemeral;
    this.#mixHash(theirs);
    this.#mixHash(ephemeral.public);
    this.#mixKey(Curve.sharedKey(ephemeral.private, theirs));
    const sealed = this.#seal(key.public);
    this.#mixKey(Curve.sharedKey(key.private, theirs));
    const payload = this.#seal(chain);
    this.#step = "finish";
    const serverHello = { ephemeral: ephemeral.public, static: sealed, payload };
    return framed(proto.HandshakeMessage.encode({ serverHello }).finish());
  }

  /** Whether the next frame is the client's first message. */
  get isBeginning(): boolean {
    return this.#step === "hello";
  }

  /** Takes the client's last handshake message. */
  finish(frame: Buffer): Hello {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    const staticKey = this.#open(Buffer.from(clientFinish!.static!));
    this.#mixKey(Curve.sharedKey(this.#ephemeral!.private, staticKey));
    const payload = proto.ClientPayload.decode(this.#open(Buffer.from(clientFinish!.payload!)));
    const [read, write] = this.#derive(nothing);
    this.#receiving = { key: read, count: 0 };
    this.#sending = { key: write, count: 0 };
    this.#step = "open";
    return { staticKey, payload };
  }

  decode(frame: Buffer): Promise<BinaryNode> {
    const { key, count } = this.#receiving!;
    this.#receiving!.count++;
    return decodeBinaryNode(aesDecryptGCM(frame, key, iv(count), nothing));
  }

  encode(node: BinaryNode): Buffer {
    const { key, count } = this.#sending!;
    this.#sending!.count++;
    return framed(aesEncryptGCM(encodeBinaryNode(node), key, iv(count), nothing));
  }

  #mixHash(data: Bytes): void {
    this.#hash = sha256(Buffer.concat([this.#hash, data]));
  }

  #derive(data: Bytes): [Buffer, Buffer] {
    const out = Buffer.from(hkdf(Buffer.from(data), 64, { salt: Buffer.from(this.#salt), info: "" }));
    return [out.subarray(0, 32), out.subarray(32)];
  }

  #mixKey(data: Bytes): void {
    [this.#salt, this.#key] = this.#derive(data);
    this.#counter = 0;
  }

  #seal(plain: Bytes): Buffer {
    const sealed = aesEncryptGCM(plain, this.#key, iv(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #open(sealed: Bytes): Buffer {
    const plain = aesDecryptGCM(sealed, this.#key, iv(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return plain;
  }
}

function iv(count: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(count, 8);
  return bytes;
}

function framed(bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(3 + bytes.length);
  frame.writeUIntBE(bytes.length, 0, 3);
  frame.set(bytes, 3);
  return frame;
}
