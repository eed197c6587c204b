/**
 * WhatsApp's server for one linked device, with a phone and two people around it, as far as a gateway uses it: the Noise
 * handshake under a root of its own, pairing, keys, real ratchets on the far side, a queue of what was not acknowledged,
 * and a place for files. It is built from what the client library expects: it proves that the gateway uses the library
 * in a consistent way, not that the real service agrees. While it lives nothing is printed through the console.
 */

import { readFile, rm } from "node:fs/promises";
import {
  type BinaryNode,
  Curve,
  downloadEncryptedContent,
  encryptedStream,
  generateSignalPubKey,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildren,
  getBinaryNodeChildUInt,
  getMediaKeys,
  hmacSign,
  type MediaType,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX,
} from "@whiskeysockets/baileys";
import type { Server, ServerWebSocket } from "bun";
import { silence } from "../../src/channels/whatsapp/quiet.ts";
import { createIdentity, type KeyPair, ServerNoise } from "./whatsapp/noise.ts";
import { type Bundle, Person } from "./whatsapp/person.ts";

const HOST = "s.whatsapp.net";
type Attrs = Record<string, string>;

/** What the device did, as the network and the people on it saw it. */
export interface Sent {
  kind: "text" | "media" | "poll" | "reaction" | "edit" | "delete" | "other";
  id: string;
  /** The chat, as the stanza names it. */
  chat: string;
  message: proto.IMessage;
  /** Who could read it. */
  readers: string[];
  bytes?: Uint8Array;
  attrs: Attrs;
}

export interface SaysOptions {
  /** Who writes; `phone` is the owner's own phone. */
  as?: "alice" | "bob" | "phone";
  mentions?: boolean;
  /** Id of a message to quote. */
  quotes?: string;
  /** Named by linked id, with the number beside it or without; `none`: by number only, as older servers do. */
  lid?: "only" | "both" | "none";
  atMs?: number;
  /** The message's id, instead of a new one. */
  id?: string;
}

interface Pending {
  node: BinaryNode;
  id: string;
  sentOn: Connection | undefined;
}

interface Connection {
  socket: ServerWebSocket<Connection>;
  noise: ServerNoise;
  /** Frames are worked on one after the other. */
  work: Promise<void>;
  isActive: boolean;
  isClosed: boolean;
  staticKey: string;
}

export interface Device {
  staticKey: string;
  identity: Uint8Array;
  bundle: Omit<Bundle, "preKey"> | undefined;
  preKeys: NonNullable<Bundle["preKey"]>[];
}

/** How the server ends a connection. */
export type Ending = 401 | 403 | 411 | 419 | 440 | 500 | 503 | 515;

/** What the server knows of a linked device; another server can begin with it. */
export interface Linked {
  device: Device;
  account: KeyPair;
}

/** Starts a server on a free port, if wanted with a device that is linked already. */
export function startWhatsAppStandin(linked?: Linked): WhatsAppStandin {
  return new WhatsAppStandin(linked);
}

/** The server, the phone and the people. */
export class WhatsAppStandin implements AsyncDisposable {
  readonly self = { number: "+15550009999", jid: "15550009999:7@s.whatsapp.net", lid: "99900011122:7@lid" };
  readonly phone = new Person({ number: "15550009999", lid: "99900011122", name: "Owner" });
  readonly alice = new Person({ number: "15550001111", lid: "88800011122", name: "Alice" });
  readonly bob = new Person({ number: "15550002222", lid: "77700022233", name: "Bob" });
  readonly group = "120363000000000001@g.us";
  /** How members of the group are named. */
  groupMode: "pn" | "lid" = "pn";
  groupTitle = "Tea";
  readonly sent: Sent[] = [];
  /** Every stanza of the device, in order. */
  readonly stanzas: BinaryNode[] = [];
  /** Ids of messages the device sent a second time; people see the first only. */
  readonly repeated: string[] = [];
  /** Ids of messages of the device that somebody could not read, and asked for again. */
  readonly unreadable: string[] = [];
  /** How often a device was logged in and ready. */
  activations = 0;
  /** Codes to scan that a device is given. */
  refs = 3;
  /** While set, connections are accepted and nothing else happens. */
  isSilent = false;
  /** While set, nothing is read, answered or sent, as on a link that is gone. */
  isDeaf = false;
  /** While set, upgrades are refused. */
  refusesUpgrades = false;
  /** While set, messages are taken but nobody says so. */
  losesAcks = false;
  /** The next message is answered with this code. */
  refusesNext: string | undefined;
  /** Every login is refused so. */
  refusesLogins: Ending | undefined;
  /** The next message to the device arrives broken; the one asked for again does not. */
  garblesNext = false;
  /** While set, messages to the device are sealed and stay here; see {@link release}. */
  isHolding = false;
  /** While set, what the device acknowledges is not heard, so that it comes again. */
  ignoresReceipts = false;
  /** While set, keys of people are handed out with a signature that is not theirs. */
  forgesKeys = false;
  /** Requests for files: path and headers. */
  readonly transfers: { method: string; path: string; origin: string | null }[] = [];
  /** Answers to requests for files, instead of the file. */
  fileFault: { status: number; headers?: Record<string, string> } | undefined;
  readonly #identity = createIdentity();
  readonly #account: KeyPair;
  readonly #server: Server<Connection>;
  readonly #open = new Set<Connection>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #checks = new Set<() => void>();
  readonly #written = new Map<string, { person: Person; message: proto.IMessage; attrs: Attrs }>();
  readonly #distributed = new Set<string>();
  #queue: Pending[] = [];
  #last: Pending | undefined;
  #device: Device | undefined;
  #pairing: { connection: Connection; identity: Uint8Array } | undefined;
  #people: Promise<unknown> = Promise.resolve();
  #counter = 0;
  /** The people here use the same library, and it prints their keys. */
  readonly #quiet = silence(globalThis.console);

