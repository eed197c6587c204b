/** How each way to fail reads to the outbox and the supervisor, with a real process, and how processes end. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChannelError, ChatRef, Outbound } from "../../../src/channels/contract.ts";
import { imessage } from "../../../src/channels/imessage/index.ts";
import { Supervisor } from "../../../src/channels/supervisor.ts";
import { type Fault, faults, group, type IMessageStandinOptions, people } from "../../standins/imessage.ts";
import { hostHere, mainHostOf } from "../../support/open-here.ts";
import { channelErrorOf, outbound, type Running, startAccount, startConnected, TestHost } from "../contract.ts";
import { type IMessageHarness, openIMessage } from "./harness.ts";

const never = new AbortController().signal;
const ada: ChatRef = { kind: "direct", id: people.ada.handle };
const tea: ChatRef = { kind: "group", id: `chat_id:${group.id}` };

let net: IMessageHarness;
let up: Running;

beforeEach(async () => {
  net = await openIMessage();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const send = (rest: Partial<Outbound> = { text: "hi" }, chat = ada) => up.account.send(outbound(chat, rest), never);

/** Another Mac in the place of the one every test has. */
async function restartWith(options: IMessageStandinOptions): Promise<void> {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
  net = await openIMessage(options);
  up = await startConnected(net);
}

describe("a send that fails", () => {
  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["parameters it does not know", faults.badParams, { kind: "rejected", sent: "no" }],
    ["an old imsg", faults.noMethod, { kind: "rejected", sent: "no" }],
    ["no access to the database", faults.noDatabase, { kind: "auth", sent: "no" }],
    ["no permission for Messages", faults.noAutomation, { kind: "auth", sent: "no" }],
    ["too much at once", faults.busy, { kind: "limited", sent: "no" }],
    ["no bridge", faults.noBridge, { kind: "rejected", sent: "no" }],
    ["nobody of that name", faults.nobody, { kind: "rejected", sent: "no" }],
    ["an outcome nobody knows", faults.unknownOutcome, { kind: "transient", sent: "unknown" }],
    ["something that did not begin", faults.notStarted, { kind: "transient", sent: "no" }],
    ["an earlier message in the way", faults.blocked, { kind: "transient", sent: "no" }],
    ["a script that broke", faults.script, { kind: "transient", sent: "unknown" }],
    ["endless words", { code: -32602, message: "x".repeat(9000) }, { kind: "rejected", sent: "no" }],
    ["its end", "exit", { kind: "transient", sent: "unknown" }],
    ["an answer that is far too long", "huge", { kind: "transient", sent: "unknown" }],
  ])("%s", async (_title, fault, expected) => {
    net.net.fail("send", fault);
    const error = channelErrorOf(send());
    if (fault === "huge") {
      await net.net.call("send");
      await up.host.clock.waitsFor(30_000);
      up.host.clock.advance(30_000);
    }
    const { kind, sent, message } = await error;
    expect({ kind, sent }).toEqual(expected as { kind: ChannelError["kind"]; sent: "no" | "unknown" });
    expect(message.length).toBeLessThan(300);
    expect(net.net.callsOf("send")).toHaveLength(1);
  });

  test("no answer until the deadline leaves the outcome open", async () => {
    net.net.fail("send", "silence");
    const error = channelErrorOf(send());
    await net.net.call("send");
    up.host.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("giving it up after it was written leaves the outcome open", async () => {
    net.net.fail("send", "silence");
    const giving = new AbortController();
    const error = channelErrorOf(up.account.send(outbound(ada, { text: "hi" }), giving.signal));
    await net.net.call("send");
    giving.abort();
    expect(await error).toMatchObject({ kind: "transient", sent: "unknown" });
  });

  test("a process that does not read what it is asked leaves the outcome open", async () => {
    await up[Symbol.asyncDispose]();
    net.net.isStalled = true;
    const stalled = startAccount(net);
    await net.net.until(() => net.net.connections === 1);
    await stalled.host.clock.waitsFor(10_000);
    stalled.host.clock.advance(10_000);
    // Nor does it see that its input has ended.
    await stalled.host.clock.waitsFor(500);
    stalled.host.clock.advance(500);
    expect(await stalled.ended).toMatchObject({
      kind: "transient",
      message: "imsg did not answer: the deadline passed",
    });
  });

  test("an account that does not run has not sent", async () => {
    const account = net.open(new TestHost());
    expect(await channelErrorOf(account.send(outbound(ada, { text: "hi" }), never))).toMatchObject({
      kind: "transient",
      sent: "no",
    });
    expect(net.net.callsOf("send")).toHaveLength(0);
  });

  test.each<[title: string, rest: Partial<Outbound>]>([
    ["nothing at all", {}],
    ["an empty text", { text: "" }],
    ["an empty file", { media: { kind: "image", mimeType: "image/png", fileName: "a", bytes: new Uint8Array() } }],
  ])("%s never leaves", async (_title, rest) => {
    expect(await channelErrorOf(send(rest))).toMatchObject({ kind: "rejected", sent: "no" });
    expect(net.net.callsOf("send")).toHaveLength(0);
  });

  test("a file never leaves for another computer", async () => {
    const settings = { ...net.settings, remoteHost: "mac.local" };
    await using other = await startConnected({ open: (host) => imessage.open(settings, host, net.env) });
    const media = { kind: "image", mimeType: "image/png", fileName: "a", bytes: new Uint8Array(1) } as const;
    const error = await channelErrorOf(other.account.send(outbound(ada, { media }), never));
    expect(error).toMatchObject({ kind: "rejected", sent: "no" });
    expect(net.net.callsOf("send")).toHaveLength(0);
  });

  test("a process that takes no message any more is ended, so that another begins", async () => {
    net.net.fail("send", faults.blocked);
    await channelErrorOf(send());
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    await net.untilDisconnected();
  });
});

