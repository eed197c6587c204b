/** How the account listens: nothing is lost over drops, restarts and refused sessions, and nothing is told too early. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { discord } from "../../../src/channels/discord/index.ts";
import { ids } from "../../standins/discord.ts";
import { type Running, startAccount, startConnected } from "../contract.ts";
import { type DiscordHarness, openDiscord } from "./harness.ts";

let net: DiscordHarness;
let up: Running;

beforeEach(async () => {
  net = await openDiscord();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

/** A line that ends at once is trouble; one that has lasted is followed by another. */
const letItLast = () => up.host.clock.advance(5_000);
const says = (text: string, channel: string = ids.adaDirect) => net.net.says(channel, text);
const heard = (text: string) => up.host.event((event) => event.text === text);
const texts = () => up.host.events.map(({ text }) => text);
const begun = () => net.net.framesOf(2).length;
const resumed = () => net.net.framesOf(6) as { seq: number; session_id: string }[];

/** Resolves when the account has said so; signs of life make the time in which it does. */
async function logged(message: string): Promise<void> {
  while (!up.host.records.some((record) => record.message === message)) {
    const { heardCount } = up.host;
    net.net.frame({ op: 11 });
    await up.host.until(() => up.host.heardCount > heardCount);
  }
}

/** Ends the account and starts it again, with something happening in between. */
async function restart(meanwhile: () => void): Promise<void> {
  await up[Symbol.asyncDispose]();
  await net.untilDisconnected();
  meanwhile();
  up = await startConnected(net, up.host);
}

describe("a start", () => {
  test("asks who it is and where the gateway is, and tells the token to both", () => {
    const [self, gateway] = net.net.calls;
    expect([self?.name, gateway?.name]).toEqual(["getSelf", "getGateway"]);
    expect(self?.authorization).toBe(`Bot ${net.net.token}`);
    expect(net.net.framesOf(2)).toEqual([
      expect.objectContaining({ token: net.net.token, intents: 46593, shard: [0, 1], compress: false }),
    ]);
  });

  test.each<[intents: object, expected: number]>([
    [{}, 46593],
    [{ messageContent: false }, 13825],
    [{ reactions: false }, 37377],
  ])("asks for what the owner wants: %j", async (intents, expected) => {
    await using _ = await startConnected({
      open: (host) => discord.open({ ...net.settings, intents, nativeCommands: false }, host, {}),
    });
    expect(net.net.framesOf(2).at(-1)).toMatchObject({ intents: expected });
  });

  test("sets the menu of commands", async () => {
    const { parts, body } = await net.net.call("setCommands");
    expect(parts).toEqual([ids.application]);
    expect(body).toMatchObject([{ name: "new", description: "Start this session afresh.", contexts: [0, 1] }]);
  });

  test("works without the menu", async () => {
    await net.net.call("setCommands");
    await restart(() => net.net.fail("setCommands", { status: 403, code: 50001 }));
    await net.net.call("setCommands", 2);
    says("still there?");
    await heard("still there?");
    await logged("the menu of commands is not set");
  });

  test("does not take the last sessions of the day", async () => {
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.forgetSessions();
    net.net.sessionsLeft = 9;
    const before = begun();
    up = startAccount(net, up.host);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "limited", retryAfterMs: 60_000 });
    expect(begun()).toBe(before);
  });

  test("threat(T21): a gateway elsewhere is not told the token", async () => {
    await up[Symbol.asyncDispose]();
    for (const url of ["ws://gateway.example", "wss://discord.gg.example", "https://gateway.discord.gg", "x"]) {
      net.net.gatewayUrl = url;
      up = startAccount(net);
      expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    }
    expect(begun()).toBe(1);
  });

  test("threat(T21): a session that goes on elsewhere is given up for a new one", async () => {
    await restart(() => {
      net.net.forgetSessions();
      net.net.resumeUrl = "ws://gateway.example";
    });
    await restart(() => undefined);
    expect(resumed()).toHaveLength(1);
    expect(begun()).toBe(3);
  });
});

