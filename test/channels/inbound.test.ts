/** From a stored event to its end: what is joined, who answers, what a crash or a full session does to it. */
import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../src/channels/contract.ts";
import { OVERFLOW } from "../../src/channels/inbound.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { openPipeline, type Pipeline } from "./pipeline.ts";
import { direct, grouped } from "./policy/events.ts";

const open = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };
const waits = { ...open, debounceMs: 1000 };
const says = (id: string, told: Parameters<typeof direct>[0] = {}): Inbound =>
  direct({ eventId: id, messageId: id, text: id, ...told });
const saysInGroup = (id: string, told: Parameters<typeof direct>[0] = {}): Inbound =>
  grouped({ eventId: id, messageId: id, text: id, mentionsSelf: true, ...told });
const full = () => new GatewayError("UNAVAILABLE", "the session is full", { retryable: true, retryAfterMs: 5000 });

/** What a process that was killed here leaves behind. */
async function crash(pipeline: Pipeline, options: Parameters<typeof openPipeline>[0] = {}): Promise<Pipeline> {
  pipeline.incoming.stop();
  const { database, clock, agents } = pipeline;
  const next = openPipeline({ ...options, after: { database, clock, agents } });
  await next.settle();
  return next;
}

describe("messages that belong together", () => {
  test("are one question and one answer, quoting the last; every one of them ends", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    await net.passes(900);
    net.receives(says("two"));
    await net.passes(999);
    expect(net.agents.texts).toEqual([]);
    await net.passes(1);
    expect(net.agents.texts).toEqual(["one\ntwo"]);
    expect(net.said()).toMatchObject([{ text: "yes", replyTo: "two" }]);
    expect(net.states()).toEqual({ one: "done", two: "done" });
    await net.passes(60_000);
    expect(net.agents.texts).toHaveLength(1);
  });

  test("and those that came in the same instant without a wait are not", async () => {
    const net = openPipeline();
    for (const id of ["one", "two", "three"]) net.receives(says(id));
    await net.settle();
    expect(net.agents.texts).toEqual(["one", "two", "three"]);
    expect(net.said().map(({ replyTo }) => replyTo)).toEqual(["one", "two", "three"]);
  });

  test("a command does not wait, nor does what was said before it", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    net.receives(says("/status"));
    await net.settle();
    expect(net.agents.texts).toEqual(["one"]);
    expect(net.texts()).toEqual(["yes", "did /status"]);
  });

  test("a stop reaches what runs while others wait, and is joined to nothing", async () => {
    const net = openPipeline({ settings: waits });
    net.agents.atOnce = undefined;
    net.receives(says("one"));
    await net.passes(1000);
    net.receives(says("two"));
    net.receives(says("stop"));
    expect(net.agents.stopped).toEqual(["agent:main:dm:100"]);
    net.agents.say("", { state: "aborted" });
    await net.passes(1000);
    expect(net.agents.texts).toEqual(["one", "two"]);
    expect(net.states()).toEqual({ one: "done", two: "running", stop: "done" });
  });

  test("a delivery that comes twice is joined once", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    net.receives(says("two"));
    net.receives(says("one"));
    await net.passes(1000);
    net.receives(says("two"));
    await net.passes(1000);
    expect(net.agents.texts).toEqual(["one\ntwo"]);
  });

  test("in a group keep what was said before them as context", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(saysInGroup("the cake is in the oven", { mentionsSelf: false, sender: { id: "7", name: "Bob" } }));
    await net.passes(1000);
    net.receives(saysInGroup("where"));
    net.receives(saysInGroup("is it?", { mentionsSelf: false }));
    await net.passes(1000);
    expect(net.agents.texts).toHaveLength(1);
    expect(net.agents.texts[0]).toContain("Bob: the cake is in the oven");
    expect(net.agents.texts[0]).toContain("where");
    expect(net.agents.texts[0]).toContain("is it?");
    // What was answered is context no more.
    net.receives(saysInGroup("thanks"));
    await net.passes(1000);
    expect(net.agents.texts[1]).not.toContain("cake");
  });

  // The time to wait is that of the wall clock; nothing bounds it.
  test("a clock that is set back does not keep a message waiting until it has caught up", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    await net.settle();
    net.clock.jump(-3_600_000);
    for (let seconds = 0; seconds < 10; seconds++) await net.passes(1000);
    expect(net.agents.texts).toEqual(["one"]);
  });

  test("of a clock that was set back: what is said next is answered at once with it", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    net.clock.jump(-3_600_000);
    net.receives(says("two"));
    await net.passes(1000);
    expect(net.agents.texts).toEqual(["one\ntwo"]);
  });
});

