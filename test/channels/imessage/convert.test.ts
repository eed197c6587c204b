/** Rows to events, without a process. */
import { describe, expect, test } from "bun:test";
import { parseAbilities, recallAbilities } from "../../../src/channels/imessage/abilities.ts";
import { destinationOf, handleOf } from "../../../src/channels/imessage/address.ts";
import { convert, type DropReason, type Facts } from "../../../src/channels/imessage/convert.ts";
import { imessage } from "../../../src/channels/imessage/index.ts";
import type { Row } from "../../../src/channels/imessage/row.ts";

const facts: Facts = { isOwn: (guid) => guid === "OURS", connectedAtMs: Date.UTC(2026, 0, 15, 12), hasMedia: true };
const base: Row = {
  id: 7,
  guid: "GUID",
  chat_id: 3,
  chat_guid: "iMessage;-;+4930111111",
  chat_identifier: "+4930111111",
  is_group: false,
  sender: "+4930111111",
  is_from_me: false,
  text: "hi",
  created_at: "2026-01-15T12:00:01.000Z",
};
const inGroup = { is_group: true, chat_guid: "iMessage;+;chat9", chat_identifier: "chat9", chat_name: "Tea" };
const run = (rest: Partial<Row>, more: Partial<Facts> = {}) => convert({ ...base, ...rest }, { ...facts, ...more });
const eventOf = (rest: Partial<Row>, more: Partial<Facts> = {}) => {
  const converted = run(rest, more);
  if ("drop" in converted) throw new Error(`dropped: ${converted.drop}`);
  return converted.event;
};

test("a direct message has all of this and nothing else", () => {
  expect(eventOf({ sender_name: "Ada" })).toEqual({
    eventId: "GUID",
    type: "message",
    chat: { kind: "direct", id: "+4930111111" },
    sender: { id: "+4930111111", name: "Ada" },
    messageId: "GUID",
    timeMs: Date.UTC(2026, 0, 15, 12, 0, 1),
    text: "hi",
    mentionsSelf: false,
  });
});

describe("a message", () => {
  test.each<[title: string, row: Partial<Row>, expected: object]>([
    ["of a group", inGroup, { chat: { kind: "group", id: "chat_id:3", title: "Tea" } }],
    ["of a group that only its guid shows", { ...inGroup, is_group: null }, { chat: { kind: "group" } }],
    [
      "of an address",
      { sender: "Ada@Example.org" },
      { chat: { id: "ada@example.org" }, sender: { id: "ada@example.org" } },
    ],
    ["of a number with blanks", { sender: "+49 30 11 11 11" }, { sender: { id: "+4930111111" } }],
    ["that waited", { created_at: "2026-01-15T11:59:59Z" }, { isBacklog: true }],
    ["without a time", { created_at: "yesterday" }, { timeMs: facts.connectedAtMs }],
    [
      "that answers one of ours",
      { reply_to_guid: "OURS", reply_to_text: "old" },
      { quote: { messageId: "OURS", text: "old", isOfSelf: true }, mentionsSelf: true },
    ],
    [
      "that answers a part of another",
      { thread_originator_guid: "p:0/THEIRS", reply_to_sender: "Bob@example.org" },
      { quote: { messageId: "THEIRS", isOfSelf: false, senderName: "bob@example.org" }, mentionsSelf: false },
    ],
    ["as older versions tell it", { reply_to_id: 12 }, { quote: { messageId: "12" } }],
    [
      "with a poll",
      { text: "", poll: { kind: "created", question: "Tea?", options: [{ text: "Yes" }, { text: "No" }] } },
      { text: "Poll: Tea?\n- Yes\n- No" },
    ],
    [
      "with a file",
      {
        text: "\uFFFCfor you",
        attachments: [
          { original_path: "/a/b/IMG 1.HEIC", transfer_name: "IMG 1.HEIC", mime_type: "image/heic", total_bytes: 9 },
        ],
      },
      {
        text: "for you",
        media: [
          {
            kind: "image",
            handle: '{"path":"/a/b/IMG 1.HEIC","sizeBytes":9}',
            mimeType: "image/heic",
            sizeBytes: 9,
            fileName: "IMG 1.HEIC",
          },
        ],
      },
    ],
    [
      "with something recorded",
      { text: "\uFFFC", attachments: [{ original_path: "/a/Audio Message.caf", uti: "com.apple.coreaudio-format" }] },
      { media: [{ kind: "voice" }] },
    ],
    [
      "with a sticker",
      { attachments: [{ original_path: "/a/s", is_sticker: true }] },
      { media: [{ kind: "sticker" }] },
    ],
    [
      "with a song",
      { attachments: [{ original_path: "/a/s", mime_type: "audio/mpeg" }] },
      { media: [{ kind: "audio" }] },
    ],
    ["with anything", { attachments: [{ original_path: "/a/s" }] }, { media: [{ kind: "document" }] }],
  ])("%s", (_title, row, expected) => {
    expect(eventOf(row)).toMatchObject(expected);
  });

  test("has no file where files are not passed on, but what kind came", () => {
    const files = {
      text: "\uFFFC\uFFFC",
      attachments: [{ original_path: "/a", mime_type: "image/png" }, { original_path: "/b" }],
    };
    const event = eventOf(files, { hasMedia: false });
    expect(event.text).toBe("<media:image> <media:document>");
    expect(event).not.toHaveProperty("media");
    expect(eventOf({ ...files, text: "look\uFFFC" }, { hasMedia: false }).text).toBe("look");
  });

  test("has no file that is gone, and none that a link shows", () => {
    const attachments = [
      { original_path: "/a", missing: true },
      { original_path: "" },
      { original_path: "/x.pluginPayloadAttachment" },
    ];
    expect(eventOf({ attachments })).not.toHaveProperty("media");
  });
});

