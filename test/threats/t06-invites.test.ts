/** Invites open nothing by themselves: one device, as a node, may ask with one, for a short time, and the owner decides. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectClient, openClient, type ServerFrame } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway, TOKEN } from "../support/gateway.ts";

const phone = testKey("k1");
const thief = testKey("k2");

const withInvite = (code: string, more: ConnectOptions = {}): ConnectOptions => ({
  key: phone,
  role: "node",
  scopes: [],
  auth: { bootstrapToken: code },
  client: { id: "node-host", mode: "node", platform: "web" },
  extra: { commands: ["canvas.present"] },
  ...more,
});

async function attempt(url: string, options: ConnectOptions): Promise<ServerFrame> {
  using client = await openClient(url);
  return await client.connect(options);
}

async function rig() {
  const clock = new FakeClock();
  const gateway = await startGateway({ clock });
  const admin = await connectClient(gateway.url);
  const invite = async (): Promise<string> => (await admin.call("node.invite.create", {})).payload.code;
  const approve = async () => {
    const { pending } = (await admin.call("device.pair.list", {})).payload;
    return admin.call("device.pair.approve", { requestId: pending[0]?.requestId });
  };
  return {
    clock,
    gateway,
    admin,
    invite,
    approve,
    async [Symbol.asyncDispose]() {
      admin[Symbol.dispose]();
      await gateway[Symbol.asyncDispose]();
      expect(gateway.badResults).toEqual([]);
    },
  };
}

const INVALID = { details: { code: "AUTH_BOOTSTRAP_TOKEN_INVALID", authReason: "bootstrap_token_invalid" } };

describe("threat(T06): invites", () => {
  test("a device with an invite waits for the owner, also on this host, and then gets a token of its own", async () => {
    await using all = await rig();
    const code = await all.invite();
    const first = await attempt(all.gateway.url, withInvite(code));
    expect(first.error).toMatchObject({
      code: "NOT_PAIRED",
      details: { code: "PAIRING_REQUIRED", requestedRole: "node" },
    });
    expect(await attempt(all.gateway.url, withInvite(code))).toMatchObject({ ok: false });
    expect(await all.approve()).toMatchObject({ ok: true });
    const { payload } = await attempt(all.gateway.url, withInvite(code));
    const { deviceToken, role, scopes } = payload.auth;
    expect([typeof deviceToken, role, scopes]).toEqual(["string", "node", []]);
    const byToken = withInvite(code, { auth: { deviceToken } });
    expect(await attempt(all.gateway.url, byToken)).toMatchObject({ ok: true });
  });

  test("another key with the same invite is refused, before and after the first was approved", async () => {
    await using all = await rig();
    const code = await all.invite();
    await attempt(all.gateway.url, withInvite(code));
    expect((await attempt(all.gateway.url, withInvite(code, { key: thief }))).error).toMatchObject(INVALID);
    await all.approve();
    await attempt(all.gateway.url, withInvite(code));
    expect((await attempt(all.gateway.url, withInvite(code, { key: thief }))).error).toMatchObject(INVALID);
    const { pending, paired } = (await all.admin.call("device.pair.list", {})).payload;
    expect([...pending, ...paired].map(({ deviceId }) => deviceId)).toEqual([phone.deviceId]);
  });

  test.each<[title: string, change: ConnectOptions]>([
    ["as an operator", { role: "operator", scopes: [], client: {} }],
    ["as an operator with scopes", { role: "operator", scopes: ["operator.admin"], client: {} }],
  ])("an invite is worth nothing %s", async (_title, change) => {
    await using all = await rig();
    const code = await all.invite();
    expect((await attempt(all.gateway.url, withInvite(code, change))).error).toMatchObject(INVALID);
    expect((await all.admin.call("device.pair.list", {})).payload).toEqual({ pending: [], paired: [] });
  });

  test("without a device an invite is worth nothing", async () => {
    await using all = await rig();
    const { key: _key, ...bare } = withInvite(await all.invite());
    expect((await attempt(all.gateway.url, bare)).error).toMatchObject(INVALID);
  });

  test("an invite that is over is refused, and a node asks for no scopes with one", async () => {
    await using all = await rig();
    const code = await all.invite();
    const scoped = withInvite(await all.invite(), { scopes: ["operator.admin"] });
    await attempt(all.gateway.url, scoped);
    const { pending } = (await all.admin.call("device.pair.list", {})).payload;
    expect(pending).toMatchObject([{ role: "node", scopes: [] }]);
    all.clock.advance(10 * 60_000);
    expect((await attempt(all.gateway.url, withInvite(code))).error).toMatchObject(INVALID);
  });

  test("guessing invites has the budget of every other secret, and locks no other entrance", async () => {
    await using all = await rig();
    const code = await all.invite();
    const guesses = Array.from({ length: 10 }, (_, index) => withInvite(`guess ${index}`));
    for (const guess of guesses) await attempt(all.gateway.url, guess);
    const { error } = await attempt(all.gateway.url, withInvite(code));
    expect(error).toMatchObject({ details: { code: "AUTH_RATE_LIMITED" }, retryAfterMs: 300_000 });
    expect(await attempt(all.gateway.url, { scopes: ["operator.read"], auth: { token: TOKEN } })).toMatchObject({
      ok: true,
    });
    all.clock.advance(300_000);
    expect((await attempt(all.gateway.url, withInvite(code))).error).toMatchObject({ code: "NOT_PAIRED" });
  });

  test("only who may pair devices makes invites, and a node never", async () => {
    await using all = await rig();
    for (const scopes of [[], ["operator.read"], ["operator.write"], ["operator.approvals"]]) {
      using client = await connectClient(all.gateway.url, { scopes });
      expect(await client.call("node.invite.create", {})).toMatchObject({ ok: false });
    }
    using pairing = await connectClient(all.gateway.url, { scopes: ["operator.pairing"] });
    expect(await pairing.call("node.invite.create", {})).toMatchObject({ ok: true });
    using node = await connectClient(all.gateway.url, withInvite("", { auth: { token: TOKEN } }));
    expect(await node.call("node.invite.create", {})).toMatchObject({ ok: false });
  });

  test("a removed device does not come back with the invite it once had, without the owner", async () => {
    await using all = await rig();
    const code = await all.invite();
    await attempt(all.gateway.url, withInvite(code));
    await all.approve();
    await attempt(all.gateway.url, withInvite(code));
    await all.admin.call("device.pair.remove", { deviceId: phone.deviceId });
    expect(await attempt(all.gateway.url, withInvite(code))).toMatchObject({
      ok: false,
      error: { code: "NOT_PAIRED" },
    });
    all.clock.advance(60_000);
    expect((await attempt(all.gateway.url, withInvite(code))).error).toMatchObject(INVALID);
  });
});
