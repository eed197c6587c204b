/** What is on the disk before what leaves: crashes at the worst moments, played one by one. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { AccountVault, Inbound } from "../../../src/channels/contract.ts";
import { Keys } from "../../../src/channels/whatsapp/keys.ts";
import { loadLibrary } from "../../../src/channels/whatsapp/library.ts";
import { channelErrorOf, createKeys, outbound, type Running, startConnected, TestHost } from "../contract.ts";
import { direct, never, openAccount, openWhatsApp, type WhatsAppHarness } from "./harness.ts";

let net: WhatsAppHarness;
let up: Running | undefined;

beforeEach(async () => {
  net = await openWhatsApp();
});

afterEach(async () => {
  await up?.[Symbol.asyncDispose]();
  up = undefined;
  await net[Symbol.asyncDispose]();
});

type Change = Parameters<AccountVault["set"]>[0][number];

/** A gateway that can be stopped at any step; its keys are those of the linked account. */
class SteppedHost extends TestHost {
  /** Called before a change of keys is written; what it throws is a disk that does not take it. */
  onSet: (changes: readonly Change[]) => void = () => undefined;
  onReceive: (event: Inbound) => Promise<void> = async () => undefined;

  override vault(): AccountVault {
    const vault = super.vault();
    const set: AccountVault["set"] = (changes) => {
      this.onSet(changes);
      vault.set(changes);
    };
    return { get: vault.get.bind(vault), set, forget: vault.forget.bind(vault), clear: vault.clear.bind(vault) };
  }

  override async receive(event: Inbound): Promise<void> {
    await this.onReceive(event);
    await super.receive(event);
  }
}

/** Starts the account on such a gateway. */
async function start(host: SteppedHost): Promise<Running> {
  const account = openAccount(net.net, host);
  const ended = account.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  await host.until(() => host.self !== undefined);
  const dispose = async () => {
    host.stop();
    await ended;
  };
  return { host, account, ended, [Symbol.asyncDispose]: dispose };
}

const steppedHost = () => new SteppedHost({ keys: net.keys });
const usesUpKey = (changes: readonly Change[]) =>
  changes.some(({ type }) => type === "session" || type === "sender-key");
const restart = async () => startConnected(net, { facts: new Map(), keys: net.keys });
const idsOf = (...hosts: TestHost[]) => new Set(hosts.flatMap(({ events }) => events.map(({ eventId }) => eventId)));

