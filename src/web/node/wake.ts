/** Notices that time went by without us: the device slept, or the browser held the page back. */
import type { Clock, Timer } from "../../lib/clock.ts";

/** How often it is looked. */
const LOOK_MS = 1_000;
/** More than this between two looks is no delay of a busy page. */
const JUMP_MS = 4_000;

/** Calls back after each jump of time, until cancelled. */
export function watchWake(clock: Clock, onWake: () => void): Timer {
  let lastMs = clock.now();
  return clock.every(LOOK_MS, () => {
    const nowMs = clock.now();
    const isJump = nowMs - lastMs > JUMP_MS;
    lastMs = nowMs;
    if (isJump) onWake();
  });
}
