/** The account as the owner's own number: what the phone writes to itself. */
import { expect, test } from "bun:test";
import { outbound, startConnected } from "../contract.ts";
import { never, openWhatsApp } from "./harness.ts";

const own = { kind: "direct", id: "+15550009999" } as const;

test("what the owner writes to the own number is input, and the answer is not", async () => {
  await using net = await openWhatsApp({ selfChatMode: true });
  await using up = await startConnected(net);
  await net.net.says("direct", "note to myself", { as: "phone" });
  const event = await up.host.event(({ text }) => text === "note to myself");
  expect(event).toMatchObject({ chat: own, sender: { id: own.id }, isBacklog: true });
  const { messageIds } = await up.account.send(outbound(own, { text: "noted", replyTo: event.messageId }), never);
  const [answer] = net.net.callsOf("text");
  expect(new Set(answer!.readers)).toEqual(new Set(["Owner"]));
  expect(answer!.message.extendedTextMessage?.contextInfo?.quotedMessage?.conversation).toBe("note to myself");
  // It comes back to us as the owner's own words.
  await net.net.says("direct", "noted", { as: "phone", id: messageIds[0]!.split(":")[0]! });
  await net.net.says("direct", "noted", { as: "phone" });
  await up.host.until(() => up.host.events.length === 2);
  await net.net.until(() => net.net.unacknowledged.length === 0);
  expect(up.host.events.map(({ text }) => text!)).toEqual(["note to myself", "noted"]);
  await up.account.read!([{ chat: own, id: event.messageId }], never);
  await up.account.probe(never);
  expect(net.net.stanzasOf("receipt", "read")).toEqual([]);
});

test("it is nothing to us unless the owner says that it is", async () => {
  await using net = await openWhatsApp();
  await using up = await startConnected(net);
  await net.net.says("direct", "note to myself", { as: "phone" });
  await net.net.says("direct", "hello");
  await up.host.event(({ text }) => text === "hello");
  await net.net.until(() => net.net.unacknowledged.length === 0);
  expect(up.host.events).toHaveLength(1);
});
