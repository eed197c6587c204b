/**
 * Writes the pages an agent makes into the folder that is served (threats T18): names as they are read back, no links on
 * the way, and each file whole or not at all, so that nobody is served half a page.
 */
import { lstat, mkdir, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GatewayError } from "../lib/errors.ts";
import { segmentsOf } from "./files.ts";

/** Largest page. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** Names that one listing shows. */
const MAX_LISTED = 200;

/** Writes a text file below the folder. Throws `INVALID_REQUEST` for a name that is none. Returns its path for addresses. */
export async function writePage(root: string, path: string, text: string): Promise<string> {
  const segments = segmentsOf(path);
  if (!segments || segments.length === 0)
    throw new GatewayError("INVALID_REQUEST", "not the name of a file in the canvas");
  if (Buffer.byteLength(text) > MAX_FILE_BYTES)
    throw new GatewayError("INVALID_REQUEST", `a page has at most ${MAX_FILE_BYTES} bytes`);
  await mkdir(root, { recursive: true, mode: 0o700 }); // The first page may come before the folder was prepared.
  const base = await realpath(root);
  const target = join(base, ...segments);
  const folder = dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isElsewhere = (await realpath(folder)).normalize() !== folder.normalize();
  const there = await lstat(target).catch(() => undefined);
  if (isElsewhere || (there && !there.isFile()))
    throw new GatewayError("INVALID_REQUEST", "not the name of a file in the canvas");
  // Hidden names are not served, so the half-written file is not either.
  const made = join(folder, `.${segments.at(-1)}.new`);
  await rm(made, { force: true });
  await writeFile(made, text, { mode: 0o600, flag: "wx" });
  await rename(made, target);
  return `/${segments.map(encodeURIComponent).join("/")}`;
}

/** The files of the folder, by their paths. */
export async function listPages(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
  return files
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"))
    .filter((path) => segmentsOf(path) !== undefined)
    .sort()
    .slice(0, MAX_LISTED);
}
