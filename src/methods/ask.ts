/**
 * From a message to a run: what `chat.send`, `sessions.send`, `sessions.create` and `agent` share. Repeats of an
 * idempotency key find their run here; so does a repeat after a restart.
 */
import type { AnyObject } from "#schemas/primitives.ts";
import type { RunOutcome } from "../agent/run.ts";
import type { RunReport } from "../agent/runs.ts";
import type { ContentPart } from "../agent/runtime.ts";
import type { RunOrigin } from "../agent/tool-policy.ts";
import { conflict, hashOf } from "../gateway/once.ts";
import { fail } from "../lib/errors.ts";
import type { Services } from "./services.ts";

/** Decoded size of one attachment; larger pictures are refused by models anyway (`protocol/methods.md`). */
const MAX_ATTACHMENT_BYTES = 5 * 1024 * 1024;
/** Attachments of one message. */
const MAX_ATTACHMENTS = 16;
/** Longest message: about a hundred pages, more than any model here reads. */
const MAX_MESSAGE_CHARS = 500_000;

/** What is asked, as methods receive it. */
export interface Question {
  runId: string;
  /** As the caller spelled it. */
  sessionKey: string;
  agentId?: string | undefined;
  message: string;
  attachments?: readonly (typeof AnyObject.static)[] | undefined;
  thinking?: string | undefined;
  timeoutMs?: number | undefined;
  extraSystemPrompt?: string | undefined;
  model?: string | undefined;
  /** Who stands behind it. Default: an operator. */
  origin?: RunOrigin | undefined;
}

/** The run under an idempotency key, if this very request was made before. Throws `CONFLICT` for another request. */
export function findRepeat(app: Services, runId: string, params: unknown): RunReport | undefined {
  const known = app.runs.find(runId);
  if (known && known.requestHash !== hashOf(params)) conflict();
  return known;
}

/** Checks a question and starts its run; on the disk when it returns. `params` identify the request in repeats. */
export function ask(app: Services, question: Question, params: unknown): { sessionKey: string; agentId: string } {
  const { runs, sessions, systemEvents } = app;
  const sessionKey = sessions.canonical(question.sessionKey, question.agentId);
  const session = sessions.find(sessionKey);
  if (session?.settings.sendPolicy === "deny") fail("INVALID_REQUEST", "send blocked by session policy");
  const content = contentOf(question);
  const agentId = sessions.agentIdOf(sessionKey);
  const notes = sessionKey === sessions.mainKey(agentId) ? systemEvents.take() : [];
  const extra = [
    question.extraSystemPrompt,
    ...(notes.length ? [`Notes since the last message:\n${notes.join("\n")}`] : []),
  ];
  const { runId, thinking, timeoutMs, model } = question;
  const request = {
    runId,
    sessionKey,
    requestedKey: question.sessionKey,
    agentId,
    content,
    thinking,
    timeoutMs,
    model,
    extraSystemPrompt: extra.filter(Boolean).join("\n\n") || undefined,
    origin: question.origin,
  };
  runs.start(request, hashOf(params));
  return { sessionKey, agentId };
}

/** How a repeated `chat.send` is answered (`protocol/methods.md`, Idempotency). Throws what the run failed with. */
export function repeatedAnswer(runId: string, { state, outcome }: RunReport, isV3: boolean) {
  if (!outcome) return { runId, status: "in_flight" };
  if (state === "ok") return { runId, status: "ok" };
  if (state === "aborted" || state === "timeout") {
    if (isV3) return { runId, status: "ok" };
    return {
      runId,
      status: "timeout",
      summary: "aborted",
      stopReason: outcome.stopReason ?? "rpc",
      endedAt: outcome.endedAt,
    };
  }
  return failRun(runId, outcome);
}

/** Throws the failure of a run in the shape repeats and second answers have. */
export function failRun(runId: string, outcome: RunOutcome): never {
  const summary = outcome.error ?? "the run failed";
  return fail("UNAVAILABLE", summary, { payload: { runId, status: "error", summary }, retryable: false });
}

function contentOf({ message, attachments = [] }: Question): ContentPart[] {
  if (message.length > MAX_MESSAGE_CHARS)
    fail("INVALID_REQUEST", `message is longer than ${MAX_MESSAGE_CHARS} characters`);
  if (attachments.length > MAX_ATTACHMENTS) fail("INVALID_REQUEST", `more than ${MAX_ATTACHMENTS} attachments`);
  const text: ContentPart[] = message.trim() ? [{ type: "text", text: message }] : [];
  const content = [...text, ...attachments.map(toPart)];
  return content.length ? content : fail("INVALID_REQUEST", "message or attachment required");
}

/** A picture goes to the model; of anything else the model is told that it came. */
function toPart(attachment: Record<string, unknown>): ContentPart {
  const { content, fileName } = attachment;
  const name = typeof fileName === "string" ? fileName.slice(0, 256) : "attachment";
  if (typeof content !== "string")
    return fail("INVALID_REQUEST", `attachment ${name}: content must be base64 or a data URL`);
  const [, urlType, urlData] = /^data:([^;,]+);base64,(.*)$/s.exec(content) ?? [];
  const data = urlData ?? content;
  const mimeType =
    urlType ?? (typeof attachment["mimeType"] === "string" ? attachment["mimeType"] : "application/octet-stream");
  if (data.length * 0.75 > MAX_ATTACHMENT_BYTES)
    return fail("INVALID_REQUEST", `attachment ${name}: exceeds size limit (${MAX_ATTACHMENT_BYTES} bytes)`);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data))
    return fail("INVALID_REQUEST", `attachment ${name}: invalid base64 content`);
  return mimeType.startsWith("image/")
    ? { type: "image", mimeType, data }
    : { type: "text", text: `[a file was attached that this agent cannot read: ${name}, ${mimeType}]` };
}