describe("a connection that ends is followed by one that goes on", () => {
  test.each<[title: string, end: () => void]>([
    ["op 7", () => net.net.reconnect()],
    ["unknown error", () => net.net.close(4000)],
    ["not authenticated", () => net.net.close(4003)],
    ["too many frames", () => net.net.close(4008)],
    ["closed in order", () => net.net.close(1000)],
    ["going away", () => net.net.close(1001)],
    ["reset", () => net.net.reset()],
    ["a code nobody knows", () => net.net.close(4999)],
  ])("%s", async (_title, end) => {
    says("before");
    await heard("before");
    letItLast();
    end();
    await net.untilDisconnected();
    says("in between");
    await heard("in between");
    says("after");
    await heard("after");
    expect(texts()).toEqual(["before", "in between", "after"]);
    expect([begun(), resumed().length, net.connections()]).toEqual([1, 1, 1]);
  });

  test("a session in trouble that may go on does so on the same connection", async () => {
    net.net.invalidate(true);
    says("in between");
    await heard("in between");
    expect([begun(), resumed().length, net.net.closeCodes.length]).toEqual([1, 1, 0]);
  });

  test.each<[title: string, end: () => void]>([
    ["the session is invalid", () => net.net.invalidate(false)],
    ["the number was wrong", () => net.net.close(4007)],
    ["it took too long", () => net.net.close(4009)],
  ])("with a new session when %s, and what was missed is fetched", async (_title, end) => {
    says("before");
    await heard("before");
    letItLast();
    end();
    net.net.forgetSessions();
    says("in between");
    await heard("in between");
    says("after");
    await heard("after");
    expect(texts()).toEqual(["before", "in between", "after"]);
    expect([begun(), resumed().length]).toEqual([2, 0]);
  });

  test("with a new session when the old one is refused", async () => {
    says("before");
    await heard("before");
    letItLast();
    net.net.resumeEnds = "invalid";
    net.net.close(4000);
    net.net.forgetSessions();
    says("in between");
    await heard("in between");
    expect([begun(), resumed().length, net.connections()]).toEqual([2, 1, 1]);
  });

  test("by way of the first gateway when the session's own address is down", async () => {
    await restart(() => {
      net.net.forgetSessions();
      net.net.resumeUrl = "ws://127.0.0.1:1";
    });
    letItLast();
    net.net.close(4000);
    says("in between");
    await heard("in between");
    expect([begun(), resumed().length]).toEqual([2, 2]);
  });

  test("unless it ended as soon as it began", async () => {
    net.net.reconnect();
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    await net.untilDisconnected();
    expect(begun()).toBe(1);
  });

  test("and not by one of the library's own", async () => {
    net.net.close(4000);
    await up.ended;
    await Bun.sleep(700); // The library would have connected after half a second of real time, with nobody listening.
    expect([net.connections(), begun(), resumed().length]).toEqual([0, 1, 0]);
  });

  test("unless no other one comes to be", async () => {
    letItLast();
    net.net.greeting = "refusal";
    net.net.close(4000);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    await restart(() => {
      net.net.greeting = "hello";
      says("in between");
    });
    await heard("in between");
    expect(begun()).toBe(1);
  });

  test("unless only a person can help", async () => {
    letItLast();
    net.net.close(4014);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect(net.connections()).toBe(0);
  });
});

describe("a peer that is gone", () => {
  test("is noticed, and the session goes on elsewhere", async () => {
    net.net.isSilent = true;
    says("can you hear me?");
    up.host.clock.advance(90_000);
    expect(net.connections()).toBe(1);
    net.net.isSilent = false;
    up.host.clock.advance(5_000);
    await heard("can you hear me?");
    expect([begun(), resumed().length, net.connections()]).toEqual([1, 1, 1]);
  });

  test("ends the run when no other one answers", async () => {
    net.net.isSilent = true;
    up.host.clock.advance(95_000);
    await up.host.clock.waitsFor(4_000);
    up.host.clock.advance(4_000);
    await net.net.call("getGateway", 2);
    await up.host.clock.waitsFor(4_000);
    up.host.clock.advance(4_000);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    await net.untilDisconnected();
    expect(up.host.clock.pending).toBe(0);
  });

  test("does not hold up a stop", async () => {
    net.net.isSilent = true;
    up.host.stop();
    expect(await up.ended).toBeUndefined();
    await net.untilDisconnected();
  });

  test("does not hold up a stop before it greets either", async () => {
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.greeting = "nothing";
    up = startAccount(net);
    await net.net.until(() => net.connections() === 1);
    up.host.stop();
    expect(await up.ended).toBeUndefined();
    await net.untilDisconnected();
  });
});

