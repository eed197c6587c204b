/**
 * The gateway's own secret and its alternatives (`protocol/handshake.md` section 9). Says whether a caller holds it and
 * in which words it is refused; device tokens are the handshake's affair.
 */
import type { Static } from "@sinclair/typebox";
import type { ConnectAuth } from "#schemas/connect.ts";
import type { ProtocolVersion } from "#schemas/method.ts";
import { canonicalIp, isLoopback } from "../lib/ip.ts";
import type { Secret } from "../lib/secret.ts";
import type { Peer } from "./peer.ts";
import type { Tailscale } from "./tailscale.ts";

export type AuthMode = "token" | "password" | "none" | "trusted-proxy" | "tailscale";

/** How callers prove themselves here. */
export interface AuthPolicy {
  mode: AuthMode;
  token: Secret | undefined;
  password: Secret | undefined;
  /** Accept the identity of `tailscale serve`, verified with the daemon. */
  allowTailscale: boolean;
  trustedProxy: {
    userHeader: string;
    requiredHeaders: readonly string[];
    allowUsers: readonly string[];
    allowLoopback: boolean;
  };
}

/** Why a caller was refused, as `details.authReason` says it. */
export type AuthReason =
  | "token_missing"
  | "token_mismatch"
  | "token_missing_config"
  | "password_missing"
  | "password_mismatch"
  | "password_missing_config"
  | "device_token_mismatch"
  | "scope_mismatch"
  | "bootstrap_token_invalid"
  | "rate_limited"
  | "tailscale_user_missing"
  | "tailscale_whois_failed"
  | "tailscale_user_mismatch"
  | "trusted_proxy_missing_header"
  | "trusted_proxy_untrusted"
  | "trusted_proxy_user_not_allowed"
  | "unauthorized";

/** The verdict. `method` says what convinced us; `user` is an identity a proxy or Tailscale vouches for. */
export type AuthVerdict =
  | { ok: true; method: AuthMode; user?: string }
  | { ok: false; reason: AuthReason; isGuess: boolean };

/** Judges the shared secret, the proxy or the tailnet identity of one connect. `isGuess`: a wrong value was offered. */
export async function authenticate(
  policy: AuthPolicy,
  offered: Static<typeof ConnectAuth> | undefined,
  peer: Peer,
  given: { version: ProtocolVersion; tailscale: Tailscale },
): Promise<AuthVerdict> {
  if (policy.mode === "none") return { ok: true, method: "none" };
  if (policy.mode === "trusted-proxy") return byProxy(policy, offered, peer);
  if ((policy.mode === "tailscale" || policy.allowTailscale) && !offered?.token && !offered?.password) {
    const verdict = await byTailscale(peer, given.tailscale);
    if (verdict.ok || policy.mode === "tailscale") return verdict;
  }
  const isPassword = policy.mode === "password";
  const own = isPassword ? offered?.password : offered?.token;
  const other = isPassword ? offered?.token : offered?.password;
  return bySecret(
    isPassword ? "password" : "token",
    isPassword ? policy.password : policy.token,
    given.version === 4 ? own || other : own,
  );
}

function bySecret(kind: "token" | "password", secret: Secret | undefined, candidate: string | undefined): AuthVerdict {
  if (!secret) return { ok: false, reason: `${kind}_missing_config`, isGuess: false };
  if (!candidate) return { ok: false, reason: `${kind}_missing`, isGuess: false };
  return secret.equals(candidate)
    ? { ok: true, method: kind }
    : { ok: false, reason: `${kind}_mismatch`, isGuess: true };
}

/** The proxy in front authenticated the user; its word counts only from an address the owner listed. */
function byProxy(policy: AuthPolicy, offered: Static<typeof ConnectAuth> | undefined, peer: Peer): AuthVerdict {
  const { userHeader, requiredHeaders, allowUsers, allowLoopback } = policy.trustedProxy;
  if (peer.isLocal && policy.password && offered?.password)
    return bySecret("password", policy.password, offered.password);
  if (!peer.isTrustedProxy || (isLoopback(peer.address) && !allowLoopback)) return refuse("trusted_proxy_untrusted");
  if (requiredHeaders.some((name) => !peer.headers.get(name))) return refuse("trusted_proxy_missing_header");
  const user = peer.headers.get(userHeader)?.trim();
  if (!user || user.includes(",")) return refuse("trusted_proxy_missing_header"); // A comma: the header came twice.
  if (!allowUsers.includes(user)) return refuse("trusted_proxy_user_not_allowed");
  return { ok: true, method: "trusted-proxy", user };
}

