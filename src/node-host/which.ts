/**
 * Finds programs on the path, as the system would: the first file of that name that this user may run. Folders of the
 * path that are not absolute are passed over, because they would mean another program in every folder (threats T13).
 */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

const isWindows = process.platform === "win32";
/** What Windows runs without a shell. */
const endings = isWindows ? ["", ".exe", ".com"] : [""];

/** Where a program of that name is; undefined when there is none. A name with a separator is no name. */
export function findOnPath(name: string, path: string): string | undefined {
  if (name === "" || /[/\\\0]/.test(name)) return undefined;
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const found = endings.map((ending) => join(folder, name + ending)).find(isProgram);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The very file that would run: the path searched, or the folder taken as a start, and every link followed. Undefined
 * when there is none.
 */
export function resolveProgram(program: string, from: { path: string; cwd: string }): string | undefined {
  const isName = !/[/\\]/.test(program);
  const found = isName ? findOnPath(program, from.path) : asProgram(resolve(from.cwd, program));
  try {
    return found === undefined ? undefined : realpathSync.native(found);
  } catch {
    return undefined; // Gone since it was found, so there is none.
  }
}

function asProgram(path: string): string | undefined {
  return endings.map((ending) => path + ending).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: either way not this one.
  }
}
