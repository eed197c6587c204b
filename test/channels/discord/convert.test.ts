/** What becomes of each kind of thing the gateway tells. */
import { describe, expect, test } from "bun:test";
import { convert, whereOf } from "../../../src/channels/discord/convert.ts";
import type { Facts } from "../../../src/channels/discord/facts.ts";
import { ids } from "../../standins/discord.ts";

const chat = { kind: "channel", id: ids.general, parentIds: [ids.guild] } as const;
const nowMs = Date.UTC(2026, 0, 15, 12);
const messageId = "700000000000000001";

const facts: Facts = {
  selfId: ids.bot,
  username: "molty",
  ownRoleId: ids.ownRole,
  chat: { ...chat, parentIds: [...chat.parentIds] },
  authorOf: () => undefined,
  sessionId: "0123456789abcdef",
  nowMs,
  backlogBeforeMs: nowMs - 30_000,
};

const ada = { id: ids.ada, username: "ada", global_name: "Ada" };
const message = {
  id: messageId,
  type: 0,
  channel_id: ids.general,
  guild_id: ids.guild,
  author: ada,
  content: "hi",
  timestamp: new Date(nowMs).toISOString(),
  edited_timestamp: null,
  attachments: [],
};

const dispatch = (t: string, d: object, s = 7) => ({ op: 0, t, d, s }) as never;

/** The one event of a dispatch. */
function eventOf(t: string, d: object, rest: Partial<Facts> = {}) {
  const converted = convert(dispatch(t, d), { ...facts, ...rest });
  if ("drop" in converted) throw new Error(converted.drop);
  expect(converted.events).toHaveLength(1);
  return converted.events[0]!;
}

const said = (rest: object) => eventOf("MESSAGE_CREATE", { ...message, ...rest });

test("a message has everything it has", () => {
  expect(said({ member: { nick: "Countess" } })).toEqual({
    eventId: `m:${messageId}`,
    type: "message",
    chat: facts.chat,
    sender: { id: ids.ada, name: "Countess", username: "ada" },
    messageId,
    timeMs: nowMs,
    text: "hi",
    mentionsSelf: false,
  });
});

test.each<[title: string, rest: object, expected: object]>([
  ["a bot", { author: { ...ada, bot: true } }, { isBot: true }],
  ["a webhook, whatever it calls itself", { webhook_id: "1", author: { ...ada, id: "1" } }, { id: "1", isBot: true }],
  ["ourselves", { author: { id: ids.bot, username: "molty", bot: true } }, { isSelf: true, isBot: true }],
  ["somebody without a name but the username", { author: { ...ada, global_name: null } }, { name: "ada" }],
])("written by %s", (_title, rest, expected) => {
  expect(said(rest).sender).toMatchObject(expected);
});

test.each<[title: string, rest: object, expected: boolean]>([
  ["the bot", { mentions: [{ id: ids.bot }] }, true],
  ["its own role", { mention_roles: [ids.ownRole] }, true],
  ["another person", { mentions: [{ id: ids.bob }] }, false],
  ["another role", { mention_roles: [ids.otherRole] }, false],
  ["everybody", { mention_everyone: true }, false],
  ["a text that merely looks so", { content: `<@${ids.bot}>` }, false],
])("a message that names %s", (_title, rest, expected) => {
  expect(said(rest).mentionsSelf).toBe(expected);
});

test.each<[content: string, expected: string]>([
  [`<@${ids.bot}> hi`, "@molty hi"],
  [`hi <@!${ids.bot}>`, "hi @molty"],
  [`<@&${ids.ownRole}> hi`, "@molty hi"],
  [
    `<@${ids.bob}> and <@&${ids.otherRole}> in <#${ids.general}>`,
    `<@${ids.bob}> and <@&${ids.otherRole}> in <#${ids.general}>`,
  ],
  ["<:tea:800000000000000001> <a:steam:800000000000000002>", ":tea: :steam:"],
  ["1 < 2 > 0 <@x> <t:1700000000:R>", "1 < 2 > 0 <@x> <t:1700000000:R>"],
])("the text %j reads %j", (content, expected) => {
  expect(said({ content }).text).toBe(expected);
});

describe("an answer", () => {
  const reference = { type: 0, message_id: "1", channel_id: ids.general };

  test("quotes what it answers", () => {
    const referenced_message = { ...message, id: "1", content: `hey <@${ids.bot}>`, author: { ...ada, id: ids.bob } };
    expect(said({ type: 19, message_reference: reference, referenced_message }).quote).toEqual({
      messageId: "1",
      text: "hey @molty",
      senderName: "Ada",
      isOfSelf: false,
    });
  });

  test("to us says so", () => {
    const referenced_message = { ...message, id: "1", author: { id: ids.bot, username: "molty" } };
    expect(said({ type: 19, message_reference: reference, referenced_message }).quote?.isOfSelf).toBe(true);
  });

  test.each([null, undefined])("to what is gone knows its id: %p", (referenced_message) => {
    const quote = said({ type: 19, message_reference: reference, referenced_message }).quote;
    expect(quote).toEqual({ messageId: "1", isOfSelf: false });
  });
});

