/** Log records as people read them on a terminal. What strangers put into them is disarmed (threats T42). */
import { isObject } from "../client/frames.ts";
import { type LogRecord, type LogSink, logLevels, toJsonLine, toPrettyLine } from "../lib/log.ts";
import type { Cli } from "./cli.ts";
import { cleanLine } from "./terminal.ts";

/** Where a command that runs on logs to: people read lines, service managers read JSON. */
export function logOutput({ io, useColor, wantsJson }: Cli): LogSink {
  if (!io.isTerminal || wantsJson) return (record) => io.outLater(toJsonLine(record));
  return (record) => io.outLater(prettyRecord(record, useColor));
}

/** One record as one line. */
export function prettyRecord(record: LogRecord, useColor: boolean): string {
  const { room, message, fields } = record;
  const disarmed = Object.entries(fields).map(([key, value]) => [cleanLine(key), disarm(value)]);
  return toPrettyLine(
    { ...record, room: cleanLine(room), message: cleanLine(message), fields: Object.fromEntries(disarmed) },
    useColor,
  );
}

/** A line of the log file as a record; undefined when something else wrote it. */
export function parseRecord(line: string): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // Not a line of ours.
  }
  if (!isObject(value)) return undefined;
  const { time, level, room, message, ...fields } = value;
  const known = logLevels.find((one) => one === level);
  const timeMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (!known || Number.isNaN(timeMs) || typeof room !== "string" || typeof message !== "string") return undefined;
  return { timeMs, level: known, room, message, fields };
}

function disarm(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return cleanLine(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}
