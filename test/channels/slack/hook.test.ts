/** Delivered to over HTTP: what was signed, what was not, and what is answered. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { ChannelError, WebhookRequest } from "../../../src/channels/contract.ts";
import { CHECK_MS } from "../../../src/channels/slack/hook.ts";
import { slack } from "../../../src/channels/slack/index.ts";
import { type Fault, ids } from "../../standins/slack.ts";
import { outbound, type Running, startConnected, TestHost } from "../contract.ts";
import { openSlackHook } from "./harness.ts";

const never = new AbortController().signal;
let net: Awaited<ReturnType<typeof openSlackHook>>;
let up: Running;

beforeEach(async () => {
  net = await openSlackHook();
  up = await startConnected(net);
});

afterEach(async () => {
  await up[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const event = {
  type: "event_callback",
  event_id: "Ev1",
  event: { type: "message", channel: ids.adaDirect, channel_type: "im", user: ids.ada, text: "hi", ts: "1.000001" },
};

/** A request with what the stand-in would sign, changed. */
const signed = (body: string, change: Record<string, string> = {}, type = "application/json"): WebhookRequest => ({
  headers: { "content-type": type, ...net.net.hook.sign(body), ...change },
  body: Buffer.from(body),
});
const nowSeconds = () => Math.floor(up.host.clock.now() / 1000);
const post = ({ headers, body }: WebhookRequest) =>
  fetch(net.net.hook.url, { method: "POST", headers, body: new Uint8Array(body) });

