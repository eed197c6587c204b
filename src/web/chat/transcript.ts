/**
 * What is known of one session, and how each thing that happens changes it. Pure: events in, entries out.
 * Live events and the stored history meet by id (`user:<key>`, `run:<runId>`), so reading the history again after a
 * gap or a reconnect never doubles a message and never loses one that was not delivered.
 */

import { type Fields, fieldsOf, listOf, numberOf, textOf } from "../shared/wire.ts";
import {
  type Entry,
  isLive,
  newTurn,
  type Part,
  type TurnEntry,
  textOfParts,
  turnId,
  type UserEntry,
  withTool,
} from "./entries.ts";
import { entriesOf, messageText, oneLine, turnIdOfRow } from "./history.ts";

export interface Transcript {
  sessionKey: string;
  entries: readonly Entry[];
  /** The history was read at least once. */
  isLoaded: boolean;
}

export type Action =
  /** `chat.history` answered. */
  | { type: "history"; result: Fields }
  | { type: "sending"; text: string; idempotencyKey: string; nowMs: number }
  | { type: "retrying"; idempotencyKey: string }
  /** `chat.send` was accepted; `isRunning` when its run is still to come. */
  | { type: "sent"; idempotencyKey: string; isRunning: boolean }
  | { type: "failed"; idempotencyKey: string; problem: string }
  | { type: "chat"; payload: Fields }
  | { type: "tool"; payload: Fields }
  | { type: "message"; payload: Fields };

export function emptyTranscript(sessionKey: string): Transcript {
  return { sessionKey, entries: [], isLoaded: false };
}

/** The transcript after `action`; the same object when nothing changed. */
export function reduce(transcript: Transcript, action: Action): Transcript {
  if ("payload" in action && action.payload["sessionKey"] !== transcript.sessionKey) return transcript;
  const entries = reduceEntries(transcript.entries, action);
  const isLoaded = transcript.isLoaded || action.type === "history";
  if (entries === transcript.entries && isLoaded === transcript.isLoaded) return transcript;
  return { ...transcript, entries, isLoaded };
}

/** The turn that is being answered now, if any: what the stop button stops. */
export function liveTurn(transcript: Transcript): TurnEntry | undefined {
  return transcript.entries.findLast((entry): entry is TurnEntry => entry.kind === "turn" && isLive(entry));
}

function reduceEntries(entries: readonly Entry[], action: Action): readonly Entry[] {
  switch (action.type) {
    case "history":
      return merge(entries, action.result);
    case "sending":
      return [...entries, outgoing(action.text, action.idempotencyKey, action.nowMs)];
    case "retrying":
      return changeUser(entries, action.idempotencyKey, { delivery: "sending", problem: undefined });
    case "failed":
      return changeUser(entries, action.idempotencyKey, { delivery: "failed", problem: action.problem });
    case "sent": {
      const sent = changeUser(entries, action.idempotencyKey, { delivery: "sent", problem: undefined });
      // The answer may come after the person went to another session, where it must not show.
      const isHere = sent !== entries;
      return action.isRunning && isHere ? changeTurn(sent, action.idempotencyKey, (turn) => turn) : sent;
    }
    case "chat":
      return withChat(entries, action.payload);
    case "tool":
      return withToolEvent(entries, action.payload);
    case "message":
      return withMessage(entries, fieldsOf(action.payload["message"]));
  }
}

function withChat(entries: readonly Entry[], payload: Fields): readonly Entry[] {
  const runId = textOf(payload["runId"]);
  if (runId === undefined) return entries;
  const message = payload["message"];
  const text = message === undefined ? undefined : messageText(message);
  const timestampMs = numberOf(fieldsOf(message)["timestamp"]);
  return changeTurn(entries, runId, (known) => {
    if (!isLive(known)) return known; // a late frame of a run that ended
    const turn = text === undefined ? known : withText(known, text);
    const stamped = timestampMs === undefined ? turn : { ...turn, timestampMs };
    switch (payload["state"]) {
      case "delta":
        return { ...stamped, status: "streaming" };
      case "final":
        return { ...stamped, status: "done", parts: settleTools(stamped.parts) };
      case "aborted":
        return { ...stamped, status: "aborted", parts: settleTools(stamped.parts) };
      case "error": {
        const problem = textOf(payload["errorMessage"]) ?? "the run failed";
        return { ...stamped, status: "error", problem, parts: settleTools(stamped.parts) };
      }
      default:
        return known;
    }
  });
}

function withToolEvent(entries: readonly Entry[], payload: Fields): readonly Entry[] {
  const runId = textOf(payload["runId"]);
  const data = fieldsOf(payload["data"]);
  const toolCallId = textOf(data["toolCallId"]);
  if (runId === undefined || toolCallId === undefined) return entries;
  return changeTurn(entries, runId, (turn) => {
    if (!isLive(turn)) return turn;
    const isNew = !turn.parts.some((part) => part.type === "tool" && part.toolCallId === toolCallId);
    const parts = withTool(turn.parts, toolCallId, toolChange(data));
    return { ...turn, status: "streaming", parts, ...(isNew && { textBeforeTool: turn.fullText }) };
  });
}

