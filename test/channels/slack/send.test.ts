/** What goes out, and which host sees the token. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ChatRef } from "../../../src/channels/contract.ts";
import { ids } from "../../standins/slack.ts";
import { channelErrorOf, outbound, type Running, startConnected } from "../contract.ts";
import { openSlack, type SlackHarness } from "./harness.ts";

const never = new AbortController().signal;
const ada: ChatRef = { kind: "direct", id: ids.adaDirect };
const general: ChatRef = { kind: "channel", id: ids.general };
const bytes = new TextEncoder().encode("some bytes");
const media = { kind: "document", mimeType: "text/plain", fileName: "a.txt", bytes } as const;

let net: SlackHarness;
let up: Running;

beforeEach(async () => {
  net = await openSlack();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const posted = () => net.net.callsOf("chat.postMessage").map(({ payload }) => payload);

test("a text is sent without previews", async () => {
  await up.account.send(outbound(general, { text: "*hi*" }), never);
  expect(posted()).toEqual([{ channel: ids.general, text: "*hi*", unfurl_links: "false", unfurl_media: "false" }]);
});

test.each<[title: string, chat: ChatRef, replyTo: string | undefined, expected: string | undefined]>([
  ["an answer begins a thread", general, "5.000001", "5.000001"],
  ["an answer in a thread stays in it", { ...general, threadId: "4.000001" }, "5.000001", "4.000001"],
  ["a text for a thread goes there", { ...general, threadId: "4.000001" }, undefined, "4.000001"],
  ["a text for a channel goes there", general, undefined, undefined],
])("%s", async (_title, chat, replyTo, expected) => {
  await up.account.send(outbound(chat, { text: "hi", ...(replyTo === undefined ? {} : { replyTo }) }), never);
  expect(posted()[0]?.["thread_ts"]).toBe(expected);
});

test("a text for a person goes into the chat with them", async () => {
  await up.account.send(outbound({ kind: "direct", id: ids.ada }, { text: "hi" }), never);
  expect(posted()[0]?.["channel"]).toBe(ids.adaDirect);
});

test("nothing is no message", async () => {
  expect(await channelErrorOf(up.account.send(outbound(ada, {}), never))).toMatchObject({ kind: "rejected" });
});

describe("a file", () => {
  test("goes where the network says, without a token, and into its thread", async () => {
    await up.account.send(outbound({ ...general, threadId: "4.000001" }, { media, text: "see" }), never);
    expect(net.net.transfers).toHaveLength(1);
    expect(net.net.transfers[0]!.headers.authorization).toBeUndefined();
    expect(net.net.callsOf("files.completeUploadExternal")[0]!.payload).toMatchObject({
      channel_id: ids.general,
      thread_ts: "4.000001",
      initial_comment: "see",
    });
  });

  test("is known by its message if that is told, else by its own id", async () => {
    const first = await up.account.send(outbound(ada, { media }), never);
    net.net.tellsShares = true;
    const second = await up.account.send(outbound(ada, { media }), never);
    expect(first.messageIds[0]).toMatch(/^F/);
    expect(second.messageIds[0]).toMatch(/^\d+\.\d{6}$/);
    await up.account.remove!({ chat: ada, id: first.messageIds[0]! }, never);
    expect(net.net.callsOf("files.delete")[0]!.payload).toEqual({ file: first.messageIds[0]! });
    const error = await channelErrorOf(up.account.react!({ chat: ada, id: first.messageIds[0]! }, "👍", never));
    expect(error.kind).toBe("rejected");
  });
});

describe("what is there already", () => {
  const target = { chat: ada, id: "9.000001" };

  test("a reaction that is there, a message that is gone: success", async () => {
    net.net.fail("reactions.add", { error: "already_reacted" });
    await up.account.react!(target, "👍", never);
    await up.account.remove!(target, never);
    expect(net.net.callsOf("chat.delete")).toHaveLength(1);
  });

  test("no emoji takes away ours, and only ours", async () => {
    net.net.fail("reactions.remove", { error: "no_reaction" });
    await up.account.react!(target, "", never);
    expect(net.net.callsOf("reactions.remove").map(({ payload }) => payload["name"])).toEqual(["eyes"]);
  });

  test("an emoji without a known name is refused before anything is sent", async () => {
    expect((await channelErrorOf(up.account.react!(target, "🪿", never))).kind).toBe("rejected");
    expect(net.net.callsOf("reactions.add")).toEqual([]);
  });
});

describe("fetching a file", () => {
  const fetchIt = async (maxBytes = 1000) => {
    net.net.sends(ids.adaDirect, bytes, { mimeType: "text/plain", name: "a.txt" });
    const { media: files } = await up.host.event((event) => event.media !== undefined);
    return up.account.download!(files![0]!.handle, maxBytes, never);
  };

  test("the network's host gets the token", async () => {
    expect(Buffer.from(await fetchIt())).toEqual(Buffer.from(bytes));
    expect(net.net.transfers[0]!.headers.authorization).toBe(`Bearer ${net.net.botToken}`);
  });

  test("a redirect to another host is followed without it", async () => {
    net.net.redirectFilesTo = `${net.net.otherOrigin}/x`;
    expect(Buffer.from(await fetchIt()).toString()).toBe("bytes from elsewhere");
    expect(net.net.elsewhere).toHaveLength(1);
    expect(JSON.stringify(net.net.elsewhere)).not.toContain(net.net.botToken);
  });

  test("a file the network only points to is not asked for", async () => {
    net.net.sends(ids.adaDirect, bytes, { mimeType: "text/plain", name: "a.txt" });
    const { media: files } = await up.host.event((event) => event.media !== undefined);
    net.net.changeFile(files![0]!.handle, { url_private_download: `${net.net.otherOrigin}/drive` });
    const error = await channelErrorOf(up.account.download!(files![0]!.handle, 1000, never));
    expect(error.kind).toBe("rejected");
    expect(net.net.elsewhere).toEqual([]);
  });

  test("a redirect that leads nowhere is given up", async () => {
    net.net.redirectFilesTo = "/files/again/a.txt";
    expect((await channelErrorOf(fetchIt())).kind).toBe("rejected");
    expect(net.net.transfers.length).toBeLessThan(6);
  });

  test("an address of another kind is not followed", async () => {
    net.net.redirectFilesTo = "file:///etc/hosts";
    expect((await channelErrorOf(fetchIt())).kind).toBe("rejected");
  });

  test("more than was announced is cut off", async () => {
    net.net.sends(ids.adaDirect, bytes, { mimeType: "text/plain", name: "a.txt" });
    const { media: files } = await up.host.event((event) => event.media !== undefined);
    net.net.changeFile(files![0]!.handle, { size: 1 });
    const error = await channelErrorOf(up.account.download!(files![0]!.handle, 5, never));
    expect(error.kind).toBe("rejected");
  });

  test("the login page is no file", async () => {
    net.net.hasLoginPage = true;
    const error = await channelErrorOf(fetchIt());
    expect(error.kind).toBe("rejected");
    expect(error.message).toContain("files:read");
  });
});

describe("buttons", () => {
  const press = { type: "plain_text", emoji: true };
  const buttons = [
    [
      { label: "Yes", value: "y" },
      { label: "x".repeat(90), value: "n" },
    ],
    [],
    [{ label: "Later", value: "l" }],
  ];
  const actions = [
    {
      type: "actions",
      elements: [
        { type: "button", action_id: "button-0-0", text: { ...press, text: "Yes" }, value: "y" },
        { type: "button", action_id: "button-0-1", text: { ...press, text: "x".repeat(75) }, value: "n" },
      ],
    },
    {
      type: "actions",
      elements: [{ type: "button", action_id: "button-1-0", text: { ...press, text: "Later" }, value: "l" }],
    },
  ];
  const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });

  test("go below the text, in blocks; the text goes along for notifications", async () => {
    await up.account.send(outbound(ada, { text: "*Tea?*", buttons }), never);
    expect(posted()[0]).toMatchObject({ text: "*Tea?*", blocks: [section("*Tea?*"), ...actions] });
  });

  test("go below a text too long for one block, which is cut between lines", async () => {
    const text = `${"a".repeat(2900)}\n${"b".repeat(1000)}`;
    await up.account.send(outbound(ada, { text, buttons }), never);
    const cut = [section("a".repeat(2900)), section("b".repeat(1000))];
    expect(posted()[0]!["blocks"]).toEqual([...cut, ...actions]);
  });

  test("go away when the text is changed without them", async () => {
    const { messageIds } = await up.account.send(outbound(ada, { text: "?", buttons }), never);
    const target = { chat: ada, id: messageIds[0]! };
    await up.account.edit!(target, outbound(ada, { text: "done" }), never);
    await up.account.edit!(target, outbound(ada, { text: "again?", buttons }), never);
    const blocks = net.net.callsOf("chat.update").map(({ payload }) => payload["blocks"]);
    expect(blocks).toEqual([[], [section("again?"), ...actions]]);
  });
});
