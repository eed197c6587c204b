/** Linking an account and ending the link, as the phone and the network see it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { whatsapp } from "../../../src/channels/whatsapp/index.ts";
import { createIdentity } from "../../standins/whatsapp/noise.ts";
import { startWhatsAppStandin, type WhatsAppStandin } from "../../standins/whatsapp.ts";
import { channelErrorOf, createKeys, startAccount, startConnected, TestHost } from "../contract.ts";
import { link, never, openAccount, type Settings } from "./harness.ts";

let net: WhatsAppStandin;

beforeEach(() => {
  net = startWhatsAppStandin();
});

afterEach(() => net[Symbol.asyncDispose]());

const login = (tell: (qr: string) => void, more: Settings = {}, signal = never, host = new TestHost()) =>
  openAccount(net, host, more).login!(({ qr }) => tell(qr), signal);
const harness = (more: Settings = {}) => ({ open: (host: TestHost) => openAccount(net, host, more) });
const stored = (keys: TestHost["keys"]) => keys.vault("default").get("creds", ["self"]).size;

describe("linking", () => {
  test("shows a code, and says who was linked once the phone has scanned it", async () => {
    const codes: string[] = [];
    const self = await login((qr) => {
      codes.push(qr);
      net.scan(qr);
    });
    expect(self).toEqual({ id: "+15550009999" });
    expect(codes).toHaveLength(1);
    expect(codes[0]).toStartWith("https://wa.me/settings/linked_devices#2@ref0,");
    await net.until(() => net.connections === 0);
  });

  test("leaves keys with which the account runs, again and again", async () => {
    const { keys } = await link(net);
    for (const text of ["one", "two"]) {
      await using up = await startConnected(harness(), { facts: new Map(), keys });
      expect(up.host.self).toEqual({ id: "+15550009999" });
      await net.says("direct", text);
      await up.host.event((event) => event.text === text);
    }
  });

  test("takes nothing that comes in: it waits for the account to run", async () => {
    const { keys } = await link(net);
    await net.says("direct", "too early");
    await login(() => undefined, {}, never, new TestHost({ keys }));
    expect(net.unacknowledged).toHaveLength(1);
    await using up = await startConnected(harness(), { facts: new Map(), keys });
    await up.host.event(({ text }) => text === "too early");
  });

  test("shows every code once, and gives up with advice when none is scanned", async () => {
    const codes = new Set<string>();
    const error = await channelErrorOf(login((qr) => void codes.add(qr), { qrTimeoutMs: 50 }));
    expect(error).toMatchObject({ kind: "transient", message: expect.stringContaining("run the command again") });
    expect(codes.size).toBe(3);
    expect(net.isLinked).toBe(false);
  });

  test("ends when it is given up", async () => {
    const giving = new AbortController();
    const error = channelErrorOf(login(() => giving.abort(), {}, giving.signal));
    expect((await error).kind).toBe("transient");
    await net.until(() => net.connections === 0);
    expect(net.isLinked).toBe(false);
  });

  test("of an account that is linked needs no code", async () => {
    const { keys } = await link(net);
    const codes: string[] = [];
    const self = await login((qr) => void codes.push(qr), {}, never, new TestHost({ keys }));
    expect(self.id).toBe("+15550009999");
    expect(codes).toEqual([]);
  });

  test("begins afresh when the phone has removed the device", async () => {
    const { keys } = await link(net);
    net.unlink();
    const gone = await channelErrorOf(login((qr) => net.scan(qr), {}, never, new TestHost({ keys })));
    expect(gone.kind).toBe("auth");
    expect(stored(keys)).toBe(0);
    expect((await login((qr) => net.scan(qr), {}, never, new TestHost({ keys }))).id).toBe("+15550009999");
  });
});

describe("a server under another root", () => {
  const trustRoot = () => Buffer.from(createIdentity().root.public).toString("base64");

  test("is shown no code and told nothing", async () => {
    const codes: string[] = [];
    const error = await channelErrorOf(login((qr) => void codes.push(qr), { trustRoot: trustRoot() }));
    expect(error).toMatchObject({ kind: "auth", message: expect.stringContaining("not WhatsApp") });
    expect(codes).toEqual([]);
    expect(net.stanzas).toEqual([]);
  });

  test("does not get a linked account either, which stays linked", async () => {
    const { keys } = await link(net);
    const before = net.stanzas.length;
    await using up = startAccount(harness({ trustRoot: trustRoot() }), { facts: new Map(), keys });
    expect(await up.ended).toMatchObject({ kind: "auth" });
    expect(net.stanzas).toHaveLength(before);
    expect(stored(keys)).toBe(1);
  });

  test.each<[title: string, settings: Settings]>([
    ["a root without a server", { trustRoot: trustRoot() }],
    ["a root for a server elsewhere", { trustRoot: trustRoot(), socketUrl: "wss://web.whatsapp.com/ws/chat" }],
    ["a root for a name that is anybody's", { trustRoot: trustRoot(), socketUrl: "ws://localhost:1/ws/chat" }],
    ["a place for files without a server", { mediaRoot: "http://127.0.0.1:1" }],
    ["a place for files elsewhere", { mediaRoot: "http://example.com", socketUrl: "ws://127.0.0.1:1/ws/chat" }],
    ["a server that is none", { socketUrl: "http://127.0.0.1:1" }],
  ])("cannot be configured: %s", (_title, settings) => {
    expect(whatsapp.missing(settings, {})).toBeString();
  });
});

describe("ending the link", () => {
  test("removes the device from the phone and deletes the keys", async () => {
    const { keys } = await link(net);
    await openAccount(net, new TestHost({ keys })).logout!(never);
    expect(net.isLinked).toBe(false);
    expect(stored(keys)).toBe(0);
  });

  test("deletes the keys when the network is not there, and says what is left to do", async () => {
    const { keys } = await link(net);
    const host = new TestHost({ keys });
    net.isSilent = true;
    const ending = openAccount(net, host).logout!(never);
    await net.until(() => net.connections > 0);
    host.clock.advance(10_000);
    await ending;
    expect(stored(keys)).toBe(0);
    expect(net.isLinked).toBe(true);
    expect(host.records.find(({ level }) => level === "warn")?.message).toContain("remove it there");
    net.isSilent = false;
  });

  test("of an account that was never linked is nothing", async () => {
    const keys = createKeys();
    await openAccount(net, new TestHost({ keys })).logout!(never);
    expect(net.stanzas).toEqual([]);
  });
});

test("an account that is not linked does not connect, and says how to link it", async () => {
  await using up = startAccount(harness());
  expect(await up.ended).toMatchObject({
    kind: "auth",
    message: expect.stringContaining("moltbot channels login whatsapp"),
  });
  expect((await channelErrorOf(up.account.probe(never))).kind).toBe("auth");
  expect(net.connections).toBe(0);
});
