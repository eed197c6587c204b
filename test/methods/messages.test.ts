/** Sending over the protocol, through real queues to a network played by the test. */
import { describe, expect, test } from "bun:test";
import { type Account, ChannelError } from "../../src/channels/contract.ts";
import type { Call } from "../../src/gateway/dispatch.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { messagesMethods } from "../../src/methods/messages.ts";
import type { Services } from "../../src/methods/services.ts";
import { type AccountsOptions, openAccounts } from "../channels/accounts.ts";

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");
const png = base64("\x89PNG\r\n\x1a\n");

function setup(options: AccountsOptions = {}) {
  const accounts = openAccounts(options);
  const resolved: unknown[] = [];
  const media = {
    resolve: async (ref: string, { maxBytes }: { maxBytes: number }) => {
      resolved.push([ref, maxBytes]);
      if (!ref.startsWith("https://")) throw new GatewayError("INVALID_REQUEST", "media not found");
      return { kind: "document", mimeType: "text/plain", fileName: "found.txt", bytes: new Uint8Array([1]) };
    },
  };
  // Of the rooms these methods use three.
  const app = { channels: accounts.channels, clock: accounts.clock, media } as unknown as Services;
  const call = async (name: string, params: object) => {
    const method = messagesMethods.find((one) => one.name === name)?.bind(app);
    if (!method) throw new Error(`no method ${name}`);
    const context = { signal: new AbortController().signal } as unknown as Call;
    return (await method.handle(method.parse(params, 4), context)) as Record<string, unknown>;
  };
  const send = (params: object, key = "k1") =>
    call("send", { to: "100", channel: "net", idempotencyKey: key, ...params });
  return { ...accounts, call, send, resolved, [Symbol.asyncDispose]: () => accounts.channels.close() };
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "it was done",
    (error: unknown) => (error instanceof GatewayError ? `${error.code}: ${error.message}` : String(error)),
  );

