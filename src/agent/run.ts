/** The shapes of a run: what is asked, how it ends, and what listeners hear in between. */
import type { AgentEvent, ChatEvent } from "#schemas/chat.ts";
import type { RunState } from "../store/runs.ts";
import type { ContentPart, Usage } from "./runtime.ts";
import type { RunOrigin } from "./tool-policy.ts";

/** What somebody asks an agent. Stored whole before it is answered. */
export interface RunRequest {
  runId: string;
  /** Canonical. */
  sessionKey: string;
  /** As the caller spelled it: v3 events repeat it. */
  requestedKey: string;
  agentId: string;
  content: ContentPart[];
  model?: string | undefined;
  thinking?: string | undefined;
  timeoutMs?: number | undefined;
  extraSystemPrompt?: string | undefined;
  /** Who stands behind it. Default: an operator. */
  origin?: RunOrigin | undefined;
  /** Whoever asked asks again by itself after a stop of the gateway: such a run is not reported as interrupted. */
  isAskedAgain?: boolean | undefined;
}

/** How a run ended, as answers and repeats report it. */
export interface RunOutcome {
  state: Exclude<RunState, "queued" | "running">;
  /** The text of the last message, also a partial one. */
  text: string;
  /** The text of all messages of the run: what v4 peers show. */
  runText: string;
  stopReason?: string;
  error?: string;
  errorKind?: string;
  provider?: string;
  model?: string;
  usage?: Usage;
  sessionId?: string;
  startedAt?: number;
  endedAt: number;
}

/** An `agent` event inside the gateway: generations see parts of it. */
export interface InternalAgentEvent extends AgentEvent {
  agentId: string;
  requestedKey: string;
  /** Whether v3 peers are told about tools in this session. */
  isVerbose: boolean;
}

/** A `chat` event inside the gateway. */
export type InternalChatEvent = ChatEvent & {
  agentId: string;
  requestedKey: string;
  /** The text of the latest message: what v3 peers show where v4 peers show the text of the whole run. */
  latestText?: string;
};
