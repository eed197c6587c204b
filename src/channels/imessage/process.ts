/**
 * Programs this network is reached by: found without a shell, started with an environment of a few names, and ended with
 * everything they started.
 */
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import type { Subprocess } from "bun";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import { CallFailed } from "./errors.ts";

type Env = Record<string, string | undefined>;

/** What a program may see of our environment: what it needs to run, to find its files, and to use the keys of ssh. */
const passedOn = ["PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK"] as const;
/** Where programs are on a Mac. Services start with a path that has not all of them. */
const usualPath = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
/** How long a program has to end by itself when its input has ended, and again when it was told to. */
export const GRACE_MS = 500;
/** What is kept of what a program says about itself; the end of it has the reason. */
const MAX_WORDS = 4_000;

const goneCodes: ReadonlySet<string> = new Set(["ESRCH", "EPERM"]);

/** The environment of a program. */
export function environment(env: Env): Record<string, string> {
  const entries = passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const { PATH = "" } = env;
  return { HOME: homedir(), ...Object.fromEntries(entries), PATH: PATH === "" ? usualPath : `${PATH}:${usualPath}` };
}

/** Where a program is; undefined when it is not there. */
export function findProgram(name: string, env: Env): string | undefined {
  return (isAbsolute(name) ? Bun.which(name) : Bun.which(name, { PATH: environment(env).PATH ?? "" })) ?? undefined;
}

/** A program that runs, as the leader of a group of its own. */
export class Program {
  readonly #child: Subprocess<"pipe", "pipe", "pipe">;
  readonly #clock: Clock;
  readonly #words: Promise<void>;
  #said = "";
  #closing: Promise<number> | undefined;

  /** Throws {@link CallFailed} when it cannot be started. */
  constructor(command: readonly string[], { env, clock }: { env: Env; clock: Clock }) {
    this.#clock = clock;
    try {
      this.#child = Bun.spawn([...command], {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        env: environment(env),
        detached: true,
      });
    } catch (error) {
      const reason = error instanceof Error && "code" in error ? String(error.code) : "it cannot be started";
      throw new CallFailed({ kind: "absent", program: command[0] ?? "", reason });
    }
    this.#words = this.#listen();
    // What it leaves behind, such as the other half of a wrapper, ends with it.
    void this.#child.exited.then(() => this.#signal("SIGKILL"));
  }

  /** What it writes; ends when it and everything it started have closed it. */
  get output(): ReadableStream<Uint8Array> {
    return this.#child.stdout;
  }

  /** Resolves with its status when it has ended by itself. */
  get ended(): Promise<number> {
    return this.#child.exited;
  }

  /** The last it said about itself, on one line. Called when it has ended. */
  async words(): Promise<string> {
    // Something that left its group may hold the pipe.
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = this.#clock.after(GRACE_MS, resolve);
    await Promise.race([this.#words, promise]);
    limit.cancel();
    return this.#said.replaceAll(/\s+/g, " ").trim();
  }

  /** Says that there is nothing more to read. */
  async endInput(): Promise<void> {
    // It may have ended already, and with it its input.
    await Promise.resolve(this.#child.stdin.end()).catch(() => undefined);
  }

  /** Writes to it; resolves when the bytes are with the system. Rejects when it takes none any more. */
  async write(text: string): Promise<void> {
    this.#child.stdin.write(text);
    await this.#child.stdin.flush();
  }

  /** Ends its input, then asks it to end, then makes it. Resolves with its status. */
  close(): Promise<number> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<number> {
    const polite = this.#clock.after(GRACE_MS, () => this.#signal("SIGTERM"));
    const firm = this.#clock.after(2 * GRACE_MS, () => this.#signal("SIGKILL"));
    await this.endInput();
    const status = await this.#child.exited;
    polite.cancel();
    firm.cancel();
    return status;
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    try {
      process.kill(-this.#child.pid, name);
    } catch (error) {
      // Nobody is left in the group, or only those that have ended and were not waited for.
      if (!(error instanceof Error && "code" in error && goneCodes.has(String(error.code)))) throw error;
    }
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#child.stderr)
      this.#said = (this.#said + decoder.decode(piece, { stream: true })).slice(-MAX_WORDS);
  }
}

/** What a program that was run to its end left. */
export interface Outcome {
  status: number;
  output: string;
  words: string;
}

interface Running {
  env: Env;
  clock: Clock;
  ms: number;
  signals: readonly AbortSignal[];
  maxChars: number;
}

/** Runs a program without input to its end. Throws {@link CallFailed} when it cannot be started or takes too long. */
export async function runProgram(command: readonly string[], running: Running): Promise<Outcome> {
  const { clock, ms, signals, maxChars } = running;
  const program = new Program(command, running);
  await program.endInput();
  try {
    return await within({ clock, ms, signals }, async () => {
      let output = "";
      const decoder = new TextDecoder();
      for await (const piece of program.output) {
        output += decoder.decode(piece, { stream: true });
        if (output.length > maxChars) break;
      }
      return { status: await program.ended, output: output.slice(0, maxChars), words: await program.words() };
    });
  } finally {
    await program.close();
  }
}
