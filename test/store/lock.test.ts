import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findHolder, LockedError, openHostLock, openLock } from "../../src/store/lock.ts";

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

test("in one process, too: being refused, or looking, does not give away what this process holds", async () => {
  using _held = openLock(folder);
  expect(() => openLock(folder)).toThrow(LockedError);
  findHolder(folder);
  const code = `
    const { openLock } = await import(${JSON.stringify(lockModule)});
    try { openLock(${JSON.stringify(folder)}); console.log("taken"); } catch (error) { console.log(error.name); }
  `;
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe("LockedError\n");
});

describe("the lock of a host", () => {
  const name = `test-${process.pid}`;
  const path = join(process.platform === "win32" ? tmpdir() : "/tmp", `moltbot-${name}.lock`);
  const children: { kill(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) await child.kill();
    rmSync(path, { recursive: true, force: true });
  });

  /** Another process of this program, with a state folder of its own: it shares nothing with us but the host. */
  async function askElsewhere(then: string) {
    const code = `
      const { openHostLock } = await import(${JSON.stringify(lockModule)});
      const lock = openHostLock(${JSON.stringify(name)});
      console.log(lock ? "held" : "refused");
      ${then}
    `;
    const child = Bun.spawn([process.execPath, "-e", code], {
      cwd: folder,
      env: { HOME: folder, TMPDIR: folder },
      stdout: "pipe",
      stderr: "inherit",
    });
    const kill = async () => {
      child.kill("SIGKILL");
      await child.exited;
    };
    children.push({ kill });
    const { value } = await child.stdout.getReader().read();
    return { said: new TextDecoder().decode(value).trim(), kill };
  }

  test("a second process is refused, and kill -9 of the first frees it", async () => {
    const other = await askElsewhere("setInterval(() => lock, 1000);");
    expect(other.said).toBe("held");
    expect(openHostLock(name)).toBeUndefined();
    await other.kill();
    using lock = openHostLock(name);
    expect(lock).toBeDefined();
    expect((await askElsewhere("")).said).toBe("refused");
  });

  test("is held once in one process too; giving it back frees it; another name is another lock", async () => {
    const first = openHostLock(name);
    expect(openHostLock(name)).toBeUndefined();
    // Being refused here does not let others in.
    expect((await askElsewhere("")).said).toBe("refused");
    using other = openHostLock(`${name}-other`);
    expect(other).toBeDefined();
    rmSync(path.replace(name, `${name}-other`));
    first?.[Symbol.dispose]();
    expect((await askElsewhere("")).said).toBe("held");
  });

  test("another user finds it locked, not unreadable, whatever the mask of this process", () => {
    const mask = process.umask(0o077);
    try {
      using _lock = openHostLock(name);
      expect(statSync(path).mode & 0o777).toBe(0o666);
    } finally {
      process.umask(mask);
    }
  });

  test("threat(T18): a link that somebody laid there makes nothing, opens nothing, and is named", () => {
    const target = join(folder, "victim");
    symlinkSync(target, path);
    expect(() => openHostLock(name)).toThrow(`${path} is no file: remove it`);
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, "precious", { mode: 0o600 });
    expect(() => openHostLock(name)).toThrow("is no file");
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });

  test("what else may be there is no lock: a folder, a text, a file that cannot be read", () => {
    mkdirSync(path);
    expect(() => openHostLock(name)).toThrow("is no file");
    rmSync(path, { recursive: true });
    writeFileSync(path, "not a lock, but long enough to be taken for a database file of some kind ".repeat(20));
    expect(() => openHostLock(name)).toThrow();
    rmSync(path);
    if (process.getuid?.() === 0) return; // Root reads everything.
    writeFileSync(path, "");
    chmodSync(path, 0);
    expect(() => openHostLock(name)).toThrow();
  });
});
