/** A relay between a client and the gateway that keeps every frame the client receives. */
import type { ServerWebSocket } from "bun";

/** One recorded frame, parsed. */
export type Frame = Record<string, unknown>;

export interface Recorder extends AsyncDisposable {
  url: string;
  /** What clients received, in order. */
  frames: Frame[];
}

interface Link {
  upstream: WebSocket;
  early: string[];
}

/** Relays to `target`. Closes are passed on in both directions. */
export function startRecorder(target: string): Recorder {
  const frames: Frame[] = [];
  const server = Bun.serve<Link>({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request, self) {
      const data: Link = { upstream: new WebSocket(target), early: [] };
      return self.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 });
    },
    websocket: {
      maxPayloadLength: 32 * 1024 * 1024,
      open(socket: ServerWebSocket<Link>) {
        const { upstream, early } = socket.data;
        upstream.onopen = () => {
          for (const text of early.splice(0)) upstream.send(text);
        };
        upstream.onmessage = ({ data }) => {
          frames.push(JSON.parse(String(data)));
          socket.send(String(data));
        };
        upstream.onclose = ({ code, reason }) => socket.close(code === 1006 ? 1011 : code, reason);
      },
      message({ data: { upstream, early } }, text) {
        if (upstream.readyState === WebSocket.OPEN) upstream.send(String(text));
        else early.push(String(text));
      },
      close: ({ data }) => data.upstream.close(),
    },
  });
  return {
    url: `ws://127.0.0.1:${server.port}`,
    frames,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
