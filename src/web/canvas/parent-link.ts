/**
 * Answers the page around this frame: values of script, pictures of the page, and whatever else the page offers. Only
 * the parent is heard, known by its window, because a page without an origin cannot tell origins apart.
 */
import { tellStatus } from "./action-bridge.ts";
import { takeSnapshot } from "./snapshot.ts";

/** What the parent may ask, by the key of the question. */
export type Offers = Readonly<Record<string, (value: unknown) => unknown>>;

/** Longest answer; pictures are the largest. */
const MAX_ANSWER_CHARS = 24 * 1024 * 1024;

/** Listens to the parent and says that the page is there. `page` tells which kind it is. */
export function linkParent(page: "canvas" | "a2ui", offers: Offers): void {
  if (window.parent === window) return;
  const post = (message: object) => window.parent.postMessage(message, "*");
  addEventListener("message", ({ source, data }: MessageEvent) => {
    if (source !== window.parent || typeof data !== "object" || data === null) return;
    if ("actionStatus" in data) return tellStatus(data.actionStatus ?? {});
    if (!("id" in data)) return;
    const key = Object.keys(offers).find((name) => name in data);
    const offer = key === undefined ? undefined : offers[key];
    if (key === undefined || offer === undefined) return;
    void answer(() => offer(data[key])).then((outcome) =>
      post({ type: "openclaw:canvas-answer", id: data.id, ...outcome }),
    );
  });
  post({ type: "openclaw:canvas-ready", page });
}

async function answer(work: () => unknown): Promise<object> {
  try {
    const result = await work();
    if (JSON.stringify(result ?? null).length > MAX_ANSWER_CHARS)
      return { ok: false, error: "the answer is too large" };
    return { ok: true, result };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? `${error.name}: ${error.message}` : `${error}` };
  }
}

/** Takes a picture of this page. */
export function offerSnapshot(value: unknown): Promise<unknown> {
  const { format, maxWidth, quality } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  return takeSnapshot({
    format: format === "png" ? "png" : "jpeg",
    ...(typeof maxWidth === "number" && maxWidth > 0 ? { maxWidth } : {}),
    ...(typeof quality === "number" ? { quality: Math.min(Math.max(quality, 0), 1) } : {}),
  });
}

/** Runs script of the agent in its own page and gives the value as text: objects as JSON, nothing as nothing. */
export async function offerEval(value: unknown): Promise<string> {
  // Indirectly, so that it runs as script of the page does.
  // biome-ignore lint/security/noGlobalEval: this is the command; the page has no origin and holds nothing.
  const run = globalThis.eval;
  const found: unknown = await run(`${value}`);
  if (found === undefined) return "";
  if (typeof found === "string") return found;
  return typeof found === "object" && found !== null ? (JSON.stringify(found) ?? "") : String(found);
}
