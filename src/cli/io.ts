/** What a command touches of its process, as one value, so that tests hand in another. */
import { fstatSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type Ids, systemIds } from "../lib/ids.ts";
import { BrokenPipe } from "./exit-codes.ts";

/** The process as commands see it. */
export interface Io {
  env: Record<string, string | undefined>;
  home: string;
  /** People read stdout. */
  isTerminal: boolean;
  /** People type at stdin. */
  isInputTerminal: boolean;
  columns: number;
  clock: Clock;
  ids: Ids;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP; its reason is the name of the signal. */
  signal: AbortSignal;
  /** Writes to stdout and returns when it is written. Throws {@link BrokenPipe}. */
  out(text: string): void;
  err(text: string): void;
  /** Queues a line for stdout and returns at once: for a process that must not wait for a slow reader. */
  outLater(line: string): void;
  readInput(): Promise<string>;
  /** Opens an address in the browser of this person. */
  openBrowser(url: string): void;
}

/** Narrowest width tables are made for, and the width when nobody says: files and pipes. */
const DEFAULT_COLUMNS = 80;
/** A reader this slow gets the process's patience, in steps of this length. */
const RETRY_MS = 2;
/** Signals that ask to stop. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** This process. Takes over its signals: the first stop signal aborts, the second ends the process at once. */
export function processIo(): Io {
  const stop = new AbortController();
  for (const name of stopSignals) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(name);
    });
  }
  let isWatched = false;
  const outLater = (line: string) => {
    // Without a listener a reader who leaves would end the gateway: its log file still has every line.
    if (!isWatched) process.stdout.on("error", () => undefined);
    isWatched = true;
    process.stdout.write(`${line}\n`);
  };
  return {
    env: process.env,
    home: homedir(),
    get isTerminal() {
      return mayBeTerminal(1) && process.stdout.isTTY === true;
    },
    get isInputTerminal() {
      return mayBeTerminal(0) && process.stdin.isTTY === true;
    },
    get columns() {
      return (mayBeTerminal(1) && process.stdout.columns) || DEFAULT_COLUMNS;
    },
    clock: systemClock,
    ids: systemIds,
    signal: stop.signal,
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
    outLater,
    readInput: () => Bun.stdin.text(),
    openBrowser,
  };
}

/** False for files and pipes, without making the stream: that alone takes longer than some whole commands. */
function mayBeTerminal(fd: 0 | 1): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return false; // Closed by whoever started us.
  }
}

/** Writes everything now: what waits in a stream is lost when the process exits. */
function writeAll(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EAGAIN") Bun.sleepSync(RETRY_MS);
      else if (fd === 2)
        return; // Nobody is left to be told.
      else if (code === "EPIPE") throw new BrokenPipe("nobody reads the output");
      else throw error;
    }
  }
}

function openBrowser(url: string): void {
  const opener =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["explorer.exe"] : ["xdg-open"];
  Bun.spawn([...opener, url], { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).unref();
}
