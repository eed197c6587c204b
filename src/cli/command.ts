/** How a command is declared: citty's shape, with the options every command has and the context every command gets. */
import type { ArgsDef, ParsedArgs } from "citty";
import { Cli } from "./cli.ts";
import type { CliCommand, Invocation } from "./tree.ts";

/** Options of every command. */
export const globalArgs = {
  json: { type: "boolean", description: "print JSON for scripts" },
  url: { type: "string", valueHint: "URL", description: "address of the gateway instead of the one running here" },
  token: { type: "string", valueHint: "TOKEN", description: "the gateway's token" },
  password: { type: "string", valueHint: "PASSWORD", description: "the gateway's password" },
  "tls-fingerprint": { type: "string", valueHint: "SHA256", description: "accept only this certificate" },
  "allow-insecure": { type: "boolean", description: "allow ws:// to another host" },
  profile: { type: "string", valueHint: "NAME", description: "use ~/.moltbot-NAME" },
  "state-dir": { type: "string", valueHint: "DIR", description: "state folder of the gateway that is meant" },
  timeout: { type: "string", valueHint: "MS", description: "how long to wait for an answer" },
  color: { type: "boolean", default: true, description: "no colours, also on a terminal" },
} as const satisfies ArgsDef;

/** What a command is declared with. */
export interface CommandSpec<A extends ArgsDef> {
  name: string;
  summary: string;
  args: A;
  takesRest?: boolean;
  helpFor?: CliCommand["helpFor"];
  /** Returns the exit code when it is not 0. */
  run(args: ParsedArgs<A>, cli: Cli): Promise<number | undefined>;
}

/** Declares a command that runs. Its own options win over global ones of the same name. */
export function defineLeaf<const A extends ArgsDef>(spec: CommandSpec<A>): CliCommand {
  const { name, summary, run, helpFor, takesRest = false } = spec;
  return {
    meta: { name, description: summary },
    args: { ...globalArgs, ...spec.args },
    ...(helpFor ? { helpFor } : {}),
    ...(takesRest ? { takesRest } : {}),
    run: ({ args, data }) => {
      const { io, root }: Invocation = data;
      const ownNames = new Set(Object.keys(spec.args));
      // citty parsed them by this very declaration; only the type of the mixture with the global ones is lost.
      return run(args as ParsedArgs<A>, new Cli({ io, root }, (name) => (ownNames.has(name) ? undefined : args[name])));
    },
  };
}

/** Declares a command that only leads to others. */
export function defineBranch(spec: {
  name: string;
  summary: string;
  children: Record<string, () => Promise<CliCommand>>;
  default?: string;
}): CliCommand {
  const { name, summary, children } = spec;
  return {
    meta: { name, description: summary },
    args: globalArgs,
    subCommands: children,
    ...(spec.default === undefined ? {} : { default: spec.default }),
  };
}