describe("send", () => {
  test("is taken by the network, and says so", async () => {
    await using net = setup();
    const params = { message: "hello", silent: true, replyToId: "m1", threadId: "7" };
    expect(await net.send(params)).toEqual({ runId: "k1", messageId: "n1", channel: "net", chatId: "100" });
    expect(net.sent).toMatchObject([
      { chat: { kind: "direct", id: "100", threadId: "7" }, text: "hello", isSilent: true, replyTo: "m1" },
    ]);
  });

  test("needs no channel when there is one, and says which there are otherwise", async () => {
    await using net = setup();
    expect(await net.call("send", { to: "100", message: "x", idempotencyKey: "k" })).toMatchObject({ channel: "net" });
    expect(await refusal(net.send({ channel: "other", message: "x" }))).toBe(
      "INVALID_REQUEST: unsupported channel: other",
    );
    expect(await refusal(net.send({ to: "nobody", message: "x" }))).toBe(
      "INVALID_REQUEST: not a recipient on net: nobody",
    );
    expect(await refusal(net.send({ accountId: "b", message: "x" }))).toContain("no account on net");
    expect(net.sent).toHaveLength(1);
  });

  test("twice under one key is once on the network, with the same answer", async () => {
    await using net = setup();
    const first = await net.send({ message: "hello", buffer: png });
    expect(await net.send({ message: "hello", buffer: png })).toEqual(first);
    expect(net.sent).toHaveLength(1);
    await net.send({ message: "hello" }, "k2");
    expect(net.sent).toHaveLength(2);
  });

  test("again under one key fetches nothing again", async () => {
    await using net = setup();
    const params = { message: "x", mediaUrl: "https://made-up.example/a" };
    await net.send(params);
    await net.send(params);
    expect(net.resolved).toHaveLength(1);
  });

  // A repeat is put together anew, without its files, and what that makes more of is sent.
  test("again under one key sends no piece more, whatever the text would be cut into without its files", async () => {
    await using net = setup({ section: { textChunkLimit: 64 } });
    const params = { message: "word ".repeat(19).trim(), buffer: png };
    await net.send(params);
    expect(net.sent).toHaveLength(1);
    await net.send(params);
    expect(net.sent).toHaveLength(1);
  });

  test.each<[title: string, params: object, file: object]>([
    [
      "bytes, with a name",
      { buffer: png, filename: "cat.png" },
      { kind: "image", mimeType: "image/png", fileName: "cat.png" },
    ],
    ["bytes without one", { buffer: png }, { kind: "image", fileName: "file.png" }],
    ["a data address", { buffer: `data:text/html;base64,${png}` }, { kind: "image", mimeType: "image/png" }],
    [
      "what was said of bytes nobody knows",
      { buffer: base64("x,y"), contentType: "text/csv", filename: "a.csv" },
      { kind: "document", mimeType: "text/csv" },
    ],
    ["a voice note", { buffer: base64("OggS"), asVoice: true }, { kind: "voice", mimeType: "audio/ogg" }],
    ["a picture as a document", { buffer: png, forceDocument: true }, { kind: "document", mimeType: "image/png" }],
    ["base64 of addresses, in lines", { buffer: "_-_-\n" }, { kind: "document" }],
    ["a file of the internet", { mediaUrl: "https://made-up.example/a" }, { kind: "document", fileName: "found.txt" }],
  ])("takes %s", async (_title, params, file) => {
    await using net = setup();
    expect(await net.send({ message: "look", ...params })).toMatchObject({ messageId: "n1" });
    expect(net.sent).toMatchObject([{ text: "look", media: file }]);
  });

  test("several files are several messages, in order", async () => {
    await using net = setup();
    await net.send({ buffer: png, mediaUrl: "https://made-up.example/a", mediaUrls: ["https://made-up.example/b"] });
    expect(net.sent.map(({ media }) => media?.fileName)).toEqual(["file.png", "found.txt", "found.txt"]);
    expect(net.resolved).toEqual([
      ["https://made-up.example/a", 1000],
      ["https://made-up.example/b", 1000],
    ]);
  });

  test.each<[title: string, params: object, problem: string]>([
    ["nothing", {}, "invalid send params: message or media required"],
    ["a text that is no base64", { buffer: "no base64 at all!" }, "invalid send params: buffer is not base64"],
    ["base64 with something else in it", { buffer: `${png}<script>` }, "invalid send params: buffer is not base64"],
    ["nothing in base64", { buffer: "" }, "invalid send params: buffer is not base64"],
    ["a file that is too large there", { buffer: base64("x".repeat(1001)) }, "media too large: at most 1000 bytes"],
    ["threat(T16): a path", { message: "x", mediaUrl: "/etc/passwd" }, "media not found"],
    [
      "threat(T16): a path among addresses",
      { message: "x", mediaUrls: ["https://a.example/", "file:///etc/passwd"] },
      "media not found",
    ],
  ])("refuses %s, and sends nothing of it", async (_title, params, problem) => {
    await using net = setup();
    expect(await refusal(net.send(params))).toBe(`INVALID_REQUEST: ${problem}`);
    expect(net.sent).toEqual([]);
    // Nothing waits either: the key is free for a mended request.
    expect(await net.send({ message: "mended" })).toMatchObject({ messageId: "n1" });
  });

  test("what the network refuses is an error that is not worth another try", async () => {
    await using net = setup({
      abilities: () => ({ send: () => Promise.reject(new ChannelError("rejected", "this chat is closed")) }),
    });
    const error = await net.send({ message: "x" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "UNAVAILABLE", message: "this chat is closed", extras: { retryable: false } });
  });

  test("while the network does not answer it stays in the queue, the caller is told where, and a repeat finds it", async () => {
    let isAway = true;
    let tries = 0;
    await using net = setup({
      abilities: () => ({
        send: async () => {
          tries++;
          if (isAway) throw new ChannelError("transient", "away");
          return { messageIds: ["late"] };
        },
      }),
    });
    const sending = refusal(net.send({ message: "x" }));
    for (let at = 0; at < 61; at++) {
      net.clock.advance(1000);
      await Bun.sleep(0);
    }
    expect(await sending).toBe("UNAVAILABLE: it waits in the queue as out-1: the network has not taken it yet");
    expect(tries).toBeGreaterThan(1);
    isAway = false;
    const again = net.send({ message: "x" });
    for (let at = 0; at < 31; at++) {
      net.clock.advance(1000);
      await Bun.sleep(0);
    }
    expect(await again).toMatchObject({ messageId: "late" });
  });
});

