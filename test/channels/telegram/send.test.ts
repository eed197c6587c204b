/** What goes out, as the Bot API sees it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChatRef, OutboundMedia } from "../../../src/channels/contract.ts";
import { chats } from "../../standins/telegram.ts";
import { channelErrorOf, outbound, type Running, startConnected } from "../contract.ts";
import { openTelegram, type TelegramHarness } from "./harness.ts";

const never = new AbortController().signal;
const ada: ChatRef = { kind: "direct", id: String(chats.ada) };
const topic = (threadId: string): ChatRef => ({ kind: "group", id: String(chats.forum), threadId });

let net: TelegramHarness;
let up: Running;

beforeEach(async () => {
  net = await openTelegram();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const payloads = (method: string) => net.net.callsOf(method).map(({ payload }) => payload);

test("text goes as HTML, and the message it answers may be gone", async () => {
  await up.account.send(outbound(ada, { text: "<b>5 &lt; 6</b>", replyTo: "77" }), never);
  expect(payloads("sendMessage")).toEqual([
    {
      chat_id: chats.ada,
      text: "<b>5 &lt; 6</b>",
      parse_mode: "HTML",
      reply_parameters: { message_id: 77, allow_sending_without_reply: true },
    },
  ]);
});

test("markup the network cannot read is sent once more as plain text", async () => {
  const sent = await up.account.send(outbound(ada, { text: "<marquee>5 < 6", plainText: "5 < 6" }), never);
  expect(sent.messageIds).toHaveLength(1);
  expect(payloads("sendMessage")).toEqual([
    { chat_id: chats.ada, text: "<marquee>5 < 6", parse_mode: "HTML" },
    { chat_id: chats.ada, text: "5 < 6" },
  ]);
});

test("plain text that is refused as well is not tried a third time", async () => {
  const refusal = { status: 400, description: "Bad Request: can't parse entities: whatever" };
  net.net.fail("sendMessage", refusal, 5);
  expect(await channelErrorOf(up.account.send(outbound(ada, { text: "x" }), never))).toMatchObject({
    kind: "rejected",
    sent: "no",
  });
  expect(payloads("sendMessage")).toHaveLength(2);
});

test("a caption that cannot be read is sent plain with the same file", async () => {
  const media = { kind: "image", mimeType: "image/png", fileName: "a.png", bytes: new Uint8Array([1, 2]) } as const;
  await up.account.send(outbound(ada, { media, text: "<b>open", plainText: "open" }), never);
  const calls = net.net.callsOf("sendPhoto");
  expect(calls.map(({ payload }) => payload["caption"])).toEqual(["<b>open", "open"]);
  expect([...calls[1]!.files["photo"]!.bytes]).toEqual([1, 2]);
});

describe("topics", () => {
  test("a topic is kept, for files too", async () => {
    const media = { kind: "document", mimeType: "text/plain", fileName: "a", bytes: new Uint8Array(1) } as const;
    await up.account.send(outbound(topic("42"), { text: "x" }), never);
    await up.account.send(outbound(topic("42"), { media }), never);
    expect(payloads("sendMessage")[0]).toMatchObject({ message_thread_id: 42 });
    expect(payloads("sendDocument")[0]).toMatchObject({ message_thread_id: 42 });
  });

  test("the general topic is named for typing only", async () => {
    await up.account.send(outbound(topic("1"), { text: "x" }), never);
    await up.account.typing!(topic("1"), never);
    expect(payloads("sendMessage")[0]).not.toHaveProperty("message_thread_id");
    expect(payloads("sendChatAction")[0]).toMatchObject({ message_thread_id: 1 });
  });
});

describe("files", () => {
  test.each<[kind: OutboundMedia["kind"], mimeType: string, method: string]>([
    ["image", "image/jpeg", "sendPhoto"],
    ["image", "image/gif", "sendAnimation"],
    ["image", "image/svg+xml", "sendDocument"],
    ["audio", "audio/mpeg", "sendAudio"],
    ["audio", "audio/flac", "sendDocument"],
    ["voice", "audio/ogg; codecs=opus", "sendVoice"],
    ["voice", "audio/wav", "sendDocument"],
    ["video", "video/mp4", "sendVideo"],
    ["video", "video/webm", "sendDocument"],
    ["document", "image/png", "sendDocument"],
  ])("%s of type %s goes by %s", async (kind, mimeType, method) => {
    const media = { kind, mimeType, fileName: "file.bin", bytes: new Uint8Array([7]) };
    await up.account.send(outbound(ada, { media }), never);
    expect(net.net.calls.filter(({ files }) => Object.keys(files).length > 0).map((call) => call.method)).toEqual([
      method,
    ]);
  });

  test("a picture refused as a picture goes as a document", async () => {
    net.net.fail("sendPhoto", { status: 400, description: "Bad Request: PHOTO_INVALID_DIMENSIONS" });
    const media = { kind: "image", mimeType: "image/png", fileName: "wide.png", bytes: new Uint8Array([1]) } as const;
    await up.account.send(outbound(ada, { media, text: "wide" }), never);
    expect(payloads("sendDocument")).toMatchObject([{ caption: "wide" }]);
  });

  test.each([
    ['a";name="chat_id', "a___name=_chat_id"],
    ["a\r\nx: y.txt", "a_x: y.txt"],
    ["../../etc/passwd", ".._.._etc_passwd"],
    ["", "file"],
    ["Übersicht 1.txt", "Übersicht 1.txt"],
  ])("the name %p cannot leave its place in the request", async (fileName, seen) => {
    const media = { kind: "document", mimeType: "text/plain", fileName, bytes: new Uint8Array([1]) } as const;
    await up.account.send(outbound(ada, { media }), never);
    const [call] = net.net.callsOf("sendDocument");
    expect(call!.files["document"]!.fileName.replaceAll(/_+/g, "_")).toBe(seen.replaceAll(/_+/g, "_"));
    expect(call!.payload["chat_id"]).toBe(chats.ada);
  });

  test("a path outside the file route is not fetched", async () => {
    for (const file_path of [
      "/var/lib/bot/secret",
      "../bot1:x/getMe",
      "a//b",
      "photos/a?x=1",
      "http://other.example/x",
    ]) {
      net.net.answer("getFile", { file_id: "f", file_unique_id: "f", file_path });
      const error = await channelErrorOf(up.account.download!("f", 100, never));
      expect(error).toMatchObject({ kind: "rejected", sent: "no" });
    }
  });

  test("a size the network does not tell is found out while reading", async () => {
    const id = net.net.user(chats.ada).sends("document", new Uint8Array(2000));
    const event = await up.host.event(({ messageId }) => messageId === String(id));
    const handle = event.media![0]!.handle;
    net.net.answer("getFile", { file_id: handle, file_unique_id: handle, file_path: `files/${handle}` });
    expect(await channelErrorOf(up.account.download!(handle, 1999, never))).toMatchObject({ kind: "rejected" });
  });
});

describe("after sending", () => {
  test("an edit to the same text and a removal of what is gone succeed", async () => {
    const { messageIds } = await up.account.send(outbound(ada, { text: "same" }), never);
    const target = { chat: ada, id: messageIds[0]! };
    await up.account.edit!(target, outbound(ada, { text: "same" }), never);
    await up.account.remove!(target, never);
    await up.account.remove!(target, never);
    expect(payloads("deleteMessage")).toHaveLength(2);
  });

  test("a reaction loses the mark for colour; an empty one is taken away; an unknown one is refused", async () => {
    const target = { chat: ada, id: String(net.net.user(chats.ada).says("x")) };
    await up.account.react!(target, "❤️", never);
    await up.account.react!(target, "", never);
    expect(payloads("setMessageReaction").map(({ reaction }) => reaction)).toEqual([
      [{ type: "emoji", emoji: "❤" }],
      [],
    ]);
    expect((await channelErrorOf(up.account.react!(target, "🦞", never))).kind).toBe("rejected");
  });
});

describe("polls", () => {
  test.each<[title: string, rest: object, expected: object]>([
    ["of one answer", {}, {}],
    ["of several", { maxSelections: 2 }, { allows_multiple_answers: true }],
    ["for a while", { durationMs: 90_400 }, { open_period: 90 }],
    ["for a moment", { durationMs: 1 }, { open_period: 5 }],
    ["for ever", { durationMs: 1e12 }, { open_period: 2_628_000 }],
  ])("%s", async (_title, rest, expected) => {
    const poll = { question: "Tea?", options: ["yes", "no"], maxSelections: 1, ...rest };
    await up.account.send(outbound(topic("42"), { poll, isSilent: true, replyTo: "7" }), never);
    expect(payloads("sendPoll")).toEqual([
      {
        chat_id: chats.forum,
        message_thread_id: 42,
        disable_notification: true,
        reply_parameters: { message_id: 7, allow_sending_without_reply: true },
        question: "Tea?",
        options: [{ text: "yes" }, { text: "no" }],
        ...expected,
      },
    ]);
  });

  test("the network does not take are refused, and a lost answer leaves the outcome open", async () => {
    const poll = { question: "x".repeat(301), options: ["yes", "no"], maxSelections: 1 };
    expect(await channelErrorOf(up.account.send(outbound(ada, { poll }), never))).toMatchObject({ kind: "rejected" });
    net.net.fail("sendPoll", "reset");
    const short = outbound(ada, { poll: { ...poll, question: "Tea?" } });
    expect(await channelErrorOf(up.account.send(short, never))).toMatchObject({ kind: "transient", sent: "unknown" });
  });
});

describe("buttons", () => {
  const buttons = [[{ label: "Yes", value: "y" }], [], [{ label: "No", value: "n" }]];
  const keyboard = {
    inline_keyboard: [[{ text: "Yes", callback_data: "y" }], [{ text: "No", callback_data: "n" }]],
  };

  test("go below a text, a file and a changed text, in rows that are not empty", async () => {
    const media = { kind: "document", mimeType: "text/plain", fileName: "a", bytes: new Uint8Array(1) } as const;
    const { messageIds } = await up.account.send(outbound(ada, { text: "x", buttons }), never);
    await up.account.send(outbound(ada, { media, buttons }), never);
    await up.account.edit!({ chat: ada, id: messageIds[0]! }, outbound(ada, { text: "y", buttons }), never);
    for (const method of ["sendMessage", "sendDocument", "editMessageText"])
      expect(payloads(method)[0]).toMatchObject({ reply_markup: keyboard });
  });

  test("stay when the markup of the text cannot be read", async () => {
    await up.account.send(outbound(ada, { text: "<marquee>x", plainText: "x", buttons }), never);
    expect(payloads("sendMessage")[1]).toEqual({ chat_id: chats.ada, text: "x", reply_markup: keyboard });
  });
});

test.each<[isSilent: boolean | undefined, expected: boolean]>([
  [true, true],
  [false, false],
  [undefined, false],
])("silent: %p", async (isSilent, expected) => {
  await up.account.send(outbound(ada, { text: "x", ...(isSilent === undefined ? {} : { isSilent }) }), never);
  expect("disable_notification" in payloads("sendMessage")[0]!).toBe(expected);
});
