import { describe, expect, test } from "bun:test";
import { openDatabase } from "../../src/store/database.ts";
import { type InboxRow, InboxStore } from "../../src/store/inbox.ts";

function setup() {
  const store = new InboxStore(openDatabase(":memory:"));
  let count = 0;
  const add = (chatKey: string, more: { channel?: string; account?: string; eventId?: string } = {}): number => {
    const eventId = `e${++count}`;
    return (
      store.add({ channel: "net", account: "a", eventId, chatKey, event: `"${eventId}"`, nowMs: count, ...more }) ?? 0
    );
  };
  const end = (id: number, state: InboxRow["state"], problem?: string) =>
    store.update(id, { state, nowMs: 99, ...(problem === undefined ? {} : { problem }) });
  const rows = (ids: number[]) => ids.map((id) => store.find(id)).filter((row) => row !== undefined);
  return { store, add, end, rows };
}

test("a delivery is stored once per account, whatever comes of it", () => {
  const { store, add, end } = setup();
  const id = add("c", { eventId: "same" });
  end(id, "done");
  expect(add("c", { eventId: "same" })).toBe(0);
  expect(add("c", { eventId: "same", account: "b" })).toBeGreaterThan(0);
  expect(add("c", { eventId: "same", channel: "other" })).toBeGreaterThan(0);
  expect(store.find(id)?.state).toBe("done");
});

describe("what waits", () => {
  test("in a chat, oldest first, so many at most, what runs among it", () => {
    const { store, add, end } = setup();
    const [first, second, third] = [add("c"), add("c"), add("c")];
    add("d");
    end(add("c"), "done");
    end(first, "running");
    expect(store.waiting("c", 10).map(({ id, state }) => [id, state])).toEqual([
      [first, "running"],
      [second, "new"],
      [third, "new"],
    ]);
    expect(store.waiting("c", 2)).toHaveLength(2);
    expect(store.waiting("nowhere", 2)).toEqual([]);
    expect(store.countWaiting("c")).toBe(3);
  });

  test("in the chats of an account, each named once, and not in those of others", () => {
    const { store, add, end } = setup();
    for (const chatKey of ["c", "c", "d"]) add(chatKey);
    add("other account", { account: "b" });
    add("other channel", { channel: "other" });
    for (const state of ["done", "kept", "dropped", "dead"] as const) end(add(`ended ${state}`), state);
    end(add("runs"), "running");
    expect(store.openChats("net", "a").sort()).toEqual(["c", "d", "runs"]);
  });
});

describe("joining", () => {
  test("ends all but the last, which has the words of all, and waits where it was", () => {
    const { store, add, rows } = setup();
    const ids = [add("c"), add("c"), add("c")];
    store.join(rows(ids), '"joined"', 50);
    const [first, second, last] = rows(ids);
    expect([first, second]).toMatchObject([
      { state: "done", problem: `joined to in-${ids[2]}`, event: '"e1"' },
      { state: "done", problem: `joined to in-${ids[2]}`, event: '"e2"' },
    ]);
    expect(last).toMatchObject({ state: "new", event: '"joined"', attempts: 0, receivedAt: 3 });
    expect(store.waiting("c", 10)).toHaveLength(1);
  });

  test("is all or nothing", () => {
    const { store, add, rows } = setup();
    const ids = [add("c"), add("c")];
    expect(() =>
      store.decide(() => {
        store.join(rows(ids), '"joined"', 50);
        throw new Error("killed");
      }),
    ).toThrow("killed");
    expect(rows(ids)).toMatchObject([
      { state: "new", event: '"e1"' },
      { state: "new", event: '"e2"' },
    ]);
  });

  test("of one is that one, and of none is nothing", () => {
    const { store, add, rows } = setup();
    const id = add("c");
    store.join(rows([id]), '"same"', 50);
    store.join([], '"x"', 50);
    expect(store.find(id)).toMatchObject({ state: "new", event: '"same"' });
  });
});

describe("context", () => {
  test("is what was kept since the last answer, oldest first, the latest of it when there is more than wanted", () => {
    const { store, add, end } = setup();
    end(add("c"), "kept");
    end(add("c"), "done");
    const kept = [add("c"), add("c"), add("c")];
    for (const id of kept) end(id, "kept");
    end(add("d"), "done");
    end(add("c"), "dropped");
    const current = add("c");
    const ids = (limit: number) => store.context("c", current, limit).map(({ id }) => id);
    expect(ids(10)).toEqual(kept);
    expect(ids(2)).toEqual(kept.slice(1));
    expect(ids(0)).toEqual([]);
  });

  test("is not ended by messages that were joined to the one that is answered now", () => {
    const { store, add, end, rows } = setup();
    const kept = add("c");
    end(kept, "kept");
    const ids = [add("c"), add("c")];
    store.join(rows(ids), '"joined"', 50);
    expect(store.context("c", ids[1] ?? 0, 10).map(({ id }) => id)).toEqual([kept]);
    end(ids[1] ?? 0, "done");
    expect(store.context("c", add("c"), 10)).toEqual([]);
  });
});
