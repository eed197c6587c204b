import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findHolder, LockedError, openLock } from "../../src/store/lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const holder = { pid: 4711, url: "ws://127.0.0.1:1", port: 1, version: "0", startedAtMs: 1 };
const lockModule = join(import.meta.dir, "../../src/store/lock.ts");

/** Another process that takes the lock, says so, and lives until it is told otherwise. */
async function holdElsewhere(): Promise<{ kill(): Promise<void> }> {
  const code = `
    const { openLock } = await import(${JSON.stringify(lockModule)});
    const lock = openLock(${JSON.stringify(folder)});
    lock.announce({ ...${JSON.stringify(holder)}, pid: process.pid });
    console.log("held");
    setInterval(() => lock, 1000);
  `;
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe("held\n");
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

test("threat(T33): a second process is refused with the first one's address, and kill -9 frees the lock", async () => {
  const other = await holdElsewhere();
  expect(findHolder(folder)).toMatchObject({ url: holder.url });
  let refusal: unknown;
  try {
    openLock(folder);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(LockedError);
  expect(String(refusal)).toContain(holder.url);
  await other.kill();
  expect(findHolder(folder)).toBeUndefined();
  using lock = openLock(folder);
  lock.announce(holder);
  expect(statSync(join(folder, "gateway.json")).mode & 0o777).toBe(0o600);
});

test("in one process, too, only one holds it, and giving it back frees it", () => {
  const first = openLock(folder);
  expect(() => openLock(folder)).toThrow(LockedError);
  first.announce(holder);
  expect(findHolder(folder)).toEqual(holder);
  first[Symbol.dispose]();
  expect(findHolder(folder)).toBeUndefined();
  openLock(folder)[Symbol.dispose]();
});

test("threat(T44): what a dead gateway announced is believed by nobody", async () => {
  const other = await holdElsewhere();
  await other.kill();
  expect(findHolder(folder)).toBeUndefined();
  using lock = openLock(folder);
  // The next holder has not announced itself: its address is unknown, not that of the dead one.
  expect(findHolder(folder)).toBeUndefined();
  lock.announce({ ...holder, url: "ws://127.0.0.1:2" });
  expect(findHolder(folder)?.url).toBe("ws://127.0.0.1:2");
});

test("those who look do not take each other for the gateway", () => {
  expect(findHolder(folder)).toBeUndefined();
  openLock(folder)[Symbol.dispose]();
  for (let round = 0; round < 20; round++) expect(findHolder(folder)).toBeUndefined();
  using lock = openLock(folder);
  lock.announce(holder);
});
