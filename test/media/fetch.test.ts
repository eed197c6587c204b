/** Fetching: what comes of an address that may be fetched. What may not is in `threats/t20-inside.test.ts`. */
import { describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { GatewayError } from "../../src/lib/errors.ts";
import { fetchSafely, isPublic } from "../../src/media/fetch.ts";
import { openSite, optionsFor, PUBLIC } from "./internet.ts";

/** The refusal of something that must fail. */
async function refusal(work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(
    () => new Error("it was fetched"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof GatewayError)) throw error;
  return error;
}

test("a file comes as it is, with what was said of it", async () => {
  const bytes = new Uint8Array([0, 1, 2, 255]);
  await using site = openSite(
    PUBLIC,
    () => new Response(bytes, { headers: { "content-type": "Image/PNG; charset=x" } }),
  );
  const found = await fetchSafely(`http://made-up.example:${site.port}/a/cat.png?x=1#y`, optionsFor());
  expect({ ...found, bytes: new Uint8Array(found.bytes) }).toEqual({
    bytes,
    mimeType: "image/png",
    fileName: "cat.png",
  });
  expect(site.heard.map(({ path }) => path)).toEqual(["/a/cat.png"]);
});

test.each<[path: string, fileName: string]>([
  ["/", "file"],
  ["", "file"],
  ["/a/", "file"],
  ["/report%202026.pdf", "report 2026.pdf"],
  ["/%C3%BCbung.txt", "übung.txt"],
  ["/..%2F..%2Fetc%2Fpasswd", ".._.._etc_passwd"],
  ["/a%5Cb%00c%0Ad", "a_b_c_d"],
  ["/a%22%3Cb%3E", "a_b_"],
  ["/a%zz", "a_zz"],
  ["/%E0%A4%A", "_E0_A4_A"],
  [`/${"a".repeat(300)}.png`, `${"a".repeat(116)}.png`],
])("the file at %j is called %j", async (path, fileName) => {
  await using site = openSite(PUBLIC, () => new Response("x"));
  expect((await fetchSafely(`http://made-up.example:${site.port}${path}`, optionsFor())).fileName).toBe(fileName);
});

test.each<[status: number]>([[204], [206], [304], [401], [404], [500]])(
  "status %p is a problem that names it",
  async (status) => {
    await using site = openSite(PUBLIC, () => new Response(null, { status }));
    const { code, message } = await refusal(fetchSafely(`http://made-up.example:${site.port}/`, optionsFor()));
    expect([code, message]).toEqual(["INVALID_REQUEST", `the address answers with status ${status}`]);
  },
);

describe("redirects", () => {
  test("are followed, relative ones too, and the last address gives the name", async () => {
    await using site = openSite(PUBLIC, (_request, { pathname, port }) => {
      if (pathname === "/1") return Response.redirect(`http://other.example:${port}/2`, 302);
      if (pathname === "/2") return new Response(null, { status: 307, headers: { location: "deep/3.txt" } });
      return new Response("there");
    });
    const { bytes, fileName } = await fetchSafely(`http://made-up.example:${site.port}/1`, optionsFor());
    expect([Buffer.from(bytes).toString(), fileName]).toEqual(["there", "3.txt"]);
  });

  test("end after five", async () => {
    await using site = openSite(PUBLIC, (_request, { pathname }) => {
      const hop = Number(pathname.slice(1));
      return new Response(String(hop), { status: 302, headers: { location: `/${hop + 1}` } });
    });
    const { message } = await refusal(fetchSafely(`http://made-up.example:${site.port}/0`, optionsFor()));
    expect(message).toBe("url not allowed");
    expect(site.heard).toHaveLength(6);
  });

  test("without an address are no files", async () => {
    await using site = openSite(PUBLIC, () => new Response("x", { status: 302 }));
    const { message } = await refusal(fetchSafely(`http://made-up.example:${site.port}/`, optionsFor()));
    expect(message).toBe("the address answers with status 302");
  });
});

describe("limits", () => {
  test("a file that is as large as it may be comes, one byte more does not, however it is sent", async () => {
    const sizes: Record<string, Response> = {};
    await using site = openSite(PUBLIC, (_request, { pathname }) => sizes[pathname] ?? new Response(null));
    const stream = (count: number) =>
      new ReadableStream({
        start(controller) {
          for (let at = 0; at < count; at++) controller.enqueue(new Uint8Array([1]));
          controller.close();
        },
      });
    sizes["/most"] = new Response(new Uint8Array(1000));
    sizes["/more"] = new Response(new Uint8Array(1001));
    sizes["/stream-most"] = new Response(stream(1000));
    sizes["/stream-more"] = new Response(stream(1001));
    const fetched = (path: string) =>
      fetchSafely(`http://made-up.example:${site.port}${path}`, optionsFor({ maxBytes: 1000 }));
    expect((await fetched("/most")).bytes).toHaveLength(1000);
    expect((await fetched("/stream-most")).bytes).toHaveLength(1000);
    for (const path of ["/more", "/stream-more"])
      expect((await refusal(fetched(path))).message).toBe("media too large");
  });

  test("an endless file is cut off at the network", async () => {
    let sent = 0;
    const cut = Promise.withResolvers<void>();
    await using site = openSite(
      PUBLIC,
      () =>
        new Response(
          new ReadableStream({
            type: "direct",
            async pull(controller: { write(bytes: Uint8Array): Promise<number> | number; flush(): unknown }) {
              while (sent < 100_000_000) {
                sent += 65_536;
                await controller.write(new Uint8Array(65_536));
                await controller.flush();
                await Bun.sleep(0);
              }
            },
            cancel: () => cut.resolve(),
          } as never),
        ),
    );
    const { message } = await refusal(
      fetchSafely(`http://made-up.example:${site.port}/`, optionsFor({ maxBytes: 200_000 })),
    );
    expect(message).toBe("media too large");
    await cut.promise;
    expect(sent).toBeLessThan(50_000_000);
  });

  test("a packed file is counted, and kept, as it came: it is not blown up here", async () => {
    const packed = Bun.gzipSync(new Uint8Array(5_000_000));
    await using site = openSite(PUBLIC, () => new Response(packed, { headers: { "content-encoding": "gzip" } }));
    const { bytes } = await fetchSafely(`http://made-up.example:${site.port}/`, optionsFor({ maxBytes: 10_000 }));
    expect(new Uint8Array(bytes)).toEqual(packed);
  });

  test.each<[title: string, answer: () => Response | Promise<Response>]>([
    ["that never begins", () => new Promise<Response>(() => undefined)],
    [
      "that never ends",
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1])) })),
    ],
  ])("an answer %s is given up in time, and its connection with it", async (_title, answer) => {
    const gone = Promise.withResolvers<void>();
    await using site = openSite(PUBLIC, (request) => {
      request.signal.addEventListener("abort", () => gone.resolve());
      return answer();
    });
    const options = optionsFor();
    const fetching = refusal(fetchSafely(`http://made-up.example:${site.port}/`, options));
    while (site.heard.length === 0) await Bun.sleep(1);
    options.clock.advance(99_999);
    expect(Bun.peek.status(fetching)).toBe("pending");
    options.clock.advance(1);
    const { code, message } = await fetching;
    expect([code, message]).toEqual(["INVALID_REQUEST", "the address took too long"]);
    await gone.promise;
    expect(options.clock.pending).toBe(0);
  });

  test("a name that is never found out is given up in time", async () => {
    const options = optionsFor({ resolve: () => new Promise<string[]>(() => undefined) });
    const fetching = refusal(fetchSafely("http://made-up.example/", options));
    await options.clock.waitsFor(100_000);
    options.clock.advance(100_000);
    expect((await fetching).message).toBe("the address took too long");
  });

  test("who asked may stop it at any time", async () => {
    const gone = Promise.withResolvers<void>();
    await using site = openSite(PUBLIC, (request) => {
      request.signal.addEventListener("abort", () => gone.resolve());
      return new Promise<Response>(() => undefined);
    });
    const stop = new AbortController();
    const options = optionsFor({ signal: stop.signal });
    const fetching = fetchSafely(`http://made-up.example:${site.port}/`, options).catch((error: unknown) => error);
    while (site.heard.length === 0) await Bun.sleep(1);
    stop.abort(new Error("enough"));
    expect(await fetching).toEqual(new Error("enough"));
    await gone.promise;
    expect(options.clock.pending).toBe(0);
  });
});