describe("beats", () => {
  beforeEach(async () => {
    await up[Symbol.asyncDispose]();
    await net[Symbol.asyncDispose]();
    net = await openDiscord({ heartbeatMs: 20 });
    up = await startConnected(net);
  });

  test("are signs of life when they are answered", async () => {
    const { heardCount } = up.host;
    await up.host.until(() => up.host.heardCount > heardCount + 2);
    expect(up.host.events).toEqual([]);
  });

  test("that are not answered lead to another connection", async () => {
    letItLast();
    net.net.isDeaf = true;
    await net.net.until(() => net.net.closeCodes.length > 0);
    net.net.isDeaf = false;
    says("in between");
    await heard("in between");
    expect([net.net.closeCodes[0], begun()]).toEqual([4200, 1]);
  });

  test("do not confirm what is not stored", async () => {
    const stored = Promise.withResolvers<void>();
    const receive = up.host.receive.bind(up.host);
    up.host.receive = async (event) => {
      await stored.promise;
      await receive(event);
    };
    const beats = () => net.net.framesOf(1) as number[];
    await net.net.until(() => beats().length > 0);
    const before = beats().at(-1)!;
    says("wait for the disk");
    const count = beats().length;
    await net.net.until(() => beats().length > count + 2);
    expect(beats().at(-1)).toBe(before);
    stored.resolve();
    await net.net.until(() => beats().at(-1) === before + 1);
  });
});

describe("a restart", () => {
  test("says goodbye in a way that keeps the session, and goes on with it", async () => {
    const messageId = says("before");
    await heard("before");
    await restart(() => {
      net.net.edits(ids.adaDirect, messageId, "corrected");
      net.net.reacts(ids.adaDirect, messageId, { id: null, name: "👍" });
      says("meanwhile");
    });
    await heard("meanwhile");
    expect(up.host.events.map(({ type }) => type)).toEqual(["edit", "reaction", "message"]);
    expect(net.net.closeCodes).toEqual([4200]);
    expect(begun()).toBe(1);
    expect(net.net.callsOf("getMessages")).toEqual([]);
  });

  test("after the session is over fetches what was written, the oldest first", async () => {
    says("in private");
    net.net.says(ids.general, "in public");
    net.net.says(ids.thread, "in a thread");
    await heard("in a thread");
    const missed = Array.from({ length: 230 }, (_, index) => `missed ${index}`);
    await restart(() => {
      net.net.forgetSessions();
      for (const text of missed) says(text);
      net.net.says(ids.thread, "missed in a thread");
    });
    await heard("missed in a thread");
    await heard("missed 229");
    says("new");
    await heard("new");
    const direct = up.host.events.filter(({ chat }) => chat.kind === "direct").map(({ text }) => text!);
    expect(direct).toEqual([...missed, "new"]);
    const inThread = up.host.events.find(({ text }) => text === "missed in a thread");
    expect(inThread?.chat).toMatchObject({ id: ids.general, threadId: ids.thread, parentIds: [ids.guild] });
  });

  test("without a session finds nothing to fetch the first time", async () => {
    says("before anybody listened");
    await restart(() => up.host.facts.clear());
    says("now");
    await heard("now");
    expect(net.net.callsOf("getMessages")).toEqual([]);
  });

  test("tells what was fetched and what is told as one event", async () => {
    says("before");
    await heard("before");
    await restart(() => {
      net.net.forgetSessions();
      net.net.identifyEnds = undefined;
      says("meanwhile");
    });
    const fetched = await heard("meanwhile");
    net.net.dispatch("MESSAGE_CREATE", { ...net.net.callsOf("getMessages")[0]?.body, ...told(fetched.messageId) });
    says("after");
    await heard("after");
    expect(up.host.events.filter(({ eventId }) => eventId === fetched.eventId)).toHaveLength(2);
  });

  test("forgets a chat that is gone, and fetches the others", async () => {
    net.net.says(ids.general, "in public");
    says("in private");
    await heard("in private");
    await restart(() => {
      net.net.forgetSessions();
      net.net.fail("getMessages", { status: 404, code: 10003 });
      net.net.says(ids.general, "missed");
    });
    await heard("missed");
    await restart(() => undefined);
    expect(up.host.facts.get("positions")).not.toContain(ids.adaDirect);
  });

  test("that cannot fetch what was missed is tried again, and nothing new goes before it", async () => {
    says("before");
    await heard("before");
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.forgetSessions();
    says("meanwhile");
    net.net.fail("getMessages", { status: 500 });
    up = await startConnected(net, up.host);
    says("new");
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.events).toEqual([]);
    await restart(() => undefined);
    await heard("new");
    expect(texts()).toEqual(["meanwhile", "new"]);
  });

  test("with another bot's session begins a new one", async () => {
    await restart(() => {
      const session = JSON.parse(up.host.facts.get("session")!);
      up.host.facts.set("session", JSON.stringify({ ...session, selfId: ids.bob }));
    });
    expect([begun(), resumed().length]).toEqual([2, 0]);
  });

  test.each(["", "no json", "[]", "{}", '{"id":1}', "null"])("with %j for a memory begins anew", async (text) => {
    await restart(() => {
      for (const key of ["session", "positions", "directs"]) up.host.facts.set(key, text);
    });
    says("hello");
    await heard("hello");
    expect(begun()).toBe(2);
  });
});

