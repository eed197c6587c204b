/**
 * Files at WhatsApp: sealed before they go up, opened and checked when they come down. The library's own ways write them
 * to the folder for temporary files and follow whatever address a message names; these do neither.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import { ChannelError } from "../contract.ts";
import type { WASocket } from "./library.ts";
import { type MediaClass, type MediaHandle, parseHandle } from "./media-handle.ts";

const HOST = "mmg.whatsapp.net";
const ORIGIN = "https://web.whatsapp.com";
/** Where each class goes up. */
const uploadPaths: Readonly<Record<MediaClass, string>> = {
  Image: "/mms/image",
  Video: "/mms/video",
  Audio: "/mms/audio",
  Document: "/mms/document",
};
/** Bytes of the seal's end: the beginning of an HMAC. */
const MAC_BYTES = 10;
const BLOCK_BYTES = 16;
/** An answer to an upload is a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** For a connection and an answer; each megabyte gets time on top. */
const TRANSFER_MS = 20_000;
/** Slowest transfer worth waiting for. */
const MIN_BYTES_PER_MS = 50;

/** A file that lies at WhatsApp, as messages name it. */
export interface Uploaded {
  url: string;
  directPath: string;
  mediaKey: Uint8Array;
  fileEncSha256: Uint8Array;
  fileSha256: Uint8Array;
  fileLength: number;
}

interface Needs {
  /** Instead of WhatsApp's hosts, for tests. */
  mediaRoot: string | undefined;
  clock: Clock;
  /** Ends everything. */
  signal: AbortSignal;
}

/** The files of one account. */
export class Media {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Fetches and opens a file. Throws `rejected` when it is larger, gone, or not what was sent. */
  async download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const file = parseHandle(handle);
    const maxSealed = maxBytes + BLOCK_BYTES + MAC_BYTES;
    const sealed = await this.#transfer(maxBytes, signal, async (limit) => {
      const response = await fetch(`${this.#needs.mediaRoot ?? `https://${HOST}`}${file.path}`, {
        headers: { origin: ORIGIN },
        redirect: "manual",
        signal: limit,
      });
      if (response.status !== 200) throw fetchError(response.status);
      return readBounded(response, maxSealed);
    });
    const bytes = openSealed(sealed, file);
    if (bytes.length > maxBytes) throw tooLarge();
    return bytes;
  }

  /** Seals a file with a key of its own and brings it to WhatsApp. */
  async upload(
    socket: Pick<WASocket, "refreshMediaConn">,
    file: { class: MediaClass; bytes: Uint8Array; mediaKey: Uint8Array },
    signal: AbortSignal,
  ): Promise<Uploaded> {
    const { sealed, fileSha256, fileEncSha256 } = seal(file);
    const token = Buffer.from(fileEncSha256).toString("base64url");
    const answer = await this.#transfer(sealed.length, signal, async (limit) => {
      const { hosts, auth } = await socket.refreshMediaConn(false);
      const host = hosts.map(({ hostname }) => hostname).find(isWhatsApp);
      if (host === undefined) throw new ChannelError("transient", "WhatsApp names no place for the file");
      const query = `auth=${encodeURIComponent(auth)}&token=${token}`;
      const root = this.#needs.mediaRoot ?? `https://${host}`;
      const response = await fetch(`${root}${uploadPaths[file.class]}/${token}?${query}`, {
        method: "POST",
        body: sealed,
        headers: { "content-type": "application/octet-stream", origin: ORIGIN },
        redirect: "manual",
        signal: limit,
      });
      if (!response.ok) throw new ChannelError("transient", `WhatsApp does not take the file (${response.status})`);
      return JSON.parse(Buffer.from(await readBounded(response, MAX_ANSWER_BYTES)).toString()) as Record<
        string,
        unknown
      >;
    });
    const { url, direct_path: directPath } = answer;
    if (typeof url !== "string" || typeof directPath !== "string")
      throw new ChannelError("transient", "WhatsApp does not say where the file lies");
    return { url, directPath, mediaKey: file.mediaKey, fileEncSha256, fileSha256, fileLength: file.bytes.length };
  }

  async #transfer<T>(bytes: number, signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
    const ms = TRANSFER_MS + Math.ceil(bytes / MIN_BYTES_PER_MS);
    try {
      return await within({ clock: this.#needs.clock, ms, signals: [this.#needs.signal, signal] }, work);
    } catch (error) {
      if (error instanceof ChannelError) throw error;
      // Nothing anybody sees has happened: a file without a message is nowhere.
      throw new ChannelError("transient", "WhatsApp's place for files cannot be reached", { cause: error });
    }
  }
}

/** Whether a host is WhatsApp's (threats T20, T21). */
export function isWhatsApp(host: string): boolean {
  return /^(?:[a-z0-9-]+\.)*whatsapp\.net$/.test(host);
}

interface FileKeys {
  iv: Uint8Array;
  cipherKey: Uint8Array;
  macKey: Uint8Array;
}

function keysOf(mediaKey: Uint8Array, mediaClass: MediaClass): FileKeys {
  const derived = new Uint8Array(hkdfSync("sha256", mediaKey, "", `WhatsApp ${mediaClass} Keys`, 112));
  return { iv: derived.subarray(0, 16), cipherKey: derived.subarray(16, 48), macKey: derived.subarray(48, 80) };
}

function seal(file: { class: MediaClass; bytes: Uint8Array; mediaKey: Uint8Array }) {
  const { iv, cipherKey, macKey } = keysOf(file.mediaKey, file.class);
  const cipher = createCipheriv("aes-256-cbc", cipherKey, iv);
  const secret = Buffer.concat([cipher.update(file.bytes), cipher.final()]);
  const sealed = Buffer.concat([secret, macOf(secret, { iv, macKey })]);
  return { sealed, fileSha256: sha256(file.bytes), fileEncSha256: sha256(sealed) };
}

function openSealed(sealed: Uint8Array, file: MediaHandle): Uint8Array {
  const { iv, cipherKey, macKey } = keysOf(file.mediaKey, file.class);
  const secret = sealed.subarray(0, -MAC_BYTES);
  const mac = sealed.subarray(-MAC_BYTES);
  if (!isSame(file.sealedSha256, sha256(sealed)) || !isSame(macOf(secret, { iv, macKey }), mac)) throw notTheFile();
  const decipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
  const bytes = Buffer.concat([decipher.update(secret), decipher.final()]);
  if (!isSame(file.sha256, sha256(bytes))) throw notTheFile();
  return new Uint8Array(bytes);
}

function macOf(secret: Uint8Array, { iv, macKey }: Pick<FileKeys, "iv" | "macKey">): Uint8Array {
  return createHmac("sha256", macKey).update(iv).update(secret).digest().subarray(0, MAC_BYTES);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/** Whether the digest is the expected one, if one is expected. */
function isSame(expected: Uint8Array | undefined, found: Uint8Array): boolean {
  return expected === undefined || (expected.length === found.length && timingSafeEqual(expected, found));
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function fetchError(status: number): ChannelError {
  if (status >= 500 || status === 429)
    return new ChannelError("transient", `WhatsApp does not give the file (${status})`);
  return new ChannelError("rejected", `the file is not there any more (${status})`);
}

function tooLarge(): ChannelError {
  return new ChannelError("rejected", "the file is larger than allowed");
}

function notTheFile(): ChannelError {
  return new ChannelError("rejected", "what lies at WhatsApp is not the file that was sent");
}
