/** Nobody gets more than was asked for, approved, and held by who gave it. */
import { describe, expect, test } from "bun:test";
import { grantScopes, hasScope } from "../../src/devices/scopes.ts";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectClient, openClient, type ServerFrame } from "../gateway/client.ts";
import { sequence } from "../lib/sequence.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const all = [
  "read",
  "write",
  "admin",
  "approvals",
  "pairing",
  "talk",
  "sessions.read",
  "sessions.write",
  "questions",
].map((name) => `operator.${name}`);
const strange = [
  "operator.",
  "operator.*",
  "*",
  "OPERATOR.ADMIN",
  "operator.admin ",
  "admin",
  "constructor",
  "__proto__",
];
const remote = { headers: { "X-Forwarded-For": "203.0.113.9" } };
const key = testKey("k1");

async function attempt(url: string, options: ConnectOptions, socket = {}): Promise<ServerFrame> {
  using client = await openClient(url, socket);
  return await client.connect(options);
}

describe("threat(T05, T06): scopes", () => {
  test("what is granted never exceeds what was asked and what each bound holds", () => {
    const random = sequence(5);
    const some = (from: readonly string[]) => from.filter(() => random() < 0.35);
    for (let round = 0; round < 10_000; round++) {
      const asked = some([...all, ...strange, ...all]);
      const bounds = Array.from({ length: Math.floor(random() * 4) }, () => some([...all, ...strange]));
      const granted = grantScopes(asked, ...bounds);
      expect(granted.every((scope) => asked.includes(scope))).toBe(true);
      expect(bounds.every((held) => granted.every((scope) => hasScope(held, scope)))).toBe(true);
      expect(new Set(granted).size).toBe(granted.length);
      const left = asked.filter((scope) => !granted.includes(scope));
      expect(left.every((scope) => bounds.some((held) => !hasScope(held, scope)))).toBe(true);
    }
  });

  test.each<[held: string, wanted: string, expected: boolean]>([
    ["operator.admin", "operator.pairing", true],
    ["operator.admin", "anything", true],
    ["operator.write", "operator.read", true],
    ["operator.write", "operator.admin", false],
    ["operator.read", "operator.write", false],
    ["operator.pairing", "operator.read", false],
    ["operator.approvals", "operator.pairing", false],
    ["OPERATOR.ADMIN", "operator.read", false],
    ["operator.admin ", "operator.read", false],
    ["", "operator.read", false],
  ])("who holds %p has %p: %p", (held, wanted, expected) => {
    expect(hasScope([held], wanted)).toBe(expected);
  });

  test("random asks of an approved device are granted as far as approved, or open a pairing request", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using admin = await connectClient(gateway.url);
    const approved = ["operator.read", "operator.pairing"];
    const first = await attempt(gateway.url, { key, scopes: approved }, remote);
    await admin.call("device.pair.approve", { requestId: first.error?.details?.["requestId"] });
    const random = sequence(6);
    for (let round = 0; round < 60; round++) {
      const scopes = all.filter(() => random() < 0.3);
      const { ok, payload, error } = await attempt(gateway.url, { key, scopes }, remote);
      const isCovered = scopes.every((scope) => hasScope(approved, scope));
      expect({ scopes, ok }).toEqual({ scopes, ok: isCovered });
      if (ok) expect(payload.auth.scopes).toEqual(scopes);
      else expect(error?.details).toMatchObject({ code: "PAIRING_REQUIRED", reason: "scope-upgrade" });
    }
    const { payload } = await admin.call("device.pair.list", {});
    expect(payload.paired[0].scopes).toEqual(approved);
  });

  test.each<[title: string, version: 3 | 4, client: ConnectOptions["client"], socket: object, expected: string[]]>([
    ["this host's backend", 4, {}, {}, ["operator.admin"]],
    ["this host's command line", 4, { id: "cli", mode: "cli" }, {}, ["operator.admin"]],
    ["a backend behind a proxy", 4, {}, remote, []],
    ["a v3 backend behind a proxy", 3, {}, remote, []],
    ["a web chat", 4, { id: "webchat", mode: "webchat" }, {}, []],
    ["a backend that calls itself a command line", 4, { mode: "cli" }, {}, []],
    ["a probe", 3, { id: "openclaw-probe", mode: "probe" }, {}, []],
  ])("without a device, %s keeps of operator.admin: %p", async (_title, version, client, socket, expected) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using peer = await openClient(gateway.url, socket);
    const { ok } = await peer.connect({ version, ...(client ? { client } : {}), scopes: ["operator.admin"] });
    expect(ok).toBe(true);
    expect((await peer.call("config.get", {})).ok).toBe(expected.length > 0);
    expect((await peer.call("status", {})).ok).toBe(expected.length > 0);
  });

  test("a device token for reading cannot become one for more", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const { payload } = await attempt(gateway.url, { key, scopes: ["operator.read"] });
    const token = payload.auth.deviceToken;
    for (const auth of [{ token }, { deviceToken: token }, { token, deviceToken: token }]) {
      const more = await attempt(gateway.url, { key, scopes: ["operator.read", "operator.admin"], auth });
      expect(more.error?.details).toMatchObject({ code: "AUTH_SCOPE_MISMATCH" });
      const same = await attempt(gateway.url, { key, scopes: ["operator.read"], auth });
      expect(same.payload.auth.scopes).toEqual(["operator.read"]);
      const other = await attempt(gateway.url, { key: testKey("k2"), scopes: ["operator.read"], auth });
      expect(other.ok).toBe(false);
    }
  });

  test("asking for no scopes is asking for none in v4, and for all in v3", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    expect((await attempt(gateway.url, { key })).payload.auth.scopes).toEqual([]);
    expect((await attempt(gateway.url, { key, version: 3 })).payload.auth.scopes).toEqual(["operator.admin"]);
    expect(
      (await attempt(gateway.url, { key: testKey("k2"), role: "node", scopes: ["operator.admin"] })).payload.auth,
    ).toMatchObject({ role: "node", scopes: [] });
  });
});

