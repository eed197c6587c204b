/** Without a whole and valid credential there is nothing but the refusal of the handshake, for every method there is. */
import { describe, expect, test } from "bun:test";
import { methodSpecs } from "../../src/methods/index.ts";
import { testKey } from "../devices/keys.ts";
import { type ConnectOptions, connectClient, connectParams, openClient } from "../gateway/client.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

const key = testKey("k1");
const remote = { "X-Forwarded-For": "203.0.113.9" };

/** Ways not to be admitted; each is tried with every method right behind it. */
const states: [title: string, connect: ConnectOptions | undefined, headers: Record<string, string>][] = [
  ["no connect at all", undefined, {}],
  ["a connect without any credential", { auth: {} }, {}],
  ["an empty token", { auth: { token: "" } }, {}],
  ["a wrong token", { auth: { token: "wrong" } }, {}],
  ["a device without a secret", { key, auth: {} }, {}],
  ["a device with a wrong token", { key, auth: { token: "wrong" } }, {}],
  ["a stale proof", { key, skewMs: -700_000 }, {}],
  ["a device that waits for approval", { key, scopes: ["operator.admin"] }, remote],
  ["a node without a device", { role: "node" }, {}],
  ["a role that does not exist", { role: "admin" }, {}],
];

describe("threat(T04): nothing is served before hello-ok", () => {
  test.each(states)("%s", async (_title, connect, headers) => {
    const clock = new FakeClock();
    await using gateway = await startGateway({ clock });
    const methods = [...methodSpecs.map(({ name }) => name), "connect", "no.such.method", "__proto__", ""];
    for (const method of methods) {
      clock.advance(60_000 * 6); // Each try has its own budget of wrong secrets.
      using client = await openClient(gateway.url, { headers });
      const challenge = await client.challenge();
      if (connect) client.send({ type: "req", id: "c", method: "connect", params: connectParams(connect, challenge) });
      client.send({ type: "req", id: "m", method, params: {} });
      const { code } = await client.socket.closed;
      const frames = client.left;
      expect({ method, code }).toEqual({ method, code: 1008 });
      expect(frames.map(({ type, ok }) => ({ type, ok }))).toEqual(
        connect || method !== "" ? [{ type: "res", ok: false }] : [],
      );
      expect(method !== "" && JSON.stringify(frames).includes(method === "connect" ? 'c"connect' : method)).toBe(false);
      expect(frames.every(({ payload }) => payload === undefined)).toBe(true);
    }
    expect(gateway.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("frames sent along with a good connect are served after it, a flood of them is not", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    for (const [count, isServed] of [
      [15, true],
      [16, false],
    ] as const) {
      using client = await openClient(gateway.url);
      const challenge = await client.challenge();
      const params = connectParams({ scopes: ["operator.admin"] }, challenge);
      client.send({ type: "req", id: "c", method: "connect", params });
      for (let at = 0; at < count; at++) client.send({ type: "req", id: `m${at}`, method: "last-heartbeat" });
      if (isServed) expect((await client.answer(`m${count - 1}`)).ok).toBe(true);
      else expect([1000, 1008]).toContain((await Promise.race([client.socket.closed, served(client, count)])).code);
    }
  });

  test("an admitted client is served", async () => {
    await using gateway = await startGateway({ clock: new FakeClock() });
    using client = await connectClient(gateway.url);
    expect((await client.call("status", {})).ok).toBe(true);
  });
});

/** All of them came in after the connect was looked at: then they are ordinary requests. */
async function served(client: Awaited<ReturnType<typeof openClient>>, count: number): Promise<{ code: number }> {
  await client.answer(`m${count - 1}`);
  return { code: 1000 };
}
