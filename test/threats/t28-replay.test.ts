/** A proof is for one challenge of one socket, and for one moment. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectParams, type Json, openClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const key = testKey("k1");
const ask: ConnectOptions = { key, scopes: ["operator.read"] };

describe("threat(T28): replay", () => {
  test("a recorded connect is worth nothing on the same, another or a later socket, nor at another gateway", async () => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    await using neighbour = await startGateway({ clock });
    using first = await openClient(gateway.url);
    const params = connectParams(ask, await first.challenge());
    expect((await first.call("connect", params)).ok).toBe(true);
    expect((await first.call("connect", params)).ok).toBe(false);
    using second = await openClient(gateway.url);
    await second.challenge();
    expect((await second.call("connect", params)).error?.message).toBe("device nonce mismatch");
    expect(await second.socket.closed).toEqual({ code: 1008, reason: "device nonce mismatch" });
    first[Symbol.dispose]();
    for (const url of [gateway.url, neighbour.url]) {
      using later = await openClient(url);
      await later.challenge();
      expect((await later.call("connect", params)).error?.message).toBe("device nonce mismatch");
    }
  });

  test("challenges never repeat", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const nonces = new Set<string>();
    for (let round = 0; round < 200; round++) {
      using client = await openClient(gateway.url);
      nonces.add((await client.challenge()).nonce);
    }
    expect(nonces.size).toBe(200);
  });

  test.each<[version: 3 | 4, skewMs: number, isAccepted: boolean]>([
    [4, 0, true],
    [4, -120_000, true],
    [4, 120_000, true],
    [4, -120_001, false],
    [4, 120_001, false],
    [3, -600_000, true],
    [3, 600_000, true],
    [3, -600_001, false],
    [3, 600_001, false],
  ])("v%p accepts a clock that differs by %p ms: %p", async (version, skewMs, isAccepted) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await openClient(gateway.url);
    const { ok, error } = await client.connect({ ...ask, version, skewMs });
    expect({ ok, message: error?.message }).toEqual({
      ok: isAccepted,
      message: isAccepted ? undefined : "device signature expired",
    });
  });

  test.each<[title: string, change: (params: Record<string, Json>) => object]>([
    ["the role", (params) => ({ ...params, role: "node" })],
    ["the scopes", (params) => ({ ...params, scopes: ["operator.read", "operator.admin"] })],
    ["the order of scopes", (params) => ({ ...params, scopes: ["operator.write", "operator.read"] })],
    ["no scopes at all", ({ scopes: _scopes, ...params }) => params],
    ["the token", (params) => ({ ...params, auth: { token: "other" } })],
    ["the client id", (params) => ({ ...params, client: { ...params["client"], id: "gateway-client" } })],
    ["the client mode", (params) => ({ ...params, client: { ...params["client"], mode: "backend" } })],
    ["the platform", (params) => ({ ...params, client: { ...params["client"], platform: "darwin" } })],
    [
      "the time",
      (params) => ({
        ...params,
        device: { ...params["device"], signedAt: Number(params["device"]?.["signedAt"]) + 1 },
      }),
    ],
    ["the key", (params) => ({ ...params, device: { ...params["device"], publicKey: testKey("k2").publicKey } })],
    ["the device", (params) => ({ ...params, device: { ...params["device"], id: testKey("k2").deviceId } })],
  ])("a proof does not cover a connect in which somebody changed %s", async (_title, change) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await openClient(gateway.url);
    const params = connectParams({ key, scopes: ["operator.read", "operator.write"] }, await client.challenge());
    const answer = await client.call("connect", change(params as Record<string, Json>));
    expect(answer.error?.message).toMatch(/^device (signature invalid|identity mismatch)$/);
    expect((await client.socket.closed).code).toBe(1008);
  });

  test.each<[title: string, headers: Record<string, string>, isAccepted: boolean]>([
    ["of this host", {}, true],
    ["behind a proxy", { "X-Forwarded-For": "203.0.113.9" }, false],
  ])("the old proof without a nonce is for v3 peers %s: %p", async (_title, headers, isAccepted) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await openClient(gateway.url, { headers });
    const { ok, error } = await client.connect({ ...ask, version: 3, payload: "v1" });
    expect({ ok, message: error?.message }).toEqual({
      ok: isAccepted,
      message: isAccepted ? undefined : "device nonce required",
    });
    using newer = await openClient(gateway.url, { headers });
    expect((await newer.connect({ ...ask, payload: "v1" })).error?.message).toContain(
      "must have required property 'nonce'",
    );
  });
});
