import { expect, test } from "bun:test";
import { DEFAULT_LIMITS, type Limits, type Turn, TurnLimiter } from "../../../src/channels/policy/limiter.ts";
import { FakeClock } from "../../support/clock.ts";

const limits: Limits = {
  sender: { burst: 4, perMinute: 4 },
  chat: { burst: 6, perMinute: 6 },
  botTurns: 3,
  restMs: 600_000,
};
const turn = (sender = "a", chat = "c", isBot = false): Turn => ({ senderKey: sender, chatKey: chat, isBot });

function start(own = limits) {
  const clock = new FakeClock();
  const limiter = new TurnLimiter({ clock, limits: own });
  const judge = (count: number, one: Turn = turn()) =>
    Array.from({ length: count }, () => limiter.judge(one).verdict.charAt(0)).join("");
  return { clock, limiter, judge };
}

test("one notice, then silence, and the flood does not get a second one", () => {
  const { clock, judge } = start();
  expect(judge(20)).toBe(`aaaan${"d".repeat(15)}`);
  for (let second = 0; second < 29; second++) {
    clock.advance(1000);
    expect(judge(1)).toBe("d");
  }
});

test("after a pause the sender is heard again", () => {
  const { clock, judge } = start();
  judge(10);
  clock.advance(60_000);
  expect(judge(5)).toBe("aaaan");
});

test("a flood of one sender leaves the others their place, and other chats theirs", () => {
  const { judge } = start();
  judge(50);
  expect(judge(2, turn("b"))).toBe("aa");
  expect(judge(1, turn("b", "d"))).toBe("a");
});

test("a chat of many senders has a limit of its own", () => {
  const { judge } = start();
  const found = Array.from({ length: 10 }, (_, index) => judge(1, turn(`s${index}`))).join("");
  expect(found).toBe("aaaaaanddd");
});

test("a clock that does not move gives nothing back", () => {
  const { judge } = start();
  judge(5);
  expect(judge(100)).toBe("d".repeat(100));
});

test("two bots are stopped after a few turns, told once, and stay stopped until they rest", () => {
  const { clock, judge } = start({
    ...limits,
    chat: { burst: 1000, perMinute: 1000 },
    sender: { burst: 1000, perMinute: 1000 },
  });
  let found = "";
  for (let round = 0; round < 10; round++) {
    clock.advance(5000);
    found += judge(1, turn(round % 2 ? "x" : "y", "c", true));
  }
  expect(found).toBe("aaandddddd");
  clock.advance(limits.restMs);
  expect(judge(5, turn("x", "c", true))).toBe("aaand");
});

test("bots that go on do not keep the breaker open for ever", () => {
  const { clock, judge } = start({
    ...limits,
    chat: { burst: 1000, perMinute: 1000 },
    sender: { burst: 1000, perMinute: 1000 },
  });
  judge(4, turn("x", "c", true));
  let found = "";
  for (let minute = 0; minute < 12; minute++) {
    clock.advance(60_000);
    found += judge(1, turn("x", "c", true));
  }
  expect(found).toContain("a");
  expect(found.indexOf("a")).toBeGreaterThan(8);
});

test("a person who speaks closes the breaker", () => {
  const { clock, judge } = start();
  expect(judge(5, turn("x", "c", true))).toBe("aaand");
  clock.advance(5000);
  expect(judge(1, turn("person"))).toBe("a");
  expect(judge(1, turn("x", "c", true))).toBe("a");
});

test("whoever answers faster than anybody reads looks like a bot, whatever the network says", () => {
  const { clock, limiter, judge } = start({
    ...limits,
    sender: { burst: 99, perMinute: 99 },
    chat: { burst: 99, perMinute: 99 },
  });
  let found = "";
  for (let round = 0; round < 6; round++) {
    limiter.replied("c");
    clock.advance(300);
    found += judge(1);
  }
  expect(found).toBe("aaandd");
  limiter.replied("c");
  clock.advance(10_000);
  expect(judge(1)).toBe("a");
});

test("a person who talks normally is never stopped", () => {
  const { clock, limiter, judge } = start(DEFAULT_LIMITS);
  for (let round = 0; round < 200; round++) {
    expect(judge(1)).toBe("a");
    limiter.replied("c");
    clock.advance(6000);
  }
});

test("says why", () => {
  const { limiter, judge } = start();
  judge(4);
  expect(limiter.judge(turn())).toEqual({
    gate: "rate",
    verdict: "notice",
    reason: "the sender is too fast",
    facts: { senderKey: "a", burst: 4, perMinute: 4 },
  });
});
