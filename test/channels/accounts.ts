/** All accounts of a gateway with one network that the test plays, opened in the thread of the test. */
import { Type } from "@sinclair/typebox";
import { Channels } from "../../src/channels/channels.ts";
import {
  type Account,
  type Capabilities,
  type ChannelHost,
  defineChannel,
  type Outbound,
} from "../../src/channels/contract.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { ChannelStore } from "../../src/store/channels.ts";
import { openDatabase } from "../../src/store/database.ts";
import { InboxStore } from "../../src/store/inbox.ts";
import { OutboxStore } from "../../src/store/outbox.ts";
import { FakeClock } from "../support/clock.ts";
import { openHere } from "../support/open-here.ts";
import { Agents } from "./pipeline.ts";

export interface AccountsOptions {
  /** The section of the network. */
  section?: Record<string, unknown>;
  capabilities?: Partial<Capabilities>;
  /** What the account can do, besides sending. */
  abilities?: (host: ChannelHost) => Partial<Account>;
  lockHost?: (channelId: string) => Disposable | undefined;
}

/** Opens them; everything is in memory. */
export function openAccounts({ section = {}, capabilities, abilities, lockHost }: AccountsOptions = {}) {
  const clock = new FakeClock();
  const database = openDatabase(":memory:");
  const sent: Outbound[] = [];
  const records: LogRecord[] = [];
  const counts = { runs: 0, live: 0 };
  const agents = new Agents();
  const network = defineChannel({
    id: "net",
    label: "Net",
    config: Type.Object({}),
    capabilities: {
      textLimit: 1000,
      captionLimit: 100,
      markup: "plain",
      tables: "bullets",
      mediaBytes: 1000,
      idempotent: false,
      replies: "off",
      receiveSilenceMs: 1_000_000_000,
      ...capabilities,
    },
    missing: () => undefined,
    parseTarget: (text) => (/^\d+$/.test(text) ? { kind: "direct", id: text } : undefined),
    open: (_settings, host) => ({
      run: async () => {
        counts.runs++;
        counts.live++;
        host.connected({ id: "self" });
        await new Promise<void>((resolve) => host.signal.addEventListener("abort", () => resolve()));
        counts.live--;
      },
      probe: async () => ({ id: "self" }),
      send: async (message) => {
        sent.push(message);
        return { messageIds: [`n${sent.length}`] };
      },
      ...abilities?.(host),
    }),
  });
  const channels = new Channels({
    networks: [network],
    config: () => ({ net: section }),
    gates: () => ({ dmScope: "main", mainKey: "main", identityLinks: {}, defaultAgentId: "main" }),
    env: {},
    openAccount: openHere,
    lockHost: lockHost ?? (() => ({ [Symbol.dispose]: () => undefined })),
    commands: [],
    files: { resolve: () => Promise.reject(new Error("media not found")) },
    onState: () => undefined,
    messages: () => ({}),
    broadcast: () => ({ agents: new Map(), isParallel: true }),
    store: new ChannelStore(database),
    inbox: new InboxStore(database),
    outbox: new OutboxStore(database),
    answering: agents.answering(),
    clock,
    ids: systemIds,
    log: createLog({ clock, level: "debug", sinks: [(record) => records.push(record)] }),
  });
  channels.open();
  return { channels, clock, sent, records, counts, agents, [Symbol.asyncDispose]: () => channels.close() };
}
