/** What leaves for the network, as the people on it decrypt it; and files both ways. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChatRef, Outbound, OutboundMedia } from "../../../src/channels/contract.ts";
import { Keys } from "../../../src/channels/whatsapp/keys.ts";
import { loadLibrary } from "../../../src/channels/whatsapp/library.ts";
import { isWhatsApp } from "../../../src/channels/whatsapp/media.ts";
import { handleOf } from "../../../src/channels/whatsapp/media-handle.ts";
import { Records } from "../../../src/channels/whatsapp/records.ts";
import { FakeClock } from "../../support/clock.ts";
import { channelErrorOf, outbound, type Running, startConnected } from "../contract.ts";
import { direct, freshKeys, never, openWhatsApp, type Settings, type WhatsAppHarness } from "./harness.ts";

let net: WhatsAppHarness;
let up: Running;

async function start(more: Settings = {}): Promise<void> {
  net = await openWhatsApp(more);
  up = await startConnected(net);
}

beforeEach(() => start());

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const bytes = new TextEncoder().encode("a file of some bytes");
const send = (rest: Partial<Outbound>, chat: ChatRef = direct) => up.account.send(outbound(chat, rest), never);
const media = (rest: Partial<OutboundMedia>): OutboundMedia => ({
  ...{ kind: "document", mimeType: "text/plain", fileName: "a.txt", bytes },
  ...rest,
});
const heard = async (chat: ChatRef, text: string) => {
  const id = await net.person.says(chat, text);
  await up.host.event((event) => event.text === text);
  return id;
};

describe("a message", () => {
  test("is read by everybody it is for, and by the owner's phone", async () => {
    await send({ text: "*hi*" });
    await send({ text: "all of you" }, net.group);
    const [one, other] = net.net.callsOf("text");
    expect(one).toMatchObject({ chat: net.net.alice.jid, readers: ["Owner", "Alice"] });
    expect(other).toMatchObject({ chat: net.group.id, readers: ["Alice", "Bob"] });
    expect(one!.id).toMatch(/^3EB0[0-9A-F]{18}$/);
  });

  test("has an id that comes from its key alone, and another one on another account", async () => {
    const { messageIds: first } = await send({ text: "one", key: "k" });
    const { messageIds: second } = await send({ text: "two", key: "l" });
    const { messageIds: again } = await send({ text: "one", key: "k" });
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect(net.net.sent).toHaveLength(2);
  });

  test("quotes what it answers: theirs in a group, and ours", async () => {
    const theirs = await heard(net.group, "who is it?");
    const { messageIds } = await send({ text: "me", replyTo: theirs }, net.group);
    await send({ text: "really", replyTo: messageIds[0]! }, net.group);
    const [one, other] = net.net.callsOf("text").map(({ message }) => message.extendedTextMessage!.contextInfo!);
    expect(one).toMatchObject({ participant: net.net.alice.jid, quotedMessage: { conversation: "who is it?" } });
    expect(other).toMatchObject({ participant: "15550009999@s.whatsapp.net" });
    expect(other!.quotedMessage?.extendedTextMessage?.text).toBe("me");
  });

  test("quotes after a restart, and without a quote what is not remembered", async () => {
    const theirs = await heard(direct, "remember me");
    await net.net.until(() => net.net.unacknowledged.length === 0);
    await up[Symbol.asyncDispose]();
    up = await startConnected(net, up.host);
    await send({ text: "I do", replyTo: theirs });
    await send({ text: "what?", replyTo: "FFFF:+15550001111" });
    const [one, other] = net.net.callsOf("text").map(({ message }) => message.extendedTextMessage!);
    expect(one!.contextInfo?.quotedMessage?.conversation).toBe("remember me");
    expect(other!.contextInfo ?? null).toBeNull();
  });

  test("is sent again to whoever could not read it, also after a restart", async () => {
    await send({ text: "once more, please" });
    await up[Symbol.asyncDispose]();
    up = await startConnected(net, up.host);
    const [sent] = net.net.callsOf("text");
    net.net.asksAgain(sent!.id);
    await net.net.until(() => net.net.repeated.length === 1);
    expect(net.net.repeated).toEqual([sent!.id]);
  });

  test("is forgotten after a week", async () => {
    const library = await loadLibrary();
    const clock = new FakeClock();
    const vault = freshKeys().vault("default");
    const records = new Records({ vault, keys: new Keys(vault, library), library, clock });
    records.saveSent("A", { conversation: "old news" });
    clock.advance(WEEK_MS);
    records.prune();
    expect(records.findSent("A")?.conversation).toBe("old news");
    clock.advance(1);
    records.prune();
    expect(records.isSent("A")).toBe(false);
  });

  test("may be a poll", async () => {
    await send({ poll: { question: "tea?", options: ["yes", "no"], maxSelections: 1 } });
    await send({ poll: { question: "which?", options: ["green", "black", "white"], maxSelections: 2 } });
    const [one, other] = net.net.callsOf("poll").map(({ message }) => message);
    expect(one!.pollCreationMessageV3).toMatchObject({ name: "tea?", selectableOptionsCount: 1 });
    expect(other!.pollCreationMessage).toMatchObject({ name: "which?", selectableOptionsCount: 2 });
    expect(other!.pollCreationMessage!.options!.map(({ optionName }) => optionName!)).toEqual([
      "green",
      "black",
      "white",
    ]);
    for (const message of [one, other]) expect(message!.messageContextInfo!.messageSecret).toHaveLength(32);
  });

  test.each<[title: string, rest: Partial<Outbound>, chat: ChatRef]>([
    ["nothing to say", {}, direct],
    ["an empty file", { media: media({ bytes: new Uint8Array() }) }, direct],
    ["a chat that is none", { text: "hi" }, { kind: "direct", id: "status@broadcast" }],
    ["an answer to no message", { text: "hi", replyTo: "nonsense" }, direct],
  ])("is refused: %s", async (_title, rest, chat) => {
    expect(await channelErrorOf(send(rest, chat))).toMatchObject({ kind: "rejected", sent: "no" });
    expect(net.net.stanzasOf("message")).toEqual([]);
  });
});

describe("a message that is there", () => {
  test("is changed and deleted by whoever wrote it only", async () => {
    const { messageIds } = await send({ text: "draft" }, net.group);
    const own = { chat: net.group, id: messageIds[0]! };
    await up.account.edit!(own, outbound(net.group, { text: "final" }), never);
    await up.account.remove!(own, never);
    expect(net.net.callsOf("edit")[0]!.attrs["edit"]).toBe("1");
    expect(net.net.callsOf("delete")[0]!.attrs["edit"]).toBe("7");
    const theirs = { chat: net.group, id: await heard(net.group, "mine") };
    for (const attempt of [
      up.account.edit!(theirs, outbound(net.group, { text: "no" }), never),
      up.account.remove!(theirs, never),
    ])
      expect(await channelErrorOf(attempt)).toMatchObject({ kind: "rejected" });
    expect(net.net.callsOf("edit")).toHaveLength(1);
  });

  test("gets one reaction, which can be taken away", async () => {
    const target = { chat: net.group, id: await heard(net.group, "nice?") };
    await up.account.react!(target, "👍", never);
    await up.account.react!(target, "", never);
    const [one, other] = net.net.callsOf("reaction").map(({ message }) => message.reactionMessage!);
    expect(one).toMatchObject({ text: "👍", key: { fromMe: false, participant: net.net.alice.jid } });
    expect(other!.text).toBe("");
    expect(one!.key!.id).toBe(target.id.split(":")[0]!);
  });

  test("is marked as read, ours and those of nobody are not", async () => {
    const id = await heard(direct, "read me");
    const inGroup = await heard(net.group, "and me");
    const { messageIds } = await send({ text: "mine" });
    const targets = [
      { chat: direct, id },
      { chat: net.group, id: inGroup },
      { chat: direct, id: messageIds[0]! },
    ];
    await up.account.read!(targets, never);
    await net.net.until(() => net.net.stanzasOf("receipt", "read").length === 2);
    expect(
      net.net.stanzasOf("receipt", "read").map(({ attrs }) => [attrs["to"], attrs["id"], attrs["participant"]]),
    ).toEqual([
      [net.net.alice.jid, id.split(":")[0], undefined],
      [net.group.id, inGroup.split(":")[0], net.net.alice.jid],
    ]);
  });

  test("is not marked as read when the owner does not want it", async () => {
    await up[Symbol.asyncDispose]();
    await net[Symbol.asyncDispose]();
    await start({ sendReadReceipts: false });
    const id = await heard(direct, "secret");
    await up.account.read!([{ chat: direct, id }], never);
    await up.account.probe(never);
    expect(net.net.stanzasOf("receipt", "read")).toEqual([]);
  });
});

test("typing is shown, and ends with the message", async () => {
  await up.account.typing!(direct, never);
  await send({ text: "done" });
  await send({ text: "and this" });
  await up.account.probe(never);
  const states = net.net.stanzasOf("chatstate").map(({ content }) => (Array.isArray(content) ? content[0]?.tag : ""));
  expect(states).toEqual(["composing", "paused"]);
});

describe("a file that goes out", () => {
  test.each<[title: string, file: Partial<OutboundMedia>, name: string, expected: Record<string, unknown>]>([
    ["a picture", { kind: "image", mimeType: "image/png" }, "imageMessage", { mimetype: "image/png", caption: "see" }],
    ["a film", { kind: "video", mimeType: "video/mp4" }, "videoMessage", { caption: "see" }],
    [
      "a film that repeats",
      { kind: "video", mimeType: "video/mp4", fileName: "a.gif.mp4" },
      "videoMessage",
      { gifPlayback: true },
    ],
    ["a document", {}, "documentMessage", { fileName: "a.txt", caption: "see" }],
    [
      "a picture phones do not show",
      { kind: "image", mimeType: "image/gif" },
      "documentMessage",
      { mimetype: "image/gif" },
    ],
    [
      "a recording",
      { kind: "voice", mimeType: "audio/ogg" },
      "audioMessage",
      { ptt: true, mimetype: "audio/ogg; codecs=opus" },
    ],
    ["sound that could be a recording", { kind: "audio", mimeType: "audio/ogg" }, "audioMessage", { ptt: true }],
    ["music", { kind: "audio", mimeType: "audio/mpeg" }, "audioMessage", { ptt: false, mimetype: "audio/mpeg" }],
  ])("%s arrives as it is meant", async (_title, file, name, expected) => {
    await send({ media: media(file), text: "see" });
    const [sent] = net.net.callsOf("media");
    const message = sent!.message as Record<string, Record<string, unknown> | null | undefined>;
    expect(message[name]).toMatchObject(expected);
    expect(Buffer.from(sent!.bytes!)).toEqual(Buffer.from(bytes));
    // What goes up cannot be read there.
    expect(net.net.transfers).toMatchObject([{ method: "POST", origin: "https://web.whatsapp.com" }]);
  });

  test("is brought up once, however often its message is sent", async () => {
    net.net.losesAcks = true;
    const piece = { media: media({}), key: "one key" };
    const error = channelErrorOf(send(piece));
    await net.net.until(() => net.net.sent.length === 1);
    up.host.clock.advance(30_000);
    expect((await error).sent).toBe("unknown");
    net.net.losesAcks = false;
    await send(piece);
    expect(net.net.transfers).toHaveLength(1);
    expect(net.net.sent).toHaveLength(1);
  });

  test("sound has its text right behind it", async () => {
    const { messageIds } = await send({ media: media({ kind: "voice", mimeType: "audio/ogg" }), text: "listen" });
    expect(net.net.sent.map(({ kind }) => kind)).toEqual(["media", "text"]);
    expect(messageIds).toEqual(net.net.sent.map(({ id }) => `${id}:me`));
  });

  test.each([[500], [302]])("is not sent when the place for files answers %p", async (status) => {
    net.net.fileFault = { status, headers: { location: "http://127.0.0.1:1/elsewhere" } };
    expect(await channelErrorOf(send({ media: media({}) }))).toMatchObject({ kind: "transient", sent: "no" });
    expect(net.net.transfers).toHaveLength(1);
    expect(net.net.sent).toEqual([]);
  });
});

describe("a file that came in", () => {
  const fetched = async (kind: "image" | "video" | "audio" | "voice" | "document" | "sticker") => {
    await net.net.sends("direct", { kind, bytes });
    const event = await up.host.event((one) => one.media !== undefined);
    return event.media![0]!;
  };
  const download = (handle: string, maxBytes = bytes.length) => up.account.download!(handle, maxBytes, never);

  test.each([["image"], ["video"], ["audio"], ["voice"], ["document"], ["sticker"]] as const)(
    "is fetched and opened: %s",
    async (kind) => {
      const file = await fetched(kind);
      expect(file).toMatchObject({ kind, sizeBytes: bytes.length });
      expect(Buffer.from(await download(file.handle))).toEqual(Buffer.from(bytes));
    },
  );

  test.each<[status: number, kind: string]>([
    [404, "rejected"],
    [410, "rejected"],
    [302, "rejected"],
    [429, "transient"],
    [500, "transient"],
  ])("is not there when the answer is %p", async (status, kind) => {
    const { handle } = await fetched("document");
    net.net.fileFault = { status, headers: { location: "http://127.0.0.1:1/elsewhere" } };
    expect((await channelErrorOf(download(handle))).kind as string).toBe(kind);
    expect(net.net.transfers).toHaveLength(1);
  });

  test("is refused when it is not what was sent", async () => {
    const { handle } = await fetched("document");
    const file = JSON.parse(handle);
    const other = Buffer.alloc(32, 9).toString("base64");
    const changed = [{ mediaKey: other }, { sealedSha256: other }, { sha256: other }, { class: "Image" }];
    for (const change of changed) {
      const error = await channelErrorOf(download(JSON.stringify({ ...file, ...change })));
      expect(error.kind).toBe("rejected");
    }
    const { sealedSha256: _one, sha256: _other, ...older } = file;
    expect(Buffer.from(await download(JSON.stringify(older)))).toEqual(Buffer.from(bytes));
  });

  test("is not fetched when it is larger than allowed, whatever the message said", async () => {
    const { handle } = await fetched("document");
    expect((await channelErrorOf(download(handle, bytes.length - 1))).kind).toBe("rejected");
    expect((await channelErrorOf(download("{}"))).kind).toBe("rejected");
  });

  test("threat(T20): is fetched from WhatsApp's place for files, whatever address the sender names", () => {
    const mediaKey = new Uint8Array(32);
    for (const url of [
      "http://169.254.169.254/latest",
      "https://mmg.whatsapp.net.evil.example/x",
      "file:///etc/passwd",
    ]) {
      const handle = handleOf("image", { url, mediaKey });
      expect(handle ?? "").not.toMatch(/169\.254|evil|file:/);
    }
    expect(JSON.parse(handleOf("image", { directPath: "@evil.example/x", url: "", mediaKey })!).path).toBe(
      "@evil.example/x",
    );
  });

  test("threat(T20): a path that would change the host is no handle", async () => {
    const handle = handleOf("image", { directPath: "@evil.example/x", mediaKey: new Uint8Array(32) })!;
    expect((await channelErrorOf(download(handle))).kind).toBe("rejected");
    expect(net.net.transfers).toEqual([]);
  });

  test.each([
    ["mmg.whatsapp.net", true],
    ["media-fra3-1.cdn.whatsapp.net", true],
    ["whatsapp.net.evil.example", false],
    ["evilwhatsapp.net", false],
    ["127.0.0.1", false],
    ["mmg.whatsapp.net:8080", false],
    ["user@mmg.whatsapp.net", false],
  ])("threat(T21): is %p WhatsApp's: %p", (host, expected) => {
    expect(isWhatsApp(host)).toBe(expected);
  });
});
