/** Envelopes to events, without a network. */
import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../../src/channels/contract.ts";
import { convert, type Facts } from "../../../src/channels/slack/convert.ts";
import { emojiName, emojiOf } from "../../../src/channels/slack/emoji.ts";
import { slack } from "../../../src/channels/slack/index.ts";
import { readText } from "../../../src/channels/slack/text.ts";

type Json = Record<string, unknown>;

const facts: Facts = {
  selfUserId: "UBOT",
  selfBotId: "BBOT",
  username: "molty",
  chatOf: (id) =>
    id.startsWith("D") ? { kind: "direct" } : id === "CFEW" ? { kind: "group" } : { kind: "channel", title: "general" },
  takesPart: (chatId, threadId) => chatId === "C1" && threadId === "7.000001",
  nameOf: (id) => (id === "UADA" ? "Ada" : undefined),
};

const base = { type: "message", channel: "C1", user: "UADA", text: "hi", ts: "1768478400.000100" };
const event = (rest: Json) =>
  convert({ type: "events_api", payload: { event_id: "Ev1", event: { ...base, ...rest } } }, facts);

describe("an event", () => {
  test.each<[title: string, event: Json, expected: Json]>([
    ["has who, where and when", {}, { eventId: "C1:1768478400.000100", type: "message", timeMs: 1_768_478_400_000 }],
    ["has names where they are known", {}, { sender: { id: "UADA", name: "Ada" }, chat: { title: "general" } }],
    ["of a direct chat", { channel: "D1" }, { chat: { kind: "direct", id: "D1" } }],
    ["of some people", { channel: "CFEW" }, { chat: { kind: "group", id: "CFEW" } }],
    ["that names us", { text: "<@UBOT> hi" }, { mentionsSelf: true, text: "@molty hi" }],
    ["that names somebody else", { text: "<@UBOTTOM> hi" }, { mentionsSelf: false, text: "<@UBOTTOM> hi" }],
    ["in which somebody typed a mention", { text: "&lt;@UBOT&gt;" }, { mentionsSelf: false, text: "<@UBOT>" }],
    ["of a thread of ours", { thread_ts: "1.000001", parent_user_id: "UBOT" }, { quote: { isOfSelf: true } }],
    [
      "of a thread of another",
      { thread_ts: "1.000001", parent_user_id: "UADA" },
      { chat: { threadId: "1.000001" }, quote: { messageId: "1.000001", isOfSelf: false, senderName: "Ada" } },
    ],
    ["of a thread we write in", { thread_ts: "7.000001", parent_user_id: "UADA" }, { mentionsSelf: true }],
    ["of a thread elsewhere", { thread_ts: "7.000001", channel: "C2" }, { mentionsSelf: false }],
    ["of a bot", { bot_id: "B2", user: "U2" }, { sender: { id: "U2", isBot: true } }],
    ["of an old integration", { subtype: "bot_message", user: undefined, bot_id: "B2" }, { sender: { id: "B2" } }],
    ["of ourselves", { user: "UBOT", bot_id: "BBOT" }, { sender: { isSelf: true, isBot: true } }],
    ["of ourselves under another name", { user: undefined, bot_id: "BBOT" }, { sender: { isSelf: true } }],
    [
      "with a picture",
      { subtype: "file_share", text: "", files: [{ id: "F1", mimetype: "image/png", size: 5, name: "a.png" }] },
      { media: [{ kind: "image", handle: "F1", mimeType: "image/png", sizeBytes: 5, fileName: "a.png" }] },
    ],
    [
      "with something recorded",
      { files: [{ id: "F1", mimetype: "video/mp4", subtype: "slack_audio" }] },
      { media: [{ kind: "voice" }] },
    ],
    [
      "that changes a text",
      {
        subtype: "message_changed",
        message: { ...base, text: "ho", edited: { ts: "1768478500.000000" } },
        previous_message: base,
      },
      { type: "edit", eventId: "Ev1", messageId: base.ts, text: "ho", timeMs: 1_768_478_500_000 },
    ],
    [
      "that deletes",
      { subtype: "message_deleted", deleted_ts: "9.000001", previous_message: base, user: undefined },
      { type: "delete", eventId: "Ev1", messageId: "9.000001", sender: { id: "UADA" } },
    ],
    [
      "that leaves a thread without its beginning",
      { subtype: "message_changed", message: { ...base, subtype: "tombstone" }, previous_message: base },
      { type: "delete", messageId: base.ts },
    ],
    [
      "that takes a reaction away",
      { type: "reaction_removed", reaction: "heart", item: { type: "message", channel: "C1", ts: "9.000001" } },
      { type: "reaction", messageId: "9.000001", reaction: { emoji: "❤", isRemoved: true } },
    ],
  ])("%s", (_title, given, expected) => {
    const converted = event(given) as { event: Inbound };
    expect(converted.event).toMatchObject(expected);
  });

  test("told as a mention is the same as told as a message", () => {
    const named = { text: "<@UBOT> hi", thread_ts: "1.000001", parent_user_id: "UADA" };
    expect(event({ ...named, type: "app_mention" })).toEqual(event({ ...named, channel_type: "channel" }));
  });

  test("of a message that began a thread is in no thread", () => {
    const converted = event({ thread_ts: base.ts }) as { event: Inbound };
    expect(converted.event.chat).not.toHaveProperty("threadId");
  });

  test.each<[event: Json, drop: string]>([
    [{ type: "channel_rename" }, "kind not asked for"],
    [{ subtype: "channel_join" }, "service message"],
    [{ user: undefined }, "no sender"],
    [{ channel: undefined }, "no chat"],
    [{ text: "" }, "content without text or file"],
    [{ text: "", files: [{ id: "F1", mode: "tombstone" }] }, "content without text or file"],
    [{ text: "", files: "nonsense" }, "content without text or file"],
    [{ subtype: "message_changed", message: base, previous_message: base }, "nothing a person changed"],
    [
      { type: "reaction_added", reaction: "x", item: { type: "file", file: "F1" } },
      "reaction to something else than a message",
    ],
  ])("%j is dropped", (given, drop) => {
    expect(event(given)).toEqual({ drop } as ReturnType<typeof event>);
  });
});

