/** Which addresses a surface may show or open: `https:`, images as data, and what lies on the canvas itself. */
import type { Check } from "./checks.ts";
import { quote } from "./problem.ts";

/** Longest address; longer ones are data that belongs in a file. */
const MAX_URL_CHARS = 65_536;
const SCHEME = /^\s*([a-z][a-z0-9+.-]*):/i;

/** Whether an address may be loaded for a picture, a video or a sound. Relative ones stay on the canvas host. */
export function isShowable(address: string): boolean {
  if (address.length > MAX_URL_CHARS) return false;
  if (hasControls(address) || address.includes("\\") || address.trimStart().startsWith("//")) return false;
  const scheme = SCHEME.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return true;
  return scheme === "https" || (scheme === "data" && /^\s*data:(image|audio|video)\//i.test(address));
}

/** Whether a tap may open an address in a window of its own. */
export function isOpenable(address: string): boolean {
  return address.length <= MAX_URL_CHARS && !hasControls(address) && /^\s*https?:\/\//i.test(address);
}

/** The check of a literal address. */
export const showable: Check = (value, at) =>
  typeof value === "string" && isShowable(value)
    ? value
    : at.fail(`must be an https: or data:image address, or a path on the canvas, not ${quote(value)}`);

/** Browsers drop line ends and tabs from an address, so `java\nscript:` is a scheme too. */
function hasControls(address: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(address.trim());
}
