/** Updates as the Bot API documents them, and what becomes of each. */
import { describe, expect, test } from "bun:test";
import type { Update } from "grammy/types";
import type { Inbound } from "../../../src/channels/contract.ts";
import { convert, type DropReason } from "../../../src/channels/telegram/convert.ts";
import { telegram } from "../../../src/channels/telegram/index.ts";

const facts = { selfId: 99, username: "Molty_Bot", nowMs: 1_700_000_000_000 };
const ada = { id: 7, is_bot: false, first_name: "Ada", last_name: "L", username: "ada" };
const molty = { id: 99, is_bot: true, first_name: "Molty", username: "Molty_Bot" };
const direct = { id: 7, type: "private", first_name: "Ada" };
const group = { id: -100, type: "supergroup", title: "Tea" };
const forum = { ...group, is_forum: true };

type Json = Record<string, unknown>;
const update = (rest: Json) => ({ update_id: 5, ...rest }) as unknown as Update;
const message = (rest: Json) => ({ message_id: 3, date: 1000, from: ada, chat: direct, ...rest });
const run = (rest: Json) => convert(update(rest), facts);
const eventOf = (rest: Json): Inbound => {
  const converted = run(rest);
  if ("drop" in converted) throw new Error(`dropped: ${converted.drop}`);
  return converted.event;
};
const said = (rest: Json) => eventOf({ message: message(rest) });
const at = (text: string, marked: string, type: string) => ({
  text,
  entities: [{ type, offset: text.indexOf(marked), length: marked.length }],
});

test("a direct message has all of this and nothing else", () => {
  expect(said({ text: "hi" })).toEqual({
    eventId: "5",
    type: "message",
    chat: { kind: "direct", id: "7" },
    sender: { id: "7", name: "Ada L", username: "ada" },
    messageId: "3",
    timeMs: 1_000_000,
    text: "hi",
    mentionsSelf: false,
  });
});

test.each<[title: string, content: Json, expected: boolean]>([
  ["its name, in any case", at("hey @molty_bot!", "@molty_bot", "mention"), true],
  ["its name after emoji", at("👋👋 @Molty_Bot", "@Molty_Bot", "mention"), true],
  ["a longer name", at("hey @molty_bots", "@molty_bots", "mention"), false],
  ["its name, not marked by the network", { text: "@molty_bot" }, false],
  ["its name in code", at("`@molty_bot`", "@molty_bot", "code"), false],
  ["a link to it", { text: "Molty", entities: [{ type: "text_mention", offset: 0, length: 5, user: molty }] }, true],
  ["a link to another", { text: "Ada", entities: [{ type: "text_mention", offset: 0, length: 3, user: ada }] }, false],
  ["a command for it", at("/help@molty_bot", "/help@molty_bot", "bot_command"), true],
  ["a command for another", at("/help@other_bot", "/help@other_bot", "bot_command"), false],
  [
    "in a caption",
    {
      photo: [{ file_id: "p", width: 1, height: 1 }],
      caption: "@molty_bot",
      caption_entities: [{ type: "mention", offset: 0, length: 10 }],
    },
    true,
  ],
  ["an answer to it", { text: "yes", reply_to_message: message({ from: molty, text: "?" }) }, true],
  ["an answer to another", { text: "yes", reply_to_message: message({ text: "?" }) }, false],
  [
    "a message in a topic it opened",
    { text: "yes", reply_to_message: message({ from: molty, forum_topic_created: { name: "x" } }) },
    false,
  ],
])("mention: %s", (_title, content, expected) => {
  expect(said({ chat: group, ...content }).mentionsSelf).toBe(expected);
});

test.each<[title: string, content: Json, expected: Partial<Inbound["chat"]> & { threadId?: string }]>([
  ["a group", { chat: group }, { kind: "group", id: "-100", title: "Tea" }],
  ["a topic", { chat: forum, is_topic_message: true, message_thread_id: 42 }, { threadId: "42" }],
  ["the general topic", { chat: forum }, { threadId: "1" }],
  ["an answer in the general topic", { chat: forum, message_thread_id: 40 }, { threadId: "1" }],
])("chat: %s", (_title, content, expected) => {
  expect(said({ text: "x", ...content }).chat).toMatchObject(expected);
});

