/**
 * Turns transcript rows of the gateway (`chat.history`, `session.message`) into entries of the page. Pure.
 * Rows of one run become one turn; a tool's result joins its call.
 */

import { type Fields, fieldsOf, listOf, numberOf, textOf } from "../shared/wire.ts";
import { type Entry, newTurn, type Part, type TurnEntry, type TurnStatus, turnId, withTool } from "./entries.ts";

/** A row's stop reason when the run goes on with tool calls. */
const GOES_ON = new Set(["toolUse", "tool"]);

/** Reads rows, oldest first. Rows of an unknown role are left out. */
export function entriesOf(rows: readonly unknown[]): Entry[] {
  return rows.reduce<Entry[]>((entries, row) => addRow(entries, fieldsOf(row)), []);
}

/** Adds one row to `entries` in place and returns them. */
function addRow(entries: Entry[], row: Fields): Entry[] {
  if (row["role"] === "user") entries.push(userOf(row, entries.length));
  if (row["role"] === "assistant") putTurn(entries, row, (turn) => withAssistant(turn, row));
  if (row["role"] === "toolResult") putTurn(entries, row, (turn) => withResult(turn, row));
  return entries;
}

function userOf(row: Fields, index: number): Entry {
  const meta = fieldsOf(row["__openclaw"]);
  const key = (textOf(row["idempotencyKey"]) ?? textOf(meta["idempotencyKey"]))?.replace(/:user$/, "");
  const content = contentOf(row);
  return {
    kind: "user",
    id: key === undefined ? `message:${textOf(meta["id"]) ?? index}` : `user:${key}`,
    text: joinText(content),
    attachments: content.filter((part) => part["type"] !== "text" && part["type"] !== "thinking").length,
    timestampMs: numberOf(row["timestamp"]),
    idempotencyKey: key,
    delivery: "sent",
    problem: undefined,
  };
}

/** Finds the turn a row belongs to, or starts one, and replaces it by what `change` makes of it. */
function putTurn(entries: Entry[], row: Fields, change: (turn: TurnEntry) => TurnEntry): void {
  const meta = fieldsOf(row["__openclaw"]);
  const runId = textOf(meta["runId"]);
  const last = entries.at(-1);
  const isSameTurn = last?.kind === "turn" && (runId === undefined ? isStepOf(last) : last.runId === runId);
  if (isSameTurn) {
    entries[entries.length - 1] = change(last);
    return;
  }
  // A note that was injected without a run is announced live under this run id.
  const name = runId ?? `inject-${textOf(meta["id"]) ?? entries.length}`;
  entries.push(change(newTurn(name, { status: "done", timestampMs: numberOf(row["timestamp"]) })));
}

/** Whether a row without a run id continues this turn: it does while a tool call waits for its result. */
function isStepOf(turn: TurnEntry): boolean {
  return turn.parts.at(-1)?.type === "tool";
}

function withAssistant(turn: TurnEntry, row: Fields): TurnEntry {
  let parts: readonly Part[] = turn.parts;
  for (const part of contentOf(row)) {
    const text = textOf(part["text"])?.trim();
    if (part["type"] === "text" && text) parts = [...parts, { type: "text", text }];
    if (part["type"] === "toolCall") {
      const call = { name: textOf(part["name"]) ?? "tool", args: oneLine(part["arguments"]) };
      parts = withTool(parts, textOf(part["id"]) ?? `call-${parts.length}`, call);
    }
  }
  const stopReason = textOf(row["stopReason"]);
  const problem = stopReason === "error" ? (textOf(row["errorMessage"]) ?? "the run failed") : undefined;
  return { ...turn, parts, status: statusOf(stopReason), problem };
}

function withResult(turn: TurnEntry, row: Fields): TurnEntry {
  const toolCallId = textOf(row["toolCallId"]) ?? `call-${turn.parts.length}`;
  const name = textOf(row["toolName"]);
  const change = {
    output: joinText(contentOf(row)),
    status: row["isError"] === true ? ("error" as const) : ("done" as const),
    ...(name !== undefined && { name }),
  };
  return { ...turn, parts: withTool(turn.parts, toolCallId, change) };
}

/** Rows say `waiting` for a run that has more to come; whoever knows whether it still runs decides. */
function statusOf(stopReason: string | undefined): TurnStatus {
  if (stopReason === undefined || GOES_ON.has(stopReason)) return "waiting";
  if (stopReason === "error" || stopReason === "aborted") return stopReason;
  return "done";
}

/** A message's parts; a plain string is one text part. */
function contentOf(row: Fields): readonly Fields[] {
  const content = row["content"];
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return listOf(content).map(fieldsOf);
}

/** The text of a `message` or of a tool's `result`, without anything else it carries. */
export function messageText(message: unknown): string {
  return joinText(contentOf(fieldsOf(message)));
}

function joinText(content: readonly Fields[]): string {
  return content
    .filter((part) => part["type"] === "text")
    .map((part) => textOf(part["text"]) ?? "")
    .join("\n");
}

/** Tool arguments in one line: the value itself when there is only one. */
export function oneLine(args: unknown): string {
  if (args === undefined || args === null) return "";
  if (typeof args === "string") return args;
  const values = Object.values(fieldsOf(args));
  return values.length === 1 && typeof values[0] === "string" ? values[0] : JSON.stringify(args);
}

/** The identity of the turn a `session.message` row would belong to. */
export function turnIdOfRow(row: Fields): string {
  const meta = fieldsOf(row["__openclaw"]);
  return turnId(textOf(meta["runId"]) ?? `inject-${textOf(meta["id"]) ?? ""}`);
}
