/** `moltbot node install` and `uninstall`: the node host as a service of this user. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { HostSecrets } from "../../node-host/secrets.ts";
import { type ServiceFile, serviceFile } from "../../node-host/service.ts";
import type { Cli } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { CommandError, usageError } from "../exit-codes.ts";
import { givenCredentials } from "../secrets.ts";
import { cleanLine } from "../terminal.ts";

export const nodeInstall = defineLeaf({
  name: "install",
  summary: "Run the node host as a service: a systemd user unit or a launchd agent",
  args: {
    name: { type: "string", valueHint: "NAME", description: "how the node is called" },
    run: { type: "boolean", default: true, description: "run commands; --no-run: do not" },
    notify: { type: "boolean", default: true, description: "show notes on the desktop; --no-notify: do not" },
    canvas: { type: "boolean", description: "show pages in a browser without a window" },
    start: { type: "boolean", default: true, description: "start it at once; --no-start: only write the file" },
    "dry-run": { type: "boolean", description: "print the file and change nothing" },
  },
  async run(args, cli) {
    const { io, link } = cli;
    const options = [
      ...(link.url === undefined ? [] : [`--url=${link.url}`]),
      ...(link.tlsFingerprint === undefined ? [] : [`--tls-fingerprint=${link.tlsFingerprint}`]),
      ...(link.allowInsecure ? ["--allow-insecure"] : []),
      ...(args.name === undefined ? [] : [`--name=${args.name}`]),
      ...(args.run ? [] : ["--no-run"]),
      ...(args.notify ? [] : ["--no-notify"]),
      ...(args.canvas ? ["--canvas"] : []),
    ];
    const file = fileFor(cli, options);
    if (args["dry-run"]) {
      cli.print({ path: file.path, text: file.text }, () => `# ${file.path}\n${file.text}`);
      return;
    }
    keepSecret(cli);
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text, { mode: 0o600 });
    const problem = args.start ? perform(file.start) : undefined;
    const isStarted = args.start && problem === undefined;
    const byHand = file.start.map((argv) => argv.join(" ")).join(" && ");
    cli.print({ path: file.path, started: isStarted, ...(problem ? { problem } : {}) }, () =>
      [
        `wrote ${file.path}`,
        isStarted ? "started; moltbot node status tells how it is" : `start it with: ${byHand}`,
        ...(io.isTerminal && problem ? [cli.paint("yellow", cleanLine(problem))] : []),
      ].join("\n"),
    );
  },
});

export const nodeUninstall = defineLeaf({
  name: "uninstall",
  summary: "Stop the service and remove its file; key and approvals stay",
  args: {},
  async run(_args, cli) {
    const file = fileFor(cli, []);
    if (!existsSync(file.path)) throw new CommandError("failed", `nothing is installed at ${file.path}`);
    const problem = perform(file.stop);
    rmSync(file.path);
    cli.print({ path: file.path, ...(problem ? { problem } : {}) }, () =>
      [`removed ${file.path}`, ...(problem ? [cleanLine(problem)] : [])].join("\n"),
    );
  },
});

function fileFor({ io, paths }: Cli, options: readonly string[]): ServiceFile {
  const { stateDir } = paths;
  const usual = join(io.home, ".moltbot");
  const path = io.env["PATH"];
  const [, profile] = /[\\/]\.moltbot-([A-Za-z0-9_-]+)$/.exec(stateDir) ?? [];
  const suffix = stateDir === usual ? "" : `-${profile ?? Bun.hash(stateDir).toString(36)}`;
  const argv = [...executable(), "node", "run", `--state-dir=${stateDir}`, ...options];
  if ([...argv, path ?? ""].some((word) => /[\0\r\n]/.test(word))) usageError("a name or address holds a line break");
  const userId = process.getuid?.() ?? 0;
  const spec = { argv, env: path ? { PATH: path } : {}, suffix };
  return (
    serviceFile(process.platform, spec, { home: io.home, env: io.env, userId }) ??
    usageError("there is no service for this system yet: run `moltbot node run` from one of your own")
  );
}

/** The program that runs now: the executable, or the runtime with our first file. */
function executable(): string[] {
  const isCompiled = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/.test(Bun.main);
  return isCompiled ? [process.execPath] : [process.execPath, Bun.main];
}

/** A secret must not stand in a unit, which others can ask for: it goes where only this user reads it. */
function keepSecret({ link, io, paths }: Cli): void {
  const { token } = givenCredentials(link, io.env) ?? {};
  if (link.url !== undefined && token) new HostSecrets(paths.stateDir).keepToken(link.url, token.reveal());
}

/** Runs the manager's commands; the first that fails says why. */
function perform(commands: readonly (readonly string[])[]): string | undefined {
  for (const [program = "", ...args] of commands) {
    const path = Bun.which(program);
    if (!path) return `there is no ${program} here`;
    const { exitCode, stderr } = Bun.spawnSync([path, ...args], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    if (exitCode !== 0) return `${program}: ${stderr.toString().trim().split("\n")[0] ?? `ended with ${exitCode}`}`;
  }
  return undefined;
}
