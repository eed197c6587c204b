/**
 * The headers of everything the canvas serves: an origin of its own for what agents write, so that it can read nothing
 * of the gateway's, and no word to other sites about the address, which holds the capability (threats T17).
 */

/** A host as it may stand in a policy: it was compared with the known ones, this keeps it one token. */
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Where a page is served, for the rules about what it may reach. */
export interface Place {
  /** The `Host` the asker used. */
  host: string;
  /** What stands before `/__openclaw__/` in the address: the capability, or nothing. */
  prefix: string;
}

/** Headers of everything below the canvas. */
export function baseHeaders(): Headers {
  return new Headers({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
  });
}

/** The rules for files that agents write: they may run, but have no origin, and talk to the canvas only. */
export function agentPolicy(place: Place): string {
  const own = sourcesOf(place.host);
  return [
    "sandbox allow-scripts allow-forms allow-popups",
    `default-src ${own} https: data: blob: 'unsafe-inline' 'unsafe-eval'`,
    `connect-src ${reachable(place)} data: blob:`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    framing(place.host),
  ].join("; ");
}

/** The rules for the A2UI page, which is ours: nothing but its own script runs, and it talks to nobody. */
export function surfacePolicy({ host }: Place): string {
  const own = sourcesOf(host);
  return [
    "sandbox allow-scripts allow-popups",
    "default-src 'none'",
    `script-src ${own}`,
    // The renderer sets sizes on elements.
    `style-src ${own} 'unsafe-inline'`,
    `img-src ${own} https: data: blob:`,
    `media-src ${own} https: data: blob:`,
    "base-uri 'none'",
    "form-action 'none'",
    framing(host),
  ].join("; ");
}

/** A page without an origin is not `'self'` to every browser, so the address is named. */
function sourcesOf(host: string): string {
  return HOST.test(host) ? `'self' http://${host} https://${host}` : "'self'";
}

function reachable({ host, prefix }: Place): string {
  if (!HOST.test(host)) return "'none'";
  const path = `${prefix}/__openclaw__/`;
  return ["http", "https", "ws", "wss"].map((scheme) => `${scheme}://${host}${path}`).join(" ");
}

/** Pages of this host may show the canvas: its own ports only. */
function framing(host: string): string {
  const name = HOST.test(host) ? host.replace(/:\d+$/, "") : undefined;
  return name === undefined ? "frame-ancestors 'self'" : `frame-ancestors 'self' http://${name}:* https://${name}:*`;
}
