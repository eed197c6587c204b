/** Envelopes as the daemon writes them, what becomes of each, and how the stream is cut into them. */
import { describe, expect, test } from "bun:test";
import { ChannelError, type ChatRef, type Inbound } from "../../../src/channels/contract.ts";
import { messageId, parseMessageId } from "../../../src/channels/signal/address.ts";
import { convert, type DropReason } from "../../../src/channels/signal/convert.ts";
import { Received } from "../../../src/channels/signal/envelope.ts";
import { EventStream } from "../../../src/channels/signal/event-stream.ts";
import { signal } from "../../../src/channels/signal/index.ts";
import { fetchOf } from "../../../src/channels/signal/media.ts";
import { validator } from "../../../src/lib/validate.ts";

type Json = Record<string, unknown>;
const uuid = "0A0A0A0A-0000-4000-8000-000000000001";
const ours = "0a0a0a0a-0000-4000-8000-0000000000ff";
const facts = { account: "+49309", uuid: ours };
const ada = { source: "+49301", sourceNumber: "+49301", sourceUuid: uuid, sourceName: "Ada" };
const hidden = { source: uuid, sourceUuid: uuid };
const received = validator(Received);

const run = (envelope: Json, around: Json = { account: "+49309" }) => {
  const value = { ...around, envelope: { ...ada, timestamp: 5000, ...envelope } };
  if (!received.check(value)) throw new Error(received.problems(value, 4));
  return convert(value, facts);
};
const eventOf = (envelope: Json): Inbound => {
  const converted = run(envelope);
  if ("drop" in converted) throw new Error(`dropped: ${converted.drop}`);
  return converted.event;
};
const said = (message: Json, from: Json = {}) => eventOf({ ...from, dataMessage: { timestamp: 5000, ...message } });

