/** Every way the network ends, refuses or garbles, with the real library over a real connection. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChannelError, ChatRef, Outbound } from "../../../src/channels/contract.ts";
import type { Ending } from "../../standins/whatsapp.ts";
import { channelErrorOf, outbound, type Running, startAccount, startConnected } from "../contract.ts";
import { alice, direct, never, openWhatsApp, type WhatsAppHarness } from "./harness.ts";

let net: WhatsAppHarness;
let up: Running;

beforeEach(async () => {
  net = await openWhatsApp({ connectTimeoutMs: 200 });
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const send = (rest: Partial<Outbound> = { text: "hi" }, chat: ChatRef = direct) =>
  up.account.send(outbound(chat, rest), never);
const isLinked = () => net.keys.vault("default").get("creds", ["self"]).size > 0;

describe("a connection that the network ends", () => {
  test.each<[status: Ending, kind: ChannelError["kind"], advice: string, staysLinked: boolean]>([
    [401, "auth", "channels login whatsapp", false],
    [403, "auth", "on the phone", true],
    [411, "auth", "on the phone", true],
    [419, "auth", "channels logout whatsapp", true],
    [440, "auth", "stop the other one", true],
    [500, "transient", "500", true],
    [503, "transient", "503", true],
  ])("with %p is %s", async (status, kind, advice, staysLinked) => {
    net.net.end(status);
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind, message: expect.stringContaining(advice) });
    expect(isLinked()).toBe(staysLinked);
  });

  test("with 515 is made again at once, and is no failure", async () => {
    net.net.end(515);
    await net.net.until(() => net.net.connections === 0);
    await net.net.until(() => net.net.connections === 1);
    await net.net.says("direct", "still there?");
    await up.host.event(({ text }) => text === "still there?");
    expect(up.host.signal.aborted).toBe(false);
  });

  test("with 515 over and over is trouble", async () => {
    for (let round = 1; round <= 4; round++) {
      await net.net.until(() => net.net.activations === round);
      net.net.end(515);
    }
    expect(await up.ended).toMatchObject({ kind: "transient" });
  });

  test("because another one took over is not fought for", async () => {
    await using other = await startConnected(net, up.host);
    expect(await up.ended).toMatchObject({ kind: "auth", message: expect.stringContaining("another program") });
    await net.net.says("direct", "who is it?");
    await other.host.event(({ text }) => text === "who is it?");
    expect(up.host.events).toEqual([]);
  });

  test("without a word is transient", async () => {
    net.net.drop();
    expect(await up.ended).toMatchObject({ kind: "transient", message: expect.stringContaining("428") });
  });
});

describe("a connection that is not made", () => {
  const refused = async () => {
    await up[Symbol.asyncDispose]();
    return startAccount(net, up.host).ended;
  };

  test.each<[status: Ending, kind: ChannelError["kind"]]>([
    [401, "auth"],
    [403, "auth"],
    [503, "transient"],
  ])("because the login is refused with %p is %s", async (status, kind) => {
    net.net.refusesLogins = status;
    expect(await refused()).toMatchObject({ kind });
    expect(isLinked()).toBe(status !== 401);
  });

  test("because the server says nothing is transient", async () => {
    net.net.isSilent = true;
    expect(await refused()).toMatchObject({ kind: "transient", message: expect.stringContaining("408") });
  });

  test("because something else answers is transient", async () => {
    net.net.refusesUpgrades = true;
    expect(await refused()).toMatchObject({ kind: "transient" });
  });

  test("because nobody listens is transient", async () => {
    await net.net[Symbol.asyncDispose]();
    expect(await refused()).toMatchObject({ kind: "transient", message: expect.stringContaining("cannot be reached") });
  });
});

describe("hearing", () => {
  test("a link that is gone without a word is noticed after a ping and some patience, not before", async () => {
    net.net.isDeaf = true;
    up.host.clock.advance(30_000);
    up.host.clock.advance(9_999);
    expect(net.connections()).toBe(1);
    up.host.clock.advance(30_000);
    expect(await up.ended).toMatchObject({ kind: "transient", message: expect.stringContaining("nothing is heard") });
    await net.untilDisconnected();
  });

  test("is proved by answers to pings while nobody writes", async () => {
    await up[Symbol.asyncDispose]();
    const quick = await openWhatsApp({ keepAliveIntervalMs: 100 });
    await using running = await startConnected(quick);
    await quick.net.until(() => quick.net.stanzasOf("iq").filter(({ attrs }) => attrs["xmlns"] === "w:p").length > 1);
    const before = running.host.heardCount;
    await running.host.until(() => running.host.heardCount > before);
    expect(running.host.events).toEqual([]);
    await running[Symbol.asyncDispose]();
    await quick[Symbol.asyncDispose]();
  });
});

describe("a message that", () => {
  test("cannot be read is asked for again, and is one event", async () => {
    net.net.garblesNext = true;
    await net.net.says("direct", "once more");
    const event = await up.host.event(({ text }) => text === "once more");
    expect(net.net.stanzasOf("receipt", "retry")).toHaveLength(1);
    await net.net.until(() => net.net.unacknowledged.length === 0);
    expect(up.host.events).toEqual([event]);
  });

  test("comes twice is one event, is acknowledged twice, and is not asked for again", async () => {
    await net.net.says("direct", "once");
    await up.host.event(({ text }) => text === "once");
    await net.net.until(() => net.net.unacknowledged.length === 0);
    net.net.repeat();
    expect(net.net.unacknowledged).toHaveLength(1);
    await net.net.until(() => net.net.unacknowledged.length === 0);
    expect(up.host.events).toHaveLength(1);
    expect(net.net.stanzasOf("receipt", "retry")).toEqual([]);
  });

  test("comes from somebody without a number goes by the linked id, and can be answered", async () => {
    await net.net.says("direct", "guess who", { lid: "only" });
    const event = await up.host.event(({ text }) => text === "guess who");
    expect(event.chat).toEqual({ kind: "direct", id: "88800011122@lid" });
    expect(event.sender).toMatchObject({ id: "88800011122@lid" });
    await send({ text: "you", replyTo: event.messageId }, event.chat);
    const [sent] = net.net.callsOf("text");
    expect(sent).toMatchObject({ chat: "88800011122@lid" });
    expect(sent!.readers).toContain("Alice");
    expect(sent!.message.extendedTextMessage?.contextInfo?.participant).toBe("88800011122@lid");
  });

  test("names its author by linked id goes by the number when it says that too, or said it before", async () => {
    await net.net.says("direct", "both", { lid: "both" });
    await net.net.says("direct", "only", { lid: "only" });
    for (const text of ["both", "only"]) {
      const event = await up.host.event((one) => one.text === text);
      expect(event).toMatchObject({ chat: direct, sender: alice });
    }
  });

  test("comes to a group after its keys changed is read", async () => {
    for (const text of ["before", "after"]) {
      await net.net.says(net.group.id, text);
      await up.host.event((event) => event.text === text);
      net.net.rotateGroupKeys();
    }
    expect(net.net.stanzasOf("receipt", "retry")).toEqual([]);
  });

  test("comes to a group whose key was lost is asked for again", async () => {
    net.net.garblesNext = true;
    await net.net.says(net.group.id, "with a broken key");
    const event = await up.host.event(({ text }) => text === "with a broken key");
    expect(up.host.events).toEqual([event]);
    expect(net.net.stanzasOf("receipt", "retry").length).toBeGreaterThan(0);
  });

  test("is no chat is passed over and acknowledged", async () => {
    for (const from of ["status@broadcast", "120363000000000009@newsletter", "1234@broadcast"]) {
      const attrs = { from, id: "S1", type: "text", t: "1", participant: net.net.alice.jid };
      net.net.stanza({
        tag: "message",
        attrs,
        content: [{ tag: "plaintext", attrs: {}, content: Buffer.from([10, 1, 65]) }],
      });
      await net.net.until(() => net.net.stanzasOf("ack").some((ack) => ack.attrs["to"] === from));
    }
    await net.net.says("direct", "after it");
    await up.host.event(({ text }) => text === "after it");
    expect(up.host.events).toHaveLength(1);
  });

  test("waited for longer than the account was away is marked", async () => {
    const nowMs = up.host.clock.now();
    await net.net.says("direct", "old", { atMs: nowMs - 31_000 });
    await net.net.says("direct", "new", { atMs: nowMs - 29_000 });
    expect((await up.host.event(({ text }) => text === "old")).isBacklog).toBe(true);
    expect((await up.host.event(({ text }) => text === "new")).isBacklog).toBeUndefined();
  });
});

describe("a group that names its members by linked ids", () => {
  beforeEach(() => {
    net.net.groupMode = "lid";
  });

  test("is heard, with numbers where they are known, and answered", async () => {
    const id = await net.person.says(net.group, "who is it?", { mentions: true });
    const event = await up.host.event(({ text }) => text?.includes("who is it?") === true);
    expect(event).toMatchObject({ messageId: id, sender: alice, mentionsSelf: true, chat: { title: "Tea" } });
    await send({ text: "me", replyTo: id }, net.group);
    const [sent] = net.net.callsOf("text");
    expect(sent!.readers).toEqual(["Alice", "Bob"]);
    expect(sent!.message.extendedTextMessage?.contextInfo?.participant).toBe("88800011122@lid");
  });
});

describe("a send that", () => {
  test.each<[code: string, expected: Partial<ChannelError>]>([
    ["403", { kind: "rejected", sent: "no" }],
    ["463", { kind: "rejected", sent: "no" }],
    ["429", { kind: "limited", sent: "no" }],
    ["500", { kind: "transient", sent: "no" }],
  ])("is answered with %s", async (code, expected) => {
    net.net.refusesNext = code;
    expect(await channelErrorOf(send())).toMatchObject(expected);
    expect(net.net.sent).toEqual([]);
  });

  test("is not answered leaves the outcome open; sent again it is the same message, and seen once", async () => {
    net.net.losesAcks = true;
    const key = "the same key";
    const error = channelErrorOf(send({ text: "hi", key }));
    await net.net.until(() => net.net.sent.length === 1);
    up.host.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
    net.net.losesAcks = false;
    const { messageIds } = await send({ text: "hi", key });
    expect(net.net.sent).toHaveLength(1);
    expect(net.net.repeated).toEqual([net.net.sent[0]!.id]);
    expect(messageIds).toEqual([`${net.net.sent[0]!.id}:me`]);
  });

  test("loses its connection leaves the outcome open", async () => {
    net.net.losesAcks = true;
    const error = channelErrorOf(send());
    await net.net.until(() => net.net.sent.length === 1);
    net.net.drop();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("is given up after it was written leaves the outcome open", async () => {
    net.net.losesAcks = true;
    const giving = new AbortController();
    const error = channelErrorOf(up.account.send(outbound(direct, { text: "hi" }), giving.signal));
    await net.net.until(() => net.net.sent.length === 1);
    giving.abort();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("goes to nobody's number is rejected, and nothing leaves", async () => {
    const nobody: ChatRef = { kind: "direct", id: "+15559999999" };
    expect(await channelErrorOf(send({ text: "hi" }, nobody))).toMatchObject({ kind: "rejected", sent: "no" });
    expect(net.net.stanzasOf("message")).toEqual([]);
  });

  test("meets keys that their owner did not sign does not leave", async () => {
    net.net.forgesKeys = true;
    expect(await channelErrorOf(send())).toMatchObject({ kind: "transient" });
    expect(net.net.stanzasOf("message")).toEqual([]);
    net.net.forgesKeys = false;
    await send();
    expect(net.net.callsOf("text")).toHaveLength(1);
  });

  test("comes while nothing is connected has not been sent", async () => {
    await up[Symbol.asyncDispose]();
    for (const attempt of [send(), up.account.typing!(direct, never), up.account.probe(never)])
      expect(await channelErrorOf(attempt)).toMatchObject({ kind: "transient", sent: "no" });
  });
});
