/** A canvas on a port of its own, without a gateway around it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Canvas, type CanvasNeeds } from "../../src/canvas/canvas.ts";
import { listenCanvas } from "../../src/canvas/listener.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { openCanvasFiles } from "../../src/web/canvas-assets.ts";
import { FakeClock } from "../support/clock.ts";

/** What stands for the gateway's secret here. */
export const SECRET = "the-gateway-secret";

export interface CanvasRig extends AsyncDisposable {
  canvas: Canvas;
  clock: FakeClock;
  /** The folder that is served. */
  root: string;
  /** A folder beside it that is not. */
  outside: string;
  port: number;
  /** `http://127.0.0.1:<port>` */
  origin: string;
  log: LogRecord[];
  /** A capability address for a node's connection. */
  open(nodeId?: string, connectionId?: string): string;
  /** Writes a file below the folder. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  ask(path: string, init?: RequestInit): Promise<Response>;
}

/** Opens a canvas. The clock stands still until it is turned. */
export async function openCanvasRig(options: Partial<CanvasNeeds> = {}): Promise<CanvasRig> {
  const folder = await mkdtemp(join(tmpdir(), "moltbot-canvas-"));
  const root = options.root ?? join(folder, "canvas");
  const clock = new FakeClock();
  const log: LogRecord[] = [];
  const canvas = new Canvas({
    isEnabled: true,
    root,
    isLive: true,
    isTls: () => false,
    door: {
      knowsHost: (_address, headers) => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.get("host") ?? ""),
      allowsOrigin: (_address, headers) => headers.get("origin") === `http://${headers.get("host")}`,
      holdsSecret: (_address, headers) => headers.get("authorization") === `Bearer ${SECRET}`,
    },
    assets: openCanvasFiles(),
    clock,
    ids: systemIds,
    log: createLog({ clock, level: "debug", sinks: [(record) => log.push(record)] }),
    ...options,
  });
  await canvas.start();
  const listener = listenCanvas({
    hostname: "127.0.0.1",
    port: 0,
    tls: undefined,
    host: canvas.host,
    log: createLog({ clock, level: "debug", sinks: [(record) => log.push(record)] }),
  });
  if (!listener) throw new Error("the canvas does not listen");
  const origin = `http://127.0.0.1:${listener.port}`;
  return {
    canvas,
    clock,
    root,
    outside: folder,
    port: listener.port,
    origin,
    log,
    open(nodeId = "node-1", connectionId = "connection-1") {
      const urls = canvas.urlFor({
        nodeId,
        connectionId,
        headers: new Headers({ host: `127.0.0.1:${listener.port}` }),
      });
      if (!urls) throw new Error("the canvas is off");
      return urls.canvasHostUrl;
    },
    write: async (name, content) => void (await Bun.write(join(root, name), content)),
    ask: (path, init) => fetch(path.startsWith("http") ? path : `${origin}${path}`, { redirect: "manual", ...init }),
    async [Symbol.asyncDispose]() {
      canvas[Symbol.dispose]();
      await listener[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