describe("what a crash leaves", () => {
  test("joined on the disk, and not asked: it is asked once, as one", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    net.receives(says("two"));
    // The process dies after the rows were joined, when it asks.
    net.agents.refusal = new Error("killed");
    await net.passes(1000);
    expect(net.agents.texts).toEqual([]);
    expect(net.states()).toEqual({ one: "done", two: "new" });
    net.agents.refusal = undefined;
    const again = await crash(net, { settings: waits });
    await again.passes(60_000);
    expect(again.agents.texts).toEqual(["one\ntwo"]);
    expect(again.said()).toMatchObject([{ text: "yes", replyTo: "two" }]);
    expect(again.states()).toEqual({ one: "done", two: "done" });
  });

  test("waiting to be joined: the wait goes on where it was", async () => {
    const net = openPipeline({ settings: waits });
    net.receives(says("one"));
    await net.passes(500);
    const again = await crash(net, { settings: waits });
    await again.passes(499);
    expect(again.agents.texts).toEqual([]);
    again.receives(says("two"));
    await again.passes(999);
    expect(again.agents.texts).toEqual([]);
    await again.passes(1);
    expect(again.agents.texts).toEqual(["one\ntwo"]);
  });

  test("with an agent, that had answered: the answer is said, and nothing is asked again", async () => {
    const net = openPipeline();
    net.agents.atOnce = undefined;
    net.receives(says("one"));
    await net.settle();
    net.agents.ended.set("inbox-1", { state: "ok", text: "from before", isTransient: false });
    const again = await crash(net);
    await again.settle();
    expect(again.texts()).toEqual(["from before"]);
    expect([again.agents.asked.length, again.states()["one"]]).toEqual([1, "done"]);
  });

  test("with an agent, that was cut off: asked again, eight times at most, and then one notice", async () => {
    let net = openPipeline();
    net.agents.atOnce = undefined;
    net.agents.ended.set("inbox-1", "cut off");
    net.receives(says("one"));
    await net.settle();
    for (let start = 0; start < 12; start++) {
      net = await crash(net);
      await net.passes(60_000);
    }
    expect(net.agents.asked).toHaveLength(8);
    expect(net.agents.forgotten.length).toBeGreaterThanOrEqual(7);
    expect(net.states()).toEqual({ one: "dead" });
    expect(net.texts()).toHaveLength(1);
    expect(net.said()[0]).toMatchObject({ replyTo: "one" });
    expect(net.texts()[0]).toContain("could not answer");
  });
});

describe("what is tried again", () => {
  test("a session that is full costs no attempt, and the message is answered when there is room", async () => {
    const net = openPipeline({ settings: { ...open, rateLimit: { perMinute: 1 } } });
    net.agents.refusal = full();
    net.receives(says("one"));
    for (let tries = 0; tries < 20; tries++) await net.passes(1000);
    expect(net.agents.texts).toEqual([]);
    net.agents.refusal = undefined;
    await net.passes(1000);
    // Nor is it counted as a flood, though it was looked at twenty times.
    expect(net.agents.texts).toEqual(["one"]);
    expect(net.texts()).toEqual(["yes"]);
    expect(net.inbox.find(1)).toMatchObject({ state: "done", attempts: 1 });
  });

  test("a failure that may pass: again after a second, then after ten, then one notice", async () => {
    const net = openPipeline();
    net.agents.atOnce = { state: "failed", text: "", isTransient: true, problem: "no line to the model" };
    net.receives(says("one"));
    await net.settle();
    await net.passes(999);
    expect(net.agents.asked).toHaveLength(1);
    await net.passes(1);
    expect(net.agents.asked).toHaveLength(2);
    await net.passes(9_999);
    expect(net.agents.asked).toHaveLength(2);
    await net.passes(1);
    expect(net.agents.asked).toHaveLength(3);
    await net.passes(600_000);
    expect(net.agents.asked).toHaveLength(3);
    expect(net.texts()).toHaveLength(1);
    expect(net.states()).toEqual({ one: "dead" });
    expect(net.texts()[0]).not.toContain("model");
  });

  test("a message that comes meanwhile belongs to it: asked together, answered once", async () => {
    const net = openPipeline({ settings: waits });
    net.agents.atOnce = { state: "failed", text: "", isTransient: true, problem: "no line" };
    net.receives(says("one"));
    await net.passes(1000);
    net.agents.atOnce = { state: "ok", text: "yes", isTransient: false };
    net.receives(says("two"));
    await net.passes(2000);
    expect(net.agents.texts).toEqual(["one", "one\ntwo"]);
    expect(net.texts()).toEqual(["yes"]);
    expect(net.states()).toEqual({ one: "done", two: "done" });
  });

  test("a failure that stays is told at once, and the next message is answered", async () => {
    const net = openPipeline();
    net.agents.atOnce = { state: "failed", text: "", isTransient: false, problem: "no such model" };
    net.receives(says("one"));
    await net.settle();
    net.agents.atOnce = { state: "ok", text: "yes", isTransient: false };
    net.receives(says("two"));
    await net.settle();
    expect(net.agents.asked).toHaveLength(2);
    expect(net.states()).toEqual({ one: "dead", two: "done" });
    expect(net.texts().at(-1)).toBe("yes");
  });
});

