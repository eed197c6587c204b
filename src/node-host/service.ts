/** How service managers are told to run a node host: a systemd user unit, or a launchd agent. Pure. */
import { join } from "node:path";

/** What is to be run, and where its manager looks for it. */
export interface ServiceSpec {
  /** Program and arguments. */
  argv: readonly string[];
  /** Variables that the program needs. */
  env: Readonly<Record<string, string>>;
  /** Tells the services of several state folders apart; empty for the usual one. */
  suffix: string;
}

/** A file for a service manager, and the commands that make it count or forget it. */
export interface ServiceFile {
  path: string;
  text: string;
  start: readonly (readonly string[])[];
  stop: readonly (readonly string[])[];
}

/** Exit codes after which a new start would only be refused again: wrong command line, refused, locked, state folder. */
const HOPELESS = [2, 4, 6, 8];
/** Seconds between a crash and the next start. */
const RESTART_SECONDS = 5;

/** The file for a platform; undefined when there is no manager that we know. */
export function serviceFile(
  platform: string,
  spec: ServiceSpec,
  given: { home: string; env: Readonly<Record<string, string | undefined>>; userId: number },
): ServiceFile | undefined {
  if (platform === "linux") return systemdUnit(spec, given);
  return platform === "darwin" ? launchdAgent(spec, given) : undefined;
}

function systemdUnit(
  { argv, env, suffix }: ServiceSpec,
  { home, env: host }: { home: string; env: Readonly<Record<string, string | undefined>> },
): ServiceFile {
  const unit = `moltbot-node${suffix}.service`;
  const text = [
    "[Unit]",
    "Description=moltbot node host",
    "After=network-online.target",
    "Wants=network-online.target",
    "",
    "[Service]",
    `ExecStart=${argv.map(quoteSystemd).join(" ")}`,
    ...Object.entries(env).map(([name, value]) => `Environment=${quoteSystemd(`${name}=${value}`)}`),
    "Restart=on-failure",
    `RestartSec=${RESTART_SECONDS}`,
    `RestartPreventExitStatus=${HOPELESS.join(" ")}`,
    "UMask=0077",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
  const systemctl = (...rest: string[]) => ["systemctl", "--user", ...rest];
  return {
    path: join(host["XDG_CONFIG_HOME"] || join(home, ".config"), "systemd", "user", unit),
    text,
    start: [systemctl("daemon-reload"), systemctl("enable", "--now", unit)],
    stop: [systemctl("disable", "--now", unit)],
  };
}

function launchdAgent({ argv, env, suffix }: ServiceSpec, given: { home: string; userId: number }): ServiceFile {
  const label = `bot.molt.node${suffix.replace("-", ".")}`;
  const path = join(given.home, "Library", "LaunchAgents", `${label}.plist`);
  const string = (text: string) => `<string>${escapeXml(text)}</string>`;
  const variables = Object.entries(env).map(([name, value]) => `    <key>${escapeXml(name)}</key>${string(value)}`);
  const text = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    `  <key>Label</key>${string(label)}`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...argv.map((argument) => `    ${string(argument)}`),
    "  </array>",
    "  <key>EnvironmentVariables</key>",
    "  <dict>",
    ...variables,
    "  </dict>",
    "  <key>RunAtLoad</key><true/>",
    "  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>",
    `  <key>ThrottleInterval</key><integer>${RESTART_SECONDS * 6}</integer>`,
    "  <key>Umask</key><integer>63</integer>",
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
  const domain = `gui/${given.userId}`;
  return {
    path,
    text,
    start: [["launchctl", "bootstrap", domain, path]],
    stop: [["launchctl", "bootout", `${domain}/${label}`]],
  };
}

/** One word of a systemd command line: quotes and backslashes escaped, and what systemd would replace doubled. */
function quoteSystemd(word: string): string {
  const plain = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return `"${plain}"`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
