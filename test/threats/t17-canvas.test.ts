/** The canvas opens to a node's own live connection and to nobody else. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { connectClient } from "../gateway/client.ts";
import { dial, PeerSocket } from "../gateway/socket.ts";
import { connectNode, nodeId } from "../nodes/harness.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway, TOKEN } from "../support/gateway.ts";

interface Answer {
  status: number;
  body: string;
}

const ask = async (url: string, init: RequestInit = {}): Promise<Answer> => {
  const response = await fetch(url, { redirect: "manual", ...init });
  return { status: response.status, body: await response.text() };
};
const paths = ["canvas/", "a2ui/", "ws", "canvas/index.html", "canvas/none", "cap/", ""];
const nothing: Answer = { status: 404, body: "" };

/** A gateway with a canvas folder, and one node on it. */
async function start() {
  const clock = new FakeClock();
  const gateway = await startGateway({ clock });
  const origin = gateway.pageUrl.replace(/\/$/, "");
  const node = await connectNode(gateway.url, { version: 4 });
  clock.advance(50);
  const { canvas } = node.hello["pluginSurfaceUrls"] as { canvas: string };
  // The folder is made when the first clients are served.
  while ((await ask(`${canvas}/__openclaw__/canvas/`)).status !== 200) await Promise.resolve();
  return { clock, gateway, origin, node, canvas, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

describe("threat(T17): the canvas without its capability", () => {
  test("is not there for the same host without one, whatever the path and the method", async () => {
    await using scene = await start();
    for (const origin of [scene.origin, `http://127.0.0.1:${scene.gateway.app.canvasPort}`]) {
      for (const path of paths) expect(await ask(`${origin}/__openclaw__/${path}`)).toEqual(nothing);
      for (const method of ["POST", "OPTIONS", "DELETE"])
        expect(await ask(`${origin}/__openclaw__/canvas/`, { method })).toEqual(nothing);
      const upgrade = await dial(origin.replace("http", "ws"), { path: "/__openclaw__/ws" });
      expect(upgrade instanceof PeerSocket ? 101 : upgrade.status).toBe(404);
    }
  });

  test("is there for its node on both ports, and for who holds the gateway's secret", async () => {
    await using scene = await start();
    const own = scene.canvas.replace(scene.origin, `http://127.0.0.1:${scene.gateway.app.canvasPort}`);
    for (const base of [scene.canvas, own]) expect((await ask(`${base}/__openclaw__/canvas/`)).status).toBe(200);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await ask(`${scene.origin}/__openclaw__/canvas/`, { headers })).status).toBe(200);
    expect(await ask(`${scene.origin}/__openclaw__/canvas/`, { headers: { authorization: "Bearer wrong" } })).toEqual(
      nothing,
    );
  });

  test("is not there with one that is wrong, cut, somebody's query, or for other paths", async () => {
    await using scene = await start();
    const token = scene.canvas.slice(scene.canvas.lastIndexOf("/") + 1);
    for (const wrong of [token.slice(0, -1), `${token}A`, token.toLowerCase(), "A".repeat(43), "", ".."])
      expect(await ask(`${scene.origin}/__openclaw__/cap/${wrong}/__openclaw__/canvas/`)).toEqual(nothing);
    expect(await ask(`${scene.origin}/__openclaw__/canvas/?oc_cap=${token}`)).toEqual(nothing);
    for (const path of ["/", "/healthz", "/__openclaw__/", "/__openclaw__/cap/x/__openclaw__/canvas/", "/canvas/"])
      expect(await ask(scene.canvas + path)).toEqual(nothing);
  });

  test("is over ten minutes after its last use, and a fresh one is given to the node that asks", async () => {
    await using scene = await start();
    scene.clock.advance(9 * 60_000);
    expect((await ask(`${scene.canvas}/__openclaw__/canvas/`)).status).toBe(200);
    scene.clock.advance(10 * 60_000);
    expect(await ask(`${scene.canvas}/__openclaw__/canvas/`)).toEqual(nothing);
    const { payload } = await scene.node.call("node.pluginSurface.refresh", { surface: "canvas" });
    expect(payload).toEqual({
      surface: "canvas",
      pluginSurfaceUrls: { canvas: expect.stringMatching(/\/__openclaw__\/cap\/[\w-]{43}$/) },
      expiresAtMs: scene.clock.now() + 600_000,
    });
    expect((await ask(`${payload.pluginSurfaceUrls.canvas}/__openclaw__/canvas/`)).status).toBe(200);
    expect(scene.gateway.badResults).toEqual([]);
  });

  test("is over when its socket is, and not when another node's is", async () => {
    await using scene = await start();
    const other = await connectNode(scene.gateway.url, {
      version: 3,
      key: testKey("k2"),
      clientId: "openclaw-ios",
      platform: "ios",
    });
    const theirs = other.hello["canvasHostUrl"] as string;
    expect((await ask(`${theirs}/__openclaw__/a2ui/`)).status).toBe(200);
    scene.node[Symbol.dispose]();
    while ((await ask(`${scene.canvas}/__openclaw__/canvas/`)).status === 200) await Promise.resolve();
    expect(await ask(`${scene.canvas}/__openclaw__/canvas/`)).toEqual(nothing);
    expect((await ask(`${theirs}/__openclaw__/a2ui/`)).status).toBe(200);
  });

  test("threat(T26): is over at once when its node is revoked", async () => {
    await using scene = await start();
    const admin = await connectClient(scene.gateway.url);
    expect((await admin.call("device.pair.remove", { deviceId: nodeId })).ok).toBe(true);
    expect(await ask(`${scene.canvas}/__openclaw__/canvas/`)).toEqual(nothing);
  });

  test("wrong secrets count like wrong secrets anywhere, and then the right one opens nothing", async () => {
    await using scene = await start();
    const url = `${scene.origin}/__openclaw__/canvas/`;
    for (let count = 0; count < 10; count++) await ask(url, { headers: { authorization: `Bearer wrong${count}` } });
    expect(await ask(url, { headers: { authorization: `Bearer ${TOKEN}` } })).toEqual(nothing);
    expect((await ask(`${scene.canvas}/__openclaw__/canvas/`)).status).toBe(200);
  });

  test("gives nothing but pages without an origin, that tell nobody their address", async () => {
    await using scene = await start();
    for (const path of ["canvas/", "a2ui/"]) {
      const { headers } = await fetch(`${scene.canvas}/__openclaw__/${path}`);
      expect(headers.get("content-security-policy")).toMatch(/^sandbox allow-scripts [^;]*;/);
      expect(headers.get("content-security-policy")).not.toContain("allow-same-origin");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("set-cookie")).toBeNull();
    }
  });

  test("lets an origin of null to the reload socket of a capability only, never to the gateway's", async () => {
    await using scene = await start();
    const headers = { Origin: "null" };
    const path = `${new URL(scene.canvas).pathname}/__openclaw__/ws`;
    const own = await dial(scene.gateway.url, { path, headers });
    expect(own).toBeInstanceOf(PeerSocket);
    for (const [at, Origin, Authorization] of [
      ["/", "null", ""],
      [path, "https://evil.example", ""],
      [path, `http://127.0.0.1:1`, ""],
      ["/__openclaw__/ws", "null", `Bearer ${TOKEN}`],
    ] as const) {
      const refused = await dial(scene.gateway.url, {
        path: at,
        headers: { Origin, ...(Authorization ? { Authorization } : {}) },
      });
      expect(refused instanceof PeerSocket ? 101 : refused.status).toBe(403);
    }
    // It is no way into the protocol either: what is sent over it ends it.
    if (!(own instanceof PeerSocket)) throw new Error("refused");
    own.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: {} }));
    expect((await own.closed).code).toBe(1008);
  });

  test("never stands in the log", async () => {
    await using scene = await start();
    const token = scene.canvas.slice(scene.canvas.lastIndexOf("/") + 1);
    await ask(`${scene.canvas}/__openclaw__/canvas/none`);
    expect(JSON.stringify(scene.gateway.log)).not.toContain(token);
  });
});

