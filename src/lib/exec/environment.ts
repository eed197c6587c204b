/** Which variables a caller may add to a command's environment: none that change which code runs (threats T09, T13). */

/** Names that loaders and interpreters obey. */
const names: ReadonlySet<string> = new Set(
  "NODE_OPTIONS NODE_PATH PYTHONHOME PYTHONPATH PYTHONSTARTUP PERL5LIB PERL5OPT PERL5DB RUBYOPT RUBYLIB BASH_ENV ENV SHELLOPTS BASHOPTS PS4 IFS CDPATH GLOBIGNORE PROMPT_COMMAND ZDOTDIR GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_PAGER GIT_CONFIG_COUNT PAGER EDITOR VISUAL LESSOPEN BROWSER JAVA_TOOL_OPTIONS _JAVA_OPTIONS CLASSPATH GCONV_PATH".split(
    " ",
  ),
);
/** Families of them; `BUN_BE_BUN` makes this very executable run any script. */
const PREFIXES = /^(?:DYLD_|LD_|BASH_FUNC_|GIT_CONFIG_|BUN_|MOLTBOT_|OPENCLAW_|CLAWDBOT_)/;

/**
 * The variables that are added. `PATH` only when it is the host's own, or that with folders in front. Names that a
 * loader obeys are left out, as those are that are no names.
 */
export function allowedEnv(
  asked: Readonly<Record<string, string>>,
  hostPath: string,
  pathSeparator: ":" | ";" = ":",
): Record<string, string> {
  const kept = Object.entries(asked).filter(([name, value]) => {
    const upper = name.toUpperCase();
    if (!/^[A-Za-z_]\w*$/.test(name) || value.includes("\0")) return false;
    if (upper === "PATH") return value === hostPath || value.endsWith(`${pathSeparator}${hostPath}`);
    return !names.has(upper) && !PREFIXES.test(upper);
  });
  return Object.fromEntries(kept);
}
