/** Which pages a host shows. */
import { describe, expect, test } from "bun:test";
import { kindOf, pageAt, surfacesAt } from "../../src/node-host/canvas-address.ts";

const cap = "/__openclaw__/cap/AAAAAAAAAAAAAAAAAAAAAAAA";
const base = `http://gw.example:18789${cap}`;

test.each<[meant: string, path: string]>([
  ["", "/__openclaw__/canvas/"],
  ["/", "/__openclaw__/canvas/"],
  ["a.html", "/__openclaw__/canvas/a.html"],
  ["/sub/a.html?x=1", "/__openclaw__/canvas/sub/a.html?x=1"],
  ["../../etc/passwd", "/__openclaw__/canvas/etc/passwd"],
  ["/__openclaw__/canvas/a.html", "/__openclaw__/canvas/a.html"],
  ["/__openclaw__/a2ui/", "/__openclaw__/a2ui/"],
  ["http://gw.example:18789/__openclaw__/cap/old0000000000000/__openclaw__/canvas/a", "/__openclaw__/canvas/a"],
])("%p is a page of the canvas", (meant, path) =>
  expect(pageAt(meant, base)).toBe(`http://gw.example:18789${cap}${path}`),
);

test.each([
  ["http://169.254.169.254/latest/meta-data"],
  ["https://gw.example:18789/__openclaw__/canvas/"],
  ["http://gw.example/__openclaw__/canvas/"],
  ["http://gw.example:18789/"],
  ["http://gw.example:18789/rpc"],
  ["//evil.example/__openclaw__/canvas/"],
  ["\\\\evil.example/__openclaw__/canvas/"],
  ["http://gw.example:18789@evil.example/__openclaw__/canvas/"],
  ["file:///etc/passwd"],
  ["javascript:alert(1)"],
  ["data:text/html,x"],
  ["chrome://settings"],
  ["/__openclaw__/ws"],
  ["/__openclaw__/canvas/../ws"],
  ["http://["],
])("threat(T20): %p is none", (meant) => {
  expect(() => pageAt(meant, base)).toThrow("pages of its gateway's canvas only");
});

describe("what is shown", () => {
  test("is known by its address", () => {
    expect(kindOf(pageAt("a.html", base), base)).toBe("canvas");
    expect(kindOf(surfacesAt(base), base)).toBe("a2ui");
    for (const other of [
      "",
      "about:blank",
      "chrome-error://chromewebdata/",
      "http://gw.example:18789/",
      "http://gw.example:1/__openclaw__/canvas/",
    ])
      expect(kindOf(other, base)).toBeUndefined();
  });
});
