/** What the pages of the canvas take from the browser. */

/** A random id; also where the page is no secure context and has no `randomUUID`. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The time in ISO 8601. */
export function timestamp(): string {
  return new Date().toISOString();
}

/** Runs `fn` once, later. */
export function later(delayMs: number, fn: () => void): void {
  setTimeout(fn, delayMs);
}
