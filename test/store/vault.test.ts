/** Keys of accounts: all or nothing, nobody else's, and nobody else's to read (threats T23). */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVaultFile, Vault } from "../../src/store/vault.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-vault-"));
  path = join(folder, "keys.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = { channel: "net", accountId: "a" };
const vaultModule = join(import.meta.dir, "../../src/store/vault.ts");

/** Another process with this program's vault. */
function runElsewhere(code: string) {
  const head = `const { openVaultFile, Vault } = await import(${JSON.stringify(vaultModule)}); const path = ${JSON.stringify(path)};
    const open = () => new Vault(openVaultFile(path), { channel: "net", accountId: "a" }, () => 1);`;
  return Bun.spawn([process.execPath, "-e", head + code], { stdout: "pipe", stderr: "inherit" });
}

test("what is stored is there, what is not is not, and the rest is as it was", () => {
  using file = openVaultFile(path);
  const vault = new Vault(file, place, () => 1);
  vault.set([
    { type: "session", id: "1", value: "one" },
    { type: "session", id: "2", value: "" },
    { type: "key", id: "1", value: "key" },
  ]);
  expect([...vault.get("session", ["2", "1", "3"])]).toEqual([
    ["2", ""],
    ["1", "one"],
  ]);
  vault.set([
    { type: "session", id: "1", value: "new" },
    { type: "session", id: "2" },
    { type: "session", id: "9" },
  ]);
  expect([...vault.get("session", ["1", "2", "9"])]).toEqual([["1", "new"]]);
  expect([...vault.get("key", ["1"])]).toEqual([["1", "key"]]);
  expect(vault.get("session", []).size).toBe(0);
});

test("names that look like something else are only names", () => {
  using file = openVaultFile(path);
  const vault = new Vault(file, place, () => 1);
  const names = ["__proto__", "'; DROP TABLE vault; --", "%", "_", "", "a\0b", "🦞"];
  vault.set(names.map((id) => ({ type: id, id, value: `v ${id}` })));
  for (const id of names) expect([...vault.get(id, [id])]).toEqual([[id, `v ${id}`]]);
  vault.forget("%", 99);
  expect(vault.get("__proto__", ["__proto__"]).size).toBe(1);
});

test("all of a change or nothing of it", () => {
  using file = openVaultFile(path);
  const vault = new Vault(file, place, () => 1);
  vault.set([{ type: "t", id: "1", value: "old" }]);
  const broken = { type: "t", id: null as never, value: "x" };
  expect(() => vault.set([{ type: "t", id: "1", value: "new" }, { type: "t", id: "2" }, broken])).toThrow();
  expect([...vault.get("t", ["1", "2"])]).toEqual([["1", "old"]]);
  vault.set([{ type: "t", id: "1", value: "after" }]);
  expect([...vault.get("t", ["1"])]).toEqual([["1", "after"]]);
});

describe("accounts", () => {
  const others = [
    { channel: "net", accountId: "b" },
    { channel: "other", accountId: "a" },
    { channel: "net a", accountId: "" },
  ];

  test("have nothing of each other", () => {
    using file = openVaultFile(path);
    const own = new Vault(file, place, () => 1);
    for (const [at, other] of others.entries())
      new Vault(file, other, () => 1).set([{ type: "t", id: "1", value: `other ${at}` }]);
    expect(own.get("t", ["1"]).size).toBe(0);
    own.set([{ type: "t", id: "1", value: "own" }]);
    own.set([{ type: "t", id: "1" }]);
    own.forget("t", 99);
    own.clear();
    for (const [at, other] of others.entries())
      expect([...new Vault(file, other, () => 1).get("t", ["1"])]).toEqual([["1", `other ${at}`]]);
  });

  test("forget what is old of one type, and everything when they are cleared", () => {
    using file = openVaultFile(path);
    let nowMs = 100;
    const vault = new Vault(file, place, () => nowMs);
    vault.set([
      { type: "t", id: "old", value: "x" },
      { type: "u", id: "old", value: "x" },
    ]);
    vault.set([{ type: "t", id: "renewed", value: "x" }]);
    nowMs = 200;
    vault.set([
      { type: "t", id: "renewed", value: "y" },
      { type: "t", id: "young", value: "x" },
    ]);
    vault.forget("t", 200);
    expect([...vault.get("t", ["old", "renewed", "young"]).keys()]).toEqual(["renewed", "young"]);
    expect(vault.get("u", ["old"]).size).toBe(1);
    vault.clear();
    expect(vault.get("t", ["renewed", "young"]).size + vault.get("u", ["old"]).size).toBe(0);
  });
});

test("threat(T23): only its owner may read any file of it, whatever the mask of the process says", async () => {
  const child = runElsewhere(`process.umask(0); open().set([{ type: "t", id: "1", value: "x" }]);
    console.log("stored"); setInterval(() => {}, 1000);`);
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("stored\n");
  const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
  child.kill("SIGKILL");
  await child.exited;
  expect(modes.length).toBeGreaterThan(1);
  for (const [name, mode] of modes) expect([name, mode]).toEqual([name, 0o600]);
});

test("what was stored is there after kill -9, and a change that was cut off is not half there", async () => {
  const child = runElsewhere(`const vault = open();
    for (let at = 0; ; at++) {
      vault.set(Array.from({ length: 50 }, (_, id) => ({ type: "t", id: String(id), value: String(at) })));
      if (at === 20) console.log("going");
    }`);
  await child.stdout.getReader().read();
  child.kill("SIGKILL");
  await child.exited;
  using file = openVaultFile(path);
  const ids = Array.from({ length: 50 }, (_, id) => String(id));
  const found = new Vault(file, place, () => 1).get("t", ids);
  expect(found.size).toBe(50);
  expect(new Set(found.values()).size).toBe(1);
  expect(Number(found.get("0"))).toBeGreaterThanOrEqual(20);
});

test("many threads that open one new file at the same time all have it", async () => {
  const source = `const { openVaultFile, Vault } = await import(${JSON.stringify(vaultModule)});
    self.onmessage = ({ data: { path, id } }) => {
      try {
        new Vault(openVaultFile(path), { channel: "net", accountId: "a" }, () => 1).set([{ type: "t", id, value: "x" }]);
        postMessage("stored");
      } catch (error) {
        postMessage(String(error));
      }
    };
    postMessage("ready");`;
  const entry = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const threads = Array.from({ length: 6 }, () => new Worker(entry, { smol: true } as WorkerOptions));
  const said = () =>
    Promise.all(
      threads.map(
        (thread) =>
          new Promise<string>((resolve) => {
            thread.onmessage = ({ data }) => resolve(data);
          }),
      ),
    );
  await said();
  for (let round = 0; round < 10; round++) {
    const fresh = join(folder, `keys-${round}.db`);
    const answers = said();
    for (const [at, thread] of threads.entries()) thread.postMessage({ path: fresh, id: String(at) });
    expect(await answers).toEqual(threads.map(() => "stored"));
    using file = openVaultFile(fresh);
    const ids = threads.map((_, at) => String(at));
    expect([...new Vault(file, place, () => 1).get("t", ids).keys()]).toEqual(ids);
  }
  for (const thread of threads) thread.terminate();
});
