/** `moltbot approvals list`, `show`, `approve` and `deny`. */
import type { ExecApproval, ExecApprovalShown } from "#schemas/exec-approvals.ts";
import type { GatewayClient } from "../../client/client.ts";
import type { Cli } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { CommandError } from "../exit-codes.ts";
import { cleanLine, formatAge } from "../terminal.ts";
import { SHORT_ID_CHARS } from "./nodes-link.ts";

const id = {
  type: "positional",
  required: true,
  description: "id of the question, from approvals list, or the beginning of it",
} as const;

export const approvalsList = defineLeaf({
  name: "list",
  summary: "List commands that wait for your word",
  args: {},
  async run(_args, cli) {
    const waiting = await cli.call<ExecApproval[]>("exec.approval.list");
    const nowMs = cli.io.clock.now();
    const rows = waiting.map(({ id: one, request, expiresAtMs }) => [
      one,
      request.command,
      String(request.commandLength ?? request.command.length),
      request.nodeId?.slice(0, SHORT_ID_CHARS) ?? request.host ?? "",
      formatAge(expiresAtMs - nowMs),
    ]);
    const columns = [
      { title: "ID" },
      { title: "COMMAND", isFlexible: true },
      { title: "CHARS", align: "right" as const },
      { title: "ON" },
      { title: "LEFT" },
    ];
    // The table may cut a long command: what is shown whole is what `show` prints.
    cli.print(waiting, () =>
      rows.length
        ? `${cli.table(columns, rows)}\nsee one whole: moltbot approvals show ID`
        : "nothing waits for your word",
    );
  },
});

export const approvalsShow = defineLeaf({
  name: "show",
  summary: "Show one command whole, with everything that it would run with",
  args: { id },
  async run(args, cli) {
    await using client = await cli.connect(["approvals"]);
    const found = await findApproval(client, cli, args.id);
    cli.print(found, () => approvalLines(found.request).join("\n"));
  },
});

export const approvalsApprove = defineLeaf({
  name: "approve",
  summary: "Let a command run, this once",
  args: {
    id,
    always: { type: "boolean", description: "and put its programs on the list of the node, where that is safe" },
  },
  run: (args, cli) => answer(args.id, args.always ? "allow-always" : "allow-once", cli),
});

export const approvalsDeny = defineLeaf({
  name: "deny",
  summary: "Do not let a command run",
  args: { id },
  run: (args, cli) => answer(args.id, "deny", cli),
});

async function answer(given: string, decision: "allow-once" | "allow-always" | "deny", cli: Cli): Promise<undefined> {
  await using client = await cli.connect(["approvals"]);
  const found = await findApproval(client, cli, given);
  const result = await client.request("exec.approval.resolve", { id: found.id, decision }, cli.requestOptions());
  const said = decision === "deny" ? "denied" : decision === "allow-always" ? "allowed, always" : "allowed, once";
  // The person sees what the word was for.
  cli.print(result, () => [said, ...approvalLines(found.request)].join("\n"));
}

async function findApproval(client: GatewayClient, cli: Cli, given: string): Promise<ExecApproval> {
  const waiting = await client.request<ExecApproval[]>("exec.approval.list", {}, cli.requestOptions());
  const whole = waiting.find(({ id: one }) => one === given);
  const found = whole ? [whole] : waiting.filter(({ id: one }) => given !== "" && one.startsWith(given));
  const [only] = found;
  if (only && found.length === 1) return only;
  const message = only ? "several questions begin like that" : "no such question waits: moltbot approvals list";
  throw new CommandError("failed", message, { code: only ? "AMBIGUOUS" : "APPROVAL_NOT_FOUND" });
}

/** A question as a person reads it. The gateway has escaped every text in it (threats T10); nothing is cut here. */
export function approvalLines(request: ExecApprovalShown): string[] {
  const { command, commandLength, commandArgv, env, cwd, resolvedPath, nodeId, agentId, sessionKey, warningText } =
    request;
  const facts: [string, string | null | undefined][] = [
    ["program", resolvedPath],
    ["folder", cwd],
    ["node", nodeId],
    ["agent", agentId],
    ["session", sessionKey],
    ["warning", warningText],
  ];
  const row = (name: string, value: string) => `${name.padEnd(9)} ${cleanLine(value)}`;
  return [
    row("command", command),
    row("length", `${commandLength ?? command.length} characters${commandArgv ? `, ${commandArgv.length} words` : ""}`),
    ...facts.flatMap(([name, value]) => (value ? [row(name, value)] : [])),
    ...Object.entries(env ?? {}).map(([name, value]) => row("variable", `${name}=${value}`)),
  ];
}
