import { describe, expect, test } from "bun:test";
import { type DeviceAsk, Devices } from "../../src/devices/devices.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog } from "../../src/lib/log.ts";
import { openDatabase } from "../../src/store/database.ts";
import { DeviceStore } from "../../src/store/devices.ts";
import { FakeClock } from "../support/clock.ts";

const admin = { scopes: ["operator.admin"] };
const ask = (change: Partial<DeviceAsk> = {}): DeviceAsk => ({
  deviceId: "d1",
  publicKey: "p1",
  role: "operator",
  scopes: ["operator.read"],
  facts: { platform: "linux" },
  ...change,
});

function setUp() {
  const clock = new FakeClock();
  const store = new DeviceStore(openDatabase(":memory:"));
  const make = () =>
    new Devices({ store, clock, ids: systemIds, log: createLog({ clock, level: "error", sinks: [] }) });
  const devices = make();
  const news: string[] = [];
  devices.on("requested", ({ deviceId }) => news.push(`requested ${deviceId}`));
  devices.on("resolved", ({ deviceId, decision }) => news.push(`${decision} ${deviceId}`));
  devices.on("invalidated", ({ deviceId, role }) => news.push(`invalidated ${deviceId} ${role ?? "all"}`));
  return { devices, clock, news, restart: make };
}

describe("pairing", () => {
  test("a stranger waits, is approved, and then needs nobody for the same", () => {
    const { devices, news, restart } = setUp();
    expect(devices.reasonToPair(ask())).toBe("not-paired");
    const { requestId } = devices.request(ask());
    expect(devices.request(ask()).requestId).toBe(requestId);
    expect(devices.approve(requestId, admin).device).toMatchObject({
      deviceId: "d1",
      approvedVia: "owner",
      scopes: ["operator.read"],
    });
    expect(devices.reasonToPair(ask())).toBeUndefined();
    expect(news).toEqual(["requested d1", "approved d1"]);
    expect(restart().reasonToPair(ask())).toBeUndefined();
  });

  test.each<[title: string, asked: DeviceAsk, reason: string | undefined]>([
    ["less", ask({ scopes: [] }), undefined],
    ["the same", ask(), undefined],
    ["more", ask({ scopes: ["operator.read", "operator.write"] }), "scope-upgrade"],
    ["another role", ask({ role: "node", scopes: [] }), "role-upgrade"],
    ["with another key", ask({ publicKey: "p2" }), "not-paired"],
  ])("an approved device that asks for %s: %p", (_title, asked, reason) => {
    const { devices } = setUp();
    devices.approveSilently(ask());
    expect(devices.reasonToPair(asked)).toBe(reason as ReturnType<typeof devices.reasonToPair>);
  });

  test("asking for more replaces the request that waits; approval adds to what there was", () => {
    const { devices, news } = setUp();
    devices.approveSilently(ask());
    const first = devices.request(ask({ scopes: ["operator.write"] }));
    const second = devices.request(ask({ scopes: ["operator.write", "operator.pairing"] }));
    expect(second).toMatchObject({ isRepair: true, silent: false });
    expect(devices.pending().map(({ requestId }) => requestId)).toEqual([second.requestId]);
    expect(() => devices.approve(first.requestId, admin)).toThrow("unknown requestId");
    expect(devices.approve(second.requestId, admin).device.scopes).toEqual([
      "operator.read",
      "operator.write",
      "operator.pairing",
    ]);
    expect(news).toEqual(["approved d1", "requested d1", "rejected d1", "requested d1", "approved d1"]);
  });

  test("another key under the same id inherits no scopes", () => {
    const { devices } = setUp();
    devices.approveSilently(ask({ scopes: ["operator.admin"] }));
    const { requestId } = devices.request(ask({ publicKey: "p2" }));
    expect(devices.approve(requestId, admin).device.scopes).toEqual(["operator.read"]);
  });

  test("requests are forgotten after five minutes, and at most a hundred wait", () => {
    const { devices, clock, news } = setUp();
    const { requestId } = devices.request(ask());
    clock.advance(5 * 60_000);
    expect(devices.pending()).toHaveLength(1);
    clock.advance(1);
    expect(devices.pending()).toEqual([]);
    expect(() => devices.reject(requestId)).toThrow("unknown requestId");
    for (let at = 0; at < 150; at++) devices.request(ask({ deviceId: `s${at}` }));
    expect(devices.pending()).toHaveLength(100);
    expect(devices.pending()[0]?.deviceId).toBe("s149");
    expect(news.filter((one) => one.startsWith("rejected"))).toHaveLength(50);
  });

  test("who waits for a decision hears it, or that nobody decided", async () => {
    const { devices } = setUp();
    const { requestId } = devices.request(ask());
    const gone = new AbortController();
    const [heard, unheard] = [
      devices.decision(requestId, new AbortController().signal),
      devices.decision(requestId, gone.signal),
    ];
    gone.abort();
    expect(await unheard).toBeUndefined();
    devices.reject(requestId);
    expect(await heard).toBe("rejected");
  });
});

