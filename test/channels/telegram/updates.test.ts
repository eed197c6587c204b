/** The poll loop: what is asked for, what is confirmed and when. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chats } from "../../standins/telegram.ts";
import { type Running, startConnected } from "../contract.ts";
import { openTelegram, type TelegramHarness } from "./harness.ts";

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

const polls = () => net.net.callsOf("getUpdates").map(({ payload }) => payload);

test("a start asks who it is, lets go of a webhook without losing what waits, and polls", async () => {
  await net.net.call("getUpdates");
  expect(net.net.calls.map(({ method }) => method)).toEqual(["getMe", "deleteWebhook", "setMyCommands", "getUpdates"]);
  expect(net.net.callsOf("setMyCommands")[0]!.payload).toEqual({
    commands: [{ command: "new", description: "Start this session afresh." }],
  });
  expect(net.net.callsOf("deleteWebhook")[0]!.payload).toEqual({ drop_pending_updates: false });
  expect(polls()[0]).toEqual({
    timeout: 30,
    allowed_updates: ["message", "edited_message", "channel_post", "message_reaction", "callback_query"],
  });
});

test("the poll after a batch confirms it; the one after that has nothing to confirm", async () => {
  await net.net.untilPolled();
  const updateId = net.net.push({ message: { message_id: 1, date: 1, chat: { id: 1, type: "private" } } });
  await net.net.call("getUpdates", 2);
  expect(up.host.facts.get("offset")).toBe(String(updateId + 1));
  await net.net.untilPolled();
  up.host.clock.advance(30_000);
  net.net.endPoll();
  await net.net.call("getUpdates", 3);
  expect(polls().map(({ offset }) => offset)).toEqual([undefined, updateId + 1, undefined]);
  expect(up.host.heardCount).toBe(2);
});

test("a server that ends empty polls at once is not asked again at once", async () => {
  await net.net.untilPolled();
  net.net.endPoll();
  await up.host.clock.waitsFor(500);
  expect(polls()).toHaveLength(1);
  up.host.clock.advance(500);
  await net.net.call("getUpdates", 2);
  net.net.endPoll();
  await up.host.clock.waitsFor(500);
  up.host.stop();
  expect(await up.ended).toBeUndefined();
  expect(up.host.clock.pending).toBe(0);
});

test("a position that is stored is told at the next start", async () => {
  await net.net.untilPolled();
  net.net.user(chats.ada).says("one");
  await up.host.event(({ text }) => text === "one");
  await net.net.call("getUpdates", 2);
  await up[Symbol.asyncDispose]();
  up = await startConnected(net, up.host);
  await net.net.call("getUpdates", 3);
  expect(polls()[2]!["offset"]).toBe(polls()[1]!["offset"]);
});

test("nothing of a batch is confirmed when its last update cannot be stored", async () => {
  await net.net.untilPolled();
  net.net.isDeaf = true;
  net.net.user(chats.ada).says("one");
  net.net.user(chats.ada).says("two");
  const store = up.host.receive.bind(up.host);
  up.host.receive = (event) => {
    up.host.isDiskFull = event.text === "two";
    return store(event);
  };
  net.net.isDeaf = false;
  expect(await up.ended).toMatchObject({ name: "ChannelError", kind: "transient" });
  expect(up.host.facts.get("offset")).toBeUndefined();
  up = await startConnected(net, up.host);
  await up.host.until(() => up.host.events.length === 2);
  expect(up.host.events.map(({ text }) => text!)).toEqual(["one", "two"]);
});

test("an update that cannot be read is skipped and said, and the next one is heard", async () => {
  net.net.push({ message: { message_id: 5, date: 1, text: "x", from: { id: 1, first_name: "X" }, chat: null } });
  net.net.user(chats.ada).says("still there?");
  await up.host.event(({ text }) => text === "still there?");
  expect(up.host.records.filter(({ level }) => level === "error")).toHaveLength(1);
});

test("what is dropped is named and confirmed", async () => {
  net.net.user(chats.ada).sends("sticker", new Uint8Array(3), { extra: { sticker: { is_animated: true } } });
  net.net.user(chats.ada).says("next");
  await up.host.event(({ text }) => text === "next");
  expect(up.host.records).toContainEqual(
    expect.objectContaining({ fields: expect.objectContaining({ reason: "animated sticker" }) }),
  );
});

test("a pressed button is stored, then answered; an answer that fails does no harm", async () => {
  const { messageIds } = await up.account.send(
    { chat: net.direct, text: "choose", key: "k", buttons: [[{ label: "Yes", value: "yes" }]] },
    new AbortController().signal,
  );
  net.net.fail("answerCallbackQuery", { status: 400, description: "Bad Request: query is too old" });
  net.net.user(chats.ada).presses(Number(messageIds[0]), "yes");
  expect(await up.host.event(({ type }) => type === "button")).toMatchObject({
    button: "yes",
    messageId: messageIds[0]!,
    chat: { kind: "direct", id: String(chats.ada) },
    sender: { id: String(chats.ada) },
  });
  await net.net.call("answerCallbackQuery");
  net.net.user(chats.ada).says("after it");
  await up.host.event(({ text }) => text === "after it");
});
