/** The log on disk, bounded, and the part of it that `logs.tail` reads (threats T42). */
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type LogRecord, type LogSink, toJsonLine } from "./log.ts";

/** Size at which the file is put aside when the configuration does not say; one older file is kept. */
export const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;

/** A part of the file, in lines. */
export interface LogTail {
  file: string;
  /** Where to go on reading next time. */
  cursor: number;
  size: number;
  lines: string[];
  /** The beginning of what was asked for did not fit. */
  truncated: boolean;
  /** The cursor pointed into a file that is gone, or too far back: this is a new beginning. */
  reset: boolean;
}

/** Appends records to a file and reads its end. */
export class LogFile {
  readonly path: string;
  readonly #maxBytes: () => number;
  #sizeBytes: number;
  constructor(path: string, maxBytes: () => number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
    this.#sizeBytes = statSync(path).size;
  }

  /** A sink for the log. A disk that takes nothing must not stop the gateway: the line is lost here, not on stdout. */
  readonly sink: LogSink = (record: LogRecord) => {
    const line = `${toJsonLine(record)}\n`;
    try {
      if (this.#sizeBytes + line.length > this.#maxBytes()) this.#rotate();
      appendFileSync(this.path, line, { mode: 0o600 });
      this.#sizeBytes += Buffer.byteLength(line);
    } catch {
      this.#sizeBytes = 0; // Measured anew by the next rotation; stdout still has the line.
    }
  };

  /** Lines after `cursor`, or the last ones without it (`protocol/methods.md`, logs.tail). */
  tail(options: { cursor?: number; limit: number; maxBytes: number }): LogTail {
    const fd = openSync(this.path, "r");
    try {
      const { size } = fstatSync(fd);
      const { cursor, limit, maxBytes } = options;
      const isLost = cursor !== undefined && (cursor > size || size - cursor > maxBytes);
      const from = cursor === undefined || isLost ? Math.max(0, size - maxBytes) : cursor;
      const bytes = Buffer.alloc(size - from);
      readSync(fd, bytes, 0, bytes.length, from);
      const lines = bytes.toString("utf8").split("\n");
      lines.pop(); // What follows the last line end: nothing, or a line that is being written.
      if (from > 0 && (cursor === undefined || isLost)) lines.shift(); // Begins in the middle of a line.
      const kept = lines.slice(-limit);
      return {
        file: this.path,
        cursor: size,
        size,
        lines: kept,
        truncated: kept.length < lines.length || (from > 0 && cursor === undefined),
        reset: isLost,
      };
    } finally {
      closeSync(fd);
    }
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    closeSync(openSync(this.path, "a", 0o600));
    this.#sizeBytes = 0;
  }
}
