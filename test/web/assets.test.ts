import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "bun";
import { openPages, type Pages } from "../../src/web/assets.ts";
import { type BuiltPages, buildPages } from "../../src/web/build.ts";

let directory: string;
let built: BuiltPages;
let pages: Pages;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "moltbot-pages-"));
  built = await buildPages(directory, { minify: true });
  pages = openPages({ files: built.files });
});
afterAll(() => rm(directory, { recursive: true }));

function ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Response | undefined {
  const url = new URL(path, "http://127.0.0.1:18789");
  return pages.handle(new Request(url, init), url);
}

const scriptPath = () => built.files.find(({ type }) => type.startsWith("text/javascript"))!.path;

describe("the page build", () => {
  test("names every file but the page after its content", () => {
    for (const { path, isHashed } of built.files) {
      expect(isHashed).toBe(path !== "/" && path !== "/node");
      if (isHashed) expect(path).toMatch(/^\/assets\/[\w-]+-[a-z0-9]{8}\.(js|css|svg)$/);
    }
  });

  test("writes the same files for the same sources", async () => {
    const again = await mkdtemp(join(tmpdir(), "moltbot-pages-"));
    const second = await buildPages(again, { minify: true });
    await rm(again, { recursive: true });
    const paths = (pages: BuiltPages) => pages.files.map(({ path }) => path).sort();
    expect(paths(second)).toEqual(paths(built));
  });

  test("writes a manifest that lists what it built", async () => {
    const { pageFiles } = (await import(join(directory, "manifest.ts"))) as { pageFiles: BuiltPages["files"] };
    const list = (files: BuiltPages["files"]) => files.map(({ path, type }) => `${path} ${type}`).sort();
    expect(list(pageFiles)).toEqual(list(built.files));
  });

  test.each(["/", "/node"])("%s has no inline script or style and asks for nothing from elsewhere", async (path) => {
    const html = (await ask(path)?.text()) ?? "";
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    expect(html).not.toMatch(/(?:src|href)="(?!\/assets\/)/);
  });
});

describe("serving", () => {
  test("the page is checked again at every visit, its files never", () => {
    expect(ask("/")?.headers.get("cache-control")).toBe("no-cache");
    expect(ask(scriptPath())?.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test.each([
    ["no path of ours", "/nothing"],
    ["a directory", "/assets/"],
    ["the manifest", "/manifest.ts"],
    ["a way out", "/assets/../../../etc/passwd"],
    ["a way out, encoded", "/assets/%2e%2e%2f%2e%2e%2fpackage.json"],
    ["the page by its file name", "/index.html"],
  ])("%s is not answered", (_title, path) => {
    expect(ask(path)).toBeUndefined();
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", (method) => {
    const response = ask("/", { method });
    expect(response?.status).toBe(405);
    expect(response?.headers.get("allow")).toBe("GET, HEAD");
  });

  test("HEAD tells what GET would, without the body", async () => {
    const head = ask("/", { method: "HEAD" });
    const get = ask("/");
    expect(Object.fromEntries(head!.headers)).toEqual(Object.fromEntries(get!.headers));
    expect(await head?.text()).toBe("");
    expect(Number(get?.headers.get("content-length"))).toBe((await get!.bytes()).length);
  });

  test.each<[accepts: string, encoding: string | null]>([
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip", "gzip"],
    ["zstd;q=0, gzip;q=0.5", "gzip"],
    ["br", null],
    ["", null],
  ])("to a client that accepts %p it sends %p", async (accepts, encoding) => {
    const response = ask(scriptPath(), { headers: { "accept-encoding": accepts } })!;
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("vary")).toBe("accept-encoding");
    const bytes = await response.bytes();
    const plain = encoding === "zstd" ? zstdDecompressSync(bytes) : encoding === "gzip" ? gunzipSync(bytes) : bytes;
    const file = built.files.find(({ path }) => path === scriptPath())!.file;
    expect(Buffer.from(plain).equals(Buffer.from(await Bun.file(file).bytes()))).toBe(true);
  });

  test("an unchanged file is answered with 304, and only in the encoding it was fetched in", () => {
    const zstd = { "accept-encoding": "zstd" };
    const etag = ask("/", { headers: zstd })!.headers.get("etag")!;
    const ifNone = (tag: string, rest = {}) => ask("/", { headers: { "if-none-match": tag, ...rest } })!;
    expect(ifNone(etag, zstd).status).toBe(304);
    expect(ifNone(`"other", W/${etag}`, zstd).status).toBe(304);
    expect(ifNone("*").status).toBe(304);
    expect(ifNone(etag).status).toBe(200);
    expect(ifNone('"other"', zstd).status).toBe(200);
    expect(ifNone(etag, zstd).headers.get("content-security-policy")).toContain("default-src 'none'");
  });
});

describe("security headers", () => {
  const policy = (host?: string) =>
    ask("/", host === undefined ? {} : { headers: { host } })!.headers.get("content-security-policy")!;

  test("every file carries them", () => {
    for (const { path } of built.files) {
      const { headers } = ask(path)!;
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("permissions-policy")).toContain(path === "/node" ? "camera=(self)" : "camera=()");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    }
  });

  test("scripts come from here only, and text never becomes markup", () => {
    const directives = new Map(
      policy()
        .split("; ")
        .map((item) => [item.split(" ")[0], item] as const),
    );
    expect(directives.get("default-src")).toBe("default-src 'none'");
    expect(directives.get("script-src")).toBe("script-src 'self'");
    expect(directives.get("require-trusted-types-for")).toBe("require-trusted-types-for 'script'");
    expect(policy()).not.toContain("unsafe");
    expect(policy()).not.toContain("*");
  });

  test("the node page may frame its own origin and show pictures from memory, and loosens nothing else", () => {
    const of = (path: string) => new Set(ask(path)!.headers.get("content-security-policy")!.split("; "));
    const more = [...of("/node")].filter((directive) => !of("/").has(directive));
    expect(more).toEqual(["img-src 'self' data:", "frame-src 'self'"]);
    const { headers } = ask("/node")!;
    expect(headers.get("permissions-policy")).not.toContain("*");
    expect(headers.get("x-frame-options")).toBe("DENY");
  });

  test.each([
    ["192.168.1.5:18789", "connect-src 'self' ws://192.168.1.5:18789 wss://192.168.1.5:18789"],
    ["[::1]:18789", "connect-src 'self' ws://[::1]:18789 wss://[::1]:18789"],
    ["box.tail.ts.net", "connect-src 'self' ws://box.tail.ts.net wss://box.tail.ts.net"],
    ["evil.example; script-src *", "connect-src 'self'"],
    ["a b", "connect-src 'self'"],
  ])("under the host %p the page may reach %p", (host, expected) => {
    expect(policy(host).split("; ")).toContain(expected);
    expect(policy(host).match(/script-src/g)).toHaveLength(1);
  });
});
