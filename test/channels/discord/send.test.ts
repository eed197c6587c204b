/** What goes out, and which host is asked for files. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChatRef, Outbound } from "../../../src/channels/contract.ts";
import { discord } from "../../../src/channels/discord/index.ts";
import { ids } from "../../standins/discord.ts";
import { channelErrorOf, outbound, type Running, startConnected } from "../contract.ts";
import { chats, type DiscordHarness, openDiscord } from "./harness.ts";

const never = new AbortController().signal;
const { ada, general, thread } = chats;
const bytes = new TextEncoder().encode("some bytes");

let net: DiscordHarness;
let up: Running;

beforeEach(async () => {
  net = await openDiscord();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

/** Sends and returns what the network got. */
async function sent(chat: ChatRef, rest: Partial<Outbound>) {
  await up.account.send(outbound(chat, rest), never);
  return net.net.callsOf("createMessage").at(-1)!;
}

test("a text calls the people it names, and never everybody or a role", async () => {
  const { body, parts } = await sent(general, { text: "@everyone <@&600000000000000002> <@200000000000000001>" });
  expect(parts).toEqual([ids.general]);
  expect(body).toEqual({
    content: "@everyone <@&600000000000000002> <@200000000000000001>",
    nonce: expect.any(String),
    enforce_nonce: true,
    allowed_mentions: { parse: ["users"], replied_user: false },
  });
});

test("the nonce is the same for the same key, different for others, and fits", async () => {
  const nonces = [];
  for (const key of ["a", "b", "a", `long ${"k".repeat(300)}`]) {
    await up.account.send({ chat: general, text: "hi", key }, never);
    nonces.push(String(net.net.callsOf("createMessage").at(-1)!.body["nonce"]));
  }
  expect(nonces[0]).toBe(nonces[2]!);
  expect(new Set(nonces).size).toBe(3);
  for (const nonce of nonces) expect(nonce.length).toBeLessThanOrEqual(25);
});

test.each<[title: string, rest: Partial<Outbound>, expected: object]>([
  [
    "an answer, even if what it answers is gone",
    { replyTo: "700000000000000001" },
    { message_reference: { message_id: "700000000000000001", fail_if_not_exists: false } },
  ],
  ["a silent one", { isSilent: true }, { flags: 4096 }],
  [
    "one with buttons",
    { buttons: [[{ label: "y".repeat(100), value: "yes" }], [{ label: "No", value: "no" }]] },
    {
      components: [
        { type: 1, components: [{ type: 2, style: 2, label: "y".repeat(80), custom_id: "yes" }] },
        { type: 1, components: [{ type: 2, style: 2, label: "No", custom_id: "no" }] },
      ],
    },
  ],
])("%s", async (_title, rest, expected) => {
  expect((await sent(general, { text: "hi", ...rest })).body).toMatchObject(expected);
});

test.each<[durationMs: number | undefined, hours: number | undefined]>([
  [undefined, undefined],
  [1, 1],
  [3_600_000, 1],
  [3_600_001, 2],
  [9_999 * 3_600_000, 768],
])("a poll of %p ms lasts %p hours", async (durationMs, duration) => {
  const { body } = await sent(general, {
    poll: {
      question: "Tea?",
      options: ["yes", "no"],
      maxSelections: 2,
      ...(durationMs === undefined ? {} : { durationMs }),
    },
  });
  expect(body["poll"]).toEqual({
    question: { text: "Tea?" },
    answers: [{ poll_media: { text: "yes" } }, { poll_media: { text: "no" } }],
    allow_multiselect: true,
    ...(duration === undefined ? {} : { duration }),
  });
  expect(body).not.toHaveProperty("content");
});

test("a text for a thread goes there", async () => {
  expect((await sent(thread, { text: "hi" })).parts).toEqual([ids.thread]);
});

test("a text for a person goes into the chat with them, which is opened once, and remembered", async () => {
  expect((await sent(ada, { text: "hi" })).parts).toEqual([ids.adaDirect]);
  await sent(ada, { text: "again" });
  expect(net.net.callsOf("openDirect").map(({ body }) => body)).toEqual([{ recipient_id: ids.ada }]);
  await up[Symbol.asyncDispose]();
  up = await startConnected(net, up.host);
  await sent(ada, { text: "after a restart" });
  expect(net.net.callsOf("openDirect")).toHaveLength(1);
});

test("a chat with a person that is gone is opened anew, once", async () => {
  await sent(ada, { text: "hi" });
  net.net.fail("createMessage", { status: 404, code: 10003 });
  await sent(ada, { text: "again" });
  expect(net.net.callsOf("openDirect")).toHaveLength(2);
  net.net.fail("createMessage", { status: 404, code: 10003 }, 2);
  expect((await channelErrorOf(sent(ada, { text: "no" }))).kind).toBe("rejected");
});

