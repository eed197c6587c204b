/**
 * What every network has to do, tried on each: `channelContract("name", openHarness)` in the network's own test file.
 * The suite plays the gateway ({@link TestHost}); a {@link Harness} plays the network and the people on it, usually by
 * a stand-in server that speaks the real protocol. Abilities an account does not claim are not tried.
 *
 * What only one network knows (its error codes, its markup, its retries) belongs into that network's own tests.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  type Account,
  type AccountMemory,
  type AccountVault,
  type Capabilities,
  ChannelError,
  type ChannelHost,
  type ChatRef,
  type Inbound,
  type InboundMedia,
  type MessageRef,
  type Outbound,
  type OutboundMedia,
  type Self,
} from "../../src/channels/contract.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { openVaultFile, Vault } from "../../src/store/vault.ts";
import { FakeClock } from "../support/clock.ts";

/** Something the account did on the network, as the network saw it. */
export interface Received {
  kind: "text" | "media" | "reaction" | "typing" | "edit" | "remove";
  chatId: string;
  threadId?: string;
  /** The text or caption as it arrived; markup is the network's own. */
  text?: string;
  /** The message it answers, reacts to, edits or removes. */
  messageId?: string;
  emoji?: string;
  bytes?: Uint8Array;
}

/** What a person can do. Each resolves with the network's id of the message it made or touched. */
export interface Person {
  says(chat: ChatRef, text: string, options?: { mentions?: boolean; quotes?: string }): Promise<string>;
  sends(chat: ChatRef, file: { kind: InboundMedia["kind"]; bytes: Uint8Array; caption?: string }): Promise<string>;
  /** Left out where the network does not tell us. */
  edits?(chat: ChatRef, messageId: string, text: string): Promise<string>;
  deletes?(chat: ChatRef, messageId: string): Promise<string>;
  reacts?(chat: ChatRef, messageId: string, emoji: string): Promise<string>;
  /** Presses the button with that value below a message of ours; fails when there is none. */
  presses?(chat: ChatRef, messageId: string, value: string): Promise<string>;
}

/** Trouble the network can make. Those left out are not tried. */
export interface Faults {
  /** The credentials are refused from now on, and a connection that is up is ended if the network does that. */
  auth(): void;
  /** What the account is connected by fails once, in a way that passes. */
  transient(): void;
  /** The last event comes a second time. */
  repeat?(): void;
  /** The next message is taken, but its answer never arrives. */
  loseAnswer?(): void;
}

/** A network with one login on it, one person, a direct chat and a group. Disposing it closes everything. */
export interface Harness extends AsyncDisposable {
  readonly capabilities: Capabilities;
  /** An account with that host. Opened a second time with the same memory it is the same account after a restart. */
  open(host: ChannelHost): Account;
  /** Who the account is. */
  readonly self: Self;
  /** Network id of the person. */
  readonly personId: string;
  readonly direct: ChatRef;
  readonly group: ChatRef;
  readonly person: Person;
  readonly faults: Faults;
  /** Whether an event that was not stored comes again, and one that came while nobody listened comes later. */
  readonly redelivers: boolean;
  /** Texts that may appear nowhere: tokens, keys. */
  readonly secrets: readonly string[];
  /** What the account did, in order. */
  received(): readonly Received[];
  /** Polls the account sent. Left out where the network has none. */
  polls?(): readonly { chatId: string; question: string; options: readonly string[]; maxSelections: number }[];
  /** Connections the account holds open for receiving. */
  connections(): number;
  /** Resolves when there is one, and the account waits on it for what comes next. */
  untilConnected(): Promise<void>;
  /** Resolves when no such connection is left. */
  untilDisconnected(): Promise<void>;
}

/** A real vault in memory. */
export interface Keys {
  vault(accountId: string): AccountVault;
}

/** An empty one. */
export function createKeys(): Keys {
  const file = openVaultFile(":memory:");
  return { vault: (accountId) => new Vault(file, { channel: "test", accountId }, () => 0) };
}

/** The same, as the executable is driven against it. */
export interface BinaryHarness extends Harness {
  /** Name of the network in the configuration, and of the channel. */
  readonly id: string;
  /** Its section of the configuration, without who may write. */
  readonly settings: Record<string, unknown>;
  /** How a person writes this chat as a recipient. */
  target(chat: ChatRef): string;
  /** Puts what a login made where the executable with that state folder looks for it, where there is a login. */
  seed?(stateDir: string): void;
  /** Makes the receiving side fall silent while everything else goes on, and back. */
  deafen?(isDeaf: boolean): void;
}

