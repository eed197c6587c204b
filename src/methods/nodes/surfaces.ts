/**
 * What callers push to a node's canvas goes through the gateway's own reading of it: any version in, one the node's page
 * understands out, kept for a page that is opened anew, and problems told to the caller, who can mend the message.
 */
import { fail } from "../../lib/errors.ts";
import type { Services } from "../services.ts";

/** What a call becomes, and what its caller is told beside the node's answer. */
export interface Prepared {
  command: string;
  params: unknown;
  told?: Record<string, unknown>;
}

/** Called for every `node.invoke`. Throws `INVALID_REQUEST` with the problems when nothing of a push can be shown. */
export function prepareInvoke(app: Services, nodeId: string, command: string, params: unknown): Prepared {
  const { canvas } = app;
  if (command === "canvas.a2ui.reset") canvas.reset(nodeId);
  const given = messagesIn(command, params);
  if (given === undefined) return { command, params };
  const { messagesToSend, errors, warnings, surfaces } = canvas.push(nodeId, given);
  if (messagesToSend.length === 0)
    fail("INVALID_REQUEST", `nothing of this can be shown: ${errors[0]?.message ?? "no message"}`, {
      details: { errors, warnings },
    });
  return {
    command: "canvas.a2ui.push",
    params: { messages: messagesToSend },
    told: { surfaces, ...(errors.length ? { errors } : {}), ...(warnings.length ? { warnings } : {}) },
  };
}

/** The messages of a push; undefined for everything else. */
function messagesIn(command: string, params: unknown): unknown {
  const { messages, jsonl }: { messages?: unknown; jsonl?: unknown } =
    typeof params === "object" && params !== null ? { ...params } : {};
  if (command === "canvas.a2ui.push") return messages ?? [];
  return command === "canvas.a2ui.pushJSONL" ? (jsonl ?? "") : undefined;
}
