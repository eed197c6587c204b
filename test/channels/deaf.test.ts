/**
 * A connection that takes messages and brings none: the account says so and starts afresh, whatever the sending side
 * does. Takes as long as each network's own silence; `MOLTBOT_TEST_DEAF=discord,slack,…` names those that are tried.
 */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { startModelStandin } from "../standins/model.ts";
import { startChild, TOKEN } from "../support/child.ts";
import { connect } from "../support/wire-client.ts";
import { createStateFor, eventually, openNetwork } from "./networks.ts";

const names = (process.env["MOLTBOT_TEST_DEAF"] ?? "telegram").split(",");
/** Calls that wait at once. */
const MAX_WAITING = 20;
/** The longest silence of a network that is still health, and time to notice. */
const NOTICED_MS = 150_000;

test.each(names)(
  "%s falls silent: it is noticed, tried afresh, and heard again, and what is sent meanwhile is sent",
  async (name) => {
    await using model = await startModelStandin();
    await using net = await openNetwork[name]!();
    const stateDir = createStateFor(model.url, [net]);
    await using gateway = await startChild({ stateDir });
    await using client = await connect({ url: gateway.url, token: TOKEN });
    await net.untilConnected();
    const stateOf = async () => {
      const { payload } = await client.call("channels.status", {});
      const { channelAccounts } = payload as { channelAccounts: Record<string, { healthState: string }[]> };
      return channelAccounts[name]?.[0]?.healthState;
    };
    await eventually(async () => (await stateOf()) === "running", "it runs");
    net.deafen!(true);
    const startMs = performance.now();
    const sends: Promise<{ ok: boolean; error?: { message: string } }>[] = [];
    let waiting = 0;
    await eventually(
      async () => {
        // A network with one connection for both takes nothing meanwhile; then what was sent has to wait.
        if (waiting < MAX_WAITING) {
          const params = { channel: name, to: net.target(net.direct), message: `still here ${sends.length}` };
          const call = client.call("send", { ...params, idempotencyKey: `deaf-${sends.length}` });
          waiting++;
          sends.push(call.finally(() => waiting--) as never);
        }
        await Bun.sleep(100);
        return (await stateOf()) !== "running";
      },
      "it is noticed",
      NOTICED_MS,
    );
    const noticedMs = performance.now() - startMs;
    net.deafen!(false);
    await eventually(async () => (await stateOf()) === "running", "it runs afresh", 40_000);
    const backMs = performance.now() - startMs;
    const before = net.received().filter(({ kind }) => kind === "text").length;
    await net.person.says(net.direct, "hello");
    await eventually(
      () => net.received().some(({ text }) => text === "Hello from the mock model."),
      "it hears again",
      20_000,
    );
    // Sent, or waiting its turn when the call had waited long enough; in the end all of it is there.
    for (const { ok, error } of await Promise.all(sends))
      expect(ok ? "sent" : error?.message).toMatch(/sent|waits in the/);
    const isThere = (index: number) => net.received().some(({ text }) => text === `still here ${index}`);
    await eventually(() => sends.every((_sent, index) => isThere(index)), "everything arrived", 60_000);
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    console.log(
      `${name}: silence noticed after ${seconds(noticedMs)} s, running afresh after ${seconds(backMs)} s, ${sends.length} sends meanwhile, ${before} arrived`,
    );
    rmSync(stateDir, { recursive: true, force: true });
  },
  NOTICED_MS + 120_000,
);
