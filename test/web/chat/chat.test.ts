import { expect, test } from "bun:test";
import { Chat } from "../../../src/web/chat/chat.ts";
import { sessionItems, titleOfKey } from "../../../src/web/chat/sessions.ts";
import { memoryShelf, openCredentials } from "../../../src/web/shared/credentials.ts";
import { openSeedIdentity } from "../../../src/web/shared/seed-identity.ts";
import { FakeClock } from "../../support/clock.ts";
import { MAIN, StandIn } from "../stand-in-gateway.ts";

/** A chat at a stand-in. */
class Visit implements Disposable {
  readonly clock = new FakeClock();
  readonly chat;
  lastSession: string | undefined;
  #ids = 0;

  constructor(standIn: StandIn) {
    const shelf = memoryShelf();
    this.chat = new Chat({
      identity: openSeedIdentity(shelf),
      credentials: openCredentials(standIn.url, { tab: memoryShelf(), browser: shelf }),
      clock: this.clock,
      ids: { uuid: () => `key-${++this.#ids}`, fraction: () => 0 },
      openSocket: () => new WebSocket(standIn.socketUrl),
      version: "1",
      instanceId: "tab",
      lastSession: {
        read: () => this.lastSession,
        keep: (key) => {
          this.lastSession = key;
        },
      },
    });
    this.chat.start();
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const unsubscribe = this.chat.subscribe(resolve);
      await promise;
      unsubscribe();
    }
  }

  loaded(): Promise<void> {
    return this.until(() => this.chat.state.transcript.isLoaded);
  }

  /** Who said what, in which state. */
  brief(): string[] {
    return this.chat.state.transcript.entries.map((entry) =>
      entry.kind === "user"
        ? `you(${entry.delivery}): ${entry.text}`
        : `agent(${entry.status}): ${entry.parts.map((part) => (part.type === "text" ? part.text : part.name)).join(" ")}`,
    );
  }

  [Symbol.dispose](): void {
    this.chat.stop();
  }
}

test("it opens the main session: follows it first, then reads its history", async () => {
  using standIn = new StandIn({ messages: () => [{ role: "user", content: "hello" }] });
  using visit = new Visit(standIn);
  await visit.loaded();
  expect(visit.brief()).toEqual(["you(sent): hello"]);
  const order = standIn.methodsCalled();
  expect(order.indexOf("sessions.messages.subscribe")).toBeLessThan(order.indexOf("chat.history"));
  expect(standIn.requests.find(({ method }) => method === "chat.history")?.params).toEqual({
    sessionKey: MAIN,
    limit: 200,
  });
  expect(visit.lastSession).toBe(MAIN);
});

test("a message goes out under a key, its answer streams in and can be stopped", async () => {
  using standIn = new StandIn({
    onSend: ({ idempotencyKey }, gateway) => gateway.chat(`${idempotencyKey}`, "delta", "Hel"),
  });
  using visit = new Visit(standIn);
  await visit.loaded();
  visit.chat.send("hi");
  expect(visit.brief()).toEqual(["you(sending): hi"]);
  await visit.until(() => visit.brief().includes("agent(streaming): Hel"));
  const sent = standIn.requests.find(({ method }) => method === "chat.send")?.params;
  expect(sent).toEqual({ sessionKey: MAIN, message: "hi", idempotencyKey: "key-1" });
  visit.chat.abort();
  await standIn.received("chat.abort");
  expect(standIn.requests.at(-1)?.params).toEqual({ sessionKey: MAIN, runId: "key-1" });
});

test("a refused message is kept, and its retry uses the same key", async () => {
  let isFull = true;
  using standIn = new StandIn({
    methods: {
      "chat.send": ({ idempotencyKey }) => {
        if (isFull) throw { code: "UNAVAILABLE", message: "the lane is full" };
        return { runId: idempotencyKey, status: "started" };
      },
    },
  });
  using visit = new Visit(standIn);
  await visit.loaded();
  visit.chat.send("hi");
  await visit.until(() => visit.brief()[0] === "you(failed): hi");
  isFull = false;
  visit.chat.resend("key-1");
  await visit.until(() => visit.brief()[0] === "you(sent): hi");
  const keys = standIn.requests
    .filter(({ method }) => method === "chat.send")
    .map(({ params }) => params["idempotencyKey"]);
  expect(keys).toEqual(["key-1", "key-1"]);
});

