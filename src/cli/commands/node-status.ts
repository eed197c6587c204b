/** `moltbot node status`: how the node host on this computer is. */
import { existsSync } from "node:fs";
import { type HostStatus, StatusFile } from "../../node-host/status.ts";
import { openFolderLock } from "../../store/lock.ts";
import type { Cli } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { cleanLine, formatAge } from "../terminal.ts";
import { HOST_LOCK } from "./node-run.ts";

export const nodeStatus = defineLeaf({
  name: "status",
  summary: "Whether this computer's node host runs, is connected, and is approved",
  args: {},
  async run(_args, cli) {
    const { stateDir } = cli.paths;
    const isRunning = existsSync(stateDir) && isHeld(stateDir);
    const status = existsSync(stateDir) ? new StatusFile(stateDir).read() : undefined;
    const waiting = status?.commands.filter((command) => !status.approved.includes(command)) ?? [];
    cli.print({ running: isRunning, ...status, waiting }, () => {
      const notRunning = "no node host is running: moltbot node run";
      const rest = status ? lines(status, waiting, cli) : [];
      return [...(isRunning ? [] : [cli.paint("yellow", notRunning)]), ...rest].join("\n");
    });
    return isRunning ? exitCodes.ok.code : exitCodes.unreachable.code;
  },
});

function isHeld(stateDir: string): boolean {
  const lock = openFolderLock(stateDir, HOST_LOCK);
  lock?.[Symbol.dispose]();
  return lock === undefined;
}

function lines(status: HostStatus, waiting: readonly string[], { io, paint }: Cli): string[] {
  const { name, nodeId, state, sinceMs, url, note, approved } = status;
  const age = formatAge(io.clock.now() - sinceMs);
  return [
    `${paint("dim", "node    ")}  ${cleanLine(name)} (${nodeId.slice(0, 12)})`,
    `${paint("dim", "state   ")}  ${state.replaceAll("-", " ")} for ${age}${url ? `, ${cleanLine(url)}` : ""}`,
    ...(approved.length ? [`${paint("dim", "approved")}  ${cleanLine(approved.join(" "))}`] : []),
    ...(waiting.length ? [`${paint("dim", "waiting ")}  ${cleanLine(waiting.join(" "))}`] : []),
    ...(note ? [paint("yellow", cleanLine(note))] : []),
  ];
}
