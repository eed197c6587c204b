/**
 * Accounts in threads of their own (threats T41): what crosses, and that nothing that goes wrong over there is felt by
 * anybody but the account itself.
 */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, ChannelError, type Inbound, type Outbound, type Self } from "../../../src/channels/contract.ts";
import { type MainHost, openInThread } from "../../../src/channels/isolation/remote.ts";
import { systemIds } from "../../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../../src/lib/log.ts";
import { openVaultFile, Vault } from "../../../src/store/vault.ts";
import { FakeClock } from "../../support/clock.ts";
import { planted } from "./planted.ts";

const PING_MS = 2_000;
const STOP_MS = 5_000;
const GIVEN_UP_MS = 2_000;
const TOKEN = "123456:the-very-secret";
const entry = new URL("./planted.ts", import.meta.url);

const folder = mkdtempSync(join(tmpdir(), "moltbot-threads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const vaultPath = join(folder, "keys.db");

const opened: (() => void)[] = [];
afterEach(() => {
  for (const end of opened.splice(0)) end();
});

interface Told {
  how?: string;
  env?: Record<string, string>;
  facts?: Record<string, string>;
  receive?: (event: Inbound) => Promise<void>;
  remember?: (key: string, value: string) => void;
  entry?: URL;
  signal?: AbortSignal;
}

/** An account in a thread, with all that it told the main one. */
function open(told: Told = {}) {
  const stop = new AbortController();
  const clock = new FakeClock();
  const records: LogRecord[] = [];
  const selves: Self[] = [];
  const events: Inbound[] = [];
  const facts = new Map<string, string>();
  let heard = 0;
  let onHeard: () => void = () => undefined;
  const connected = Promise.withResolvers<void>();
  const host: MainHost = {
    accountId: "a",
    signal: told.signal ?? stop.signal,
    clock,
    ids: systemIds,
    log: createLog({ clock, level: "debug", sinks: [(record) => records.push(record)] }),
    commands: [{ name: "status", description: "Says how things are." }],
    facts: () => told.facts ?? {},
    remember: told.remember ?? ((key, value) => facts.set(key, value)),
    receive: async (event) => {
      events.push(event);
      await told.receive?.(event);
    },
    connected: (self) => {
      selves.push(self);
      connected.resolve();
    },
    heard: () => {
      heard++;
      onHeard();
    },
  };
  const how = told.how === undefined ? {} : { how: told.how };
  const account = openInThread(vaultPath, told.entry ?? entry)(planted, { token: TOKEN, ...how }, host, told.env ?? {});
  opened.push(() => {
    stop.abort();
    clock.advance(STOP_MS);
  });
  const send = (text: string, more: Partial<Outbound> = {}, signal = new AbortController().signal) =>
    account.send({ chat: { kind: "direct", id: "1" }, key: "k", text, ...more }, signal);
  return {
    account,
    clock,
    records,
    selves,
    events,
    facts,
    heard: () => heard,
    untilHeard: () => new Promise<void>((resolve) => (onHeard = resolve)),
    connected: connected.promise,
    stop: () => stop.abort(),
    send,
    ids: async (text: string, more?: Partial<Outbound>) => (await send(text, more)).messageIds,
  };
}

/** How a promise ended. */
async function ending(work: Promise<unknown>) {
  const error = await work.then(
    () => "resolved",
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) return { end: error };
  const { message } = error;
  return error instanceof ChannelError ? { message, kind: error.kind, sent: error.sent } : { message };
}
const isPending = async (work: Promise<unknown>) => {
  await Bun.sleep(0);
  return Bun.peek.status(work) === "pending";
};

describe("what crosses", () => {
  test("an account connects, is called, and ends when it is told to", async () => {
    const { account, connected, selves, ids, stop, clock } = open();
    const run = account.run();
    await connected;
    expect(selves).toEqual([{ id: "me", name: "Planted" }]);
    expect(await account.probe(new AbortController().signal)).toEqual({ id: "me" });
    expect(await ids("hello")).toEqual(["hello"]);
    expect(await isPending(run)).toBe(true);
    stop();
    expect(await ending(run)).toEqual({ end: "resolved" });
    expect(clock.pending).toBe(0);
  });

  test("bytes, both ways", async () => {
    const { account, ids } = open();
    const media = { kind: "document" as const, mimeType: "a/b", fileName: "f", bytes: new Uint8Array([0, 255, 16]) };
    expect(await ids("media", { media })).toEqual(["f", "00ff10"]);
    const bytes = await account.download?.("handle", 5, new AbortController().signal);
    expect(Buffer.from(bytes ?? []).toString()).toBe("handle 5");
    const body = new Uint8Array(Buffer.from("body"));
    expect(await account.webhook?.({ headers: { "x-a": "1" }, body })).toEqual({ status: 200, body: "1 body" });
  });

  test("abilities are those the account has; linking may be asked before it said anything", async () => {
    const { account, ids } = open();
    expect([typeof account.login, typeof account.logout, typeof account.download]).toEqual([
      "function",
      "function",
      "undefined",
    ]);
    await ids("hello");
    const { download, webhook, typing, react, edit, remove, read } = account;
    expect([typeof download, typeof webhook]).toEqual(["function", "function"]);
    expect([typing, react, edit, remove, read]).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  test("facts, commands and the environment reach it; what it remembers comes back", async () => {
    const { ids, facts } = open({ facts: { before: "7" }, env: { PLANTED_NAME: "x" } });
    expect(await ids("facts")).toEqual(["7", "8"]);
    expect([...facts]).toEqual([["position", "8"]]);
    expect(await ids("commands")).toEqual(["status"]);
    expect(await ids("env")).toEqual(["x"]);
  });

  test("its keys are in the file of all keys, under its own name", async () => {
    const { ids } = open();
    expect(await ids("vault")).toEqual(["key"]);
    using file = openVaultFile(vaultPath);
    const find = (channel: string, accountId: string) =>
      new Vault(file, { channel, accountId }, () => 0).get("t", ["1"]).size;
    expect([find("planted", "a"), find("planted", "b"), find("other", "a")]).toEqual([1, 0, 0]);
  });

  test("an event is stored before the account hears that it is", async () => {
    const stored = Promise.withResolvers<void>();
    const { ids, events } = open({ receive: () => stored.promise });
    const receiving = ids("receive");
    while (events.length === 0) await Bun.sleep(1);
    expect(events[0]).toMatchObject({ eventId: "hello", text: "hello" });
    // Whatever else is asked meanwhile, the event is not acknowledged.
    expect(await ids("hello")).toEqual(["hello"]);
    expect(await isPending(receiving)).toBe(true);
    stored.resolve();
    expect(await receiving).toEqual(["stored"]);
  });

  test.each<[title: string, error: Error, told: string]>([
    ["of this kind", new ChannelError("transient", "the disk is full"), "transient the disk is full"],
    ["of any kind", new TypeError("a bug"), "Error: a bug"],
  ])("an event that is not stored is an error over there, %s", async (_title, error, told) => {
    const { ids } = open({ receive: () => Promise.reject(error) });
    expect(await ids("receive")).toEqual([told]);
  });

  test("a fact that cannot be stored is a warning, and ends nothing", async () => {
    const { ids, records } = open({
      remember: () => {
        throw new Error("the disk is full");
      },
    });
    expect(await ids("facts")).toEqual(["", "8"]);
    expect(records).toMatchObject([{ level: "warn", fields: { key: "position", problem: "the disk is full" } }]);
    expect(await ids("hello")).toEqual(["hello"]);
  });

  test("errors with all that matters for the next try", async () => {
    const { send, ids } = open();
    const limited = await send("limited").catch((error: unknown) => error);
    expect(limited).toBeInstanceOf(ChannelError);
    expect(limited).toMatchObject({ kind: "limited", sent: "no", retryAfterMs: 7 });
    expect(await ending(send("unknown"))).toEqual({ message: "the line broke", kind: "transient", sent: "unknown" });
    expect(await ending(send("no error"))).toEqual({ message: "something that is no error was thrown" });
    expect((await ending(send("no clone"))).message).toBeString();
    expect(await ids("hello")).toEqual(["hello"]);
  });

  test("a link: its steps, its end, and the keys that are deleted", async () => {
    const { account, ids } = open();
    const steps: string[] = [];
    const self = await account.login?.(({ qr }) => steps.push(qr), new AbortController().signal);
    expect([steps, self]).toEqual([["one", "two"], { id: "linked" }]);
    await ids("vault");
    await account.logout?.(new AbortController().signal);
    using file = openVaultFile(vaultPath);
    expect(new Vault(file, { channel: "planted", accountId: "a" }, () => 0).get("t", ["1"]).size).toBe(0);
  });

  test("a link that is given up ends over there too", async () => {
    const { account, clock } = open({ how: "never scanned" });
    const stop = new AbortController();
    let shown = 0;
    const linking = account.login?.(() => void shown++, stop.signal) ?? Promise.resolve();
    while (shown < 2) await Bun.sleep(1);
    stop.abort();
    expect((await ending(linking)).message).toBe("given up");
    expect(clock.now()).toBe(new FakeClock().now());
  });
});

describe("calls that are given up", () => {
  test("before they began, nothing is asked, and nothing was sent", async () => {
    const { send } = open();
    expect(await ending(send("hello", {}, AbortSignal.abort()))).toMatchObject({ kind: "transient", sent: "no" });
  });

  test("the account may still say that nothing was sent", async () => {
    const { send, ids } = open();
    const stop = new AbortController();
    const sending = send("wait", {}, stop.signal);
    await ids("hello");
    stop.abort();
    expect(await ending(sending)).toEqual({ message: "nothing was sent", kind: "transient", sent: "no" });
  });

  test("an account that says nothing leaves it open whether something was sent, after two seconds", async () => {
    const { send, ids, clock } = open();
    const stop = new AbortController();
    const sending = send("deaf", {}, stop.signal);
    await ids("hello");
    stop.abort();
    clock.advance(GIVEN_UP_MS - 1);
    expect(await isPending(sending)).toBe(true);
    clock.advance(1);
    expect(await ending(sending)).toEqual({ message: "it was given up", kind: "transient", sent: "unknown" });
    expect(await ids("hello")).toEqual(["hello"]);
  });

  test("a signal that aborts after the end changes nothing, and no timer is left", async () => {
    const { send, clock } = open();
    const stop = new AbortController();
    await send("hello", {}, stop.signal);
    const before = clock.pending;
    stop.abort();
    expect(clock.pending).toBe(before);
  });
});

/** Another account, in a thread of its own: it must notice nothing. */
async function expectUnharmed(other: ReturnType<typeof open>): Promise<void> {
  expect(await other.ids("hello")).toEqual(["hello"]);
}

describe("threat(T41): an account that goes wrong costs itself a restart, and nobody else anything", () => {
  test.each<[how: string, message: RegExp]>([
    ["timer", /^(?:its thread failed|something nobody waited for failed): in a timer, with \*\*\*$/],
    ["rejection", /^(?:its thread failed|something nobody waited for failed): for nobody, with \*\*\*$/],
    ["exit", /^its thread ended by itself$/],
    ["close", /^its thread did not answer any more and was ended$/],
  ])("%s", async (how, message) => {
    const other = open();
    const { account, send, connected, clock } = open();
    const run = account.run();
    await connected;
    const hanging = ending(send("deaf"));
    await ending(account.probe(new AbortController().signal));
    void ending(send(how));
    // A thread that closed itself says nothing of it; the pings notice.
    if (how === "close") clock.advance(6 * PING_MS);
    expect(await ending(run)).toEqual({ message: expect.stringMatching(message), kind: "transient", sent: "no" });
    expect(await hanging).toEqual({ message: "the account has stopped", kind: "transient", sent: "unknown" });
    // Nothing is asked of it any more.
    expect(await ending(send("hello"))).toEqual({ message: "the account has stopped", kind: "transient", sent: "no" });
    await expectUnharmed(other);
  });

  test.each<[title: string, told: Told, expected: object]>([
    ["throws when it is made", { how: "throw at open" }, { kind: "transient" }],
    ["fails by its credentials", { how: "throw in run" }, { kind: "auth", message: "*** is wrong" }],
    ["ends by itself", { how: "end" }, { end: "resolved" }],
    ["has no thread to run in", { entry: new URL("./not-there.ts", import.meta.url) }, { kind: "transient" }],
    ["has a thread that does not know it", { entry: new URL("./unknown.ts", import.meta.url) }, { kind: "transient" }],
  ])("one that %s", async (_title, told, expected) => {
    const other = open();
    const { account } = open(told);
    const end = await ending(account.run());
    expect(end).toMatchObject(expected);
    expect(JSON.stringify(end)).not.toContain(TOKEN);
    expect(JSON.stringify(end)).not.toMatch(/\n\s+at |\bsrc\/|\^/);
    await expectUnharmed(other);
  });

  test("spins for ever: it is ended after five pings without an answer, and others go on", async () => {
    const other = open();
    const { account, send, clock, connected } = open();
    const run = account.run();
    await connected;
    const probing = send("spin");
    const after = account.probe(new AbortController().signal);
    clock.advance(5 * PING_MS);
    expect(await isPending(run)).toBe(true);
    clock.advance(PING_MS);
    expect(await ending(run)).toEqual({
      message: "its thread did not answer any more and was ended",
      kind: "transient",
      sent: "no",
    });
    expect(await ending(probing)).toMatchObject({ sent: "unknown" });
    expect(await ending(after)).toMatchObject({ sent: "no" });
    expect(clock.pending).toBe(0);
    await expectUnharmed(other);
  });

  test("hangs: a thread that answers pings is not ended, however long a call takes", async () => {
    const { account, send, clock, ids, connected } = open();
    const run = account.run();
    await connected;
    const hanging = send("deaf");
    for (let round = 0; round < 20; round++) {
      clock.advance(PING_MS);
      await ids("hello");
    }
    expect(await isPending(run)).toBe(true);
    expect(await isPending(hanging)).toBe(true);
    void ending(hanging);
  });

  test.each<[posted: unknown]>([
    [null],
    [7],
    ["hello"],
    [[]],
    [{}],
    [{ type: "nothing of ours" }],
    [{ type: "log", level: "fatal", message: "x", fields: {} }],
    [{ type: "log", level: "constructor", message: "x" }],
    [{ type: "failed", id: 2 }],
    [{ type: "result", id: 99_999 }],
    [{ type: "step", id: 99_999 }],
    [{ type: "ready" }],
    [{ type: "ended", error: null }],
    [{ type: "ended", error: 7 }],
    [{ type: "receive", id: 1 }],
  ])("a library that posts %j itself fails nothing in the main thread", async (posted) => {
    const other = open();
    const { send, account, connected } = open();
    const run = account.run().then(
      () => "ended",
      () => "ended",
    );
    await connected;
    await ending(send(`post ${JSON.stringify(posted)}`));
    await Promise.race([run, ending(send("hello"))]);
    await expectUnharmed(other);
  });

  test("a log line that cannot be written costs the account nothing", async () => {
    const { ids, records } = open();
    expect(await ids("log what cannot be written")).toEqual(["logged"]);
    expect(records).toMatchObject([{ message: "circle", fields: { problem: expect.any(String) } }]);
  });
});

describe("the end", () => {
  test("an account that does not stop is ended after five seconds, and is not heard any more", async () => {
    const { account, clock, connected, stop, heard, untilHeard } = open({ how: "deaf to stop" });
    const run = account.run();
    await connected;
    stop();
    clock.advance(STOP_MS - 1);
    await untilHeard();
    expect(await isPending(run)).toBe(true);
    clock.advance(1);
    expect(await ending(run)).toEqual({ end: "resolved" });
    const last = heard();
    // Its thread is gone, not only unheard: what it says to everybody ends as well.
    const everybody = new BroadcastChannel("planted");
    let said = 0;
    everybody.onmessage = () => said++;
    let before = -1;
    for (let round = 0; round < 50 && said !== before; round++) {
      before = said;
      await Bun.sleep(30);
    }
    expect(said).toBe(before);
    everybody.close();
    expect(heard()).toBe(last);
    expect(clock.pending).toBe(0);
  });

  test("what waits when it stops is told so: a message may have been sent", async () => {
    const { account, send, ids, stop, clock } = open();
    const waiting = [send("deaf"), account.probe(new AbortController().signal)];
    await ids("hello");
    const hanging = send("deaf");
    stop();
    expect(await ending(send("hello"))).toEqual({ message: "the account has stopped", kind: "transient", sent: "no" });
    clock.advance(STOP_MS);
    expect(await ending(hanging)).toMatchObject({ sent: "unknown" });
    expect(await ending(waiting[0] ?? hanging)).toMatchObject({ sent: "unknown" });
  });

  test("one that was never asked for anything ends at once, and one that is stopped before it began starts no thread", async () => {
    const idle = open();
    idle.stop();
    expect(await ending(idle.account.run())).toEqual({ end: "resolved" });
    expect(idle.clock.pending).toBe(0);
    const dead = open({ signal: AbortSignal.abort() });
    expect(await ending(dead.account.run())).toEqual({ end: "resolved" });
    expect(await ending(dead.send("hello"))).toMatchObject({ message: "the account has stopped" });
    expect([dead.clock.pending, dead.selves.length]).toEqual([0, 0]);
  });
});

describe("threat(T22): secrets", () => {
  test("are in no error and no log line that crosses, whoever put them there", async () => {
    const env = { PLANTED_TOKEN: "987654:of-the-environment", PLANTED_NAME: "not-a-secret" };
    const { send, ids, records } = open({ env });
    const ends = await Promise.all(["limited", "plain error", "no error"].map((text) => ending(send(text))));
    await ids("log");
    const all = JSON.stringify([ends, records]);
    expect(all).toContain("no reason for *** and ***");
    expect(records[0]).toMatchObject({ message: "said", fields: { token: "the token is ***", count: 1 } });
    expect(all).not.toContain(TOKEN);
    expect(all).not.toContain(env.PLANTED_TOKEN);
    // What is no secret may be said.
    expect(await ids("env")).toEqual(["not-a-secret"]);
  });

  test("nothing a library prints leaves its thread, nor does the end of one leave a trace in the other", async () => {
    const code = `
      const { openInThread } = await import(${JSON.stringify(join(import.meta.dir, "../../../src/channels/isolation/remote.ts"))});
      const { planted } = await import(${JSON.stringify(join(import.meta.dir, "planted.ts"))});
      const { systemClock: clock } = await import(${JSON.stringify(join(import.meta.dir, "../../../src/lib/clock.ts"))});
      const nothing = () => undefined;
      const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
      const host = { accountId: "a", signal: new AbortController().signal, clock, log, commands: [], facts: () => ({}),
        remember: nothing, receive: async () => undefined, connected: nothing, heard: nothing };
      const entry = new URL(${JSON.stringify(entry.href)});
      const account = openInThread(${JSON.stringify(join(folder, "printed.db"))}, entry)(planted, { token: "x" }, host, {});
      await account.send({ chat: { kind: "direct", id: "1" }, key: "k", text: "print" }, new AbortController().signal);
      console.log("done");
      for (const text of ["timer", "rejection"]) {
        const one = openInThread(":memory:", entry)(planted, { token: ${JSON.stringify(TOKEN)} }, host, {});
        const run = one.run();
        void one.send({ chat: { kind: "direct", id: "1" }, key: "k", text }, new AbortController().signal).catch(nothing);
        await run.catch((error) => console.log(error.message));
      }
      process.exit(0);
    `;
    const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect([out.split("\n"), err]).toEqual([
      [
        "done",
        "something nobody waited for failed: in a timer, with ***",
        "something nobody waited for failed: for nobody, with ***",
        "",
      ],
      "",
    ]);
  });
});

test("accounts of two threads do not share a thing", async () => {
  const accounts: Account[] = [open().account, open().account];
  const signal = new AbortController().signal;
  const sent = await Promise.all(
    accounts.map((account, at) => account.send({ chat: { kind: "direct", id: "1" }, key: "k", text: `${at}` }, signal)),
  );
  expect(sent.map(({ messageIds }) => messageIds)).toEqual([["0"], ["1"]]);
});
