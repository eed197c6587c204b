/** Linking an account of a running gateway: it stops meanwhile, starts when it is linked, and is linked once at a time. */
import { describe, expect, test } from "bun:test";
import type { LoginStep, Self } from "../../src/channels/contract.ts";
import { openAccounts } from "./accounts.ts";

/** A network that is linked by a code; each link is finished by the test. */
function openLinked(more: Partial<Parameters<typeof openAccounts>[0]> = {}) {
  const links: { scan: (self: Self) => void; fail: (error: Error) => void; tell: (step: LoginStep) => void }[] = [];
  let loggedOut = 0;
  const accounts = openAccounts({
    capabilities: { login: "qr" },
    abilities: () => ({
      login: (tell) => {
        const { promise, resolve, reject } = Promise.withResolvers<Self>();
        links.push({ scan: resolve, fail: reject, tell });
        return promise;
      },
      logout: async () => void loggedOut++,
    }),
    ...more,
  });
  const begin = async (force = false) => {
    const found = await accounts.channels.linking.login("net", undefined, force);
    if (typeof found === "string") throw new Error(found);
    return found;
  };
  return {
    ...accounts,
    links,
    begin,
    loggedOut: () => loggedOut,
    [Symbol.asyncDispose]: () => accounts.channels.close(),
  };
}

const settle = async () => {
  for (let turns = 0; turns < 5; turns++) await Bun.sleep(0);
};

test("the account stops while it is linked, and starts once when it is", async () => {
  await using net = openLinked();
  await settle();
  expect(net.counts).toEqual({ runs: 1, live: 1 });
  const login = await net.begin();
  expect(net.counts.live).toBe(0);
  expect(net.channels.linking.loginOf("net", undefined)).toBe(login);
  net.links[0]?.scan({ id: "1", name: "Ada" });
  await settle();
  expect(login.state).toEqual({ state: "linked", name: "Ada" });
  expect(net.counts).toEqual({ runs: 2, live: 1 });
});

test("a link that is under way is the one that is told, unless a new one is forced", async () => {
  await using net = openLinked();
  const first = await net.begin();
  expect(await net.begin()).toBe(first);
  expect([net.links.length, net.loggedOut()]).toEqual([1, 0]);
  const second = await net.begin(true);
  expect(second).not.toBe(first);
  await settle();
  expect([net.links.length, net.loggedOut()]).toEqual([2, 1]);
  expect(first.state.state).toBe("failed");
  expect(second.state).toEqual({ state: "waiting" });
});

test("a gateway that closes ends the link, and nothing runs after it", async () => {
  const net = openLinked();
  const login = await net.begin();
  await net.channels.close();
  net.links[0]?.scan({ id: "1" });
  await settle();
  expect(login.state.state).toBe("failed");
  expect(net.counts.live).toBe(0);
});

test("the end of a link: the account is stopped and its keys are deleted on the network's own way", async () => {
  await using net = openLinked();
  await settle();
  expect(await net.channels.linking.logout("net", undefined)).toEqual({ accountId: "default" });
  expect([net.counts.live, net.loggedOut()]).toEqual([0, 1]);
});

describe("what cannot be linked", () => {
  test("a network that is not linked by a code, and one that is not there", async () => {
    await using plain = openAccounts();
    expect(await plain.channels.linking.login("net", undefined, false)).toBe(
      "no configured network has accounts to link",
    );
    expect(await plain.channels.linking.logout("net", undefined)).toBe("channel net does not support logout");
    expect(await plain.channels.linking.logout("other", undefined)).toBe("no account on other: configure one");
    await settle();
    expect(plain.counts.live).toBe(1);
  });

  test("a network that another gateway of this host has open: it says so, and does not run", async () => {
    await using net = openLinked({ capabilities: { login: "qr", isHostExclusive: true }, lockHost: () => undefined });
    await settle();
    expect(net.counts).toEqual({ runs: 0, live: 0 });
    const [report] = net.channels.reports();
    expect(report?.accounts[0]).toMatchObject({
      state: "failed",
      lastError: expect.stringContaining("another gateway"),
    });
    const login = await net.begin();
    await settle();
    expect(login.state.state).toBe("failed");
    expect(net.links).toEqual([]);
  });
});

test("the lock of the host is held while any account of that network is, and given back at the end", async () => {
  const held: string[] = [];
  const net = openAccounts({
    capabilities: { isHostExclusive: true },
    section: { accounts: { a: {}, b: {} } },
    lockHost: (id) => {
      held.push(`take ${id}`);
      return { [Symbol.dispose]: () => held.push(`give ${id}`) };
    },
  });
  await settle();
  expect(held).toEqual(["take net"]);
  expect(net.counts.live).toBe(2);
  await net.channels.close();
  expect(held).toEqual(["take net", "give net"]);
});

// `find` still tells how the last link ended, and a new one is not begun for as long.
test("after a link that failed the next start begins another", async () => {
  await using net = openLinked();
  const first = await net.begin();
  net.links[0]?.fail(new Error("the phone said no"));
  await settle();
  expect(first.state.state).toBe("failed");
  const second = await net.begin();
  expect(second).not.toBe(first);
  expect(second.state).toEqual({ state: "waiting" });
});
