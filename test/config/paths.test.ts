import { expect, test } from "bun:test";
import { getAt, joinPath, parsePath, setAt, unsetAt } from "../../src/config/paths.ts";

const config = { gateway: { auth: { token: "t" } }, agents: { list: [{ id: "a" }, { id: "b" }] }, "a.b": 1 };

test.each<[path: string, parts: (string | number)[]]>([
  ["", []],
  ["gateway", ["gateway"]],
  ["gateway.auth.token", ["gateway", "auth", "token"]],
  ["agents.list[0].id", ["agents", "list", 0, "id"]],
  ['models.providers["my.host"].apiKey', ["models", "providers", "my.host", "apiKey"]],
  ['["a \\"b\\""][2][3]', ['a "b"', 2, 3]],
])("%s is read, and written the same", (path, parts) => {
  expect(parsePath(path)).toEqual(parts);
  expect(parts.reduce<string>(joinPath, "")).toBe(path);
});

test.each([
  [".a"],
  ["a."],
  ["a..b"],
  ["a[b]"],
  ["a[-1]"],
  ["a["],
  ["a]"],
  ["a[0]b"],
  ["a b"],
  ['a["x]'],
  ['a["\\z"]'],
  ["x".repeat(1025)],
])("%s is no path", (path) => {
  expect(() => parsePath(path)).toThrow(/config path/);
});

test.each([["__proto__.x"], ["a.constructor"], ['a["prototype"]'], ["a.__proto__"]])(
  "%s is refused everywhere",
  (path) => {
    expect(() => getAt({}, path)).toThrow("must not contain");
    expect(() => setAt({}, path, 1)).toThrow("must not contain");
    expect(() => unsetAt({}, path)).toThrow("must not contain");
  },
);

test("getAt finds own values only", () => {
  expect(getAt(config, "gateway.auth.token")).toBe("t");
  expect(getAt(config, "agents.list[1].id")).toBe("b");
  expect(getAt(config, '["a.b"]')).toBe(1);
  for (const path of ["toString", "gateway.nope.deep", "agents.list[2]", "agents.list.length", "gateway[0]"]) {
    expect(getAt(config, path)).toBeUndefined();
  }
});

test("setAt makes what is missing and leaves the original alone", () => {
  const before = structuredClone(config);
  expect(setAt(config, "gateway.auth.token", "n")).toEqual({ ...config, gateway: { auth: { token: "n" } } });
  expect(setAt(undefined, "a.b[0].c", 1)).toEqual({ a: { b: [{ c: 1 }] } });
  expect(setAt(config, "agents.list[2].id", "c")).toMatchObject({
    agents: { list: [{ id: "a" }, { id: "b" }, { id: "c" }] },
  });
  expect(config).toEqual(before);
});

test("setAt refuses to turn one kind into another or to leave gaps", () => {
  expect(() => setAt(config, "agents.list.id", 1)).toThrow("id is not inside an object");
  expect(() => setAt(config, "gateway[0]", 1)).toThrow("[0] is not inside a list");
  expect(() => setAt(config, "agents.list[3]", 1)).toThrow("the next index is 2");
  expect(() => setAt({}, "a[4000000000]", 1)).toThrow("the next index is 0");
});

test("unsetAt removes a key, closes a gap and ignores what is not there", () => {
  expect(unsetAt(config, "gateway.auth.token")).toEqual({ ...config, gateway: { auth: {} } });
  expect(unsetAt(config, "agents.list[0]")).toEqual({ ...config, agents: { list: [{ id: "b" }] } });
  expect(unsetAt(config, "nope.deep.er")).toEqual(config);
  expect(() => unsetAt(config, "")).toThrow("config path required");
});