describe("a disk that takes nothing", () => {
  test("ends the run, and everything from there on comes again, in its order", async () => {
    says("stored");
    await heard("stored");
    up.host.isDiskFull = true;
    for (const text of ["one", "two", "three"]) says(text);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.refusedCount).toBe(1);
    await restart(() => says("four"));
    await heard("four");
    expect(texts()).toEqual(["one", "two", "three", "four"]);
    expect(begun()).toBe(1);
  });

  test("in the middle of what is fetched loses nothing either", async () => {
    says("before");
    await heard("before");
    await up[Symbol.asyncDispose]();
    await net.untilDisconnected();
    net.net.forgetSessions();
    says("one");
    says("two");
    up = startAccount(net, up.host);
    up.host.isDiskFull = true;
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    await restart(() => undefined);
    await heard("two");
    expect(texts()).toEqual(["one", "two"]);
  });
});

describe("places", () => {
  test("a thread is told apart from its channel, after a restart too", async () => {
    net.net.says(ids.thread, "one");
    const one = await heard("one");
    expect(one.chat).toEqual({
      kind: "channel",
      id: ids.general,
      threadId: ids.thread,
      parentIds: [ids.guild],
      title: "plans (Tea)",
    });
    expect(net.net.callsOf("getChannel")).toEqual([]);
    await restart(() => net.net.says(ids.thread, "two"));
    expect((await heard("two")).chat).toMatchObject({ id: ids.general, threadId: ids.thread });
    expect(net.net.callsOf("getChannel")).toHaveLength(1);
  });

  test("one that cannot be looked up now is looked up when the message comes again", async () => {
    await restart(() => {
      net.net.fail("getChannel", { status: 503 });
      net.net.says(ids.thread, "one");
    });
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.events).toEqual([]);
    await restart(() => undefined);
    expect((await heard("one")).chat).toMatchObject({ id: ids.general, threadId: ids.thread });
  });

  test("one that may not be looked at is a channel of its server", async () => {
    await restart(() => {
      net.net.fail("getChannel", { status: 403, code: 50001 });
      net.net.says(ids.thread, "one");
    });
    expect((await heard("one")).chat).toEqual({ kind: "channel", id: ids.thread, parentIds: [ids.guild] });
  });

  test("what is deleted in a direct chat is so with the person, even when nobody remembers", async () => {
    const messageId = says("gone soon");
    await heard("gone soon");
    await restart(() => {
      up.host.facts.delete("directs");
      net.net.deletes(ids.adaDirect, messageId);
    });
    const event = await up.host.event(({ type }) => type === "delete");
    expect(event).toMatchObject({ chat: { kind: "direct", id: ids.ada }, sender: { id: ids.ada }, messageId });
  });

  test("the bot is named by its own role, and not by another", async () => {
    const named = (role: string) => net.net.says(ids.general, `<@&${role}> hi`, { extra: { mention_roles: [role] } });
    named(ids.otherRole);
    named(ids.ownRole);
    const own = await heard("@molty hi");
    expect([up.host.events[0]?.mentionsSelf, own.mentionsSelf]).toEqual([false, true]);
    await restart(() => named(ids.ownRole));
    expect((await heard("@molty hi")).mentionsSelf).toBe(true);
    expect(net.net.callsOf("getRoles")).toHaveLength(1);
  });

  test("what we write ourselves is ours, in the chat it went to", async () => {
    const { messageIds } = await up.account.send({ chat: net.direct, text: "from us", key: "k" }, net0);
    const event = await heard("from us");
    expect(event).toMatchObject({ chat: net.direct, sender: { isSelf: true, isBot: true }, messageId: messageIds[0]! });
  });
});