describe("a chat that several agents hear", () => {
  const broadcast = (isParallel: boolean) => ({ agents: new Map([["-500", ["one", "two"]]]), isParallel });
  const agentIds = (net: Pipeline) => net.agents.asked.map(({ agentId }) => agentId);

  test("in parallel: each is asked at once, in a session of its own, and each answers", async () => {
    const net = openPipeline({ broadcast: broadcast(true) });
    net.agents.atOnce = undefined;
    net.receives(saysInGroup("hello"));
    await net.settle();
    expect(agentIds(net).sort()).toEqual(["one", "two"]);
    expect(new Set(net.agents.asked.map(({ sessionKey }) => sessionKey)).size).toBe(2);
    net.agents.say("first");
    net.agents.say("second");
    await net.settle();
    expect(net.texts().sort()).toEqual(["first", "second"]);
  });

  test("in turn: the second is asked when the first has answered", async () => {
    const net = openPipeline({ broadcast: broadcast(false) });
    net.agents.atOnce = undefined;
    net.receives(saysInGroup("hello"));
    await net.settle();
    expect(agentIds(net)).toEqual(["one"]);
    net.agents.say("first");
    await net.settle();
    expect(agentIds(net)).toEqual(["one", "two"]);
    net.agents.say("second");
    await net.settle();
    expect(net.texts()).toEqual(["first", "second"]);
  });

  test.each<[isParallel: boolean]>([[true], [false]])(
    "parallel %p: a message for two agents is not taken for two messages of one person",
    async (isParallel) => {
      const net = openPipeline({ broadcast: broadcast(isParallel), settings: waits });
      net.receives(saysInGroup("hello"));
      await net.passes(1000);
      await net.passes(1000);
      expect(agentIds(net).sort()).toEqual(["one", "two"]);
      for (const text of net.agents.texts) expect(text.match(/hello/g)).toHaveLength(1);
    },
  );

  test("a delivery that comes twice is one for each, and it is all or nothing on the disk", async () => {
    const net = openPipeline({ broadcast: broadcast(true) });
    net.receives(saysInGroup("hello"));
    net.receives(saysInGroup("hello"));
    await net.settle();
    expect(agentIds(net)).toHaveLength(2);
    expect(Object.keys(net.states())).toHaveLength(2);
  });

  test("is that chat only: not a direct one, not another, not what is no message", async () => {
    const net = openPipeline({
      broadcast: {
        agents: new Map([
          ["100", ["one", "two"]],
          ["-500", ["one", "two"]],
        ]),
        isParallel: true,
      },
    });
    net.receives(says("direct"));
    net.receives(saysInGroup("elsewhere", { chat: { id: "-501" } }));
    net.receives(saysInGroup("edited", { type: "edit" }));
    await net.settle();
    expect(agentIds(net)).toEqual(["main", "main"]);
    expect(Object.keys(net.states())).toHaveLength(3);
  });
});

