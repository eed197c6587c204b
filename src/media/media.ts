/**
 * Files that agents and operators send: fetched from the internet, handed in as bytes, or kept here under a handle.
 * A text can name none by a path (threats T16); whatever cannot be had is `media not found`, whoever asks and why.
 */
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { GatewayError } from "../lib/errors.ts";
import type { FetchOptions } from "./fetch.ts";
import { sniffKind } from "./kinds.ts";

/** A file with its bytes. */
export interface MediaFile {
  kind: "image" | "audio" | "voice" | "video" | "document";
  mimeType: string;
  fileName: string;
  bytes: Uint8Array;
}

/** How long a kept file is there after it was last used. */
const KEEP_MS = 7 * 24 * 60 * 60 * 1000;
/** All kept files together; the longest unused go first. */
const MAX_TOTAL_BYTES = 512 * 1024 * 1024;
const HANDLE = /^media:([0-9a-f]{40})\.([a-z0-9]{1,5})$/;

interface Needs {
  /** Made when the first file is kept. */
  folder: string;
  clock: Clock;
  /** Another internet, for tests. */
  internet?: Pick<FetchOptions, "resolve" | "isAllowed">;
}

/** The files. */
export class Media {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Keeps a file; the handle says nothing but which. On the disk when it returns. */
  keep(bytes: Uint8Array): string {
    const { folder, clock } = this.#needs;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#prune(bytes.length);
    const name = `${createHash("sha256").update(bytes).digest("hex").slice(0, 40)}.${sniffKind(bytes)?.extension ?? "bin"}`;
    const path = join(folder, name);
    writeFileSync(`${path}.new`, bytes, { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
    const now = new Date(clock.now());
    utimesSync(path, now, now);
    return `media:${name}`;
  }

  /** The file an agent or operator names by a handle or a web address. Throws `INVALID_REQUEST`. */
  async resolve(ref: string, limits: { maxBytes: number; signal: AbortSignal }): Promise<MediaFile> {
    if (HANDLE.test(ref)) return this.#read(ref, limits.maxBytes);
    if (!/^https?:\/\//i.test(ref)) throw new GatewayError("INVALID_REQUEST", "media not found");
    // HTTP by Node's means costs memory that a gateway which fetches nothing does not have to pay.
    const { fetchSafely } = await import("./fetch.ts");
    const { bytes, mimeType, fileName } = await fetchSafely(ref, {
      ...this.#needs.internet,
      ...limits,
      clock: this.#needs.clock,
    });
    return describeFile(bytes, { mimeType, fileName });
  }

  #read(handle: string, maxBytes: number): MediaFile {
    const [, hash, extension] = HANDLE.exec(handle) ?? [];
    const path = join(this.#needs.folder, `${hash}.${extension}`);
    let bytes: Uint8Array;
    try {
      const found = lstatSync(path); // A link may lead anywhere; it is no file of ours.
      if (!found.isFile()) throw new Error("not a file");
      if (found.size > maxBytes) throw new GatewayError("INVALID_REQUEST", "media too large");
      bytes = readFileSync(path);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      throw new GatewayError("INVALID_REQUEST", "media not found", { cause: error });
    }
    const now = new Date(this.#needs.clock.now());
    utimesSync(path, now, now);
    return describeFile(bytes, { mimeType: undefined, fileName: `file.${extension}` });
  }

  #prune(comingBytes: number): void {
    const { folder, clock } = this.#needs;
    const files = readdirSync(folder)
      .map((name) => ({ path: join(folder, name), ...lstatSync(join(folder, name)) }))
      .sort((one, other) => other.mtimeMs - one.mtimeMs);
    let total = comingBytes;
    for (const { path, size, mtimeMs } of files) {
      total += size;
      if (total > MAX_TOTAL_BYTES || clock.now() - mtimeMs > KEEP_MS) rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Formats that hold others, and what may be said of the one inside. */
const containers: Readonly<Record<string, RegExp>> = {
  "application/zip": /^application\/(?:vnd\.[\w.+-]+|epub\+zip|java-archive)$/,
  "video/webm": /^(?:audio\/webm|(?:audio|video)\/x-matroska)$/,
};

/** A file as it goes out: its kind is what its bytes are, and only then what was said of it. */
export function describeFile(
  bytes: Uint8Array,
  said: { mimeType?: string | undefined; fileName?: string | undefined; isVoice?: boolean; isDocument?: boolean },
): MediaFile {
  const found = sniffKind(bytes);
  const finer = found && said.mimeType && containers[found.mimeType]?.test(said.mimeType) ? said.mimeType : undefined;
  const mimeType = finer ?? found?.mimeType ?? said.mimeType ?? "application/octet-stream";
  const [family = ""] = mimeType.split("/");
  const own = family === "image" || family === "audio" || family === "video" ? family : "document";
  const kind = said.isDocument ? "document" : said.isVoice && own === "audio" ? "voice" : own;
  const name = said.fileName ?? "file";
  const fileName = found && !name.includes(".") ? `${name}.${found.extension}` : name;
  return { kind, mimeType, fileName, bytes };
}
