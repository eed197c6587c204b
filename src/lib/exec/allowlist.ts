/**
 * Whether every program of a command is on the owner's list (`protocol/nodes.md` section 7). Patterns are globs over the
 * resolved path, without regard to case; one that is no path matches nothing.
 */
import type { ExecAllowlistEntry } from "#schemas/exec-approvals.ts";
import type { ExecSegment } from "./analyse.ts";
import { matchesGlob } from "./glob.ts";
import { isInterpreter } from "./interpreters.ts";
import { isSafeBin } from "./safe-bins.ts";

/** A program with where it really lies: the path search and links followed. */
export interface ResolvedSegment extends ExecSegment {
  /** Undefined when there is no such program. */
  resolvedPath: string | undefined;
}

/** What else counts as allowed. */
export interface ExecTrust {
  allowlist: readonly ExecAllowlistEntry[];
  /** Names of programs that skills brought along; empty unless the owner allows them. */
  skillBins: ReadonlySet<string>;
  /** For patterns that begin with `~`. */
  homeDir: string;
}

/** Why a program may run: an entry of the list, or what it is. */
export type Grounds = ExecAllowlistEntry | "safe-bin" | "skill";

/** The grounds of each program; undefined when one has none, or the command could not be read. */
export function groundsOf(segments: readonly ResolvedSegment[] | undefined, trust: ExecTrust): Grounds[] | undefined {
  if (!segments?.length) return undefined;
  const grounds = segments.map((segment) => groundOf(segment, trust));
  return grounds.includes(undefined) ? undefined : (grounds as Grounds[]);
}

function groundOf({ argv, resolvedPath }: ResolvedSegment, trust: ExecTrust): Grounds | undefined {
  const [name = "", ...args] = argv;
  if (resolvedPath === undefined || isInterpreter(resolvedPath) || isInterpreter(name)) return undefined;
  const entry = trust.allowlist.find(({ pattern }) => matchesPath(pattern, resolvedPath, trust.homeDir));
  if (entry) return entry;
  if (isSafeBin(name, resolvedPath, args)) return "safe-bin";
  return trust.skillBins.has(name) ? "skill" : undefined;
}

/** What `allow-always` adds to the list: the path of each program, or nothing when one of them could run anything. */
export function pathsToAllow(segments: readonly ResolvedSegment[]): string[] {
  const paths = segments.map(({ resolvedPath }) => resolvedPath);
  if (paths.some((path) => path === undefined || isInterpreter(path) || /[*?]/.test(path))) return [];
  return [...new Set(paths as string[])];
}

/** Whether a pattern of the list covers a resolved path. One that is no path covers nothing. */
export function matchesPath(pattern: string, path: string, homeDir: string): boolean {
  if (!/[/\\~]/.test(pattern)) return false;
  return matchesGlob(
    pattern.replace(/^~(?=[/\\]|$)/, () => homeDir),
    path,
  );
}
