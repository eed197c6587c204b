/**
 * A disk that takes nothing more: what is not stored is not acknowledged, the gateway says what is wrong, and all that
 * waited is answered once there is room again, without a restart.
 */
import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startModelStandin } from "../standins/model.ts";
import { startChild, TOKEN } from "../support/child.ts";
import { connect } from "../support/wire-client.ts";
import { configFor, eventually, openNetwork } from "./networks.ts";

/** A small disk of memory, which only root may make. Returns why there is none. */
function mountSmallDisk(folder: string): string | undefined {
  const { exitCode, stderr } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", folder]);
  return exitCode === 0 ? undefined : stderr.toString().trim();
}

/** Writes until nothing fits. */
function fill(path: string): void {
  const file = openSync(path, "w");
  for (let size = 1 << 20; size > 0; size >>= 1) {
    try {
      for (;;) if (writeSync(file, Buffer.alloc(size)) < size) break;
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOSPC") throw error;
    }
  }
  closeSync(file);
}

const folder = mkdtempSync(join(tmpdir(), "moltbot-disk-"));
const problem = mountSmallDisk(folder);
/** Where only root may mount, the test runs once more in a namespace in which it is root. */
const isInner = process.env["MOLTBOT_TEST_NAMESPACE"] === "1";
if (problem !== undefined) console.log(`no small disk can be mounted as this user: ${problem}`);

if (problem !== undefined && !isInner)
  test("as somebody else than root: the same in a namespace of its own", () => {
    const { exitCode, stderr } = Bun.spawnSync(["unshare", "-rm", process.execPath, "test", import.meta.path], {
      env: { ...process.env, MOLTBOT_TEST_NAMESPACE: "1" },
    });
    const isUnable = /unshare/.test(stderr.toString()) && process.env["CI"] !== "true";
    if (!isUnable)
      expect({ exitCode, stderr: exitCode === 0 ? "" : stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
  }, 180_000);

if (problem === undefined || isInner)
  test("threat(T40): a full disk: nothing is acknowledged that is not stored, it says so, and all is answered later", async () => {
    expect(problem).toBeUndefined();
    await using model = await startModelStandin();
    const nets = await Promise.all(["telegram", "slack"].map((name) => openNetwork[name]!()));
    writeFileSync(join(folder, "moltbot.json5"), JSON.stringify(configFor(model.url, nets)), { mode: 0o600 });
    await using gateway = await startChild({ stateDir: folder });
    await using client = await connect({ url: gateway.url, token: TOKEN });
    for (const net of nets) await net.untilConnected();
    const texts = (net: (typeof nets)[number]) =>
      net.received().flatMap(({ kind, text = "" }) => (kind === "text" ? [text] : []));

    // One answer is under way when the disk fills.
    for (const net of nets) await net.person.says(net.direct, "slow-reply");
    await eventually(() => model.requests.length === nets.length, "the models are asked");
    fill(join(folder, "filler"));
    model.gate.open();
    const said: string[] = [];
    const isStuck = async () => (await fetch(`${gateway.url.replace("ws:", "http:")}/readyz`)).status === 503;
    for (let index = 0; index < 60 && !(await isStuck()); index++) {
      const text = `before there is room ${index}`;
      said.push(text);
      for (const net of nets) await net.person.says(net.direct, text);
      await Bun.sleep(50);
    }
    expect(await isStuck()).toBe(true);
    expect(await client.call("health", {})).toMatchObject({ payload: { storage: { isWritable: false } } });
    // These certainly find no room.
    for (let index = 0; index < 5; index++) {
      said.push(`without room ${index}`);
      for (const net of nets) await net.person.says(net.direct, said.at(-1)!);
    }
    const answersBefore = nets.map((net) => texts(net).length);
    await eventually(async () => {
      const { payload: status } = await client.call("channels.status", {});
      return JSON.stringify(status).includes("could not be stored") || JSON.stringify(status).includes("cannot store");
    }, "the status tells of the disk");
    expect(answersBefore.every((count) => count < said.length)).toBe(true);

    unlinkSync(join(folder, "filler"));
    for (const net of nets) {
      await eventually(() => said.every((text) => texts(net).some((answer) => answer.endsWith(text))), net.id, 90_000);
      const slow = texts(net).filter((answer) => answer.startsWith("part0") && answer.endsWith("part39"));
      expect(slow).toHaveLength(1);
      for (const text of said) expect(texts(net).filter((answer) => answer.endsWith(text))).toHaveLength(1);
    }
    expect(await isStuck()).toBe(false);
    for (const net of nets) await net[Symbol.asyncDispose]();
  }, 180_000);

if (problem === undefined)
  test("the small disk is put away", () => {
    Bun.spawnSync(["umount", "-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