describe("poll", () => {
  const poll = { to: "100", channel: "net", question: "Tea?", options: ["yes", "no"], idempotencyKey: "k" };

  test("is a poll where there are any, open as long as was said", async () => {
    await using net = setup({ capabilities: { pollOptions: 2 } });
    await net.call("poll", { ...poll, durationHours: 2, maxSelections: 2, silent: true });
    expect(net.sent).toMatchObject([
      { poll: { question: "Tea?", options: ["yes", "no"], maxSelections: 2, durationMs: 7_200_000 }, isSilent: true },
    ]);
    await net.call("poll", { ...poll, durationSeconds: 90, idempotencyKey: "k2" });
    expect(net.sent[1]?.poll?.durationMs).toBe(90_000);
    expect(await net.call("poll", poll)).toMatchObject({ messageId: "n1" });
    expect(net.sent).toHaveLength(2);
  });

  test("is a list where there are none, and nothing on webchat", async () => {
    await using net = setup();
    await net.call("poll", poll);
    expect(net.sent[0]?.text).toBe("Tea?\n\n1. yes\n2. no");
    expect(await refusal(net.call("poll", { ...poll, channel: "webchat" }))).toBe(
      "INVALID_REQUEST: unsupported poll channel: webchat",
    );
  });

  test.each<[change: object]>([
    [{ options: ["one"] }],
    [{ options: Array(13).fill("x") }],
    [{ question: "" }],
    [{ question: "x".repeat(301) }],
    [{ maxSelections: 0 }],
    [{ durationSeconds: 0 }],
  ])("%j is refused", async (change) => {
    await using net = setup();
    expect(await refusal(net.call("poll", { ...poll, ...change }))).toStartWith("INVALID_REQUEST: invalid poll params");
    expect(net.sent).toEqual([]);
  });
});

describe("message.action", () => {
  const base = { to: "100", channel: "net", messageId: "m1", idempotencyKey: "k" };

  /** An account that keeps what it is asked to change. */
  function openChanging() {
    const done: unknown[] = [];
    const net = setup({
      abilities: (): Partial<Account> => ({
        react: async (target, emoji) => void done.push(["react", target, emoji]),
        edit: async (target, { text }) => void done.push(["edit", target, text]),
        remove: async (target) => void done.push(["remove", target]),
        read: async (targets) => void done.push(["read", ...targets]),
      }),
    });
    return { ...net, done, [Symbol.asyncDispose]: () => net.channels.close() };
  }
  const target = { chat: { kind: "direct", id: "100" }, id: "m1" };

  test.each<[params: object, done: unknown[]]>([
    [{ action: "react", emoji: "👍" }, ["react", target, "👍"]],
    [{ action: "react", emoji: "" }, ["react", target, ""]],
    [{ action: "edit", message: "**new**" }, ["edit", target, "new"]],
    [{ action: "delete" }, ["remove", target]],
    [{ action: "read" }, ["read", target]],
  ])("%j", async (params, done) => {
    await using net = openChanging();
    expect(await net.call("message.action", { ...base, ...params })).toEqual({
      ok: true,
      channel: "net",
      chatId: "100",
      messageId: "m1",
    });
    expect(net.done).toEqual([done]);
    expect(net.sent).toEqual([]);
  });

  test.each<[params: object, problem: string]>([
    [{ action: "react" }, "INVALID_REQUEST: emoji is required"],
    [{ action: "edit" }, "INVALID_REQUEST: message is required"],
    [{ action: "edit", message: " " }, "INVALID_REQUEST: message is required"],
    [{ action: "edit", message: "x ".repeat(600) }, "INVALID_REQUEST: message is required, short enough"],
    [{ action: "react", emoji: "👍", to: "nobody" }, "UNAVAILABLE: not a recipient on net: nobody"],
    [{ action: "read", channel: "other" }, "INVALID_REQUEST: unsupported channel: other"],
    [{ action: "pin" }, "INVALID_REQUEST: invalid message.action params"],
  ])("%j is refused: %s", async (params, problem) => {
    await using net = openChanging();
    expect(await refusal(net.call("message.action", { ...base, ...params }))).toStartWith(problem);
    expect(net.done).toEqual([]);
  });

  test("a network that cannot says so, for each", async () => {
    await using net = setup();
    for (const action of ["react", "edit", "delete", "read"]) {
      const params = { ...base, action, emoji: "👍", message: "x" };
      expect(await refusal(net.call("message.action", params))).toBe(`INVALID_REQUEST: net cannot ${action} messages`);
    }
  });

  test.each<[kind: ChannelError["kind"], code: string, retryable: boolean]>([
    ["rejected", "INVALID_REQUEST", false],
    ["transient", "UNAVAILABLE", true],
    ["limited", "UNAVAILABLE", true],
  ])("what the network says with kind %s is told as %s", async (kind, code, retryable) => {
    await using net = setup({ abilities: () => ({ remove: () => Promise.reject(new ChannelError(kind, "no")) }) });
    const error = await net.call("message.action", { ...base, action: "delete" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: "no", extras: { retryable } });
  });

  test("an account that is not connected cannot be asked, and may be asked later", async () => {
    await using net = openChanging();
    await net.channels.switch("net", undefined, false);
    const error = await net.call("message.action", { ...base, action: "delete" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "UNAVAILABLE", extras: { retryable: true } });
    expect(net.done).toEqual([]);
  });
});
