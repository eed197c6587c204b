/**
 * What a request to run something comes to on this host: which file, in which folder, with which environment. Made anew
 * for every request, and what was looked at is what runs (rule R5 of the threats).
 */
import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { Type } from "@sinclair/typebox";
import { Lenient, Nullable, OneOf } from "#schemas/primitives.ts";
import type { ResolvedSegment } from "../lib/exec/allowlist.ts";
import { analyse } from "../lib/exec/analyse.ts";
import { isTextOf, shellTextOf } from "../lib/exec/binding.ts";
import { quote } from "../lib/exec/show.ts";
import { validator } from "../lib/validate.ts";
import { addedEnv, isHarmless } from "./environment.ts";
import { invalid, readParams } from "./failure.ts";
import { resolveProgram } from "./which.ts";

/** Characters of all arguments and variables together; systems take little more. */
const MAX_CHARS = 128 * 1024;

const Maybe = <T extends Parameters<typeof Nullable>[0]>(schema: T) => Type.Optional(Nullable(schema));
const Text = Type.String({ maxLength: MAX_CHARS });

/** The parameters of `system.run`; `system.run.prepare` reads the same. */
export const RunParams = Lenient({
  command: Type.Array(Text, { minItems: 1, maxItems: 4096 }),
  rawCommand: Maybe(Text),
  cwd: Maybe(Type.String({ maxLength: 4096 })),
  env: Maybe(Type.Record(Type.String(), Text)),
  timeoutMs: Maybe(Type.Number({ minimum: 0 })),
  needsScreenRecording: Maybe(Type.Boolean()),
  agentId: Maybe(Type.String({ maxLength: 256 })),
  sessionKey: Maybe(Type.String({ maxLength: 512 })),
  runId: Maybe(Type.String({ maxLength: 256 })),
  approved: Maybe(Type.Boolean()),
  approvalDecision: Maybe(OneOf(["allow-once", "allow-always"])),
  approvalHash: Maybe(Type.String({ maxLength: 64 })),
  approvalExpiresAtMs: Maybe(Type.Number()),
});
export type RunParams = typeof RunParams.static;
const shape = validator(RunParams);

/** A request with what it means here. */
export interface Plan {
  asked: RunParams;
  argv: readonly string[];
  /** The arguments as people and peers write them. */
  text: string;
  /** The folder, with every link followed. */
  cwd: string;
  /** What the caller adds to the environment, as far as it may. */
  added: Readonly<Record<string, string>>;
  /** The whole environment. */
  env: Readonly<Record<string, string>>;
  /** The file that runs; undefined when there is no such program. */
  path: string | undefined;
  /** The programs for the list of allowed ones to judge; undefined when they cannot be told. */
  segments: readonly ResolvedSegment[] | undefined;
}

/** Makes the plan. Throws `INVALID_REQUEST` for parameters that cannot be meant. */
export function planOf(params: unknown, host: { env: Readonly<Record<string, string>>; homeDir: string }): Plan {
  const asked = readParams(shape, params);
  const { command: argv, rawCommand } = asked;
  if (!argv[0]?.trim()) invalid("command required");
  if (lengthOf(asked) > MAX_CHARS) invalid(`command and environment have more than ${MAX_CHARS} characters`);
  if (argv.some((argument) => argument.includes("\0"))) invalid("an argument holds a NUL character");
  if (typeof rawCommand === "string" && !isTextOf(rawCommand, argv))
    invalid("rawCommand does not say what command runs");
  const cwd = folderOf(asked.cwd ?? host.homeDir);
  const added = addedEnv(asked.env ?? {}, host.env);
  const env = { ...host.env, ...added };
  const from = { path: env["PATH"] ?? "", cwd };
  const path = resolveProgram(argv[0] ?? "", from);
  const text = shellTextOf(argv) ?? argv.map(quote).join(" ");
  return { asked, argv, text, cwd, added, env, path, segments: segmentsOf(argv, path, added, from) };
}

function lengthOf({ command, env }: RunParams): number {
  return [...command, ...Object.entries(env ?? {}).flat()].reduce((sum, text) => sum + text.length, 0);
}

function folderOf(cwd: string): string {
  if (!isAbsolute(cwd) || cwd.includes("\0")) invalid("cwd must be an absolute path");
  try {
    if (statSync(cwd).isDirectory()) return realpathSync.native(cwd);
  } catch {
    invalid("cwd does not exist"); // Or may not be entered, which is the same to whoever asks.
  }
  return invalid("cwd is not a folder");
}

/**
 * The programs of a command, each with its file. A shell around them is passed over only when it is the system's own;
 * inside it a path that is not absolute could mean another file after a `cd`. With variables that may change what a
 * program does, no list says that it is harmless.
 */
function segmentsOf(
  argv: readonly string[],
  path: string | undefined,
  added: Readonly<Record<string, string>>,
  from: { path: string; cwd: string },
): ResolvedSegment[] | undefined {
  if (!isHarmless(added)) return undefined;
  const segments = analyse(argv);
  if (shellTextOf(argv) === undefined) return segments?.map((segment) => ({ ...segment, resolvedPath: path }));
  if (path === undefined || !SYSTEM_FOLDERS.has(dirname(path).toLowerCase())) return undefined;
  return segments?.map((segment) => {
    const [name = ""] = segment.argv;
    const isRelative = /[/\\]/.test(name) && !isAbsolute(name);
    return { ...segment, resolvedPath: isRelative ? undefined : resolveProgram(name, from) };
  });
}

/** Where shells come from; only an administrator writes there. */
const SYSTEM_FOLDERS: ReadonlySet<string> = new Set(["/bin", "/usr/bin", "c:\\windows\\system32"]);
