/** Other processes, watched by tests. */
import { readFileSync } from "node:fs";

/** Whether a process runs; one that ended and was not yet waited for does not. */
export const isAlive = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
  } catch {
    return false;
  }
};

/** Resolves when a process is gone; a test that waits in vain runs into its own limit. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await Bun.sleep(5);
}

/** The process ids that a program wrote to a file, when it has. */
export async function pidsIn(path: string, count: number): Promise<number[]> {
  for (;;) {
    const text = await Bun.file(path)
      .text()
      .catch(() => "");
    const pids = text.trim().split(/\s+/).map(Number).filter(Boolean);
    if (pids.length >= count) return pids;
    await Bun.sleep(5);
  }
}
