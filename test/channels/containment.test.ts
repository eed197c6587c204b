/** One adapter that throws, rejects, hangs or spins takes nobody with it, and comes back (threats T41). */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { type Child, startChild } from "../support/child.ts";
import type { BinaryHarness } from "./contract.ts";
import { createStateFor, eventually, openNetwork } from "./networks.ts";

const root = join(import.meta.dir, "..", "..");
/** Others answer as if nothing had happened: far below any timeout of theirs. */
const OTHERS_MS = 3_000;
/** A spinning thread is noticed after some ten seconds, and started again after a pause. */
const BACK_MS = 30_000;

const names = Object.keys(openNetwork);
let folder: string;
let binary: string;
let model: ModelStandin;
let nets: Map<string, BinaryHarness>;
let stateDir: string;
let gateway: Child;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-planted-"));
  binary = join(folder, "moltbot");
  const flags = ["--compile", "--minify", "--bytecode", "--format=esm", "--splitting", "--entry-naming=[name].[ext]"];
  const entries = ["src/main.ts", "test/channels/planted/thread.ts"];
  const built = Bun.spawnSync([process.execPath, "build", ...flags, ...entries, "--outfile", binary], { cwd: root });
  if (built.exitCode !== 0) throw new Error(built.stderr.toString());
  model = await startModelStandin();
  nets = new Map();
  for (const name of names) nets.set(name, await openNetwork[name]!());
  stateDir = createStateFor(model.url, [...nets.values()]);
  gateway = await startChild({ stateDir, binary });
  for (const net of nets.values()) await net.untilConnected();
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const net of nets.values()) await net[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  for (const path of [folder, stateDir]) rmSync(path, { recursive: true, force: true });
});

const answers = (net: BinaryHarness) => net.received().filter(({ kind }) => kind === "text").length;

/** A person writes and is answered within that time. */
async function talk(name: string, ms: number): Promise<void> {
  const net = nets.get(name)!;
  const before = answers(net);
  await net.person.says(net.direct, "hello");
  await eventually(() => answers(net) > before, `${name} answers`, ms);
}

describe.each(names)("threat(T41): an adapter of %s", (name) => {
  test.each(["throw", "reject", "spin"])(
    "that does %s: the others deliver meanwhile, and it comes back by itself",
    async (fault) => {
      const net = nets.get(name)!;
      await talk(name, BACK_MS);
      await net.person.says(net.direct, `planted ${fault}`);
      const others = names.filter((other) => other !== name);
      for (let round = 0; round < 3; round++) await Promise.all(others.map((other) => talk(other, OTHERS_MS)));
      const before = answers(net);
      // What is said while it is down need not arrive where the network keeps nothing.
      await eventually(
        async () => {
          if (answers(net) > before) return true;
          await net.person.says(net.direct, "hello");
          await Bun.sleep(500);
          return answers(net) > before;
        },
        `${name} is back`,
        BACK_MS,
      );
      expect(gateway.process.exitCode).toBeNull();
    },
    BACK_MS * 2,
  );
});

test("threat(T41): adapters that hang, each in turn: the others deliver throughout", async () => {
  for (const [index, name] of names.entries()) {
    const net = nets.get(name)!;
    await net.person.says(net.direct, "planted hang");
    await Promise.all(names.slice(index + 1).map((other) => talk(other, OTHERS_MS)));
  }
  expect(gateway.process.exitCode).toBeNull();
}, 60_000);
