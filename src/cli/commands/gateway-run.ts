/** `moltbot gateway run`: the gateway in the foreground, until a signal stops it. */
import { join } from "node:path";
import type { AppOptions } from "../../app.ts";
import { readText } from "../../config/file.ts";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { prepareStateDir, StartError, type StartProblem } from "../../gateway/start.ts";
import { createLog, type Log } from "../../lib/log.ts";
import { DEFAULT_MAX_BYTES, LogFile } from "../../lib/log-file.ts";
import { type Cli, wholeNumber } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { CommandError, type ExitName, usageError } from "../exit-codes.ts";
import { logOutput } from "../log-line.ts";
import { givenCredentials, localCredentials } from "../secrets.ts";
import { cleanLine } from "../terminal.ts";
import { version } from "../version.ts";

const exits: Record<StartProblem, ExitName> = {
  locked: "locked",
  "port-busy": "portBusy",
  "state-dir": "stateDir",
  refused: "unsafe",
};

const authModes = ["token", "password", "none"] as const;

export const gatewayRun = defineLeaf({
  name: "run",
  summary: "Run the gateway until ctrl-C",
  args: {
    port: { type: "string", valueHint: "PORT", description: "port to listen on; 0 lets the system choose" },
    bind: { type: "string", valueHint: "WHERE", description: "loopback, lan, tailnet or an IP address" },
    token: { type: "string", valueHint: "TOKEN", description: "the secret clients must show" },
    password: { type: "string", valueHint: "PASSWORD", description: "a password clients may show" },
    auth: { type: "string", valueHint: "MODE", description: "token, password or none" },
    tls: { type: "boolean", description: "serve wss:// and https://; --no-tls: do not" },
    verbose: { type: "boolean", description: "log everything" },
  },
  async run(args, cli) {
    const overrides = {
      port: portOf(args.port),
      bind: args.bind,
      token: args.token,
      password: args.password,
      authMode: authModeOf(args.auth),
      tls: args.tls,
    };
    const { level = "info", maxFileBytes = DEFAULT_MAX_BYTES } = await loggingOf(cli);
    const logFile = await orCommandError(() => {
      prepareStateDir(cli.paths.stateDir);
      return new LogFile(join(cli.paths.stateDir, "logs", "gateway.log"), () => maxFileBytes);
    });
    const sinks = [logFile.sink, logOutput(cli)];
    const log = createLog({ clock: cli.io.clock, level: args.verbose ? "debug" : level, sinks });
    await serve(cli, { overrides, log, logFile });
  },
});

/** Runs until the stop signal; the second one ends the process without us. */
async function serve(
  cli: Cli,
  needs: { overrides: NonNullable<AppOptions["overrides"]>; log: Log; logFile: LogFile },
): Promise<void> {
  const { io, paths } = cli;
  const { createApp } = await import("../../app.ts");
  const options = { ...paths, ...needs, env: io.env, version, clock: io.clock, ids: io.ids };
  const app = await orCommandError(() => createApp(options));
  if (io.isTerminal && !cli.wantsJson) {
    for (const warning of app.warnings) io.err(`${cli.paint("yellow", "warning:")} ${cleanLine(warning)}\n`);
    const secret = givenCredentials(needs.overrides, io.env) ?? (await localCredentials(paths, io.env));
    const fragment = secret.token ? `#token=${encodeURIComponent(secret.token.reveal())}` : "";
    io.out(`${cli.paint("bold", "open")} ${cli.paint("cyan", app.pageUrl + fragment)}\n`);
  }
  await aborted(io.signal);
  await app.stop(String(io.signal.reason));
}

/** Gives each reason not to start its exit code. */
async function orCommandError<T>(start: () => T | Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new CommandError(exits[error.problem], error.message, { cause: error });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

type Logging = NonNullable<Config["logging"]>;

/** What the config says about logging; what is wrong with the file is told by the gateway itself. */
async function loggingOf({ paths, io }: Cli): Promise<Logging> {
  const found = await readText(paths.configPath);
  return parseConfig(found.kind === "text" ? found.text : undefined, io.env).config.logging ?? {};
}

function portOf(text: string | undefined): number | undefined {
  const port = wholeNumber("port", text, 0);
  return port !== undefined && port > 65_535 ? usageError("--port takes a number up to 65535") : port;
}

function authModeOf(text: string | undefined) {
  return text === undefined
    ? undefined
    : (authModes.find((mode) => mode === text) ?? usageError("--auth takes token, password or none"));
}
