/**
 * Lets networks deliver over the gateway's HTTP port. Headers are judged before a byte of the body is read, the body is
 * read within limits, and what comes out is what the account says after it has stored the event (threats T15, T36).
 */
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { within } from "../lib/within.ts";
import type { Account, Webhook } from "./contract.ts";

/** How long a network may take to send a body; they are small and networks are fast. */
const BODY_MS = 10_000;
/** How long an account may take to store what came; the network comes again. */
const TAKE_MS = 15_000;

/** Where a network delivers, and to whom. */
export interface Delivery {
  webhook: Webhook;
  /** Undefined while the account is not there. */
  account: Account | undefined;
}

/** The route; `find` gives the delivery of a path. */
export function createWebhookRoute(needs: { find: (path: string) => Delivery | undefined; clock: Clock; log: Log }) {
  return (request: Request, url: URL): Promise<Response> | Response | undefined => {
    const delivery = needs.find(url.pathname);
    if (!delivery) return undefined;
    if (request.method !== "POST") return refusal(405, { allow: "POST" });
    const headers = Object.fromEntries(request.headers);
    if (!delivery.webhook.isWelcome(headers)) return refusal(401);
    if (Number(headers["content-length"] ?? 0) > delivery.webhook.maxBytes) return refusal(413);
    return take(request, headers, delivery, needs);
  };
}

async function take(
  request: Request,
  headers: Record<string, string>,
  { webhook, account }: Delivery,
  { clock, log }: { clock: Clock; log: Log },
): Promise<Response> {
  // Not there yet, or not any more: the network comes again.
  if (!account?.webhook) return refusal(503, { "retry-after": "5" });
  let body: Uint8Array | undefined;
  try {
    body = await within({ clock, ms: BODY_MS, signals: [] }, () => readAtMost(request, webhook.maxBytes));
  } catch {
    return refusal(408); // Too slow, or gone; there is nobody to tell more.
  }
  if (!body) return refusal(413);
  try {
    const delivered = { headers, body };
    const answer = await within({ clock, ms: TAKE_MS, signals: [] }, async () => account.webhook?.(delivered));
    if (!answer) return refusal(503);
    const type = answer.contentType ?? "text/plain";
    return new Response(answer.body ?? null, { status: answer.status, headers: { "content-type": type } });
  } catch (error) {
    log.warn("a delivery was not taken", { error: messageOf(error) });
    return refusal(503);
  }
}

/** An answer that ends the connection: what is left of the body is not read. */
function refusal(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { connection: "close", ...headers } });
}

async function readAtMost(request: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
