/** Notices changes below the canvas folder, many at once as one, and goes on where the system cannot tell. */
import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Timer } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

/** Writers touch several files, or one several times. */
const SETTLE_MS = 75;
/** How often is looked where nobody tells. */
const POLL_MS = 2_000;
/** Files that are looked at then; larger folders are not polled to the end. */
const MAX_POLLED = 2_000;

/** Watches until it is disposed. `tell` is called once for each burst of changes. */
export function watchFolder(needs: { folder: string; clock: Clock; log: Log; tell: () => void }): Disposable {
  const { folder, clock, log, tell } = needs;
  let settling: Timer | undefined;
  let polling: Disposable | undefined;
  // A change may come without a name, whatever the types say: when the folder itself goes, for example.
  const notice = (name: string | null | undefined) => {
    if (typeof name === "string" && isHidden(name)) return;
    settling?.cancel();
    settling = clock.after(SETTLE_MS, tell);
  };
  const poll = (error: unknown) => {
    watcher?.close();
    if (polling) return;
    log.warn("the canvas folder is polled: the system does not tell changes", { folder, error: messageOf(error) });
    polling = pollFolder(folder, clock, () => notice(null));
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { recursive: true, persistent: false }, (_event, name) => notice(name));
    watcher.on("error", poll);
  } catch (error) {
    poll(error);
  }
  return {
    [Symbol.dispose]: () => {
      settling?.cancel();
      polling?.[Symbol.dispose]();
      watcher?.close();
    },
  };
}

/** Looks at names, sizes and times again and again, and at once by `look`; `changed` is called when they differ. */
export function pollFolder(
  folder: string,
  clock: Clock,
  changed: () => void,
): Disposable & { look: () => Promise<void> } {
  let last: string | undefined;
  let busy: Promise<void> | undefined;
  const once = async () => {
    const now = await summaryOf(folder).catch(() => ""); // Gone for the moment: that is a state too.
    if (last !== undefined && now !== last) changed();
    last = now;
    busy = undefined;
  };
  const look = (): Promise<void> => {
    busy ??= once();
    return busy;
  };
  void look();
  const timer = clock.every(POLL_MS, () => void look());
  return { look, [Symbol.dispose]: () => timer.cancel() };
}

async function summaryOf(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => !isHidden(name)).sort();
  const lines = await Promise.all(
    names.slice(0, MAX_POLLED).map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      return found === undefined ? name : `${name} ${found.size} ${found.mtimeMs}`;
    }),
  );
  return lines.join("\n");
}

/** Dot files and packages change without being shown. */
function isHidden(name: string): boolean {
  return name.split(/[\\/]/).some((part) => part.startsWith(".") || part === "node_modules");
}