describe("threat(T06): minting authority", () => {
  const pairer: ConnectOptions = { key: testKey("k2"), scopes: ["operator.pairing", "operator.read"] };

  async function pending(url: string, scopes: readonly string[], name: "k3" | "k4" = "k3"): Promise<string> {
    const { error } = await attempt(url, { key: testKey(name), scopes }, remote);
    return String(error?.details?.["requestId"]);
  }

  test("an approver cannot grant what it does not hold", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url, pairer);
    for (const scopes of [["operator.admin"], ["operator.write"], ["operator.read", "operator.approvals"]]) {
      const requestId = await pending(gateway.url, scopes);
      const { ok, error } = await client.call("device.pair.approve", { requestId });
      expect({ ok, code: error?.code }).toEqual({ ok: false, code: "FORBIDDEN" });
    }
    const { payload } = await client.call("device.pair.list", {});
    expect(payload.paired.map(({ deviceId }: { deviceId: string }) => deviceId)).toEqual([testKey("k2").deviceId]);
    const granted = await client.call("device.pair.approve", {
      requestId: await pending(gateway.url, ["operator.read"], "k4"),
    });
    expect(granted.payload.device.scopes).toEqual(["operator.read"]);
  });

  test.each<[title: string, method: string, params: object]>([
    ["rotates a token of another device", "device.token.rotate", { deviceId: key.deviceId, role: "operator" }],
    ["revokes a token of another device", "device.token.revoke", { deviceId: key.deviceId, role: "operator" }],
    ["removes another device", "device.pair.remove", { deviceId: key.deviceId }],
    [
      "widens its own token",
      "device.token.rotate",
      { deviceId: testKey("k2").deviceId, role: "operator", scopes: ["operator.admin"] },
    ],
    ["makes itself a node token", "device.token.rotate", { deviceId: testKey("k2").deviceId, role: "node" }],
  ])("without admin nobody %s", async (_title, method, params) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    const { payload } = await attempt(gateway.url, { key, scopes: ["operator.admin"] });
    using client = await connectClient(gateway.url, pairer);
    const { ok } = await client.call(method, params);
    expect(ok).toBe(false);
    const again = await attempt(gateway.url, {
      key,
      scopes: ["operator.admin"],
      auth: { token: payload.auth.deviceToken },
    });
    expect(again.payload.auth.deviceToken).toBe(payload.auth.deviceToken);
  });

  test("a hundred approvals at once approve once", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using admin = await connectClient(gateway.url);
    const requestId = await pending(gateway.url, ["operator.read"]);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => admin.call("device.pair.approve", { requestId })),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(answers.filter(({ error }) => error?.message === "unknown requestId")).toHaveLength(99);
  });

  test("a request that was replaced, rejected or forgotten cannot be approved", async () => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    using admin = await connectClient(gateway.url);
    const small = await pending(gateway.url, ["operator.read"]);
    const large = await pending(gateway.url, ["operator.read", "operator.write"]);
    expect(large).not.toBe(small);
    expect((await admin.call("device.pair.approve", { requestId: small })).error?.message).toBe("unknown requestId");
    await admin.call("device.pair.reject", { requestId: large });
    expect((await admin.call("device.pair.approve", { requestId: large })).error?.message).toBe("unknown requestId");
    const late = await pending(gateway.url, ["operator.read"]);
    clock.advance(5 * 60_000 + 1);
    expect((await admin.call("device.pair.approve", { requestId: late })).error?.message).toBe("unknown requestId");
  });
});
