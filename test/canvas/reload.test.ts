/** Open pages are told when a file changes: once for a burst, and only those that may know. */
import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pollFolder } from "../../src/canvas/watch.ts";
import { FakeClock } from "../support/clock.ts";
import { type CanvasRig, openCanvasRig } from "./harness.ts";

const SETTLE_MS = 75;

/** A page's reload socket. */
async function follow(address: string) {
  const socket = new WebSocket(`${address.replace("http", "ws")}/__openclaw__/ws`);
  const told: string[] = [];
  let next = Promise.withResolvers<string>();
  socket.onmessage = ({ data }) => {
    told.push(data);
    next.resolve(data);
    next = Promise.withResolvers();
  };
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  return { told, closed, next: () => next.promise, close: () => socket.close() };
}

/** Lets the watcher settle after the system told it something. */
async function settle(rig: CanvasRig): Promise<void> {
  await rig.clock.waitsFor(SETTLE_MS);
  rig.clock.advance(SETTLE_MS);
}

describe("an open page", () => {
  test.each<[title: string, change: (rig: CanvasRig) => Promise<unknown>]>([
    ["a file that is written", (rig) => rig.write("index.html", "<p>new</p>")],
    [
      "a file that is put in place",
      async (rig) => {
        await writeFile(join(rig.outside, "next"), "<p>new</p>");
        await rename(join(rig.outside, "next"), join(rig.root, "index.html"));
      },
    ],
    [
      "a file in a new folder",
      async (rig) => {
        await mkdir(join(rig.root, "deep", "er"), { recursive: true });
        await rig.write("deep/er/page.html", "<p>new</p>");
      },
    ],
    ["a file that goes", (rig) => rm(join(rig.root, "index.html"))],
  ])("is told of %s", async (_title, change) => {
    await using rig = await openCanvasRig();
    const page = await follow(rig.open());
    const told = page.next();
    await change(rig);
    await settle(rig);
    expect(await told).toBe("reload");
    page.close();
  });

  test("is told once of a burst", async () => {
    await using rig = await openCanvasRig();
    const page = await follow(rig.open());
    for (let index = 0; index < 20; index++) await rig.write(`file${index}.html`, "x");
    const told = page.next();
    await settle(rig);
    await told;
    // Another page's word comes after everything that was said before it.
    const other = await follow(rig.open());
    const last = other.next();
    rig.canvas.host.reload();
    await last;
    await told;
    expect(page.told.length).toBeLessThanOrEqual(2);
    expect(other.told).toEqual(["reload"]);
  });

  test("loses its socket with its node's connection, and others keep theirs", async () => {
    await using rig = await openCanvasRig();
    const mine = await follow(rig.open("node-1", "c1"));
    const other = await follow(rig.open("node-2", "c2"));
    rig.canvas.drop("c1");
    expect(await mine.closed).toBe(1000);
    const told = other.next();
    rig.canvas.host.reload();
    expect(await told).toBe("reload");
    expect(mine.told).toEqual([]);
  });

  test("keeps its address alive while it is looked at", async () => {
    await using rig = await openCanvasRig();
    const address = rig.open();
    const page = await follow(address);
    rig.clock.advance(60 * 60_000);
    expect((await rig.ask(`${address}/__openclaw__/canvas/`)).status).toBe(200);
    page.close();
    await page.closed;
  });

  test("gets 426 for a plain request on the socket's address, and 503 when there are too many", async () => {
    await using rig = await openCanvasRig();
    const address = rig.open();
    expect((await rig.ask(`${address}/__openclaw__/ws`)).status).toBe(426);
    const pages = await Promise.all(Array.from({ length: 512 }, () => follow(address)));
    const headers = { upgrade: "websocket", connection: "upgrade" };
    expect((await rig.ask(`${address}/__openclaw__/ws`, { headers })).status).toBe(503);
    for (const page of pages) page.close();
  });
});

test("what is hidden is not told", async () => {
  await using rig = await openCanvasRig();
  const page = await follow(rig.open());
  await rig.write(".draft", "x");
  await rig.write("node_modules/a/index.js", "x");
  const told = page.next();
  await rig.write("seen.html", "x");
  await settle(rig);
  await told;
  expect(page.told).toEqual(["reload"]);
  page.close();
});

test("where the system does not tell, the folder is looked at", async () => {
  const folder = await mkdtemp(join(tmpdir(), "moltbot-poll-"));
  const clock = new FakeClock();
  let changes = 0;
  using poll = pollFolder(folder, clock, () => changes++);
  await poll.look();
  await poll.look();
  expect(changes).toBe(0);
  await writeFile(join(folder, "page.html"), "x");
  await poll.look();
  expect(changes).toBe(1);
  await writeFile(join(folder, ".draft"), "x");
  await poll.look();
  expect(changes).toBe(1);
  await rm(folder, { recursive: true });
  clock.advance(2_000);
  await poll.look();
  expect(changes).toBe(2);
});