describe("what is sent", () => {
  test.each<[chat: ChatRef, expected: object]>([
    [ada, { to: people.ada.handle, service: "auto" }],
    [tea, { chat_id: group.id }],
    [{ kind: "group", id: "chat_guid:iMessage;+;chat777" }, { chat_guid: "iMessage;+;chat777" }],
  ])("to %j has what imsg knows, and nothing else", async (chat, expected) => {
    await send({ text: "hi", replyTo: "GUID" }, chat);
    // Without the bridge nothing can be quoted, and asking for it would be refused.
    expect(net.net.callsOf("send")).toEqual([{ ...expected, text: "hi" }]);
  });

  test("goes out as the owner wants", async () => {
    const settings = { ...net.settings, service: "sms", region: "DE" } as const;
    await using other = await startConnected({ open: (host) => imessage.open(settings, host, net.env) });
    await other.account.send(outbound(ada, { text: "hi" }), never);
    expect(net.net.callsOf("send")).toEqual([{ to: people.ada.handle, text: "hi", service: "sms", region: "DE" }]);
  });

  test.each<[result: NonNullable<IMessageStandinOptions["sendResult"]>, expected: RegExp]>([
    ["guid", /^6A7E/],
    ["message_id", /^6A7E/],
    ["id", /^\d+$/],
    ["none", /^key:the-key$/],
  ])("has the id that is told: %s", async (sendResult, expected) => {
    await restartWith({ sendResult, hasBridge: true });
    const { messageIds } = await up.account.send({ chat: ada, text: "hi", key: "the-key" }, never);
    expect(messageIds).toEqual([expect.stringMatching(expected)]);
    if (sendResult !== "none") return;
    const error = await channelErrorOf(up.account.remove!({ chat: ada, id: messageIds[0]! }, never));
    expect(error).toMatchObject({ kind: "rejected", message: "imsg did not tell which message this became" });
    expect(net.net.callsOf("message.unsend")).toEqual([]);
  });

  test("is known as ours when it is answered, whether its id was told or not, after a restart too", async () => {
    await restartWith({ sendResult: "none" });
    await send({ text: "hi" });
    const guid = net.net.ownerSays("from the phone");
    net.net.says(people.ada, "oh");
    await up.host.event(({ text }) => text === "oh");
    await up[Symbol.asyncDispose]();
    up = await startConnected(net, up.host);
    net.net.says(people.ada, "yes", { quotes: guid });
    expect((await up.host.event(({ text }) => text === "yes")).quote).toMatchObject({
      messageId: guid,
      isOfSelf: true,
    });
    expect(up.host.events.some(({ text }) => text === "from the phone")).toBe(false);
  });
});