describe("a message that comes in", () => {
  test.each([["direct"], ["group"]])(
    "is stored, then its key is used up, then it is acknowledged: %s",
    async (place) => {
      const host = steppedHost();
      const steps: string[] = [];
      const storing = Promise.withResolvers<void>();
      up = await start(host);
      host.onReceive = async () => {
        steps.push("stored");
        await storing.promise;
      };
      host.onSet = (changes) => {
        if (!changes.some(({ type }) => type === "read") || !changes.some(({ type }) => type === "seen")) return;
        steps.push("used up");
        expect(usesUpKey(changes)).toBe(true);
        expect(net.net.unacknowledged).toHaveLength(1);
      };
      await net.net.says(place === "direct" ? "direct" : net.group.id, "first");
      await net.net.until(() => net.net.connections > 0);
      await host.until(() => host.heardCount > 0);
      while (steps.length === 0) await Promise.resolve(new Promise(setImmediate));
      expect(steps).toEqual(["stored"]);
      expect(net.net.unacknowledged).toHaveLength(1);
      storing.resolve();
      await net.net.until(() => net.net.unacknowledged.length === 0);
      expect(steps).toEqual(["stored", "used up"]);
    },
  );

  test.each([["direct"], ["group"]])(
    "comes again and is read again when its key was not used up: %s",
    async (place) => {
      const chat = place === "direct" ? "direct" : net.group.id;
      const host = steppedHost();
      up = await start(host);
      host.onSet = (changes) => {
        if (changes.some(({ type }) => type === "seen")) throw new Error("killed");
      };
      await net.net.says(chat, "between");
      expect(await up.ended).toMatchObject({ kind: "transient" });
      expect(host.events.map(({ text }) => text)).toEqual(["between"]);
      expect(net.net.unacknowledged).toHaveLength(1);
      up = await restart();
      await net.net.says(chat, "next");
      await up.host.event(({ text }) => text === "next");
      expect(up.host.events.map(({ text }) => text)).toEqual(["between", "next"]);
      expect(idsOf(host, up.host).size).toBe(2);
      await net.net.until(() => net.net.unacknowledged.length === 0);
      expect(net.net.stanzasOf("receipt", "retry")).toEqual([]);
    },
  );

  test.each([["direct"], ["group"]])(
    "comes again and is only acknowledged when nothing else was left: %s",
    async (place) => {
      const chat = place === "direct" ? "direct" : net.group.id;
      up = await restart();
      net.net.ignoresReceipts = true;
      await net.net.says(chat, "unheard");
      await up.host.event(({ text }) => text === "unheard");
      const receipts = net.net.stanzasOf("receipt").length;
      await net.net.until(() => net.net.stanzasOf("receipt").length > 0);
      net.net.drop();
      await up.ended;
      net.net.ignoresReceipts = false;
      expect(net.net.unacknowledged).toHaveLength(1);
      up = await restart();
      await net.net.until(() => net.net.unacknowledged.length === 0);
      expect(up.host.events).toEqual([]);
      expect(net.net.stanzasOf("receipt", "retry")).toEqual([]);
      expect(net.net.stanzasOf("ack").filter(({ attrs }) => attrs["error"] !== undefined)).toEqual([]);
      expect(net.net.stanzasOf("receipt").length).toBeGreaterThan(receipts);
    },
  );

  test("is not acknowledged when it cannot be stored, and nothing after it is", async () => {
    const host = steppedHost();
    up = await start(host);
    host.isDiskFull = true;
    await Promise.all(["one", "two", "three"].map((text) => net.net.says("direct", text)));
    expect(await up.ended).toMatchObject({ kind: "transient" });
    expect(net.net.unacknowledged).toHaveLength(3);
    up = await restart();
    await up.host.until(() => up!.host.events.length === 3);
    expect(up.host.events.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  });

  test("that waited is told after the account is connected, so that it can be answered", async () => {
    const host = steppedHost();
    const wasConnected: boolean[] = [];
    host.onReceive = async () => void wasConnected.push(host.self !== undefined);
    await net.net.says("direct", "waiting");
    up = await start(host);
    await host.event(({ text }) => text === "waiting");
    expect(wasConnected).toEqual([true]);
  });

  test("keeps its place: what waited comes before what is new, whoever wrote it", async () => {
    const texts = Array.from({ length: 12 }, (_, index) => `number ${index}`);
    const say = (text: string, index: number) =>
      net.net.says(index % 3 === 0 ? net.group.id : "direct", text, { as: index % 2 === 0 ? "alice" : "bob" });
    for (const [index, text] of texts.slice(0, 8).entries()) await say(text, index);
    up = await restart();
    for (const [index, text] of texts.slice(8).entries()) await say(text, index);
    await up.host.until(() => up!.host.events.length === texts.length);
    expect(up.host.events.map(({ text }) => text!)).toEqual(texts);
  });

  test("of somebody new is not overtaken by one of somebody known, nor taken for it", async () => {
    const host = steppedHost();
    up = await start(host);
    await net.net.says("direct", "known");
    await host.event(({ text }) => text === "known");
    net.net.isHolding = true;
    // His linked id has to be asked for, and meanwhile the next ones are there.
    await net.net.says("direct", "first", { as: "bob", lid: "none" });
    for (const text of ["second", "third"]) await net.net.says("direct", text);
    net.net.release();
    await host.until(() => host.events.length === 4);
    expect(host.events.map(({ text, sender }) => `${sender.name}: ${text}`)).toEqual([
      "Alice: known",
      "Bob: first",
      "Alice: second",
      "Alice: third",
    ]);
  });
});

describe("a message that goes out", () => {
  test("does not leave when the key it uses up cannot be written", async () => {
    const host = steppedHost();
    up = await start(host);
    await up.account.send(outbound(direct, { text: "before" }), never);
    host.onSet = (changes) => {
      if (usesUpKey(changes)) throw new Error("the disk is full");
    };
    const error = await channelErrorOf(up.account.send(outbound(direct, { text: "never" }), never));
    expect(error.kind).toBe("transient");
    expect(await up.ended).toMatchObject({ kind: "transient" });
    expect(net.net.sent.map(({ message }) => message.extendedTextMessage?.text)).toEqual(["before"]);
  });

  test("uses up its key for good when it is sent while the message it answers is being told", async () => {
    const host = steppedHost();
    up = await start(host);
    const { account } = up;
    let answer: Promise<unknown> | undefined;
    host.onReceive = async ({ chat, text }) => {
      if (text === "hello") answer = account.send(outbound(chat, { text: "hello yourself" }), never);
    };
    await net.net.says("direct", "hello");
    await host.event(({ text }) => text === "hello");
    await answer;
    await net.net.says("direct", "in the new conversation");
    await host.event(({ text }) => text === "in the new conversation");
    expect(net.net.stanzasOf("receipt", "retry")).toEqual([]);
    expect(net.net.unreadable).toEqual([]);
  });

  test("can be read although a message of an older conversation came in between", async () => {
    up = await restart();
    await net.net.says("direct", "hello");
    const { chat } = await up.host.event(({ text }) => text === "hello");
    await up.account.send(outbound(chat, { text: "hello yourself" }), never);
    // Sealed for the conversation there is, on its way while a restart begins another.
    net.net.isHolding = true;
    await net.net.says("direct", "on its way");
    await up[Symbol.asyncDispose]();
    up = await restart();
    await up.account.send(outbound(chat, { text: "I am back" }), never);
    net.net.release();
    await up.host.event(({ text }) => text === "on its way");
    await up.account.send(outbound(chat, { text: "are we still on?" }), never);
    expect(net.net.sent.map(({ message }) => message.extendedTextMessage?.text)).toEqual([
      "hello yourself",
      "I am back",
      "are we still on?",
    ]);
    expect(net.net.unreadable).toEqual([]);
    expect(net.net.stanzasOf("receipt", "retry")).toEqual([]);
  });
});

test("a connection that was given up writes no keys any more", async () => {
  const library = await loadLibrary();
  const vault = createKeys().vault("default");
  let isOver = false;
  const store = new Keys(vault, library).storeFor(
    () => isOver,
    () => undefined,
  );
  await store.set({ session: { ada: Buffer.from([1]) } });
  isOver = true;
  expect(() => store.set({ session: { ada: Buffer.from([2]) } })).toThrow("over");
  expect(Object.keys(await store.get("session", ["ada", "bob"]))).toEqual(["ada"]);
  expect(JSON.parse(vault.get("session", ["ada"]).get("ada")!)).toEqual({ type: "Buffer", data: "AQ==" });
});
