import { beforeEach, describe, expect, test } from "bun:test";
import { CAPABILITY_MS, Capabilities } from "../../src/canvas/capabilities.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { FakeClock } from "../support/clock.ts";

const holder = { nodeId: "phone", connectionId: "c1" };
let clock: FakeClock;
let capabilities: Capabilities;
beforeEach(() => {
  clock = new FakeClock();
  capabilities = new Capabilities({ clock, ids: systemIds });
});

describe("a capability", () => {
  test("is 256 bits and says when it ends", () => {
    const { token, expiresAtMs } = capabilities.mint(holder);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(expiresAtMs).toBe(clock.now() + CAPABILITY_MS);
    expect(CAPABILITY_MS).toBe(600_000);
  });

  test("names its holder until ten minutes after its last use", () => {
    const { token } = capabilities.mint(holder);
    for (let minutes = 0; minutes < 60; minutes += 9) {
      expect(capabilities.use(token)).toEqual(holder);
      clock.advance(9 * 60_000);
    }
    clock.advance(60_000);
    expect(capabilities.use(token)).toBeUndefined();
    clock.advance(-0);
    expect(capabilities.use(token)).toBeUndefined();
  });

  test("lives as long as a socket is open under it, and ten minutes more", () => {
    const { token } = capabilities.mint(holder);
    const release = capabilities.hold(token);
    clock.advance(10 * CAPABILITY_MS);
    expect(capabilities.use(token)).toEqual(holder);
    clock.advance(10 * CAPABILITY_MS);
    release();
    clock.advance(CAPABILITY_MS - 1);
    expect(capabilities.use(token)).toEqual(holder);
    clock.advance(CAPABILITY_MS);
    expect(capabilities.use(token)).toBeUndefined();
  });

  test("ends with its connection, held or not, and no other does", () => {
    const mine = capabilities.mint(holder).token;
    const other = capabilities.mint({ ...holder, connectionId: "c2" }).token;
    capabilities.hold(mine);
    capabilities.drop("c1");
    expect(capabilities.use(mine)).toBeUndefined();
    expect(capabilities.use(other)).toEqual({ ...holder, connectionId: "c2" });
  });

  test.each(["", "x", "A".repeat(43), "../etc/passwd"])("%p is none", (token) => {
    capabilities.mint(holder);
    expect(capabilities.use(token)).toBeUndefined();
  });

  test("is one of at most eight that a connection has", () => {
    const tokens = Array.from({ length: 9 }, () => capabilities.mint(holder).token);
    expect(tokens.map((token) => capabilities.use(token) !== undefined)).toEqual([false, ...Array(8).fill(true)]);
  });

  test("is kept as a hash only", () => {
    const { token } = capabilities.mint(holder);
    expect(Bun.inspect(capabilities, { depth: 9 })).not.toContain(token);
  });
});

test("a connection is one of its node only, until it is dropped", () => {
  capabilities.mint(holder);
  clock.advance(10 * CAPABILITY_MS);
  expect(capabilities.isConnected(holder)).toBe(true);
  expect(capabilities.isConnected({ ...holder, nodeId: "laptop" })).toBe(false);
  expect(capabilities.isConnected({ ...holder, connectionId: "c2" })).toBe(false);
  capabilities.drop("c1");
  expect(capabilities.isConnected(holder)).toBe(false);
});
