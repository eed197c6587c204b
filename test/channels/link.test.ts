/** Linking an account by its code, through the executable and its command line, as a person does it. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { startWhatsAppStandin } from "../standins/whatsapp.ts";
import { BINARY, createStateDir, startChild, TOKEN } from "../support/child.ts";
import { connect } from "../support/wire-client.ts";
import { eventually, everybody } from "./networks.ts";

test("a code is shown and scanned, the account runs, a second gateway of this host may not, and a logout ends it", async () => {
  await using net = startWhatsAppStandin();
  const section = { whatsapp: { ...everybody, ...net.settings } };
  const stateDir = createStateDir({ channels: section });
  await using gateway = await startChild({ stateDir });
  await using client = await connect({ url: gateway.url, token: TOKEN });
  const account = async (from: typeof client) => {
    const { payload } = await from.call("channels.status", {});
    const { channelAccounts } = payload as {
      channelAccounts: Record<string, { healthState: string; lastError?: string }[]>;
    };
    return channelAccounts["whatsapp"]?.[0];
  };
  await eventually(async () => (await account(client))?.healthState === "failed", "it is not linked");
  expect((await account(client))?.lastError).toContain("moltbot channels login");

  const env = { HOME: stateDir, MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: TOKEN };
  const login = Bun.spawn([BINARY, "channels", "login", "whatsapp", "--json"], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let shown = "";
  for await (const chunk of login.stderr.pipeThrough(new TextDecoderStream())) {
    shown += chunk;
    const code = shown.split("\n").find((line) => line.startsWith("http") || line.includes(","));
    if (code !== undefined && shown.includes("scan the code")) {
      net.scan(code);
      break;
    }
  }
  expect(await login.exited).toBe(0);
  expect(JSON.parse(await new Response(login.stdout).text())).toMatchObject({ state: "linked" });
  await eventually(async () => (await account(client))?.healthState === "running", "it runs");

  const otherDir = createStateDir({ channels: section });
  await using other = await startChild({ stateDir: otherDir });
  await using second = await connect({ url: other.url, token: TOKEN });
  await eventually(async () => (await account(second))?.healthState === "failed", "the second gateway refuses");
  expect((await account(second))?.lastError).toContain("another gateway of this host");
  expect((await account(client))?.healthState).toBe("running");

  const logout = Bun.spawnSync([BINARY, "channels", "logout", "whatsapp", "--json"], { env });
  expect(logout.exitCode).toBe(0);
  await eventually(() => net.connections === 0, "nothing is connected");
  expect((await account(client))?.healthState).toBe("stopped");
  for (const dir of [stateDir, otherDir]) rmSync(dir, { recursive: true, force: true });
}, 60_000);
