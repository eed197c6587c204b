/**
 * Structured logging: constant messages, values as fields, one JSON object a line.
 * Foreign text in fields is escaped by JSON and cut, so that no peer can forge or flood a line (threats T42).
 */
import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Record<string, unknown>;

/** Handed to every room, already named after it. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** It healed itself. */
  warn(message: string, fields?: LogFields): void;
  /** It needs a person. */
  error(message: string, fields?: LogFields): void;
  child(room: string): Log;
}

/** One record as the sinks get it. */
export interface LogRecord {
  timeMs: number;
  level: LogLevel;
  room: string;
  message: string;
  fields: LogFields;
}

/** Where records go: stdout, the log file that `logs.tail` reads, a test's array. */
export type LogSink = (record: LogRecord) => void;

/** Longest text of one field; longer values are cut with an ellipsis. */
const MAX_FIELD_CHARS = 256;

/** Creates a log that gives every record at or above `level` to each sink. */
export function createLog(options: { clock: Clock; level: LogLevel; sinks: readonly LogSink[]; room?: string }): Log {
  const { clock, sinks, room = "app" } = options;
  const least = logLevels.indexOf(options.level);
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < least) return;
      const record: LogRecord = { timeMs: clock.now(), level, room, message, fields: bounded(fields) };
      for (const sink of sinks) sink(record);
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (name) => createLog({ ...options, room: name }),
  };
}

/** A record as one JSON line without its line end. */
export function toJsonLine(record: LogRecord): string {
  const { timeMs, level, room, message, fields } = record;
  return JSON.stringify({ time: new Date(timeMs).toISOString(), level, room, message, ...fields });
}

/** A record as people read it on a terminal. */
export function toPrettyLine(record: LogRecord, useColor: boolean): string {
  const time = new Date(record.timeMs).toISOString().slice(11, 19);
  const paint = (code: number, text: string) => (useColor ? `\x1b[${code}m${text}\x1b[0m` : text);
  const colors: Record<LogLevel, number> = { debug: 90, info: 36, warn: 33, error: 31 };
  const fields = Object.entries(record.fields).map(([key, value]) => paint(90, `${key}=`) + show(value));
  return [
    paint(90, time),
    paint(colors[record.level], record.level.padEnd(5)),
    `${record.room}: ${record.message}`,
    ...fields,
  ].join(" ");
}

function show(value: unknown): string {
  return typeof value === "string" && /^[\w./:@+-]+$/.test(value) ? value : (JSON.stringify(value) ?? "undefined");
}

function bounded(fields: LogFields): LogFields {
  const result: LogFields = {};
  for (const [key, value] of Object.entries(fields)) {
    const text = value instanceof Error ? messageOf(value) : value;
    result[key] =
      typeof text === "string" && text.length > MAX_FIELD_CHARS ? `${text.slice(0, MAX_FIELD_CHARS)}…` : text;
  }
  return result;
}
