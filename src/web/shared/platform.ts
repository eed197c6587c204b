/** The browser's time and randomness, in the shape the rest of the program hands around. */
import type { Clock } from "../../lib/clock.ts";

export const browserClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fn) {
    const id = setTimeout(fn, delayMs);
    return { cancel: () => clearTimeout(id) };
  },
  every(periodMs, fn) {
    const id = setInterval(fn, periodMs);
    return { cancel: () => clearInterval(id) };
  },
};

/** The part of the program's `Ids` a page needs. */
export interface PageIds {
  uuid(): string;
  /** A number in [0, 1) for jitter. */
  fraction(): number;
}

/** `crypto.randomUUID` exists in secure contexts only; `getRandomValues` everywhere. */
export const browserIds: PageIds = {
  uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  },
  fraction: () => Math.random(),
};