test("a chain of replies outside forums is no thread", () => {
  expect(said({ text: "x", chat: group, message_thread_id: 42 }).chat).not.toHaveProperty("threadId");
});

test.each<[title: string, rest: Json, expected: Inbound["sender"]]>([
  [
    "an anonymous admin is the group",
    { message: message({ text: "x", chat: group, from: { id: 1087968824, is_bot: true }, sender_chat: group }) },
    { id: "-100", name: "Tea" },
  ],
  [
    "a post is from its channel",
    {
      channel_post: {
        message_id: 3,
        date: 1,
        chat: { id: -5, type: "channel" },
        sender_chat: { id: -5, title: "N", username: "news" },
        text: "x",
      },
    },
    { id: "-5", name: "N", username: "news" },
  ],
  [
    "another bot",
    { message: message({ text: "x", from: { id: 8, is_bot: true, first_name: "B" } }) },
    { id: "8", name: "B", isBot: true },
  ],
  [
    "the bot itself",
    { message: message({ text: "x", from: molty }) },
    { id: "99", name: "Molty", username: "Molty_Bot", isBot: true, isSelf: true },
  ],
])("sender: %s", (_title, rest, expected) => {
  expect(eventOf(rest).sender).toEqual(expected);
});

test.each<[title: string, content: Json, expected: Inbound["media"]]>([
  [
    "the largest size of a photo",
    {
      photo: [
        { file_id: "b", width: 90, height: 90, file_size: 9 },
        { file_id: "c", width: 800, height: 800, file_size: 99 },
        { file_id: "a", width: 40, height: 40 },
      ],
    },
    [{ kind: "image", handle: "c", mimeType: "image/jpeg", sizeBytes: 99 }],
  ],
  [
    "a document",
    { document: { file_id: "d", file_name: "../x.pdf", mime_type: "application/pdf" } },
    [{ kind: "document", handle: "d", mimeType: "application/pdf", fileName: "../x.pdf" }],
  ],
  [
    "an animation, once",
    { animation: { file_id: "g" }, document: { file_id: "g" } },
    [{ kind: "video", handle: "g", mimeType: "video/mp4" }],
  ],
  ["a voice note", { voice: { file_id: "v" } }, [{ kind: "voice", handle: "v", mimeType: "audio/ogg" }]],
  ["a round video", { video_note: { file_id: "n" } }, [{ kind: "video", handle: "n", mimeType: "video/mp4" }]],
  [
    "music",
    { audio: { file_id: "m", mime_type: "audio/mpeg" } },
    [{ kind: "audio", handle: "m", mimeType: "audio/mpeg" }],
  ],
  [
    "a sticker that stands still",
    { sticker: { file_id: "s", is_animated: false, is_video: false } },
    [{ kind: "sticker", handle: "s", mimeType: "image/webp" }],
  ],
])("media: %s", (_title, content, expected) => {
  expect(said(content).media).toEqual(expected!);
});

test.each<[title: string, content: Json, expected: string]>([
  ["a place", { location: { latitude: 52.52, longitude: 13.4 } }, "Location: 52.52, 13.4"],
  [
    "how sure it is",
    { location: { latitude: 1, longitude: 2, horizontal_accuracy: 9.6 } },
    "Location: 1, 2 (within 10 m)",
  ],
  ["one that moves", { location: { latitude: 1, longitude: 2, live_period: 60 } }, "Live location: 1, 2"],
  [
    "a venue",
    { location: { latitude: 1, longitude: 2 }, venue: { title: "Tea house", address: "Main St 1" } },
    "Location: Tea house, Main St 1 (1, 2)",
  ],
])("location: %s", (_title, content, expected) => {
  expect(said(content).text).toBe(expected);
});

