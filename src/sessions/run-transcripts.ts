/** Sessions as agent runs use them: history in, messages out, tokens counted. */
import type { ChatMessage } from "#schemas/chat.ts";
import type { MessageRecord, SessionSettings } from "../store/sessions.ts";
import type { Sessions } from "./sessions.ts";

/** What a run cost, as far as the session keeps it. */
interface RunFacts {
  usage?: { input: number; output: number; totalTokens: number };
  aborted: boolean;
}

/** The view of the sessions that runs are given. */
export function createRunTranscripts(sessions: Sessions) {
  return {
    decide: <T>(work: () => T): T => sessions.decide(work),

    open(sessionKey: string): {
      sessionId: string;
      summary?: string;
      settings: SessionSettings;
      messages: MessageRecord[];
    } {
      const session = sessions.ensure(sessionKey);
      const { sessionId, summary, settings } = session;
      return {
        sessionId,
        settings,
        messages: sessions.context(session),
        ...(summary === undefined ? {} : { summary }),
      };
    },

    requireInput(sessionKey: string, runId: string, message: () => ChatMessage): void {
      if (!sessions.hasMessageOf(runId)) sessions.append(sessionKey, message(), runId);
    },

    append(sessionKey: string, runId: string, message: ChatMessage): void {
      sessions.append(sessionKey, message, runId);
    },

    noteInterrupted(sessionKey: string, runId: string, timestamp: number): void {
      const text = "[interrupted: the gateway stopped before this was answered]";
      sessions.append(
        sessionKey,
        { role: "assistant", content: [{ type: "text", text }], timestamp, stopReason: "interrupted" },
        runId,
      );
      sessions.update(sessionKey, (session) => ({
        ...session,
        settings: { ...session.settings, abortedLastRun: true },
      }));
    },

    compact(sessionKey: string, summary: string, from: number): void {
      sessions.update(sessionKey, (session) => {
        const compactionCount = (session.settings.compactionCount ?? 0) + 1;
        return { ...session, summary, contextFrom: from, settings: { ...session.settings, compactionCount } };
      });
    },

    account(sessionKey: string, { usage, aborted }: RunFacts): void {
      sessions.update(sessionKey, (session) => {
        const { inputTokens = 0, outputTokens = 0, totalTokens = 0 } = session.settings;
        const counts = {
          inputTokens: inputTokens + (usage?.input ?? 0),
          outputTokens: outputTokens + (usage?.output ?? 0),
          totalTokens: usage?.totalTokens ?? totalTokens,
        };
        return { ...session, settings: { ...session.settings, ...counts, systemSent: true, abortedLastRun: aborted } };
      });
    },
  };
}
