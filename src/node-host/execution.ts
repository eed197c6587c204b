/**
 * Runs one program: its arguments as they are, never through a shell, in a process group of its own that ends with it.
 * What a program leaves behind when it ends is ended too: nothing of a run outlives its answer.
 */
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { ProcessGroups } from "./groups.ts";
import { Output, type StreamName } from "./output.ts";

/** How long output may still come after the program itself has ended. */
const DRAIN_MS = 500;

/** What is run. Everything is resolved: nothing is looked up again. */
export interface Program {
  /** The file, with every link followed. */
  path: string;
  /** Its arguments, and before them the name it is called by. */
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/** How it ended. */
export interface Execution {
  exitCode: number | undefined;
  timedOut: boolean;
  output: Output;
  /** Why there is no exit code, when it is not for lack of time. */
  error: string | undefined;
}

/** Runs a program to its end, its time limit, or the abort of the signal. */
export async function execute(
  program: Program,
  { clock, groups, signal }: { clock: Clock; groups: ProcessGroups; signal: AbortSignal },
): Promise<Execution> {
  const output = new Output();
  const child = start(program);
  if (typeof child === "string") return { exitCode: undefined, timedOut: false, output, error: child };
  groups.add(child.pid);
  const readers = [read(child.stdout, "stdout", output), read(child.stderr, "stderr", output)];
  let cause: "time" | "abort" | undefined;
  const end = (why: typeof cause) => {
    cause ??= why;
    groups.end(child.pid);
  };
  const onAbort = () => end("abort");
  const timer = clock.after(program.timeoutMs, () => end("time"));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  await child.exited;
  timer.cancel();
  signal.removeEventListener("abort", onAbort);
  const drained = Promise.withResolvers<void>();
  const late = clock.after(DRAIN_MS, drained.resolve);
  await Promise.race([Promise.all(readers.map(({ done }) => done)), drained.promise]);
  late.cancel();
  groups.end(child.pid);
  for (const { stop } of readers) stop();
  return { ...endOf(child, cause), timedOut: cause === "time", output };
}

function start({ path, argv, cwd, env }: Program) {
  const [name = path, ...args] = argv;
  try {
    return Bun.spawn([path, ...args], {
      argv0: name,
      cwd,
      env: { ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (error) {
    return messageOf(error);
  }
}

function endOf(
  { exitCode, signalCode }: { exitCode: number | null; signalCode: string | number | null },
  cause: "time" | "abort" | undefined,
): Pick<Execution, "exitCode" | "error"> {
  if (cause === "abort") return { exitCode: undefined, error: "stopped: nobody waits for it any more" };
  if (cause === "time") return { exitCode: undefined, error: undefined };
  if (signalCode) return { exitCode: undefined, error: `ended by ${signalCode}` };
  return { exitCode: exitCode ?? undefined, error: undefined };
}

function read(stream: ReadableStream<Uint8Array>, name: StreamName, output: Output) {
  const reader = stream.getReader();
  const done = (async () => {
    for (;;) {
      const { value, done: isOver } = await reader.read();
      if (isOver) return;
      output.write(name, value);
    }
  })();
  // A stream that breaks has ended: what came before it is what there is.
  return { done: done.catch(() => undefined), stop: () => void reader.cancel().catch(() => undefined) };
}