test.each<[title: string, content: Json, expected: Inbound["quote"]]>([
  [
    "a whole message",
    { reply_to_message: { ...message({ text: "old" }), message_id: 2 } },
    { messageId: "2", text: "old", senderName: "Ada L", isOfSelf: false },
  ],
  [
    "the part that was marked",
    { reply_to_message: message({ text: "old and long", from: molty }), quote: { text: "old", position: 0 } },
    { messageId: "3", text: "old", senderName: "Molty", isOfSelf: true },
  ],
  [
    "one in another chat",
    { external_reply: { message_id: 8, origin: {} }, quote: { text: "there", position: 0 } },
    { messageId: "8", text: "there", isOfSelf: false },
  ],
])("quote: %s", (_title, content, expected) => {
  expect(said({ text: "x", ...content }).quote).toEqual(expected!);
});

const thumb = { type: "emoji", emoji: "👍" };
const heart = { type: "emoji", emoji: "❤" };

test.each<[title: string, before: Json[], after: Json[], expected: Inbound["reaction"]]>([
  ["set", [], [thumb], { emoji: "👍", isRemoved: false }],
  ["taken away", [thumb], [], { emoji: "👍", isRemoved: true }],
  ["changed", [thumb], [heart], { emoji: "❤", isRemoved: false }],
  ["one more", [thumb], [thumb, heart], { emoji: "❤", isRemoved: false }],
])("reaction: %s", (_title, old_reaction, new_reaction, expected) => {
  const change = { chat: group, message_id: 3, user: ada, date: 9, old_reaction, new_reaction };
  expect(eventOf({ message_reaction: change })).toMatchObject({
    type: "reaction",
    messageId: "3",
    timeMs: 9000,
    sender: { id: "7" },
    reaction: expected!,
  });
});

test("an edit keeps the message's id and has the time of the edit", () => {
  expect(eventOf({ edited_message: message({ text: "new", edit_date: 2000 }) })).toMatchObject({
    type: "edit",
    eventId: "5",
    messageId: "3",
    timeMs: 2_000_000,
    text: "new",
  });
});

test("a button below a message too old to be shown still counts", () => {
  const query = {
    id: "q",
    from: ada,
    chat_instance: "1",
    data: "yes",
    message: { chat: group, message_id: 2, date: 0 },
  };
  expect(eventOf({ callback_query: query })).toMatchObject({ type: "button", button: "yes", timeMs: facts.nowMs });
});

describe("dropped, by name", () => {
  test.each<[reason: DropReason, rest: Json]>([
    ["kind not asked for", { poll: {} }],
    ["no sender", { message: message({ from: undefined, text: "x" }) }],
    ["service message", { message: message({ new_chat_members: [ada] }) }],
    ["group became a supergroup", { message: message({ migrate_to_chat_id: -1009 }) }],
    ["animated sticker", { message: message({ sticker: { file_id: "s", is_animated: true, is_video: false } }) }],
    ["animated sticker", { message: message({ sticker: { file_id: "s", is_animated: false, is_video: true } }) }],
    ["content without text or file", { message: message({ dice: { emoji: "🎲", value: 3 } }) }],
    ["live location moved", { edited_message: message({ location: { latitude: 1, longitude: 2, live_period: 9 } }) }],
    [
      "reaction without emoji",
      {
        message_reaction: {
          chat: group,
          user: ada,
          date: 1,
          message_id: 1,
          old_reaction: [],
          new_reaction: [{ type: "custom_emoji", custom_emoji_id: "1" }],
        },
      },
    ],
    ["button without a value", { callback_query: { id: "q", from: ada, chat_instance: "1" } }],
  ])("%s", (reason, rest) => {
    expect(run(rest)).toEqual({ drop: reason });
  });
});

test.each<[text: string, expected: object | undefined]>([
  ["1001", { kind: "direct", id: "1001" }],
  [" -1001234 ", { kind: "group", id: "-1001234" }],
  ["-1001234:topic:7", { kind: "group", id: "-1001234", threadId: "7" }],
  ["@some_channel", { kind: "channel", id: "@some_channel" }],
  ["ada", undefined],
  ["12ab", undefined],
  ["0", undefined],
  ["-1:topic:", undefined],
  ["99999999999999999999", undefined],
])("target %p", (text, expected) => {
  expect(telegram.parseTarget(text)).toEqual(expected as never);
});