test.each<[title: string, row: Partial<Row>, expected: object]>([
  ["a classic one", { reaction_type: "love" }, { emoji: "❤️", isRemoved: false }],
  ["an emoji", { reaction_type: "custom", reaction_emoji: "🎉" }, { emoji: "🎉", isRemoved: false }],
  ["one taken away", { reaction_type: "like", is_reaction_add: false }, { emoji: "👍", isRemoved: true }],
])("a reaction: %s", (_title, row, reaction) => {
  const event = eventOf({ text: "", is_reaction: true, reacted_to_guid: "p:0/THAT", ...row });
  expect(event).toMatchObject({ type: "reaction", messageId: "THAT", eventId: "GUID", reaction });
});

test.each<[drop: DropReason, row: Partial<Row>]>([
  ["own message", { is_from_me: true, sender: "" }],
  ["no sender", { sender: "" }],
  ["no sender", { sender: null }],
  ["no chat", { ...inGroup, chat_id: 0 }],
  ["no id", { guid: "" }],
  ["reaction without emoji", { is_reaction: true, reacted_to_guid: "THAT" }],
  ["reaction without emoji", { is_reaction: true, reaction_type: "like" }],
  ["content without text or file", { text: "" }],
  ["content without text or file", { text: "", poll: { kind: "vote" } }],
])("dropped: %s", (drop, row) => {
  expect(run(row)).toEqual({ drop });
});

test.each<[text: string, expected: object | undefined]>([
  ["+4930111111", { kind: "direct", id: "+4930111111" }],
  ["+49 (30) 11 11-11", { kind: "direct", id: "+4930111111" }],
  ["imessage:+4930111111", { kind: "direct", id: "+4930111111" }],
  ["SMS:+4930111111", { kind: "direct", id: "+4930111111" }],
  ["auto:Ada@Example.org", { kind: "direct", id: "ada@example.org" }],
  ["Ada@Example.org", { kind: "direct", id: "ada@example.org" }],
  ["sms:12345", { kind: "direct", id: "12345" }],
  ["12345", undefined],
  ["chat_id:42", { kind: "group", id: "chat_id:42" }],
  ["CHAT_ID: 42", { kind: "group", id: "chat_id:42" }],
  ["chat_id:0", undefined],
  ["chat_id:4x", undefined],
  ["chat_guid:iMessage;+;chat9", { kind: "group", id: "chat_guid:iMessage;+;chat9" }],
  ["chat_guid:iMessage;-;+4930111111", { kind: "direct", id: "+4930111111" }],
  ["chat_identifier:chat9", { kind: "group", id: "chat_identifier:chat9" }],
  ["ada", undefined],
  ["imessage:", undefined],
  ["", undefined],
])("as a recipient %p is %j", (text, expected) => {
  expect(imessage.parseTarget(text)).toEqual(expected as never);
});