describe("a message", () => {
  test("has everything an event needs", () => {
    expect(said({ message: "hi" })).toEqual({
      eventId: `${uuid.toLowerCase()}:5000`,
      type: "message",
      chat: { kind: "direct", id: "+49301" },
      sender: { id: "+49301", name: "Ada" },
      messageId: "5000:+49301",
      timeMs: 5000,
      mentionsSelf: false,
      text: "hi",
    });
  });

  test("of somebody whose number is hidden goes by the uuid, and has the same event id", () => {
    const event = said({ message: "hi" }, { source: uuid, sourceNumber: undefined });
    expect(event.sender.id).toBe(`uuid:${uuid.toLowerCase()}`);
    expect(event.chat.id).toBe(event.sender.id);
    expect(event.eventId).toBe(said({ message: "hi" }).eventId);
  });

  test("of a group belongs to the group", () => {
    const event = said({ message: "hi", groupInfo: { groupId: "Abc+/=", groupName: "Tea", type: "DELIVER" } });
    expect(event.chat).toEqual({ kind: "group", id: "Abc+/=", title: "Tea" });
  });

  test.each<[title: string, mentions: Json[], text: string, mentionsSelf: boolean]>([
    ["us by number", [{ name: "Molty", number: "+49309", start: 0, length: 1 }], "@Molty and \uFFFC", true],
    ["us by uuid", [{ uuid: ours, start: 6, length: 1 }], `\uFFFC and @${ours}`, true],
    [
      "two others",
      [
        { name: "A", number: "+1", start: 0, length: 1 },
        { name: "B", number: "+2", start: 6, length: 1 },
      ],
      "@A and @B",
      false,
    ],
    ["a place outside the text", [{ name: "A", start: 90, length: 1 }], "\uFFFC and \uFFFC", false],
  ])("that mentions %s", (_title, mentions, text, mentionsSelf) => {
    expect(said({ message: "\uFFFC and \uFFFC", mentions })).toMatchObject({ text, mentionsSelf });
  });

  test.each<[title: string, quote: Json, expected: Json]>([
    ["ours", { id: 9, authorNumber: "+49309", text: "hm" }, { messageId: "9:+49309", isOfSelf: true, text: "hm" }],
    ["ours, by uuid", { id: 9, authorUuid: ours }, { messageId: "9:+49309", isOfSelf: true }],
    ["ours, from an old daemon", { id: 9, author: "+49309" }, { messageId: "9:+49309", isOfSelf: true }],
    ["another's", { id: 9, authorNumber: "+49301" }, { messageId: "9:+49301", isOfSelf: false }],
    ["nobody's", { id: 9 }, { messageId: "9:unknown", isOfSelf: false }],
  ])("that quotes %s", (_title, quote, expected) => {
    expect(said({ message: "hi", quote }).quote).toEqual(expected as never);
  });

  test.each<[attachment: Json, kind: string]>([
    [{ contentType: "image/jpeg" }, "image"],
    [{ contentType: "video/mp4", filename: "a.mp4" }, "video"],
    [{ contentType: "audio/aac" }, "voice"],
    [{ contentType: "audio/mpeg", filename: "a.mp3" }, "audio"],
    [{ contentType: "application/pdf" }, "document"],
    [{}, "document"],
  ])("with the file %p", (attachment, kind) => {
    const [media] = said({ attachments: [{ id: "f", size: 3, ...attachment }] }).media!;
    expect(media).toMatchObject({ kind, sizeBytes: 3 });
    expect(fetchOf(media!.handle)).toEqual({ method: "getAttachment", params: { id: "f", recipient: "+49301" } });
  });

  test("with a file in a group is fetched through the group, from the hidden through their uuid", () => {
    const attachments = [{ id: "f" }];
    const [inGroup] = said({ attachments, groupInfo: { groupId: "g" } }).media!;
    expect(fetchOf(inGroup!.handle).params).toEqual({ id: "f", groupId: "g" });
    const [direct] = said({ attachments }, { source: uuid, sourceNumber: undefined }).media!;
    expect(fetchOf(direct!.handle).params).toEqual({ id: "f", recipient: uuid.toLowerCase() });
  });

  test("with a sticker, and captions below the text", () => {
    const [media] = said({ sticker: { packId: "p", stickerId: 2 } }).media!;
    expect(fetchOf(media!.handle)).toEqual({ method: "getSticker", params: { packId: "p", stickerId: 2 } });
    expect(said({ message: "a", attachments: [{ id: "f", caption: "b" }] }).text).toBe("a\nb");
  });

  test.each(["", "{}", "[]", '{"id":"f"}', '{"id":"f","path":"/etc"}'])("the handle %p is none", (handle) => {
    expect(() => fetchOf(handle)).toThrow(ChannelError);
  });
});

describe("about a message", () => {
  test("an edit names the first version", () => {
    const event = eventOf({ editMessage: { targetSentTimestamp: 40, dataMessage: { timestamp: 5000, message: "b" } } });
    expect(event).toMatchObject({ type: "edit", messageId: "40:+49301", text: "b", timeMs: 5000 });
  });

  test("a deletion names a message of whoever deletes", () => {
    expect(said({ remoteDelete: { timestamp: 40 } })).toMatchObject({ type: "delete", messageId: "40:+49301" });
  });

  test.each<[reaction: Json, expected: Json]>([
    [{ targetAuthorNumber: "+49309" }, { messageId: "40:+49309", reaction: { emoji: "👍", isRemoved: false } }],
    [{ targetAuthorUuid: uuid, isRemove: true }, { messageId: `40:uuid:${uuid.toLowerCase()}` }],
    [{ targetAuthor: "+49302" }, { messageId: "40:+49302" }],
  ])("a reaction %p names the author too", (reaction, expected) => {
    const event = said({ reaction: { emoji: "👍", targetSentTimestamp: 40, ...reaction } });
    expect(event).toMatchObject({ type: "reaction", ...expected });
  });

  test.each<[id: string, isOne: boolean]>([
    [messageId(40, "+49301"), true],
    [messageId(40, `uuid:${uuid}`), true],
    ["40", false],
    ["0:+49301", false],
    ["x:+49301", false],
    ["40:", false],
  ])("%p as the id of a message", (id, isOne) => {
    if (isOne) expect(messageId(parseMessageId(id).timestamp, parseMessageId(id).author)).toBe(id);
    else expect(() => parseMessageId(id)).toThrow(ChannelError);
  });
});

