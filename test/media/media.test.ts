import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeFile, Media } from "../../src/media/media.ts";
import { FakeClock } from "../support/clock.ts";
import { openSite, optionsFor, PUBLIC } from "./internet.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const png = (more = "") => new Uint8Array(Buffer.from(`\x89PNG\r\n\x1a\n${more}`, "latin1"));
const text = (words: string) => new Uint8Array(Buffer.from(words));

let home: string;
let folder: string;
let clock: FakeClock;
let media: Media;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "moltbot-media-"));
  folder = join(home, "media");
  clock = new FakeClock();
  const { resolve, isAllowed } = optionsFor();
  media = new Media({
    folder,
    clock,
    internet: { ...(resolve ? { resolve } : {}), ...(isAllowed ? { isAllowed } : {}) },
  });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const resolve = (ref: string, maxBytes = 1_000_000) =>
  media.resolve(ref, { maxBytes, signal: new AbortController().signal });
const problemOf = (ref: string, maxBytes?: number) =>
  resolve(ref, maxBytes).then(
    () => "it was found",
    (error: Error) => error.message,
  );
const files = () => readdirSync(folder).sort();

describe("kept files", () => {
  test("come back under their handle, as what their bytes are", async () => {
    const handle = media.keep(png("one"));
    expect(handle).toMatch(/^media:[0-9a-f]{40}\.png$/);
    const found = await resolve(handle);
    expect({ ...found, bytes: new Uint8Array(found.bytes) }).toEqual({
      kind: "image",
      mimeType: "image/png",
      fileName: "file.png",
      bytes: png("one"),
    });
    expect((await resolve(media.keep(text("hello")))).mimeType).toBe("application/octet-stream");
  });

  test("the same bytes are one file, others are another", () => {
    expect(media.keep(png("one"))).toBe(media.keep(png("one")));
    expect(media.keep(png("two"))).not.toBe(media.keep(png("one")));
    expect(files()).toHaveLength(2);
  });

  test("nothing is there before the first, and nothing half-written after it", () => {
    expect(existsSync(folder)).toBe(false);
    media.keep(png());
    expect(files().filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test("threat(T23): nobody else may read them, whatever the mask of the process says", () => {
    const mask = process.umask(0);
    try {
      media.keep(png());
    } finally {
      process.umask(mask);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test("one that is too large for where it goes is said to be so; one that is not there is not found", async () => {
    const handle = media.keep(png("x".repeat(100)));
    expect(await problemOf(handle, 107)).toBe("media too large");
    expect(await problemOf(handle, 108)).toBe("it was found");
    expect(await problemOf(`media:${"0".repeat(40)}.png`)).toBe("media not found");
    expect(await problemOf(handle.replace(".png", ".jpg"))).toBe("media not found");
  });
});

describe("the store", () => {
  test("forgets what was not used for seven days, and keeps what was", async () => {
    const unused = media.keep(png("unused"));
    const used = media.keep(png("used"));
    clock.advance(4 * DAY_MS);
    await resolve(used);
    clock.advance(4 * DAY_MS);
    const fresh = media.keep(png("fresh"));
    expect(await problemOf(unused)).toBe("media not found");
    expect([await problemOf(used), await problemOf(fresh)]).toEqual(["it was found", "it was found"]);
  });

  test("keeping a file again makes it young again", async () => {
    const handle = media.keep(png("again"));
    clock.advance(6 * DAY_MS);
    media.keep(png("again"));
    clock.advance(6 * DAY_MS);
    media.keep(png("other"));
    expect(await problemOf(handle)).toBe("it was found");
  });

  test("holds half a gigabyte: the longest unused go first, what a crash left half-written among them", () => {
    media.keep(png());
    const plant = (name: string, megabytes: number, ageMs: number) => {
      const path = join(folder, name);
      writeFileSync(path, "");
      truncateSync(path, megabytes * 1024 * 1024);
      const at = new Date(clock.now() - ageMs);
      utimesSync(path, at, at);
    };
    plant(`${"1".repeat(40)}.bin`, 300, 1000);
    plant(`${"2".repeat(40)}.bin`, 200, 2000);
    plant(`${"3".repeat(40)}.bin`, 100, 3000);
    plant(`${"4".repeat(40)}.bin.new`, 1, 8 * DAY_MS);
    media.keep(png("new"));
    const left = files().map((name) => name.slice(0, 2));
    expect(left).toContain("11");
    expect(left).toContain("22");
    expect(left).not.toContain("33");
    expect(left).not.toContain("44");
    expect(files()).toHaveLength(4);
  });
});

describe("the internet", () => {
  test("a file is what its bytes are, whatever its host says", async () => {
    await using site = openSite(PUBLIC, (_request, { pathname }) => {
      if (pathname === "/lies") return new Response(png(), { headers: { "content-type": "text/html" } });
      return new Response("hello", { headers: { "content-type": "text/plain" } });
    });
    const address = `http://made-up.example:${site.port}`;
    expect(await resolve(`${address}/lies`)).toMatchObject({
      kind: "image",
      mimeType: "image/png",
      fileName: "lies.png",
    });
    expect(await resolve(`${address}/notes.txt`)).toMatchObject({ kind: "document", mimeType: "text/plain" });
    expect(await problemOf(`${address}/notes.txt`, 4)).toBe("media too large");
    expect(await problemOf("http://127.0.0.1/")).toBe("url not allowed");
  });
});

describe("what a file goes out as", () => {
  const ogg = text("OggS");
  const zip = text("PK\x03\x04");
  const webm = new Uint8Array([0x1a, 0x45, 0xdf, 0xa3]);
  const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  test.each<[title: string, bytes: Uint8Array, said: Parameters<typeof describeFile>[1], expected: object]>([
    ["a picture", png(), { fileName: "a" }, { kind: "image", mimeType: "image/png", fileName: "a.png" }],
    ["a name that has an ending keeps it", png(), { fileName: "a.jpg" }, { fileName: "a.jpg" }],
    ["a picture that is said to be a page", png(), { mimeType: "text/html" }, { kind: "image", mimeType: "image/png" }],
    [
      "a page that is said to be a picture stays what is said",
      text("<p>"),
      { mimeType: "image/png" },
      { kind: "image" },
    ],
    ["nothing said", text("x"), {}, { kind: "document", mimeType: "application/octet-stream", fileName: "file" }],
    ["a picture as a document", png(), { isDocument: true }, { kind: "document", mimeType: "image/png" }],
    ["a voice note", ogg, { isVoice: true }, { kind: "voice", mimeType: "audio/ogg" }],
    ["a picture is no voice note", png(), { isVoice: true }, { kind: "image" }],
    ["a document is no voice note", ogg, { isVoice: true, isDocument: true }, { kind: "document" }],
    ["a text document stays one though it is packed", zip, { mimeType: word }, { kind: "document", mimeType: word }],
    ["an archive", zip, { mimeType: "text/html" }, { kind: "document", mimeType: "application/zip" }],
    [
      "an archive of which nothing is known",
      zip,
      { mimeType: "application/octet-stream" },
      { mimeType: "application/zip" },
    ],
    ["an archive that is said to be a picture", zip, { mimeType: "image/png" }, { kind: "document" }],
    ["a sound in a container of films", webm, { mimeType: "audio/webm" }, { kind: "audio", mimeType: "audio/webm" }],
    ["a film", webm, {}, { kind: "video", mimeType: "video/webm" }],
  ])("%s", (_title, bytes, said, expected) => {
    expect(describeFile(bytes, said)).toMatchObject({ ...expected, bytes });
  });
});
