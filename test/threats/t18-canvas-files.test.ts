/** Nothing outside the canvas folder is read, whatever stands in the address and whatever an agent puts on the disk. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { link, mkdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { findFile, segmentsOf } from "../../src/canvas/files.ts";
import { type CanvasRig, openCanvasRig } from "../canvas/harness.ts";

const SECRET_TEXT = "outside-of-the-canvas";
let rig: CanvasRig;
let prefix: string;

beforeAll(async () => {
  rig = await openCanvasRig();
  prefix = new URL(`${rig.open()}/__openclaw__/canvas/`).pathname;
  await writeFile(join(rig.outside, "secret.txt"), SECRET_TEXT);
  await mkdir(join(rig.outside, "private"));
  await writeFile(join(rig.outside, "private", "index.html"), SECRET_TEXT);
  await rig.write("inside.txt", "inside");
  await rig.write("sub/inside.txt", "inside");
  await rig.write(".hidden", SECRET_TEXT);
  await rig.write(".git/config", SECRET_TEXT);
  await symlink(join(rig.outside, "secret.txt"), join(rig.root, "link.txt"));
  await symlink(join(rig.outside, "private"), join(rig.root, "linked"));
  await symlink(join(rig.root, "inside.txt"), join(rig.root, "link-inside.txt"));
  await symlink("/", join(rig.root, "slash"));
  await mkdir(join(rig.root, "page"));
  await symlink(join(rig.outside, "secret.txt"), join(rig.root, "page", "index.html"));
  await link(join(rig.outside, "secret.txt"), join(rig.root, "hard.txt"));
});
afterAll(() => rig[Symbol.asyncDispose]());

/** Asks for a path exactly as it is written. */
async function ask(path: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(rig.port, "127.0.0.1", () =>
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: close\r\n\r\n`),
  );
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("close", () => resolve(text));
  socket.on("error", reject);
  const answer = await promise;
  const cut = answer.indexOf("\r\n\r\n");
  return { status: Number(answer.slice(9, 12)), body: answer.slice(cut + 4) };
}

const escapes = [
  "../secret.txt",
  "..%2fsecret.txt",
  "%2e%2e/secret.txt",
  "%2e%2e%2fsecret.txt",
  "..%5csecret.txt",
  "..\\secret.txt",
  "%252e%252e%252fsecret.txt",
  "..%252fsecret.txt",
  "sub/../../secret.txt",
  "sub/..%2f..%2fsecret.txt",
  "./../secret.txt",
  "....//secret.txt",
  "..;/secret.txt",
  "%c0%ae%c0%ae/secret.txt",
  "%uff0e%uff0e/secret.txt",
  "\u2024\u2024/secret.txt",
  "/etc/passwd",
  "//etc/passwd",
  "%2fetc%2fpasswd",
  "slash/etc/passwd",
  "file:///etc/passwd",
  "C:/Windows/win.ini",
  "C:%5cWindows%5cwin.ini",
  "%5c%5chost%5cshare",
  "secret.txt%00.html",
  "inside.txt%00",
  "inside.txt%0a",
  "inside.txt.",
  "inside.txt%20",
  "inside.txt::$DATA",
  "INSIDE.TXT",
  "Inside.txt",
  "CON",
  "nul.txt",
  "aux",
  "COM1.html",
  "lpt9",
  ".hidden",
  ".git/config",
  "sub/.hidden",
  "~/secret.txt",
  "%",
  "%zz",
  "a".repeat(5000),
  `${"a/".repeat(600)}b`,
  "link.txt",
  "linked/",
  "linked/index.html",
  "linked",
  "link-inside.txt",
  "page/",
  "hard.txt",
];

describe("threat(T18): the canvas folder", () => {
  test("serves what lies in it", async () => {
    expect(await ask(`${prefix}inside.txt`)).toEqual({ status: 200, body: "inside" });
    expect((await ask(`${prefix}sub/inside%2etxt`)).body).toBe("inside");
  });

  test.each(escapes.map((path) => [path.slice(0, 60), path]))("gives nothing for %s", async (_title, path) => {
    const answer = await ask(prefix + path);
    expect(answer.body).not.toContain(SECRET_TEXT);
    expect(answer.body).not.toContain("root:");
    // Some are no HTTP, and some leave the canvas before they come to it.
    expect(answer.status === 404 || answer.status === 400 || (answer.status === 302 && answer.body === "")).toBe(true);
  });

  test("opens no path made of pieces that mean something", async () => {
    const pieces = [
      "..",
      ".",
      "%2e",
      "%2f",
      "%5c",
      "/",
      "\\",
      "secret.txt",
      "inside.txt",
      "sub",
      "linked",
      "%00",
      "~",
      ":",
      " ",
      "é",
    ];
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    for (let count = 0; count < 3_000; count++) {
      const path = Array.from(
        { length: 1 + Math.floor(random() * 7) },
        () => pieces[Math.floor(random() * pieces.length)],
      ).join(random() < 0.5 ? "/" : "");
      const found = await findFile(rig.root, path);
      if (!found || "folder" in found) continue;
      const text = await found.file.handle.readFile("utf8");
      await found.file.handle.close();
      expect({ path, isOutside: text.includes(SECRET_TEXT) }).toEqual({ path, isOutside: false });
    }
  });

  test("does not follow what is swapped while it is opened", async () => {
    await rig.write("swap/page.txt", "inside");
    await mkdir(join(rig.outside, "other"));
    await writeFile(join(rig.outside, "other", "page.txt"), SECRET_TEXT);
    await symlink(join(rig.outside, "other"), join(rig.outside, "to-other"));
    let isOver = false;
    const swap = (async () => {
      for (let round = 0; !isOver; round++) {
        // Rests of changing length: the two loops must not run in step.
        for (let turn = 0; turn < round % 8; turn++) await new Promise(setImmediate);
        await rename(join(rig.root, "swap"), join(rig.outside, "kept"));
        await rename(join(rig.outside, "to-other"), join(rig.root, "swap"));
        await rename(join(rig.root, "swap"), join(rig.outside, "to-other"));
        await rename(join(rig.outside, "kept"), join(rig.root, "swap"));
      }
    })();
    const seen = new Set<string>();
    let refused = 0;
    for (let count = 0; count < 1_500 || seen.size === 0 || refused === 0; count++) {
      const found = await findFile(rig.root, "swap/page.txt");
      if (!found || "folder" in found) {
        refused++;
        continue;
      }
      seen.add(await found.file.handle.readFile("utf8"));
      await found.file.handle.close();
    }
    isOver = true;
    await swap;
    expect([...seen]).toEqual(["inside"]);
  });

  test("goes on with the file it opened when the name is given to another while it is sent", async () => {
    await rig.write("big.bin", Buffer.alloc(5_000_000, "a"));
    const response = await fetch(`http://127.0.0.1:${rig.port}${prefix}big.bin`);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    await unlink(join(rig.root, "big.bin"));
    await symlink(join(rig.outside, "secret.txt"), join(rig.root, "big.bin"));
    let text = new TextDecoder().decode(first?.value);
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    expect(text).toBe("a".repeat(5_000_000));
    await rm(join(rig.root, "big.bin"));
  });

  test("leaves no file open, whatever was asked", async () => {
    const { readdirSync } = await import("node:fs");
    const openFiles = () => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
    for (const path of ["inside.txt", "hard.txt", "linked/", "page/", "none"]) await ask(prefix + path);
    const before = openFiles();
    for (let round = 0; round < 30; round++)
      for (const path of ["inside.txt", "hard.txt", "linked/", "page/", "none"]) await ask(prefix + path);
    expect(openFiles()).toBeLessThan(before + 10);
  });
});

test.each<[path: string, segments: string[] | undefined]>([
  ["", []],
  ["a/b.html", ["a", "b.html"]],
  ["a%20b/%C3%A9.png", ["a b", "é.png"]],
  ["a//b", ["a", "b"]],
  ["a/../b", undefined],
  ["a%2fb", ["a", "b"]],
])("the names on %p are %p", (path, segments) => {
  expect(segmentsOf(path)).toEqual(segments as never);
});