describe("the bridge", () => {
  const abilities = ["typing", "react", "edit", "remove", "read"] as const;
  const claimed = (account: Running["account"]) => abilities.filter((name) => account[name] !== undefined);

  test("is not claimed where it is not, or where the tool does not say", async () => {
    expect(claimed(up.account)).toEqual([]);
    await restartWith({ hasBridge: true });
    expect(claimed(up.account)).toEqual(["typing", "react", "edit", "remove"]);
    net.net.status = { status: 64, output: "" };
    await using old = await startConnected(net);
    expect(claimed(old.account)).toEqual([]);
  });

  test("that does not answer holds up nothing for long", async () => {
    await up[Symbol.asyncDispose]();
    net.net.status = { status: -1, output: "" };
    const slow = startAccount(net);
    await slow.host.clock.waitsFor(5_000);
    await net.net.until(() => net.net.processes.some(({ args, isOver }) => args[0] === "status" && !isOver));
    slow.host.clock.advance(5_000);
    await slow.host.until(() => slow.host.self !== undefined);
    expect(claimed(slow.account)).toEqual([]);
    await slow[Symbol.asyncDispose]();
  });

  test("is known from the last start, and refuses when it is gone since", async () => {
    await restartWith({ hasBridge: true });
    const { host } = up;
    await up[Symbol.asyncDispose]();
    net.net.status = { status: 0, output: "{}" };
    const again = new TestHost(host);
    expect(claimed(net.open(again))).toEqual(["typing", "react", "edit", "remove"]);
    up = await startConnected(net, host);
    const error = await channelErrorOf(up.account.react!({ chat: ada, id: "GUID" }, "👍", never));
    expect(error).toMatchObject({ kind: "rejected", sent: "no" });
    expect(net.net.callsOf("tapback")).toEqual([]);
    expect(claimed(net.open(new TestHost(up.host)))).toEqual([]);
  });

  test("marks chats as read only when the owner wants it, each once", async () => {
    await restartWith({ hasBridge: true });
    const settings = { ...net.settings, sendReadReceipts: true };
    await using other = await startConnected({ open: (host) => imessage.open(settings, host, net.env) });
    await other.account.read!(
      [ada, ada, tea].map((chat, index) => ({ chat, id: `${index}` })),
      never,
    );
    expect(net.net.callsOf("read")).toEqual([{ to: ada.id }, { chat_id: group.id }]);
  });

  test.each<[emoji: string, expected: object]>([
    ["❤️", { reaction: "love" }],
    ["🎉", { emoji: "🎉" }],
  ])("reacts with %s", async (emoji, expected) => {
    await restartWith({ hasBridge: true });
    await up.account.react!({ chat: ada, id: "GUID" }, emoji, never);
    expect(net.net.callsOf("tapback")).toEqual([{ chat_identifier: ada.id, message_guid: "GUID", ...expected }]);
    const error = await channelErrorOf(up.account.react!({ chat: ada, id: "GUID" }, "", never));
    expect(error.kind).toBe("rejected");
  });

  test("whose answer is lost leaves nothing open: a reaction may be repeated", async () => {
    await restartWith({ hasBridge: true });
    net.net.fail("tapback", "exit");
    const error = await channelErrorOf(up.account.react!({ chat: ada, id: "GUID" }, "👍", never));
    expect(error).toMatchObject({ kind: "transient", sent: "no" });
  });
});

