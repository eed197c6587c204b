/** A page on the canvas does not act as the user: not over HTTP, not over a socket, not with a surface it was not given. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { openCanvasRig, SECRET } from "../canvas/harness.ts";
import { connectNode } from "../nodes/harness.ts";
import { startGateway, TOKEN } from "../support/gateway.ts";
import { hasChromium, openBrowser } from "../web/browser.ts";

setDefaultTimeout(30_000);

const form = [
  { version: "v0.9", createSurface: { surfaceId: "trip", catalogId: "basic" } },
  {
    version: "v0.9",
    updateComponents: {
      surfaceId: "trip",
      components: [
        { id: "root", component: "Button", child: "label", action: { event: { name: "book" } } },
        { id: "label", component: "Text", text: "Book" },
      ],
    },
  },
];
const tap = { userAction: { id: "t1", name: "book", surfaceId: "trip", sourceComponentId: "root", context: {} } };

describe("threat(T19): HTTP content", () => {
  test("cannot post a tap, whatever it knows", async () => {
    await using rig = await openCanvasRig();
    const base = rig.open();
    rig.canvas.push("node-1", form);
    const before = rig.canvas.stateOf("node-1");
    for (const path of ["canvas/", "a2ui/", "a2ui/action", "ws", "canvas/action", "action", ""]) {
      for (const address of [`${base}/__openclaw__/${path}`, `${rig.origin}/__openclaw__/${path}`]) {
        const response = await fetch(address, {
          method: "POST",
          headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
          body: JSON.stringify(tap),
        });
        expect([404, 405, 426]).toContain(response.status);
      }
    }
    expect(rig.canvas.stateOf("node-1")).toEqual(before);
    // The tap was not used up by any of that.
    expect(rig.canvas.act({ nodeId: "node-1", connectionId: "connection-1" }, tap).isAccepted).toBe(true);
  });

  test("cannot send one over the reload socket: what comes in ends it", async () => {
    await using rig = await openCanvasRig();
    const address = `${rig.open().replace("http", "ws")}/__openclaw__/ws`;
    const socket = new WebSocket(address);
    const { promise, resolve } = Promise.withResolvers<CloseEvent>();
    socket.onopen = () => socket.send(JSON.stringify(tap));
    socket.onclose = resolve;
    expect((await promise).code).toBe(1008);
  });
});

describe.if(hasChromium)("threat(T19): a page of an agent in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("reads nothing of the gateway's, opens no socket to it, keeps nothing, and says nothing to other sites", async () => {
    await using gateway = await startGateway();
    const node = await connectNode(gateway.url);
    const { canvas } = node.hello["pluginSurfaceUrls"] as { canvas: string };
    const { origin } = new URL(canvas);
    const attempt = `<script>
      const results = {};
      const note = async (name, work) => {
        try { results[name] = await work(); } catch (error) { results[name] = "refused"; }
      };
      const socket = (url) => new Promise((resolve, reject) => {
        const opened = new WebSocket(url);
        opened.onmessage = (event) => resolve(event.data);
        opened.onerror = reject;
      });
      globalThis.finished = (async () => {
        await note("storage", () => localStorage.getItem("x"));
        await note("cookie", () => { document.cookie = "a=b"; return document.cookie; });
        await note("page", () => fetch("${origin}/").then((answer) => answer.text()));
        await note("health", () => fetch("${origin}/healthz", { mode: "no-cors" }).then(() => "sent"));
        await note("post", () => fetch("${origin}/__openclaw__/a2ui/", { method: "POST", body: "{}" }).then((answer) => answer.status));
        await note("gateway", () => socket("${origin.replace("http", "ws")}/"));
        await note("other", () => fetch("https://example.org/", { mode: "no-cors" }).then(() => "sent"));
        await note("frame", () => { const frame = document.createElement("iframe"); frame.src = "${origin}/"; document.body.append(frame); return frame.contentDocument ? "read" : "refused"; });
        await note("top", () => { parent.document.title; return "read"; });
        await note("tap", () => OpenClaw.sendUserAction({ name: "book", surfaceId: "trip", sourceComponentId: "root" }));
        return { origin, ...results };
      })();
    </script>`;
    await Bun.write(`${gateway.stateDir}/canvas/attempt.html`, attempt);
    const page = await browser.newPage();
    await page.goto(`${canvas}/__openclaw__/canvas/attempt.html`);
    expect(await page.evaluate("finished")).toEqual({
      origin: "null",
      storage: "refused",
      cookie: "refused",
      page: "refused",
      health: "refused",
      post: "refused",
      gateway: "refused",
      other: "refused",
      frame: "refused",
      // Nobody is around this page, so it is its own parent, and nobody takes the tap.
      top: "read",
      tap: false,
    });
    await page.close();
  });

  test("in a frame, what it posts is a message to the page around it and no more; the gateway knows what it gave", async () => {
    await using rig = await openCanvasRig();
    const base = rig.open();
    rig.canvas.push("node-1", form);
    await rig.write(
      "evil.html",
      `<script>onload = () => {
        OpenClaw.sendUserAction({ id: "e1", name: "wire_money", surfaceId: "trip", sourceComponentId: "root" });
        OpenClaw.sendUserAction({ id: "e2", name: "book", surfaceId: "bank", sourceComponentId: "root" });
        parent.postMessage({ type: "openclaw:a2ui-action", payload: { userAction: { id: "e3", name: "book", surfaceId: "trip", sourceComponentId: "label" } } }, "*");
        parent.postMessage(${JSON.stringify(JSON.stringify(tap))}, "*");
      }</script>`,
    );
    await using host = await hostPage(`${base}/__openclaw__/canvas/evil.html`);
    const page = await browser.newPage();
    await page.goto(host.url);
    await page.waitForFunction("heard.length >= 5");
    const heard = (await page.evaluate("heard")) as { payload?: unknown }[];
    const verdicts = heard
      .filter(({ payload }) => payload !== undefined)
      .map(({ payload }) => rig.canvas.act({ nodeId: "node-1", connectionId: "connection-1" }, payload).isAccepted);
    expect(verdicts).toEqual([false, false, false]);
    expect(rig.log.filter(({ message }) => message === "a tap was refused")).toHaveLength(3);
    await page.close();
  });
});

test("threat(T19): the gateway's secret is not what a canvas page gets", async () => {
  await using gateway = await startGateway();
  const node = await connectNode(gateway.url);
  const { canvas } = node.hello["pluginSurfaceUrls"] as { canvas: string };
  for (const path of ["canvas/", "a2ui/"])
    expect(await (await fetch(`${canvas}/__openclaw__/${path}`)).text()).not.toContain(TOKEN);
});

/** A page of another origin that shows a frame and keeps what it hears from it. */
async function hostPage(address: string): Promise<{ url: string } & AsyncDisposable> {
  const html = `<!doctype html><iframe sandbox="allow-scripts" src="${address}"></iframe><script>
    const heard = [];
    addEventListener("message", (event) => {
      if (event.source === document.querySelector("iframe").contentWindow) heard.push(event.data);
    });
  </script>`;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(html, { headers: { "content-type": "text/html" } }),
  });
  return { url: `http://127.0.0.1:${server.port}/`, [Symbol.asyncDispose]: () => server.stop(true) };
}
