/** Messages as WhatsApp writes them, and what becomes of each; names of people, chats and messages. */
import { describe, expect, test } from "bun:test";
import { ChannelError, type ChatRef, type Inbound } from "../../../src/channels/contract.ts";
import { convert, type DropReason, type Facts, type Received } from "../../../src/channels/whatsapp/convert.ts";
import {
  encodeMessageId,
  namesOf,
  parseMessageId,
  parseTarget,
  personOf,
} from "../../../src/channels/whatsapp/jids.ts";
import type { proto } from "../../../src/channels/whatsapp/library.ts";

const ada = { phone: "491@s.whatsapp.net", lid: "881@lid" };
const self = { phone: "499@s.whatsapp.net", lid: "889@lid" };
const bob = { phone: "492@s.whatsapp.net", lid: "882@lid" };
const group = "120363000000000001@g.us";
const facts: Facts = {
  self,
  complete: (names) => [ada, self, bob].find(({ phone, lid }) => names.phone === phone || names.lid === lid) ?? names,
  isSent: (id) => id.startsWith("3EB0"),
  title: undefined,
  connectedAtMs: 1_000_000,
  isSelfChat: false,
};

const run = (message: proto.IMessage, from: Partial<Received> = {}, more: Partial<Facts> = {}) => {
  const envelope = { id: "A1", chat: ada.phone, author: ada, isOwn: false, timeMs: 1_000_000, pushName: "Ada" };
  return convert({ ...envelope, message, ...from }, { ...facts, ...more });
};
const eventOf = (...args: Parameters<typeof run>): Inbound => {
  const converted = run(...args);
  if ("drop" in converted) throw new Error(`dropped: ${converted.drop}`);
  return converted.event;
};
const inGroup = { chat: group, participant: ada.phone };

describe("a message", () => {
  test("has everything an event needs", () => {
    expect(eventOf({ conversation: "hi" })).toEqual({
      eventId: "+491/881@lid/A1",
      type: "message",
      chat: { kind: "direct", id: "+491" },
      sender: { id: "+491", altIds: ["881@lid"], name: "Ada" },
      messageId: "A1:+491",
      timeMs: 1_000_000,
      mentionsSelf: false,
      text: "hi",
    });
  });

  test("is the same event whichever name its author goes by", () => {
    const known = eventOf({ conversation: "hi" });
    const first = eventOf({ conversation: "hi" }, { author: { lid: ada.lid }, chat: ada.lid });
    expect(first.eventId).toBe(known.eventId);
  });

  test("of a group belongs to the group, with its name", () => {
    const event = eventOf({ conversation: "hi" }, inGroup, { title: "Tea" });
    expect(event.chat).toEqual({ kind: "group", id: group, title: "Tea" });
    expect(event.sender.id).toBe("+491");
  });

  test("of somebody without a number goes by the linked id", () => {
    const event = eventOf({ conversation: "hi" }, { author: { lid: "77@lid" }, chat: "77@lid" });
    expect(event).toMatchObject({ chat: { id: "77@lid" }, sender: { id: "77@lid" }, messageId: "A1:77@lid" });
    expect(event.sender.altIds).toBeUndefined();
  });

  test.each<[title: string, timeMs: number, expected: true | undefined]>([
    ["written as we connected", 1_000_000, undefined],
    ["written a moment before", 970_000, undefined],
    ["that waited", 969_999, true],
  ])("%s: waited %p", (_title, timeMs, expected) => {
    expect(eventOf({ conversation: "hi" }, { timeMs }).isBacklog).toBe(expected);
  });
});

