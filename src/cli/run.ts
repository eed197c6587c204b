/** Runs one command line and says how it ended. */
import { runCommand } from "citty";
import { findCommand, positionalsIn, strictArgs, wantsHelp, wantsJson } from "./argv.ts";
import { hasColor } from "./cli.ts";
import { BrokenPipe, exitCodes, failureOf } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { root } from "./root.ts";
import { cleanLine, createPaint } from "./terminal.ts";

/** Returns the exit code. Never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await run(argv, io);
  } catch (error) {
    return report(error, argv, io);
  }
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  const isVersion = argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V");
  const found = await findCommand(root, isVersion ? ["version"] : argv);
  const { command, path, rest } = found;
  if (wantsHelp(rest) || !command.run) {
    const { helpText } = await import("./help.ts");
    const paint = createPaint(hasColor(io) && !argv.includes("--no-color"));
    const names = positionalsIn(rest, command.args).map((at) => rest[at] ?? "");
    const text = (await command.helpFor?.(names)) ?? (await helpText(command, path, paint));
    if (wantsHelp(rest)) io.out(text);
    else io.err(text);
    return exitCodes[wantsHelp(rest) ? "ok" : "usage"].code;
  }
  const { result } = await runCommand(command, { rawArgs: strictArgs(found), data: { io, root } });
  return typeof result === "number" ? result : exitCodes.ok.code;
}

/** One line on stderr that says what to do, or an object on stdout for scripts. */
function report(error: unknown, argv: readonly string[], io: Io): number {
  if (error instanceof BrokenPipe) return exitCodes.ok.code;
  const { exit, code, message, details } = failureOf(error);
  const line = cleanLine(message);
  if (!wantsJson(argv)) {
    const paint = createPaint(hasColor(io) && !argv.includes("--no-color"));
    io.err(`${paint("red", "error:")} ${line}\n`);
  } else {
    try {
      io.out(
        `${JSON.stringify({ ok: false, error: { code, message: line, ...(details === undefined ? {} : { details }) } })}\n`,
      );
    } catch (cause) {
      if (!(cause instanceof BrokenPipe)) throw cause; // Nobody is left to be told.
    }
  }
  return exitCodes[exit].code;
}
