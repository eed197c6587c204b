/** Addresses in one spelling, and the few questions asked about them. */
import { BlockList, isIP, isIPv6 } from "node:net";

/** The canonical spelling: no zone, no brackets, IPv4 where an IPv6 address only wraps one. */
export function canonicalIp(address: string): string {
  const bare = address
    .trim()
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "")
    .toLowerCase();
  const mapped = /^(?:::ffff:|0:0:0:0:0:ffff:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (mapped?.[1]) return mapped[1];
  return isIPv6(bare) ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare;
}

/** Whether the address is of this very host's loopback interface. */
export function isLoopback(address: string): boolean {
  const ip = canonicalIp(address);
  return ip === "::1" || (ip.startsWith("127.") && isIP(ip) === 4);
}

/** A set of addresses and CIDR ranges. Entries that are neither are ignored here; config validation names them. */
export function createIpSet(entries: readonly string[]): { has(address: string): boolean } {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const ip = canonicalIp(address);
    if (!isIP(ip)) continue;
    const family = isIPv6(ip) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(ip, family);
    else list.addSubnet(ip, Number(bits), family);
  }
  return {
    has(address) {
      const ip = canonicalIp(address);
      return isIP(ip) !== 0 && list.check(ip, isIPv6(ip) ? "ipv6" : "ipv4");
    },
  };
}

/** The key under which failures of a caller are counted: an IPv6 host owns its whole /64 (threats T03). */
export function rateKeyOf(address: string): string {
  const ip = canonicalIp(address);
  if (!isIPv6(ip)) return ip;
  const [head = "", tail = ""] = ip.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const groups = ip.includes("::") ? [...left, ...Array(8 - left.length - right.length).fill("0"), ...right] : left;
  return `${groups.slice(0, 4).join(":")}::/64`;
}
