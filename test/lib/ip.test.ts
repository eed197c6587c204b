import { expect, test } from "bun:test";
import { canonicalIp, createIpSet, isLoopback, rateKeyOf } from "../../src/lib/ip.ts";

test.each<[address: string, canonical: string]>([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:127.0.0.1", "127.0.0.1"],
  ["::FFFF:127.0.0.1", "127.0.0.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["[::1]", "::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:DB8:0:0::7", "2001:db8::7"],
  ["fe80::1%eth0", "fe80::1"],
  [" 192.0.2.1 ", "192.0.2.1"],
  ["junk", "junk"],
  ["", ""],
])("%p is written %p", (address, canonical) => {
  expect(canonicalIp(address)).toBe(canonical);
});

test.each<[address: string, expected: boolean]>([
  ["127.0.0.1", true],
  ["127.255.255.254", true],
  ["::1", true],
  ["::ffff:127.0.0.2", true],
  ["128.0.0.1", false],
  ["0.0.0.0", false],
  ["::", false],
  ["127.0.0.1.evil.example", false],
  ["127.1", false],
  ["::ffff:10.0.0.1", false],
])("%p is loopback: %p", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test("a set holds addresses and ranges in every spelling, and ignores what is neither", () => {
  const set = createIpSet(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "not an address", ""]);
  for (const inside of ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.1", "2001:db8:1::1", "2001:0DB8::7"]) {
    expect(set.has(inside)).toBe(true);
  }
  for (const outside of ["11.0.0.1", "192.0.2.2", "2001:db9::1", "junk", "", "10.0.0.1 "]) {
    expect(set.has(outside)).toBe(outside === "10.0.0.1 ");
  }
});

test.each<[one: string, other: string, isSame: boolean]>([
  ["192.0.2.1", "::ffff:192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
  ["2001:db8:1:2::1", "2001:0db8:0001:0002:0:0:0:9", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["2001:db8::1", "2001:db8::2", true],
  ["::1", "::2", true],
])("failures of %p and %p are counted together: %p", (one, other, isSame) => {
  expect(rateKeyOf(one) === rateKeyOf(other)).toBe(isSame);
});
