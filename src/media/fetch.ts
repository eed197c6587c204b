/**
 * The one way in which this program fetches an address that somebody else chose (threats T20, T21): the name is resolved
 * once, every address it has is judged, and the connection goes to an address that was judged. Each redirect is a new
 * request with all of it again. No credentials are ever sent.
 */
import { lookup as resolveName } from "node:dns/promises";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { BlockList, isIP } from "node:net";
import type { Clock } from "../lib/clock.ts";
import { GatewayError } from "../lib/errors.ts";
import { canonicalIp } from "../lib/ip.ts";
import { within } from "../lib/within.ts";

/** Hops of one fetch. */
const MAX_REDIRECTS = 5;
/** Longest address. */
const MAX_URL_CHARS = 8192;
/** How long all of it may take: 50 MB on a slow line. */
const FETCH_MS = 100_000;

/** A file that was fetched. */
export interface Fetched {
  bytes: Uint8Array;
  mimeType: string | undefined;
  fileName: string;
}

export interface FetchOptions {
  clock: Clock;
  maxBytes: number;
  signal: AbortSignal;
  /** All addresses of a name. Default: the system's resolver. */
  resolve?: (host: string) => Promise<string[]>;
  /** Addresses that may be connected to; another set in tests. */
  isAllowed?: (address: string) => boolean;
}

/** One text for every cause, so that nobody learns from it what is inside (threats T20). */
function refuse(): never {
  throw new GatewayError("INVALID_REQUEST", "url not allowed");
}

/** Fetches a file from the public internet. Throws `INVALID_REQUEST`: `url not allowed`, or what else prevents it. */
export async function fetchSafely(address: string, options: FetchOptions): Promise<Fetched> {
  const { clock, signal } = options;
  try {
    return await within({ clock, ms: FETCH_MS, signals: [signal] }, (limit) => follow(address, options, limit));
  } catch (error) {
    if (error instanceof GatewayError || signal.aborted) throw error;
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    const problem = isLate ? "the address took too long" : "the address cannot be reached";
    throw new GatewayError("INVALID_REQUEST", problem, { cause: error });
  }
}

async function follow(address: string, options: FetchOptions, limit: AbortSignal): Promise<Fetched> {
  let url = parseUrl(address);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(url, options, limit);
    const { statusCode = 0, headers } = response;
    const { location } = headers;
    if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
      response.destroy();
      url = parseUrl(URL.parse(location, url)?.href ?? "");
      continue;
    }
    if (statusCode !== 200) {
      response.destroy();
      throw new GatewayError("INVALID_REQUEST", `the address answers with status ${statusCode}`);
    }
    const mimeType = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    return { bytes: await readAtMost(response, options.maxBytes), mimeType, fileName: nameOf(url) };
  }
  return refuse();
}

function parseUrl(address: string): URL {
  const url = address.length > MAX_URL_CHARS ? null : URL.parse(address);
  const isPlain = url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  return isPlain ? url : refuse();
}

async function request(url: URL, options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { resolve = resolveAll, isAllowed = isPublic } = options;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = (isIP(host) ? [host] : await resolve(host).catch(refuse)).map(canonicalIp);
  const [chosen] = addresses;
  // Of several addresses the inner one must not be hidden among public ones.
  if (chosen === undefined || !addresses.every(isAllowed)) return refuse();
  const family = isIP(chosen);
  const { promise, resolve: done, reject } = Promise.withResolvers<IncomingMessage>();
  const { get } = url.protocol === "https:" ? https : http;
  const asked = get(
    url,
    {
      agent: false,
      signal,
      headers: { accept: "*/*", "user-agent": "moltbot" },
      // The connection asks for an address again; it gets the one that was judged.
      lookup: (_host, { all }, callback) => {
        if (all) callback(null, [{ address: chosen, family }]);
        else callback(null, chosen, family);
      },
    },
    done,
  );
  asked.on("error", (error) =>
    reject(new GatewayError("INVALID_REQUEST", "the address cannot be reached", { cause: error })),
  );
  return promise;
}

async function readAtMost(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      response.destroy();
      throw new GatewayError("INVALID_REQUEST", "media too large");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function resolveAll(host: string): Promise<string[]> {
  return (await resolveName(host, { all: true })).map(({ address }) => address);
}

/** Everything that is not the public internet: IANA's special-purpose registries for IPv4 and IPv6. */
const inner = new BlockList();
for (const range of [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]) {
  const [net = "", bits] = range.split("/");
  inner.addSubnet(net, Number(bits), "ipv4");
}
/** Of IPv6 only what is given out to the public, without the parts that wrap IPv4 or are for documents. */
const publicV6 = new BlockList();
publicV6.addSubnet("2000::", 3, "ipv6");
const innerV6 = new BlockList();
for (const [net, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  innerV6.addSubnet(net, bits, "ipv6");

/** Whether an address belongs to the public internet. */
export function isPublic(address: string): boolean {
  const ip = canonicalIp(address);
  if (isIP(ip) === 4) return !inner.check(ip, "ipv4");
  return isIP(ip) === 6 && publicV6.check(ip, "ipv6") && !innerV6.check(ip, "ipv6");
}

function nameOf(url: URL): string {
  const written = url.pathname.split("/").at(-1) ?? "";
  let last = written;
  try {
    last = decodeURIComponent(written);
  } catch {
    // It only looks encoded; then it is the name as it stands.
  }
  return last.replaceAll(/[^\p{L}\p{N}._ -]+/gu, "_").slice(-120) || "file";
}
