/**
 * Finds the command in an argument list and checks the rest strictly: citty itself ignores an option it does not know,
 * and a mistyped `--tls-fingerprint` must not be ignored.
 */
import type { ArgsDef } from "citty";
import { nearest } from "../config/nearest.ts";
import { usageError } from "./exit-codes.ts";
import type { CliCommand } from "./tree.ts";

/** A command with what was given to it. */
export interface Found {
  command: CliCommand;
  /** Names from the root to it, for help. */
  path: string[];
  rest: string[];
}

/** Walks down the tree. Options may stand before the command they belong to. */
export async function findCommand(root: CliCommand, argv: readonly string[]): Promise<Found> {
  let found: Found = { command: root, path: [], rest: [...argv] };
  for (;;) {
    const { command, path, rest } = found;
    const { subCommands } = command;
    if (!subCommands) return found;
    const fallback = command.default === undefined ? undefined : await subCommands[command.default]?.();
    const at = positionalsIn(rest, { ...command.args, ...fallback?.args })[0];
    const name = at === undefined ? undefined : rest[at];
    if (at !== undefined && name !== undefined && Object.hasOwn(subCommands, name)) {
      const child = await subCommands[name]!();
      found = { command: child, path: [...path, name], rest: rest.toSpliced(at, 1) };
    } else if (
      fallback &&
      command.default &&
      (name === undefined || takesPositionals(fallback.args)) &&
      !wantsHelp(rest)
    ) {
      return { command: fallback, path: [...path, command.default], rest };
    } else if (name !== undefined) {
      const hint = nearest(name, Object.keys(subCommands));
      usageError(`unknown command ${[...path, name].join(" ")}${hint ? `; did you mean ${hint}?` : ""}`);
    } else {
      return found;
    }
  }
}

/** Whether help is asked for, anywhere before `--`. */
export function wantsHelp(rest: readonly string[]): boolean {
  return beforeDashes(rest).some((arg) => arg === "--help" || arg === "-h");
}

/** Whether the caller wants JSON, known before anything is parsed: errors of parsing are told in it too. */
export function wantsJson(argv: readonly string[]): boolean {
  return beforeDashes(argv).includes("--json");
}

/** The places of what is neither an option nor the value of one. */
export function positionalsIn(rest: readonly string[], args: ArgsDef): number[] {
  const places: number[] = [];
  for (let at = 0; at < rest.length; at++) {
    const arg = rest[at] ?? "";
    if (arg === "--") return [...places, ...rest.keys().filter((index) => index > at)];
    if (!isOption(arg)) places.push(at);
    else if (!arg.includes("=") && takesValue(args, arg)) at++;
  }
  return places;
}

/**
 * The arguments in a form that can be read in one way only: every option as `--name` or `--name=value`, then `--`, then
 * the rest. Refuses options that do not exist, values that are missing, and more arguments than the command takes.
 */
export function strictArgs({ command, path, rest }: Found): string[] {
  const { args } = command;
  const options: string[] = [];
  const given = beforeDashes(rest);
  for (let at = 0; at < given.length; at++) {
    const arg = given[at] ?? "";
    if (!isOption(arg)) continue;
    const [name, value] = splitOption(arg);
    const definition = optionOf(args, name) ?? unknownOption(arg, args);
    if (definition.type === "boolean")
      options.push(value === undefined ? `--${name}` : usageError(`--${name} takes no value`));
    else options.push(`--${name}=${value ?? valueAfter(arg, given[++at])}`);
  }
  const wanted = Object.entries(args).filter(([, { type }]) => type === "positional");
  const positionals = positionalsIn(rest, args).map((at) => rest[at] ?? "");
  const [missing] = wanted.slice(positionals.length).find(([, { required }]) => required !== false) ?? [];
  if (missing) usageError(`${["moltbot", ...path].join(" ")} needs ${missing.toUpperCase()}`);
  const extra = command.takesRest ? undefined : positionals[wanted.length];
  if (extra !== undefined) usageError(`${["moltbot", ...path].join(" ")} does not take ${JSON.stringify(extra)}`);
  return [...options, "--", ...positionals];
}

function unknownOption(arg: string, args: ArgsDef): never {
  const [name] = splitOption(arg);
  const known = Object.keys(args).filter((key) => args[key]?.type !== "positional");
  const hint = nearest(name, known);
  return usageError(`unknown option ${arg.split("=")[0]}${hint ? `; did you mean --${hint}?` : ""}`);
}

function valueAfter(option: string, next: string | undefined): string {
  return next === undefined || next.startsWith("--") ? usageError(`${option} needs a value`) : next;
}

function beforeDashes(rest: readonly string[]): readonly string[] {
  const end = rest.indexOf("--");
  return end < 0 ? rest : rest.slice(0, end);
}

/** A lone dash and a negative number are values. */
function isOption(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-") && !/^-\d/.test(arg);
}

function splitOption(arg: string): [name: string, value: string | undefined] {
  const at = arg.indexOf("=");
  const name = (at < 0 ? arg : arg.slice(0, at)).replace(/^--?/, "");
  return [name, at < 0 ? undefined : arg.slice(at + 1)];
}

function takesValue(args: ArgsDef, arg: string): boolean {
  const definition = optionOf(args, splitOption(arg)[0]);
  return definition !== undefined && definition.type !== "boolean";
}

function takesPositionals(args: ArgsDef): boolean {
  return Object.values(args).some(({ type }) => type === "positional");
}

function optionOf(args: ArgsDef, name: string) {
  const direct = Object.hasOwn(args, name) ? args[name] : undefined;
  if (direct) return direct.type === "positional" ? undefined : direct;
  const negated = name.startsWith("no-") ? args[name.slice(3)] : undefined;
  if (negated?.type === "boolean") return negated;
  return Object.values(args).find((arg) => "alias" in arg && [arg.alias].flat().includes(name));
}
