/**
 * Programs that run other programs, or text as a program. Allowing one of them by its path would allow everything, so
 * no list of allowed programs can hold them (threats T09): only the owner can allow a single use.
 */

const names: ReadonlySet<string> = new Set(
  [
    "sh bash dash zsh ksh mksh ash fish csh tcsh rbash busybox toybox cmd command powershell pwsh",
    "env sudo doas su runuser pkexec setpriv chroot unshare nsenter systemd-run machinectl flatpak-spawn",
    "xargs parallel find fd nohup nice ionice chrt taskset timeout time stdbuf setsid script watch entr flock expect unbuffer",
    "ssh mosh at batch crontab strace ltrace gdb lldb valgrind perf",
    "python pypy node nodejs deno bun tsx ruby perl php lua luajit tclsh wish osascript jshell java groovy scala guile racket",
    "awk gawk mawk nawk sed ed vi vim nvim ex emacs nano less more man screen tmux",
    "npm npx pnpm yarn bunx uvx uv pipx make gmake ninja cargo go docker podman kubectl wsl wscript cscript mshta rundll32",
  ]
    .join(" ")
    .split(" "),
);

/** Whether a program runs whatever it is told to. `path` is resolved; versions behind a name (`python3.12`) count. */
export function isInterpreter(path: string): boolean {
  const name = (path.split(/[/\\]/).at(-1) ?? "").toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, "");
  return names.has(name) || names.has(name.replace(/[-_]?\d[\d.]*$/, ""));
}
