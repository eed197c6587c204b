/** What a transcript is made of, as the page shows it. */

/** Something a person wrote, here or elsewhere. */
export interface UserEntry {
  kind: "user";
  id: string;
  text: string;
  /** Pictures and files that came with it; the page shows how many. */
  attachments: number;
  timestampMs: number | undefined;
  /** Under which key this page sent it. A retry uses the same one, so that it cannot arrive twice. */
  idempotencyKey: string | undefined;
  delivery: "sending" | "sent" | "failed";
  problem: string | undefined;
}

/** One run of the agent: text and tool calls in order. */
export interface TurnEntry {
  kind: "turn";
  id: string;
  runId: string;
  parts: readonly Part[];
  status: TurnStatus;
  problem: string | undefined;
  timestampMs: number | undefined;
  /** The run's text as last announced. */
  fullText: string;
  /** `fullText` when the latest tool call began; what comes after it is shown below that call. */
  textBeforeTool: string;
  /** The gateway announces each step's text by itself, instead of the whole run's. */
  isPerStep: boolean;
}

/** `waiting` and `streaming` are live; the others are final. */
export type TurnStatus = "waiting" | "streaming" | "done" | "aborted" | "error";

export type Entry = UserEntry | TurnEntry;
export type Part = TextPart | ToolPart;

export interface TextPart {
  type: "text";
  text: string;
}

export interface ToolPart {
  type: "tool";
  toolCallId: string;
  name: string;
  /** Arguments as one line of text. */
  args: string;
  output: string;
  status: "running" | "done" | "error";
}

/** Longest tool text that is kept; a build log would make the page slow and nobody reads it here. */
const MAX_TOOL_CHARS = 20_000;

export function isLive(turn: TurnEntry): boolean {
  return turn.status === "waiting" || turn.status === "streaming";
}

export function newTurn(runId: string, overrides: Partial<TurnEntry> = {}): TurnEntry {
  return {
    kind: "turn",
    id: turnId(runId),
    runId,
    parts: [],
    status: "waiting",
    problem: undefined,
    timestampMs: undefined,
    fullText: "",
    textBeforeTool: "",
    isPerStep: false,
    ...overrides,
  };
}

export function turnId(runId: string): string {
  return `run:${runId}`;
}

/** The text of parts, without the tool calls. */
export function textOfParts(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
}

/** The parts with one tool call added or brought up to date. */
export function withTool(
  parts: readonly Part[],
  toolCallId: string,
  change: Partial<Omit<ToolPart, "type" | "toolCallId">>,
): readonly Part[] {
  const bounded = { ...change, ...(change.output !== undefined && { output: change.output.slice(0, MAX_TOOL_CHARS) }) };
  const index = parts.findIndex((part) => part.type === "tool" && part.toolCallId === toolCallId);
  const known = parts[index];
  if (known?.type === "tool") return parts.with(index, { ...known, ...bounded });
  const added: ToolPart = {
    type: "tool",
    toolCallId,
    name: "tool",
    args: "",
    output: "",
    status: "running",
    ...bounded,
  };
  return [...parts, added];
}
