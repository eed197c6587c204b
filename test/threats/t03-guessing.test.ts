/** Guessing a secret: ten tries, whatever they look like, and the right one is refused while the door is locked. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, openClient, type ServerFrame } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const LOCKOUT_MS = 300_000;
const MAX_ATTEMPTS = 10;
const right: ConnectOptions = { scopes: ["operator.admin"] };
const remote = { headers: { "X-Forwarded-For": "203.0.113.9" } };

async function attempt(url: string, options: ConnectOptions, headers = {}): Promise<ServerFrame> {
  using client = await openClient(url, headers);
  return await client.connect(options);
}

const reasonOf = ({ ok, error }: ServerFrame) => (ok ? "ok" : error?.details?.["authReason"]);

describe("threat(T03): guessing the secret", () => {
  test.each<[title: string, wrong: (round: number) => ConnectOptions, refusal: string]>([
    ["as a token", (round) => ({ auth: { token: `guess ${round}` } }), "token_mismatch"],
    ["as the same token again and again", () => ({ auth: { token: "guess" } }), "token_mismatch"],
    ["as a v3 peer", (round) => ({ version: 3, auth: { token: `guess ${round}` } }), "token_mismatch"],
    ["as a password", (round) => ({ auth: { password: `guess ${round}` } }), "token_mismatch"],
    ["as an almost right token", (round) => ({ auth: { token: `secret${round}` } }), "token_mismatch"],
    ["with a device", (round) => ({ key: testKey("k1"), auth: { token: `guess ${round}` } }), "token_mismatch"],
    [
      "with a device and a junk device token",
      (round) => ({ key: testKey("k1"), auth: { token: `guess ${round}`, deviceToken: `junk ${round}` } }),
      "device_token_mismatch",
    ],
  ])("%s: the budget is ten, and then the right secret is refused, too", async (_title, wrong, refusal) => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    const reasons: unknown[] = [];
    for (let round = 0; round < MAX_ATTEMPTS + 2; round++)
      reasons.push(reasonOf(await attempt(gateway.url, wrong(round))));
    expect(reasons).toEqual([...Array(MAX_ATTEMPTS).fill(refusal), "rate_limited", "rate_limited"]);

    const { error } = await attempt(gateway.url, right);
    expect(error).toMatchObject({ details: { code: "AUTH_RATE_LIMITED" }, retryable: true, retryAfterMs: LOCKOUT_MS });
    clock.advance(LOCKOUT_MS - 1);
    expect(reasonOf(await attempt(gateway.url, right))).toBe("rate_limited");
    clock.advance(1);
    expect(reasonOf(await attempt(gateway.url, right))).toBe("ok");
  });

  test("a thousand attempts of all kinds get ten looks at the secret", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const kinds: ((round: number) => ConnectOptions)[] = [
      (round) => ({ auth: { token: `guess ${round}` } }),
      (round) => ({ version: 3, auth: { token: `guess ${round}` } }),
      (round) => ({ auth: { password: `guess ${round}` } }),
      (round) => ({ key: testKey("k2"), auth: { token: `guess ${round}`, deviceToken: "junk" } }),
    ];
    const reasons = new Map<unknown, number>();
    for (let round = 0; round < 1000; round++) {
      const reason = reasonOf(await attempt(gateway.url, kinds[round % kinds.length]!(round)));
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect(reasons.get("ok")).toBeUndefined();
    expect((reasons.get("token_mismatch") ?? 0) + (reasons.get("device_token_mismatch") ?? 0)).toBe(MAX_ATTEMPTS);
    expect(reasonOf(await attempt(gateway.url, right))).toBe("rate_limited");
  });

  test("junk device tokens without a secret have a budget of their own", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const junk: ConnectOptions = { key: testKey("k1"), auth: { deviceToken: "junk" } };
    const reasons: unknown[] = [];
    for (let round = 0; round < MAX_ATTEMPTS + 1; round++) reasons.push(reasonOf(await attempt(gateway.url, junk)));
    expect(reasons).toEqual([...Array(MAX_ATTEMPTS).fill("device_token_mismatch"), "rate_limited"]);
    expect(reasonOf(await attempt(gateway.url, right))).toBe("ok");
  });

  test("a right secret before the tenth wrong one resets the count; other credentials do not", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    for (let round = 0; round < MAX_ATTEMPTS - 1; round++) await attempt(gateway.url, { auth: { token: "wrong" } });
    expect(reasonOf(await attempt(gateway.url, right))).toBe("ok");
    for (let round = 0; round < MAX_ATTEMPTS - 1; round++) {
      expect(reasonOf(await attempt(gateway.url, { auth: { token: "wrong" } }))).toBe("token_mismatch");
      await attempt(gateway.url, { key: testKey("k1"), auth: { deviceToken: "junk" } });
    }
    expect(reasonOf(await attempt(gateway.url, { auth: { token: "wrong" } }))).toBe("token_mismatch");
    expect(reasonOf(await attempt(gateway.url, right))).toBe("rate_limited");
  });

  test("a forwarding header of a peer that is no proxy gives no second budget", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    for (let round = 0; round < MAX_ATTEMPTS; round++) {
      const headers = { headers: { "X-Forwarded-For": `203.0.113.${round}` } };
      expect(reasonOf(await attempt(gateway.url, { auth: { token: "wrong" } }, headers))).toBe("token_mismatch");
    }
    expect(reasonOf(await attempt(gateway.url, { auth: { token: "wrong" } }, remote))).toBe("rate_limited");
  });

  test("a paired device that comes back with its token is no guess and locks nobody out", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const key = testKey("k1");
    const first = await attempt(gateway.url, { key, scopes: ["operator.read"] });
    const token = first.payload.auth.deviceToken;
    for (let round = 0; round < 2 * MAX_ATTEMPTS; round++) {
      expect(reasonOf(await attempt(gateway.url, { key, scopes: ["operator.read"], auth: { token } }))).toBe("ok");
    }
    expect(reasonOf(await attempt(gateway.url, right))).toBe("ok");
  });

  test("while the secret is locked a paired device still gets in with its own token", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const key = testKey("k1");
    const first = await attempt(gateway.url, { key, scopes: ["operator.read"] });
    for (let round = 0; round < MAX_ATTEMPTS; round++) await attempt(gateway.url, { auth: { token: "wrong" } });
    expect(reasonOf(await attempt(gateway.url, right))).toBe("rate_limited");
    const own = { key, scopes: ["operator.read"], auth: { token: first.payload.auth.deviceToken } };
    expect(reasonOf(await attempt(gateway.url, own))).toBe("ok");
  });

  test("every wrong value gets the same answer and the same close", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const seen = new Set<string>();
    for (const token of ["x", "secre", "Secret", "secret ", "s".repeat(4096), "\u0000", "ſecret"]) {
      using client = await openClient(gateway.url);
      const { error } = await client.connect({ auth: { token } });
      seen.add(JSON.stringify([error, await client.socket.closed]));
    }
    expect(seen.size).toBe(1);
  });
});
