/** What the commands that capture have in common. */
import type { Clock } from "../../../lib/clock.ts";
import type { Fields } from "../../shared/wire.ts";
import { refuse } from "../failure.ts";
import type { Work } from "../invocations.ts";
import type { Lends } from "../lends.ts";
import { numberIn } from "../params.ts";

export interface CaptureNeeds {
  lends: Lends;
  clock: Clock;
  /** Longest base64 that the gateway takes in one answer. */
  maxChars(): number;
}

/** Longest recording (`protocol/nodes.md` section 6). */
const MAX_MS = 60_000;
/** What a recording takes besides its length: opening the device, encoding, sending. */
const OVERHEAD_MS = 1_000;

/** The length of a recording; refused when the command has not that much time. */
export function durationIn(params: Fields, otherwise: number, work: Work): number {
  const durationMs = numberIn(params, "durationMs", { min: 200, max: MAX_MS, otherwise });
  if (durationMs + OVERHEAD_MS <= work.leftMs()) return durationMs;
  const leftMs = Math.max(0, Math.floor(work.leftMs()));
  return refuse(
    "INVALID_REQUEST",
    `${durationMs} ms cannot be recorded in the ${leftMs} ms left: give the command more time`,
  );
}

/** A page that nobody sees gets no pictures from the camera, and its clocks are held back. */
export function requireForeground(): void {
  if (document.visibilityState === "hidden")
    refuse("NODE_BACKGROUND_UNAVAILABLE", "the page has to be in front on the device");
}
