/** The shape of the command tree, which help and completion walk. */
import type { ArgsDef, CommandDef } from "citty";
import type { Io } from "./io.ts";

/** A node of the command tree. Branches name their children; leaves run. */
export interface CliCommand extends CommandDef {
  meta: { name: string; description: string };
  args: ArgsDef;
  subCommands?: Record<string, () => Promise<CliCommand>>;
  /** The child that runs when none is named. */
  default?: string;
  /** Takes more arguments than it names; they are in `_`, after those it names. */
  takesRest?: boolean;
  /** More help for these arguments, in place of the general one. */
  helpFor?(positionals: readonly string[]): Promise<string | undefined>;
}

/** What every command of a tree is run with. */
export interface Invocation {
  io: Io;
  /** The whole tree, for the commands that describe it. */
  root: CliCommand;
}
