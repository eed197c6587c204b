/** Courtesies: who gets them, when they end, and that none of them can do harm. */
import { describe, expect, test } from "bun:test";
import { type Account, type Capabilities, ChannelError, type Inbound } from "../../src/channels/contract.ts";
import { Feedback } from "../../src/channels/feedback.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { FakeClock } from "../support/clock.ts";
import { direct, grouped, settingsOf } from "./policy/events.ts";

const capabilities: Capabilities = {
  textLimit: 100,
  captionLimit: 0,
  markup: "plain",
  tables: "bullets",
  mediaBytes: 1,
  idempotent: false,
  replies: "off",
  typingMs: 5000,
  receiveSilenceMs: 1000,
};
const never = () => Promise.reject(new Error("not asked here"));

function setup(section: Record<string, unknown> = {}, more: Partial<Account> = {}, able: Partial<Capabilities> = {}) {
  const done: string[] = [];
  const records: LogRecord[] = [];
  const clock = new FakeClock();
  const account: Account = {
    run: never,
    send: never,
    probe: never,
    read: async ([target]) => void done.push(`read ${target?.id}`),
    react: async ({ id }, emoji) => void done.push(`react ${id} ${emoji}`),
    typing: async ({ id }) => void done.push(`typing ${id}`),
    ...more,
  };
  const current: { account: Account | undefined } = { account };
  const feedback = new Feedback({
    account: () => current.account,
    settings: settingsOf(section),
    capabilities: { ...capabilities, ...able },
    clock,
    log: createLog({ clock, level: "debug", sinks: [(record) => records.push(record)] }),
  });
  return { feedback, done, clock, records, current };
}

describe("the reaction", () => {
  test.each<[scope: string | undefined, event: Inbound, isMentioned: boolean, isPut: boolean]>([
    [undefined, direct(), true, false],
    [undefined, grouped(), true, true],
    [undefined, grouped(), false, false],
    ["all", direct(), true, true],
    ["all", grouped(), false, true],
    ["direct", direct(), true, true],
    ["direct", grouped(), true, false],
    ["group-all", grouped(), false, true],
    ["group-all", direct(), true, false],
    ["off", direct(), true, false],
    ["off", grouped(), true, false],
    ["all", grouped({ type: "button" }), true, false],
  ])("with scope %p on %o, mentioned %p: %p", (ackReactionScope, event, isMentioned, isPut) => {
    const { feedback, done } = setup(ackReactionScope === undefined ? {} : { ackReactionScope });
    feedback.begin(event, isMentioned).end();
    expect(done.filter((one) => one.startsWith("react"))).toEqual(isPut ? ["react m1 👀"] : []);
  });

  test("is the owner's, or none, and goes when the owner says so", () => {
    const own = setup({ ackReaction: "🦞", ackReactionScope: "all", removeAckAfterReply: true });
    const work = own.feedback.begin(direct(), true);
    expect(own.done).toContain("react m1 🦞");
    work.end();
    expect(own.done.at(-1)).toBe("react m1 ");
    const none = setup({ ackReaction: "", ackReactionScope: "all", removeAckAfterReply: true });
    none.feedback.begin(direct(), true).end();
    expect(none.done.filter((one) => one.startsWith("react"))).toEqual([]);
  });
});

describe("typing", () => {
  const typings = (done: string[]) => done.filter((one) => one.startsWith("typing")).length;
  test.each<[mode: string | undefined, event: Inbound, isMentioned: boolean, isShown: boolean]>([
    [undefined, direct(), false, true],
    [undefined, grouped(), true, true],
    [undefined, grouped(), false, false],
    ["instant", grouped(), false, true],
    ["thinking", grouped(), false, true],
    ["message", direct(), true, false],
    ["never", direct(), true, false],
  ])("mode %p on %o, mentioned %p: %p", (typingMode, event, isMentioned, isShown) => {
    const { feedback, done, clock } = setup(typingMode === undefined ? {} : { typingMode });
    const work = feedback.begin(event, isMentioned);
    expect(typings(done)).toBe(isShown ? 1 : 0);
    clock.advance(8000);
    expect(typings(done)).toBe(isShown ? 3 : 0);
    work.end();
  });

  test("is renewed before it ends by itself, and never after the work", () => {
    const { feedback, done, clock } = setup();
    const work = feedback.begin(direct(), true);
    clock.advance(3999);
    expect(typings(done)).toBe(1);
    clock.advance(1);
    expect(typings(done)).toBe(2);
    work.end();
    work.end();
    clock.advance(60_000);
    expect(typings(done)).toBe(2);
    expect(clock.pending).toBe(0);
  });

  test("is nothing on a network without it", () => {
    const { feedback, done, clock } = setup({}, {}, { typingMs: undefined as never });
    feedback.begin(direct(), true);
    clock.advance(60_000);
    expect(typings(done)).toBe(0);
  });
});

test("what comes in is told as read, at once", () => {
  const { feedback, done } = setup();
  feedback.begin(grouped({ messageId: "m9" }), false);
  expect(done).toEqual(["read m9"]);
});

describe("no courtesy does harm", () => {
  const section = { ackReactionScope: "all", removeAckAfterReply: true };
  const refuse = () => Promise.reject(new ChannelError("rejected", "no"));
  const fail = () => {
    throw new Error("at once");
  };
  test.each<[title: string, how: () => Promise<void>]>([
    ["one that is refused", refuse],
    ["one that throws at once", fail],
    ["one that never ends", () => new Promise(() => undefined)],
  ])("%s", async (_title, how) => {
    const { feedback, clock, records } = setup(section, { read: how, react: how, typing: how });
    const work = feedback.begin(direct({ text: "secret" }), true);
    clock.advance(20_000);
    work.end();
    await Bun.sleep(0);
    expect(records.filter(({ level }) => level !== "debug")).toEqual([]);
    expect(JSON.stringify(records)).not.toContain("secret");
  });

  test("each is given up after five seconds", () => {
    const signals: AbortSignal[] = [];
    const hang = (...args: unknown[]) => {
      signals.push(args.at(-1) as AbortSignal);
      return new Promise<void>(() => undefined);
    };
    const { feedback, clock } = setup(section, { read: hang, react: hang, typing: hang });
    feedback.begin(direct(), true).end();
    expect(signals).toHaveLength(4);
    clock.advance(4999);
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
    clock.advance(1);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test("an account that is not there, or cannot, is asked for nothing; one that comes back is", () => {
    const bare = setup(section, { read: undefined as never, react: undefined as never, typing: undefined as never });
    bare.feedback.begin(direct(), true).end();
    expect(bare.records).toEqual([]);
    const { feedback, current, done, clock } = setup();
    const { account } = current;
    current.account = undefined;
    const work = feedback.begin(direct(), true);
    clock.advance(4000);
    expect(done).toEqual([]);
    current.account = account;
    clock.advance(4000);
    expect(done).toEqual(["typing 100"]);
    work.end();
  });
});
