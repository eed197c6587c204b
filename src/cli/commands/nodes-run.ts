/**
 * `moltbot nodes run NODE -- PROGRAM ARGS`: runs a program on a node. The node says first what it would come to; where
 * its rules ask for the owner's word, the owner is shown exactly that, here or elsewhere, before it runs.
 */
import type { ExecApproval, ExecDecision } from "#schemas/exec-approvals.ts";
import type { GatewayClient } from "../../client/client.ts";
import { isObject } from "../../client/frames.ts";
import { type Cli, wholeNumber } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { CommandError, exitCodes, usageError } from "../exit-codes.ts";
import { parseObjectOption } from "../json5-option.ts";
import { cleanText } from "../terminal.ts";
import { approvalLines } from "./approvals-answer.ts";
import { findNode, given, invokeOn, nodeArg } from "./nodes-link.ts";

/** How long a program may run, and a person may think, when nobody says. */
const RUN_MS = 120_000;
const ASK_MS = 120_000;
/** What the way to the node and back may take on top. */
const GRACE_MS = 10_000;

const PREPARE = "system.run.prepare";
const RUN = "system.run";

/** What a node says a command comes to. */
interface Prepared {
  argv: readonly string[];
  cwd: string | undefined;
  commandText: string | undefined;
  env: Record<string, unknown> | undefined;
  resolvedPath: string | undefined;
  verdict: "run" | "ask" | "refuse";
  reason: string | undefined;
}

/** Who the command is for. */
interface For {
  agentId: string | undefined;
  sessionKey: string | undefined;
}

export const nodesRun = defineLeaf({
  name: "run",
  summary: "Run a program on a node, print what it writes, and end with its exit code",
  args: {
    node: nodeArg,
    program: { type: "positional", required: true, description: "the program; before it --, after it its arguments" },
    cwd: { type: "string", valueHint: "DIR", description: "folder on the node; default: home" },
    env: { type: "string", valueHint: "JSON5", description: "variables to add, for example '{LANG: \"C\"}'" },
    limit: { type: "string", valueHint: "MS", description: `how long it may run; default: ${RUN_MS}` },
    wait: { type: "string", valueHint: "MS", description: `how long to wait for approval; default: ${ASK_MS}` },
    agent: { type: "string", valueHint: "ID", description: "by the rules of this agent" },
    session: { type: "string", valueHint: "KEY", description: "session that hears about it" },
  },
  takesRest: true,
  async run(args, cli) {
    const argv = args._.slice(1);
    const limitMs = wholeNumber("limit", args.limit, 1) ?? RUN_MS;
    const waitMs = wholeNumber("wait", args.wait, 1) ?? ASK_MS;
    const env = args.env === undefined ? undefined : textsIn(parseObjectOption("env", args.env));
    const whom: For = { agentId: args.agent, sessionKey: args.session };
    await using client = await cli.connect(["write", "approvals"]);
    const { nodeId, commands } = await findNode(client, cli, args.node);
    const asked = { command: argv, ...given({ cwd: args.cwd, env, ...whom }) };
    const prepared: Prepared = commands.includes(PREPARE)
      ? readPrepared((await invokeOn(client, cli, nodeId, { command: PREPARE, params: asked })).payload)
      : { ...unprepared, argv, cwd: args.cwd, env };
    const { verdict, reason = "it may not run there" } = prepared;
    if (verdict === "refuse")
      throw new CommandError("failed", `refused by the node's rules: ${reason}; see moltbot approvals rules --node`, {
        code: "REFUSED_BY_RULES",
      });
    const approval = verdict === "ask" ? await approve(client, cli, { nodeId, prepared, whom, waitMs }) : {};
    const params = { ...paramsOf(prepared, whom), timeoutMs: limitMs, ...approval };
    const { payload } = await invokeOn(client, cli, nodeId, { command: RUN, params, timeoutMs: limitMs + GRACE_MS });
    return report(payload, limitMs, cli);
  },
});

/** A node of an older kind does not say: the owner is asked, and the node judges by itself. */
const unprepared = { commandText: undefined, resolvedPath: undefined, verdict: "ask", reason: undefined } as const;

