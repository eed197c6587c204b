/** The real executable as a process of its own, as a user runs it: `dist/moltbot`, which `bun run test` builds first. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

const root = join(import.meta.dir, "..", "..");
export const BINARY = join(root, "dist", "moltbot");
/** The secret of every child gateway. */
export const TOKEN = "child-secret-of-32-characters-000";
/** A start takes tens of milliseconds; a loaded machine may need longer, but not this long. */
const START_MS = 20_000;

export interface Child extends AsyncDisposable {
  url: string;
  stateDir: string;
  process: Subprocess;
  /** Everything it wrote to stdout so far. */
  output(): string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number>;
  /** Resident memory in bytes. */
  memoryBytes(): number;
}

/** A new state folder with a configuration. */
export function createStateDir(config: object = {}): string {
  const stateDir = mkdtempSync(join(tmpdir(), "moltbot-child-"));
  writeFileSync(join(stateDir, "moltbot.json5"), JSON.stringify(config), { mode: 0o600 });
  return stateDir;
}

/** Starts a gateway on a free port and waits until it listens. */
export async function startChild(
  options: { stateDir?: string; config?: object; cwd?: string; args?: string[]; binary?: string } = {},
): Promise<Child> {
  const { binary = BINARY } = options;
  if (!existsSync(binary)) throw new Error("dist/moltbot is missing: run `bun build.ts` first");
  const stateDir = options.stateDir ?? createStateDir(options.config);
  const child = Bun.spawn([binary, "gateway", "--port", "0", ...(options.args ?? [])], {
    cwd: options.cwd ?? stateDir,
    env: { PATH: process.env["PATH"] ?? "", HOME: stateDir, MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: TOKEN },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  const listening = Promise.withResolvers<string>();
  void (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const line = text.split("\n").find((one) => one.includes('"the gateway listens"'));
      if (line?.endsWith("}")) listening.resolve(JSON.parse(line).url);
    }
    const problem = await new Response(child.stderr).text();
    listening.reject(new Error(`the gateway ended with ${await child.exited}: ${problem}${text}`));
  })();
  const late = setTimeout(() => listening.reject(new Error(`the gateway did not listen in time: ${text}`)), START_MS);
  const url = await listening.promise.finally(() => clearTimeout(late));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return child.exited;
  };
  return {
    url,
    stateDir,
    process: child,
    output: () => text,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    memoryBytes: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) * 1024,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
