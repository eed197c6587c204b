/** `moltbot pairing`: people who wrote to an account and wait for the owner's word. */
import { defineBranch, defineLeaf } from "../command.ts";
import { formatAge } from "../terminal.ts";

interface Requests {
  requests: { channel: string; account: string; senderId: string; name?: string; code: string; askedAt: number }[];
}

const list = defineLeaf({
  name: "list",
  summary: "List people who wait for approval",
  args: { channel: { type: "positional", required: false, description: "one network only" } },
  async run({ channel }, cli) {
    const found = await cli.call<Requests>("channels.pairing.list", channel ? { channel } : {});
    cli.print(found, () => {
      if (found.requests.length === 0) return "nobody waits";
      const nowMs = cli.io.clock.now();
      const rows = found.requests.map((one) => [
        one.channel,
        one.code,
        one.name ?? one.senderId,
        one.senderId,
        formatAge(nowMs - one.askedAt),
      ]);
      const columns = [
        { title: "CHANNEL" },
        { title: "CODE" },
        { title: "WHO", isFlexible: true },
        { title: "ID" },
        { title: "SINCE" },
      ];
      return cli.table(columns, rows);
    });
  },
});

const approve = defineLeaf({
  name: "approve",
  summary: "Let a person talk to the agent, in direct messages",
  args: {
    channel: { type: "positional", required: true, description: "the network" },
    code: { type: "positional", required: true, description: "the code the person was given" },
  },
  async run({ channel, code }, cli) {
    const done = await cli.call<{ senderId: string }>("channels.pairing.approve", { channel, code });
    cli.print(done, () => `${done.senderId} may write to the agent on ${channel}`);
  },
});

export const pairing = defineBranch({
  name: "pairing",
  summary: "Approve people who wrote to an account",
  default: "list",
  children: { list: async () => list, approve: async () => approve },
});