describe("text", () => {
  const text = (message: proto.IMessage) => eventOf(message).text;
  const wrapped = { conversation: "inside" };

  test.each<[title: string, message: proto.IMessage, expected: string]>([
    ["plain", { conversation: "hi" }, "hi"],
    ["with marks", { extendedTextMessage: { text: "*hi*" } }, "*hi*"],
    ["that disappears", { ephemeralMessage: { message: wrapped } }, "inside"],
    ["shown once", { viewOnceMessageV2: { message: { ephemeralMessage: { message: wrapped } } } }, "inside"],
    [
      "of a place",
      { locationMessage: { degreesLatitude: 1.5, degreesLongitude: -2, name: "Inn", address: "Road 1" } },
      "Location: Inn, Road 1 (1.5, -2)",
    ],
    ["of a point", { locationMessage: { degreesLatitude: 1.5, degreesLongitude: -2 } }, "Location: 1.5, -2"],
    [
      "of a place that moves",
      { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2, caption: "here" } },
      "Live location: here (1, 2)",
    ],
    [
      "of a card",
      {
        contactMessage: {
          displayName: "Eve",
          vcard: "BEGIN:VCARD\r\nitem1.TEL;waid=493:+49 3\r\nTEL;TYPE=cell:+49 4\r\nEND:VCARD",
        },
      },
      "Contact: Eve, +49 3, +49 4",
    ],
    [
      "of cards",
      { contactsArrayMessage: { contacts: [{ displayName: "Eve" }, { displayName: "Mallory" }] } },
      "Contact: Eve\nContact: Mallory",
    ],
    [
      "of a poll",
      { pollCreationMessageV3: { name: "tea?", options: [{ optionName: "yes" }, { optionName: "no" }] } },
      "Poll: tea?\n- yes\n- no",
    ],
    ["of a choice", { buttonsResponseMessage: { selectedDisplayText: "Yes" } }, "Yes"],
    ["of a list", { listResponseMessage: { title: "Second" } }, "Second"],
  ])("%s", (_title, message, expected) => {
    expect(text(message)).toBe(expected);
  });

  test("wrapped without an end is given up", () => {
    const bottomless: proto.IMessage = {};
    bottomless.ephemeralMessage = { message: bottomless };
    expect(run(bottomless)).toEqual({ drop: "nothing to tell" });
  });
});

describe("files", () => {
  const file = { mediaKey: new Uint8Array(32).fill(1), directPath: "/v/x.enc", mimetype: "a/b", fileLength: 12 };

  test.each<[message: proto.IMessage, kind: string]>([
    [{ imageMessage: file }, "image"],
    [{ videoMessage: file }, "video"],
    [{ ptvMessage: file }, "video"],
    [{ audioMessage: file }, "audio"],
    [{ audioMessage: { ...file, ptt: true } }, "voice"],
    [{ documentMessage: { ...file, fileName: "a.txt" } }, "document"],
    [{ stickerMessage: file }, "sticker"],
  ])("of kind %#", (message, kind) => {
    const event = eventOf(message);
    expect(event.media).toMatchObject([{ kind: kind as never, mimeType: "a/b", sizeBytes: 12 }]);
    expect(JSON.parse(event.media![0]!.handle).path).toBe("/v/x.enc");
    expect(event.text).toBeUndefined();
  });

  test("carry their caption, also inside a wrapping", () => {
    const documentMessage = { ...file, caption: "for you", fileName: "a.txt" };
    const event = eventOf({ documentWithCaptionMessage: { message: { documentMessage } } });
    expect(event).toMatchObject({ text: "for you", media: [{ kind: "document", fileName: "a.txt" }] });
  });

  test("that cannot be fetched leave their caption", () => {
    const event = eventOf({ imageMessage: { caption: "only words" } });
    expect(event.text).toBe("only words");
    expect(event.media).toBeUndefined();
    expect(run({ imageMessage: {} })).toEqual({ drop: "nothing to tell" });
  });
});

describe("naming us", () => {
  const said = (text: string, mentionedJid: string[] = []): proto.IMessage => ({
    extendedTextMessage: { text, contextInfo: { mentionedJid } },
  });

  test.each<[title: string, message: proto.IMessage, isSelfChat: boolean, expected: boolean]>([
    ["by number", said("hi", [self.phone]), false, true],
    ["by linked id", said("hi", [self.lid]), false, true],
    ["somebody else", said("hi", [bob.phone]), false, false],
    ["by number in the text", said("hi @499"), false, true],
    ["by a longer number in the text", said("hi @4990"), false, false],
    ["where the number is the owner's own", said("hi @499", [self.phone]), true, false],
  ])("%s", (_title, message, isSelfChat, expected) => {
    expect(eventOf(message, inGroup, { isSelfChat }).mentionsSelf).toBe(expected);
  });
});

