/**
 * `system.notify`: a note on the desktop of whoever sits there, through the program the system has for it. Texts are
 * arguments of their own, never part of a script.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Lenient, Nullable, OneOf } from "#schemas/primitives.ts";
import type { Clock } from "../lib/clock.ts";
import { validator } from "../lib/validate.ts";
import { execute } from "./execution.ts";
import { invalid, readParams, unavailable } from "./failure.ts";
import type { ProcessGroups } from "./groups.ts";
import { findOnPath, resolveProgram } from "./which.ts";

/** How long the program may take to hand the note over. */
const NOTIFY_MS = 10_000;
/** Longest title and text; desktops show a few lines. */
const MAX_TITLE_CHARS = 256;
const MAX_BODY_CHARS = 4_096;

const Maybe = <T extends Parameters<typeof Nullable>[0]>(schema: T) => Type.Optional(Nullable(schema));
const shape = validator(
  Lenient({
    title: Maybe(Type.String()),
    body: Maybe(Type.String()),
    priority: Maybe(OneOf(["passive", "active", "timeSensitive"])),
  }),
);

/** What shows notes on this host. */
export interface Notifier {
  path: string;
  argv(note: { title: string; body: string; priority: keyof typeof urgencies }): string[];
}

const urgencies = { passive: "low", active: "normal", timeSensitive: "critical" } as const;

const SCRIPT = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];

/** The program that would show a note; undefined when there is none, or nobody's desktop to show it on. */
export function findNotifier(platform: string, env: Readonly<Record<string, string>>): Notifier | undefined {
  if (platform === "darwin") {
    const path = resolveProgram("/usr/bin/osascript", { path: "", cwd: "/" });
    const lines = SCRIPT.flatMap((line) => ["-e", line]);
    return path === undefined
      ? undefined
      : { path, argv: ({ title, body }) => ["osascript", ...lines, "--", title, body] };
  }
  if (platform !== "linux" || !hasDesktop(env)) return undefined;
  const path = findOnPath("notify-send", env["PATH"] ?? "");
  if (path === undefined) return undefined;
  return {
    path,
    argv: ({ title, body, priority }) => [
      "notify-send",
      "--app-name=moltbot",
      `--urgency=${urgencies[priority]}`,
      "--",
      title,
      withoutMarkup(body),
    ],
  };
}

/** Shows a note. Throws when there is nothing in it, or the desktop did not take it. */
export async function notify(
  params: unknown,
  notifier: Notifier,
  given: { env: Readonly<Record<string, string>>; clock: Clock; groups: ProcessGroups; signal: AbortSignal },
): Promise<undefined> {
  const asked = readParams(shape, params);
  const title = plain(asked.title ?? "", MAX_TITLE_CHARS);
  const body = plain(asked.body ?? "", MAX_BODY_CHARS);
  if (!title && !body) invalid("empty notification");
  const argv = notifier.argv({ title: title || "moltbot", body, priority: asked.priority ?? "active" });
  const program = { path: notifier.path, argv, cwd: "/", env: given.env, timeoutMs: NOTIFY_MS };
  const { exitCode, output, error } = await execute(program, given);
  if (exitCode !== 0) unavailable(`the desktop did not take the note: ${error ?? output.texts().stderr.trim()}`);
}

/** A session bus is what notes travel on. */
function hasDesktop(env: Readonly<Record<string, string>>): boolean {
  const runtimeDir = env["XDG_RUNTIME_DIR"];
  return Boolean(env["DBUS_SESSION_BUS_ADDRESS"]) || (runtimeDir !== undefined && existsSync(join(runtimeDir, "bus")));
}

function plain(text: string, maxChars: number): string {
  return text.replaceAll("\0", "").trim().slice(0, maxChars);
}

/** Desktops read a little HTML in the text. */
function withoutMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