describe("tokens", () => {
  test("a device keeps its token while it covers what is asked", () => {
    const { devices } = setUp();
    devices.approveSilently(ask({ scopes: ["operator.write"] }));
    const token = devices.ensureToken("d1", "operator", ["operator.read"]);
    expect(devices.ensureToken("d1", "operator", ["operator.write"]).token).toBe(token.token);
    expect(Buffer.from(token.token, "base64url")).toHaveLength(32);
    expect(devices.verifyToken("d1", "operator", token.token, ["operator.read"])).toBe("ok");
    expect(devices.verifyToken("d1", "operator", token.token, ["operator.admin"])).toBe("scope");
    expect(devices.verifyToken("d1", "node", token.token, [])).toBe("mismatch");
    expect(devices.verifyToken("d2", "operator", token.token, [])).toBe("mismatch");
    expect(devices.verifyToken("d1", "operator", `${token.token}x`, [])).toBe("mismatch");
  });

  test("rotation, revocation and removal end the old value at once and say so", () => {
    const { devices, news } = setUp();
    devices.approveSilently(ask());
    const first = devices.ensureToken("d1", "operator", ["operator.read"]).token;
    const second = devices.rotate("d1", "operator", undefined, admin).token;
    expect(devices.verifyToken("d1", "operator", first, [])).toBe("mismatch");
    expect(devices.verifyToken("d1", "operator", second, ["operator.read"])).toBe("ok");
    devices.revoke("d1", "operator");
    expect(devices.verifyToken("d1", "operator", second, [])).toBe("mismatch");
    expect(devices.ensureToken("d1", "operator", ["operator.read"]).token).not.toBe(second);
    devices.remove("d1");
    expect(devices.reasonToPair(ask())).toBe("not-paired");
    expect(news.filter((one) => one.startsWith("invalidated"))).toEqual([
      "invalidated d1 operator",
      "invalidated d1 operator",
      "invalidated d1 all",
    ]);
  });

  test("a rotated token gets no more than the device and the caller have", () => {
    const { devices } = setUp();
    devices.approveSilently(ask({ scopes: ["operator.read", "operator.write"] }));
    devices.ensureToken("d1", "operator", ["operator.read"]);
    expect(() => devices.rotate("d1", "operator", ["operator.admin"], admin)).toThrow("missing scope: operator.admin");
    expect(() => devices.rotate("d1", "operator", ["operator.write"], { scopes: ["operator.read"] })).toThrow(
      "missing scope",
    );
    expect(devices.rotate("d1", "operator", ["operator.write"], admin).scopes).toEqual(["operator.write"]);
    expect(() => devices.rotate("d1", "node", undefined, admin)).toThrow("unknown deviceId/role");
  });

  test("threat(T22): no list tells a token", () => {
    const { devices } = setUp();
    devices.approveSilently(ask());
    const { token } = devices.ensureToken("d1", "operator", ["operator.read"]);
    expect(JSON.stringify([devices.paired(), devices.get("d1"), devices.pending()])).not.toContain(token);
  });
});
