/** Deliveries over HTTP, on a real server: who is let in, what the account is given, and what the network is told. */
import { expect, test } from "bun:test";
import type { Account, Webhook, WebhookAnswer, WebhookRequest } from "../../src/channels/contract.ts";
import { createWebhookRoute } from "../../src/channels/webhooks.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { FakeClock } from "../support/clock.ts";

const never = () => Promise.reject(new Error("not asked here"));
const TAKE_MS = 15_000;

interface Told {
  take?: (request: WebhookRequest) => Promise<WebhookAnswer>;
  isThere?: boolean;
  hasWebhook?: boolean;
  maxBytes?: number;
}

function serve({
  take = async () => ({ status: 200 }),
  isThere = true,
  hasWebhook = true,
  maxBytes = 1000,
}: Told = {}) {
  const clock = new FakeClock();
  const records: LogRecord[] = [];
  const taken: WebhookRequest[] = [];
  const webhook: Webhook = { path: "/hook/one", maxBytes, isWelcome: (headers) => headers["x-secret"] === "right" };
  const account: Account = { run: never, send: never, probe: never };
  if (hasWebhook)
    account.webhook = (request) => {
      taken.push(request);
      return take(request);
    };
  const route = createWebhookRoute({
    find: (path) => (path === webhook.path ? { webhook, account: isThere ? account : undefined } : undefined),
    clock,
    log: createLog({ clock, level: "debug", sinks: [(record) => records.push(record)] }),
  });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => route(request, new URL(request.url)) ?? new Response("not a delivery", { status: 404 }),
  });
  const post = (path = "/hook/one", init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: "POST",
      headers: { "x-secret": "right" },
      body: "hello",
      ...init,
    });
  return { clock, records, taken, post, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("a delivery reaches the account as the very bytes that came, and the network gets its answer", async () => {
  await using hook = serve({ take: async () => ({ status: 201, body: '{"ok":1}', contentType: "application/json" }) });
  const body = new Uint8Array([0, 255, 13, 10, 0xc3, 0x28]);
  const answer = await hook.post(undefined, {
    body,
    headers: { "x-secret": "right", "X-Upper": "Case", "content-encoding": "gzip" },
  });
  expect({ status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() }).toEqual({
    status: 201,
    type: "application/json",
    text: '{"ok":1}',
  });
  const [taken] = hook.taken;
  expect(new Uint8Array(taken?.body ?? [])).toEqual(body);
  expect(taken?.headers).toMatchObject({ "x-secret": "right", "x-upper": "Case", "content-encoding": "gzip" });
});

test("an empty body is a body, and an answer without one is empty", async () => {
  await using hook = serve();
  const answer = await hook.post(undefined, { body: null });
  expect([answer.status, await answer.text()]).toEqual([200, ""]);
  expect(hook.taken[0]?.body).toHaveLength(0);
});

test.each<[title: string, told: Told, path: string, init: RequestInit, status: number]>([
  ["another path", {}, "/hook/two", {}, 404],
  ["a longer path", {}, "/hook/one/", {}, 404],
  ["the path in other letters", {}, "/HOOK/one", {}, 404],
  ["the path with a query", {}, "/hook/one?x=1", {}, 200],
  ["GET", {}, "/hook/one", { method: "GET", body: null }, 405],
  ["PUT", {}, "/hook/one", { method: "PUT" }, 405],
  ["no secret", {}, "/hook/one", { headers: {} }, 401],
  ["a wrong secret", {}, "/hook/one", { headers: { "x-secret": "righ" } }, 401],
  ["a secret that is there twice", {}, "/hook/one", { headers: { "x-secret": "right, right" } }, 401],
  ["a body that is as long as it may be", {}, "/hook/one", { body: "x".repeat(1000) }, 200],
  ["a body that is longer by one", {}, "/hook/one", { body: "x".repeat(1001) }, 413],
  ["an account that is not there", { isThere: false }, "/hook/one", {}, 503],
  ["an account without deliveries", { hasWebhook: false }, "/hook/one", {}, 503],
  ["a wrong secret for an account that is not there", { isThere: false }, "/hook/one", { headers: {} }, 401],
])("%s", async (_title, told, path, init, status) => {
  await using hook = serve(told);
  const answer = await hook.post(path, init);
  expect(answer.status).toBe(status);
  expect(hook.taken).toHaveLength(status === 200 ? 1 : 0);
  // Nobody learns anything from a refusal.
  if (status !== 404) expect(await answer.text()).toBe("");
});

test("what is refused says how, where the protocol has a word for it", async () => {
  await using hook = serve({ isThere: false });
  expect((await hook.post(undefined, { method: "DELETE" })).headers.get("allow")).toBe("POST");
  expect((await hook.post()).headers.get("retry-after")).toBe("5");
});

test("an event that was not stored is not acknowledged, and why is in the log and not in the answer", async () => {
  await using hook = serve({ take: () => Promise.reject(new Error("the disk is full")) });
  const answer = await hook.post();
  expect([answer.status, await answer.text()]).toEqual([503, ""]);
  expect(hook.records).toMatchObject([{ level: "warn", fields: { error: "the disk is full" } }]);
});

test("an account that throws at once, and one that never answers, hold nobody up", async () => {
  await using thrown = serve({
    take: () => {
      throw new Error("at once");
    },
  });
  expect((await thrown.post()).status).toBe(503);
  await using hangs = serve({ take: () => new Promise(() => undefined) });
  const answer = hangs.post();
  await hangs.clock.waitsFor(TAKE_MS);
  hangs.clock.advance(TAKE_MS);
  expect((await answer).status).toBe(503);
  expect(hangs.clock.pending).toBe(0);
});

test("no timer is left when a delivery is over", async () => {
  await using hook = serve();
  await hook.post();
  await hook.post(undefined, { body: "x".repeat(2000) });
  expect(hook.clock.pending).toBe(0);
});
