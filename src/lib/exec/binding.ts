/**
 * What an approval is for, to the last byte (threats T09): the same list of arguments, folder, program, environment,
 * node and session. The gateway and the node each make the hash from what they are about to do, and compare.
 */
import { createHash } from "node:crypto";
import { quote } from "./show.ts";

/** One execution, as far as it is approved. `null`: not named, which is not the same as any. */
export interface ExecBinding {
  argv: readonly string[];
  cwd: string | null;
  /** What is added to the host's own environment. */
  env: Readonly<Record<string, string>>;
  /** The program after links and the path were followed. */
  resolvedPath: string | null;
  nodeId: string | null;
  agentId: string | null;
  sessionKey: string | null;
  expiresAtMs: number;
}

/** The hash under which an approval is kept; hexadecimal SHA-256 over every field. */
export function bindingHash(binding: ExecBinding): string {
  const { argv, cwd, env, resolvedPath, nodeId, agentId, sessionKey, expiresAtMs } = binding;
  const variables = Object.entries(env).sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = ["exec v1", argv, cwd, variables, resolvedPath, nodeId, agentId, sessionKey, expiresAtMs];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Shells, by the name of their program. */
const SHELLS = /^(?:sh|bash|dash|zsh|ksh|ash|fish)$/;

/** The text a shell is given with `-c`, when that is all the arguments are; undefined for anything else. */
export function shellTextOf(argv: readonly string[]): string | undefined {
  const [program = "", ...rest] = argv;
  const name = program.split(/[/\\]/).at(-1) ?? "";
  if (SHELLS.test(name) && rest.length === 2 && (rest[0] === "-c" || rest[0] === "-lc")) return rest[1];
  const isCmd = /^cmd(?:\.exe)?$/i.test(name);
  const flags = rest.slice(0, -1).map((flag) => flag.toLowerCase());
  return isCmd && flags.at(-1) === "/c" && flags.every((flag) => ["/d", "/s", "/c"].includes(flag))
    ? rest.at(-1)
    : undefined;
}

/**
 * Whether a text is how peers write this list of arguments: the text of the shell it is wrapped in, the words quoted for
 * a shell, or (v3) in double quotes where there is space. Anything else could show one command and run another.
 */
export function isTextOf(text: string, argv: readonly string[]): boolean {
  const inner = shellTextOf(argv);
  if (inner !== undefined) return text === inner;
  return text === argv.map(quote).join(" ") || text === argv.map(quoteAsV3).join(" ");
}

/** v3 peers quote what has space or quotes in it. */
function quoteAsV3(word: string): string {
  return /\s|"/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word;
}