test("the canvas can be off altogether", async () => {
  for (const options of [{ config: { canvasHost: { enabled: false } } }, { env: { OPENCLAW_SKIP_CANVAS_HOST: "1" } }]) {
    await using gateway = await startGateway(options);
    const node = await connectNode(gateway.url);
    expect(node.hello["pluginSurfaceUrls"]).toBeUndefined();
    expect(gateway.app.canvasPort).toBeUndefined();
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await ask(`${gateway.pageUrl}__openclaw__/canvas/`, { headers })).status).toBe(404);
    expect((await node.call("node.pluginSurface.refresh", { surface: "canvas" })).error?.message).toContain(
      "the canvas is off",
    );
  }
});

test("a port that is taken costs the canvas its own port, not the gateway its start", async () => {
  using taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  await using gateway = await startGateway({ config: { canvasHost: { port: taken.port } } });
  expect(gateway.app.canvasPort).toBeUndefined();
  expect(gateway.log.filter(({ message }) => message.startsWith("the canvas has no port of its own"))).toHaveLength(1);
  const node = await connectNode(gateway.url);
  const { canvas } = node.hello["pluginSurfaceUrls"] as { canvas: string };
  expect((await ask(`${canvas}/__openclaw__/a2ui/`)).status).toBe(200);
});
