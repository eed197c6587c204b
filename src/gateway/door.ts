/** The gateway's rules for parts that judge their own requests: known hosts, allowed origins, and the secret as a header. */
import type { AdmissionPolicy } from "./handshake.ts";
import type { PeerJudge } from "./peer.ts";
import type { RateLimiter } from "./rate-limit.ts";

/** Longest secret that is compared. */
const MAX_SECRET_CHARS = 4096;

/** The rules, asked one by one. */
export interface Door {
  knowsHost(address: string, headers: Headers): boolean;
  allowsOrigin(address: string, headers: Headers): boolean;
  holdsSecret(address: string, headers: Headers): boolean;
}

/** Opens the rules for asking; they are the current ones at every question. */
export function createDoor(needs: {
  judge: () => PeerJudge;
  policy: () => AdmissionPolicy;
  limiter: RateLimiter;
}): Door {
  const { judge, policy, limiter } = needs;
  const peerOf = (address: string, headers: Headers) => {
    const bare = new Headers(headers);
    bare.delete("origin");
    return judge().judge(address, bare);
  };
  return {
    knowsHost: (address, headers) => !("status" in peerOf(address, headers)),
    allowsOrigin: (address, headers) => !("status" in judge().judge(address, headers)),
    holdsSecret(address, headers) {
      const [, offered] = /^Bearer (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
      const peer = peerOf(address, headers);
      if (offered === undefined || offered.length > MAX_SECRET_CHARS || "status" in peer) return false;
      const { mode, token, password } = policy().auth;
      const secret = mode === "token" ? token : mode === "password" ? password : undefined;
      // Locked callers are refused before their secret is looked at; without a secret nobody holds it (rule R4).
      if (secret === undefined || limiter.retryAfterMs(peer.clientIp, "shared-secret") > 0) return false;
      if (secret.equals(offered)) {
        limiter.succeed(peer.clientIp, "shared-secret");
        return true;
      }
      limiter.fail(peer.clientIp, "shared-secret");
      return false;
    },
  };
}
