/** The agents as channels use them: questions in, answers out, under ids that survive a restart. */
import type { RunOutcome } from "../agent/run.ts";
import type { ContentPart } from "../agent/runtime.ts";
import { hashOf } from "../gateway/once.ts";
import { GatewayError } from "../lib/errors.ts";
import { STORAGE } from "../store/database.ts";
import { findCommand, isStop } from "./commands.ts";
import type { ChatCaller } from "./nodes/chat-approvals.ts";
import type { Services } from "./services.ts";

/** What kind of failure may be over when it is tried again. */
const transientKinds: ReadonlySet<string | undefined> = new Set(["network", "timeout", "rate_limit"]);

/** When to ask again after the disk took nothing. */
const ASK_AGAIN_MS = 1_000;

/** What `src/channels/inbound.ts` needs of agents, made of runs and sessions. */
export function createAnswering(app: () => Services) {
  return {
    ask(question: {
      runId: string;
      sessionKey: string;
      agentId: string;
      text: string;
      images: { mimeType: string; data: string }[];
      systemPrompt?: string;
    }): void {
      const { runId, sessionKey, agentId, text, images, systemPrompt } = question;
      const words: ContentPart[] = text ? [{ type: "text", text }] : [];
      const content = [...words, ...images.map((image) => ({ type: "image" as const, ...image }))];
      const request = {
        runId,
        sessionKey,
        requestedKey: sessionKey,
        agentId,
        content,
        extraSystemPrompt: systemPrompt,
        isAskedAgain: true,
        origin: "chat" as const,
      };
      app().runs.start(request, hashOf({ runId }));
    },

    async answer(runId: string) {
      const outcome = await app().runs.wait(runId, new AbortController().signal);
      if (outcome?.errorKind !== STORAGE) return toAnswer(outcome);
      // The disk took nothing for a while, and that is over: the same question once more, and no try is spent.
      app().runs.forget(runId);
      throw new GatewayError("UNAVAILABLE", outcome.error ?? "", { retryable: true, retryAfterMs: ASK_AGAIN_MS });
    },

    watch(runId: string, onText: (text: string) => void) {
      const { runs } = app();
      const listen = (event: { runId: string; stream: string; data: Record<string, unknown> }) => {
        const { text } = event.data;
        if (event.runId === runId && event.stream === "assistant" && typeof text === "string") onText(text);
      };
      runs.on("agent", listen);
      return () => void runs.off("agent", listen);
    },

    found(runId: string) {
      const report = app().runs.find(runId);
      if (!report) return undefined;
      const isWhole = report.outcome && report.state !== "interrupted" && report.outcome.errorKind !== STORAGE;
      return isWhole ? toAnswer(report.outcome) : ("cut off" as const);
    },

    forget: (runId: string) => app().runs.forget(runId),
    stop: (sessionKey: string) => app().runs.abort({ sessionKey }, "stop").length > 0,
    command: (text: string, sessionKey: string, caller: ChatCaller) => findCommand(text)?.(sessionKey, app(), caller),
    isCommand: (text: string) => findCommand(text) !== undefined,
    isStop,
  };
}

function toAnswer(outcome: RunOutcome | undefined) {
  const { state, text = "", error, errorKind } = outcome ?? {};
  if (state === "ok") return { state: "ok" as const, text, isTransient: false };
  if (state === "aborted") return { state: "aborted" as const, text, isTransient: false };
  return {
    state: "failed" as const,
    text,
    isTransient: transientKinds.has(errorKind),
    problem: error ?? "the run was lost",
  };
}
