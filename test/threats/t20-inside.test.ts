/** Nobody makes the gateway ask something inside: not by a spelling, not by a name, not by a redirect. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureTls } from "../../src/gateway/tls.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { fetchSafely } from "../../src/media/fetch.ts";
import { openSite, optionsFor, PUBLIC } from "../media/internet.ts";

/** What an address that must not be asked is answered with, whatever the cause. */
async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "it was fetched";
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.cause !== undefined || error.extras.details !== undefined) throw error;
    return `${error.code}: ${error.message}`;
  }
}
const REFUSED = "INVALID_REQUEST: url not allowed";

/** Loopback, in as many ways as people have found. */
const spellings = [
  "127.0.0.1",
  "127.0.0.1.",
  "127.1",
  "127.0.1",
  "127.0.0.2",
  "127.255.255.254",
  "2130706433",
  "017700000001",
  "0x7f000001",
  "0x7F.0.0.1",
  "0x7f.1",
  "0X7f.0x0.0x0.0x1",
  "0177.0.0.1",
  "0177.1",
  "00000177.0.0.01",
  "127.000.000.001",
  "0",
  "0x0",
  "0.0.0.0",
  "0.0.0.0.",
  "%31%32%37.0.0.1",
  "127%2e0%2e0%2e1",
  "127。0。0。1",
  "127．0．0．1",
  "１２７.０.０.１",
  "①②⑦.⓪.⓪.①",
  "127.0.\u00ad0.1",
  "127.0.\t0.1",
  "127.0.\n0.1",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[0000:0000:0000:0000:0000:0000:0000:0001]",
  "[::ffff:127.0.0.1]",
  "[::FFFF:127.0.0.1]",
  "[0:0:0:0:0:ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:0:127.0.0.1]",
  "[::127.0.0.1]",
  "[::7f00:1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b:1::127.0.0.1]",
  "[2002:7f00:1::]",
  "[2001:0:7f00:1::]",
  "[::1%25lo]",
  "[::1%lo]",
  "[fe80::1]",
  "[fe80::1%25lo]",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "user@127.0.0.1",
  "user:password@127.0.0.1",
  "8.8.8.8@127.0.0.1",
  "8.8.8.8:80@127.0.0.1",
  "8.8.8.8%2f@127.0.0.1",
  ":@127.0.0.1",
];

/** Other places that are not the public internet. */
const places = [
  "10.0.0.1",
  "100.64.0.1",
  "100.100.100.200",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.251",
  "240.0.0.1",
  "255.255.255.255",
  "0.1.2.3",
  "[100::1]",
  "[2001:db8::1]",
  "[3fff::1]",
  "[5f00::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[fec0::1]",
  "[ff02::1]",
];

/** Two canaries, for both families. */
function openCanaries() {
  const four = openSite("0.0.0.0");
  let six: ReturnType<typeof openSite> | undefined;
  try {
    six = openSite("::1", undefined, { port: four.port });
  } catch {
    // A host without IPv6 has one place less to guard.
  }
  return {
    port: four.port,
    heard: () => [...four.heard, ...(six?.heard ?? [])],
    async [Symbol.asyncDispose]() {
      await four[Symbol.asyncDispose]();
      await six?.[Symbol.asyncDispose]();
    },
  };
}

/** As the program asks: with its own judgement of addresses, and no name that leads out of this host. */
const real = (resolve: (host: string) => Promise<string[]> = async () => ["127.0.0.1"]) => ({
  clock: systemClock,
  maxBytes: 1000,
  signal: new AbortController().signal,
  resolve,
});

test("the canaries would be heard", async () => {
  await using canaries = openCanaries();
  const options = optionsFor({ isAllowed: () => true });
  await fetchSafely(`http://127.0.0.1:${canaries.port}/`, options);
  expect(canaries.heard()).toHaveLength(1);
});

