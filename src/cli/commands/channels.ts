/** `moltbot channels`: the state of the messaging networks. */
import { defineBranch, defineLeaf } from "../command.ts";
import { cleanLine, formatAge } from "../terminal.ts";

interface AccountRow {
  accountId: string;
  name?: string;
  healthState: string;
  lastError?: string;
  lastInboundAt?: number;
  lastOutboundAt?: number;
  probe?: { ok: boolean; problem?: string };
}

interface Status {
  channelOrder: string[];
  channelLabels: Record<string, string>;
  channelAccounts: Record<string, AccountRow[]>;
}

const channel = {
  type: "positional",
  required: true,
  description: "the network, as channels status names it",
} as const;
const account = { type: "string", valueHint: "ID", description: "one account only" } as const;

const status = defineLeaf({
  name: "status",
  summary: "Show every account: its state, when it last heard and spoke, and what is wrong",
  args: { probe: { type: "boolean", description: "ask the networks" } },
  async run({ probe }, cli) {
    const found = await cli.call<Status>("channels.status", probe ? { probe: true } : {});
    const nowMs = cli.io.clock.now();
    const ago = (timeMs: number | undefined) => (timeMs === undefined ? "-" : formatAge(nowMs - timeMs));
    cli.print(found, () => {
      const rows = found.channelOrder.flatMap((id) =>
        (found.channelAccounts[id] ?? []).map((one) => [
          id,
          one.name ?? one.accountId,
          one.probe
            ? one.probe.ok
              ? `${one.healthState}, answers`
              : `${one.healthState}, no answer`
            : one.healthState,
          ago(one.lastInboundAt),
          ago(one.lastOutboundAt),
          one.probe?.problem ?? one.lastError ?? "",
        ]),
      );
      if (rows.length === 0) return "no channel is configured: docs/channels has a page for each";
      const columns = [
        { title: "CHANNEL" },
        { title: "ACCOUNT" },
        { title: "STATE" },
        { title: "IN" },
        { title: "OUT" },
        { title: "PROBLEM", isFlexible: true },
      ];
      return cli.table(columns, rows);
    });
  },
});

const switchLeaf = (name: "start" | "stop", summary: string) =>
  defineLeaf({
    name,
    summary,
    args: { channel, account },
    async run(args, cli) {
      const params = { channel: args.channel, ...(args.account === undefined ? {} : { accountId: args.account }) };
      const done = await cli.call(`channels.${name}`, params);
      cli.print(done, () => `${cleanLine(args.channel)}: ${name === "start" ? "started" : "stopped"}`);
    },
  });

const start = switchLeaf("start", "Start the accounts of a channel");
const stop = switchLeaf("stop", "Stop the accounts of a channel until the gateway starts again");

export const channels = defineBranch({
  name: "channels",
  summary: "Messaging networks: their state, start and stop, and links",
  default: "status",
  children: {
    status: async () => status,
    list: async () => status,
    start: async () => start,
    stop: async () => stop,
    add: async () => (await import("./channels-change.ts")).add,
    remove: async () => (await import("./channels-change.ts")).remove,
    login: async () => (await import("./channels-change.ts")).login,
    logout: async () => (await import("./channels-change.ts")).logout,
  },
});