test.each<[id: string, kind: "direct" | "group", expected: Record<string, unknown>, onBridge: Record<string, unknown>]>(
  [
    ["+4930111111", "direct", { to: "+4930111111" }, { chat_identifier: "+4930111111" }],
    ["chat_id:42", "group", { chat_id: 42 }, { chat_id: 42 }],
    ["chat_guid:iMessage;+;chat9", "group", { chat_guid: "iMessage;+;chat9" }, { chat_guid: "iMessage;+;chat9" }],
    ["chat_identifier:chat9", "group", { chat_identifier: "chat9" }, { chat_identifier: "chat9" }],
  ],
)("a call for %s names it", (id, kind, expected, onBridge) => {
  expect(destinationOf({ kind, id })).toEqual(expected);
  expect(destinationOf({ kind, id }, true)).toEqual(onBridge);
});

test.each([
  ["tel:+49-30-1", "+49301"],
  ["mailto:A@B.C", "a@b.c"],
  [" 12345 ", "12345"],
])("the handle %p is %p", (text, expected) => {
  expect(handleOf(text)).toBe(expected);
});

describe("what imsg can do", () => {
  const told = {
    advanced_features: true,
    typing_indicators: true,
    read_receipts: true,
    v2_ready: true,
    selectors: { sendReaction: true, editMessage: true, retractMessagePart: true, sendMessage: true },
    rpc_methods: ["typing", "read", "tapback", "message.edit", "message.unsend", "send.rich"],
  };
  test.each<[title: string, change: object, expected: string]>([
    ["all of it", {}, "typing read react edit remove reply"],
    ["nothing without the bridge", { advanced_features: false }, ""],
    ["the old bridge", { v2_ready: false }, "typing read"],
    ["a Messages that lacks something", { selectors: { sendReaction: true } }, "typing read react"],
    ["methods it does not have", { rpc_methods: ["typing"] }, "typing"],
    ["no marks", { typing_indicators: false, read_receipts: false }, "react edit remove reply"],
    ["another answer", { rpc_methods: "typing" }, ""],
  ])("%s", (_title, change, expected) => {
    const names = parseAbilities(`${JSON.stringify({ ...told, ...change })}\n`);
    expect(names.join(" ")).toBe(expected);
    expect(recallAbilities(expected)).toEqual(names);
  });

  test("nothing where it says something else", () => {
    expect(parseAbilities("imsg Status Report")).toEqual([]);
    expect(recallAbilities(undefined)).toEqual([]);
  });
});

test.each<[config: object, expected: string | undefined]>([
  [{}, undefined],
  [{ cliPath: "/opt/homebrew/bin/imsg" }, undefined],
  [{ cliPath: "~/bin/imsg-over-ssh", remoteHost: "me@mac.local", dbPath: "~/chat.db" }, undefined],
  [{ cliPath: "bin/imsg" }, "cliPath"],
  [{ cliPath: "ssh -T mac imsg" }, "cliPath"],
  [{ dbPath: "chat.db" }, "dbPath"],
  [{ remoteHost: "-oProxyCommand=touch" }, "remoteHost"],
  [{ remoteHost: "me@mac;ls" }, "remoteHost"],
])("what is missing in %j", (config, expected) => {
  const missing = imessage.missing(config, {});
  if (expected === undefined) expect(missing).toBeUndefined();
  else expect(missing).toContain(expected);
});

test("groups that older files name by a bare number keep their settings", () => {
  const section = { groups: { "42": { requireMention: false }, "chat_id:7": {}, "*": {} }, service: "sms" };
  expect(imessage.modernize!(section)).toEqual({
    groups: { "chat_id:42": { requireMention: false }, "chat_id:7": {}, "*": {} },
    service: "sms",
  });
  expect(imessage.modernize!({ service: "sms" })).toEqual({ service: "sms" });
});
