/** Real programs, started and ended. */
import { describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { createLog } from "../../src/lib/log.ts";
import { execute, type Program } from "../../src/node-host/execution.ts";
import { ProcessGroups } from "../../src/node-host/groups.ts";
import { FakeClock } from "../support/clock.ts";
import { gone, isAlive, pidsIn } from "../support/processes.ts";
import { createPlace } from "./harness.ts";

function setUp(clock = new FakeClock()) {
  const place = createPlace();
  const groups = new ProcessGroups({ log: createLog({ clock, level: "error", sinks: [] }) });
  const stop = new AbortController();
  return {
    place,
    clock,
    groups,
    stop,
    run: (path: string, args: string[] = [], more: Partial<Program> = {}) =>
      execute(
        { path, argv: [path, ...args], cwd: place.home, env: { PATH: "/usr/bin:/bin" }, timeoutMs: 60_000, ...more },
        { clock, groups, signal: stop.signal },
      ),
    [Symbol.dispose]() {
      groups[Symbol.dispose]();
      place[Symbol.dispose]();
    },
  };
}

describe("threat(T09): a program starts with what it was given, byte for byte", () => {
  test.each<[title: string, args: string[]]>([
    ["nothing", []],
    [
      "spaces, quotes and what shells obey",
      ["a b", "'", '"', "$HOME", "`id`", "$(id)", "*", "~", "; id", "| id", "> x", "\\"],
    ],
    ["what looks like options", ["--", "-c", "--help", "-"]],
    ["empty ones", ["", "", ""]],
    ["line ends and controls", ["a\nb", "a\rb", "\x1b[31m", "\x07", "\x7f"]],
    ["turned round and look-alikes", ["\u202egnp.exe", "pаypal", "\ufeff", "e\u0301"]],
    ["a long one", ["x".repeat(60_000)]],
  ])("%s", async (_title, args) => {
    using scene = setUp();
    const stub = scene.place.stub();
    const env = { PATH: "/usr/bin", ODD: "a=b\n$c" };
    const { exitCode } = await scene.run(stub, args, { env });
    expect(exitCode).toBe(0);
    expect(scene.place.started()).toEqual([{ args, env, cwd: scene.place.home }]);
  });

  test("a file without an interpreter is not handed to a shell", async () => {
    using scene = setUp();
    const path = join(scene.place.bin, "text");
    writeFileSync(path, "echo from a shell\n");
    chmodSync(path, 0o755);
    const { exitCode, error, output } = await scene.run(path);
    expect([exitCode, output.texts().stdout]).toEqual([undefined, ""]);
    expect(error).toContain("ENOEXEC");
  });

  test("the name it is called by is the one that was asked for", async () => {
    using scene = setUp();
    const { output } = await scene.run("/bin/cat", [], { argv: ["odd name", "/proc/self/cmdline"] });
    expect(output.texts().stdout).toBe("odd name\0/proc/self/cmdline\0");
  });
});

describe("ends", () => {
  test("with its exit code, with a signal, or not at all", async () => {
    using scene = setUp();
    const three = scene.place.script("three", "echo out; echo err >&2; exit 3");
    const { exitCode, output, error } = await scene.run(three);
    expect([exitCode, output.texts(), error]).toEqual([3, { stdout: "out\n", stderr: "err\n" }, undefined]);
    const killed = await scene.run(scene.place.script("killed", "kill -9 $$"));
    expect([killed.exitCode, killed.error]).toEqual([undefined, "ended by SIGKILL"]);
    const none = await scene.run(join(scene.place.bin, "nosuch"));
    expect([none.exitCode, none.error?.startsWith("ENOENT")]).toEqual([undefined, true]);
    expect(scene.clock.pending).toBe(0);
  });

  test("time over: the whole group is killed, and what was written counts", async () => {
    using scene = setUp();
    const pids = join(scene.place.dir, "pids");
    const path = scene.place.script("slow", `echo first; sleep 600 & echo $! $$ > ${pids}; wait`);
    const running = scene.run(path, [], { timeoutMs: 5_000 });
    const both = await pidsIn(pids, 2);
    expect(both.map(isAlive)).toEqual([true, true]);
    scene.clock.advance(5_000);
    const { exitCode, timedOut, output, error } = await running;
    expect([exitCode, timedOut, error, output.texts().stdout]).toEqual([undefined, true, undefined, "first\n"]);
    await Promise.all(both.map(gone));
    expect(scene.clock.pending).toBe(0);
  });

  test("nobody waits any more: the group is killed", async () => {
    using scene = setUp();
    const pids = join(scene.place.dir, "pids");
    const running = scene.run(scene.place.script("slow", `echo $$ > ${pids}; sleep 600`));
    const [pid = 0] = await pidsIn(pids, 1);
    scene.stop.abort();
    expect((await running).error).toContain("nobody waits");
    await gone(pid);
  });

  test("what a program leaves behind is ended with it, also when it holds the output open", async () => {
    using scene = setUp();
    const pids = join(scene.place.dir, "pids");
    const path = scene.place.script("parent", `sleep 600 & echo $! > ${pids}; echo done`);
    const running = scene.run(path);
    const [pid = 0] = await pidsIn(pids, 1);
    await scene.clock.waitsFor(500);
    scene.clock.advance(500);
    const { exitCode, output } = await running;
    expect([exitCode, output.texts().stdout]).toEqual([0, "done\n"]);
    await gone(pid);
  });

  test("a program that writes without end is stopped by time, and costs no more than what fits", async () => {
    using scene = setUp();
    const running = scene.run("/usr/bin/yes", [], { timeoutMs: 1_000 });
    await Bun.sleep(50);
    scene.clock.advance(1_000);
    const { timedOut, output } = await running;
    expect(timedOut).toBe(true);
    expect(output.texts().stdout).toEndWith("\n... (truncated)");
    expect(output.texts().stdout.length).toBeLessThan(200_100);
  });
});

test("a host that is killed leaves nothing running", async () => {
  using place = createPlace();
  const pids = join(place.dir, "pids");
  const slow = place.script("slow", `sleep 600 & echo $! $$ >> ${pids}; wait`);
  const src = join(import.meta.dir, "../../src");
  const code = `
    import { execute } from "${src}/node-host/execution.ts";
    import { ProcessGroups } from "${src}/node-host/groups.ts";
    import { systemClock } from "${src}/lib/clock.ts";
    const groups = new ProcessGroups({ log: console });
    groups.start();
    setInterval(() => {}, 1e6);
    const signal = new AbortController().signal;
    const program = { path: "${slow}", argv: ["slow"], cwd: "/", env: { PATH: "/usr/bin:/bin" }, timeoutMs: 600000 };
    for (let at = 0; at < 3; at++) void execute(program, { clock: systemClock, groups, signal });
  `;
  const host = Bun.spawn([process.execPath, "-e", code], { stdout: "ignore", stderr: "inherit" });
  const running = await pidsIn(pids, 6);
  expect(running.every(isAlive)).toBe(true);
  host.kill("SIGKILL");
  await host.exited;
  await Promise.all(running.map(gone));
});

test("disposing ends every program", async () => {
  using scene = setUp();
  const pids = join(scene.place.dir, "pids");
  const running = execute(
    {
      path: scene.place.script("slow", `echo $$ > ${pids}; sleep 600`),
      argv: ["slow"],
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      timeoutMs: 600_000,
    },
    { clock: systemClock, groups: scene.groups, signal: new AbortController().signal },
  );
  const [pid = 0] = await pidsIn(pids, 1);
  scene.groups[Symbol.dispose]();
  expect((await running).error).toBe("ended by SIGKILL");
  await gone(pid);
});
