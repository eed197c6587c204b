/**
 * The process groups of programs that run, and their end: with a run's own end, with the end of the host, and also when
 * the host is killed. For the last a small watcher process holds the other end of a pipe; when the pipe breaks, it kills
 * what is still on its list. It is a shell because that is the smallest program every Unix has; its text is fixed, and
 * it reads nothing but numbers that this file writes.
 */
import type { FileSink, Subprocess } from "bun";
import type { Log } from "../lib/log.ts";

const WATCHER = `
trap '' HUP INT TERM
groups=
while read -r word id; do
  case $word in
    add) groups="$groups $id" ;;
    end) rest=
      for group in $groups; do [ "$group" = "$id" ] || rest="$rest $group"; done
      groups=$rest ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

const isWindows = process.platform === "win32";

/** The groups of one host. */
export class ProcessGroups implements Disposable {
  readonly #log: Log;
  readonly #systemRoot: string;
  readonly #groups = new Set<number>();
  #watcher: Subprocess<"pipe", "ignore", "ignore"> | undefined;
  /** `systemRoot` is where Windows is; elsewhere it does not matter. */
  constructor({ log, systemRoot = "C:\\Windows" }: { log: Log; systemRoot?: string | undefined }) {
    this.#log = log;
    this.#systemRoot = systemRoot;
  }

  /** Starts the watcher. Without it everything works, except that programs outlive a host that is killed. */
  start(): void {
    if (isWindows) return;
    try {
      this.#watcher = Bun.spawn(["/bin/sh", "-c", WATCHER], {
        cwd: "/",
        env: {},
        stdin: "pipe",
        stdout: "ignore",
        stderr: "ignore",
        detached: true,
      });
      this.#watcher.unref();
    } catch (error) {
      this.#log.warn("no watcher: programs would outlive a host that is killed", { error });
    }
  }

  /** A program was started as the first of its group. */
  add(leader: number): void {
    this.#groups.add(leader);
    this.#tell("add", leader);
  }

  /** Ends everything in a group, and forgets it. */
  end(leader: number): void {
    if (!this.#groups.delete(leader)) return;
    this.#kill(leader);
    this.#tell("end", leader);
  }

  /** Ends every group and the watcher. */
  [Symbol.dispose](): void {
    for (const leader of this.#groups) this.end(leader);
    void this.#watcher?.stdin.end();
    this.#watcher = undefined;
  }

  #kill(leader: number): void {
    if (isWindows) {
      const argv = [`${this.#systemRoot}\\System32\\taskkill.exe`, "/PID", String(leader), "/T", "/F"];
      Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).unref();
      return;
    }
    try {
      process.kill(-leader, "SIGKILL");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "ESRCH" && code !== "EPERM") throw error; // Nobody is left in it, or only the dead.
    }
  }

  #tell(word: "add" | "end", leader: number): void {
    const pipe: FileSink | undefined = this.#watcher?.stdin;
    if (!pipe) return;
    const onLost = (error: unknown) => {
      this.#watcher = undefined;
      this.#log.warn("the watcher is gone: programs would outlive a host that is killed", { error });
    };
    try {
      pipe.write(`${word} ${leader}\n`);
      void Promise.resolve(pipe.flush()).catch(onLost);
    } catch (error) {
      onLost(error);
    }
  }
}
