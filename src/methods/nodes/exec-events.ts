/**
 * What a host reports about commands it ran. Believed only for a run it was asked for, and told to the session that
 * asked (threats T11): a node cannot put words into a conversation by naming it.
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { Lenient, Nullable } from "#schemas/primitives.ts";
import { done, type NodeEventHandler, when } from "./handled.ts";

/** How much of a command's output an agent reads later. */
const TAIL_CHARS = 1_500;
/** How much of the command itself. */
const COMMAND_CHARS = 300;

const Maybe = <T extends TSchema>(schema: T) => Type.Optional(Nullable(schema));
const Report = Lenient({
  runId: Maybe(Type.String({ maxLength: 256 })),
  command: Maybe(Type.String()),
  exitCode: Maybe(Type.Number()),
  timedOut: Maybe(Type.Boolean()),
  output: Maybe(Type.String()),
  reason: Maybe(Type.String()),
});

/** The handler of one kind of report. */
export function tellExec(kind: "started" | "finished" | "denied"): NodeEventHandler {
  return when(Report, (report, { nodeId, version }, { nodes, sessions, systemEvents }) => {
    const run = nodes.runs.match(nodeId, report.runId ?? undefined, version, kind !== "started");
    if (!run) return { isHandled: false, reason: "unmatched_exec_event" };
    // Notes wait for main sessions only; elsewhere whoever asked has the answer of the call itself.
    const isForMain = run.sessionKey !== undefined && sessions.canonical(run.sessionKey) === sessions.mainKey();
    if (isForMain) systemEvents.add(noteOf(kind, nodeId, report));
    return done;
  });
}

function noteOf(kind: string, nodeId: string, report: typeof Report.static): string {
  const { runId, command, exitCode, timedOut, output, reason } = report;
  const code = timedOut ? "timeout" : exitCode === undefined || exitCode === null ? undefined : `code ${exitCode}`;
  const facts = [`node=${nodeId}`, runId ? `id=${runId}` : undefined, code, reason || undefined].filter(Boolean);
  const head = `Exec ${kind} (${facts.join(", ")})${command ? `: ${command.slice(0, COMMAND_CHARS)}` : ""}`;
  return output?.trim() ? `${head}\n${output.slice(-TAIL_CHARS)}` : head;
}