test("whoever wrote is answered without opening anything", async () => {
  net.net.says(ids.bobDirect, "hello");
  const { chat } = await up.host.event(({ text }) => text === "hello");
  expect((await sent(chat, { text: "hi" })).parts).toEqual([ids.bobDirect]);
  expect(net.net.callsOf("openDirect")).toEqual([]);
});

test.each<Partial<Outbound>>([{}, { text: "" }])("nothing is no message: %p", async (rest) => {
  expect((await channelErrorOf(up.account.send(outbound(ada, rest), never))).kind).toBe("rejected");
  expect(net.net.callsOf("createMessage")).toEqual([]);
});

test.each(["notes, first; draft.txt", 'a "quoted" name.txt', "line\r\nbreak.txt", "ümläut 👋.txt"])(
  "a file keeps its name and type: %j",
  async (fileName) => {
    const media = { kind: "document", mimeType: "text/plain", fileName, bytes } as const;
    const { body, files } = await sent(general, { text: "see", media });
    expect(body).toMatchObject({ content: "see", attachments: [{ id: 0, filename: fileName }] });
    expect(files).toHaveLength(1);
    expect(files[0]!.mimeType).toStartWith("text/plain");
    expect(Buffer.from(files[0]!.bytes)).toEqual(Buffer.from(bytes));
  },
);

describe("what is there already", () => {
  test("an edit replaces text, and buttons if there are new ones", async () => {
    const { messageIds } = await up.account.send(outbound(general, { text: "draft" }), never);
    const target = { chat: general, id: messageIds[0]! };
    await up.account.edit!(target, outbound(general, { text: "final" }), never);
    await up.account.edit!(target, outbound(general, { text: "done", buttons: [] }), never);
    const calls = { parse: ["users"], replied_user: false };
    expect(net.net.callsOf("editMessage").map(({ body }) => body)).toEqual([
      { content: "final", allowed_mentions: calls },
      { content: "done", allowed_mentions: calls, components: [] },
    ]);
  });

  test("a message that is gone is deleted; one that may not be is not", async () => {
    const target = { chat: general, id: "700000000000000001" };
    await up.account.remove!(target, never);
    net.net.fail("deleteMessage", { status: 403, code: 50013 });
    expect((await channelErrorOf(up.account.remove!(target, never))).kind).toBe("rejected");
  });

  test.each([
    ["👍", "👍"],
    ["tea:800000000000000001", "tea:800000000000000001"],
    ["<:tea:800000000000000001>", "tea:800000000000000001"],
    ["<a:tea:800000000000000001>", "tea:800000000000000001"],
  ])("a reaction %s is %s there", async (emoji, expected) => {
    const id = net.net.says(ids.general, "x");
    await up.account.react!({ chat: general, id }, emoji, never);
    expect(net.net.callsOf("addReaction")[0]!.parts).toEqual([ids.general, id, expected]);
  });

  test("no emoji takes away ours, and only ours", async () => {
    const id = net.net.says(ids.general, "x");
    const reactions = [
      { me: true, count: 2, emoji: { id: null, name: "👀" } },
      { me: false, count: 1, emoji: { id: null, name: "👍" } },
      { me: true, count: 1, emoji: { id: "800000000000000001", name: "tea" } },
    ];
    net.net.changeMessage(id, { reactions });
    await up.account.react!({ chat: general, id }, "", never);
    expect(net.net.callsOf("removeReaction").map(({ parts }) => parts[2])).toEqual(["👀", "tea:800000000000000001"]);
  });
});

