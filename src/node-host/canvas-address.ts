/** Where on the gateway's canvas a page is that somebody means. Pure. */
import { invalid } from "./failure.ts";

const CANVAS = "/__openclaw__/canvas/";
const A2UI = "/__openclaw__/a2ui/";
const CAPABILITY = /^\/__openclaw__\/cap\/[^/]+(?=\/__openclaw__\/)/;

/** The address of the page with A2UI forms. `base` is the canvas as the gateway opens it to this node. */
export const surfacesAt = (base: string): string => new URL(base).href.replace(/\/$/, "") + A2UI;

/**
 * The address of the page that is meant: a path on the canvas, or a whole address of it. Throws `INVALID_REQUEST` for
 * every other site: a browser on this host could reach what only this host may (threats T20).
 */
export function pageAt(meant: string, base: string): string {
  const { origin, pathname } = new URL(base);
  const capability = pathname.replace(/\/$/, "");
  const text = meant.trim();
  const isWhole = /^[a-z][a-z0-9+.-]*:|^[/\\]{2}/i.test(text);
  if (!URL.canParse(text, origin + CANVAS)) return refuse();
  const url = new URL(text, origin + CANVAS);
  if (url.origin !== origin) return refuse();
  const path = url.pathname.replace(CAPABILITY, "");
  const isOfCanvas = path.startsWith(CANVAS) || path.startsWith(A2UI);
  if (isOfCanvas) return origin + capability + path + url.search;
  if (isWhole || path.startsWith("/__openclaw__/")) return refuse();
  return origin + capability + CANVAS + path.slice(1) + url.search;
}

/** Whether a page that is shown is one of the canvas, and of which kind. */
export function kindOf(shown: string, base: string): "canvas" | "a2ui" | undefined {
  if (!URL.canParse(shown)) return undefined;
  const { origin, pathname } = new URL(shown);
  if (origin !== new URL(base).origin) return undefined;
  const path = pathname.replace(CAPABILITY, "");
  if (path.startsWith(A2UI)) return "a2ui";
  return path.startsWith(CANVAS) ? "canvas" : undefined;
}

function refuse(): never {
  return invalid("this node shows pages of its gateway's canvas only");
}
