/** All accounts together: what is open after the configuration changed, however fast. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Channels } from "../../src/channels/channels.ts";
import { type Channel, defineChannel } from "../../src/channels/contract.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog } from "../../src/lib/log.ts";
import { ChannelStore } from "../../src/store/channels.ts";
import { openDatabase } from "../../src/store/database.ts";
import { InboxStore } from "../../src/store/inbox.ts";
import { OutboxStore } from "../../src/store/outbox.ts";
import { FakeClock } from "../support/clock.ts";
import { openHere } from "../support/open-here.ts";

const never = () => {
  throw new Error("nothing is asked here");
};

/** A network whose accounts take as long to stop as the test wants. */
function createSlowNetwork() {
  const stopping: (() => void)[] = [];
  const counts = { live: 0, mostLive: 0, opened: 0 };
  const network = defineChannel({
    id: "slow",
    label: "Slow",
    config: Type.Object({}),
    capabilities: {
      textLimit: 100,
      captionLimit: 0,
      markup: "plain",
      tables: "bullets",
      mediaBytes: 1,
      idempotent: false,
      replies: "off",
      receiveSilenceMs: 1_000_000,
    },
    missing: () => undefined,
    parseTarget: () => undefined,
    open: (_settings, host) => ({
      run: async () => {
        counts.opened++;
        counts.mostLive = Math.max(counts.mostLive, ++counts.live);
        host.connected({ id: "self" });
        await new Promise<void>((resolve) => host.signal.addEventListener("abort", () => resolve()));
        await new Promise<void>((resolve) => stopping.push(resolve));
        counts.live--;
      },
      probe: never,
      send: never,
    }),
  });
  /** Lets whatever stops now, and later, end. */
  const letStop = async () => {
    for (let turns = 0; turns < 50; turns++) {
      for (const resolve of stopping.splice(0)) resolve();
      await Promise.resolve();
    }
  };
  return { network, counts, letStop };
}

function createChannels(network: Channel, path: string) {
  const database = openDatabase(path);
  const clock = new FakeClock();
  const channels = new Channels({
    networks: [network],
    config: () => ({ slow: {} }),
    gates: () => ({ dmScope: "main", mainKey: "main", identityLinks: {}, defaultAgentId: "main" }),
    env: {},
    openAccount: openHere,
    lockHost: never,
    commands: [],
    files: { resolve: never },
    onState: () => undefined,
    messages: () => ({}),
    broadcast: () => ({ agents: new Map(), isParallel: true }),
    store: new ChannelStore(database),
    inbox: new InboxStore(database),
    outbox: new OutboxStore(database),
    answering: {
      ask: never,
      answer: never,
      watch: never,
      found: never,
      forget: never,
      stop: never,
      command: never,
      isCommand: never,
      isStop: never,
    },
    clock,
    ids: systemIds,
    log: createLog({ clock, level: "error", sinks: [] }),
  });
  return { channels, database };
}

test("changes in a row: never two connections of an account, one at the end, and none after the end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-channels-"));
  const { network, counts, letStop } = createSlowNetwork();
  const { channels, database } = createChannels(network, join(folder, "gateway.db"));
  channels.open();
  const changes = [channels.reopen(), channels.reopen(), channels.reopen()];
  await letStop();
  await Promise.all(changes);
  expect(counts).toEqual({ live: 1, mostLive: 1, opened: 4 });

  const last = channels.reopen();
  const closed = channels.close();
  await letStop();
  await Promise.all([last, closed]);
  expect({ live: counts.live, mostLive: counts.mostLive, opened: counts.opened }).toEqual({
    live: 0,
    mostLive: 1,
    opened: 4,
  });
  database[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});
