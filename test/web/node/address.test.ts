import { describe, expect, test } from "bun:test";
import { addressOf, placeOf } from "../../../src/web/node/canvas/address.ts";

const ORIGIN = "https://gateway.local:18789";
const TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789";
const CAPABILITY = `${ORIGIN}/__openclaw__/cap/${TOKEN}`;

describe("the page somebody means", () => {
  test.each([
    ["", "canvas", "/__openclaw__/canvas/"],
    ["/", "canvas", "/__openclaw__/canvas/"],
    ["report.html", "canvas", "/__openclaw__/canvas/report.html"],
    ["/games/snake/index.html?level=2", "canvas", "/__openclaw__/canvas/games/snake/index.html?level=2"],
    ["/__openclaw__/canvas/a.html", "canvas", "/__openclaw__/canvas/a.html"],
    ["/__openclaw__/a2ui/?platform=web", "a2ui", "/__openclaw__/a2ui/?platform=web"],
    [`${ORIGIN}/__openclaw__/canvas/a.html`, "canvas", "/__openclaw__/canvas/a.html"],
    [`${CAPABILITY}/__openclaw__/canvas/a.html`, "canvas", "/__openclaw__/canvas/a.html"],
    ["http://gateway.local:18793/__openclaw__/canvas/a.html", "canvas", "/__openclaw__/canvas/a.html"],
    ["a b/ü.html", "canvas", "/__openclaw__/canvas/a%20b/%C3%BC.html"],
    ["../../../../etc/passwd", "canvas", "/__openclaw__/canvas/etc/passwd"],
  ] as const)("%p is a page of kind %s at %s", (meant, kind, path) => {
    expect(placeOf(meant, ORIGIN)).toEqual({ kind, path });
  });

  test.each([
    "https://example.com/",
    "https://example.com/__openclaw__/canvas/a.html",
    "//example.com/__openclaw__/canvas/a.html",
    "https://gateway.local.example.com/__openclaw__/canvas/",
    "https://gateway.local:18789/",
    "https://gateway.local:18789/node",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "about:blank",
    "/__openclaw__/ws",
    "/__openclaw__/canvas/../../node",
    "http://[",
  ])("%p is refused, or stays on the canvas", (meant) => {
    let place: string;
    try {
      place = placeOf(meant, ORIGIN).path;
    } catch (error) {
      place = (error as { code: string }).code;
    }
    expect(place === "INVALID_REQUEST" || place.startsWith("/__openclaw__/canvas/")).toBe(true);
  });
});

describe("where it is served", () => {
  const place = { kind: "canvas", path: "/__openclaw__/canvas/" } as const;

  test("below the capability, on the origin of the page whatever host the gateway names", () => {
    const wanted = `${CAPABILITY}/__openclaw__/canvas/`;
    expect(addressOf(place, CAPABILITY, ORIGIN)).toBe(wanted);
    expect(addressOf(place, `http://127.0.0.1:1/__openclaw__/cap/${TOKEN}`, ORIGIN)).toBe(wanted);
  });

  test.each([
    "",
    "https://example.com/",
    "javascript:alert(1)",
    `${ORIGIN}/__openclaw__/cap/short`,
    `${CAPABILITY}/../../x`,
  ])("%p is no capability", (url) => {
    expect(() => addressOf(place, url, ORIGIN)).toThrow("UNAVAILABLE");
  });
});