describe("fetching a file", () => {
  const handleOf = async () => {
    net.net.sends(ids.general, bytes, { mimeType: "text/plain", name: "a.txt" });
    const { media } = await up.host.event((event) => event.media !== undefined);
    return media![0]!.handle;
  };
  const change = (handle: string, attachment: object) => {
    const [, messageId = "", id] = handle.split("/");
    net.net.changeMessage(messageId, { attachments: [{ id, filename: "a.txt", size: 1, ...attachment }] });
  };
  const fetched = (handle: string, maxBytes = 1000) => up.account.download!(handle, maxBytes, never);

  test("asks for its address anew, and fetches it without the token", async () => {
    const handle = await handleOf();
    expect(Buffer.from(await fetched(handle))).toEqual(Buffer.from(bytes));
    expect(net.net.callsOf("getMessage")).toHaveLength(1);
    expect(net.net.fetched[0]!.headers.authorization).toBeUndefined();
  });

  test("works after a restart", async () => {
    const handle = await handleOf();
    await up[Symbol.asyncDispose]();
    up = await startConnected(net, up.host);
    expect(Buffer.from(await fetched(handle))).toEqual(Buffer.from(bytes));
  });

  test("of what was passed on finds it in there", async () => {
    net.net.sends(ids.general, bytes, { mimeType: "image/png", name: "a.png" });
    const { media, messageId } = await up.host.event((event) => event.media !== undefined);
    const [, , id] = media![0]!.handle.split("/");
    const [attachment] = [{ id, filename: "a.png", size: 10, url: `${net.net.origin}/attachments/${id}/a.png` }];
    const snapshot = { message: { content: "", attachments: [attachment] } };
    net.net.changeMessage(messageId, { attachments: [], message_snapshots: [snapshot] });
    expect(Buffer.from(await fetched(media![0]!.handle))).toEqual(Buffer.from(bytes));
  });

  test.each([
    ["another host", () => `${net.net.otherOrigin}/x`],
    ["a look-alike", () => "https://cdn.discordapp.com.example/x"],
    ["a file", () => "file:///etc/hosts"],
    ["no address", () => "x"],
  ])("threat(T21): %s is not asked", async (_title, url) => {
    const handle = await handleOf();
    change(handle, { url: url() });
    expect((await channelErrorOf(fetched(handle))).kind).toBe("rejected");
    expect([net.net.elsewhere, net.net.fetched]).toEqual([[], []]);
  });

  test("threat(T21): a redirect is not followed", async () => {
    const handle = await handleOf();
    net.net.fail("getFile", { status: 302 });
    expect((await channelErrorOf(fetched(handle))).kind).toBe("rejected");
    expect(net.net.elsewhere).toEqual([]);
  });

  test("more than was announced is cut off", async () => {
    const handle = await handleOf();
    const [, , id] = handle.split("/");
    change(handle, { url: `${net.net.origin}/attachments/${id}/a.txt` });
    expect((await channelErrorOf(fetched(handle, 5))).kind).toBe("rejected");
  });

  test.each<[title: string, change: () => void, kind: string]>([
    ["the message is gone", () => net.net.fail("getMessage", { status: 404, code: 10008 }), "rejected"],
    ["the file is gone", () => net.net.fail("getFile", { status: 404 }), "rejected"],
    ["the host is in trouble", () => net.net.fail("getFile", { status: 503 }), "transient"],
    ["the connection breaks", () => net.net.fail("getFile", "reset", 9), "transient"],
  ])("when %s", async (_title, change, kind) => {
    const handle = await handleOf();
    change();
    expect((await channelErrorOf(fetched(handle))).kind).toBe(kind as never);
  });

  test("a sticker is fetched by its own id", async () => {
    net.net.addSticker("900000000000000001", bytes);
    const stickers = [
      { id: "900000000000000001", name: "wave", format_type: 1 },
      { id: "900000000000000002", name: "drawn", format_type: 3 },
    ];
    net.net.says(ids.general, "", { extra: { sticker_items: stickers } });
    const { media, text } = await up.host.event((event) => event.media !== undefined);
    expect(text).toBe("Sticker: wave\nSticker: drawn");
    expect(media).toMatchObject([{ kind: "sticker", mimeType: "image/png" }]);
    expect(Buffer.from(await fetched(media![0]!.handle))).toEqual(Buffer.from(bytes));
  });

  test.each(["", "x", "1/2", "../../etc", "sticker/1.exe", "1/2/3/4"])("%j is no file", async (handle) => {
    const before = net.net.calls.length;
    expect((await channelErrorOf(fetched(handle))).kind).toBe("rejected");
    expect(net.net.calls.slice(before).filter(({ name }) => name !== "setCommands")).toEqual([]);
  });
});

test.each<[text: string, expected: ChatRef | undefined]>([
  ["user:200000000000000001", { kind: "direct", id: ids.ada }],
  ["<@200000000000000001>", { kind: "direct", id: ids.ada }],
  [" channel:500000000000000001 ", { kind: "channel", id: ids.general }],
  ["500000000000000001", { kind: "channel", id: ids.general }],
  ["<#500000000000000001>", { kind: "channel", id: ids.general }],
  ["channel:500000000000000001:thread:500000000000000002", { kind: "channel", id: ids.general, threadId: ids.thread }],
  ["#general", undefined],
  ["@ada", undefined],
  ["user:ada", undefined],
  ["user:200000000000000001:thread:500000000000000002", undefined],
  ["12", undefined],
  ["", undefined],
])("the recipient %j", (text, expected) => {
  expect(discord.parseTarget(text)).toEqual(expected as never);
});