describe("what comes", () => {
  test.each([1, 3])("in pieces of %d bytes arrives whole", async (pieceBytes) => {
    await restartWith({ pieceBytes });
    net.net.says(people.ada, "grüße 👋");
    await up.host.event(({ text }) => text === "grüße 👋");
  });

  test("after a line that is no JSON, one that is far too long, and a row without sense, is heard", async () => {
    net.net.raw("Messages says: hello\n");
    net.net.raw(`{"method":"message","params":"${"x".repeat(5 * 1024 * 1024)}"}\n`);
    net.net.notify("message", { message: { id: 5000, text: 7 } });
    net.net.notify("something.new", {});
    net.net.row(people.ada, false, { sender: "" });
    net.net.says(people.ada, "still there?", { extra: { id: 5001 } });
    await up.host.event(({ text }) => text === "still there?");
    expect(up.host.records.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      "imsg wrote a line that cannot be read",
      "a line of imsg was too long and was left out",
      "imsg told of a message that cannot be read",
    ]);
    expect(up.host.events).toHaveLength(1);
  });

  test("and is garbage around an answer, or an answer byte by byte, is no trouble", async () => {
    net.net.fail("send", "garbage");
    net.net.fail("send", "split");
    expect((await send()).messageIds).toHaveLength(1);
    expect((await send()).messageIds).toHaveLength(1);
  });

  test("and takes long to be stored does not hold up what is sent", async () => {
    const stored = Promise.withResolvers<void>();
    const receive = up.host.receive.bind(up.host);
    const asked = Promise.withResolvers<void>();
    up.host.receive = async (event) => {
      asked.resolve();
      await stored.promise;
      await receive(event);
    };
    for (const text of ["one", "two"]) net.net.says(people.ada, text);
    await asked.promise;
    expect((await send()).messageIds).toHaveLength(1);
    expect(up.host.events).toHaveLength(0);
    stored.resolve();
    await up.host.event(({ text }) => text === "two");
    expect(up.host.events.map(({ text }) => text!)).toEqual(["one", "two"]);
  });

  test("just before its end is stored all the same", async () => {
    net.net.says(people.ada, "one last thing");
    net.net.end(1);
    await up.ended;
    expect(up.host.events.map(({ text }) => text!)).toEqual(["one last thing"]);
  });

  test("in large numbers is stored in order", async () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `row ${index}`);
    for (const text of texts) net.net.says(people.ada, text);
    await up.host.event(({ text }) => text === texts.at(-1));
    expect(up.host.events.map(({ text }) => text!)).toEqual(texts);
  });

  test("is asked for from the last row that was stored", async () => {
    expect(net.net.callsOf("watch.subscribe")).toEqual([{ attachments: true, include_reactions: true }]);
    net.net.says(people.ada, "one");
    net.net.ownerSays("mine");
    net.net.says(people.ada, "two");
    await up.host.event(({ text }) => text === "two");
    await up[Symbol.asyncDispose]();
    up = await startConnected(net, up.host);
    expect(net.net.callsOf("watch.subscribe")[1]).toMatchObject({ since_rowid: 1003 });
  });

  test("with a mark where to go on is asked for from there, and the mark never goes back", async () => {
    net.net.says(people.ada, "one", { extra: { cursor: 990 } });
    net.net.says(people.ada, "two", { extra: { cursor: 1002 } });
    net.net.says(people.ada, "three", { extra: { cursor: 1001 } });
    await up.host.event(({ text }) => text === "three");
    expect(up.host.facts.get("rowid")).toBe("1002");
  });

  test("first and cannot be stored is asked for again, be it the first row of all", async () => {
    up.host.isDiskFull = true;
    net.net.says(people.ada, "one", { extra: { id: 1 } });
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    expect(up.host.facts.get("rowid")).toBe("-1");
    up = await startConnected(net, up.host);
    await up.host.event(({ text }) => text === "one");
  });

  test.each<[method: string, params: Record<string, unknown>]>([
    ["watch.overflow", { resume_after_rowid: 9, terminal: true }],
    ["error", { error: { message: "database disk image is malformed" } }],
  ])("no more after %s: the run ends, and the next goes on", async (method, params) => {
    net.net.says(people.ada, "one");
    await up.host.event(({ text }) => text === "one");
    net.net.isDeaf = true;
    net.net.notify(method, params);
    net.net.says(people.ada, "two");
    expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
    net.net.isDeaf = false;
    up = await startConnected(net, up.host);
    await up.host.event(({ text }) => text === "two");
  });

  test("while files are not wanted says that they came, and cannot be fetched by accident", async () => {
    const { includeAttachments: _left, ...settings } = net.settings;
    await using other = await startConnected({ open: (host) => imessage.open(settings, host, net.env) });
    net.net.sends(people.ada, new Uint8Array(3), { name: "a.png", mimeType: "image/png" });
    const event = await other.host.event(({ text }) => text === "<media:image>");
    expect(event).not.toHaveProperty("media");
  });
});

