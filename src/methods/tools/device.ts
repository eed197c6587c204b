/** Asking a device on behalf of an agent: which one is meant, and who stands behind the question. */
import { Type } from "@sinclair/typebox";
import { fail } from "../../lib/errors.ts";
import type { Services } from "../services.ts";
import type { ToolContext } from "./define.ts";

/** The parameter that names a device; left out where only one can do it. */
export const NodeName = Type.Optional(
  Type.String({ description: "Name or id of the device; needed only if several can do this." }),
);

/** Whether any connected device can do one of these. */
export function canAny({ nodes }: Services, commands: readonly string[]): boolean {
  return nodes.list().some((row) => row.connected && commands.some((command) => row.commands.includes(command)));
}

/** The device that is meant: the one that was named, else the only one that can do it. Throws when that is not clear. */
export function pickNode({ nodes }: Services, named: string | undefined, command: string) {
  if (named !== undefined) return nodes.resolve(named);
  const able = nodes.list().filter((row) => row.connected && row.commands.includes(command));
  const [only] = able;
  if (only && able.length === 1) return only;
  if (!only) return fail("UNAVAILABLE", `no connected device can do ${command}`, { retryable: true });
  const names = able.map(({ displayName, nodeId }) => displayName ?? nodeId.slice(0, 12));
  return fail("INVALID_REQUEST", `several devices can do this: name one of ${names.join(", ")}`);
}

/** Asks a device, for the agent of this run. Throws what the device or the gateway refuses, in words. */
export async function askNode(
  { app, run }: ToolContext,
  asked: { node: string | undefined; command: string; params?: unknown; timeoutMs?: number },
  signal: AbortSignal,
): Promise<{ nodeId: string; payload: unknown }> {
  const { nodeId } = pickNode(app, asked.node, asked.command);
  const { agentId, sessionKey } = run;
  const kind = run.origin === "chat" ? "chat" : run.origin === "node" ? "node" : "agent";
  return app.nodes.invoke(
    {
      node: nodeId,
      command: asked.command,
      origin: { kind, agentId, sessionKey },
      ...(asked.params === undefined ? {} : { params: asked.params }),
      ...(asked.timeoutMs === undefined ? {} : { timeoutMs: asked.timeoutMs }),
    },
    signal,
  );
}

/** Keeps a picture or recording that a device sent, and says how it can be shown. */
export function keepFile({ app }: ToolContext, payload: unknown): { handle: string; text: string } {
  const { base64, format, width, height, durationMs } = recordOf(payload);
  if (typeof base64 !== "string") return fail("UNAVAILABLE", "the device sent no file");
  const handle = app.media.keep(new Uint8Array(Buffer.from(base64, "base64")));
  const facts = [
    typeof format === "string" ? format : undefined,
    typeof width === "number" && typeof height === "number" ? `${width}x${height}` : undefined,
    typeof durationMs === "number" ? `${durationMs} ms` : undefined,
  ].filter((fact) => fact !== undefined);
  return {
    handle,
    text: `${handle} (${facts.join(", ")}). To send it to the person, write a line of its own: MEDIA: ${handle}`,
  };
}

/** The properties of an answer, whatever it is. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
