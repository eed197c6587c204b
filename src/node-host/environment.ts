/**
 * What the programs of a host see as their environment: a list of harmless variables of the host itself, so that no
 * secret of this process reaches them (threats T13, T22), and what the caller adds, as far as a caller may.
 */
import { delimiter } from "node:path";
import { allowedEnv } from "../lib/exec/environment.ts";

/** Variables of the host that programs get. Everything else of this process stays here. */
const inherited: ReadonlySet<string> = new Set(
  [
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TERM COLORTERM NO_COLOR HOSTNAME",
    "DISPLAY WAYLAND_DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK __CF_USER_TEXT_ENCODING",
    "SYSTEMROOT WINDIR COMSPEC PATHEXT TEMP TMP USERPROFILE USERNAME APPDATA LOCALAPPDATA PROGRAMFILES PROGRAMDATA",
  ]
    .join(" ")
    .split(" "),
);
const INHERITED_PREFIXES = /^(?:LC_|XDG_)/;

/** Variables that callers may not add besides those of every host: they turn this very executable into another program. */
const OWN_PREFIXES = /^(?:BUN_|MOLTBOT_|OPENCLAW_|CLAWDBOT_)/i;

/** Variables that change how something is written, and never what runs. */
const HARMLESS = /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|NO_COLOR|COLUMNS|LINES)$/;

/** Used when the host has no path at all. */
const DEFAULT_PATH = process.platform === "win32" ? "" : "/usr/local/bin:/usr/bin:/bin";

/** The environment of a host as its programs see it. */
export function baseEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]): [string, string][] => {
    const upper = name.toUpperCase();
    return value !== undefined && (inherited.has(upper) || INHERITED_PREFIXES.test(upper)) ? [[name, value]] : [];
  });
  return { PATH: DEFAULT_PATH, ...Object.fromEntries(kept) };
}

/** The part of what a caller adds that is let through. */
export function addedEnv(
  asked: Readonly<Record<string, string>>,
  base: Readonly<Record<string, string>>,
): Record<string, string> {
  const allowed = allowedEnv(asked, base["PATH"] ?? "", delimiter === ";" ? ";" : ":");
  return Object.fromEntries(Object.entries(allowed).filter(([name]) => !OWN_PREFIXES.test(name)));
}

/**
 * Whether these additions cannot make a program do something else. `HOME` alone can: many programs read there what to
 * run. The list of allowed programs was made without them in mind.
 */
export function isHarmless(added: Readonly<Record<string, string>>): boolean {
  return Object.keys(added).every((name) => HARMLESS.test(name));
}
