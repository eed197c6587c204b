import { describe, expect, test } from "bun:test";
import type { Entry, TurnEntry, UserEntry } from "../../../src/web/chat/entries.ts";
import { type Action, emptyTranscript, liveTurn, reduce, type Transcript } from "../../../src/web/chat/transcript.ts";

const KEY = "agent:main:main";
const play = (...actions: Action[]) => actions.reduce<Transcript>(reduce, emptyTranscript(KEY));

const message = (text: string) => ({ role: "assistant", content: [{ type: "text", text }], timestamp: 5 });
const chat = (state: string, text?: string, extras: object = {}): Action => ({
  type: "chat",
  payload: { runId: "r1", sessionKey: KEY, state, ...(text !== undefined && { message: message(text) }), ...extras },
});
const tool = (data: object): Action => ({ type: "tool", payload: { runId: "r1", sessionKey: KEY, data } });
const started = (id = "t1") => tool({ phase: "start", name: "exec", toolCallId: id, args: { command: "ls" } });
const history = (messages: unknown[], status?: string): Action => ({
  type: "history",
  result: { messages, ...(status && { sessionInfo: { status } }) },
});
const userRow = (text: string, key: string, id = key) => ({
  role: "user",
  content: text,
  timestamp: 1,
  idempotencyKey: `${key}:user`,
  __openclaw: { id, seq: 1 },
});
const answerRow = (text: string, runId: string, stopReason = "stop") => ({
  role: "assistant",
  content: [{ type: "text", text }],
  stopReason,
  __openclaw: { id: `row-${runId}`, runId },
});
const sending: Action = { type: "sending", text: "hi", idempotencyKey: "r1", nowMs: 1 };
const sent: Action = { type: "sent", idempotencyKey: "r1", isRunning: true };

const callRow = (runId: string) => ({
  role: "assistant",
  content: [{ type: "toolCall", id: "t1", name: "exec", arguments: { command: "ls" } }],
  stopReason: "toolUse",
  __openclaw: { runId },
});

/** A transcript in short: who said what, in which state. */
function brief({ entries }: Transcript): string[] {
  return entries.map((entry) => (entry.kind === "user" ? `you(${entry.delivery}): ${entry.text}` : briefTurn(entry)));
}
function briefTurn({ status, parts }: TurnEntry): string {
  const shown = parts.map((part) => (part.type === "text" ? part.text : `[${part.name} ${part.status}]`));
  return `agent(${status}): ${shown.join(" ")}`.trim();
}
const first = <T extends Entry>(transcript: Transcript) => transcript.entries[0] as T;

describe("sending", () => {
  test("a message shows at once, then counts as sent and waits for its answer", () => {
    expect(brief(play(sending))).toEqual(["you(sending): hi"]);
    expect(brief(play(sending, sent))).toEqual(["you(sent): hi", "agent(waiting):"]);
  });

  test("a failed one keeps its key for the retry, and becomes sent by it", () => {
    const failed = play(sending, { type: "failed", idempotencyKey: "r1", problem: "no" });
    expect(first<UserEntry>(failed)).toMatchObject({ delivery: "failed", problem: "no", idempotencyKey: "r1" });
    const retried = reduce(reduce(failed, { type: "retrying", idempotencyKey: "r1" }), sent);
    expect(brief(retried)).toEqual(["you(sent): hi", "agent(waiting):"]);
  });

  test("an answer that was faster than the acknowledgement is not doubled", () => {
    expect(brief(play(sending, chat("final", "Hello"), sent))).toEqual(["you(sent): hi", "agent(done): Hello"]);
  });

  test("an acknowledgement for a session that was left changes nothing", () => {
    const other = emptyTranscript("agent:main:other");
    expect(reduce(other, sent)).toBe(other);
  });
});

