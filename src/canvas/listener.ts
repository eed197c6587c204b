/** The canvas on a port of its own, where its pages share nothing with the gateway's, not even the name of a site. */
import type { ServerWebSocket } from "bun";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { CanvasHost, ReloadSocket } from "./host.ts";

/** A page sends nothing over the reload socket. */
const MAX_MESSAGE_BYTES = 1_024;
/** Requests here have no body. */
const MAX_BODY_BYTES = 16 * 1024;

/** A listening port. */
export interface CanvasListener extends AsyncDisposable {
  readonly port: number;
}

/** Listens; undefined, with a word in the log, when the port cannot be had: the gateway's own port serves the same. */
export function listenCanvas(needs: {
  hostname: string;
  port: number;
  tls: { cert: string; key: string } | undefined;
  host: CanvasHost;
  log: Log;
}): CanvasListener | undefined {
  const { hostname, port, tls, host, log } = needs;
  try {
    const server = Bun.serve<ReloadSocket>({
      hostname,
      port,
      reusePort: false,
      ...(tls ? { tls } : {}),
      idleTimeout: 60,
      maxRequestBodySize: MAX_BODY_BYTES,
      error: (error) => {
        log.error("a canvas request failed", { error: messageOf(error) });
        return new Response(null, { status: 500 });
      },
      fetch: (request, self) => {
        if (!host.owns(request.url)) return new Response(null, { status: 404 });
        const address = self.requestIP(request)?.address ?? "";
        return host.fetch(request, address, (data) => self.upgrade(request, { data }));
      },
      websocket: {
        maxPayloadLength: MAX_MESSAGE_BYTES,
        perMessageDeflate: false,
        sendPings: true,
        open: (socket) => socket.data.open(socket as ServerWebSocket<unknown>),
        message: (socket) => socket.close(1008, "nothing is expected here"),
        close: (socket) => socket.data.close(),
      },
    });
    log.info("the canvas listens", { port: server.port ?? port });
    return { port: server.port ?? port, [Symbol.asyncDispose]: () => server.stop(true) };
  } catch (error) {
    log.warn("the canvas has no port of its own; it is served on the gateway's", { port, error: messageOf(error) });
    return undefined;
  }
}
