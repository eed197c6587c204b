/** Why a node was not asked, or did not do it, in the words each generation knows (`protocol/nodes.md` sections 2, 3). */
import type { ProtocolVersion } from "#schemas/method.ts";
import { GatewayError } from "../lib/errors.ts";
import type { InvokeOutcome } from "./invocations.ts";

/** Everything that can stand between a call and its result. */
export type NodeFailure =
  | Exclude<InvokeOutcome, { ok: true }>
  | { ok: false; reason: "unknown" | "absent" }
  | { ok: false; reason: "not-allowed"; why: NotAllowed; platform: string; requestId?: string | undefined }
  | { ok: false; reason: "not-for-origin"; why: string };

/** The reasons of `details.reason`, in the order they are looked at. */
export type NotAllowed = "command not allowlisted" | "node did not declare commands" | "command not declared by node";

/** The error of a failure, as a caller of that generation reads it. */
export function errorOf(failure: NodeFailure, command: string, version: ProtocolVersion): GatewayError {
  switch (failure.reason) {
    case "unknown":
      return version === 3 ? absent(3) : pairingChanged();
    case "removed":
      return pairingChanged();
    case "absent":
      return absent(version);
    case "disconnected":
      return version === 3
        ? new GatewayError("UNAVAILABLE", `Error: node disconnected (${command})`, { retryable: false })
        : new GatewayError("UNAVAILABLE", "node not connected", {
            details: { code: "NOT_CONNECTED", ...nodeError("NOT_CONNECTED", "node not connected", true) },
            retryable: false,
          });
    case "timeout":
      return refused("TIMEOUT", "node invoke timed out", version);
    case "cancelled":
      return refused("CANCELLED", "nobody waits for this command any more", version);
    case "node":
      return refused(failure.code, failure.message, version);
    case "not-for-origin":
      return new GatewayError("FORBIDDEN", `node command not allowed: ${failure.why}`, { details: { command } });
    case "not-allowed": {
      const { why, requestId } = failure;
      const message =
        version === 3 ? "node command not allowed" : `node command not allowed: ${explain(failure, command)}`;
      const pending = requestId === undefined ? {} : { requestId };
      return new GatewayError("INVALID_REQUEST", message, { details: { reason: why, command, ...pending } });
    }
  }
}

function explain({ why, platform, requestId }: NodeFailure & { reason: "not-allowed" }, command: string): string {
  if (why === "command not allowlisted") return `"${command}" is not in the allowlist for platform "${platform}"`;
  if (requestId === undefined) return why === "command not declared by node" ? `${why}: "${command}"` : why;
  return `the node's commands wait for approval: moltbot nodes approve ${requestId}`;
}

function absent(version: ProtocolVersion): GatewayError {
  const details = version === 3 ? {} : nodeError("NOT_CONNECTED", "node not connected", false);
  return new GatewayError("UNAVAILABLE", "node not connected", { details: { code: "NOT_CONNECTED", ...details } });
}

function pairingChanged(): GatewayError {
  return new GatewayError("UNAVAILABLE", "node pairing changed while invocation was active", {
    details: { code: "PAIRING_CHANGED" },
  });
}

/** What the node was sent may have had an effect: trying again is for the caller to decide. */
function refused(code: string, message: string, version: ProtocolVersion): GatewayError {
  // Apps begin their message with the code, because v3 shows nothing else.
  const isNamed = version === 3 || message.startsWith(`${code}: `);
  return new GatewayError("UNAVAILABLE", isNamed ? message : `${code}: ${message}`, {
    details: version === 3 ? { nodeError: { code, message } } : nodeError(code, message, true),
    retryable: false,
  });
}

function nodeError(code: string, message: string, nodeCommandDispatched: boolean): object {
  return { nodeError: { code, message }, nodeCommandDispatched };
}
