/** `moltbot logs`: the gateway's log, as it is or as it grows. */
import { pause } from "../../lib/clock.ts";
import { type Cli, wholeNumber } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { parseRecord, prettyRecord } from "../log-line.ts";
import { cleanLine, cleanText } from "../terminal.ts";

/** Lines shown when not told. */
const DEFAULT_LINES = 100;
/** How often a followed log is asked for more. */
const FOLLOW_MS = 500;

interface Tail {
  lines: string[];
  cursor: number;
}

export const logs = defineLeaf({
  name: "logs",
  summary: "Show the gateway's log",
  args: {
    follow: { type: "boolean", description: "go on until ctrl-C" },
    limit: { type: "string", valueHint: "N", description: `how many lines (default: ${DEFAULT_LINES})` },
  },
  async run(args, cli) {
    const limit = wholeNumber("limit", args.limit, 1) ?? DEFAULT_LINES;
    const { io } = cli;
    await using client = await cli.connect(["read"]);
    let tail = await client.request<Tail>("logs.tail", { limit }, cli.requestOptions());
    print(tail, cli);
    while (args.follow && !io.signal.aborted) {
      await pause(io.clock, FOLLOW_MS, io.signal).catch(() => undefined);
      if (io.signal.aborted) return;
      tail = await client.request<Tail>("logs.tail", { cursor: tail.cursor }, cli.requestOptions());
      print(tail, cli);
    }
  },
});

function print({ lines }: Tail, cli: Cli): void {
  if (lines.length) cli.io.out(`${lines.map((line) => shown(line, cli)).join("\n")}\n`);
}

/** Records as people read them on a terminal; JSON lines, which cannot harm a program, elsewhere. */
function shown(line: string, { io, wantsJson, useColor }: Cli): string {
  if (!io.isTerminal) return line;
  const record = parseRecord(line);
  if (!record) return cleanLine(line);
  if (wantsJson) return cleanText(line);
  return prettyRecord(record, useColor);
}