/** `tailscale serve` on this host forwards; the daemon must name the same login as the header. */
async function byTailscale(peer: Peer, tailscale: Tailscale): Promise<AuthVerdict> {
  const login = peer.headers.get("tailscale-user-login")?.trim();
  const forwarded = peer.headers.get("x-forwarded-for")?.trim();
  if (!isLoopback(peer.address) || !login || !forwarded || forwarded.includes(","))
    return refuse("tailscale_user_missing");
  const known = await tailscale.whois(canonicalIp(forwarded));
  if (!known) return refuse("tailscale_whois_failed");
  if (known.toLowerCase() !== login.toLowerCase()) return refuse("tailscale_user_mismatch");
  return { ok: true, method: "tailscale", user: known };
}

function refuse(reason: AuthReason): AuthVerdict {
  return { ok: false, reason, isGuess: false };
}

/** The texts, codes and next steps that clients of v4 branch on. */
const refusals: Record<AuthReason, [text: string, code: string, next: string]> = {
  token_missing: [
    "gateway token missing (provide gateway auth token)",
    "AUTH_TOKEN_MISSING",
    "update_auth_configuration",
  ],
  token_mismatch: [
    "gateway token mismatch (provide gateway auth token)",
    "AUTH_TOKEN_MISMATCH",
    "update_auth_credentials",
  ],
  token_missing_config: [
    "gateway token not configured on gateway (set gateway.auth.token)",
    "AUTH_TOKEN_NOT_CONFIGURED",
    "update_auth_configuration",
  ],
  password_missing: [
    "gateway password missing (provide gateway auth password)",
    "AUTH_PASSWORD_MISSING",
    "update_auth_configuration",
  ],
  password_mismatch: [
    "gateway password mismatch (provide gateway auth password)",
    "AUTH_PASSWORD_MISMATCH",
    "update_auth_credentials",
  ],
  password_missing_config: [
    "gateway password not configured on gateway (set gateway.auth.password)",
    "AUTH_PASSWORD_NOT_CONFIGURED",
    "update_auth_configuration",
  ],
  device_token_mismatch: [
    "device token mismatch (rotate or pair again)",
    "AUTH_DEVICE_TOKEN_MISMATCH",
    "update_auth_credentials",
  ],
  scope_mismatch: [
    "device token scope mismatch (ask for approval of the new scopes)",
    "AUTH_SCOPE_MISMATCH",
    "review_auth_configuration",
  ],
  bootstrap_token_invalid: [
    "bootstrap token invalid or expired (ask for a new invite)",
    "AUTH_BOOTSTRAP_TOKEN_INVALID",
    "review_auth_configuration",
  ],
  rate_limited: ["too many failed authentication attempts (retry later)", "AUTH_RATE_LIMITED", "wait_then_retry"],
  tailscale_user_missing: [
    "tailscale identity missing (use Tailscale Serve)",
    "AUTH_TAILSCALE_IDENTITY_MISSING",
    "review_auth_configuration",
  ],
  tailscale_whois_failed: [
    "tailscale identity check failed (use Tailscale Serve)",
    "AUTH_TAILSCALE_WHOIS_FAILED",
    "review_auth_configuration",
  ],
  tailscale_user_mismatch: [
    "tailscale identity mismatch (use Tailscale Serve)",
    "AUTH_TAILSCALE_IDENTITY_MISMATCH",
    "review_auth_configuration",
  ],
  trusted_proxy_missing_header: [
    "identity header required (connect through the proxy)",
    "AUTH_IDENTITY_HEADER_REQUIRED",
    "review_auth_configuration",
  ],
  trusted_proxy_untrusted: ["connect through the trusted proxy", "AUTH_UNAUTHORIZED", "review_auth_configuration"],
  trusted_proxy_user_not_allowed: ["this user is not allowed", "AUTH_UNAUTHORIZED", "review_auth_configuration"],
  unauthorized: ["", "AUTH_UNAUTHORIZED", "review_auth_configuration"],
};

/** How a refusal reads on the wire. `canRetryWithDeviceToken`: a proven device sent a wrong value as shared token. */
export function describeRefusal(
  reason: AuthReason,
  canRetryWithDeviceToken: boolean,
): { message: string; details: object } {
  const [text, code, next] = refusals[reason];
  return {
    message: text ? `unauthorized: ${text}` : "unauthorized",
    details: {
      code,
      authReason: reason,
      canRetryWithDeviceToken,
      recommendedNextStep: canRetryWithDeviceToken ? "retry_with_device_token" : next,
    },
  };
}