/** The gateway as an account sees it: keeps everything, and waits for what is to come without looking at a clock. */
export class TestHost implements ChannelHost {
  readonly accountId: string;
  readonly clock = new FakeClock();
  readonly ids = systemIds;
  readonly events: Inbound[] = [];
  readonly records: LogRecord[] = [];
  readonly facts: Map<string, string>;
  readonly memory: AccountMemory;
  readonly commands = [{ name: "new", description: "Start this session afresh." }];
  /** Keys of the account; handed to the next host when the account starts again. */
  readonly keys: Keys;
  readonly log;
  self: Self | undefined;
  heardCount = 0;
  /** While set, storing fails. */
  isDiskFull = false;
  refusedCount = 0;
  readonly #stopping = new AbortController();
  readonly #checks = new Set<() => void>();

  constructor(options: { facts?: Map<string, string>; keys?: Keys; accountId?: string } = {}) {
    this.accountId = options.accountId ?? "default";
    this.facts = options.facts ?? new Map();
    this.keys = options.keys ?? createKeys();
    this.memory = { get: (key) => this.facts.get(key), set: (key, value) => void this.facts.set(key, value) };
    const sinks = [(record: LogRecord) => void this.records.push(record)];
    this.log = createLog({ clock: this.clock, level: "debug", sinks });
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  vault(): AccountVault {
    return this.keys.vault(this.accountId);
  }

  async receive(event: Inbound): Promise<void> {
    if (this.isDiskFull) this.refusedCount++;
    // Stored as JSON: whatever JSON does not keep is lost.
    else this.events.push(JSON.parse(JSON.stringify(event)));
    this.#wake();
    if (this.isDiskFull) throw new Error("the disk is full");
  }

  connected(self: Self): void {
    this.self = self;
    this.#wake();
  }

  heard(): void {
    this.heardCount++;
    this.#wake();
  }

  /** Ends the account, as the supervisor does. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves when the condition holds; looked at again whenever the account tells something. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!holds()) return;
      this.#checks.delete(check);
      resolve();
    };
    this.#checks.add(check);
    return promise;
  }

  /** The first event, past or future, that matches. */
  async event(matches: (event: Inbound) => boolean): Promise<Inbound> {
    await this.until(() => this.events.some(matches));
    return this.events.find(matches)!;
  }

  #wake(): void {
    for (const check of [...this.#checks]) check();
  }
}

/** An account that runs, with the gateway around it. Disposing it stops it and waits until it has ended. */
export interface Running extends AsyncDisposable {
  host: TestHost;
  account: Account;
  /** How `run()` ended: undefined when it returned, else what it threw. */
  ended: Promise<unknown>;
}

/** What an account kept in an earlier run. */
export type Kept = Pick<TestHost, "facts" | "keys">;

/** Starts an account, with what an earlier run of it kept. */
export function startAccount(harness: Pick<Harness, "open">, kept?: Kept): Running {
  const host = new TestHost(kept);
  const account = harness.open(host);
  const ended = account.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    host,
    account,
    ended,
    async [Symbol.asyncDispose]() {
      host.stop();
      await ended;
    },
  };
}

/** Starts an account and waits until it is connected; throws what `run()` threw if it ends before that. */
export async function startConnected(harness: Pick<Harness, "open">, kept?: Kept): Promise<Running> {
  const running = startAccount(harness, kept);
  const early = running.ended.then((error) => {
    throw error ?? new Error("run() returned before it was connected");
  });
  await Promise.race([running.host.until(() => running.host.self !== undefined), early]);
  early.catch(() => undefined);
  return running;
}

/** The error a promise rejects with, checked to be the kind adapters throw. */
export async function channelErrorOf(promise: Promise<unknown>): Promise<ChannelError> {
  const error = await promise.then(
    () => new Error("nothing was thrown"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChannelError);
  return error as ChannelError;
}

const never = new AbortController().signal;
const hello = new TextEncoder().encode("hello, file");

/** A message with a key of its own. */
export function outbound(chat: ChatRef, rest: Partial<Outbound>): Outbound {
  return { chat, key: systemIds.uuid(), ...rest };
}

const file = (kind: OutboundMedia["kind"], mimeType: string, fileName: string): OutboundMedia => ({
  kind,
  mimeType,
  fileName,
  bytes: hello,
});

/** Declares the suite for one network. `open` makes a fresh network for every test. */
export function channelContract(name: string, open: () => Promise<Harness>): void {
  describe(`channel contract: ${name}`, () => {
    let net: Harness;
    let up: Running;

    beforeEach(async () => {
      net = await open();
      up = await startConnected(net);
    });

    afterEach(async () => {
      await up[Symbol.asyncDispose]();
      await net[Symbol.asyncDispose]();
      expectNoSecrets(net, { ...up, ended: await up.ended });
    });

    test("it connects, says who it is, and proves that it hears", async () => {
      expect(up.host.self).toEqual(net.self);
      expect(await up.account.probe(never)).toEqual(net.self);
      await net.person.says(net.direct, "are you there?");
      await up.host.event(({ text }) => text === "are you there?");
      await up.host.until(() => up.host.heardCount > 0);
    });

    test("a direct message becomes an event with everything it has", async () => {
      const messageId = await net.person.says(net.direct, "Hallo, Welt 👋");
      const event = await up.host.event(({ type }) => type === "message");
      expect(event).toMatchObject({
        type: "message",
        chat: { kind: "direct", id: net.direct.id },
        sender: { id: net.personId },
        messageId,
        text: "Hallo, Welt 👋",
      });
      expect(event.eventId).not.toBe("");
      expect(event.timeMs).toBeGreaterThan(Date.UTC(2000));
      expect(event.sender.isSelf ?? false).toBe(false);
    });

    test("a group message says whether it names us", async () => {
      await net.person.says(net.group, "just among us");
      await net.person.says(net.group, "and you", { mentions: true });
      const named = await up.host.event(({ text }) => text?.includes("and you") === true);
      const plain = await up.host.event(({ text }) => text === "just among us");
      expect(named.chat).toMatchObject({ kind: net.group.kind, id: net.group.id });
      expect(named.mentionsSelf).toBe(true);
      expect(plain.mentionsSelf ?? false).toBe(false);
    });

    test("a quote names the message it quotes, and that it is ours", async () => {
      const sent = await up.account.send(outbound(net.direct, { text: "quote me" }), never);
      await net.person.says(net.direct, "gladly", { quotes: sent.messageIds[0]! });
      const event = await up.host.event(({ text }) => text === "gladly");
      expect(event.quote).toMatchObject({ messageId: sent.messageIds[0]!, isOfSelf: true });
    });

    test("a file that came in can be fetched, and not when it is larger than allowed", async () => {
      await net.person.sends(net.direct, { kind: "document", bytes: hello, caption: "for you" });
      const event = await up.host.event(({ media }) => media !== undefined);
      expect(event.text).toBe("for you");
      expect(event.media).toHaveLength(1);
      const [media] = event.media!;
      expect(media!.kind).toBe("document");
      const fetched = await up.account.download!(media!.handle, hello.length, never);
      expect(Buffer.from(fetched)).toEqual(Buffer.from(hello));
      const error = await channelErrorOf(up.account.download!(media!.handle, hello.length - 1, never));
      expect(error.kind).toBe("rejected");
    });

    test("events of one chat arrive in their order", async () => {
      const texts = Array.from({ length: 20 }, (_, index) => `number ${index}`);
      for (const text of texts) await net.person.says(net.direct, text);
      await up.host.until(() => up.host.events.length >= texts.length);
      expect(up.host.events.map(({ text }) => text!)).toEqual(texts);
      expect(new Set(up.host.events.map(({ eventId }) => eventId)).size).toBe(texts.length);
    });

    test("an edit, a deletion and a reaction name the message they are about", async () => {
      const { edits, deletes, reacts } = net.person;
      const messageId = await net.person.says(net.direct, "first");
      await up.host.event(({ text }) => text === "first");
      if (reacts) {
        await reacts(net.direct, messageId, "👍");
        const event = await up.host.event(({ type }) => type === "reaction");
        expect(event).toMatchObject({ messageId, sender: { id: net.personId } });
        expect(event.reaction).toEqual({ emoji: "👍", isRemoved: false });
      }
      if (edits) {
        await edits(net.direct, messageId, "second");
        const event = await up.host.event(({ type }) => type === "edit");
        expect(event).toMatchObject({ messageId, text: "second", chat: { id: net.direct.id } });
      }
      if (deletes) {
        await deletes(net.direct, messageId);
        expect(await up.host.event(({ type }) => type === "delete")).toMatchObject({ messageId });
      }
    });

    test("a text goes out, and its id comes back", async () => {
      const sent = await up.account.send(outbound(net.direct, { text: "good day", plainText: "good day" }), never);
      expect(sent.messageIds).toHaveLength(1);
      expect(net.received().filter(({ kind }) => kind === "text")).toMatchObject([
        { chatId: net.direct.id, text: "good day" },
      ]);
    });

    test("a text of the longest length goes out in one piece", async () => {
      const text = "x".repeat(net.capabilities.textLimit);
      const sent = await up.account.send(outbound(net.direct, { text, plainText: text }), never);
      expect(sent.messageIds).toHaveLength(1);
      expect(net.received().find(({ kind }) => kind === "text")?.text).toBe(text);
    });

    test("an answer names the message it answers", async () => {
      const messageId = await net.person.says(net.group, "who is it?");
      await up.host.event(({ text }) => text === "who is it?");
      await up.account.send(outbound(net.group, { text: "it is me", replyTo: messageId }), never);
      expect(net.received().find(({ kind }) => kind === "text")).toMatchObject({
        chatId: net.group.id,
        text: "it is me",
        messageId,
      });
    });

    test.each([
      ["image", file("image", "image/png", "a.png")],
      ["document", file("document", "text/plain", "notes, first; draft.txt")],
      ["audio", file("audio", "audio/mpeg", "song.mp3")],
      ["voice", file("voice", "audio/ogg", "note.ogg")],
      ["video", file("video", "video/mp4", "clip.mp4")],
    ])("a file of kind %s goes out byte by byte", async (_kind, media) => {
      const text = net.capabilities.captionLimit > 0 ? { text: "see this" } : {};
      const sent = await up.account.send(outbound(net.direct, { media, ...text }), never);
      expect(sent.messageIds.length).toBeGreaterThan(0);
      const got = net.received().find(({ kind }) => kind === "media");
      expect(got).toMatchObject({ chatId: net.direct.id, ...text });
      expect(Buffer.from(got!.bytes!)).toEqual(Buffer.from(hello));
    });

    test("what the account claims to do, the network sees", async () => {
      const { account } = up;
      const messageId = await net.person.says(net.direct, "look");
      await up.host.event(({ text }) => text === "look");
      const sent = await account.send(outbound(net.direct, { text: "draft" }), never);
      const own: MessageRef = { chat: net.direct, id: sent.messageIds[0]! };
      const seen = (kind: Received["kind"]) => net.received().find((one) => one.kind === kind);
      if (account.typing) {
        await account.typing(net.direct, never);
        expect(seen("typing")).toMatchObject({ chatId: net.direct.id });
      }
      if (account.react) {
        await account.react({ chat: net.direct, id: messageId }, "👍", never);
        expect(seen("reaction")).toMatchObject({ chatId: net.direct.id, messageId, emoji: "👍" });
      }
      if (account.edit) {
        await account.edit(own, outbound(net.direct, { text: "final" }), never);
        expect(seen("edit")).toMatchObject({ chatId: net.direct.id, messageId: own.id, text: "final" });
      }
      if (account.remove) {
        await account.remove(own, never);
        expect(seen("remove")).toMatchObject({ chatId: net.direct.id, messageId: own.id });
      }
    });

    test("a poll of the largest size goes out whole", async () => {
      const { pollOptions } = net.capabilities;
      if (pollOptions === undefined || !net.polls) return;
      const options = Array.from({ length: pollOptions }, (_, index) => `answer ${index}`);
      const poll = { question: "which?", options, maxSelections: 1 };
      const sent = await up.account.send(outbound(net.group, { poll }), never);
      expect(sent.messageIds).toHaveLength(1);
      expect(net.polls()).toEqual([{ chatId: net.group.id, ...poll }]);
    });

    test("buttons go out below a text, and a press tells the value, the person and the message", async () => {
      const { buttons: limits } = net.capabilities;
      if (limits === undefined || !net.person.presses) return;
      const value = "v".repeat(limits.valueBytes);
      const buttons = Array.from({ length: limits.rows }, (_, row) =>
        Array.from({ length: limits.perRow }, (_, at) => ({ label: `${row} ${at}`, value: `${row} ${at}` })),
      );
      buttons[0]![0] = { label: "the longest", value };
      const sent = await up.account.send(outbound(net.direct, { text: "choose", buttons }), never);
      await net.person.presses(net.direct, sent.messageIds[0]!, value);
      expect(await up.host.event(({ type }) => type === "button")).toMatchObject({
        button: value,
        messageId: sent.messageIds[0]!,
        sender: { id: net.personId },
        chat: { id: net.direct.id },
      });
    });

    test("the same delivery twice is the same event", async () => {
      if (!net.faults.repeat) return;
      await net.person.says(net.direct, "once");
      await up.host.event(({ text }) => text === "once");
      net.faults.repeat();
      await net.person.says(net.direct, "after it");
      await up.host.event(({ text }) => text === "after it");
      const ids = up.host.events.filter(({ text }) => text === "once").map(({ eventId }) => eventId);
      expect(new Set(ids).size).toBe(1);
    });

    test("what could not be stored is not acknowledged and comes again", async () => {
      if (!net.redelivers) return;
      up.host.isDiskFull = true;
      await net.person.says(net.direct, "do not lose me");
      await up.host.until(() => up.host.refusedCount > 0);
      await up[Symbol.asyncDispose]();
      up = await startConnected(net, up.host);
      const event = await up.host.event(({ text }) => text === "do not lose me");
      expect(event.sender.id).toBe(net.personId);
    });

    test("a restart goes on where it was: nothing lost, nothing twice", async () => {
      if (!net.redelivers) return;
      await net.person.says(net.direct, "before");
      await up.host.event(({ text }) => text === "before");
      await up[Symbol.asyncDispose]();
      await net.person.says(net.direct, "meanwhile");
      const next = await startConnected(net, up.host);
      await next.host.event(({ text }) => text === "meanwhile");
      const ids = [...up.host.events, ...next.host.events].map(({ eventId }) => eventId);
      expect(new Set(ids).size).toBe(2);
      await up[Symbol.asyncDispose]();
      up = next;
    });

    test("trouble that passes ends the run as transient", async () => {
      net.faults.transient();
      const error = await up.ended;
      expect(error).toBeInstanceOf(ChannelError);
      expect((error as ChannelError).kind).toBe("transient");
    });

    test("refused credentials end the run as auth, with advice", async () => {
      await up[Symbol.asyncDispose]();
      net.faults.auth();
      const refused = startAccount(net);
      const error = await refused.ended;
      expect(error).toBeInstanceOf(ChannelError);
      expect((error as ChannelError).kind).toBe("auth");
      expect((error as ChannelError).message.length).toBeGreaterThan(20);
      expect((await channelErrorOf(refused.account.probe(never))).kind).toBe("auth");
      expect(refused.host.self).toBeUndefined();
      expectNoSecrets(net, { ...refused, ended: error });
    });

    test("a lost answer leaves the outcome open, and nothing is sent twice", async () => {
      if (!net.faults.loseAnswer || net.capabilities.idempotent) return;
      net.faults.loseAnswer();
      const error = await channelErrorOf(up.account.send(outbound(net.direct, { text: "did it arrive?" }), never));
      expect(error).toMatchObject({ kind: "transient", sent: "unknown" });
      expect(net.received().filter(({ text }) => text === "did it arrive?")).toHaveLength(1);
      expectNoSecrets(net, { ...up, ended: error });
    });

    test("a send that is given up before it began has not been sent", async () => {
      const given = AbortSignal.abort(new DOMException("given up", "AbortError"));
      const error = await channelErrorOf(up.account.send(outbound(net.direct, { text: "never mind" }), given));
      expect(error.sent).toBe("no");
      expect(net.received().filter(({ text }) => text === "never mind")).toHaveLength(0);
    });

    test("a stop ends the run, its connections and its timers", async () => {
      await net.untilConnected();
      up.host.stop();
      expect(await up.ended).toBeUndefined();
      await net.untilDisconnected();
      expect(net.connections()).toBe(0);
      expect(up.host.clock.pending).toBe(0);
    });
  });
}

/** No token in a log line, in an error with its causes, in the memory, or in the account however it is printed. */
function expectNoSecrets(net: Harness, from: { host: TestHost; account: Account; ended: unknown }): void {
  const printed = [
    JSON.stringify(from.host.records),
    JSON.stringify([...from.host.facts]),
    JSON.stringify(from.host.events),
    JSON.stringify(from.account) ?? "",
    Bun.inspect(from.account, { depth: 8 }),
    Bun.inspect(from.ended, { depth: 8 }),
    ...causesOf(from.ended).map((error) => JSON.stringify({ ...error, text: `${error.message}\n${error.stack}` })),
  ].join("\n");
  for (const secret of net.secrets) expect(printed.includes(secret)).toBe(false);
}

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
