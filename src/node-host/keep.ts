/** Small files of a host in its state folder: for its owner only, and replaced whole. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseJson } from "../lib/json.ts";

/** What a file holds as JSON; undefined when it is missing or holds none. */
export function readKept(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined; // Not there yet; when it is there and unreadable, writing it says so.
  }
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : undefined;
}

/** Replaces a file; whoever reads sees the old or the new one, whole. */
export function keep(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}
