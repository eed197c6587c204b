/** Links: one at a time for each account, never longer than three minutes, and an end that stays. */
import { expect, test } from "bun:test";
import type { Account, LoginStep, Self } from "../../src/channels/contract.ts";
import { type Login, type LoginState, Logins } from "../../src/channels/logins.ts";
import { FakeClock } from "../support/clock.ts";

const LOGIN_MS = 180_000;
const never = () => Promise.reject(new Error("not asked here"));

/** A network on which nothing happens but what the test does. */
function createPhone(isDeaf = false) {
  const scan = Promise.withResolvers<Self>();
  let tell: (step: LoginStep) => void = () => undefined;
  let host: AbortSignal | undefined;
  const open = (signal: AbortSignal): Account => {
    host = signal;
    return {
      run: never,
      send: never,
      probe: never,
      login: (step, limit) => {
        tell = step;
        if (!isDeaf) limit.addEventListener("abort", () => scan.reject(new Error("closed by the library")));
        return scan.promise;
      },
    };
  };
  return { open, shows: (qr: string) => tell({ qr }), scans: scan.resolve, fails: scan.reject, host: () => host };
}

function setup() {
  const clock = new FakeClock();
  const logins = new Logins(clock);
  let linked = 0;
  const begin = (open: (signal: AbortSignal) => Account, key = "net a") => logins.begin(key, open, () => linked++);
  return { clock, logins, begin, linked: () => linked };
}

const forever = new AbortController().signal;
/** The state when it has ended. */
async function ended(login: Login): Promise<LoginState> {
  let { state } = login;
  while (state.state === "waiting") state = await login.change(state, forever);
  return state;
}

test("a code is shown, another replaces it, somebody scans it, and the account starts once", async () => {
  const { begin, linked, logins } = setup();
  const phone = createPhone();
  const login = begin(phone.open);
  expect(login.state).toEqual({ state: "waiting" });
  const first = login.change(login.state, forever);
  phone.shows("one");
  expect(await first).toEqual({ state: "waiting", qr: "one" });
  const second = login.change(login.state, forever);
  phone.shows("two");
  expect(await second).toEqual({ state: "waiting", qr: "two" });
  expect(linked()).toBe(0);
  phone.scans({ id: "15550102030", name: "Ada" });
  expect(await ended(login)).toEqual({ state: "linked", name: "Ada" });
  await Bun.sleep(0);
  expect(linked()).toBe(1);
  // What the account held for linking is let go of; the account that runs now is another one.
  expect(phone.host()?.aborted).toBe(true);
  expect(logins.find("net a")).toBe(login);
});

test("who has no name is called by the id", async () => {
  const { begin } = setup();
  const phone = createPhone();
  const login = begin(phone.open);
  phone.scans({ id: "15550102030" });
  expect(await ended(login)).toEqual({ state: "linked", name: "15550102030" });
});

test.each<[title: string, isDeaf: boolean]>([
  ["that ends when it is told to", false],
  ["that does not listen", true],
])("after three minutes a link has failed, also with a library %s", async (_title, isDeaf) => {
  const { clock, begin, linked } = setup();
  const phone = createPhone(isDeaf);
  const login = begin(phone.open);
  phone.shows("one");
  clock.advance(LOGIN_MS - 1);
  expect(login.state).toEqual({ state: "waiting", qr: "one" });
  clock.advance(1);
  expect(await ended(login)).toEqual({ state: "failed", problem: "nobody scanned the code in time: start again" });
  await Bun.sleep(0);
  expect(phone.host()?.aborted).toBe(true);
  // A library that comes to its end later changes nothing any more.
  phone.shows("late");
  phone.scans({ id: "1" });
  await Bun.sleep(0);
  expect(login.state.state).toBe("failed");
  expect(linked()).toBe(0);
});

test("what the network says is the problem, and is the end", async () => {
  const { begin, linked } = setup();
  const phone = createPhone();
  const login = begin(phone.open);
  phone.fails(new Error("the phone said no"));
  expect(await ended(login)).toEqual({ state: "failed", problem: "the phone said no" });
  phone.shows("late");
  expect(login.state.state).toBe("failed");
  await Bun.sleep(0);
  expect(linked()).toBe(0);
  expect(phone.host()?.aborted).toBe(true);
});

test("one at a time: another link of the account ends the first, of another account it does not", async () => {
  const { begin, logins, linked } = setup();
  const [first, other, second] = [createPhone(true), createPhone(), createPhone()];
  const one = begin(first.open);
  const elsewhere = begin(other.open, "net b");
  const two = begin(second.open);
  expect((await ended(one)).state).toBe("failed");
  expect(first.host()?.aborted).toBe(true);
  expect([elsewhere.state.state, two.state.state]).toEqual(["waiting", "waiting"]);
  expect(logins.find("net a")).toBe(two);
  // The one that was ended cannot start the account, nor take the place of the one that runs.
  first.scans({ id: "1" });
  await Bun.sleep(0);
  expect([linked(), logins.find("net a") === two]).toEqual([0, true]);
  second.scans({ id: "2" });
  expect(await ended(two)).toEqual({ state: "linked", name: "2" });
});

test("how it ended is there for three minutes more, and then nothing of it, nor a timer", async () => {
  const { clock, begin, logins } = setup();
  const phone = createPhone();
  const login = begin(phone.open);
  phone.scans({ id: "1" });
  await ended(login);
  await Bun.sleep(0);
  clock.advance(LOGIN_MS - 1);
  expect(logins.find("net a")).toBe(login);
  clock.advance(1);
  expect(logins.find("net a")).toBeUndefined();
  expect(clock.pending).toBe(0);
});

test("what is forgotten of an old link does not take a new one with it", async () => {
  const { clock, begin, logins } = setup();
  const old = createPhone();
  begin(old.open);
  old.fails(new Error("no"));
  await Bun.sleep(0);
  clock.advance(LOGIN_MS - 1);
  const login = begin(createPhone().open);
  clock.advance(2);
  expect(logins.find("net a")).toBe(login);
  expect(login.state.state).toBe("waiting");
});

test.each<[title: string, open: () => Account, problem: string]>([
  [
    "cannot be opened",
    () => {
      throw new Error("the key is broken");
    },
    "the key is broken",
  ],
  ["cannot be linked", () => ({ run: never, send: never, probe: never }), "this account has no link"],
])("an account that %s is a failure that is told, and not one of the caller", async (_title, open, problem) => {
  const { begin } = setup();
  expect(await ended(begin(open))).toEqual({ state: "failed", problem });
});

test("the end of all of them: nobody waits any more, and nothing starts after it", async () => {
  const { begin, logins, linked } = setup();
  const phone = createPhone(true);
  const login = begin(phone.open);
  const waiting = login.change(login.state, forever);
  logins.close();
  expect((await waiting).state).toBe("failed");
  expect(logins.find("net a")).toBeUndefined();
  phone.scans({ id: "1" });
  await Bun.sleep(0);
  expect(linked()).toBe(0);
});

test("who waits for a change may stop waiting, and is told the state as it stands", async () => {
  const { begin } = setup();
  const login = begin(createPhone().open);
  const stop = new AbortController();
  const waiting = login.change(login.state, stop.signal);
  stop.abort();
  expect(await waiting).toEqual({ state: "waiting" });
  expect(await login.change(login.state, stop.signal)).toEqual({ state: "waiting" });
  // A state that is another one already is told at once.
  expect(await login.change({ state: "waiting" }, forever)).toBe(login.state);
});
