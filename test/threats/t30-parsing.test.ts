/** Keys that poison prototypes, and texts that two parsers read differently, are refused where they come in. */
import { describe, expect, test } from "bun:test";
import { testKey } from "../devices/keys.ts";
import { connectClient, openClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const poisoned: [title: string, params: string, problem: string][] = [
  ["__proto__", '{"__proto__":{"x":1}}', "forbidden key"],
  ["__proto__ by an escape", '{"\\u005f_proto__":{"x":1}}', "forbidden key"],
  ["__proto__ that is null", '{"__proto__":null}', "forbidden key"],
  ["constructor", '{"constructor":{"prototype":{"x":1}}}', "forbidden key"],
  ["prototype", '{"a":{"prototype":1}}', "forbidden key"],
  ["__proto__ in a list", '{"a":[[{"__proto__":[]}]]}', "forbidden key"],
  ["a key twice", '{"a":1,"a":2}', "duplicate key"],
  ["a key twice, once escaped", '{"a":1,"\\u0061":2}', "duplicate key"],
  ["a key twice deep inside", '{"a":[{"b":1,"b":1}]}', "duplicate key"],
  ["nesting without end", `{"a":${"[".repeat(100_000)}`, "too deep"],
  ["objects without end", '{"a":'.repeat(65), "too deep"],
  [
    "more keys than anybody has",
    `{${Array.from({ length: 10_001 }, (_none, at) => `"k${at}":1`).join(",")}}`,
    "too many keys",
  ],
];

describe("threat(T30): hostile JSON", () => {
  test.each(poisoned)("%s is refused after hello-ok, and the connection stays", async (_title, params, problem) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    client.socket.send(`{"type":"req","id":"p","method":"status","params":${params}}`);
    const { ok, error } = await client.answer("invalid");
    expect({ ok, error }).toEqual({
      ok: false,
      error: { code: "INVALID_REQUEST", message: `invalid request frame: ${problem}` },
    });
    expect((await client.call("status", {})).ok).toBe(true);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test.each(poisoned.filter(([, params]) => params.length < 60_000))(
    "%s as the first frame ends the connection",
    async (_title, params) => {
      await using gateway = await startGateway({ clock: new FakeClock() });
      using client = await openClient(gateway.url);
      client.socket.send(`{"type":"req","id":"p","method":"connect","params":${params}}`);
      expect((await client.socket.closed).code).toBe(1000);
      expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    },
  );

  test("names that objects have by birth are names like any other", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using admin = await connectClient(gateway.url);
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
      expect((await admin.call(name, {})).error?.message).toBe(`unknown method: ${name}`);
      expect((await admin.call("agent.identity.get", { agentId: name })).ok).toBe(false);
      expect((await admin.call("sessions.patch", { key: name, label: name })).ok).toBe(true);
      expect((await admin.call("sessions.resolve", { label: name })).payload.key).toBe(
        `agent:main:${name.toLowerCase()}`,
      );
      expect((await admin.call("config.schema.lookup", { path: name })).ok).toBe(false);
      using client = await openClient(gateway.url);
      expect((await client.connect({ key: testKey("k1"), scopes: [name] })).payload.auth.scopes).toEqual([name]);
      expect((await client.call("status", {})).error?.message).toBe("missing scope: operator.read");
      expect((await admin.call("health", { probe: true })).ok).toBe(true);
    }
    expect(gateway.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  test.each<[title: string, frame: string]>([
    ["a number as method", '{"type":"req","id":"p","method":1}'],
    [
      "a number with a fraction where none belongs",
      '{"type":"req","id":"p","method":"logs.tail","params":{"limit":1.5}}',
    ],
    ["a number beyond every number", '{"type":"req","id":"p","method":"logs.tail","params":{"limit":1e999}}'],
    ["a number as text", '{"type":"req","id":"p","method":"logs.tail","params":{"limit":"5"}}'],
    ["a list for an object", '{"type":"req","id":"p","method":"chat.history","params":["main"]}'],
    ["a text for an object", '{"type":"req","id":"p","method":"chat.history","params":"main"}'],
    [
      "an unknown property",
      '{"type":"req","id":"p","method":"chat.history","params":{"sessionKey":"main","admin":true}}',
    ],
  ])("%s is refused", async (_title, frame) => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    client.socket.send(frame);
    expect((await client.answer("p")).error?.code).toBe("INVALID_REQUEST");
  });
});
