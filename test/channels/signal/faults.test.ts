/** How each way to fail reads to the outbox and the supervisor, over real HTTP against the stand-in. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChannelError, ChatRef, Outbound } from "../../../src/channels/contract.ts";
import { signal } from "../../../src/channels/signal/index.ts";
import { Supervisor } from "../../../src/channels/supervisor.ts";
import { type Fault, faults, group, people } from "../../standins/signal.ts";
import { hostHere, mainHostOf } from "../../support/open-here.ts";
import { channelErrorOf, outbound, type Running, startAccount, startConnected, TestHost } from "../contract.ts";
import { openSignal, parseAttachment, type SignalHarness } from "./harness.ts";

const never = new AbortController().signal;
const ada: ChatRef = { kind: "direct", id: people.ada.number };
const tea: ChatRef = { kind: "group", id: group.id };

let net: SignalHarness;
let up: Running;

beforeEach(async () => {
  net = await openSignal();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const send = (rest: Partial<Outbound> = { text: "hi" }, chat = ada) => up.account.send(outbound(chat, rest), never);

describe("a send that fails", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["not on Signal", faults.userError, { kind: "rejected", sent: "no" }],
    ["no such group", faults.badGroup, { kind: "rejected", sent: "no" }],
    ["a changed safety number", faults.untrusted, { kind: "rejected", sent: "no" }],
    ["too fast", faults.limited(7), { kind: "limited", sent: "no", retryAfterMs: 7000 }],
    ["too fast, without a time", faults.limited(), { kind: "limited", sent: "no", retryAfterMs: undefined }],
    ["too fast for some of a group", faults.partlyLimited, { kind: "limited", sent: "unknown" }],
    ["no network on the way", faults.ioError, { kind: "transient", sent: "unknown" }],
    ["a bug in the daemon", faults.internal, { kind: "transient", sent: "unknown" }],
    ["an old daemon", faults.noMethod, { kind: "rejected", sent: "no" }],
    ["parameters it does not know", faults.badParameters, { kind: "rejected", sent: "no" }],
    ["account gone", faults.noAccount, { kind: "auth", sent: "no" }],
    ["account not named", faults.accountNeeded, { kind: "auth", sent: "no" }],
    ["device unlinked", faults.unlinked, { kind: "auth", sent: "no" }],
    ["endless words", { code: -1, message: "x".repeat(9000) }, { kind: "rejected", sent: "no" }],
    ["a proxy in trouble", { status: 502, body: "" }, { kind: "transient", sent: "unknown" }],
    ["a proxy that wants a password", { status: 401, body: "" }, { kind: "auth", sent: "no" }],
    ["another server", { status: 404, body: "<p>x</p>" }, { kind: "transient", sent: "no" }],
    ["a page instead of an answer", { status: 200, body: "<p>log in</p>" }, { kind: "transient", sent: "unknown" }],
    ["no answer object", { status: 201, body: "" }, { kind: "transient", sent: "unknown" }],
    ["reset after it was read", "reset", { kind: "transient", sent: "unknown" }],
  ])("%s", async (_title, fault, expected) => {
    net.net.fail("send", fault);
    const { kind, sent, retryAfterMs, message } = await channelErrorOf(send());
    expect({ kind, sent, retryAfterMs }).toMatchObject(expected);
    expect(message).not.toContain("t0ken");
    expect(message.length).toBeLessThan(300);
    expect(net.net.callsOf("send")).toHaveLength(1);
  });

  test.each<[type: string, expected: Partial<ChannelError>]>([
    ["NETWORK_FAILURE", { kind: "transient", sent: "unknown" }],
    ["UNREGISTERED_FAILURE", { kind: "rejected", sent: "no" }],
    ["IDENTITY_FAILURE", { kind: "rejected", sent: "no" }],
    ["RATE_LIMIT_FAILURE", { kind: "limited", sent: "no" }],
    ["INVALID_PRE_KEY_FAILURE", { kind: "transient", sent: "unknown" }],
  ])("a result that says %s for everybody", async (type, expected) => {
    net.net.results = [{ type }];
    expect(await channelErrorOf(send())).toMatchObject(expected);
  });

  test("a group message that some did not get was sent, and the log counts who missed it", async () => {
    net.net.results = [{ type: "SUCCESS" }, { type: "UNREGISTERED_FAILURE" }, { type: "SUCCESS" }];
    expect((await send({ text: "hi" }, tea)).messageIds).toHaveLength(1);
    expect(up.host.records.find(({ level }) => level === "warn")?.fields).toEqual({ missed: 1, all: 3 });
  });

  test("a group with nobody else in it takes messages", async () => {
    net.net.results = [];
    expect((await send({ text: "hi" }, tea)).messageIds).toHaveLength(1);
  });

  test("no answer until the deadline leaves the outcome open", async () => {
    net.net.fail("send", "silence");
    const error = channelErrorOf(send());
    await net.net.called("send");
    up.host.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("giving it up after it was written leaves the outcome open", async () => {
    net.net.fail("send", "silence");
    const giving = new AbortController();
    const error = channelErrorOf(up.account.send(outbound(ada, { text: "hi" }), giving.signal));
    await net.net.called("send");
    giving.abort();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test.each([
    ["nobody listens", "http://127.0.0.1:1"],
    ["no such host", "http://nowhere.invalid"],
  ])("%s: nothing was sent", async (_title, httpUrl) => {
    const account = signal.open({ account: net.net.account, httpUrl }, new TestHost(), {});
    const error = await channelErrorOf(account.send(outbound(ada, { text: "hi" }), never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
  });

  test("a reaction whose answer is lost may simply be repeated", async () => {
    net.net.fail("sendReaction", "reset");
    const error = await channelErrorOf(up.account.react!({ chat: ada, id: `1:${ada.id}` }, "👍", never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
  });

  test.each<[title: string, rest: Partial<Outbound>]>([
    ["nothing at all", {}],
    ["an empty text", { text: "" }],
    ["an empty file", { media: { kind: "image", mimeType: "image/png", fileName: "a", bytes: new Uint8Array() } }],
    ["an answer to something that is no message", { text: "hi", replyTo: "yesterday" }],
  ])("%s never leaves", async (_title, rest) => {
    expect(await channelErrorOf(send(rest))).toMatchObject({ kind: "rejected", sent: "no" });
    expect(net.net.callsOf("send")).toHaveLength(0);
  });
});

describe("read receipts", () => {
  const targets = [`1:${ada.id}`, "2:uuid:0a0a", `3:${ada.id}`].map((id) => ({ chat: ada, id }));
  const openTelling = () => {
    const settings = { account: net.net.account, httpUrl: net.net.httpUrl, sendReadReceipts: true };
    return signal.open(settings, new TestHost(), {});
  };

  test("are not sent unless the owner wants them", () => {
    expect(up.account.read).toBeUndefined();
  });

  test("tell each person of all their messages at once", async () => {
    await openTelling().read!(targets, never);
    const account = net.net.account;
    expect(net.net.callsOf("sendReceipt")).toEqual([
      { account, recipient: ada.id, targetTimestamp: [1, 3], type: "read" },
      { account, recipient: "0a0a", targetTimestamp: [2], type: "read" },
    ]);
  });

  test("that fail leave nothing open", async () => {
    net.net.fail("sendReceipt", "reset");
    expect(await channelErrorOf(openTelling().read!(targets, never))).toMatchObject({ kind: "transient", sent: "no" });
    const strange = await channelErrorOf(openTelling().read!([{ chat: ada, id: "yesterday" }], never));
    expect(strange).toMatchObject({ kind: "rejected", sent: "no" });
  });
});

describe("what is sent", () => {
  test.each<[chat: ChatRef, expected: object]>([
    [ada, { recipient: ["+4930111111"] }],
    [{ kind: "direct", id: `uuid:${people.hidden.uuid}` }, { recipient: [people.hidden.uuid] }],
    [{ kind: "direct", id: "username:ada.42" }, { username: ["ada.42"] }],
    [tea, { groupId: group.id }],
  ])("goes to %p", async (chat, expected) => {
    await send({ text: "hi" }, chat);
    expect(net.net.callsOf("send")).toEqual([{ account: net.net.account, message: "hi", ...expected }]);
  });

  test("a file keeps its name, whatever is in it, and loses what the daemon cannot read of its type", async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const media = { kind: "voice", mimeType: "audio/ogg; codecs=opus", fileName: "a=b; ü,+%.ogg", bytes } as const;
    await send({ media });
    const [uri] = net.net.callsOf("send")[0]!["attachments"] as string[];
    expect(parseAttachment(uri!)).toEqual({ type: "audio/ogg", fileName: "a=b; ü,+%.ogg", bytes });
  });

  test("an empty emoji takes the reaction away", async () => {
    await up.account.react!({ chat: ada, id: `7:uuid:${people.hidden.uuid}` }, "", never);
    expect(net.net.callsOf("sendReaction")).toMatchObject([
      { remove: true, targetTimestamp: 7, targetAuthor: people.hidden.uuid },
    ]);
  });
});

describe("the stream", () => {
  test.each<[title: string, trouble: () => void]>([
    ["a daemon that restarts", () => net.net.restart()],
    ["a connection that is reset", () => net.net.reset()],
    ["an event that never ends", () => net.net.raw(`data:${"x".repeat(5 * 1024 * 1024)}`)],
  ])("%s ends the run as transient", async (_title, trouble) => {
    trouble();
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
  });

  test("a keep-alive is a sign of life, and sending is none", async () => {
    await send();
    expect(up.host.heardCount).toBe(0);
    net.net.keepAlive();
    await up.host.until(() => up.host.heardCount === 1);
    expect(up.host.events).toHaveLength(0);
  });

  test("a daemon that falls silent is left after three keep-alives that did not come, and joined again", async () => {
    const host = new TestHost();
    const opened: AbortSignal[] = [];
    const { promise: isBack, resolve } = Promise.withResolvers<void>();
    let readyCount = 0;
    const supervisor = new Supervisor({
      open: (given) => {
        opened.push(given.signal);
        return net.open(hostHere(given));
      },
      host: mainHostOf(host),
      receive: (event) => host.receive(event),
      receiveSilenceMs: signal.capabilities.receiveSilenceMs,
      clock: host.clock,
      ids: host.ids,
      log: host.log,
      onState: () => undefined,
      onReady: () => {
        readyCount++;
        if (readyCount === 1) host.connected({ id: "first" });
        else resolve();
      },
    });
    supervisor.start();
    await host.until(() => host.self !== undefined);
    net.net.isDeaf = true;
    host.clock.advance(45_000);
    expect(supervisor.status.state).toBe("running");
    host.clock.advance(1_000);
    expect(supervisor.status.state).toBe("stale");
    expect(opened[0]!.aborted).toBe(true);
    host.clock.advance(3_000);
    await isBack;
    expect(supervisor.status.state).toBe("running");
    await supervisor.stop();
  });

  test("characters and lines may be cut anywhere", async () => {
    await using cut = await openSignal({ pieceBytes: 1 });
    await using running = await startConnected(cut);
    await cut.person.says(cut.direct, "Grüße 👋");
    expect((await running.host.event(() => true)).text).toBe("Grüße 👋");
  });

  test("a daemon that decodes the account twice is understood", async () => {
    await using twice = await openSignal({ decodesTwice: true });
    await using running = await startConnected(twice);
    expect(running.host.self?.id).toBe(twice.net.account);
  });

  test("garbage is passed over, and its text is nowhere in the log", async () => {
    net.net.raw("event:receive\ndata:{secret words\n\n");
    net.net.raw('event:receive\ndata:{"envelope":{"timestamp":"secret words"}}\n\n');
    net.net.raw("event:other\ndata:{}\n\n");
    await net.person.says(net.direct, "secret words");
    await up.host.event(({ text }) => text === "secret words");
    expect(up.host.events).toHaveLength(1);
    expect(up.host.records.filter(({ level }) => level === "warn")).toHaveLength(2);
    expect(JSON.stringify(up.host.records)).not.toContain("secret words");
  });

  test("a daemon that serves another number is noticed", async () => {
    net.net.deliver(people.ada, { timestamp: 1, dataMessage: { timestamp: 1, message: "psst" } }, "+4930000000");
    await net.person.says(net.direct, "after it");
    await up.host.event(({ text }) => text === "after it");
    expect(up.host.events).toHaveLength(1);
    expect(up.host.records).toMatchObject([{ level: "warn", fields: { reason: "for another account" } }]);
  });

  test("what cannot be stored is tried again, and what follows waits", async () => {
    up.host.isDiskFull = true;
    await net.person.says(net.direct, "one");
    await net.person.says(net.direct, "two");
    await up.host.until(() => up.host.refusedCount === 1);
    await up.host.clock.waitsFor(1000);
    up.host.isDiskFull = false;
    up.host.clock.advance(1000);
    await up.host.until(() => up.host.events.length === 2);
    expect(up.host.events.map(({ text }) => text!)).toEqual(["one", "two"]);
  });

  test("a full disk does not keep the account from stopping", async () => {
    up.host.isDiskFull = true;
    await net.person.says(net.direct, "one");
    await up.host.clock.waitsFor(1000);
    up.host.stop();
    expect(await up.ended).toBeUndefined();
    expect(up.host.clock.pending).toBe(0);
  });
});

describe("a start that fails", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["account unknown", faults.noAccount, { kind: "auth" }],
    ["device unlinked", faults.unlinked, { kind: "auth" }],
    ["a proxy in trouble", { status: 502, body: "" }, { kind: "transient" }],
    ["reset", "reset", { kind: "transient" }],
  ])("%s", async (_title, fault, expected) => {
    net.net.fail("listContacts", fault);
    expect(await startAccount(net).ended).toMatchObject({ name: "ChannelError", ...expected });
  });

  test.each<[title: string, fault: Fault]>([
    ["it has none", { code: -1, message: "no such contact" }],
    ["it stumbles over it", faults.internal],
    ["it is too old", faults.noMethod],
  ])("a daemon that shows no card of the account because %s: it runs without a name", async (_title, fault) => {
    net.net.fail("listContacts", fault);
    await using other = await startConnected(net);
    expect(other.host.self).toEqual({ id: net.net.account });
  });

  test("nobody at the address", async () => {
    const settings = { account: net.net.account, httpUrl: "http://127.0.0.1:1" };
    const { ended } = startAccount({ open: (host) => signal.open(settings, host, {}) });
    expect(await ended).toMatchObject({ name: "ChannelError", kind: "transient" });
  });

  test.each<[config: object, expected: string | undefined]>([
    [{ account: "+4930123456" }, undefined],
    [{ account: "+4930123456", httpUrl: "http://signal.lan:8080/" }, undefined],
    [{}, "no account"],
    [{ account: "030 123456" }, "country code"],
    [{ account: "+4930123456", httpUrl: "ftp://example.org" }, "httpUrl"],
    [{ account: "+4930123456", httpUrl: "http://me:secret@example.org" }, "httpUrl"],
  ])("what is missing in %p", (config, expected) => {
    const missing = signal.missing(config, {});
    if (expected === undefined) expect(missing).toBeUndefined();
    else expect(missing).toContain(expected);
  });
});
