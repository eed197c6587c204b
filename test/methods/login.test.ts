/** Linking over the protocol, with real links and a network played by the test. */
import { describe, expect, test } from "bun:test";
import type { LoginStep, Self } from "../../src/channels/contract.ts";
import { type Login, Logins } from "../../src/channels/logins.ts";
import type { Call } from "../../src/gateway/dispatch.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { qrDataUrl } from "../../src/lib/qr.ts";
import { loginMethods } from "../../src/methods/login.ts";
import type { Services } from "../../src/methods/services.ts";
import { FakeClock } from "../support/clock.ts";

const never = () => Promise.reject(new Error("not asked here"));

function setup(hasNetwork = true) {
  const clock = new FakeClock();
  const logins = new Logins(clock);
  const scan = Promise.withResolvers<Self>();
  let tell: (step: LoginStep) => void = () => undefined;
  const asked: unknown[][] = [];
  const linking = {
    async login(...args: unknown[]) {
      asked.push(args);
      if (!hasNetwork) return "no configured network has accounts to link";
      const login = (step: (one: LoginStep) => void) => {
        tell = step;
        return scan.promise;
      };
      const open = () => ({ run: never, send: never, probe: never, login });
      return logins.find("key") ?? logins.begin("key", open, () => undefined);
    },
    loginOf: (): Login | undefined => logins.find("key"),
    async logout(channelId: string, accountId: string | undefined) {
      asked.push([channelId, accountId]);
      return channelId === "net" ? { accountId: accountId ?? "default" } : `no account on ${channelId}: configure one`;
    },
  };
  // Of the rooms these methods use two.
  const app = { channels: { linking }, clock } as unknown as Services;
  const call = async (name: string, params: object = {}) => {
    const method = loginMethods.find((one) => one.name === name)?.bind(app);
    if (!method) throw new Error(`no method ${name}`);
    const context = { signal: new AbortController().signal } as unknown as Call;
    return (await method.handle(method.parse(params, 4), context)) as Record<string, unknown>;
  };
  /** Shows a code as soon as the network is asked for one. */
  const shows = async (qr: string) => {
    await Bun.sleep(0);
    tell({ qr });
  };
  return { clock, call, shows, scans: scan.resolve, fails: scan.reject, asked };
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "it was done",
    (error: unknown) => (error instanceof GatewayError ? `${error.code}: ${error.message}` : String(error)),
  );

describe("channels.login", () => {
  test("start waits for the first code, wait for the next one and for the scan", async () => {
    const { call, shows, scans, asked } = setup();
    const starting = call("channels.login.start", { channel: "net", accountId: "a", force: true });
    await shows("one");
    expect(await starting).toEqual({ state: "waiting", qr: "one", message: "scan the code with the phone" });
    expect(asked).toEqual([["net", "a", true]]);
    const next = call("channels.login.wait", { channel: "net", qr: "one" });
    await shows("two");
    expect(await next).toMatchObject({ state: "waiting", qr: "two" });
    // Who shows an old code is told the current one at once.
    expect(await call("channels.login.wait", { channel: "net", qr: "one" })).toMatchObject({ qr: "two" });
    const last = call("channels.login.wait", { channel: "net", qr: "two" });
    scans({ id: "1", name: "Ada" });
    expect(await last).toEqual({ state: "linked", message: "linked as Ada" });
  });

  test("a network that shows nothing: start answers in time, and says what it waits for", async () => {
    const { call, clock } = setup();
    const starting = call("channels.login.start", { channel: "net" });
    await clock.waitsFor(30_000);
    clock.advance(30_000);
    expect(await starting).toEqual({ state: "waiting", message: "waiting for the network" });
  });

  test("a wait ends with its time, at most three minutes, and the link with its own", async () => {
    const { call, clock, shows } = setup();
    const starting = call("channels.login.start", { channel: "net" });
    await shows("one");
    await starting;
    const short = call("channels.login.wait", { channel: "net", qr: "one", timeoutMs: 5_000 });
    await clock.waitsFor(5_000);
    clock.advance(5_000);
    expect(await short).toMatchObject({ state: "waiting", qr: "one" });
    const long = call("channels.login.wait", { channel: "net", qr: "one", timeoutMs: 99_000_000 });
    await clock.waitsFor(180_000);
    clock.advance(175_000);
    expect(await long).toEqual({ state: "failed", message: "nobody scanned the code in time: start again" });
  });

  test("a failure is told, and has no code", async () => {
    const { call, shows, fails } = setup();
    const starting = call("channels.login.start", { channel: "net" });
    await shows("one");
    await starting;
    const waiting = call("channels.login.wait", { channel: "net", qr: "one" });
    fails(new Error("the phone said no"));
    expect(await waiting).toEqual({ state: "failed", message: "the phone said no" });
  });

  test("nothing to link, nothing under way, nothing of that name", async () => {
    const none = setup(false);
    expect(await refusal(none.call("channels.login.start", { channel: "net" }))).toBe(
      "INVALID_REQUEST: no configured network has accounts to link",
    );
    const { call } = setup();
    expect(await refusal(call("channels.login.wait", { channel: "net" }))).toBe(
      "INVALID_REQUEST: no link is under way: start one",
    );
    expect(await refusal(call("channels.logout", { channel: "other" }))).toBe(
      "INVALID_REQUEST: no account on other: configure one",
    );
    expect(await call("channels.logout", { channel: "net", accountId: "a" })).toEqual({
      channel: "net",
      accountId: "a",
      cleared: true,
      loggedOut: true,
    });
  });
});

describe("web.login", () => {
  test("the code comes as a picture, another one when it is replaced, and the end without one", async () => {
    const { call, shows, scans, asked } = setup();
    const starting = call("web.login.start", {});
    await shows("one");
    expect(await starting).toEqual({ qrDataUrl: qrDataUrl("one"), message: "scan the code with the phone" });
    expect(asked).toEqual([[undefined, undefined, false]]);
    const next = call("web.login.wait", { currentQrDataUrl: qrDataUrl("one") });
    await shows("two");
    expect(await next).toEqual({
      connected: false,
      message: "scan the code with the phone",
      qrDataUrl: qrDataUrl("two"),
    });
    const last = call("web.login.wait", { currentQrDataUrl: qrDataUrl("two") });
    await Bun.sleep(0);
    scans({ id: "1", name: "Ada" });
    expect(await last).toEqual({ connected: true, message: "linked as Ada" });
  });

  test("who shows an old picture is told the current one at once; who shows none waits for the end, whatever is shown", async () => {
    const { call, shows, clock } = setup();
    const starting = call("web.login.start", {});
    await shows("one");
    await starting;
    await shows("two");
    const stale = await call("web.login.wait", { currentQrDataUrl: qrDataUrl("one") });
    expect(stale["qrDataUrl"]).toBe(qrDataUrl("two"));
    const waiting = call("web.login.wait", { timeoutMs: 9_000 });
    await clock.waitsFor(9_000);
    await shows("three");
    await Bun.sleep(0);
    expect(Bun.peek.status(waiting)).toBe("pending");
    clock.advance(9_000);
    expect(await waiting).toEqual({ connected: false, message: "scan the code with the phone" });
  });

  test("no network to link, and no link under way", async () => {
    const none = setup(false);
    expect(await refusal(none.call("web.login.start", {}))).toBe(
      "INVALID_REQUEST: web login provider is not available",
    );
    expect(await setup().call("web.login.wait", {})).toEqual({
      connected: false,
      message: "no link is under way: start one",
    });
  });
});