test("a message that was on its way when the line broke is failed, until the history shows that it arrived", async () => {
  let messages: unknown[] = [];
  using standIn = new StandIn({ messages: () => messages, methods: { "chat.send": () => ({ status: "started" }) } });
  using visit = new Visit(standIn);
  await visit.loaded();
  standIn.hold("chat.send");
  visit.chat.send("hi");
  await standIn.received("chat.send");
  messages = [{ role: "user", content: "hi", idempotencyKey: "key-1:user", __openclaw: { id: "m1" } }];
  standIn.closeAll(1012, "service restart");
  await visit.until(() => visit.brief()[0] === "you(failed): hi");
  await visit.until(() => visit.chat.state.connection.kind === "waiting");
  visit.clock.advance(800);
  await visit.until(() => visit.brief()[0] === "you(sent): hi");
});

test("after a gap the history is read again", async () => {
  let messages: unknown[] = [];
  using standIn = new StandIn({ messages: () => messages });
  using visit = new Visit(standIn);
  await visit.loaded();
  standIn.emit("tick", {});
  messages = [{ role: "user", content: "missed" }];
  standIn.skipEvents(1);
  standIn.emit("tick", {});
  await visit.until(() => visit.brief().length === 1);
  expect(visit.brief()).toEqual(["you(sent): missed"]);
});

test("another session can be made and opened; the old one is not followed any more", async () => {
  using standIn = new StandIn({ messages: () => [{ role: "user", content: "old" }] });
  using visit = new Visit(standIn);
  await visit.loaded();
  visit.chat.createSession();
  await visit.until(
    () => visit.chat.state.transcript.sessionKey === "agent:main:second" && visit.chat.state.transcript.isLoaded,
  );
  expect(visit.brief()).toEqual([]);
  expect(standIn.requests.find(({ method }) => method === "sessions.messages.unsubscribe")?.params).toEqual({
    key: MAIN,
  });
  standIn.chat("r1", "delta", "not for this session");
  standIn.emit("chat", { runId: "r2", sessionKey: "agent:main:second", state: "delta", message: { content: "here" } });
  await visit.until(() => visit.brief().length > 0);
  expect(visit.brief()).toEqual(["agent(streaming): here"]);
});

test("a failure a person should know of becomes a notice", async () => {
  using standIn = new StandIn({
    methods: {
      "sessions.create": () => {
        throw { code: "FORBIDDEN", message: "missing scope: operator.write" };
      },
    },
  });
  using visit = new Visit(standIn);
  await visit.loaded();
  visit.chat.createSession();
  await visit.until(() => visit.chat.state.notice !== undefined);
  expect(visit.chat.state.notice).toBe("Could not start a session: missing scope: operator.write");
});

test("many changes of the session list cost one read", async () => {
  using standIn = new StandIn();
  using visit = new Visit(standIn);
  await visit.loaded();
  await visit.until(() => visit.chat.state.sessions.length > 0);
  for (let i = 0; i < 5; i++) standIn.emit("sessions.changed", { reason: "send", ts: i });
  await visit.clock.waitsFor(400);
  standIn.chat("r1", "delta", "x");
  await visit.until(() => visit.brief().length > 0);
  visit.clock.advance(400);
  await standIn.received("sessions.list", 2);
  expect(standIn.methodsCalled().filter((method) => method === "sessions.list")).toHaveLength(2);
});

test.each([
  [{ key: "agent:main:main", isMain: true, derivedTitle: "hello there" }, "Main"],
  [{ key: "agent:main:x", label: "Work", displayName: "other" }, "Work"],
  [{ key: "agent:main:x", derivedTitle: "Trip to Lisbon" }, "Trip to Lisbon"],
  [{ key: "agent:main:0b1c2d3e-1111-2222-3333-444455556666" }, "0b1c2d3e"],
])("the session %p is called %p", (row, title) => {
  expect(sessionItems({ sessions: [row] })[0]?.title).toBe(title);
});

test("rows that are no sessions are left out", () => {
  expect(sessionItems({ sessions: [null, 3, {}, { key: "" }, { key: "a" }] })).toHaveLength(1);
  expect(sessionItems(undefined)).toEqual([]);
  expect(titleOfKey("agent:main:telegram:direct:42")).toBe("telegram · direct · 42");
});