describe("a quote", () => {
  const quoting = (participant: string, stanzaId = "B2"): proto.IMessage => ({
    extendedTextMessage: {
      text: "yes",
      contextInfo: { stanzaId, participant, quotedMessage: { conversation: "what?" } },
    },
  });

  test.each<[title: string, participant: string, expected: Inbound["quote"]]>([
    ["of us", self.phone, { messageId: "B2:me", text: "what?", isOfSelf: true }],
    ["of us by linked id", self.lid, { messageId: "B2:me", text: "what?", isOfSelf: true }],
    [
      "of somebody",
      "492:7@s.whatsapp.net",
      { messageId: "B2:+492", text: "what?", isOfSelf: false, senderName: "+492" },
    ],
  ])("%s", (_title, participant, expected) => {
    expect(eventOf(quoting(participant)).quote).toEqual(expected!);
  });

  test("of the owner's own words is not of ours where both are one number", () => {
    const isOfSelf = (id: string) => eventOf(quoting(self.phone, id), inGroup, { isSelfChat: true }).quote?.isOfSelf;
    expect([isOfSelf("B2"), isOfSelf("3EB0AA")]).toEqual([false, true]);
  });
});

describe("what is about a message", () => {
  const edit = (key: proto.IMessageKey): proto.IMessage => ({
    protocolMessage: { key, type: 14, editedMessage: { conversation: "better" } },
  });

  test.each<[title: string, message: proto.IMessage, from: Partial<Received>, expected: Partial<Inbound>]>([
    ["an edit", edit({ id: "B2", fromMe: true }), {}, { type: "edit", messageId: "B2:+491", text: "better" }],
    [
      "an edit in its wrapping",
      { editedMessage: { message: edit({ id: "B2", fromMe: true }) } },
      {},
      { type: "edit", messageId: "B2:+491" },
    ],
    [
      "a deletion",
      { protocolMessage: { key: { id: "B2", fromMe: true }, type: 0 } },
      {},
      { type: "delete", messageId: "B2:+491" },
    ],
    [
      "a deletion by an admin",
      { protocolMessage: { key: { id: "B2", participant: bob.lid }, type: 0 } },
      inGroup,
      { type: "delete", messageId: "B2:+492" },
    ],
    [
      "a reaction to us",
      { reactionMessage: { key: { id: "B2", fromMe: false, remoteJid: self.phone }, text: "👍" } },
      {},
      { type: "reaction", messageId: "B2:me", reaction: { emoji: "👍", isRemoved: false } },
    ],
    [
      "a reaction to us in a group",
      { reactionMessage: { key: { id: "B2", participant: self.lid }, text: "👍" } },
      inGroup,
      { messageId: "B2:me" },
    ],
    [
      "a reaction to somebody",
      { reactionMessage: { key: { id: "B2", participant: bob.phone }, text: "👍" } },
      inGroup,
      { messageId: "B2:+492" },
    ],
    [
      "a reaction to oneself",
      { reactionMessage: { key: { id: "B2", fromMe: true }, text: "👍" } },
      inGroup,
      { messageId: "B2:+491" },
    ],
    [
      "a reaction taken away",
      { reactionMessage: { key: { id: "B2", fromMe: true }, text: "" } },
      {},
      { reaction: { emoji: "", isRemoved: true } },
    ],
  ])("%s", (_title, message, from, expected) => {
    expect(eventOf(message, from)).toMatchObject(expected);
  });
});

