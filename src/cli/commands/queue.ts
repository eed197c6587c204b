/** `moltbot queue`: what waits between networks and agents, and what went wrong. `moltbot explain`: why. */
import { defineBranch, defineLeaf } from "../command.ts";
import { cleanLine, formatAge } from "../terminal.ts";

interface Row {
  id: string;
  chat: string;
  state: string;
  attempts: number;
  isMaybeDuplicate?: boolean;
  problem?: string;
  preview: string;
  ts: number;
}

interface Shown {
  row: Row;
  sessionKey: string | null;
  gates: { gate: string; verdict: string; reason: string; facts: Record<string, unknown> }[];
}

const id = { type: "positional", required: true, description: "in-<number> or out-<number>, from queue list" } as const;

const list = defineLeaf({
  name: "list",
  summary: "List what waits, and the latest that ended",
  args: {
    state: {
      type: "string",
      valueHint: "STATE",
      description: "new, running, done, kept, dropped, dead, queued, sending, sent or failed",
    },
    limit: { type: "string", valueHint: "N", description: "rows at most (default: 50)" },
  },
  async run({ state, limit }, cli) {
    const found = await cli.call<{ rows: Row[] }>("queue.list", {
      ...(state === undefined ? {} : { state }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
    });
    cli.print(found, () => {
      if (found.rows.length === 0) return "the queues are empty";
      const nowMs = cli.io.clock.now();
      const rows = found.rows.map((one) => [
        one.id,
        one.isMaybeDuplicate ? `${one.state}, maybe-duplicate` : one.state,
        String(one.attempts),
        formatAge(nowMs - one.ts),
        one.chat,
        one.problem ?? one.preview,
      ]);
      const columns = [
        { title: "ID" },
        { title: "STATE" },
        { title: "TRIES" },
        { title: "AGE" },
        { title: "CHAT", isFlexible: true },
        { title: "TEXT OR PROBLEM", isFlexible: true },
      ];
      return cli.table(columns, rows);
    });
  },
});

const show = defineLeaf({
  name: "show",
  summary: "Show one whole, as JSON",
  args: { id },
  async run(args, cli) {
    const found = await cli.call("queue.show", { id: args.id });
    cli.print(found, () => JSON.stringify(found, null, 2));
  },
});

const retry = defineLeaf({
  name: "retry",
  summary: "Try something again that was given up",
  args: { id },
  async run(args, cli) {
    const done = await cli.call("queue.retry", { id: args.id });
    cli.print(done, () => `${cleanLine(args.id)} is tried again`);
  },
});

const prune = defineLeaf({
  name: "prune",
  summary: "Forget what has ended and is older than some days",
  args: {
    days: { type: "string", valueHint: "N", default: "30", description: "how many days are kept (default: 30)" },
  },
  async run({ days }, cli) {
    const done = await cli.call<{ removed: number }>("queue.prune", { olderThanDays: Number(days) });
    cli.print(done, () => `${done.removed} forgotten`);
  },
});

export const queue = defineBranch({
  name: "queue",
  summary: "What waits between networks and agents, and what went wrong",
  default: "list",
  children: { list: async () => list, show: async () => show, retry: async () => retry, prune: async () => prune },
});

export const explain = defineLeaf({
  name: "explain",
  summary: "Say why a message was answered, kept as context, or dropped",
  args: { id },
  async run(args, cli) {
    // A bare number can only mean a message that came in.
    const found = await cli.call<Shown>("queue.show", { id: /^\d+$/.test(args.id) ? `in-${args.id}` : args.id });
    cli.print(found, () => {
      const { row, gates, sessionKey } = found;
      const lines = gates.map(({ gate, verdict, reason }) => `${gate.padEnd(8)} ${verdict}: ${reason}`);
      const end = `${"end".padEnd(8)} ${row.state}${row.problem ? `: ${row.problem}` : ""}${sessionKey ? ` (session ${sessionKey})` : ""}`;
      return [...lines, end].map(cleanLine).join("\n");
    });
  },
});
