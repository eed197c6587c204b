/** A small internet for tests: names that only exist here, and hosts that listen on loopback and keep what they hear. */
import type { FetchOptions } from "../../src/media/fetch.ts";
import { FakeClock } from "../support/clock.ts";

/** The address that counts as public here. Everything else, `127.0.0.1` among it, is inside. */
export const PUBLIC = "127.0.0.2";

/** A host, and every request it ever got. */
export interface Site extends AsyncDisposable {
  port: number;
  heard: { path: string; headers: Record<string, string> }[];
}

/** Listens on an address. */
export function openSite(
  hostname: string,
  answer: (request: Request, url: URL) => Response | Promise<Response> = () => new Response("inside"),
  options: { port?: number; tls?: { cert: string; key: string } } = {},
): Site {
  const heard: Site["heard"] = [];
  const server = Bun.serve({
    hostname,
    port: options.port ?? 0,
    ...(options.tls ? { tls: options.tls } : {}),
    fetch(request) {
      const url = new URL(request.url);
      heard.push({ path: url.pathname, headers: Object.fromEntries(request.headers) });
      return answer(request, url);
    },
  });
  return { port: server.port ?? 0, heard, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** How a test fetches: on a clock that stands still, with every name at {@link PUBLIC} unless it says otherwise. */
export function optionsFor(more: Partial<FetchOptions> = {}): FetchOptions & { clock: FakeClock } {
  return {
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
    resolve: async () => [PUBLIC],
    isAllowed: (address) => address === PUBLIC,
    clock: new FakeClock(),
    ...more,
  } as FetchOptions & { clock: FakeClock };
}
