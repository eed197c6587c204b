/** The command line as a process of its own: signals, exit codes, broken pipes. The built executable when there is one. */
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const built = join(root, "dist/moltbot");
const executable = existsSync(built) ? [built] : [process.execPath, join(root, "src/main.ts")];

/** A state folder and the commands run on it. */
function createHost() {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-process-"));
  const stateDir = join(folder, "state");
  const env = { PATH: SYSTEM_PATH, HOME: folder, MOLTBOT_STATE_DIR: stateDir };
  const spawn = (args: readonly string[], more: Record<string, string> = {}) =>
    Bun.spawn([...executable, ...args], { env: { ...env, ...more }, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  return {
    folder,
    stateDir,
    spawn,
    async run(args: readonly string[], more: Record<string, string> = {}) {
      const child = spawn(args, more);
      const [stdout, stderr, code] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ]);
      return { code, stdout, stderr };
    },
    /** Starts a gateway and reads its log up to the line that tells its address. */
    async start(args: readonly string[] = []) {
      const child = spawn(["gateway", "--port", "0", ...args]);
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const found = text.split("\n").find((line) => line.includes("the gateway listens") && line.endsWith("}"));
        if (found) return { child, url: String(JSON.parse(found).url), log: text };
        const { done, value } = await lines.read();
        if (done) throw new Error(`the gateway ended: ${text}${await new Response(child.stderr).text()}`);
        text += value;
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s stops the gateway cleanly", async (signal) => {
  using host = createHost();
  const { child } = await host.start();
  child.kill(signal);
  expect(await child.exited).toBe(0);
  expect((await host.run(["status"])).code).toBe(3);
});

test("what keeps a gateway from starting has an exit code of its own", async () => {
  using host = createHost();
  const { child, url } = await host.start();
  const port = new URL(url).port;
  const other = { MOLTBOT_STATE_DIR: join(host.folder, "other") };
  expect((await host.run(["gateway"])).code).toBe(6);
  expect((await host.run(["gateway", "--port", port], other)).code).toBe(7);
  const open = join(host.folder, "open");
  writeFileSync(open, "a file where the folder should be");
  expect((await host.run(["gateway", "--port", "0"], { MOLTBOT_STATE_DIR: open })).code).toBe(8);
  const unsafe = await host.run(["gateway", "--port", "0", "--bind", "lan", "--auth", "none"], other);
  expect([unsafe.code, unsafe.stdout.includes("listens")]).toEqual([9, false]);
  const told = await host.run(["gateway", "--json"]);
  expect(JSON.parse(told.stdout)).toMatchObject({ ok: false, error: { code: "LOCKED" } });
  child.kill();
  await child.exited;
});

test("a folder that others can read is refused", async () => {
  using host = createHost();
  chmodSync(host.folder, 0o755);
  expect((await host.run(["gateway", "--port", "0", "--state-dir", host.folder])).code).toBe(8);
});

test("no secret reaches the output of a gateway whose stdout is not a terminal", async () => {
  using host = createHost();
  const { child, log } = await host.start(["--token", "canary-token-of-some-length", "--verbose"]);
  const { stdout } = await host.run(["logs"], { MOLTBOT_GATEWAY_TOKEN: "canary-token-of-some-length" });
  expect(stdout).toContain("the gateway listens");
  expect(log + stdout).not.toContain("canary");
  child.kill();
  await child.exited;
});

/** Where the shell's helpers are, whatever the path of who runs the tests. */
const SYSTEM_PATH = "/usr/bin:/bin";

test("a reader who leaves ends a command quietly", async () => {
  using host = createHost();
  const line = [...executable, "protocol", "docs"].map((word) => `'${word}'`).join(" ");
  const child = Bun.spawn(["/bin/bash", "-c", `${line} | head -c 10; echo " \${PIPESTATUS[0]}"`], {
    env: { PATH: SYSTEM_PATH, HOME: host.folder },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(stdout.slice(10)).toBe(" 0\n");
  expect(stderr).toBe("");
});

test("a gateway outlives the reader of its log", async () => {
  using host = createHost();
  const line = [...executable, "gateway", "--port", "0", "--verbose"].map((word) => `'${word}'`).join(" ");
  const env = { PATH: SYSTEM_PATH, HOME: host.folder, MOLTBOT_STATE_DIR: host.stateDir };
  const shell = Bun.spawn(["/bin/bash", "-c", `${line} > >(head -n 1 >&2) & echo $!; wait`], {
    env,
    stdout: "pipe",
    stderr: "pipe",
  });
  const { value } = await shell.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  await shell.stderr.getReader().read();
  for (let calls = 0; calls < 5; calls++) expect((await host.run(["health"])).code).toBe(0);
  process.kill(Number(value), "SIGTERM");
  await shell.exited;
});

test("all of a long output arrives through a slow pipe", async () => {
  using host = createHost();
  const whole = await host.run(["protocol", "swift"]);
  const line = [...executable, "protocol", "swift"].map((word) => `'${word}'`).join(" ");
  const child = Bun.spawn(["/bin/bash", "-c", `${line} | (read -r first; cat | wc -c; printf '%s' "$first" | wc -c)`], {
    env: { PATH: SYSTEM_PATH, HOME: host.folder },
    stdout: "pipe",
  });
  const counts = (await new Response(child.stdout).text()).trim().split(/\s+/).map(Number);
  expect(counts.reduce((sum, count) => sum + count, 1)).toBe(Buffer.byteLength(whole.stdout));
});