describe("threat(T20): spellings", () => {
  test(`${spellings.length} spellings of this host and ${places.length} other places: 0 hits, one answer`, async () => {
    await using canaries = openCanaries();
    for (const host of [...spellings, ...places]) {
      const address = `http://${host}:${canaries.port}/canary`;
      expect([host, await outcome(fetchSafely(address, real()))]).toEqual([host, REFUSED]);
    }
    expect(canaries.heard()).toEqual([]);
  });

  test("the system's own names for this host are refused as well", async () => {
    await using canaries = openCanaries();
    const { resolve: _resolve, ...options } = real();
    for (const host of ["localhost", "localhost."])
      expect(await outcome(fetchSafely(`http://${host}:${canaries.port}/`, options))).toBe(REFUSED);
    expect(canaries.heard()).toEqual([]);
  });

  test.each<[write: (port: number) => string]>([
    [(port) => `http:127.0.0.1:${port}/`],
    [(port) => `http:/127.0.0.1:${port}/`],
    [(port) => `http:\\\\127.0.0.1:${port}/`],
    [(port) => `HtTp://127.0.0.1:${port}/`],
    [(port) => ` http://127.0.0.1:${port}/ `],
    [(port) => `http://127.0.0.1:${port}#@8.8.8.8/`],
    [(port) => `http://127.0.0.1:${port}\\@8.8.8.8/`],
    [(port) => `http://@127.0.0.1:${port}/`],
    [(port) => `//127.0.0.1:${port}/`],
    [(port) => `127.0.0.1:${port}/`],
    [(port) => `ws://127.0.0.1:${port}/`],
    [(port) => `ftp://127.0.0.1:${port}/`],
    [(port) => `gopher://127.0.0.1:${port}/_GET`],
    [(port) => `blob:http://127.0.0.1:${port}/x`],
    [(port) => `view-source:http://127.0.0.1:${port}/`],
    [() => "file:///etc/passwd"],
    [() => "data:text/plain,hello"],
    [() => "javascript:fetch('/')"],
    [() => "unix:/var/run/docker.sock"],
    [() => "http://"],
    [() => "https://:80/"],
    [() => ""],
    [(port) => `http://127.0.0.1:${port}/${"a".repeat(9000)}`],
    [() => `http://made-up.example/${"a".repeat(9000)}`],
  ])("%s", async (write) => {
    await using canaries = openCanaries();
    expect(await outcome(fetchSafely(write(canaries.port), real()))).toBe(REFUSED);
    expect(canaries.heard()).toEqual([]);
  });
});

describe("threat(T20): names", () => {
  test.each<[title: string, addresses: string[]]>([
    ["this host", ["127.0.0.1"]],
    ["this host in IPv6", ["::1"]],
    ["this host in IPv6 that wraps IPv4", ["::ffff:127.0.0.1"]],
    ["the same in hex", ["::ffff:7f00:1"]],
    ["a link of this host", ["fe80::1%lo"]],
    ["a private network", ["10.0.0.1"]],
    ["the cloud's own service", ["169.254.169.254"]],
    ["no address", []],
    ["something that is no address", ["made-up.example"]],
    ["an address with a port", ["8.8.8.8:80"]],
  ])("a name for %s is refused", async (_title, addresses) => {
    await using canaries = openCanaries();
    for (const host of ["made-up.example", "127.0.0.1.made-up.example", "xn--80ak6aa92e.example", "аррӏе.example"]) {
      const address = `http://${host}:${canaries.port}/`;
      expect(
        await outcome(
          fetchSafely(
            address,
            real(async () => addresses),
          ),
        ),
      ).toBe(REFUSED);
    }
    expect(canaries.heard()).toEqual([]);
  });

  test.each<[addresses: string[]]>([
    [[PUBLIC, "127.0.0.1"]],
    [["127.0.0.1", PUBLIC]],
    [[PUBLIC, PUBLIC, "::1"]],
    [[PUBLIC, ""]],
  ])("an inner address is not hidden among public ones: %p", async (addresses) => {
    await using site = openSite(PUBLIC);
    await using canary = openSite("127.0.0.1", undefined, { port: site.port });
    const options = optionsFor({ resolve: async () => addresses });
    expect(await outcome(fetchSafely(`http://made-up.example:${site.port}/`, options))).toBe(REFUSED);
    expect([site.heard, canary.heard]).toEqual([[], []]);
  });

  test("a name that changes its mind is asked once, and only the address that was judged is connected to", async () => {
    await using site = openSite(PUBLIC, () => new Response("outside"));
    await using canary = openSite("127.0.0.1", undefined, { port: site.port });
    const asked: string[] = [];
    const resolve = async (host: string) => (asked.push(host) === 1 ? [PUBLIC] : ["127.0.0.1"]);
    const { bytes } = await fetchSafely(`http://rebind.example:${site.port}/`, optionsFor({ resolve }));
    expect(Buffer.from(bytes).toString()).toBe("outside");
    expect(asked).toEqual(["rebind.example"]);
    expect(canary.heard).toEqual([]);
    expect(site.heard[0]?.headers["host"]).toBe(`rebind.example:${site.port}`);
  });

  test("a name that changes its mind between two hops is judged again", async () => {
    await using site = openSite(PUBLIC, () => Response.redirect("/again", 302));
    await using canary = openSite("127.0.0.1", undefined, { port: site.port });
    let asked = 0;
    const resolve = async () => (asked++ === 0 ? [PUBLIC] : ["127.0.0.1"]);
    expect(await outcome(fetchSafely(`http://rebind.example:${site.port}/`, optionsFor({ resolve })))).toBe(REFUSED);
    expect([asked, site.heard.length, canary.heard.length]).toEqual([2, 1, 0]);
  });

  test("of several public addresses the first is taken, and no other is tried in its place", async () => {
    await using site = openSite(PUBLIC, () => new Response("outside"));
    const options = optionsFor({ resolve: async () => [PUBLIC, "127.0.0.3"], isAllowed: () => true });
    await fetchSafely(`http://made-up.example:${site.port}/`, options);
    expect(site.heard).toHaveLength(1);
  });
});

