/** What an HTTP client without a secret can learn: every byte of it is written here or served as a page. */

import { describe, expect, test } from "bun:test";
import { hostname } from "node:os";
import { pageFiles } from "../../src/web/dist/manifest.ts";
import { dial, PeerSocket } from "../gateway/socket.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

async function get(url: string, path: string, headers: Record<string, string> = {}) {
  const answer = await dial(url, { path, headers: { Upgrade: "none", Connection: "close", ...headers } });
  if (answer instanceof PeerSocket) throw new Error("no upgrade was asked for");
  return answer;
}

describe("threat(T46): open routes", () => {
  test.each<[path: string, status: number, body: string]>([
    ["/healthz", 200, '{"ok":true}'],
    ["/readyz", 200, '{"ok":true}'],
    ["/healthz?verbose=1", 200, '{"ok":true}'],
    ["/healthz/", 404, ""],
    ["/metrics", 404, ""],
    ["/status", 404, ""],
    ["/version", 404, ""],
    ["/api/", 404, ""],
    ["/.env", 404, ""],
    ["/gateway.token", 404, ""],
    ["/gateway.db", 404, ""],
    ["/moltbot.json5", 404, ""],
    ["/assets/", 404, ""],
    ["/assets", 404, ""],
    ["/../gateway.token", 404, ""],
    ["/%2e%2e/gateway.token", 404, ""],
    ["/..%2fgateway.token", 404, ""],
    ["/assets/..%2f..%2fgateway.token", 404, ""],
    ["/%00", 404, ""],
    ["/index.html%00.js", 404, ""],
    [`/${"a".repeat(4000)}`, 404, ""],
    ["//evil.example/", 404, ""],
    ["/__proto__", 404, ""],
    ["/constructor", 404, ""],
  ])("GET %s answers %p", async (path, status, body) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const answer = await get(gateway.url, path);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
    const names = [...answer.headers.keys()].filter((name) => !["date", "content-length", "connection"].includes(name));
    expect(names.sort()).toEqual(body ? ["cache-control", "content-type"] : []);
  });

  test("no page, header or refusal tells the version, the host, a path or a secret", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const canaries = [gateway.stateDir, hostname(), "0.0.0-test", process.cwd(), "x-powered-by"];
    const paths = [...pageFiles.map(({ path }) => path), "/", "/healthz", "/nowhere"];
    for (const path of paths) {
      for (const headers of [{}, { "Accept-Encoding": "gzip" }, { Range: "bytes=0-10" }, { "If-None-Match": "*" }]) {
        const answer = await get(gateway.url, path, headers);
        const shown = [...answer.headers]
          .filter(([name]) => name !== "content-security-policy")
          .flat()
          .join("\n");
        const isText = !answer.headers.has("content-encoding") && !path.endsWith(".js");
        const all = `${shown}\n${isText ? answer.body : ""}`;
        for (const canary of canaries)
          expect({ path, canary, isShown: all.includes(canary) }).toEqual({ path, canary, isShown: false });
        expect(answer.body.includes(gateway.stateDir)).toBe(false);
      }
    }
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"])(
    "%s gets no more than a refusal",
    async (method) => {
      await using gateway = await startGateway({ clock: new FakeClock() });
      for (const path of ["/", "/healthz", "/nowhere"]) {
        const response = await fetch(`${gateway.pageUrl.slice(0, -1)}${path}`, {
          method: method === "CONNECT" || method === "TRACE" ? "PROPFIND" : method,
        }).catch(() => undefined);
        const text = (await response?.text()) ?? "";
        expect(["", "method not allowed\n", '{"ok":true}']).toContain(text);
      }
    },
  );

  test("an upgrade that is none gets an empty refusal", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const answer = await dial(gateway.url, { headers: { "Sec-WebSocket-Key": "" } });
    expect(answer instanceof PeerSocket ? 101 : answer.body).toBe("");
  });

  test("an upgraded socket without a secret gets the challenge, and nothing else", async () => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    const socket = await dial(gateway.url);
    if (!(socket instanceof PeerSocket)) throw new Error("refused");
    const { payload, ...frame } = JSON.parse(await socket.next());
    expect(frame).toEqual({ type: "event", event: "connect.challenge" });
    expect(Object.keys(payload).sort()).toEqual(["nonce", "ts"]);
    clock.advance(10_000);
    await socket.closed;
    expect(socket.inbox).toEqual([]);
  });
});
