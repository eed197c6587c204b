/** The connection: what is acknowledged and when, how it is renewed, how it is found dead, and how it ends. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ids } from "../../standins/slack.ts";
import { outbound, type Running, startAccount, startConnected } from "../contract.ts";
import { openSlack, type SlackHarness } from "./harness.ts";

const never = new AbortController().signal;

let net: SlackHarness;
let up: Running;

beforeEach(async () => {
  net = await openSlack();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const opened = () => net.net.callsOf("apps.connections.open").length;

test("a start asks who it is with the bot's token, and for a connection with the app's", () => {
  expect(net.net.calls.map(({ method, authorization }) => [method, authorization])).toEqual([
    ["auth.test", `Bearer ${net.net.botToken}`],
    ["apps.connections.open", `Bearer ${net.net.appToken}`],
  ]);
});

test("an envelope is acknowledged when it is stored, not before", async () => {
  const stored = Promise.withResolvers<void>();
  const receive = up.host.receive.bind(up.host);
  up.host.receive = async (event) => {
    await stored.promise;
    await receive(event);
  };
  net.net.says(ids.adaDirect, "wait for the disk");
  await net.net.call("users.info");
  expect(net.net.acknowledged).toEqual([]);
  stored.resolve();
  await net.net.until(() => net.net.acknowledged.length === 1);
  expect(up.host.events).toHaveLength(1);
});

test("what is no event of ours is acknowledged all the same", async () => {
  const envelopes = [
    net.net.event({ type: "channel_rename", channel: { id: ids.general } }),
    net.net.envelope("slash_commands", { command: "/x" }),
    net.net.envelope("something_new", {}),
  ];
  await net.net.until(() => net.net.acknowledged.length === 3);
  expect(net.net.acknowledged).toEqual(envelopes);
  expect(up.host.events).toEqual([]);
});

test("a mention that is told twice is one event, in a chat of several people too", async () => {
  net.net.says(ids.few, "you there?", { mentions: true });
  await net.net.until(() => net.net.acknowledged.length === 2);
  const [one, other] = up.host.events;
  expect(one).toEqual(other!);
  expect(one).toMatchObject({ chat: { kind: "group", id: ids.few }, mentionsSelf: true, sender: { name: "Ada" } });
});

test("names are looked up once, and an event comes without one if they are not told", async () => {
  net.net.fail("users.info", { error: "missing_scope", needed: "users:read" });
  net.net.fail("conversations.info", "silence");
  net.net.says(ids.general, "one");
  await net.net.call("conversations.info");
  up.host.clock.advance(1_000);
  net.net.says(ids.general, "two");
  const two = await up.host.event(({ text }) => text === "two");
  expect(two).toMatchObject({ sender: { id: ids.ada }, chat: { kind: "channel", id: ids.general } });
  expect(two.sender).not.toHaveProperty("name");
  expect(net.net.callsOf("users.info")).toHaveLength(1);
  expect(net.net.callsOf("conversations.info")).toHaveLength(1);
});

test("whoever goes on in a thread the bot has written in talks to it, after a restart too", async () => {
  const thread = net.net.says(ids.general, "a question");
  await up.host.event(({ text }) => text === "a question");
  net.net.says(ids.general, "not for the bot", { thread });
  const before = await up.host.event(({ text }) => text === "not for the bot");
  await up.account.send(outbound({ kind: "channel", id: ids.general, threadId: thread }, { text: "hm" }), never);
  await up[Symbol.asyncDispose]();
  up = await startConnected(net, up.host);
  net.net.says(ids.general, "and then?", { thread });
  const after = await up.host.event(({ text }) => text === "and then?");
  expect([before.mentionsSelf, after.mentionsSelf]).toEqual([false, true]);
});

test("a button that is pressed tells its value", async () => {
  net.net.presses(ids.adaDirect, "9.000001", "yes", true);
  expect(await up.host.event(({ type }) => type === "button")).toMatchObject({ button: "yes", messageId: "9.000001" });
});

test("frames that cannot be read are skipped", async () => {
  net.net.frame("no json");
  net.net.frame("[1]");
  net.net.frame({ type: "events_api" });
  net.net.says(ids.adaDirect, "still there?");
  await up.host.event(({ text }) => text === "still there?");
  expect(up.host.records.filter(({ level }) => level === "warn")).toHaveLength(2);
});

describe("a connection the network renews", () => {
  test.each(["warning", "refresh_requested"])("for %s is replaced before it is let go", async (reason) => {
    up.host.clock.advance(5_000);
    net.net.frame({ type: "disconnect", reason });
    net.net.frame({ type: "disconnect", reason });
    await net.net.until(() => net.net.closeCodes.length === 1);
    expect(opened()).toBe(2);
    expect(net.connections()).toBe(1);
    expect(net.net.closeCodes).toEqual([1000]);
    net.net.says(ids.adaDirect, "on the new one");
    await up.host.event(({ text }) => text === "on the new one");
  });

  test("loses nothing if the network closes it meanwhile", async () => {
    up.host.clock.advance(5_000);
    net.net.frame({ type: "disconnect", reason: "refresh_requested" });
    net.net.close(1000);
    net.net.says(ids.adaDirect, "in between");
    await up.host.event(({ text }) => text === "in between");
    expect(opened()).toBe(2);
  });

  test("ends the run if there is no new one", async () => {
    up.host.clock.advance(5_000);
    net.net.fail("apps.connections.open", { limitedSeconds: 9 });
    net.net.frame({ type: "disconnect", reason: "warning" });
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "limited", retryAfterMs: 9000 });
  });

  test("as soon as it began is not answered with another one", async () => {
    net.net.frame({ type: "disconnect", reason: "refresh_requested" });
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(opened()).toBe(1);
  });
});

describe("a connection that ends", () => {
  test.each<[title: string, end: () => void, kind: string]>([
    ["reset", () => net.net.reset(), "transient"],
    ["closed in order", () => net.net.close(1000), "transient"],
    ["closed for trouble", () => net.net.close(1011), "transient"],
    ["Socket Mode switched off", () => net.net.frame({ type: "disconnect", reason: "link_disabled" }), "auth"],
    ["too many", () => net.net.frame({ type: "disconnect", reason: "too_many_websockets" }), "transient"],
  ])("%s", async (_title, end, kind) => {
    end();
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind });
    await net.untilDisconnected();
    expect(up.host.clock.pending).toBe(0);
  });

  test("a quiet one lives as long as it answers", async () => {
    for (let round = 0; round < 6; round++) {
      const { heardCount } = up.host;
      up.host.clock.advance(10_000);
      await up.host.until(() => up.host.heardCount > heardCount);
    }
    expect(net.connections()).toBe(1);
  });

  test("one that hears nothing more is given up after thirty seconds", async () => {
    net.net.isSilent = true;
    net.net.says(ids.adaDirect, "can you hear me?");
    up.host.clock.advance(30_000);
    expect(net.connections()).toBe(1);
    up.host.clock.advance(10_000);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.events).toEqual([]);
    await net.untilDisconnected();
  });

  test("a stop does not wait for a peer that is gone", async () => {
    net.net.isSilent = true;
    up.host.stop();
    expect(await up.ended).toBeUndefined();
    await net.untilDisconnected();
  });
});

describe("a connection that does not come to be", () => {
  test("a server that says nothing is given up", async () => {
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.greeting = undefined;
    up = startAccount(net);
    await net.untilConnected();
    up.host.clock.advance(30_000);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.self).toBeUndefined();
  });

  test("Socket Mode is off from the start", async () => {
    await up[Symbol.asyncDispose]();
    net.net.greeting = { type: "disconnect", reason: "link_disabled" };
    up = startAccount(net);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect(up.host.self).toBeUndefined();
  });
});