describe("following a run", () => {
  test("a delta holds the full text, so it replaces and does not append", () => {
    expect(brief(play(chat("delta", "Hel"), chat("delta", "Hello")))).toEqual(["agent(streaming): Hello"]);
  });

  test("text after a tool call stands below it", () => {
    const transcript = play(
      chat("delta", "Let me look."),
      started(),
      tool({
        phase: "result",
        toolCallId: "t1",
        name: "exec",
        isError: false,
        result: { content: [{ type: "text", text: "a b" }] },
      }),
      chat("delta", "Let me look.\n\nTwo files"),
      chat("final", "Let me look.\n\nTwo files."),
    );
    expect(brief(transcript)).toEqual(["agent(done): Let me look. [exec done] Two files."]);
    expect(first<TurnEntry>(transcript).parts[1]).toMatchObject({ args: "ls", output: "a b" });
  });

  test("two tool calls keep the text between them between them", () => {
    const transcript = play(
      chat("delta", "A"),
      started("t1"),
      chat("delta", "A\n\nB"),
      started("t2"),
      chat("final", "A\n\nB\n\nC"),
    );
    expect(brief(transcript)).toEqual(["agent(done): A [exec done] B [exec done] C"]);
  });

  test("a gateway that announces each step by itself is understood too", () => {
    const transcript = play(
      chat("delta", "OK."),
      started("t1"),
      chat("delta", "O", { replace: true }),
      chat("delta", "OK. Two files."),
      started("t2"),
      chat("delta", "Done"),
      chat("final", "Done."),
    );
    expect(brief(transcript)).toEqual(["agent(done): OK. [exec done] OK. Two files. [exec done] Done."]);
  });

  test("a rewritten text replaces the old one", () => {
    expect(brief(play(chat("delta", "draft"), chat("delta", "Rewritten", { replace: true })))).toEqual([
      "agent(streaming): Rewritten",
    ]);
  });

  test("a run that was met half-way goes on below its stored steps", () => {
    const rows = [userRow("count", "r1"), answerRow("Let me look.", "r1", "toolUse"), callRow("r1")];
    const opened = play({ type: "history", result: { messages: rows, activeRunIds: ["r1"] } });
    for (const text of ["Let me look.\n\nTwo", "Two"]) {
      expect(brief(reduce(opened, chat("delta", text))).at(-1)).toBe(
        "agent(streaming): Let me look. [exec running] Two",
      );
    }
  });

  test.each<[state: string, extras: object, expected: string]>([
    ["aborted", { stopReason: "rpc" }, "agent(aborted): part"],
    ["error", { errorMessage: "no quota" }, "agent(error): part"],
    ["final", {}, "agent(done): part"],
  ])("%s without a message keeps what was streamed", (state, extras, expected) => {
    const transcript = play(chat("delta", "part"), chat(state, undefined, extras));
    expect(brief(transcript)).toEqual([expected]);
    expect(liveTurn(transcript)).toBeUndefined();
  });

  test("nothing changes a run that ended", () => {
    const ended = play(chat("aborted", "part"));
    for (const late of [chat("delta", "part two"), chat("final", "all"), started(), chat("error")]) {
      expect(reduce(ended, late)).toBe(ended);
    }
  });

  test("events of other sessions do not show", () => {
    const empty = emptyTranscript(KEY);
    expect(
      reduce(empty, { type: "chat", payload: { runId: "x", sessionKey: "agent:main:other", state: "delta" } }),
    ).toBe(empty);
  });

  test("a tool's output is cut", () => {
    const text = "x".repeat(100_000);
    const transcript = play(
      tool({ phase: "result", toolCallId: "t", name: "cat", result: { content: [{ type: "text", text }] } }),
    );
    expect(first<TurnEntry>(transcript).parts[0]).toMatchObject({ output: "x".repeat(20_000) });
  });
});

describe("messages of others", () => {
  const said = (row: object): Action => ({ type: "message", payload: { sessionKey: KEY, message: row } });

  test("another client's message appears, once", () => {
    const row = userRow("from my phone", "p1");
    expect(brief(play(said(row), said(row)))).toEqual(["you(sent): from my phone"]);
  });

  test("it stands above its answer even when that began first", () => {
    const transcript = play(chat("delta", "Hello"), said(userRow("hi", "r1")));
    expect(brief(transcript)).toEqual(["you(sent): hi", "agent(streaming): Hello"]);
  });

  test("the echo of an own message is the proof that it was sent", () => {
    expect(brief(play(sending, said(userRow("hi", "r1"))))).toEqual(["you(sent): hi"]);
  });

  test("an answer that is followed live is not added again from its row", () => {
    expect(brief(play(chat("final", "Hello"), said(answerRow("Hello", "r1"))))).toEqual(["agent(done): Hello"]);
    const note = { role: "assistant", content: "note", __openclaw: { id: "n1" } };
    const injected = { runId: "inject-n1", sessionKey: KEY, state: "final", message: message("note") };
    expect(brief(play({ type: "chat", payload: injected }, said(note)))).toEqual(["agent(done): note"]);
    expect(brief(play(said(note), { type: "chat", payload: injected }))).toEqual(["agent(done): note"]);
  });
});

