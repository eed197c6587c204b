/** A process for commands under test: what they write is kept, and nothing of the real one is touched. */

import type { Io } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/run.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemIds } from "../../src/lib/ids.ts";

export interface TestIo extends Io {
  stdout: string;
  stderr: string;
  stop: AbortController;
  opened: string[];
}

/** Creates one; `more` changes what a test is about. */
export function createIo(more: Partial<Io> = {}): TestIo {
  const stop = new AbortController();
  const io: TestIo = {
    env: {},
    home: "/nowhere",
    isTerminal: false,
    isInputTerminal: true,
    columns: 80,
    clock: systemClock,
    ids: systemIds,
    signal: stop.signal,
    stdout: "",
    stderr: "",
    opened: [],
    stop,
    out(text) {
      io.stdout += text;
    },
    err(text) {
      io.stderr += text;
    },
    outLater(line) {
      io.stdout += `${line}\n`;
    },
    readInput: async () => "",
    openBrowser: (url) => void io.opened.push(url),
    ...more,
  };
  return io;
}

/** Runs one command line to its end. */
export async function run(argv: readonly string[], more: Partial<Io> = {}) {
  const io = createIo(more);
  const code = await runCli(argv, io);
  return { code, stdout: io.stdout, stderr: io.stderr, opened: io.opened };
}
