import { expect, test } from "bun:test";
import { Invites } from "../../src/devices/invites.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { FakeClock } from "../support/clock.ts";

function rig() {
  const clock = new FakeClock();
  const records: LogRecord[] = [];
  const log = createLog({ clock, level: "debug", sinks: [(record) => records.push(record)] });
  return { clock, records, invites: new Invites({ clock, ids: systemIds, log }) };
}

test("threat(T06): an invite belongs to the key that shows it first, as often as it asks", () => {
  const { invites } = rig();
  const { code } = invites.create();
  expect(invites.redeem(code, "key one")).toBe(true);
  expect(invites.redeem(code, "key two")).toBe(false);
  expect(invites.redeem(code, "key one")).toBe(true);
});

test("threat(T06): an invite ends after ten minutes, used or not", () => {
  const { clock, invites } = rig();
  const { code: used, expiresAtMs } = invites.create();
  const { code: unused } = invites.create();
  expect(expiresAtMs).toBe(clock.now() + 600_000);
  invites.redeem(used, "key one");
  clock.advance(599_999);
  expect(invites.redeem(used, "key one")).toBe(true);
  clock.advance(1);
  expect(invites.redeem(used, "key one")).toBe(false);
  expect(invites.redeem(unused, "key one")).toBe(false);
});

test("threat(T06): an invite that let a device in is good for one more minute, for a hello that was lost", () => {
  const { clock, invites } = rig();
  const { code } = invites.create();
  invites.redeem(code, "key one");
  invites.spend(code);
  clock.advance(59_999);
  expect(invites.redeem(code, "key one")).toBe(true);
  invites.spend(code);
  clock.advance(1);
  expect(invites.redeem(code, "key one")).toBe(false);
});

test("spending does not lengthen an invite, and unknown codes are nothing", () => {
  const { clock, invites } = rig();
  const { code } = invites.create();
  clock.advance(590_000);
  invites.redeem(code, "key one");
  invites.spend(code);
  clock.advance(10_000);
  expect(invites.redeem(code, "key one")).toBe(false);
  invites.spend("unknown");
  for (const wrong of ["", "unknown", code.slice(1)]) expect(invites.redeem(wrong, "key one")).toBe(false);
});

test("the oldest invites give way to new ones, and no code is written down", () => {
  const { records, invites } = rig();
  const codes = Array.from({ length: 33 }, () => invites.create().code);
  expect(codes.map((code) => invites.redeem(code, "key one"))).toEqual(codes.map((_code, index) => index > 0));
  const written = JSON.stringify(records);
  expect(codes.some((code) => written.includes(code))).toBe(false);
});