  constructor(linked?: Linked) {
    this.#account = linked?.account ?? Curve.generateKeyPair();
    this.#device = linked && copyOf(linked.device);
    this.#server = Bun.serve<Connection>({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => this.#fetch(request, server),
      websocket: {
        open: (socket) => {
          socket.data.socket = socket;
          this.#open.add(socket.data);
          this.#wake();
        },
        message: (socket, data) => this.#read(socket.data, Buffer.from(data)),
        close: (socket) => this.#closed(socket.data),
      },
    });
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.#server.port}/ws/chat`;
  }

  get mediaRoot(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** Public half of the root that certifies this server, in base64. */
  get trustRoot(): string {
    return Buffer.from(this.#identity.root.public).toString("base64");
  }

  /** What an account is configured with to come here. */
  get settings() {
    return { socketUrl: this.socketUrl, trustRoot: this.trustRoot, mediaRoot: this.mediaRoot };
  }

  get connections(): number {
    return this.#open.size;
  }

  /** Messages the device has not acknowledged. */
  get unacknowledged(): string[] {
    return this.#queue.map(({ id }) => id);
  }

  /** The device as it is now. */
  get linked(): Linked {
    if (this.#device === undefined) throw new Error("no device is linked");
    return { device: copyOf(this.#device), account: this.#account };
  }

  get isLinked(): boolean {
    return this.#device !== undefined;
  }

  /** The phone scans a code. */
  scan(qr: string): void {
    const [, , identity = "", secret = ""] = qr.slice(qr.indexOf("#") + 1).split(",");
    const { connection } = this.#pairing!;
    const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: 1, keyIndex: 1 }).finish();
    const theirs = Buffer.from(identity, "base64");
    const signed = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, theirs]);
    const account = proto.ADVSignedDeviceIdentity.encode({
      accountSignatureKey: this.#account.public,
      accountSignature: Curve.sign(this.#account.private, signed),
      details,
    }).finish();
    const hmac = hmacSign(Buffer.from(account), Buffer.from(secret, "base64"));
    const content = proto.ADVSignedDeviceIdentityHMAC.encode({ details: account, hmac }).finish();
    this.#send(connection, {
      tag: "iq",
      attrs: { from: HOST, type: "set", id: "pair", t: seconds(Date.now()) },
      content: [
        {
          tag: "pair-success",
          attrs: {},
          content: [
            { tag: "device-identity", attrs: {}, content },
            { tag: "device", attrs: { jid: this.self.jid, lid: this.self.lid } },
            { tag: "platform", attrs: { name: "android" } },
          ],
        },
      ],
    });
  }

  /** The owner removes the device on the phone. */
  unlink(): void {
    this.#device = undefined;
    this.end(401);
  }

  /** Ends every connection in the server's way. */
  end(status: Ending): void {
    for (const connection of this.#open) {
      const conflict = { 401: "device_removed", 440: "replaced" }[status as number];
      const content = conflict === undefined ? [] : [{ tag: "conflict", attrs: { type: conflict } }];
      const attrs: Attrs = status === 440 ? {} : { code: String(status) };
      if ([403, 411, 419].includes(status))
        this.#send(connection, { tag: "failure", attrs: { reason: String(status), location: "vll" } });
      else this.#send(connection, { tag: "stream:error", attrs, content });
      connection.socket.close(1000);
    }
  }

  /** Breaks every connection without a word. */
  drop(): void {
    for (const { socket } of [...this.#open]) socket.terminate();
  }

  /** Sends a stanza as it is on the newest connection. */
  stanza(node: BinaryNode): void {
    const connection = [...this.#open].at(-1);
    if (connection) this.#send(connection, node);
  }

  /** Members of the group change, so that its keys do too. */
  rotateGroupKeys(): void {
    for (const person of [this.alice, this.bob]) person.rotateGroupKeys();
    this.#distributed.clear();
  }

  /** The group gets another name, and the device is told. */
  rename(title: string): void {
    this.groupTitle = title;
    this.stanza({
      tag: "notification",
      attrs: {
        from: this.group,
        type: "w:gp2",
        id: this.#newId(),
        participant: this.alice.jid,
        t: seconds(Date.now()),
      },
      content: [{ tag: "subject", attrs: { subject: title, s_t: "1" } }],
    });
  }

  /** Somebody writes a text; resolves with the id when it is on its way. `chat` is `direct`, or the group. */
  says(chat: string, text: string, options: SaysOptions = {}): Promise<string> {
    const { mentions = false, quotes } = options;
    if (!mentions && quotes === undefined) return this.writes(chat, { conversation: text }, options);
    const contextInfo: proto.IContextInfo = {
      ...(mentions ? { mentionedJid: [bare(this.groupMode === "lid" ? this.self.lid : this.self.jid)] } : {}),
      ...(quotes === undefined ? {} : this.#quote(quotes)),
    };
    const named = mentions ? `@${bare(this.self.jid).split("@")[0]} ${text}` : text;
    return this.writes(chat, { extendedTextMessage: { text: named, contextInfo } }, options);
  }

  /** Somebody sends a file. */
  async sends(
    chat: string,
    file: { kind: "image" | "video" | "audio" | "voice" | "document" | "sticker"; bytes: Uint8Array; caption?: string },
    options: SaysOptions = {},
  ): Promise<string> {
    const { kind, bytes, caption } = file;
    const type: MediaType = kind === "voice" ? "audio" : kind;
    const sealed = await encryptedStream(Buffer.from(bytes), type);
    const directPath = `/v/t62.7118-24/${++this.#counter}.enc?ccb=11-4`;
    this.#files.set(directPath.split("?")[0]!, await readFile(sealed.encFilePath));
    await rm(sealed.encFilePath);
    const { mediaKey, fileEncSha256, fileSha256 } = sealed;
    const common = {
      ...{ mediaKey, fileEncSha256, fileSha256, directPath },
      url: `https://mmg.whatsapp.net${directPath}`,
      fileLength: bytes.length,
      ...(caption === undefined ? {} : { caption }),
    };
    const messages: Record<typeof kind, proto.IMessage> = {
      image: { imageMessage: { ...common, mimetype: "image/jpeg" } },
      video: { videoMessage: { ...common, mimetype: "video/mp4" } },
      audio: { audioMessage: { ...common, mimetype: "audio/mpeg" } },
      voice: { audioMessage: { ...common, mimetype: "audio/ogg; codecs=opus", ptt: true } },
      sticker: { stickerMessage: { ...common, mimetype: "image/webp" } },
      document: {
        documentWithCaptionMessage: {
          message: { documentMessage: { ...common, mimetype: "text/plain", fileName: "a.txt" } },
        },
      },
    };
    return this.writes(chat, messages[kind], options);
  }

  /** Somebody changes a text of theirs. */
  edits(chat: string, id: string, text: string, options: SaysOptions = {}): Promise<string> {
    const key = { remoteJid: this.#jidOf(chat), fromMe: true, id };
    const protocolMessage = { key, type: 14, editedMessage: { conversation: text }, timestampMs: Date.now() };
    return this.writes(chat, { editedMessage: { message: { protocolMessage } } }, options);
  }

  /** Somebody deletes a message of theirs. */
  deletes(chat: string, id: string, options: SaysOptions = {}): Promise<string> {
    const key = { remoteJid: this.#jidOf(chat), fromMe: true, id };
    return this.writes(chat, { protocolMessage: { key, type: 0 } }, options);
  }

  /** Somebody reacts; an empty emoji takes the reaction away. */
  reacts(chat: string, id: string, emoji: string, options: SaysOptions = {}): Promise<string> {
    const person = this[options.as ?? "alice"];
    const author = this.#written.get(id)?.person;
    const inGroup = chat !== "direct";
    const key = {
      remoteJid: this.#jidOf(chat),
      fromMe: author === person,
      id,
      ...(inGroup ? { participant: author?.jid ?? bare(this.self.jid) } : {}),
    };
    return this.writes(chat, { reactionMessage: { key, text: emoji, senderTimestampMs: Date.now() } }, options);
  }

  /** Somebody writes any message. */
  writes(chat: string, message: proto.IMessage, options: SaysOptions = {}): Promise<string> {
    const person = this[options.as ?? "alice"];
    const id = options.id ?? this.#newId();
    const attrs = this.#envelope(chat, id, options);
    this.#written.set(id, { person, message, attrs });
    return this.#inOrder(async () => {
      this.#deliver({ tag: "message", attrs, content: await this.#seal(chat, person, message) });
      return id;
    });
  }

  /** What was held is on its way. */
  release(): void {
    this.isHolding = false;
    this.#flush(false);
  }

  /** Alice cannot read a message of the device, be it because she lost it, and asks for it. */
  asksAgain(id: string): void {
    const connection = [...this.#open].at(-1);
    if (connection) this.#send(connection, this.alice.retryReceipt(id, { from: this.alice.jid }));
  }

  /** The last message comes once more, byte by byte. */
  repeat(): void {
    if (this.#last === undefined) return;
    this.#queue.push({ ...this.#last, sentOn: undefined });
    this.#flush(false);
  }

  callsOf(kind: Sent["kind"]): Sent[] {
    return this.sent.filter((one) => one.kind === kind);
  }

  /** Stanzas of the device with that tag, and that type if given. */
  stanzasOf(tag: string, type?: string): BinaryNode[] {
    return this.stanzas.filter((node) => node.tag === tag && (type === undefined || node.attrs["type"] === type));
  }

  /** Resolves when the condition holds; looked at again whenever something happens. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!holds()) return;
      this.#checks.delete(check);
      resolve();
    };
    this.#checks.add(check);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#quiet[Symbol.dispose]();
    await this.#server.stop(true);
  }

  #wake(): void {
    for (const check of [...this.#checks]) check();
  }

  /** What people do happens one after the other, whoever asked for it. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#people.then(work);
    this.#people = done.catch(() => undefined);
    return done;
  }

  #newId(): string {
    return `A5${(++this.#counter).toString(16).toUpperCase().padStart(18, "0")}`;
  }

  #jidOf(chat: string): string {
    return chat === "direct" ? bare(this.self.jid) : chat;
  }

  #envelope(chat: string, id: string, { as = "alice", lid, atMs }: SaysOptions): Attrs {
    const person = this[as];
    const common = { id, type: "text", t: seconds(atMs ?? Date.now()), notify: person.name };
    const isByLid = lid === "only" || lid === "both" || (chat !== "direct" && this.groupMode === "lid");
    const hasBoth = lid !== "only" && lid !== "none";
    const name = isByLid ? person.lid : person.jid;
    const alternative: Attrs = isByLid ? { addressing_mode: "lid" } : { addressing_mode: "pn" };
    if (chat !== "direct") {
      if (hasBoth) alternative[isByLid ? "participant_pn" : "participant_lid"] = isByLid ? person.jid : person.lid;
      return { ...common, from: chat, participant: name, ...alternative };
    }
    if (as === "phone") return { ...common, from: this.phone.jid, recipient: this.phone.jid };
    if (hasBoth) alternative[isByLid ? "sender_pn" : "sender_lid"] = isByLid ? person.jid : person.lid;
    return { ...common, from: name, ...alternative };
  }

  async #seal(chat: string, person: Person, message: proto.IMessage, retry = 0): Promise<BinaryNode[]> {
    const { jid } = this.self;
    const count: Attrs = retry > 0 ? { count: String(retry) } : {};
    if (!(await person.hasMet(jid))) await person.meet(jid, this.#takeBundle());
    const enc = ({ type, ciphertext }: { type: string; ciphertext: Uint8Array }): BinaryNode => ({
      tag: "enc",
      attrs: { v: "2", type, ...count },
      content: this.#perhapsGarbled(ciphertext),
    });
    if (person === this.phone) {
      const deviceSentMessage = { destinationJid: this.phone.jid, message };
      return [enc(await person.encrypt(jid, { deviceSentMessage }))];
    }
    if (chat === "direct") return [enc(await person.encrypt(jid, message))];
    const { ciphertext, distribution } = await person.encryptForGroup(chat, message);
    const isKnown = this.#distributed.has(person.jid) && retry === 0;
    this.#distributed.add(person.jid);
    const key = isKnown ? [] : [enc(await person.encrypt(jid, distribution))];
    return [...key, enc({ type: "skmsg", ciphertext })];
  }

  #perhapsGarbled(ciphertext: Uint8Array): Uint8Array {
    if (!this.garblesNext) return ciphertext;
    this.garblesNext = false;
    const broken = Buffer.from(ciphertext);
    // Behind the seal of every form; the last bytes of some are not under it.
    broken[broken.length - 12]! ^= 1;
    return broken;
  }

  #takeBundle(): Bundle {
    const device = this.#device;
    if (device?.bundle === undefined) throw new Error("no device is linked");
    const preKey = device.preKeys.shift();
    return { ...device.bundle, ...(preKey === undefined ? {} : { preKey }) };
  }

  #quote(id: string): proto.IContextInfo {
    const ours = this.sent.find((one) => one.id === id);
    const theirs = this.#written.get(id);
    const participant = ours ? bare(this.self.jid) : (theirs?.person.jid ?? bare(this.self.jid));
    return { stanzaId: id, participant, quotedMessage: ours?.message ?? theirs?.message ?? { conversation: "?" } };
  }

  #deliver(node: BinaryNode): void {
    const pending: Pending = { node, id: node.attrs["id"]!, sentOn: undefined };
    this.#last = pending;
    this.#queue.push(pending);
    this.#flush(false);
  }

  /** Sends what is waiting to the device, if it listens. */
  #flush(isOffline: boolean): void {
    const connection = [...this.#open].findLast(({ isActive, isClosed }) => isActive && !isClosed);
    if (connection === undefined || this.isDeaf || this.isHolding) return;
    for (const pending of this.#queue) {
      if (pending.sentOn === connection) continue;
      pending.sentOn = connection;
      const { node } = pending;
      this.#send(connection, isOffline ? { ...node, attrs: { ...node.attrs, offline: "0" } } : node);
    }
  }

  #fetch(request: Request, server: Server<Connection>): Response | Promise<Response> | undefined {
    const { pathname } = new URL(request.url);
    if (pathname !== "/ws/chat") return this.#transfer(request, pathname);
    if (this.refusesUpgrades) return new Response("no", { status: 403 });
    const data: Partial<Connection> = {
      noise: new ServerNoise(this.#identity),
      work: Promise.resolve(),
      isActive: false,
      isClosed: false,
      staticKey: "",
    };
    return server.upgrade(request, { data: data as Connection }) ? undefined : new Response("no", { status: 400 });
  }

  async #transfer(request: Request, path: string): Promise<Response> {
    this.transfers.push({ method: request.method, path, origin: request.headers.get("origin") });
    const fault = this.fileFault;
    if (fault !== undefined) return new Response("fault", fault);
    if (request.method === "GET") {
      const file = this.#files.get(path);
      return file === undefined ? new Response("gone", { status: 410 }) : new Response(Buffer.from(file));
    }
    const { searchParams } = new URL(request.url);
    if (searchParams.get("auth") !== "upload-auth") return new Response("no", { status: 401 });
    const directPath = `/v${path}`;
    this.#files.set(directPath, new Uint8Array(await request.arrayBuffer()));
    return Response.json({ url: `https://mmg.whatsapp.net${directPath}`, direct_path: directPath });
  }

  #closed(connection: Connection): void {
    connection.isClosed = true;
    this.#open.delete(connection);
    this.#wake();
  }

  #send(connection: Connection, node: BinaryNode): void {
    if (!connection.isClosed && !this.isDeaf) connection.socket.send(connection.noise.encode(node));
  }

  #read(connection: Connection, bytes: Buffer): void {
    if (this.isSilent || this.isDeaf) return;
    connection.work = connection.work.then(async () => {
      for (const frame of connection.noise.frames(bytes)) await this.#frame(connection, frame);
      this.#wake();
    });
  }

  async #frame(connection: Connection, frame: Buffer): Promise<void> {
    const { noise } = connection;
    if (noise.isOpen) return this.#take(connection, await noise.decode(frame));
    if (noise.isBeginning) return void connection.socket.send(noise.answer(frame));
    const { staticKey, payload } = noise.finish(frame);
    connection.staticKey = staticKey.toString("base64");
    if (payload.devicePairingData) return this.#offerCodes(connection, payload.devicePairingData.eIdent!);
    this.#login(connection);
  }

  #offerCodes(connection: Connection, identity: Uint8Array): void {
    this.#pairing = { connection, identity: Buffer.from(identity) };
    const refs = Array.from({ length: this.refs }, (_, index) => Buffer.from(`2@ref${index}`));
    const content = refs.map((ref) => ({ tag: "ref", attrs: {}, content: ref }));
    this.#send(connection, {
      tag: "iq",
      attrs: { from: HOST, type: "set", id: "codes", xmlns: "md" },
      content: [{ tag: "pair-device", attrs: {}, content }],
    });
  }

  #login(connection: Connection): void {
    const isKnown = this.#device?.staticKey === connection.staticKey;
    const refusal = this.refusesLogins ?? (isKnown ? undefined : 401);
    if (refusal !== undefined) {
      this.#send(connection, { tag: "failure", attrs: { reason: String(refusal), location: "vll" } });
      return connection.socket.close(1000);
    }
    for (const other of this.#open) {
      if (other === connection) continue;
      this.#send(other, {
        tag: "stream:error",
        attrs: {},
        content: [{ tag: "conflict", attrs: { type: "replaced" } }],
      });
      other.socket.close(1000);
    }
    this.#send(connection, { tag: "success", attrs: { t: seconds(Date.now()), lid: this.self.lid } });
  }

  async #take(connection: Connection, node: BinaryNode): Promise<void> {
    this.stanzas.push(node);
    if (node.tag === "iq") await this.#answer(connection, node);
    else if (node.tag === "message") await this.#inOrder(() => this.#takeMessage(connection, node));
    else if (node.tag === "receipt") await this.#takeReceipt(connection, node);
    else if (node.tag === "ack" && node.attrs["class"] === "message") this.#acknowledge(node.attrs["id"]!);
  }

  async #answer(connection: Connection, node: BinaryNode): Promise<void> {
    const { id = "", type, xmlns, to } = node.attrs;
    const [first] = Array.isArray(node.content) ? node.content : [];
    if (type === "result") return id === "pair" ? this.#paired(connection, node) : undefined;
    const answer = (content?: BinaryNode[]) =>
      this.#send(connection, {
        tag: "iq",
        attrs: { from: to ?? HOST, type: "result", id },
        ...(content && { content }),
      });
    switch (`${xmlns} ${first?.tag}`) {
      case "encrypt count":
        return answer([{ tag: "count", attrs: { value: String(this.#device?.preKeys.length ?? 0) } }]);
      case "encrypt digest":
        return answer([{ tag: "digest", attrs: {} }]);
      case "encrypt key":
        return answer([{ tag: "list", attrs: {}, content: await this.#bundles(first!) }]);
      case "encrypt registration":
        this.#storeKeys(node);
        return answer();
      case "usync usync":
        return answer([this.#usync(first!)]);
      case "privacy privacy":
        return answer([
          { tag: "privacy", attrs: {}, content: [{ tag: "category", attrs: { name: "readreceipts", value: "all" } }] },
        ]);
      case "w:m media_conn":
        return answer([
          {
            tag: "media_conn",
            attrs: { auth: "upload-auth", ttl: "3600" },
            content: [{ tag: "host", attrs: { hostname: "mmg.whatsapp.net", maxContentLengthBytes: "104857600" } }],
          },
        ]);
      case "w:g2 query":
        return answer([this.#groupNode()]);
      case "md remove-companion-device":
        answer();
        return this.unlink();
      case "passive active":
        answer();
        return this.#activate(connection);
      default:
        return answer();
    }
  }

  #paired(connection: Connection, node: BinaryNode): void {
    const sign = getBinaryNodeChild(node, "pair-device-sign");
    const content = getBinaryNodeChildBuffer(sign, "device-identity")!;
    const { details, deviceSignature } = proto.ADVSignedDeviceIdentity.decode(content);
    const { identity } = this.#pairing!;
    const signed = Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details!, identity, this.#account.public]);
    if (!Curve.verify(identity, signed, deviceSignature!)) throw new Error("the device does not own its key");
    this.#device = { staticKey: connection.staticKey, identity, bundle: undefined, preKeys: [] };
    this.#send(connection, { tag: "stream:error", attrs: { code: "515" } });
    connection.socket.close(1000);
  }

  #activate(connection: Connection): void {
    connection.isActive = true;
    this.activations++;
    const count = String(this.#queue.length);
    this.#flush(true);
    this.#send(connection, { tag: "ib", attrs: { from: HOST }, content: [{ tag: "offline", attrs: { count } }] });
  }

  #storeKeys(node: BinaryNode): void {
    if (this.#device === undefined) return;
    const list = getBinaryNodeChildren(getBinaryNodeChild(node, "list"), "key");
    const signed = getBinaryNodeChild(node, "skey")!;
    const keyOf = (key: BinaryNode) => ({
      keyId: getBinaryNodeChildUInt(key, "id", 3)!,
      publicKey: generateSignalPubKey(getBinaryNodeChildBuffer(key, "value")!),
    });
    this.#device.preKeys.push(...list.map(keyOf));
    this.#device.bundle = {
      registrationId: getBinaryNodeChildUInt(node, "registration", 4)!,
      identityKey: generateSignalPubKey(this.#device.identity),
      signedPreKey: { ...keyOf(signed), signature: getBinaryNodeChildBuffer(signed, "signature")! },
    };
  }

  #personOf(jid: string): Person | undefined {
    const user = jid.split(/[:@]/)[0];
    return [this.phone, this.alice, this.bob].find((one) =>
      [one.jid, one.lid].some((name) => name.startsWith(`${user}@`)),
    );
  }

  async #bundles(key: BinaryNode): Promise<BinaryNode[]> {
    const jids = getBinaryNodeChildren(key, "user").map(({ attrs }) => attrs["jid"]!);
    const bundles = await Promise.all(jids.flatMap((jid) => this.#personOf(jid)?.bundle(jid) ?? []));
    const signatures = bundles.map((bundle) => getBinaryNodeChild(getBinaryNodeChild(bundle, "skey"), "signature")!);
    if (this.forgesKeys) for (const node of signatures) node.content = Buffer.alloc(64, 7);
    return bundles;
  }

  #usync(usync: BinaryNode): BinaryNode {
    const query = getBinaryNodeChild(usync, "query")?.content as BinaryNode[];
    const asked = new Set(query.map(({ tag }) => tag));
    const users = getBinaryNodeChildren(getBinaryNodeChild(usync, "list"), "user").map((user) => {
      const number = getBinaryNodeChild(user, "contact")?.content?.toString().replace("+", "");
      const jid = user.attrs["jid"] ?? `${number}@s.whatsapp.net`;
      return { tag: "user", attrs: { jid }, content: this.#about(jid, asked) };
    });
    return { tag: "usync", attrs: {}, content: [{ tag: "list", attrs: {}, content: users }] };
  }

  #about(jid: string, asked: ReadonlySet<string>): BinaryNode[] {
    const person = this.#personOf(jid);
    const answers: BinaryNode[] = [];
    if (asked.has("contact")) answers.push({ tag: "contact", attrs: { type: person ? "in" : "out" } });
    if (person === undefined) return answers;
    const own = person === this.phone ? [{ tag: "device", attrs: { id: "7", "key-index": "1" } }] : [];
    const devices = [{ tag: "device", attrs: { id: "0" } }, ...own];
    const list = { tag: "device-list", attrs: {}, content: devices };
    if (asked.has("devices")) answers.push({ tag: "devices", attrs: {}, content: [list] });
    if (asked.has("lid")) answers.push({ tag: "lid", attrs: { val: person.lid } });
    return answers;
  }

  #groupNode(): BinaryNode {
    const members = [this.phone, this.alice, this.bob].map(({ jid, lid }) => ({
      tag: "participant",
      attrs: this.groupMode === "lid" ? { jid: lid, phone_number: jid } : { jid, lid },
    }));
    const attrs = { id: this.group.split("@")[0]!, subject: this.groupTitle, addressing_mode: this.groupMode };
    return { tag: "group", attrs: { ...attrs, creation: "1", s_t: "1" }, content: members };
  }

  async #takeMessage(connection: Connection, node: BinaryNode): Promise<void> {
    const { id = "", to = "" } = node.attrs;
    const read = await this.#unseal(connection, node);
    const refusal = this.refusesNext;
    this.refusesNext = undefined;
    if (refusal === undefined && read.message !== undefined) {
      if (this.sent.some((one) => one.id === id)) this.repeated.push(id);
      else this.sent.push(await this.#describe(node, { ...read, message: read.message }));
    }
    const attrs: Attrs = { class: "message", id, from: to, t: seconds(Date.now()) };
    if (!this.losesAcks)
      this.#send(connection, { tag: "ack", attrs: refusal === undefined ? attrs : { ...attrs, error: refusal } });
    this.#wake();
  }

  /** Everybody it is for decrypts it; who cannot asks for it again. */
  async #unseal(connection: Connection, node: BinaryNode): Promise<{ message?: proto.IMessage; readers: string[] }> {
    const { id = "", to = "" } = node.attrs;
    const readers: string[] = [];
    let message: proto.IMessage | undefined;
    const copies = getBinaryNodeChildren(getBinaryNodeChild(node, "participants"), "to").map((one) => ({
      jid: one.attrs["jid"]!,
      enc: getBinaryNodeChild(one, "enc")!,
    }));
    const own = getBinaryNodeChild(node, "enc");
    const isGroup = to.endsWith("@g.us");
    const target = node.attrs["participant"] ?? to;
    if (own && own.attrs["type"] !== "skmsg") copies.push({ jid: target, enc: own });
    for (const { jid, enc } of copies) {
      const person = this.#personOf(jid)!;
      try {
        const read = await person.decrypt(this.self.jid, enc);
        const item = read.senderKeyDistributionMessage;
        if (item) await person.learnGroupKey(this.self.jid, item);
        const said = read.deviceSentMessage?.message ?? read;
        if (!isGroup || own?.attrs["type"] !== "skmsg") message ??= said;
        if (!isGroup) readers.push(person.name);
      } catch {
        this.#askAgain(connection, person, id, isGroup ? { from: to, participant: jid } : { from: jid });
      }
    }
    if (own?.attrs["type"] !== "skmsg") return { ...(message && { message }), readers };
    for (const person of [this.alice, this.bob]) {
      try {
        message = await person.decryptFromGroup(to, this.self.jid, own.content as Uint8Array);
        readers.push(person.name);
      } catch {
        this.#askAgain(connection, person, id, { from: to, participant: person.jid });
      }
    }
    return { ...(message && { message }), readers };
  }

  #askAgain(connection: Connection, person: Person, id: string, to: { from: string; participant?: string }): void {
    this.unreadable.push(id);
    this.#send(connection, person.retryReceipt(id, to));
  }

  async #describe(
    { attrs }: BinaryNode,
    { message, readers }: { message: proto.IMessage; readers: string[] },
  ): Promise<Sent> {
    const inner = message.documentWithCaptionMessage?.message ?? message;
    const file = inner.imageMessage ?? inner.videoMessage ?? inner.audioMessage ?? inner.documentMessage;
    const sent: Sent = { kind: kindOf(inner), id: attrs["id"]!, chat: attrs["to"]!, message: inner, readers, attrs };
    if (!file) return sent;
    const type = inner.imageMessage
      ? "image"
      : inner.videoMessage
        ? "video"
        : inner.audioMessage
          ? "audio"
          : "document";
    const keys = await getMediaKeys(file.mediaKey!, type);
    const sealed = this.#files.get(file.directPath!)!;
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => new Response(Buffer.from(sealed.subarray(0, -10))),
    });
    const stream = await downloadEncryptedContent(server.url.href, keys);
    sent.bytes = new Uint8Array(Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Uint8Array>)));
    return sent;
  }

  async #takeReceipt(connection: Connection, { attrs }: BinaryNode): Promise<void> {
    const { id = "", to = "", type } = attrs;
    this.#send(connection, { tag: "ack", attrs: { class: "receipt", id, from: to, ...(type ? { type } : {}) } });
    if (type !== "retry") return type === "read" ? undefined : this.#acknowledge(id);
    const written = this.#written.get(id);
    if (written === undefined) return;
    await this.#inOrder(async () => {
      const { person, message, attrs: envelope } = written;
      const chat = envelope["from"]!.endsWith("@g.us") ? envelope["from"]! : "direct";
      await person.meet(this.self.jid, this.#takeBundle());
      this.#deliver({ tag: "message", attrs: envelope, content: await this.#seal(chat, person, message, 1) });
    });
  }

  #acknowledge(id: string): void {
    if (this.ignoresReceipts) return;
    // Only what was sent can be meant; one that is to be read again waits behind it.
    const at = this.#queue.findIndex((one) => one.id === id && one.sentOn !== undefined);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#wake();
  }
}

/** Keys that are used once are taken from it. */
function copyOf(device: Device): Device {
  return { ...device, preKeys: [...device.preKeys] };
}

function kindOf(message: proto.IMessage): Sent["kind"] {
  if (message.reactionMessage) return "reaction";
  if (message.protocolMessage) return message.protocolMessage.type === 14 ? "edit" : "delete";
  if (message.pollCreationMessage ?? message.pollCreationMessageV3) return "poll";
  if (message.imageMessage ?? message.videoMessage ?? message.audioMessage ?? message.documentMessage) return "media";
  return message.extendedTextMessage || message.conversation ? "text" : "other";
}

function bare(jid: string): string {
  return jid.replace(/:\d+@/, "@");
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}
