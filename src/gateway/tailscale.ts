/**
 * Asks the Tailscale daemon of this host who stands behind an address. Headers of `tailscale serve` are believed only
 * when the daemon says the same (threats T08, `protocol/handshake.md` section 8).
 */

/** What we need of Tailscale; tests put a stand-in here. */
export interface Tailscale {
  /** The login behind a tailnet address, or undefined when the daemon knows none or does not answer. */
  whois(address: string): Promise<string | undefined>;
  /** This host's own addresses in its tailnet; empty without Tailscale. */
  ownAddresses(): Promise<string[]>;
}

/** How long the daemon may take; it answers from memory. */
const ANSWER_MS = 2_000;

/** Tailscale through its command line program, found on the path. */
export function createTailscaleCli(program = "tailscale"): Tailscale {
  const ask = async (...args: string[]): Promise<Record<string, unknown> | undefined> => {
    if (!Bun.which(program)) return undefined;
    const child = Bun.spawn([program, ...args], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      timeout: ANSWER_MS,
    });
    const text = await new Response(child.stdout).text();
    if ((await child.exited) !== 0) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return undefined; // An older program prints prose here; it cannot vouch for anybody.
    }
  };
  return {
    async whois(address) {
      const answer = await ask("whois", "--json", address);
      const profile = answer?.["UserProfile"];
      const login =
        typeof profile === "object" && profile !== null && "LoginName" in profile ? profile.LoginName : undefined;
      return typeof login === "string" ? login : undefined;
    },
    async ownAddresses() {
      const answer = await ask("status", "--json", "--peers=false");
      const self = answer?.["Self"];
      const addresses = typeof self === "object" && self !== null && "TailscaleIPs" in self ? self.TailscaleIPs : [];
      return Array.isArray(addresses) ? addresses.filter((address) => typeof address === "string") : [];
    },
  };
}
