/** A host that shows pages in a browser without a window, end to end, where a browser is installed. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectClient, type Json } from "../gateway/client.ts";
import { createPlace } from "../node-host/harness.ts";
import { BINARY, startChild, TOKEN } from "../support/child.ts";
import { hasChromium } from "../web/browser.ts";

const commands = ["present", "hide", "navigate", "eval", "snapshot", "a2ui.push", "a2ui.reset"].map(
  (one) => `canvas.${one}`,
);

test.skipIf(!hasChromium)(
  "pages are shown, asked and pictured; what lies outside the canvas is out of reach",
  async () => {
    await using undo = new AsyncDisposableStack();
    const place = undo.use(createPlace());
    const root = join(place.dir, "canvas");
    mkdirSync(root);
    writeFileSync(
      join(root, "page.html"),
      "<title>Tea</title><body style='background:#08f'><h1 id=a>hello</h1></body>",
    );
    writeFileSync(
      join(root, "away.html"),
      "<script>location.href = new URLSearchParams(location.search).get('to')</script>",
    );
    const gateway = undo.use(
      await startChild({
        config: {
          canvasHost: { root, port: 0 },
          gateway: { nodes: { commands: { allow: [...commands, "canvas.a2ui.pushJSONL"] } } },
        },
      }),
    );
    const sandbox = process.getuid?.() === 0 ? ["--no-browser-sandbox"] : [];
    const host = Bun.spawn(
      [
        BINARY,
        "node",
        "run",
        `--state-dir=${place.stateDir}`,
        "--name=attic",
        "--canvas",
        ...sandbox,
        `--url=${gateway.url}`,
      ],
      {
        env: { PATH: "/usr/bin:/bin", HOME: place.home, MOLTBOT_GATEWAY_TOKEN: TOKEN },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "inherit",
      },
    );
    undo.defer(async () => {
      host.kill();
      await host.exited;
    });
    const owner = undo.use(await connectClient(gateway.url, { auth: { token: TOKEN } }));
    const { payload: asked } = await owner.event(({ event }) => event === "node.pair.requested");
    expect(asked.commands).toEqual(expect.arrayContaining(commands));
    await owner.call("node.pair.approve", { requestId: asked.requestId });
    let keys = 0;
    const ask = async (command: string, params: Json = {}) => {
      const { nodeId } = asked;
      const call = { nodeId, command: `canvas.${command}`, params, idempotencyKey: `k${++keys}`, timeoutMs: 30_000 };
      const { ok, payload, error } = await owner.call("node.invoke", call);
      return ok ? payload.payload : error?.message;
    };

    await ask("present", { url: "page.html", placement: { width: 640, height: 480 } });
    expect(await ask("eval", { javaScript: "document.title" })).toEqual({ result: "Tea" });
    expect(await ask("eval", { javaScript: "const n = 2; [n, innerWidth, innerHeight]" })).toEqual({
      result: "[2,640,480]",
    });
    expect(await ask("eval", { javaScript: "nosuch()" })).toContain("nosuch is not defined");
    const { format, base64 } = await ask("snapshot", { format: "png" });
    const png = Buffer.from(base64, "base64");
    expect([format, png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["png", 640, 480]);
    const small = await ask("snapshot", { format: "jpg", maxWidth: 320, quality: 0.5 });
    expect([small.format, Buffer.from(small.base64, "base64").subarray(0, 3).toString("hex")]).toEqual([
      "jpeg",
      "ffd8ff",
    ]);

    // threat(T20): the gateway's own pages, other ports of its host, and the web.
    expect(await ask("navigate", { url: "http://127.0.0.1:1/" })).toContain("pages of its gateway's canvas only");
    const hits: string[] = [];
    const inside = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch({ url }) {
        hits.push(url);
        return new Response("inside");
      },
    });
    undo.defer(() => inside.stop(true));
    await ask("navigate", { url: `away.html?to=${encodeURIComponent(`http://127.0.0.1:${inside.port}/secret`)}` });
    await Bun.sleep(300);
    expect(await ask("eval", { javaScript: "document.body.innerText" })).not.toEqual({ result: "inside" });
    expect(hits).toEqual([]);

    const text = { Text: { text: { literalString: "Tea is ready" }, usageHint: "body" } };
    const messages = [
      { surfaceUpdate: { surfaceId: "main", components: [{ id: "root", component: text }] } },
      { beginRendering: { surfaceId: "main", root: "root" } },
    ];
    expect(await ask("a2ui.push", { messages })).toMatchObject({ ok: true });
    expect(await ask("eval", { javaScript: "1" })).toContain("the A2UI page runs no script");
    expect((await ask("snapshot", { format: "png" })).format).toBe("png");
    expect(await ask("a2ui.reset")).toMatchObject({ ok: true });
    await ask("hide");
    host.kill();
    expect(await host.exited).toBe(0);
    expect(readFileSync(join(place.stateDir, "node-host.json"), "utf8")).toContain('"stopped"');
  },
  60_000,
);