describe("interactions", () => {
  test("a button that is pressed tells its value, and is answered when that is stored", async () => {
    const buttons = [["yes", "no"].map((value) => ({ label: value, value }))];
    const sent = await up.account.send({ chat: net.direct, text: "choose", buttons, key: "k" }, net0);
    await heard("choose");
    const [messageId = ""] = sent.messageIds;
    const stored = Promise.withResolvers<void>();
    const receive = up.host.receive.bind(up.host);
    up.host.receive = async (event) => {
      await stored.promise;
      await receive(event);
    };
    net.net.presses(ids.adaDirect, messageId, "yes");
    net.net.presses(ids.adaDirect, messageId, "no");
    expect(net.net.callsOf("answerInteraction")).toEqual([]);
    stored.resolve();
    const event = await up.host.event(({ type }) => type === "button");
    expect(event).toMatchObject({ button: "yes", messageId, chat: net.direct, sender: { id: ids.ada } });
    const { body, authorization } = await net.net.call("answerInteraction");
    expect(body).toEqual({ type: 6 });
    expect(authorization).toBeUndefined();
  });

  test("a command becomes what a person would type, and is answered to that person only", async () => {
    net.net.commands(ids.general, "new", "please");
    const event = await heard("/new please");
    expect(event).toMatchObject({ type: "message", mentionsSelf: true, chat: { kind: "channel", id: ids.general } });
    expect((await net.net.call("answerInteraction")).body).toMatchObject({ type: 4, data: { flags: 64 } });
  });

  test("one that is not stored is not answered", async () => {
    up.host.isDiskFull = true;
    net.net.commands(ids.adaDirect, "new");
    await up.ended;
    expect(net.net.callsOf("answerInteraction")).toEqual([]);
  });

  test("one that is no event is not answered", async () => {
    const channel = { id: ids.adaDirect, type: 1 };
    const token = net.net.interactionToken;
    net.net.dispatch("INTERACTION_CREATE", { id: "1", type: 5, token, channel, user: { id: ids.ada }, data: {} });
    net.net.commands(ids.adaDirect, "new");
    expect((await net.net.call("answerInteraction")).body).toMatchObject({ type: 4 });
    expect(net.net.callsOf("answerInteraction")).toHaveLength(1);
  });

  test("an answer that does not get through holds up nothing", async () => {
    net.net.fail("answerInteraction", "silence");
    net.net.fail("answerInteraction", { status: 404, code: 10062 });
    net.net.commands(ids.adaDirect, "new");
    net.net.commands(ids.adaDirect, "new", "again");
    await net.net.call("answerInteraction", 2);
    says("next");
    await heard("next");
    await logged("interaction not answered");
  });
});

test("frames that cannot be read are skipped", async () => {
  net.net.frame("no json");
  net.net.frame({ op: 99 });
  net.net.dispatch("MESSAGE_CREATE", { channel_id: ids.general });
  net.net.dispatch("SOMETHING_NEW", {});
  for (const t of ["MESSAGE_CREATE", "GUILD_CREATE"]) net.net.dispatch(t, null as never);
  says("still there?");
  await heard("still there?");
  expect(up.host.events).toHaveLength(1);
  expect(net.connections()).toBe(1);
});

const net0 = new AbortController().signal;

/** The message as the gateway tells it. */
function told(messageId: string): Record<string, unknown> {
  const author = { id: ids.ada, username: "ada", global_name: "Ada" };
  const timestamp = new Date(1_800_000_000_000).toISOString();
  return { id: messageId, type: 0, channel_id: ids.adaDirect, author, content: "meanwhile", timestamp };
}
