/** What an owner tries again by hand: what was given up or not taken, once, and nothing that was answered. */
import { expect, test } from "bun:test";
import { OVERFLOW } from "../../src/channels/inbound.ts";
import type { InboxState } from "../../src/store/inbox.ts";
import { openAccounts } from "./accounts.ts";
import { direct } from "./policy/events.ts";

const settle = async () => {
  for (let turns = 0; turns < 5; turns++) await Bun.sleep(0);
};

/** An event that ended so, in an account that hears everybody. */
async function openWith(state: InboxState, problem?: string) {
  const net = openAccounts({ section: { dmPolicy: "open", allowFrom: ["*"] } });
  const event = JSON.stringify(direct({ eventId: "e", text: "hello" }));
  const { inbox } = net.channels;
  const id =
    inbox.add({ channel: "net", account: "default", eventId: "e", chatKey: "net default 100", event, nowMs: 0 }) ?? 0;
  inbox.update(id, { state, nowMs: 0, ...(problem === undefined ? {} : { problem }) });
  await settle();
  return { ...net, id, state: () => inbox.find(id)?.state, [Symbol.asyncDispose]: () => net.channels.close() };
}

test.each<[state: InboxState, problem: string | undefined, isTried: boolean]>([
  ["dead", "the agent failed", true],
  ["dropped", OVERFLOW, true],
  ["dropped", "the sender is not listed", false],
  ["done", undefined, false],
  ["kept", "reaction", false],
])("an event that is %s for %p is tried again: %p", async (state, problem, isTried) => {
  await using net = await openWith(state, problem);
  expect(net.channels.retry(`in-${net.id}`)).toBe(isTried);
  await settle();
  expect(net.agents.asked).toHaveLength(isTried ? 1 : 0);
  expect(net.state()).toBe(isTried ? "done" : state);
});

test.each<[id: string]>([["in-99"], ["out-99"], ["in-"], ["1"], ["in-1e0"], [""]])("there is no %j", async (id) => {
  await using net = await openWith("done");
  expect(net.channels.retry(id)).toBe(false);
});

// What was said of an event stays with it, and looks as if it had not been taken.
test("an event that was not taken, and was answered when it was tried again, is not answered twice", async () => {
  await using net = await openWith("dropped", OVERFLOW);
  net.channels.retry(`in-${net.id}`);
  await settle();
  expect(net.state()).toBe("done");
  expect(net.channels.retry(`in-${net.id}`)).toBe(false);
  await settle();
  expect(net.agents.asked).toHaveLength(1);
});