describe("signs of life", () => {
  test("are asked for, each answer is one, and silence is none", async () => {
    const before = up.host.heardCount;
    up.host.clock.advance(30_000);
    await up.host.until(() => up.host.heardCount === before + 1);
    net.net.fail("chats.list", "silence");
    const asked = net.net.callsOf("chats.list").length;
    up.host.clock.advance(30_000);
    await net.net.call("chats.list", asked + 1);
    up.host.clock.advance(10_000);
    await up.host.until(() => up.host.heardCount === before + 1);
    expect(up.host.clock.pending).toBe(1);
  });

  test("that stop end the account, and the supervisor begins again", async () => {
    await up[Symbol.asyncDispose]();
    const host = new TestHost();
    const supervisor = new Supervisor({
      open: (given) => net.open(hostHere(given)),
      host: mainHostOf(host),
      receive: async () => undefined,
      receiveSilenceMs: imessage.capabilities.receiveSilenceMs,
      clock: host.clock,
      ids: host.ids,
      log: host.log,
      onReady: () => ready(),
      onState: () => undefined,
    });
    let ready = () => {};
    const isReady = () =>
      new Promise<void>((resolve) => {
        ready = resolve;
      });
    let next = isReady();
    supervisor.start();
    await next;
    net.net.fail("chats.list", "silence", 3);
    const asked = net.net.callsOf("chats.list").length;
    for (let ping = 1; ping <= 3; ping++) {
      host.clock.advance(30_000);
      await net.net.call("chats.list", asked + ping);
    }
    host.clock.advance(1_000);
    expect(supervisor.status.state).toBe("stale");
    next = isReady();
    await net.net.until(() => net.net.running === 0);
    host.clock.advance(30_000);
    await next;
    expect(supervisor.status.state).toBe("running");
    await supervisor.stop();
    await net.untilDisconnected();
  });
});

describe("a process", () => {
  test("is started without a shell, with the database, and sees nothing of ours but a few names", async () => {
    const env = {
      ...net.env,
      LANG: "C.UTF-8",
      USER: "me",
      SSH_AUTH_SOCK: "/x",
      TELEGRAM_BOT_TOKEN: "t",
      NODE_OPTIONS: "y",
    };
    await using other = await startConnected({ open: (host) => imessage.open(net.settings, host, env) });
    expect(other.host.self).toBeDefined();
    const started = net.net.processes.at(-1)!;
    expect(started.args).toEqual(["rpc", "--db", net.net.dbPath]);
    const allowed = ["HOME", "LANG", "PATH", "SSH_AUTH_SOCK", "USER"];
    expect(started.env.filter((name) => !name.startsWith("BUN_")).sort()).toEqual(allowed);
  });

  test("that goes on when its input ends is told to end, and then made to", async () => {
    net.net.ignoresEnd = true;
    net.net.ignoresSignals = true;
    const rpc = net.net.processes.find(({ args }) => args.at(-1) === net.net.dbPath)!;
    up.host.stop();
    await up.host.clock.waitsFor(500);
    expect(net.net.connections).toBe(1);
    up.host.clock.advance(500);
    await net.net.until(() => rpc.told.includes("SIGTERM"));
    up.host.clock.advance(500);
    expect(await up.ended).toBeUndefined();
    await net.untilDisconnected();
    expect(up.host.clock.pending).toBe(0);
    expect(() => process.kill(rpc.pid, 0)).toThrow();
  });

  test("leaves none of its own behind: a wrapper ends with what it started", async () => {
    await up[Symbol.asyncDispose]();
    const wrapper = join(net.net.home, "bin", "wrapper");
    writeFileSync(wrapper, `#!/bin/sh\nsleep 1000 & echo $! >&2\n"${net.net.cliPath}" "$@"\n`);
    chmodSync(wrapper, 0o755);
    const settings = { ...net.settings, cliPath: wrapper };
    await using other = await startConnected({ open: (host) => imessage.open(settings, host, net.env) });
    const session = psOf("sid", net.net.processes.at(-1)!.pid);
    const inSession = () =>
      Bun.spawnSync(["ps", "-o", "stat=", "-s", session]).stdout.toString().match(/^[^Z]/gm) ?? [];
    expect(inSession()).toHaveLength(3);
    await other[Symbol.asyncDispose]();
    // The system takes a moment for what was killed.
    while (inSession().length > 0);
  });

  test("that ends by itself ends the run, with what it said last", async () => {
    net.net.end(70, "imsg: the database\nis locked\n");
    expect(await up.ended).toMatchObject({
      kind: "transient",
      message: "imsg ended with status 70: imsg: the database is locked",
    });
    expect(up.host.clock.pending).toBe(0);
    await net.untilDisconnected();
  });
});

