/**
 * The tool through which an agent runs a command on a device. Never without the owner's word: each execution is asked
 * about whole, and the word is for exactly that one (threats T09, T10).
 */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { fail } from "../../lib/errors.ts";
import { type AgentTool, defineTool } from "./define.ts";
import { canAny, NodeName, pickNode, recordOf } from "./device.ts";

/** How long the owner has to answer, and how long a command may run. */
const ASK_MS = 120_000;
const RUN_MS = 120_000;
/** With this a host says which file in which folder a command would be. */
const PREPARE = "system.run.prepare";

export const execTools: readonly AgentTool[] = [
  defineTool({
    name: "exec",
    description: "Runs one program on the owner's device, without a shell, after the owner approved exactly this call.",
    params: Strict({
      command: Type.Array(Type.String(), { minItems: 1, maxItems: 256, description: "Program and its arguments." }),
      node: NodeName,
      cwd: Type.Optional(Type.String()),
    }),
    timeoutMs: ASK_MS + RUN_MS + 10_000,
    isUseful: (app) => canAny(app, ["system.run"]),
    run: async ({ command, node, cwd }, { app, run }, signal) => {
      const { nodeId, commands } = pickNode(app, node, "system.run");
      const { agentId, sessionKey } = run;
      const by = { connectionId: undefined, deviceId: undefined, label: `agent ${agentId}` };
      const call = { node: nodeId, origin: { kind: "agent", agentId, sessionKey }, by } as const;
      const asked = { command, agentId, sessionKey, ...(cwd === undefined ? {} : { cwd }) };
      const prepared = commands.includes(PREPARE)
        ? recordOf((await app.nodes.invoke({ ...call, command: PREPARE, params: asked }, signal)).payload)
        : {};
      // The owner's word is for that file in that folder; hosts of ours take no other.
      const resolvedPath = textOf(prepared["resolvedPath"]);
      const folder = textOf(recordOf(prepared["plan"])["cwd"]) ?? cwd ?? null;
      const plan = { argv: command, cwd: folder, env: {}, agentId, sessionKey, nodeId, resolvedPath };
      const question = { ...plan, host: "node", security: null, ask: "always", timeoutMs: ASK_MS };
      const { id } = app.execApprovals.request(question, by, true);
      const outcome = await app.execApprovals.wait(id, signal);
      if (outcome?.decision === "deny") return fail("FORBIDDEN", "the owner does not want this to run");
      if (!outcome?.decision) return fail("UNAVAILABLE", "nobody approved this in time");
      const { payload } = await app.nodes.invoke(
        {
          ...call,
          command: "system.run",
          params: {
            ...asked,
            ...(folder === null ? {} : { cwd: folder }),
            ...(resolvedPath === null ? {} : { resolvedPath }),
            runId: id,
            approved: true,
            approvalDecision: outcome.decision,
            timeoutMs: RUN_MS,
          },
          timeoutMs: RUN_MS + 5_000,
        },
        signal,
      );
      const { exitCode, timedOut, stdout, stderr, error } = recordOf(payload);
      return { text: JSON.stringify({ exitCode, timedOut, stdout, stderr, ...(error ? { error } : {}) }) };
    },
  }),
];

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
