/** The canvas over HTTP: what is served, with which headers, and in which pieces. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type CanvasRig, openCanvasRig, SECRET } from "./harness.ts";

let rig: CanvasRig;
let base: string;
const movie = randomBytes(700_000);
beforeAll(async () => {
  rig = await openCanvasRig();
  base = `${rig.open()}/__openclaw__`;
  await rig.write("page.html", "<!doctype html><body><p>one</p></body><!-- </body> --><p>after</p></body>\n");
  await rig.write("bare.html", "<p>no body here");
  await rig.write("style.css", "p{}");
  await rig.write("empty.txt", "");
  await rig.write("movie.mp4", movie);
  await rig.write("game/index.html", "<p>game</p>");
  await rig.write("deep/er/file.json", "{}");
  await mkdir(join(rig.root, "nothing"));
});
afterAll(() => rig[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  rig.ask(`${base}/canvas/${path}`, { headers, method });

describe("what is served", () => {
  test("the folder is made with a page in it, which is what `/` shows", async () => {
    const response = await get("");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain("The canvas is empty");
  });

  test.each<[path: string, type: string]>([
    ["style.css", "text/css; charset=utf-8"],
    ["movie.mp4", "video/mp4"],
    ["deep/er/file.json", "application/json; charset=utf-8"],
    ["game/", "text/html; charset=utf-8"],
  ])("%s as %s", async (path, type) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    await response.body?.cancel();
  });

  test("a folder without its slash leads to where it has one, because pages load what lies beside them", async () => {
    const response = await get("game");
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(`${new URL(base).pathname}/canvas/game/`);
    expect((await rig.ask(`${base}/canvas`)).headers.get("location")).toBe(`${new URL(base).pathname}/canvas/`);
    expect((await rig.ask(`${base}/a2ui`)).headers.get("location")).toBe(`${new URL(base).pathname}/a2ui/`);
  });

  test.each(["nothing/", "missing.html", "style.css/", "nothing", "movie"])("%s is not there", async (path) => {
    const response = await get(path);
    expect([302, 404]).toContain(response.status);
    if (response.status === 404) expect(await response.text()).toBe("");
  });

  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is not done", async (method) => {
    const response = await get("style.css", {}, method);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
  });

  test("the gateway's secret opens the same without a capability", async () => {
    const headers = { authorization: `Bearer ${SECRET}` };
    const response = await rig.ask("/__openclaw__/canvas/style.css", { headers });
    expect(await response.text()).toBe("p{}");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect((await rig.ask("/__openclaw__/canvas/style.css")).status).toBe(404);
  });

  test("an unknown host is refused before anything else", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect(rig.port, "127.0.0.1", () =>
      socket.write(`GET ${new URL(base).pathname}/canvas/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`),
    );
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
    expect(await promise).toStartWith("HTTP/1.1 403");
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  });
});

describe("headers", () => {
  test("what agents write has no origin, tells nobody its address, and is never kept", async () => {
    const { headers } = await get("page.html");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toStartWith("sandbox allow-scripts allow-forms allow-popups; ");
    expect(policy).not.toContain("allow-same-origin");
    const prefix = new URL(base).pathname;
    const host = `127.0.0.1:${rig.port}`;
    expect(policy).toContain(
      `connect-src http://${host}${prefix}/ https://${host}${prefix}/ ws://${host}${prefix}/ wss://${host}${prefix}/ data: blob:;`,
    );
    expect(policy).toContain("form-action 'none'");
    expect(policy).toContain("frame-ancestors 'self' http://127.0.0.1:* https://127.0.0.1:*");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("permissions-policy")).toContain("camera=(), microphone=(), geolocation=()");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  test.each(["page.html", "style.css", "movie.mp4"])("%s has them, whatever it is", async (path) => {
    const response = await get(path, {}, "HEAD");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("the A2UI page runs its own script only and talks to nobody", async () => {
    const response = await rig.ask(`${base}/a2ui/?platform=ios`);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toStartWith("sandbox allow-scripts allow-popups; ");
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|connect-src|allow-same-origin/);
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*(src=|application\/json))/);
    const [, script = ""] = /<script src="([^"]+)"/.exec(html) ?? [];
    const asset = await rig.ask(`${base}/a2ui/${script}`, { headers: { "accept-encoding": "gzip" } });
    expect(asset.status).toBe(200);
    expect(asset.headers.get("content-encoding")).toBe("gzip");
    expect(asset.headers.get("content-type")).toContain("text/javascript");
    expect((await rig.ask(`${base}/a2ui/other.js`)).status).toBe(404);
  });
});

describe("the bridge", () => {
  test("goes in before the last end of the body", async () => {
    const html = await (await get("page.html")).text();
    expect(html).toStartWith("<!doctype html><body><p>one</p></body><!-- </body> --><p>after</p><script data-live>");
    expect(html).toEndWith("</script></body>\n");
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  test("goes to the end of a page that has none", async () => {
    expect(await (await get("bare.html")).text()).toStartWith("<p>no body here<script data-live>");
  });

  test("does not reload where that is off, and there is no socket then", async () => {
    await using still = await openCanvasRig({ isLive: false });
    const address = still.open();
    expect(await (await still.ask(`${address}/__openclaw__/canvas/`)).text()).toContain("<script >");
    expect((await still.ask(`${address}/__openclaw__/ws`)).status).toBe(404);
  });

  test("HEAD tells the length with it", async () => {
    const [head, whole] = [await get("page.html", {}, "HEAD"), await get("page.html")];
    expect(head.headers.get("content-length")).toBe(whole.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });
});

describe("pieces", () => {
  test.each<[range: string, start: number, end: number]>([
    ["bytes=0-99", 0, 100],
    ["bytes=699990-", 699_990, 700_000],
    ["bytes=-10", 699_990, 700_000],
    ["bytes=100-9999999", 100, 700_000],
    ["bytes=0-0", 0, 1],
  ])("%s", async (range, start, end) => {
    const response = await get("movie.mp4", { range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/700000`);
    expect(Buffer.from(await response.bytes()).equals(movie.subarray(start, end))).toBe(true);
  });

  test.each(["bytes=700000-", "bytes=-0"])("%s is not there", async (range) => {
    const response = await get("movie.mp4", { range });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */700000");
  });

  test.each(["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"])(
    "%p is answered with all of it",
    async (range) => {
      const response = await get("movie.mp4", { range });
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.bytes()).equals(movie)).toBe(true);
    },
  );

  test("HEAD tells what GET would", async () => {
    const head = await get("movie.mp4", { range: "bytes=0-9" }, "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([206, "10", ""]);
    const whole = await get("movie.mp4", {}, "HEAD");
    expect([whole.headers.get("content-length"), whole.headers.get("accept-ranges")]).toEqual(["700000", "bytes"]);
  });

  test("an empty file is empty", async () => {
    const response = await get("empty.txt");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("what has not changed is not sent again", async () => {
    for (const path of ["style.css", "page.html"]) {
      const etag = (await get(path)).headers.get("etag") ?? "";
      const again = await get(path, { "if-none-match": etag });
      expect([again.status, await again.text()]).toEqual([304, ""]);
      expect(again.headers.get("cache-control")).toBe("no-store");
      expect((await get(path, { "if-none-match": '"other"' })).status).toBe(200);
    }
    const { headers } = await get("style.css");
    const since = await get("style.css", { "if-modified-since": headers.get("last-modified") ?? "" });
    expect(since.status).toBe(304);
  });

  test("a range of a file that changed meanwhile is answered with the new file", async () => {
    await rig.write("live.bin", "0123456789");
    const etag = (await get("live.bin")).headers.get("etag") ?? "";
    const same = await get("live.bin", { range: "bytes=2-3", "if-range": etag });
    expect([same.status, await same.text()]).toEqual([206, "23"]);
    await rig.write("live.tmp", "abcdefghijkl");
    await rename(join(rig.root, "live.tmp"), join(rig.root, "live.bin"));
    const changed = await get("live.bin", { range: "bytes=2-3", "if-range": etag });
    expect([changed.status, await changed.text()]).toEqual([200, "abcdefghijkl"]);
  });

  test("a file that goes while it is sent does not take the server with it", async () => {
    await rig.write("going.bin", Buffer.alloc(20_000_000, 1));
    const response = await get("going.bin");
    const reader = response.body?.getReader();
    await reader?.read();
    await rm(join(rig.root, "going.bin"));
    await reader?.cancel();
    expect((await get("style.css")).status).toBe(200);
  });
});
