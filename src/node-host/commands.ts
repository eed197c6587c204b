/** What a headless host can do: the table of its commands, made of what works here (`protocol/nodes.md` section 5). */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import type { Clock } from "../lib/clock.ts";
import type { ExecApprovalsDisk } from "../lib/exec/approvals-file.ts";
import { validator } from "../lib/validate.ts";
import type { Browser } from "./browser.ts";
import type { Canvas } from "./canvas.ts";
import type { Command } from "./command.ts";
import { readParams } from "./failure.ts";
import type { ProcessGroups } from "./groups.ts";
import { findNotifier, notify } from "./notify.ts";
import { readRules, writeRules } from "./rules.ts";
import type { SystemRun } from "./system-run.ts";
import { findOnPath } from "./which.ts";

/** What the person who starts a host lets it do. */
export interface Abilities {
  run: boolean;
  notify: boolean;
  /** What shows pages, where that is wanted and installed. */
  browser?: Browser | undefined;
}

/** Names that one `system.which` may ask for. */
const MAX_BINS = 256;
const whichParams = validator(Lenient({ bins: Type.Array(Type.String(), { maxItems: MAX_BINS }) }));

/** The commands by name. Made anew for every connection: a desktop may have come. */
export function commandsOf(
  abilities: Abilities,
  needs: {
    systemRun: SystemRun;
    canvas: Canvas | undefined;
    rules: ExecApprovalsDisk;
    groups: ProcessGroups;
    env: Readonly<Record<string, string>>;
    platform: string;
    clock: Clock;
  },
): ReadonlyMap<string, Command> {
  const { systemRun, canvas, rules, env, platform } = needs;
  const commands = new Map<string, Command>(canvas?.commands());
  if (abilities.run) {
    commands.set("system.run", (params, signal) => systemRun.run(params, signal));
    commands.set("system.run.prepare", (params) => systemRun.prepare(params));
    commands.set("system.which", async (params) => which(params, env["PATH"] ?? ""));
    commands.set("system.execApprovals.get", async () => readRules(rules));
    commands.set("system.execApprovals.set", async (params) => writeRules(rules, params));
  }
  const notifier = abilities.notify ? findNotifier(platform, env) : undefined;
  if (notifier) commands.set("system.notify", (params, signal) => notify(params, notifier, { ...needs, signal }));
  return commands;
}

/** The groups that a list of commands belongs to, as peers show them. */
export function capsOf(commands: Iterable<string>): string[] {
  return [...new Set([...commands].map((name) => name.split(".")[0] ?? ""))];
}

function which(params: unknown, path: string): object {
  const { bins } = readParams(whichParams, params);
  const found = bins.flatMap((bin): [string, string][] => {
    const at = findOnPath(bin, path);
    return at === undefined ? [] : [[bin, at]];
  });
  return { bins: Object.fromEntries(found) };
}