test.each<[title: string, head: string, body: string]>([
  ["a declared length", "Content-Length: 100\r\n", "0123456789"],
  ["pieces", "Transfer-Encoding: chunked\r\n", "64\r\n0123456789"],
])("half a file is no file: one that breaks off before its end, sent with %s", async (_title, head, body) => {
  const server = createServer((socket: Socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`, () => socket.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, PUBLIC, resolve));
  const { port } = server.address() as { port: number };
  const { code, message } = await refusal(fetchSafely(`http://made-up.example:${port}/`, optionsFor()));
  expect([code, message]).toEqual(["INVALID_REQUEST", "the address cannot be reached"]);
  server.close();
});

test("nobody there, and nobody of that name", async () => {
  const site = openSite(PUBLIC);
  await site[Symbol.asyncDispose]();
  const { message } = await refusal(fetchSafely(`http://made-up.example:${site.port}/`, optionsFor()));
  expect(message).toBe("the address cannot be reached");
  const unknown = optionsFor({ resolve: () => Promise.reject(new Error("ENOTFOUND inner.example")) });
  const { message: other, cause } = await refusal(fetchSafely("http://inner.example/", unknown));
  expect([other, cause]).toEqual(["url not allowed", undefined]);
});

test.each<[address: string, expected: boolean]>([
  ["8.8.8.8", true],
  ["1.1.1.1", true],
  ["11.0.0.1", true],
  ["172.15.255.255", true],
  ["172.32.0.0", true],
  ["100.63.255.255", true],
  ["100.128.0.0", true],
  ["192.167.255.255", true],
  ["169.253.255.255", true],
  ["198.17.255.255", true],
  ["223.255.255.255", true],
  ["2606:4700::1111", true],
  ["2a00:1450:4001::1", true],
  ["::ffff:8.8.8.8", true],
  ["9.255.255.255", true],
  ["10.0.0.0", false],
  ["10.255.255.255", false],
  ["172.16.0.0", false],
  ["172.31.255.255", false],
  ["100.64.0.0", false],
  ["100.127.255.255", false],
  ["::ffff:10.0.0.1", false],
  ["::FFFF:7F00:1", false],
  ["4000::1", false],
  ["", false],
  ["example.org", false],
  ["8.8.8", false],
  ["8.8.8.8:80", false],
])("%j is of the public internet: %p", (address, expected) => {
  expect(isPublic(address)).toBe(expected);
});