describe("history", () => {
  test("rows of one run become one turn with its tool calls", () => {
    const rows = [
      userRow("count", "r1"),
      { ...answerRow("Let me look.", "r1", "toolUse") },
      {
        role: "assistant",
        content: [{ type: "toolCall", id: "t1", name: "exec", arguments: { command: "ls" } }],
        stopReason: "toolUse",
        __openclaw: { runId: "r1" },
      },
      {
        role: "toolResult",
        toolCallId: "t1",
        toolName: "exec",
        content: [{ type: "text", text: "a" }],
        isError: true,
        __openclaw: { runId: "r1" },
      },
      answerRow("One.", "r1"),
    ];
    expect(brief(play(history(rows)))).toEqual(["you(sent): count", "agent(done): Let me look. [exec error] One."]);
  });

  test("rows without run ids are told apart, but a tool's result stays with its call", () => {
    const rows = [
      { role: "assistant", content: "one" },
      { role: "assistant", content: [{ type: "toolCall", id: "t", name: "exec", arguments: {} }] },
      { role: "toolResult", toolCallId: "t", content: "out" },
      { role: "assistant", content: "two" },
    ];
    expect(brief(play(history(rows)))).toEqual(["agent(done): one", "agent(done): [exec done] two"]);
  });

  test("read again, it neither doubles nor loses anything", () => {
    const before = play(
      sending,
      sent,
      chat("delta", "Hel"),
      { type: "sending", text: "more", idempotencyKey: "r2", nowMs: 2 },
      {
        type: "failed",
        idempotencyKey: "r2",
        problem: "lost",
      },
    );
    const after = reduce(before, history([userRow("hi", "r1"), answerRow("Hello", "r1")]));
    expect(brief(after)).toEqual(["you(sent): hi", "agent(done): Hello", "you(failed): more"]);
  });

  test("a run that goes on is kept, with or without rows of its own", () => {
    const before = play(sending, sent, chat("delta", "Hel"));
    expect(brief(reduce(before, history([userRow("hi", "r1")])))).toEqual(["you(sent): hi", "agent(streaming): Hel"]);
    const partial = [userRow("hi", "r1"), answerRow("Hel", "r1", "toolUse")];
    expect(brief(reduce(before, history(partial, "running")))).toEqual(["you(sent): hi", "agent(streaming): Hel"]);
  });

  test("a gateway that names its runs and waiting messages is believed", () => {
    const opened = play({
      type: "history",
      result: {
        messages: [userRow("one", "r1")],
        pendingInputs: { items: [userRow("two", "r2")], total: 1 },
        activeRunIds: ["r1"],
      },
    });
    expect(brief(opened)).toEqual(["you(sent): one", "you(sent): two", "agent(waiting):"]);
    expect(liveTurn(opened)?.runId).toBe("r1");
    const ended = reduce(opened, { type: "history", result: { messages: [userRow("one", "r1")], activeRunIds: [] } });
    expect(brief(ended)).toEqual(["you(sent): one"]);
  });

  test("a run whose end was missed is over when the session is idle", () => {
    const before = play(sending, sent, chat("delta", "Hel"), started());
    expect(brief(reduce(before, history([userRow("hi", "r1")], "done")))).toEqual(["you(sent): hi"]);
  });

  test("a message that arrived although its answer was lost is not failed any more", () => {
    const before = play(sending, { type: "failed", idempotencyKey: "r1", problem: "lost" });
    expect(brief(reduce(before, history([userRow("hi", "r1")])))).toEqual(["you(sent): hi"]);
  });

  test.each<[title: string, row: unknown]>([
    ["nothing", null],
    ["a number", 7],
    ["an unknown role", { role: "wizard", content: "x" }],
    ["content of a strange shape", { role: "user", content: { a: 1 } }],
    ["parts of strange shapes", { role: "assistant", content: [null, 3, { type: "text", text: 5 }] }],
  ])("%s in it breaks nothing", (_title, row) => {
    expect(play(history([row])).isLoaded).toBe(true);
  });
});