describe("a start that fails", () => {
  test.each<[title: string, help: { status: number; words: string }, expected: { kind: string; message: RegExp }]>([
    ["too old", { status: 64, words: "Error: Unknown subcommand 'rpc'" }, { kind: "auth", message: /too old.*update/ }],
    [
      "nothing behind the wrapper",
      { status: 127, words: "zsh: command not found: imsg" },
      { kind: "auth", message: /install/ },
    ],
    [
      "ssh without a key",
      { status: 255, words: "me@mac.local: Permission denied (publickey)." },
      { kind: "auth", message: /ssh/ },
    ],
    [
      "ssh without a network",
      { status: 255, words: "ssh: No route to host" },
      { kind: "transient", message: /No route/ },
    ],
  ])("%s", async (_title, help, { kind, message }) => {
    net.net.help = help;
    const error = await startAccount(net).ended;
    expect(error).toMatchObject({ name: "ChannelError", kind });
    expect((error as Error).message).toMatch(message);
  });

  test.each<[title: string, does: () => void]>([
    ["as an error", () => net.net.fail("chats.list", faults.noDatabase)],
    [
      "at its end",
      () => {
        net.net.startup = { status: 1, words: "Permission Error: grant Full Disk Access to your terminal" };
      },
    ],
  ])("no access to Messages, told %s: only the owner can help", async (_title, does) => {
    does();
    const { ended } = startAccount(net);
    const error = await ended;
    expect(error).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect((error as Error).message).toContain("Full Disk Access");
    await net.net.until(() => net.net.connections === 1);
  });

  test.each<[title: string, cliPath: string]>([
    ["a name", "no-such-program-anywhere"],
    ["a path", "/no/such/imsg"],
    ["a file that is no program", "/etc/passwd"],
  ])("%s that is not there", async (_title, cliPath) => {
    const { ended, account } = startAccount({ open: (host) => imessage.open({ cliPath }, host, net.env) });
    expect(await ended).toMatchObject({ name: "ChannelError", kind: "auth" });
    expect((await channelErrorOf(account.probe(never))).message).toContain("cliPath");
  });

  test("stops at once when it is told to, and leaves no process", async () => {
    await up[Symbol.asyncDispose]();
    const starting = startAccount(net);
    starting.host.stop();
    expect(await starting.ended).toBeUndefined();
    await net.net.until(() => net.net.running === 0);
    expect(starting.host.clock.pending).toBe(0);
  });
});

test("an account that does not run is probed by a process of its own, which ends", async () => {
  await up[Symbol.asyncDispose]();
  const account = net.open(new TestHost());
  expect(await account.probe(never)).toEqual(net.self);
  await net.untilDisconnected();
});

function psOf(column: string, pid: number): string {
  return Bun.spawnSync(["ps", "-o", `${column}=`, "-p", String(pid)])
    .stdout.toString()
    .trim();
}
