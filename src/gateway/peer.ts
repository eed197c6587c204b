/**
 * Who is on the other end of a request, before anything it says is believed: address, locality, Host and Origin
 * (design D7, `protocol/handshake.md` section 8, threats T01, T07, T08). Pure, apart from what it is given.
 */
import { isIP } from "node:net";
import { canonicalIp, createIpSet, isLoopback } from "../lib/ip.ts";

/** Any of these removes locality: somebody forwards for somebody else. */
const FORWARDING = /^(forwarded|x-forwarded-.*|x-real-ip|cf-connecting-ip|true-client-ip|tailscale-.*|via)$/;
/** Longest `X-Forwarded-For` that is read; honest chains have a few entries. */
const MAX_FORWARDED_CHARS = 1024;

/** What this host is, and whom its owner trusts. */
export interface PeerPolicy {
  /** Addresses and ranges of reverse proxies. */
  trustedProxies: readonly string[];
  /** Read `X-Real-IP` when a trusted proxy sends no `X-Forwarded-For`. */
  allowRealIpFallback: boolean;
  /** Origins of pages that may connect, besides our own. Exact. */
  allowedOrigins: readonly string[];
  /** Names under which this gateway is reached, besides its addresses, `localhost` and its host name. */
  allowedHosts: readonly string[];
  hostName: string;
  /** This host's own addresses in its tailnet; a peer with one of them is this host. */
  ownTailnetAddresses: readonly string[];
}

/** The verdict on one request. */
export interface Peer {
  /** Address of the socket's other end. */
  address: string;
  /** Address of the client: behind a trusted proxy the one the proxy vouches for. */
  clientIp: string;
  isTrustedProxy: boolean;
  /** Same host, nobody in between, no foreign page (design D7). Holding the secret is a separate question. */
  isLocal: boolean;
  origin: string | undefined;
  headers: Headers;
}

/** Creates the judge of requests for one policy. */
export function createPeerJudge(policy: PeerPolicy) {
  const proxies = createIpSet(policy.trustedProxies);
  const tailnet = createIpSet(policy.ownTailnetAddresses);
  const origins = new Set(policy.allowedOrigins.map((origin) => origin.toLowerCase()));
  const names = new Set(
    [
      "localhost",
      policy.hostName,
      `${policy.hostName}.local`,
      ...policy.allowedHosts,
      ...hostsOf(policy.allowedOrigins),
    ].map((name) => name.toLowerCase()),
  );

  /** Whether `Host` names this gateway. An address cannot be re-bound by DNS, so any address will do. */
  const isKnownHost = (host: string): boolean => {
    const name = hostNameOf(host);
    return name !== undefined && (isIP(name) !== 0 || names.has(name));
  };

  /**
   * Whether a page of that origin may connect: our own page, or one the owner listed. Compared whole. Both schemes
   * count as ours, because a proxy that ends TLS serves our page under https while we speak http.
   */
  const isAllowedOrigin = (origin: string, host: string): boolean => {
    const wanted = origin.toLowerCase();
    const own = host.toLowerCase();
    return wanted === `http://${own}` || wanted === `https://${own}` || origins.has(wanted);
  };

  return {
    /** The peer behind a request, or the HTTP status that refuses it: 403 for Host and Origin. */
    judge(address: string, headers: Headers): Peer | { status: 403 } {
      const host = headers.get("host") ?? "";
      if (!isKnownHost(host)) return { status: 403 };
      const origin = headers.get("origin") ?? undefined;
      if (origin !== undefined && !isAllowedOrigin(origin, host)) return { status: 403 };
      const isTrustedProxy = proxies.has(address);
      // As one object: walking the headers one by one costs as much as verifying a signature.
      const isForwarded = Object.keys(headers.toJSON()).some((name) => FORWARDING.test(name));
      return {
        address: canonicalIp(address),
        clientIp: isTrustedProxy ? forwardedIp(headers, address) : canonicalIp(address),
        isTrustedProxy,
        isLocal: (isLoopback(address) || tailnet.has(address)) && !isForwarded && !isTrustedProxy,
        origin,
        headers,
      };
    },
  };

  /** Walks the chain from the right, past proxies the owner trusts; what lies further left anybody could write. */
  function forwardedIp(headers: Headers, address: string): string {
    const chain = (headers.get("x-forwarded-for") ?? "").slice(0, MAX_FORWARDED_CHARS).split(",");
    for (const entry of chain.reverse()) {
      const ip = canonicalIp(entry);
      if (!isIP(ip)) break;
      if (!proxies.has(ip)) return ip;
    }
    const real = canonicalIp(headers.get("x-real-ip") ?? "");
    return policy.allowRealIpFallback && isIP(real) ? real : canonicalIp(address);
  }
}

export type PeerJudge = ReturnType<typeof createPeerJudge>;

function hostNameOf(host: string): string | undefined {
  try {
    const url = new URL(`http://${host}`);
    return url.username || url.pathname !== "/" ? undefined : url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  } catch {
    return undefined; // Not a host at all, which is one we do not know.
  }
}

function hostsOf(origins: readonly string[]): string[] {
  return origins.flatMap((origin) => (URL.canParse(origin) ? [new URL(origin).hostname] : []));
}
