/**
 * Serves the embedded pages at the root of the gateway (threats T29): exact paths, strict headers, no directory.
 * Files are read, hashed and compressed on their first request and kept; there are few and they are small.
 */
import { readFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "bun";
import type { PageFile } from "./build.ts";
import { pageFiles } from "./dist/manifest.ts";

export interface PagesOptions {
  /** What to serve instead of the embedded files; for tests. */
  files?: readonly PageFile[];
}

export interface Pages {
  /** Answers a request for a page or one of its files; undefined for every other path. */
  handle(request: Request, url: URL): Response | undefined;
}

export type Encoding = "zstd" | "gzip" | "identity";

/** A file in memory, in every encoding it is sent in. */
export interface Loaded {
  etag: string;
  bodies: Record<Encoding, Uint8Array<ArrayBuffer>>;
}

/** Best first. A client that names none gets the bytes as they are. */
const ENCODINGS: readonly Encoding[] = ["zstd", "gzip"];
/** A host as it may stand in a policy: the gateway checked it against the known ones, this keeps it one token. */
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The page that lends what the browser has. What it frames gets nothing of that: only the page itself may ask. */
const NODE_PAGE = "/node";
const LENT = [
  "camera=(self)",
  "microphone=(self)",
  "geolocation=(self)",
  "display-capture=(self)",
  "screen-wake-lock=(self)",
];
const KEPT = ["camera=()", "microphone=()", "geolocation=()"];

/** Opens the pages. Reads nothing until the first request. */
export function openPages(options: PagesOptions = {}): Pages {
  const files = new Map((options.files ?? pageFiles).map((file) => [file.path, file]));
  const loaded = new Map<string, Loaded>();
  const load = (file: PageFile): Loaded => {
    const known = loaded.get(file.path);
    if (known !== undefined) return known;
    const fresh = loadFile(file);
    loaded.set(file.path, fresh);
    return fresh;
  };
  return {
    handle(request, url) {
      const file = files.get(url.pathname);
      if (file === undefined) return undefined;
      const isRead = request.method === "GET" || request.method === "HEAD";
      return isRead ? answer(file, load(file), request) : refuseMethod();
    },
  };
}

function answer(file: PageFile, { etag, bodies }: Loaded, request: Request): Response {
  const encoding = chooseEncoding(request.headers.get("accept-encoding"));
  const tag = `"${etag}${encoding === "identity" ? "" : `-${encoding}`}"`;
  const headers = headersOf(file, request.headers.get("host"));
  headers.set("etag", tag);
  if (isMatch(request.headers.get("if-none-match"), tag)) return new Response(null, { status: 304, headers });
  const body = bodies[encoding];
  if (encoding !== "identity") headers.set("content-encoding", encoding);
  headers.set("content-type", file.type);
  headers.set("content-length", `${body.byteLength}`);
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

function headersOf(file: PageFile, host: string | null): Headers {
  const isNode = file.path === NODE_PAGE;
  const headers = new Headers({
    "cache-control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": [...(isNode ? LENT : KEPT), "payment=()", "usb=()", "browsing-topics=()"].join(", "),
    "content-security-policy": policyFor(host, isNode),
  });
  if (!file.isHashed) headers.set("x-frame-options", "DENY");
  return headers;
}

/**
 * A page may load its own files and talk to its own gateway; nothing else, and no text ever becomes markup. The node page
 * also frames the canvas, which lies on the same origin and has none of its own, and looks at pictures of it.
 */
function policyFor(host: string | null, isNode: boolean): string {
  // `'self'` covers WebSockets in current browsers; older ones need the addresses.
  const sockets = host !== null && HOST.test(host) ? ` ws://${host} wss://${host}` : "";
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    isNode ? "img-src 'self' data:" : "img-src 'self'",
    ...(isNode ? ["frame-src 'self'"] : []),
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function refuseMethod(): Response {
  return new Response("method not allowed\n", { status: 405, headers: { allow: "GET, HEAD" } });
}

/** The best encoding the client accepts; one with `q=0` is refused. */
export function chooseEncoding(header: string | null): Encoding {
  const accepted = new Map(
    (header ?? "").split(",").map((item) => {
      const [name = "", ...params] = item.split(";").map((part) => part.trim().toLowerCase());
      const weight = params.find((param) => param.startsWith("q="));
      return [name, weight === undefined || Number(weight.slice(2)) > 0] as const;
    }),
  );
  return ENCODINGS.find((encoding) => accepted.get(encoding) === true) ?? "identity";
}

function isMatch(header: string | null, tag: string): boolean {
  if (header === null) return false;
  return header.split(",").some((item) => item.trim() === "*" || item.trim().replace(/^W\//, "") === tag);
}

/** Reads a file, hashes and compresses it. */
export function loadFile(file: PageFile): Loaded {
  const bytes = Uint8Array.from(readFileSync(file.file));
  return {
    etag: new Bun.CryptoHasher("sha256").update(bytes).digest("base64url").slice(0, 22),
    bodies: {
      identity: bytes,
      gzip: Uint8Array.from(gzipSync(bytes, { level: 9 })),
      zstd: Uint8Array.from(zstdCompressSync(bytes, { level: 19 })),
    },
  };
}
