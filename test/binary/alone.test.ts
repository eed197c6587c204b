/** The executable by itself: copied alone into a hostile folder it works, and runs nothing that lies there (threats T13). */
import { expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, startChild, TOKEN } from "../support/child.ts";
import { connect, isChat } from "../support/wire-client.ts";

/** Files that would betray themselves by making `canary` if anything loaded them. */
function plant(folder: string, canary: string): void {
  const betray = `require("node:fs").writeFileSync(${JSON.stringify(canary)}, "loaded");`;
  writeFileSync(join(folder, "canary.js"), betray);
  writeFileSync(
    join(folder, ".env"),
    `MOLTBOT_GATEWAY_TOKEN=stolen\nNODE_OPTIONS=--require ${folder}/canary.js\nBUN_OPTIONS=--preload ${folder}/canary.js\n`,
  );
  writeFileSync(join(folder, ".env.local"), "MOLTBOT_GATEWAY_TOKEN=stolen\n");
  writeFileSync(join(folder, "bunfig.toml"), `preload = ["./canary.js"]\n[run]\npreload = ["./canary.js"]\n`);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "hostile", main: "canary.js", imports: { "#schemas/*": "./canary.js" } }),
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { paths: { "*": ["./canary.js"] } } }),
  );
  for (const name of ["ai", "@sinclair/typebox", "citty", "@ai-sdk/openai-compatible", "bun:sqlite"]) {
    mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, main: "index.js" }));
    writeFileSync(join(folder, "node_modules", name, "index.js"), betray);
  }
}

test("threat(T13): nothing of the folder it is started in is loaded, and it serves all the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-hostile-"));
  const canary = join(folder, "canary-was-loaded");
  plant(folder, canary);
  const alone = join(folder, "moltbot");
  copyFileSync(BINARY, alone);
  const model = { baseUrl: "http://127.0.0.1:9/v1", apiKey: "key", models: [{ id: "m1" }] };
  await using gateway = await startChild({ cwd: folder, config: { models: { providers: { dead: model } } } });
  await using client = await connect({ url: gateway.url, token: TOKEN });
  // The model library is loaded for this, from inside the executable; the endpoint does not answer.
  await client.call("chat.send", { sessionKey: "main", message: "hi", idempotencyKey: "k" });
  const failed = await client.until(isChat("k", "error"));
  expect(failed["payload"]).toMatchObject({ state: "error" });
  const page = await fetch(gateway.url.replace("ws", "http"));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<!doctype html>");
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: gateway.stateDir,
    MOLTBOT_STATE_DIR: gateway.stateDir,
    MOLTBOT_GATEWAY_TOKEN: TOKEN,
  };
  const run = Bun.spawnSync([alone, "health", "--json"], { cwd: folder, env });
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout.toString())).toMatchObject({ ok: true });
  expect(existsSync(canary)).toBe(false);
  rmSync(folder, { recursive: true, force: true });
});

test("threat(T23): whatever the umask, the state folder is the owner's alone", async () => {
  const stateDir = join(mkdtempSync(join(tmpdir(), "moltbot-umask-")), "state");
  const before = process.umask(0);
  try {
    await using gateway = await startChild({ stateDir, cwd: tmpdir() });
    await using client = await connect({ url: gateway.url, token: TOKEN });
    await client.call("send", { channel: "webchat", to: "main", message: "hello", idempotencyKey: "k" });
    const open = readdirSync(stateDir, { recursive: true, encoding: "utf8" })
      .concat(".")
      .filter((name) => (statSync(join(stateDir, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
  } finally {
    process.umask(before);
    rmSync(stateDir, { recursive: true, force: true });
  }
});