function toolChange(data: Fields): Parameters<typeof withTool>[2] {
  const name = textOf(data["name"]);
  const named = name === undefined ? {} : { name };
  switch (data["phase"]) {
    case "start":
      return { ...named, args: oneLine(data["args"]), status: "running" };
    case "update":
      return { ...named, output: messageText(data["partialResult"]) };
    case "result":
      return { ...named, output: messageText(data["result"]), status: data["isError"] === true ? "error" : "done" };
    default:
      return named;
  }
}

/** A row another client, a channel or the agent added to this session. */
function withMessage(entries: readonly Entry[], row: Fields): readonly Entry[] {
  const added = entriesOf([row])[0];
  if (added === undefined) return entries;
  const index = entries.findIndex((entry) => entry.id === added.id);
  if (added.kind === "turn") {
    // A run that is followed live says the same in its own events.
    const isFollowed = entries.some((entry) => entry.id === turnIdOfRow(row));
    return isFollowed ? entries : [...entries, { ...added, status: isLive(added) ? "done" : added.status }];
  }
  if (index >= 0) return entries.with(index, added);
  const answer = entries.findIndex((entry) => entry.id === turnId(added.idempotencyKey ?? ""));
  return answer < 0 ? [...entries, added] : entries.toSpliced(answer, 0, added);
}

/** The stored history, plus what it cannot know yet: messages on their way, and runs that go on. */
function merge(entries: readonly Entry[], result: Fields): readonly Entry[] {
  const isRunning = runningIn(result);
  const local = new Map(entries.map((entry) => [entry.id, entry]));
  const rows = entriesOf([...listOf(result["messages"]), ...listOf(fieldsOf(result["pendingInputs"])["items"])]);
  const stored = rows.map((entry): Entry => {
    if (entry.kind !== "turn" || !isLive(entry)) return entry;
    const mine = local.get(entry.id);
    const state = isRunning(entry.runId);
    if (mine?.kind === "turn" && isLive(mine) && state !== false) return mine;
    return state === true ? entry : { ...entry, status: "done", parts: settleTools(entry.parts) };
  });
  const storedIds = new Set(stored.map((entry) => entry.id));
  const kept = entries.filter((entry) => {
    if (storedIds.has(entry.id)) return false;
    if (entry.kind === "turn") return isLive(entry) && isRunning(entry.runId) !== false;
    return entry.delivery !== "sent" || isRunning(entry.idempotencyKey ?? "") !== false;
  });
  const merged = [...stored, ...kept];
  const mergedIds = new Set(merged.map((entry) => entry.id));
  const unseen = activeRuns(result)?.filter((runId) => !mergedIds.has(turnId(runId))) ?? [];
  return [...merged, ...unseen.map((runId) => newTurn(runId))];
}

/** Answers whether a run goes on, as far as the history says; undefined when it does not say. */
function runningIn(result: Fields): (runId: string) => boolean | undefined {
  const active = activeRuns(result);
  if (active !== undefined) return (runId) => active.includes(runId);
  const status = textOf(fieldsOf(result["sessionInfo"])["status"]);
  return () => (status === undefined || status === "running" ? undefined : false);
}

function activeRuns(result: Fields): readonly string[] | undefined {
  const ids = result["activeRunIds"];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : undefined;
}

/**
 * Puts the announced text in place; what came before the latest tool call stays above it.
 * Gateways announce either the text of the whole run or that of its latest step: the first text after a tool call
 * tells which, because only the former begins with what is above.
 */
function withText(turn: TurnEntry, full: string): TurnEntry {
  const lastTool = turn.parts.findLastIndex((part) => part.type === "tool");
  const above = turn.parts.slice(0, lastTool + 1);
  const before = turn.textBeforeTool || textOfParts(above);
  const isPerStep = turn.isPerStep || (lastTool >= 0 && !full.startsWith(before));
  const tail = isPerStep || lastTool < 0 ? full : full.slice(before.length).replace(/^\n+/, "");
  const parts: readonly Part[] = tail === "" ? above : [...above, { type: "text", text: tail }];
  return { ...turn, parts, isPerStep, fullText: full };
}

/** Tool calls of a finished run do not run any more, even if their result was never announced. */
function settleTools(parts: readonly Part[]): readonly Part[] {
  const isRunning = (part: Part) => part.type === "tool" && part.status === "running";
  return parts.some(isRunning)
    ? parts.map(
        (part): Part => (part.type === "tool" && part.status === "running" ? { ...part, status: "done" } : part),
      )
    : parts;
}

function changeTurn(
  entries: readonly Entry[],
  runId: string,
  change: (turn: TurnEntry) => TurnEntry,
): readonly Entry[] {
  const index = entries.findLastIndex((entry) => entry.id === turnId(runId));
  const known = entries[index];
  if (known?.kind !== "turn") return [...entries, change(newTurn(runId))];
  const changed = change(known);
  return changed === known ? entries : entries.with(index, changed);
}

function changeUser(entries: readonly Entry[], key: string, change: Partial<UserEntry>): readonly Entry[] {
  const index = entries.findLastIndex((entry) => entry.id === `user:${key}`);
  const known = entries[index];
  return known?.kind === "user" ? entries.with(index, { ...known, ...change }) : entries;
}

function outgoing(text: string, idempotencyKey: string, timestampMs: number): UserEntry {
  return {
    kind: "user",
    id: `user:${idempotencyKey}`,
    text,
    attachments: 0,
    timestampMs,
    idempotencyKey,
    delivery: "sending",
    problem: undefined,
  };
}