describe("what is no event", () => {
  test.each<[title: string, message: proto.IMessage, from: Partial<Received>, drop: DropReason]>([
    ["the owner writes to somebody", { conversation: "hi" }, { author: self, isOwn: true }, "own message"],
    [
      "the owner writes to the own number",
      { conversation: "hi" },
      { author: self, isOwn: true, chat: self.phone },
      "own message",
    ],
    [
      "our own comes back",
      { conversation: "hi" },
      { author: self, isOwn: true, id: "3EB0AA", chat: self.phone },
      "sent by us",
    ],
    ["nobody wrote it", { conversation: "hi" }, { author: {}, chat: group }, "nobody's"],
    ["a status", { conversation: "hi" }, { chat: "status@broadcast" }, "not a chat"],
    ["a newsletter", { conversation: "hi" }, { chat: "120363000000000009@newsletter" }, "not a chat"],
    ["nothing", {}, {}, "nothing to tell"],
    ["an empty text", { conversation: "" }, {}, "nothing to tell"],
    ["a key for a group", { senderKeyDistributionMessage: { groupId: group } }, inGroup, "nothing to tell"],
    ["a timer for a chat", { protocolMessage: { key: { id: "B2" }, type: 3 } }, {}, "nothing to tell"],
    [
      "an edit without a text",
      { protocolMessage: { key: { id: "B2", fromMe: true }, type: 14 } },
      {},
      "nothing to tell",
    ],
    ["a vote", { pollUpdateMessage: {} }, {}, "nothing to tell"],
  ])("%s", (_title, message, from, drop) => {
    expect(run(message, from)).toEqual({ drop });
  });
});

describe("the owner's own number", () => {
  const own = { author: self, isOwn: true, chat: self.phone };

  test("writes to itself: that is input, and never a reason to tell how to be let in", () => {
    const event = eventOf({ conversation: "hi" }, own, { isSelfChat: true });
    expect(event).toMatchObject({ chat: { kind: "direct", id: "+499" }, sender: { id: "+499" }, messageId: "A1:me" });
    expect(event.isBacklog).toBe(true);
    expect(event.sender.isSelf).toBeUndefined();
  });

  test("does not hear its own answers, told by their ids and not by their text", () => {
    const answer = run({ conversation: "hi" }, { ...own, id: "3EB0AA" }, { isSelfChat: true });
    expect(answer).toEqual({ drop: "sent by us" });
  });

  test("writes to others: that is none of our business", () => {
    expect(run({ conversation: "hi" }, { ...own, chat: bob.lid }, { isSelfChat: true })).toEqual({
      drop: "own message",
    });
    expect(run({ conversation: "hi" }, { ...own, chat: group }, { isSelfChat: true })).toEqual({ drop: "own message" });
  });
});

describe("names", () => {
  test.each<[text: string, expected: ChatRef | undefined]>([
    ["+491234567", { kind: "direct", id: "+491234567" }],
    [" whatsapp:+491234567 ", { kind: "direct", id: "+491234567" }],
    ["491234567@s.whatsapp.net", { kind: "direct", id: "+491234567" }],
    ["491234567:12@s.whatsapp.net", { kind: "direct", id: "+491234567" }],
    ["88123456789@lid", { kind: "direct", id: "88123456789@lid" }],
    [group, { kind: "group", id: group }],
    ["4915112345678-1612345678@g.us", { kind: "group", id: "4915112345678-1612345678@g.us" }],
    ["491234567", undefined],
    ["+0491234567", undefined],
    ["+49 123 4567", undefined],
    ["status@broadcast", undefined],
    ["120363000000000009@newsletter", undefined],
    ["x@g.us", undefined],
    ["evil@s.whatsapp.net", undefined],
    ["@lid", undefined],
    ["", undefined],
  ])("%p as a recipient", (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  test.each<[id: string]>([["me"], ["A1:"], ["A1:you"], [":me"], ["A 1:me"], [`${"A".repeat(129)}:me`], ["A1:x@g.us"]])(
    "%p is not the id of a message",
    (id) => {
      expect(() => parseMessageId(id)).toThrow(ChannelError);
    },
  );

  test("of a message hold what it is called and who wrote it", () => {
    const person = personOf(namesOf("881:3@lid", "4912345:7@s.whatsapp.net"))!;
    expect(person).toEqual({ id: "+4912345", altIds: ["881@lid"] });
    expect(parseMessageId(encodeMessageId("A1", person))).toEqual({ id: "A1", author: "4912345@s.whatsapp.net" });
    expect(parseMessageId(encodeMessageId("A1", "self"))).toEqual({ id: "A1", author: undefined });
  });
});
