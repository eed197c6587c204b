/** `moltbot logs`: the gateway's log, as it is or as it grows. */
import { isObject } from "../../client/frames.ts";
import { pause } from "../../lib/clock.ts";
import { type LogFields, type LogRecord, logLevels, toPrettyLine } from "../../lib/log.ts";
import { type Cli, hasColor, wholeNumber } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { cleanLine, cleanText, safeJson } from "../terminal.ts";

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
function shown(line: string, { io, wantsJson, paint }: Cli): string {
  if (!io.isTerminal) return line;
  const record = parseRecord(line);
  if (!record) return cleanLine(line);
  if (wantsJson) return cleanText(line);
  return toPrettyLine(record, hasColor(io) && paint("bold", "x") !== "x");
}

/** A line of the log as a record whose texts are disarmed; undefined when it is none. */
function parseRecord(line: string): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // Something else wrote into the log.
  }
  if (!isObject(value)) return undefined;
  const { time, level, room, message, ...fields } = value;
  const known = logLevels.find((one) => one === level);
  const timeMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (!known || Number.isNaN(timeMs) || typeof room !== "string" || typeof message !== "string") return undefined;
  return { timeMs, level: known, room: cleanLine(room), message: cleanLine(message), fields: disarm(fields) };
}

function disarm(fields: Record<string, unknown>): LogFields {
  const entries = Object.entries(fields).map(([key, value]) => [
    cleanLine(key),
    typeof value === "string" ? cleanLine(value) : JSON.parse(safeJson(value)),
  ]);
  return Object.fromEntries(entries);
}
