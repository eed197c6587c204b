/** What the gateway fetches for others it fetches as nobody: no host is shown a credential, its own or another's. */
import { expect, test } from "bun:test";
import { fetchSafely } from "../../src/media/fetch.ts";
import { openSite, optionsFor, PUBLIC } from "../media/internet.ts";

/** Everything a request may carry, and nothing else. */
const HARMLESS = ["accept", "connection", "host", "user-agent"];

test("threat(T21): every hop is asked without credentials, to the same host, to another, and back", async () => {
  await using other = openSite(PUBLIC, (_request, { searchParams }) => {
    return new Response(null, {
      status: 302,
      headers: { location: searchParams.get("back") ?? "", "set-cookie": "theirs=2; Path=/" },
    });
  });
  await using site = openSite(PUBLIC, (_request, { pathname, port }) => {
    const back = encodeURIComponent(`http://one.example:${port}/end`);
    const next: Record<string, string> = {
      "/start": "/second",
      "/second": `http://one.example.evil.example:${other.port}/?back=${back}`,
    };
    const location = next[pathname];
    const headers = { "set-cookie": "session=1; Path=/", "www-authenticate": "Basic realm=x" };
    if (location === undefined) return new Response("end", { headers });
    return new Response(null, { status: 302, headers: { ...headers, location } });
  });
  const { bytes } = await fetchSafely(`http://one.example:${site.port}/start`, optionsFor());
  expect(Buffer.from(bytes).toString()).toBe("end");
  const all = [...site.heard, ...other.heard];
  expect(all).toHaveLength(4);
  for (const { headers } of all) {
    expect(Object.keys(headers).sort()).toEqual(HARMLESS);
    expect([headers["user-agent"], headers["accept"]]).toEqual(["moltbot", "*/*"]);
  }
});

test("threat(T21): a host that asks for credentials gets none, and no second request", async () => {
  for (const status of [401, 407]) {
    await using site = openSite(
      PUBLIC,
      () =>
        new Response(null, { status, headers: { "www-authenticate": "Basic realm=x", "proxy-authenticate": "Basic" } }),
    );
    const fetching = fetchSafely(`http://one.example:${site.port}/`, optionsFor());
    expect(await fetching.catch((error: Error) => error.message)).toBe(`the address answers with status ${status}`);
    expect(site.heard).toHaveLength(1);
  }
});

test.each<[write: (port: number) => string]>([
  [(port) => `http://user:password@one.example:${port}/`],
  [(port) => `http://user@one.example:${port}/`],
  [(port) => `http://:password@one.example:${port}/`],
  [(port) => `http://%75ser@one.example:${port}/`],
])("threat(T21): credentials in an address are refused, in the first and in a redirect: %s", async (write) => {
  await using site = openSite(PUBLIC, (_request, { port }) => Response.redirect(write(Number(port)), 302));
  for (const address of [write(site.port), `http://one.example:${site.port}/`]) {
    const fetching = fetchSafely(address, optionsFor());
    expect(await fetching.catch((error: Error) => error.message)).toBe("url not allowed");
  }
  // The plain address was asked; what it led to was not.
  expect(site.heard).toHaveLength(1);
  expect(JSON.stringify(site.heard)).not.toContain("authorization");
});
