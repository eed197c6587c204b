/** A real gateway in this process, on a port and a state folder of its own; gone when the test ends. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { type App, type AppOptions, createApp } from "../../src/app.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { DEFAULT_MAX_BYTES, LogFile } from "../../src/lib/log-file.ts";

/** The secret of every test gateway. */
export const TOKEN = "secret";

export interface TestGatewayOptions {
  /** The configuration, as the file would hold it. */
  config?: object;
  /** An existing state folder, to start again on it. */
  stateDir?: string;
  clock?: Clock;
  tailscale?: AppOptions["tailscale"];
  overrides?: AppOptions["overrides"];
  env?: Record<string, string | undefined>;
}

export interface TestGateway extends AsyncDisposable {
  app: App;
  url: string;
  pageUrl: string;
  token: string;
  stateDir: string;
  /** Everything logged so far. */
  log: LogRecord[];
  /** Answers that did not match their declared result. */
  badResults: string[];
  /** Stops the gateway and keeps the folder, so that it can be started again. */
  stop(): Promise<void>;
}

/** Starts a gateway with the token {@link TOKEN}, and the given configuration on top. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "moltbot-test-"));
  const configPath = join(stateDir, "moltbot.json5");
  if (options.config) writeFileSync(configPath, JSON.stringify(options.config), { mode: 0o600 });
  const log: LogRecord[] = [];
  const badResults: string[] = [];
  const clock = options.clock ?? systemClock;
  const logFile = new LogFile(join(stateDir, "logs", "gateway.log"), () => DEFAULT_MAX_BYTES);
  const app = await createApp({
    stateDir,
    configPath,
    env: options.env ?? {},
    version: "0.0.0-test",
    overrides: { port: 0, token: TOKEN, ...options.overrides },
    clock,
    ids: systemIds,
    log: createLog({ clock, level: "debug", sinks: [(record) => log.push(record), logFile.sink] }),
    logFile,
    discover: false,
    tailscale: options.tailscale ?? { whois: async () => undefined, ownAddresses: async () => [] },
    onResult: (method, payload) => {
      const wire = JSON.parse(JSON.stringify(payload));
      if (Value.Check(method.result, wire)) return;
      const first = Value.Errors(method.result, wire).First();
      badResults.push(`${method.name}: ${first?.path} ${first?.message}`);
    },
  });
  return {
    app,
    url: app.url,
    pageUrl: app.pageUrl,
    token: TOKEN,
    stateDir,
    log,
    badResults,
    stop: () => app.stop("test"),
    async [Symbol.asyncDispose]() {
      await app.stop("test");
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