test("what is passed on is told, with its files", () => {
  const attachment = { id: "5", filename: "a.png", size: 3, url: "x", content_type: "image/png" };
  const snapshot = { message: { content: "look at this", attachments: [attachment] } };
  const event = said({ content: "", message_reference: { type: 1, message_id: "1" }, message_snapshots: [snapshot] });
  expect(event.text).toBe("Forwarded: look at this");
  expect(event).not.toHaveProperty("quote");
  expect(event.media).toEqual([
    {
      kind: "image",
      handle: `${ids.general}/${messageId}/5`,
      mimeType: "image/png",
      sizeBytes: 3,
      fileName: "a.png",
    },
  ]);
});

test("a poll is told as text", () => {
  const poll = {
    question: { text: "Tea?" },
    answers: [{ poll_media: { text: "yes" } }, { poll_media: { text: "no" } }],
  };
  expect(said({ content: "", poll }).text).toBe("Poll: Tea?\n- yes\n- no");
});

test.each<[mimeType: string | undefined, flags: number, expected: string]>([
  ["image/png", 0, "image"],
  ["audio/mpeg", 0, "audio"],
  ["audio/ogg", 1 << 13, "voice"],
  ["video/mp4", 0, "video"],
  ["text/plain", 0, "document"],
  [undefined, 0, "document"],
])("a file of type %p with flags %p is of kind %s", (content_type, flags, expected) => {
  const event = said({
    content: "",
    flags,
    attachments: [{ id: "5", filename: "a", size: 1, url: "x", content_type }],
  });
  expect(event.media?.map(({ kind }) => kind)).toEqual([expected as never]);
});

test.each<[title: string, seconds: number, expected: boolean | undefined]>([
  ["written a minute before we began waited for us", 60, true],
  ["written a moment before did not: clocks differ", 10, undefined],
])("a message %s", (_title, seconds, expected) => {
  expect(said({ timestamp: new Date(nowMs - seconds * 1000).toISOString() }).isBacklog).toBe(expected as never);
});

describe("changes", () => {
  test("an edit is one event however often it is told", () => {
    const edited = { ...message, content: "ho", edited_timestamp: new Date(nowMs + 5).toISOString() };
    const event = eventOf("MESSAGE_UPDATE", edited);
    expect(event).toMatchObject({
      eventId: `e:${messageId}:${nowMs + 5}`,
      type: "edit",
      text: "ho",
      timeMs: nowMs + 5,
    });
    expect(convert(dispatch("MESSAGE_UPDATE", edited, 8), facts)).toEqual({ events: [event] });
  });

  test("a deletion is by the author, as far as known", () => {
    const place = { channel_id: ids.general, guild_id: ids.guild };
    const sender = { id: ids.ada, name: "Ada" };
    const event = eventOf("MESSAGE_DELETE", { id: messageId, ...place }, { authorOf: () => sender });
    expect(event).toEqual({
      eventId: `d:${messageId}`,
      type: "delete",
      chat: facts.chat,
      sender,
      messageId,
      timeMs: nowMs,
    });
    const direct = { kind: "direct", id: ids.bob } as const;
    expect(eventOf("MESSAGE_DELETE", { id: messageId }, { chat: direct }).sender).toEqual({ id: ids.bob });
    expect(convert(dispatch("MESSAGE_DELETE", { id: messageId, ...place }), facts)).toEqual({ drop: "no sender" });
  });

  test("several at once are several", () => {
    const converted = convert(dispatch("MESSAGE_DELETE_BULK", { ids: ["1", "2"], channel_id: ids.general }), {
      ...facts,
      authorOf: () => ({ id: ids.ada }),
    });
    expect("events" in converted && converted.events.map(({ eventId }) => eventId)).toEqual(["d:1", "d:2"]);
  });

  test.each<[t: string, emoji: object, expected: object]>([
    ["MESSAGE_REACTION_ADD", { id: null, name: "👍" }, { emoji: "👍", isRemoved: false }],
    ["MESSAGE_REACTION_REMOVE", { id: null, name: "👍" }, { emoji: "👍", isRemoved: true }],
    ["MESSAGE_REACTION_ADD", { id: "8", name: "tea" }, { emoji: "tea:8", isRemoved: false }],
    ["MESSAGE_REACTION_REMOVE", { id: "8", name: null }, { emoji: "emoji:8", isRemoved: true }],
  ])("%s with %j", (t, emoji, reaction) => {
    const place = { channel_id: ids.general, guild_id: ids.guild, message_id: messageId };
    const event = eventOf(t, { ...place, user_id: ids.ada, emoji, member: { user: ada, nick: null } });
    expect(event).toMatchObject({ type: "reaction", messageId, reaction, sender: { id: ids.ada, name: "Ada" } });
  });

  test("a reaction is known again by its place in the session, and another one by another", () => {
    const reaction = {
      channel_id: ids.general,
      message_id: messageId,
      user_id: ids.bot,
      emoji: { id: null, name: "👍" },
    };
    const idOf = (s: number, sessionId: string) => {
      const converted = convert(dispatch("MESSAGE_REACTION_ADD", reaction, s), { ...facts, sessionId });
      return "events" in converted ? converted.events[0]?.eventId : undefined;
    };
    const made = [idOf(7, "a"), idOf(7, "a"), idOf(8, "a"), idOf(7, "b")];
    expect(made[0]).toBe(made[1]);
    expect(new Set(made).size).toBe(3);
  });
});