describe("no event", () => {
  test.each<[drop: DropReason, envelope: Json, around?: Json]>([
    ["for another account", { dataMessage: { timestamp: 1, message: "hi" } }, { account: "+1" }],
    ["could not be decrypted", {}, { exception: { type: "ProtocolNoSessionException" } }],
    ["no sender", { source: undefined, sourceNumber: undefined, sourceUuid: undefined, dataMessage: { timestamp: 1 } }],
    ["own message", { sourceNumber: "+49309", dataMessage: { timestamp: 1, message: "hi" } }],
    ["own message", { ...hidden, sourceNumber: undefined, sourceUuid: ours, dataMessage: { timestamp: 1 } }],
    ["written on another device of ours", { syncMessage: { sentMessage: { message: "hi" } } }],
    ["receipt", { receiptMessage: { isDelivery: true } }],
    ["typing", { typingMessage: { action: "STARTED" } }],
    ["call", { callMessage: {} }],
    ["story", { storyMessage: {} }],
    ["content without text or file", { dataMessage: { timestamp: 1, groupInfo: { groupId: "g", type: "UPDATE" } } }],
    ["content without text or file", { dataMessage: { timestamp: 1, attachments: [{}] } }],
    ["content without text or file", {}],
  ])("%s: %p", (drop, envelope, around = { account: "+49309" }) => {
    expect(run(envelope, around)).toEqual({ drop });
  });
});

describe("the stream of events", () => {
  const text = "event:receive\ndata:{1}\n\n:\n\nevent: receive\ndata: a\ndata:b\n\ndata:c\n\nid:1\n\n";
  const events = [
    { name: "receive", data: "{1}" },
    { name: "receive", data: "a\nb" },
    { name: "message", data: "c" },
  ];

  test.each(["\n", "\r\n", "\r"])("may have %p as its line end, and be cut anywhere", (lineEnd) => {
    const encoded = text.replaceAll("\n", lineEnd);
    for (let at = 0; at <= encoded.length; at++) {
      const stream = new EventStream();
      const pieces = [encoded.slice(0, at), "", encoded.slice(at)];
      expect(pieces.flatMap((piece) => stream.feed(piece))).toEqual(events);
    }
    const stream = new EventStream();
    expect([...encoded].flatMap((char) => stream.feed(char))).toEqual(events);
  });

  test("has a longest event, in one line or in many", () => {
    expect(() => new EventStream().feed(`data:${"x".repeat(5_000_000)}`)).toThrow(RangeError);
    const stream = new EventStream();
    const line = `data:${"x".repeat(1_000_000)}\n`;
    expect(() => Array.from({ length: 6 }, () => stream.feed(line))).toThrow(RangeError);
  });
});

test.each<[text: string, expected: ChatRef | undefined]>([
  ["+4930123456", { kind: "direct", id: "+4930123456" }],
  [" signal:+4930123456 ", { kind: "direct", id: "+4930123456" }],
  [`uuid:${uuid}`, { kind: "direct", id: `uuid:${uuid.toLowerCase()}` }],
  [uuid, { kind: "direct", id: `uuid:${uuid.toLowerCase()}` }],
  ["username:ada.42", { kind: "direct", id: "username:ada.42" }],
  ["group:q83vEjRWeJCrze8SNFZ4kA==", { kind: "group", id: "q83vEjRWeJCrze8SNFZ4kA==" }],
  ["030 123456", undefined],
  ["username:ada", undefined],
  ["group:x", undefined],
  ["ada", undefined],
  ["", undefined],
])("the recipient %p", (text, expected) => {
  expect(signal.parseTarget(text)).toEqual(expected as never);
});
