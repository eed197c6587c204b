/** Who is let in: the rules of the handshake, from command line, environment, configuration and state folder. */
import type { ConfigFile } from "../config/config.ts";
import type { Ids } from "../lib/ids.ts";
import { isLoopback } from "../lib/ip.ts";
import { Secret } from "../lib/secret.ts";
import type { AuthMode, AuthPolicy } from "./auth.ts";
import type { AdmissionPolicy } from "./handshake.ts";
import { ensureToken, secretFromEnv } from "./secrets.ts";

/** Shortest secret that may guard more than this host (threats T03). */
const MIN_SECRET_CHARS = 16;

/** What the command line says about secrets. */
export interface AuthOverrides {
  token?: string | undefined;
  password?: string | undefined;
  authMode?: AuthMode | undefined;
}

/** The current rules. */
export class Admission {
  readonly #config: ConfigFile;
  readonly #env: Record<string, string | undefined>;
  readonly #overrides: AuthOverrides;
  readonly #stateDir: string;
  readonly #ids: Ids;
  #policy: AdmissionPolicy;
  constructor(needs: {
    config: ConfigFile;
    env: Record<string, string | undefined>;
    overrides: AuthOverrides;
    stateDir: string;
    ids: Ids;
  }) {
    this.#config = needs.config;
    this.#env = needs.env;
    this.#overrides = needs.overrides;
    this.#stateDir = needs.stateDir;
    this.#ids = needs.ids;
    this.#policy = this.#read();
  }

  get policy(): AdmissionPolicy {
    return this.#policy;
  }

  /** Reads the configuration again, after it changed. */
  reload(): void {
    this.#policy = this.#read();
  }

  /** What is wrong with these rules for that address, in words that say what to do; undefined when nothing is. */
  problemOn(address: string): string | undefined {
    const { mode, token, password } = this.#policy.auth;
    if (isLoopback(address)) return undefined;
    if (mode === "none") return "gateway.auth.mode none lets anybody in: bind to loopback, or set a token";
    const secret = mode === "password" ? password : mode === "token" ? token : undefined;
    if ((mode === "password" || mode === "token") && (secret?.reveal().length ?? 0) < MIN_SECRET_CHARS) {
      return `the gateway ${mode} must have at least ${MIN_SECRET_CHARS} characters off loopback: set a longer gateway.auth.${mode}, or remove it to have one made`;
    }
    return undefined;
  }

  #read(): AdmissionPolicy {
    const { auth: section = {}, pairing, controlUi } = this.#config.snapshot.gateway ?? {};
    const given = {
      token: this.#overrides.token ?? secretFromEnv(this.#env, "TOKEN") ?? section.token,
      password: this.#overrides.password ?? secretFromEnv(this.#env, "PASSWORD") ?? section.password,
    };
    const mode = this.#overrides.authMode ?? section.mode ?? (given.password && !given.token ? "password" : "token");
    const token = given.token
      ? new Secret(given.token)
      : mode === "token"
        ? ensureToken(this.#stateDir, this.#ids)
        : undefined;
    const proxy = section.trustedProxy;
    const auth: AuthPolicy = {
      mode,
      token,
      password: given.password ? new Secret(given.password) : undefined,
      allowTailscale: section.allowTailscale ?? false,
      trustedProxy: {
        userHeader: proxy?.userHeader ?? "",
        requiredHeaders: proxy?.requiredHeaders ?? [],
        allowUsers: proxy?.allowUsers ?? [],
        allowLoopback: proxy?.allowLoopback ?? false,
      },
    };
    return {
      auth,
      autoApproveLocal:
        pairing?.autoApproveLocal ?? this.#config.snapshot.gateway?.nodes?.pairing?.autoApproveLocal ?? true,
      allowInsecureControlUi: controlUi?.dangerouslyDisableDeviceAuth ?? controlUi?.allowInsecureAuth ?? false,
    };
  }
}
