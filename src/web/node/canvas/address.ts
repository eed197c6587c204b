/** From what an agent calls a page to where it is served. Pure. */
import { refuse } from "../failure.ts";

const CANVAS = "/__openclaw__/canvas/";
const A2UI = "/__openclaw__/a2ui/";
/** A capability, as the gateway hands it out: the secret is part of the path. */
const CAPABILITY = /^\/__openclaw__\/cap\/[A-Za-z0-9_-]{16,128}$/;

/** A page of the canvas. */
export interface CanvasPlace {
  kind: "canvas" | "a2ui";
  /** Path and query below the capability. */
  path: string;
}

/**
 * The page that somebody means: a path on the canvas, or a whole address of this gateway's canvas. Other sites are
 * refused: inside this page they could pass for it, and most refuse it themselves.
 */
export function placeOf(meant: string, origin: string): CanvasPlace {
  const text = meant.trim();
  if (text === "" || text === "/") return { kind: "canvas", path: CANVAS };
  const isWhole = /^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith("//");
  const url = parse(text, isWhole ? origin : `${origin}${CANVAS}`);
  // The gateway may serve the canvas on a second port.
  const isOurs = url !== undefined && /^https?:$/.test(url.protocol) && url.hostname === new URL(origin).hostname;
  if (!isOurs) return refuse("INVALID_REQUEST", "this node shows pages of its gateway's canvas only");
  const path = url.pathname.replace(/^\/__openclaw__\/cap\/[^/]+(?=\/__openclaw__\/)/, "") + url.search;
  if (path.startsWith(A2UI)) return { kind: "a2ui", path };
  if (path.startsWith(CANVAS)) return { kind: "canvas", path };
  if (isWhole || path.startsWith("/__openclaw__/"))
    return refuse("INVALID_REQUEST", "this node shows pages of its gateway's canvas only");
  // A path of a file, from the root of the canvas.
  return { kind: "canvas", path: CANVAS + path.slice(1) };
}

/** Where a place is served: on the origin this page came from, whatever host the gateway named. */
export function addressOf(place: CanvasPlace, capabilityUrl: string, origin: string): string {
  const capability = parse(capabilityUrl, origin)?.pathname.replace(/\/$/, "") ?? "";
  if (!CAPABILITY.test(capability)) return refuse("UNAVAILABLE", "the gateway gave no address of the canvas");
  return origin + capability + place.path;
}

function parse(text: string, base: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
