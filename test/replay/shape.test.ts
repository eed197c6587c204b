/** The comparison notices what it is there for. */
import { describe, expect, test } from "bun:test";
import { explain } from "./deviations.ts";
import { align, outOfOrder, Placing, withoutRepeats } from "./sequence.ts";
import { compare, Identities, type MismatchKind } from "./shape.ts";
import type { Json, JsonObject } from "./vectors.ts";

const recorded: JsonObject = {
  type: "res",
  id: "r1",
  ok: false,
  error: { code: "INVALID_REQUEST", message: "unknown requestId" },
  payload: {
    requestId: "673a9808-79ff-4580-9a6b-b6ce71ef6afe",
    protocol: 4,
    ts: 1_795_331_642_484,
    state: "final",
    scopes: ["operator.read"],
    messages: [
      { role: "user", content: [{ type: "text", text: "hello" }] },
      { role: "assistant", content: [{ type: "text", text: "hi" }], stopReason: "stop" },
    ],
  },
};

const live = () => structuredClone(recorded) as Record<string, never> & { payload: Record<string, Json>; error: Json };

describe("compare", () => {
  test("finds nothing where only ids, times and prose differ", () => {
    const other = live();
    other.payload["requestId"] = "00000000-79ff-4580-9a6b-b6ce71ef6afe";
    other.payload["ts"] = 5;
    other.payload["messages"] = [{ role: "user", content: [{ type: "text", text: "good day" }] }];
    expect(compare(recorded, other, "res(x)", new Identities())).toEqual([]);
  });

  test.each<[title: string, change: (frame: ReturnType<typeof live>) => void, found: [MismatchKind, string][]]>([
    [
      "another code",
      (frame) => (frame.error = { code: "UNAVAILABLE", message: "unknown requestId" }),
      [["constant", "res(x).error.code"]],
    ],
    [
      "another message",
      (frame) => (frame.error = { code: "INVALID_REQUEST", message: "no such id" }),
      [["constant", "res(x).error.message"]],
    ],
    ["another state", (frame) => (frame.payload["state"] = "error"), [["constant", "res(x).payload.state"]]],
    ["another version", (frame) => (frame.payload["protocol"] = 3), [["constant", "res(x).payload.protocol"]]],
    ["a text for a number", (frame) => (frame.payload["ts"] = "now"), [["type", "res(x).payload.ts"]]],
    ["a fraction for a whole number", (frame) => (frame.payload["ts"] = 0.5), [["type", "res(x).payload.ts"]]],
    ["null for a text", (frame) => (frame.payload["state"] = null), [["type", "res(x).payload.state"]]],
    ["a missing property", (frame) => delete frame.payload["state"], [["missing", "res(x).payload.state"]]],
    ["an extra property", (frame) => (frame.payload["recipient"] = "x"), [["extra", "res(x).payload.recipient"]]],
    ["an empty list", (frame) => (frame.payload["messages"] = []), [["empty", "res(x).payload.messages"]]],
    [
      "an item unlike any recorded",
      (frame) => (frame.payload["messages"] = [{ role: "user", content: [{ type: "text", text: "a" }], sender: 1 }]),
      [["extra", "res(x).payload.messages[].sender"]],
    ],
    [
      "a property missing in one item",
      (frame) => (frame.payload["messages"] = [{ role: "assistant", content: [{ type: "text", text: "a" }] }]),
      [["missing", "res(x).payload.messages[].stopReason"]],
    ],
    [
      "other names in a list",
      (frame) => (frame.payload["scopes"] = ["operator.admin"]),
      [
        ["missing", "res(x).payload.scopes[operator.read]"],
        ["extra", "res(x).payload.scopes[operator.admin]"],
      ],
    ],
  ])("notices %s", (_title, change, found) => {
    const other = live();
    change(other);
    expect(compare(recorded, other, "res(x)", new Identities()).map(({ kind, at }) => [kind, at])).toEqual(
      found as never,
    );
  });

  test("notices an id that stands for something else than before", () => {
    const ids = new Identities();
    const [one, other] = ["673a9808-79ff-4580-9a6b-b6ce71ef6afe", "00000000-0000-4000-8000-000000000001"];
    expect(compare({ id: one }, { id: other }, "a", ids)).toEqual([]);
    expect(compare({ id: one }, { id: other }, "b", ids)).toEqual([]);
    expect(compare({ id: one }, { id: one }, "c", ids).map(({ kind }) => kind)).toEqual(["identity"]);
    expect(ids.translate(`pairing required (requestId: ${one})`)).toBe(`pairing required (requestId: ${other})`);
    expect(ids.translateCut(`pairing required (requestId: ${one.slice(0, 20)}`)).toBe(
      `pairing required (requestId: ${other.slice(0, 20)}`,
    );
  });
});

describe("order", () => {
  const chat = (state: string): JsonObject => ({ type: "event", event: "chat", payload: { runId: "a", state } });
  const agent = (stream: string, phase?: string): JsonObject => ({
    type: "event",
    event: "agent",
    payload: { runId: "a", stream, data: phase === undefined ? {} : { phase } },
  });
  const answer: JsonObject = { type: "res", id: "r1", ok: true };
  const run = [
    answer,
    agent("lifecycle", "start"),
    agent("assistant"),
    chat("delta"),
    agent("lifecycle", "end"),
    chat("final"),
  ];

  function differences(frames: readonly JsonObject[]): [string, string][] {
    const place = (list: readonly JsonObject[]) => {
      const placing = new Placing();
      placing.asked("r1", "chat.send");
      return withoutRepeats(list.map((frame) => placing.place(frame))).kept;
    };
    const live = place(frames);
    const { pairs, found } = align(place(run), live);
    return [...found, ...outOfOrder(pairs, live)].map(({ kind, at }) => [kind, at]);
  }

  test("finds nothing in the same order, nor in more pieces of the same text", () => {
    expect(differences(run)).toEqual([]);
    expect(differences([...run.slice(0, 4), agent("assistant"), chat("delta"), ...run.slice(4)])).toEqual([]);
  });

  test.each<[title: string, frames: JsonObject[], found: [string, string][]]>([
    [
      "an end before its text",
      [...run.slice(0, 3), run[4]!, run[3]!, run[5]!],
      [["order", "event(agent lifecycle end)"]],
    ],
    ["an answer after its run", [...run.slice(1), answer], [["order", "res(chat.send)"]]],
    ["a missing final", run.slice(0, 5), [["missing", "event(chat final)"]]],
    ["a second final", [...run, chat("final")], [["extra", "event(chat final)"]]],
    ["text after the end", [...run, chat("delta")], [["extra", "event(chat delta)"]]],
  ])("notices %s", (_title, frames, found) => {
    expect(differences(frames)).toEqual(found);
  });
});

test("a deviation explains its own kind, case and place only", () => {
  const origin = "v3-handshake/origin-header-foreign#";
  expect(explain(origin, { kind: "http", at: "upgrade" })?.deviation.why).toContain("403");
  expect(explain(origin, { kind: "missing", at: "upgrade" })).toBeUndefined();
  expect(explain("v3-handshake/wrong-token#", { kind: "http", at: "upgrade" })).toBeUndefined();
  expect(explain("v3-runs/chat-send-ok#", { kind: "missing", at: "event(chat final)" })).toBeUndefined();
});
