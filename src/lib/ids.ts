/** Randomness as a value that is handed in. */

/** The only source of ids, tokens and jitter for everything below `app.ts`. */
export interface Ids {
  /** A random uuid (version 4). */
  uuid(): string;
  /** `bytes` random bytes as base64url without padding; 32 bytes make a 256 bit secret. */
  token(bytes: number): string;
  /** A number in [0, 1) for jitter; not for secrets. */
  fraction(): number;
}

/** The operating system's randomness. */
export const systemIds: Ids = {
  uuid: () => crypto.randomUUID(),
  token: (bytes) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url"),
  fraction: () => Math.random(),
};
