/** Help, made from the command tree. */
import type { ArgDef, ArgsDef } from "citty";
import { globalArgs } from "./command.ts";
import type { Paint } from "./terminal.ts";
import type { CliCommand } from "./tree.ts";

/** The help text of one command. `path` are the names that lead to it. */
export async function helpText(command: CliCommand, path: readonly string[], paint: Paint): Promise<string> {
  const { meta, subCommands } = command;
  const fallback = command.default === undefined ? undefined : await subCommands?.[command.default]?.();
  const args: ArgsDef = { ...command.args, ...fallback?.args };
  const name = ["moltbot", ...path].join(" ");
  const shared: ArgsDef = globalArgs;
  const entries = Object.entries(args);
  const positionals = entries.filter(([, arg]) => arg.type === "positional");
  const own = entries.filter(([key, arg]) => arg.type !== "positional" && arg !== shared[key]);
  const children = await Promise.all(
    Object.entries(subCommands ?? {}).map(async ([child, load]) => [child, (await load()).meta.description] as const),
  );
  const usage = [
    name,
    ...positionals.map(positionalHint),
    command.takesRest ? "[...]" : "",
    own.length ? "[OPTIONS]" : "",
    subCommands ? (fallback ? "[COMMAND]" : "COMMAND") : "",
  ];
  const sections = [
    `${meta.description}\n\n${paint("bold", "Usage")}  ${usage.filter(Boolean).join(" ")}`,
    section("Commands", children, paint),
    section(
      "Arguments",
      positionals.map(([key, arg]) => [key.toUpperCase(), arg.description ?? ""]),
      paint,
    ),
    section(
      "Options",
      own.map(([key, arg]) => [optionHint(key, arg), arg.description ?? ""]),
      paint,
    ),
    path.length === 0
      ? section(
          "Options of every command",
          Object.entries(shared).map(([key, arg]) => [optionHint(key, arg), arg.description ?? ""]),
          paint,
        )
      : paint("dim", "Options of every command: moltbot --help"),
  ];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

/** An option as people type it. */
export function optionHint(name: string, arg: ArgDef): string {
  const shown = arg.type === "boolean" && arg.default === true ? `--no-${name}` : `--${name}`;
  return arg.type === "boolean" ? shown : `${shown} ${arg.valueHint ?? name.toUpperCase()}`;
}

function positionalHint([name, arg]: [string, ArgDef]): string {
  return arg.required === false ? `[${name.toUpperCase()}]` : name.toUpperCase();
}

function section(title: string, rows: readonly (readonly [string, string])[], paint: Paint): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    paint("bold", title),
    ...rows.map(([left, right]) => `  ${paint("cyan", left.padEnd(width))}  ${right}`),
  ].join("\n");
}