describe("too much at once", () => {
  /** Two hundred wait behind one that is being answered. */
  async function fill(net: Pipeline): Promise<void> {
    net.agents.atOnce = undefined;
    net.receives(says("first"));
    await net.settle();
    for (let at = 0; at < 199; at++) net.receives(says(`m${at}`));
  }

  test("the next is not taken, its sender is told once in a minute, and it can be tried again", async () => {
    const net = openPipeline();
    await fill(net);
    for (const id of ["over 1", "over 2", "over 3"]) net.receives(says(id));
    expect(net.texts()).toHaveLength(1);
    expect(net.texts()[0]).toContain("Too many messages");
    expect([net.states()["over 1"], net.states()["over 3"]]).toEqual(["dropped", "dropped"]);
    const rows = net.inbox.list("dropped", 10);
    expect(rows.every(({ problem }) => problem === OVERFLOW)).toBe(true);
    net.clock.advance(60_000);
    net.receives(says("over 4"));
    expect(net.texts()).toHaveLength(2);

    net.agents.atOnce = { state: "ok", text: "yes", isTransient: false };
    net.agents.say("yes");
    await net.settle();
    const [last] = net.inbox.list("dropped", 1);
    net.inbox.update(last?.id ?? 0, { state: "new", attempts: 0, notBefore: 0, nowMs: net.clock.now() });
    net.incoming.open(net.line);
    await net.passes(1000);
    expect(net.agents.texts.at(-1)).toBe("over 4");
    expect(net.states()["over 4"]).toBe("done");
  });

  test("other chats go on, and a stop is obeyed all the same", async () => {
    const net = openPipeline();
    await fill(net);
    net.receives(says("elsewhere", { chat: { id: "2" } }));
    net.receives(says("stop"));
    await net.settle();
    expect(net.agents.texts).toEqual(["first", "elsewhere"]);
    expect(net.agents.stopped).toEqual(["agent:main:dm:100"]);
  });
});

describe("answers", () => {
  test.each<[title: string, answer: string, expected: object[]]>([
    ["a text quotes what it answers", "hello", [{ text: "hello", replyTo: "m" }]],
    ["nothing to say is nothing", "NO_REPLY", []],
    ["nothing but a mark is nothing", "[[reply_to_current]]", []],
    ["another message can be quoted", "[[reply_to: 9]] hello", [{ text: "hello", replyTo: "9" }]],
    [
      "a path is no file, and the person is told",
      "here\nMEDIA:/etc/passwd",
      [{ text: "here\n\n[a file could not be sent along: media not found]", replyTo: "m" }],
    ],
    [
      "nothing but a file that is not there",
      "MEDIA:/etc/passwd",
      [{ text: "[a file could not be sent along: media not found]" }],
    ],
  ])("%s", async (_title, text, expected) => {
    const net = openPipeline();
    net.agents.atOnce = { state: "ok", text, isTransient: false };
    net.receives(says("m"));
    await net.settle();
    expect(net.said()).toMatchObject(expected as never);
    expect(net.said()).toHaveLength(expected.length);
    expect(net.states()).toEqual({ m: "done" });
  });

  test("a network that does not quote, does when the agent asks for it", async () => {
    const net = openPipeline({ capabilities: { replies: "off" } });
    net.receives(says("m1"));
    await net.settle();
    net.agents.atOnce = { state: "ok", text: "[[reply_to_current]] yes", isTransient: false };
    net.receives(says("m2"));
    await net.settle();
    expect(net.said().map(({ replyTo }) => replyTo)).toEqual([undefined, "m2"]);
  });

  test("a file goes out with the text as its caption, within the smaller of both limits", async () => {
    const limits: number[] = [];
    const files = {
      resolve: async (_ref: string, { maxBytes }: { maxBytes: number }) => {
        limits.push(maxBytes);
        return { kind: "audio" as const, mimeType: "audio/ogg", fileName: "a.ogg", bytes: new Uint8Array([1, 2]) };
      },
    };
    const net = openPipeline({ files });
    net.agents.atOnce = { state: "ok", text: "[[audio_as_voice]] listen\nMEDIA:media:1", isTransient: false };
    net.receives(says("m"));
    await net.settle();
    expect(net.said()).toMatchObject([{ text: "listen", media: { kind: "voice", base64: "AQI=" } }]);
    const small = openPipeline({ files, settings: { ...open, mediaMaxMb: 0.0001 } });
    small.agents.atOnce = net.agents.atOnce;
    small.receives(says("m"));
    await small.settle();
    expect(limits).toEqual([1000, 104.8576]);
  });
});
