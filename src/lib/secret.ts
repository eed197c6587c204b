/** Secrets as values that cannot be printed by accident (threats T22). */
import { createHash, timingSafeEqual } from "node:crypto";

/** A token, password or key. `String`, `JSON.stringify` and `console` show `***`; only `reveal` gives the value. */
export class Secret {
  readonly #value: string;
  /** Made when it is first compared, then kept: comparing is what most secrets are for. */
  #digest: Uint8Array | undefined;
  constructor(value: string) {
    this.#value = value;
  }
  /** The value, for the one place that sends or compares it. */
  reveal(): string {
    return this.#value;
  }
  /** Constant-time comparison with a candidate from outside. */
  equals(candidate: string): boolean {
    this.#digest ??= digest(this.#value);
    return timingSafeEqual(this.#digest, digest(candidate));
  }
  toString(): string {
    return "***";
  }
  toJSON(): string {
    return "***";
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}

function digest(value: string): Uint8Array {
  return createHash("sha256").update(value).digest();
}
