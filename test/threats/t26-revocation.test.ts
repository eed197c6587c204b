/** What was revoked stops working at once, also on sockets that are open. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectClient, openClient, type TestClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const key = testKey("k1");
const device: ConnectOptions = { key, scopes: ["operator.read"] };
const byDevice = { deviceId: key.deviceId };

async function isRefused(url: string, options: ConnectOptions): Promise<boolean> {
  using client = await openClient(url);
  return !(await client.connect(options)).ok;
}

describe("threat(T26): revocation", () => {
  test.each<[method: string, params: object, isTokenDead: boolean]>([
    ["device.token.rotate", { ...byDevice, role: "operator" }, true],
    ["device.token.revoke", { ...byDevice, role: "operator" }, true],
    ["device.pair.remove", byDevice, true],
  ])("%s closes the sockets of the device with 4001, and only those", async (method, params) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using admin = await connectClient(gateway.url);
    using other = await connectClient(gateway.url, { key: testKey("k2"), scopes: ["operator.read"] });
    using bySecret = await connectClient(gateway.url, device);
    const { deviceToken: token } = (bySecret.hello["auth"] as { deviceToken: string }) ?? {};
    using byToken = await connectClient(gateway.url, { ...device, auth: { token } });
    expect((await admin.call(method, params)).ok).toBe(true);
    for (const client of [bySecret, byToken]) {
      expect(await client.socket.closed).toEqual({ code: 4001, reason: "device removed" });
    }
    expect((await other.call("status", {})).ok).toBe(true);
    expect((await admin.call("status", {})).ok).toBe(true);
    for (const auth of [{ token }, { deviceToken: token }])
      expect(await isRefused(gateway.url, { ...device, auth })).toBe(true);
  });

  test("a device that rotates its own token gets the answer, then the close, and comes back with the new one", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using admin = await connectClient(gateway.url, { key, scopes: ["operator.admin"] });
    const { deviceToken: token } = (admin.hello["auth"] as { deviceToken: string }) ?? {};
    using own = await connectClient(gateway.url, { key, scopes: ["operator.admin"], auth: { token } });
    const { payload } = await own.call("device.token.rotate", { ...byDevice, role: "operator" });
    expect(payload.tokenDelivery).toBe("in-band");
    expect((await own.socket.closed).code).toBe(4001);
    expect(await isRefused(gateway.url, { key, scopes: ["operator.admin"], auth: { token } })).toBe(true);
    expect(await isRefused(gateway.url, { key, scopes: ["operator.admin"], auth: { token: payload.token } })).toBe(
      false,
    );
  });

  test("requests sent right behind a revocation are not served", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using victim = await connectClient(gateway.url, { key, scopes: ["operator.admin"] });
    const frame = (id: string, method: string, params: object) => JSON.stringify({ type: "req", id, method, params });
    victim.socket.send(frame("a", "device.token.revoke", { ...byDevice, role: "operator" }));
    for (let at = 0; at < 50; at++) {
      victim.socket.send(frame(`b${at}`, "sessions.patch", { key: `late-${at}`, thinkingLevel: "low" }));
    }
    expect((await victim.socket.closed).code).toBe(4001);
    using admin = await connectClient(gateway.url);
    const { sessions } = (await admin.call("sessions.list", {})).payload;
    expect(sessions).toEqual([]);
  });

  test("another gateway token closes whoever came with the old one, and no device with a token of its own", async () => {
    const config = { gateway: { auth: { token: "secret" } } };
    await using gateway = await startGateway({ clock: new FakeClock(), config, overrides: { token: undefined } });
    using bySecret = await connectClient(gateway.url);
    using first = await connectClient(gateway.url, device);
    const { deviceToken: token } = (first.hello["auth"] as { deviceToken: string }) ?? {};
    using byToken = await connectClient(gateway.url, { ...device, auth: { token } });
    const { hash } = (await bySecret.call("config.get", {})).payload;
    const raw = '{ gateway: { auth: { token: "another secret" } } }';
    bySecret.send({ type: "req", id: "patch", method: "config.patch", params: { raw, baseHash: hash } });
    for (const client of [bySecret, first] as TestClient[]) {
      expect(await client.socket.closed).toEqual({ code: 4001, reason: "gateway auth changed" });
    }
    expect((await byToken.call("status", {})).ok).toBe(true);
    expect(await isRefused(gateway.url, {})).toBe(true);
    expect(await isRefused(gateway.url, { auth: { token: "another secret" } })).toBe(false);
  });
});
