/** Completion scripts for shells. Reads the command tree; nothing is listed a second time. */
import type { ArgsDef } from "citty";
import { globalArgs } from "./command.ts";
import type { CliCommand } from "./tree.ts";

export type Shell = "bash" | "zsh" | "fish";

/** One command as a shell sees it. */
interface Node {
  /** Names from the root, joined by blanks; empty for the root. */
  path: string;
  commands: Word[];
  options: Word[];
  /** Options whose next word is their value. */
  valued: string[];
}

interface Word {
  text: string;
  summary: string;
}

/** The script for one shell. */
export async function completions(root: CliCommand, shell: Shell): Promise<string> {
  const nodes = await nodesOf(root, "");
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](nodes);
}

async function nodesOf(command: CliCommand, path: string): Promise<Node[]> {
  const children = await Promise.all(
    Object.entries(command.subCommands ?? {}).map(async ([name, load]) => ({ name, child: await load() })),
  );
  const fallback = children.find(({ name }) => name === command.default)?.child;
  const args: ArgsDef = { ...command.args, ...fallback?.args };
  const options = Object.entries(args).filter(([, { type }]) => type !== "positional");
  const node: Node = {
    path,
    commands: children.map(({ name, child }) => ({ text: name, summary: child.meta.description })),
    options: options.map(([name, arg]) => ({
      text: arg.type === "boolean" && arg.default === true ? `--no-${name}` : `--${name}`,
      summary: arg.description ?? "",
    })),
    valued: options.filter(([, { type }]) => type !== "boolean").map(([name]) => `--${name}`),
  };
  const below = await Promise.all(children.map(({ name, child }) => nodesOf(child, path ? `${path} ${name}` : name)));
  return [node, ...below.flat()];
}

const words = (items: readonly Word[]) => items.map(({ text }) => text).join(" ");

/** Shells differ in how they complete, not in how the command in front of the cursor is found. */
function walker(nodes: readonly Node[], shell: "bash" | "zsh"): string {
  const valued = [
    ...new Set([...Object.keys(globalArgs).map((name) => `--${name}`), ...nodes.flatMap((node) => node.valued)]),
  ].filter((option) => nodes.some((node) => node.valued.includes(option)));
  const paths = nodes.filter(({ path }) => path).map(({ path }) => `"${path}"`);
  const [first, count] = shell === "bash" ? ["1", "COMP_CWORD"] : ["2", "CURRENT"];
  const word = shell === "bash" ? "${COMP_WORDS[i]}" : "${words[i]}";
  return [
    `  local at="" i word next`,
    `  for ((i = ${first}; i < ${count}; i++)); do`,
    `    word="${word}"`,
    `    case "$word" in`,
    `      ${valued.join("|")}) ((i++)); continue ;;`,
    `      -*) continue ;;`,
    `    esac`,
    `    next="\${at:+$at }$word"`,
    `    case "$next" in`,
    `      ${paths.join("|")}) at="$next" ;;`,
    `    esac`,
    `  done`,
  ].join("\n");
}

function bashScript(nodes: readonly Node[]): string {
  const cases = nodes.map(
    ({ path, commands, options }) => `    "${path}") commands="${words(commands)}"; options="${words(options)}" ;;`,
  );
  return [
    "_moltbot() {",
    '  local commands options current="${COMP_WORDS[COMP_CWORD]}"',
    walker(nodes, "bash"),
    '  case "$at" in',
    ...cases,
    "  esac",
    '  if [[ "$current" == -* ]]; then commands="$options"; fi',
    '  COMPREPLY=($(compgen -W "$commands" -- "$current"))',
    "}",
    "complete -o default -F _moltbot moltbot",
    "",
  ].join("\n");
}

function zshScript(nodes: readonly Node[]): string {
  const described = (items: readonly Word[]) =>
    items.map(({ text, summary }) => quote(`${text.replaceAll(":", "\\:")}:${summary}`)).join(" ");
  const cases = nodes.map(
    ({ path, commands, options }) =>
      `    "${path}") commands=(${described(commands)}); options=(${described(options)}) ;;`,
  );
  return [
    "#compdef moltbot",
    "_moltbot() {",
    "  local -a commands options",
    walker(nodes, "zsh"),
    '  case "$at" in',
    ...cases,
    "  esac",
    '  if [[ "${words[CURRENT]}" == -* ]]; then _describe option options',
    "  elif (( $#commands )); then _describe command commands",
    "  else _files; fi",
    "}",
    "compdef _moltbot moltbot",
    "",
  ].join("\n");
}

function fishScript(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, commands, options, valued }) => {
    const when = `-n ${quote(`test (__moltbot_at) = ${quote(path)}`)}`;
    return [
      ...commands.map(({ text, summary }) => `complete -c moltbot -f ${when} -a ${text} -d ${quote(summary)}`),
      ...options.map(
        ({ text, summary }) =>
          `complete -c moltbot ${when} -l ${text.slice(2)} ${valued.includes(text) ? "-x " : ""}-d ${quote(summary)}`,
      ),
    ];
  });
  const valued = [...new Set(nodes.flatMap((node) => node.valued))];
  const paths = nodes.filter(({ path }) => path).map(({ path }) => quote(path));
  return [
    "function __moltbot_at",
    "  set -l at ''",
    "  set -l skip 0",
    "  for word in (commandline -opc)[2..-1]",
    "    if test $skip -eq 1; set skip 0; continue; end",
    `    if contains -- $word ${valued.join(" ")}; set skip 1; continue; end`,
    "    string match -q -- '-*' $word; and continue",
    '    set -l next (string trim -- "$at $word")',
    `    contains -- $next ${paths.join(" ")}; and set at $next`,
    "  end",
    "  echo $at",
    "end",
    ...lines,
    "",
  ].join("\n");
}

/** A text in single quotes; works in bash, zsh and fish, which differ only in how a quote inside is written. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