describe("a press", () => {
  const press = (action: Json) => ({
    type: "interactive",
    payload: {
      type: "block_actions",
      user: { id: "UADA", username: "ada" },
      channel: { id: "C1" },
      container: { message_ts: "9.000001" },
      message: { ts: "9.000001", thread_ts: "8.000001" },
      actions: [{ type: "button", action_id: "go", value: "yes", action_ts: "10.000001", ...action }],
    },
  });

  test("tells the value, and where", () => {
    expect(convert(press({}), facts)).toEqual({
      event: {
        eventId: "C1:9.000001:go:10.000001",
        type: "button",
        chat: { kind: "channel", id: "C1", threadId: "8.000001", title: "general" },
        sender: { id: "UADA", name: "Ada", username: "ada" },
        messageId: "9.000001",
        timeMs: 10_000,
        button: "yes",
      },
    });
  });

  test.each<[title: string, action: Json]>([
    ["without a value", { value: undefined }],
    ["of something else than a button", { type: "static_select" }],
  ])("%s is dropped", (_title, action) => {
    expect(convert(press(action), facts)).toEqual({ drop: "button without a value" });
  });

  test.each([["slash_commands"], ["something new"]])("an envelope of type %s is dropped", (type) => {
    expect(convert({ type, payload: {} }, facts)).toEqual({ drop: "kind not asked for" });
  });
});

test.each([
  ["a &amp; b &lt;c&gt;", "a & b <c>"],
  ["&amp;lt;", "&lt;"],
  ["<https://example.org/x>", "https://example.org/x"],
  ["<https://example.org/x|the page>", "the page (https://example.org/x)"],
  ["<http://example.org|example.org>", "http://example.org"],
  ["<mailto:a@example.org|a@example.org>", "a@example.org"],
  ["<#C1|general>", "#general"],
  ["<!here>", "@here"],
  ["<!subteam^S1|@team>", "@team"],
  ["<@UBOT|molty>: hi", "@molty: hi"],
])("%s reads %s", (text, expected) => {
  expect(readText(text, facts)).toBe(expected);
});

test.each([
  ["👍", "+1"],
  ["👍🏽", "+1"],
  ["❤️", "heart"],
  [":partyparrot:", "partyparrot"],
  ["eyes", "eyes"],
  ["🪿", undefined],
])("the name of %s is %p", (emoji, name) => {
  expect(emojiName(emoji)).toBe(name);
});

test.each([
  ["+1", "👍"],
  ["thumbsup::skin-tone-3", "👍"],
  ["partyparrot", ":partyparrot:"],
])("%s is %s", (name, emoji) => {
  expect(emojiOf(name)).toBe(emoji);
});

test.each([
  ["channel:C0GENERAL", { kind: "channel", id: "C0GENERAL" }],
  ["C0GENERAL", { kind: "channel", id: "C0GENERAL" }],
  ["C0GENERAL:thread:1768478400.000100", { kind: "channel", id: "C0GENERAL", threadId: "1768478400.000100" }],
  ["user:U0ADA0001", { kind: "direct", id: "U0ADA0001" }],
  ["D0ADA0001", { kind: "direct", id: "D0ADA0001" }],
  ["#general", undefined],
  ["channel:U0ADA0001", undefined],
  ["c0general", undefined],
  ["C0GENERAL:thread:now", undefined],
] as const)("as a recipient %s is %j", (text, expected) => {
  expect(slack.parseTarget(text)).toEqual(expected);
});