function readPrepared(payload: unknown): Prepared {
  const { plan, env, resolvedPath, verdict, reason } = isObject(payload) ? payload : {};
  const { argv, cwd, commandText } = isObject(plan) ? plan : {};
  const isArgv = Array.isArray(argv) && argv.every((one): one is string => typeof one === "string");
  if (!isArgv) throw new CommandError("failed", "the node does not say what the command comes to");
  return {
    argv,
    cwd: textOf(cwd),
    commandText: textOf(commandText),
    env: isObject(env) && Object.keys(env).length ? env : undefined,
    resolvedPath: textOf(resolvedPath),
    verdict: verdict === "run" || verdict === "refuse" ? verdict : "ask",
    reason: textOf(reason),
  };
}

/** What goes to the node is what was prepared, word for word: anything else would not be what is approved. */
function paramsOf({ argv, cwd, commandText, env, resolvedPath }: Prepared, whom: For): Record<string, unknown> {
  return { command: argv, ...given({ rawCommand: commandText, cwd, env, resolvedPath, ...whom }) };
}

/** Asks the owner, and gives what the run needs to refer to the answer. Throws when there is none, or it is no. */
async function approve(
  client: GatewayClient,
  cli: Cli,
  { nodeId, prepared, whom, waitMs }: { nodeId: string; prepared: Prepared; whom: For; waitMs: number },
): Promise<object> {
  // Who asks cannot answer: the person at this terminal does so on a connection of their own.
  await using owner = await cli.connect(["approvals"]);
  const id = cli.io.ids.uuid();
  const { argv, cwd, commandText, env, resolvedPath } = prepared;
  const question = {
    id,
    commandArgv: argv,
    ...given({ command: commandText, cwd, env, resolvedPath, ...whom }),
    host: "node",
    nodeId,
    timeoutMs: waitMs,
    twoPhase: true,
  };
  const failed = Promise.withResolvers<never>();
  const answered = client.request<{ decision?: ExecDecision | null }>("exec.approval.request", question, {
    signal: cli.io.signal,
    timeoutMs: waitMs + GRACE_MS,
    expectFinal: true,
    onAccepted: () => void askHere(owner, cli, id).catch((error: unknown) => failed.reject(error)),
  });
  const { decision } = await Promise.race([answered, failed.promise]);
  if (decision === "allow-once" || decision === "allow-always")
    return { runId: id, approved: true, approvalDecision: decision };
  if (decision === "deny") throw new CommandError("refused", "denied", { code: "DENIED" });
  throw new CommandError("timeout", "nobody approved it in time", { code: "NOT_APPROVED" });
}

/** Asks whoever sits here; without anybody, says how to answer from elsewhere. */
async function askHere(owner: GatewayClient, cli: Cli, id: string): Promise<void> {
  const { io } = cli;
  if (!io.isTerminal || !io.isInputTerminal || cli.wantsJson)
    return io.err(`waits for approval: moltbot approvals approve ${id}\n`);
  const { request } = await owner.request<ExecApproval>("exec.approval.get", { id }, cli.requestOptions());
  io.out(`${approvalLines(request).join("\n")}\n`);
  const { consola } = await import("consola");
  // Who only presses return has allowed nothing.
  const answers = { deny: "deny", "allow once": "allow-once", "allow always": "allow-always" } as const;
  const word = await consola.prompt("May it run?", { type: "select", options: Object.keys(answers) });
  const decision = Object.entries(answers).find(([name]) => name === word)?.[1] ?? "deny";
  await owner.request("exec.approval.resolve", { id, decision }, cli.requestOptions());
}

/** Prints both streams where they belong, and gives the program's exit code. */
function report(payload: unknown, limitMs: number, cli: Cli): number {
  const { exitCode, timedOut, stdout, stderr, error } = isObject(payload) ? payload : {};
  if (cli.wantsJson) {
    cli.io.out(`${cli.json(payload ?? null)}\n`);
    return typeof exitCode === "number" ? exitCode : exitCodes.failed.code;
  }
  if (typeof stdout === "string" && stdout) cli.io.out(cli.io.isTerminal ? cleanText(stdout) : stdout);
  // Nobody knows whether a person reads the other stream.
  if (typeof stderr === "string" && stderr) cli.io.err(cleanText(stderr));
  if (timedOut) throw new CommandError("timeout", `the program was stopped after ${limitMs} ms`);
  if (typeof error === "string" && error) throw new CommandError("failed", error);
  return typeof exitCode === "number" ? exitCode : exitCodes.failed.code;
}

function textsIn(env: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) =>
      typeof value === "string" ? [name, value] : usageError(`--env: ${name} must be a text`),
    ),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