describe("threat(T20): redirects", () => {
  const inner = [
    (port: number) => `http://127.0.0.1:${port}/`,
    (port: number) => `http://2130706433:${port}/`,
    (port: number) => `http://[::ffff:127.0.0.1]:${port}/`,
    (port: number) => `//127.0.0.1:${port}/`,
    (port: number) => `\\\\127.0.0.1:${port}\\`,
    (port: number) => `http://inner.example:${port}/`,
    (port: number) => `http://user@outer.example:${port}/`,
    () => "file:///etc/passwd",
    () => "gopher://127.0.0.1/",
    () => "http://",
    () => "data:text/plain,hello",
  ];
  test.each<[status: number]>([[301], [302], [303], [307], [308]])(
    "with status %p to the inside: 0 hits",
    async (status) => {
      for (const write of inner) {
        await using canary = openSite("127.0.0.1");
        await using site = openSite(PUBLIC, () => {
          return new Response(null, { status, headers: { location: write(canary.port) } });
        });
        const resolve = async (host: string) => [host === "inner.example" ? "127.0.0.1" : PUBLIC];
        const fetching = fetchSafely(`http://outer.example:${site.port}/`, optionsFor({ resolve }));
        expect([write(1), await outcome(fetching)]).toEqual([write(1), REFUSED]);
        expect([site.heard.length, canary.heard.length]).toEqual([1, 0]);
      }
    },
  );

  test("other headers and pages that lead elsewhere are not followed", async () => {
    await using canary = openSite("127.0.0.1");
    const there = `http://127.0.0.1:${canary.port}/`;
    await using site = openSite(
      PUBLIC,
      () =>
        new Response(`<meta http-equiv="refresh" content="0;url=${there}"><img src="${there}">`, {
          headers: {
            refresh: `0;url=${there}`,
            location: there,
            link: `<${there}>; rel=preload`,
            "content-type": "text/html",
          },
        }),
    );
    const { bytes } = await fetchSafely(`http://outer.example:${site.port}/`, optionsFor());
    expect(Buffer.from(bytes).toString()).toContain("refresh");
    expect(canary.heard).toEqual([]);
  });
});

test("threat(T20): behind TLS the same holds: the judged address, and a certificate that must be right", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-tls-"));
  const tls = await ensureTls(folder, ["made-up.example"], Date.UTC(2026, 0, 1));
  await using site = openSite(PUBLIC, undefined, { tls });
  await using canary = openSite("127.0.0.1", undefined, { port: site.port, tls });
  const fetching = fetchSafely(`https://made-up.example:${site.port}/`, optionsFor());
  const error = await fetching.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "INVALID_REQUEST", message: "the address cannot be reached" });
  expect([site.heard, canary.heard]).toEqual([[], []]);
  expect(await outcome(fetchSafely(`https://127.0.0.1:${site.port}/`, real()))).toBe(REFUSED);
  rmSync(folder, { recursive: true, force: true });
});

test("threat(T20): the proxies of the environment are not asked: they would connect for us where we must not", async () => {
  await using proxy = openSite("127.0.0.1");
  await using site = openSite(PUBLIC, () => new Response("outside"));
  const code = `
    const { fetchSafely } = await import(${JSON.stringify(join(import.meta.dir, "../../src/media/fetch.ts"))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dir, "../../src/lib/clock.ts"))});
    const { bytes } = await fetchSafely("http://made-up.example:${site.port}/", {
      clock: systemClock, maxBytes: 1000, signal: new AbortController().signal,
      resolve: async () => ["${PUBLIC}"], isAllowed: (address) => address === "${PUBLIC}",
    });
    console.log(Buffer.from(bytes).toString());
  `;
  const url = `http://127.0.0.1:${proxy.port}`;
  const child = Bun.spawn([process.execPath, "-e", code], {
    env: { HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, ALL_PROXY: url, NODE_USE_ENV_PROXY: "1" },
    stdout: "pipe",
    stderr: "inherit",
  });
  expect(await new Response(child.stdout).text()).toBe("outside\n");
  expect(proxy.heard).toEqual([]);
});