describe("interactions", () => {
  const interaction = { id: "1575282513142611969", token: "t", channel: { id: ids.general }, guild_id: ids.guild };
  const member = { user: ada, nick: "Countess" };

  test("a press tells its value", () => {
    const data = { component_type: 2, custom_id: "yes" };
    const event = eventOf("INTERACTION_CREATE", { ...interaction, type: 3, member, data, message: { id: messageId } });
    expect(event).toMatchObject({ eventId: `i:${interaction.id}`, type: "button", button: "yes", messageId });
    expect(event.sender.name).toBe("Countess");
    expect(new Date(event.timeMs).getUTCFullYear()).toBeGreaterThan(2024);
    expect(JSON.stringify(event)).not.toContain('"t"');
  });

  test.each<[data: object, expected: string]>([
    [{ type: 1, name: "new" }, "/new"],
    [{ type: 1, name: "model", options: [{ name: "input", type: 3, value: "fast one" }] }, "/model fast one"],
  ])("the command %j", (data, text) => {
    const event = eventOf("INTERACTION_CREATE", { ...interaction, type: 2, user: ada, data });
    expect(event).toMatchObject({ type: "message", text, mentionsSelf: true, messageId: interaction.id });
  });

  test.each<[title: string, rest: object, drop: string]>([
    ["a menu on a message", { type: 2, member, data: { type: 3, name: "x" } }, "kind not asked for"],
    ["a list", { type: 3, member, data: { component_type: 3, custom_id: "x" }, message: {} }, "button without a value"],
    ["a ping", { type: 1, member }, "kind not asked for"],
    ["from nobody", { type: 3 }, "no sender"],
  ])("%s is none", (_title, rest, drop) => {
    expect(convert(dispatch("INTERACTION_CREATE", { ...interaction, ...rest }), facts)).toEqual({
      drop: drop as never,
    });
  });
});

test.each<[t: string, d: object, drop: string]>([
  ["MESSAGE_CREATE", { ...message, type: 7 }, "service message"],
  ["MESSAGE_CREATE", { ...message, content: "" }, "content without text or file"],
  ["MESSAGE_CREATE", { ...message, author: undefined }, "no sender"],
  ["MESSAGE_UPDATE", message, "nothing a person changed"],
  ["TYPING_START", {}, "kind not asked for"],
])("%s is dropped: %j", (t, d, drop) => {
  expect(convert(dispatch(t, d), facts)).toEqual({ drop: drop as never });
});

test.each<[t: string, d: object, expected: object | undefined]>([
  ["MESSAGE_CREATE", message, { channelId: ids.general, guildId: ids.guild, personId: ids.ada }],
  ["MESSAGE_CREATE", { ...message, author: { id: ids.bot } }, { channelId: ids.general, guildId: ids.guild }],
  ["MESSAGE_DELETE", { id: messageId, channel_id: ids.adaDirect }, { channelId: ids.adaDirect }],
  [
    "MESSAGE_REACTION_ADD",
    { channel_id: ids.adaDirect, user_id: ids.ada },
    { channelId: ids.adaDirect, personId: ids.ada },
  ],
  ["INTERACTION_CREATE", { channel_id: ids.adaDirect, user: ada }, { channelId: ids.adaDirect, personId: ids.ada }],
  ["GUILD_CREATE", { id: ids.guild }, undefined],
])("where %s happened", (t, d, expected) => {
  expect(whereOf(dispatch(t, d), ids.bot)).toEqual(expected as never);
});