describe("threat(T15): a delivery that was not signed so", () => {
  const body = JSON.stringify(event);
  const own = () => net.net.hook.sign(body)["x-slack-signature"]!;

  test.each<[title: string, change: () => Record<string, string>]>([
    ["without a signature", () => ({ "x-slack-signature": "" })],
    ["without a time", () => ({ "x-slack-request-timestamp": "" })],
    ["signed for something else", () => net.net.hook.sign("{}")],
    ["signed at another time", () => ({ "x-slack-request-timestamp": String(nowSeconds() - 1) })],
    ["with a part of the signature", () => ({ "x-slack-signature": own().slice(0, -1) })],
    ["with more than the signature", () => ({ "x-slack-signature": `${own()}0` })],
    ["with the signature written otherwise", () => ({ "x-slack-signature": own().toUpperCase().replace("V0", "v0") })],
    ["with another version", () => ({ "x-slack-signature": own().replace("v0=", "v1=") })],
    ["signed six minutes ago", () => net.net.hook.sign(body, String(nowSeconds() - 301))],
    ["signed in six minutes", () => net.net.hook.sign(body, String(nowSeconds() + 301))],
    [
      "signed with another secret",
      () => {
        const timestamp = String(nowSeconds());
        const signature = createHmac("sha256", "another-secret").update(`v0:${timestamp}:${body}`).digest("hex");
        return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` };
      },
    ],
  ])("%s: 401, an empty body, and nothing is stored", async (_title, change) => {
    const response = await post(signed(body, change()));
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
    expect(up.host.events).toHaveLength(0);
  });

  test("with other bytes than were signed", async () => {
    const request = { ...signed(body), body: Buffer.from(`${body} `) };
    expect((await post(request)).status).toBe(401);
    expect(up.host.events).toHaveLength(0);
  });

  test("nor a question whether we are there", async () => {
    const question = JSON.stringify({ type: "url_verification", challenge: "c" });
    expect((await post({ ...signed("x"), body: Buffer.from(question) })).status).toBe(401);
  });

  test.each([0, -300, 300])("is told from one that was, %d seconds off", async (skew) => {
    const response = await post(signed(body, net.net.hook.sign(body, String(nowSeconds() + skew))));
    expect(response.status).toBe(200);
    expect(up.host.events).toHaveLength(1);
  });
});

describe("a delivery", () => {
  test("that asks whether we are there is answered with its challenge", async () => {
    const question = JSON.stringify({ token: "t", type: "url_verification", challenge: "3eZbrw1aB" });
    expect(await up.account.webhook!(signed(question))).toEqual({ status: 200, body: "3eZbrw1aB" });
  });

  test.each(["", "hello", "[]", "null", '{"type":"app_rate_limited"}', '{"type":"event_callback","type":"x"}'])(
    "of %p is none",
    async (body) => {
      expect(await up.account.webhook!(signed(body))).toEqual({ status: 400 });
    },
  );

  test("that came again is the same event", async () => {
    const body = JSON.stringify(event);
    await up.account.webhook!(signed(body));
    await up.account.webhook!(signed(body, { "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout" }));
    expect(up.host.events).toHaveLength(2);
    expect(up.host.events[0]).toEqual(up.host.events[1]!);
  });

  test("is taken only when it is stored", async () => {
    up.host.isDiskFull = true;
    expect(await up.account.webhook!(signed(JSON.stringify(event)))).toEqual({ status: 503 });
    up.host.isDiskFull = false;
    expect(await up.account.webhook!(signed(JSON.stringify(event)))).toEqual({ status: 200 });
  });

  test("of a command, of something else, and of what cannot be read is taken", async () => {
    const form = "application/x-www-form-urlencoded";
    expect(await up.account.webhook!(signed("command=%2Fx&text=y", {}, form))).toEqual({ status: 200 });
    const rename = { ...event, event: { type: "channel_rename" } };
    expect(await up.account.webhook!(signed(JSON.stringify(rename)))).toEqual({ status: 200 });
    expect(await up.account.webhook!(signed("payload=%7B", {}, form))).toEqual({ status: 400 });
    expect(up.host.events).toHaveLength(0);
  });

  test("before the account is connected, and after it has stopped, comes again", async () => {
    const request = signed(JSON.stringify(event));
    expect(await net.open(new TestHost()).webhook!(request)).toEqual({ status: 503 });
    up.host.stop();
    await up.ended;
    expect(await up.account.webhook!(request)).toEqual({ status: 503 });
  });

  test("waits for the one before it", async () => {
    const first = Promise.withResolvers<void>();
    const receive = up.host.receive.bind(up.host);
    up.host.receive = async (one) => {
      if (one.text === "one") await first.promise;
      await receive(one);
    };
    const say = (text: string, ts: string) =>
      up.account.webhook!(signed(JSON.stringify({ ...event, event: { ...event.event, text, ts } })));
    const both = [say("one", "1.000001"), say("two", "2.000002")];
    first.resolve();
    expect(await Promise.all(both)).toEqual([{ status: 200 }, { status: 200 }]);
    expect(up.host.events.map(({ text }) => text!)).toEqual(["one", "two"]);
  });

  test("of a press tells its value", async () => {
    const buttons = [[{ label: "Yes", value: "yes" }]];
    const { messageIds } = await up.account.send(outbound(net.direct, { text: "?", buttons }), never);
    net.net.presses(ids.adaDirect, messageIds[0]!, "yes");
    expect(await up.host.event(({ type }) => type === "button")).toMatchObject({ button: "yes" });
  });
});

describe("asked whether the app may still act, the network", () => {
  test("proves with a yes that it is there; no connection is opened", async () => {
    const { heardCount } = up.host;
    await up.host.clock.waitsFor(CHECK_MS);
    up.host.clock.advance(CHECK_MS);
    await up.host.until(() => up.host.heardCount === heardCount + 1);
    expect(net.net.callsOf("apps.connections.open")).toEqual([]);
  });

  test.each<[title: string, fault: Fault, expected: Partial<ChannelError>]>([
    ["no", { error: "token_revoked" }, { kind: "auth" }],
    ["too fast", { limitedSeconds: 9 }, { kind: "limited", retryAfterMs: 9000 }],
    ["trouble", { status: 502, html: "x" }, { kind: "transient" }],
  ])("ends the run with %s", async (_title, fault, expected) => {
    net.net.fail("auth.test", fault);
    await up.host.clock.waitsFor(CHECK_MS);
    up.host.clock.advance(CHECK_MS);
    expect(await up.ended).toMatchObject({ name: "ChannelError", ...expected });
  });
});

test.each<[config: object, expected: string | undefined]>([
  [{ mode: "http", signingSecret: "0123456789abcdef0123456789abcdef" }, undefined],
  [{ mode: "http" }, "signing secret"],
  [{ mode: "http", signingSecret: "short" }, "signing secret"],
  [{ mode: "http", signingSecret: "0123456789abcdef", webhookPath: "slack" }, "webhookPath"],
  [{ mode: "http", signingSecret: "0123456789abcdef", webhookPath: "/a/../b c" }, "webhookPath"],
  [{ mode: "socket" }, "app token"],
])("what is missing in %j", (config, expected) => {
  const missing = slack.missing({ botToken: "xoxb-1", ...config }, {});
  if (expected === undefined) expect(missing).toBeUndefined();
  else expect(missing).toContain(expected);
});

test("the route is there in this mode only, where it is wanted", () => {
  expect(slack.webhook!({ mode: "http" }, {})?.path).toBe("/slack/events");
  expect(slack.webhook!({ mode: "http", webhookPath: "/a/b" }, {})?.path).toBe("/a/b");
  expect(slack.webhook!({}, {})).toBeUndefined();
  expect(slack.open({}, new TestHost(), {}).webhook).toBeUndefined();
});

test("channels of older files become groups, closed where they were", () => {
  const channels = {
    C1: { allow: true, requireMention: false, users: ["U1"], systemPrompt: "Be brief." },
    C2: { allow: false },
    C3: { enabled: false, requireMention: true },
    "#general": { allow: true },
  };
  expect(slack.modernize!({ channels, botToken: "x", groups: { C3: { requireMention: false } } })).toEqual({
    botToken: "x",
    groups: {
      C1: { requireMention: false, allowFrom: ["U1"], systemPrompt: "Be brief." },
      C2: { enabled: false },
      C3: { requireMention: false },
      "#general": {},
    },
  });
  expect(slack.modernize!({ botToken: "x" })).toEqual({ botToken: "x" });
});
