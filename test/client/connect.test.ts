import { describe, expect, test } from "bun:test";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventFrame } from "#schemas/frames.ts";
import { type ConnectOptions, connectGateway } from "../../src/client/connect.ts";
import { ClientError } from "../../src/client/errors.ts";
import { deviceIdOf, signedPayload, verifyProof } from "../../src/devices/identity.ts";
import { ensureTls } from "../../src/gateway/tls.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { Secret } from "../../src/lib/secret.ts";
import { FakeClock } from "../support/clock.ts";
import { hello, startRelay, startStandIn } from "./stand-in.ts";

const options = (url: string, more: Partial<ConnectOptions> = {}): ConnectOptions => ({
  url,
  client: { version: "1.0.0", platform: "test" },
  auth: { token: new Secret("the secret") },
  clock: systemClock,
  ids: systemIds,
  ...more,
});

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientError)) throw error;
  return error;
}

describe("the handshake", () => {
  test("shows the token and the wanted scopes, and gives the hello", async () => {
    await using gateway = startStandIn();
    await using client = await connectGateway(options(gateway.url, { scopes: ["operator.read"] }));
    expect(client.hello.server.version).toBe("9.9.9");
    expect(gateway.requests[0]).toMatchObject({
      method: "connect",
      params: {
        minProtocol: 4,
        maxProtocol: 4,
        client: { id: "cli", mode: "cli", version: "1.0.0", platform: "test" },
        role: "operator",
        scopes: ["operator.read"],
        auth: { token: "the secret" },
      },
    });
  });

  test("sends nothing to a listener that does not challenge", async () => {
    await using gateway = startStandIn({ challenge: null });
    const clock = new FakeClock();
    const connecting = connectGateway(options(gateway.url, { clock, timeoutMs: 700 }));
    clock.advance(700);
    const error = await failureOf(connecting);
    expect([error.code, error.stage]).toEqual(["TIMEOUT", "connect"]);
    expect(gateway.received).toEqual([]);
  });

  test("signs the challenge with the device key, at the challenge's own time", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const raw = new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
    const id = deviceIdOf(raw);
    await using gateway = startStandIn();
    await using _client = await connectGateway(
      options(gateway.url, {
        scopes: ["operator.read", "operator.write"],
        device: {
          prove: (fields, { nonce, ts }) => ({
            id,
            publicKey: Buffer.from(raw).toString("base64url"),
            signature: sign(null, Buffer.from(signedPayload("v3", id, ts, fields, nonce)), privateKey).toString(
              "base64url",
            ),
            signedAt: ts,
            nonce,
          }),
        },
      }),
    );
    const params = gateway.requests[0]!.params as { client: never; device: never; scopes: string[] };
    const verdict = verifyProof(
      params.device,
      { client: params.client, role: "operator", scopes: params.scopes, token: "the secret" },
      { version: 4, nonce: "nonce-1", nowMs: 1_700_000_000_000, isLocal: false },
    );
    expect(verdict).toEqual({ publicKey: raw });
  });

  test.each<[title: string, answer: Record<string, unknown>, expected: Partial<ClientError>]>([
    [
      "a wrong token",
      {
        code: "INVALID_REQUEST",
        message: "unauthorized: gateway token mismatch",
        details: { code: "AUTH_TOKEN_MISMATCH" },
      },
      { code: "INVALID_REQUEST", stage: "connect", retryable: false },
    ],
    [
      "a starting gateway",
      { code: "UNAVAILABLE", message: "gateway starting", retryable: true, retryAfterMs: 500 },
      { code: "UNAVAILABLE", stage: "connect", retryable: true, retryAfterMs: 500 },
    ],
  ])("tells %s with its code and details", async (_title, answer, expected) => {
    await using gateway = startStandIn({ onRequest: (_request, reply) => reply.error(answer) });
    expect(await failureOf(connectGateway(options(gateway.url)))).toMatchObject(expected);
  });

  test("does not take another protocol's hello", async () => {
    await using gateway = startStandIn({ onRequest: (_request, reply) => reply.ok({ ...hello, protocol: 3 }) });
    expect((await failureOf(connectGateway(options(gateway.url)))).code).toBe("NOT_A_GATEWAY");
  });

  test("tells a port where nobody listens", async () => {
    const gateway = startStandIn();
    await gateway[Symbol.asyncDispose]();
    expect(await failureOf(connectGateway(options(gateway.url)))).toMatchObject({
      code: "UNREACHABLE",
      retryable: true,
    });
  });

  test("ends when its signal aborts", async () => {
    await using gateway = startStandIn({ challenge: null });
    const stop = new AbortController();
    const connecting = connectGateway(options(gateway.url, { signal: stop.signal }));
    stop.abort();
    expect((await failureOf(connecting)).code).toBe("ABORTED");
  });
});

describe("calls", () => {
  test("the first answer is the answer, and a second one is ignored", async () => {
    await using gateway = startStandIn({
      onRequest: ({ method }, reply) => {
        if (method === "connect") return reply.ok(hello);
        reply.ok({ status: "accepted" });
        reply.ok({ status: "ok" });
      },
    });
    await using client = await connectGateway(options(gateway.url));
    expect(await client.request("agent")).toEqual({ status: "accepted" });
    expect(await client.request("agent")).toEqual({ status: "accepted" });
  });

  test("with expectFinal the second answer is the answer, and the first is told", async () => {
    await using gateway = startStandIn({
      onRequest: ({ method }, reply) => {
        if (method === "connect") return reply.ok(hello);
        reply.ok({ status: "accepted", runId: "r" });
        reply.ok({ status: "ok", runId: "r" });
      },
    });
    await using client = await connectGateway(options(gateway.url));
    const accepted: unknown[] = [];
    const final = await client.request(
      "agent",
      {},
      { expectFinal: true, onAccepted: (payload) => accepted.push(payload) },
    );
    expect(final).toEqual({ status: "ok", runId: "r" });
    expect(accepted).toEqual([{ status: "accepted", runId: "r" }]);
  });

  test("answers find their calls in any order", async () => {
    const waiting: (() => void)[] = [];
    await using gateway = startStandIn({
      onRequest: ({ method, params }, reply) => {
        if (method === "connect") return reply.ok(hello);
        waiting.unshift(() => reply.ok(params));
        if (waiting.length === 3) for (const answer of waiting) answer();
      },
    });
    await using client = await connectGateway(options(gateway.url));
    const answers = await Promise.all([1, 2, 3].map((n) => client.request("echo", { n })));
    expect(answers).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test("a refusal keeps code, details and whether to try again", async () => {
    const refusal = {
      code: "UNAVAILABLE",
      message: "later",
      details: { why: "busy" },
      retryable: true,
      retryAfterMs: 9,
    };
    await using gateway = startStandIn({
      onRequest: ({ method }, reply) => (method === "connect" ? reply.ok(hello) : reply.error(refusal)),
    });
    await using client = await connectGateway(options(gateway.url));
    expect(await failureOf(client.request("x"))).toMatchObject({ ...refusal, stage: "call" });
  });

  test("a call without an answer ends at its time limit, and its late answer harms nobody", async () => {
    const clock = new FakeClock();
    const late: (() => void)[] = [];
    await using gateway = startStandIn({
      onRequest: ({ method }, reply) => {
        if (method === "connect") return reply.ok(hello);
        if (method === "slow") return void late.push(() => reply.ok("late"));
        for (const answer of late) answer();
        reply.ok("now");
      },
    });
    await using client = await connectGateway(options(gateway.url, { clock }));
    const slow = failureOf(client.request("slow", {}, { timeoutMs: 40 }));
    clock.advance(40);
    expect((await slow).code).toBe("TIMEOUT");
    expect(await client.request<string>("quick")).toBe("now");
  });

  test("a restart ends every call under way and says that coming back helps", async () => {
    await using gateway = startStandIn({
      onRequest: ({ method }, reply) => (method === "connect" ? reply.ok(hello) : reply.close(1012, "service restart")),
    });
    await using client = await connectGateway(options(gateway.url));
    expect(await failureOf(client.request("x"))).toMatchObject({ code: "CLOSED", retryable: true });
    expect(await client.closed).toEqual({ code: 1012, reason: "service restart", shouldReconnect: true });
    expect((await failureOf(client.request("x"))).code).toBe("CLOSED");
  });

  test("events reach their listeners until they are disposed, also one right behind the hello", async () => {
    await using gateway = startStandIn({
      onRequest: ({ method }, reply) => {
        reply.ok(method === "connect" ? hello : {});
        reply.raw("no frame");
        reply.raw('{"type":"event"}');
        reply.event("tick", { from: method });
      },
    });
    await using client = await connectGateway(options(gateway.url));
    const seen: EventFrame[] = [];
    const listening = client.onEvent((event) => seen.push(event));
    await client.request("one");
    await client.request("two");
    listening[Symbol.dispose]();
    await client.request("three");
    const from = seen.map(({ payload }) => (payload as { from: string }).from);
    expect(from.slice(0, 2)).toEqual(["connect", "one"]);
    expect(from).not.toContain("three");
  });

  test("a gateway that falls silent for two ticks is given up", async () => {
    const clock = new FakeClock();
    await using gateway = startStandIn();
    await using client = await connectGateway(options(gateway.url, { clock }));
    clock.advance(90_000);
    expect(await client.closed).toMatchObject({ code: 4000, reason: "tick timeout" });
  });
});

describe("what may not carry a secret", () => {
  test.each([
    ["ws://gateway.example:18789", "INSECURE_URL"],
    ["http://192.168.1.5:18789/", "INSECURE_URL"],
    ["ws://127.0.0.1.example:1", "INSECURE_URL"],
    ["ftp://127.0.0.1", "INVALID_URL"],
    ["127.0.0.1:18789", "INVALID_URL"],
  ])("%s is refused before anything is opened", async (url, code) => {
    expect((await failureOf(connectGateway(options(url)))).code).toBe(code);
  });

  test("a fingerprint without TLS is refused", async () => {
    await using gateway = startStandIn();
    const error = await failureOf(connectGateway(options(gateway.url, { tlsFingerprint: "ab".repeat(32) })));
    expect(error.code).toBe("INSECURE_URL");
    expect(gateway.received).toEqual([]);
  });
});

describe("a pinned certificate", () => {
  const folders: string[] = [];
  const certificate = async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-pin-"));
    folders.push(folder);
    return ensureTls(folder, ["other.example"], systemClock.now());
  };

  test("opens the one connection it fits, whatever name the certificate is for", async () => {
    const tls = await certificate();
    await using gateway = startStandIn({ tls });
    await using client = await connectGateway(options(gateway.url, { tlsFingerprint: tls.fingerprint }));
    expect(client.hello.protocol).toBe(4);
    const upper = tls.fingerprint.replaceAll(":", "").toUpperCase();
    await using again = await connectGateway(options(gateway.url, { tlsFingerprint: upper }));
    expect(again.hello.protocol).toBe(4);
  });

  test("refuses another certificate of the same name, and the secret stays here", async () => {
    const [wanted, shown] = [await certificate(), await certificate()];
    await using gateway = startStandIn({ tls: shown });
    const error = await failureOf(connectGateway(options(gateway.url, { tlsFingerprint: wanted.fingerprint })));
    expect([error.code, error.stage]).toEqual(["TLS_PIN_MISMATCH", "connect"]);
    expect(gateway.received).toEqual([]);
  });

  test("refuses a listener that shows the pinned certificate first and another one then", async () => {
    const [wanted, swapped] = [await certificate(), await certificate()];
    await using honest = startStandIn({ tls: wanted });
    await using thief = startStandIn({ tls: swapped });
    using relay = startRelay([honest.port, thief.port]);
    const url = `wss://127.0.0.1:${relay.port}`;
    const error = await failureOf(connectGateway(options(url, { tlsFingerprint: wanted.fingerprint })));
    expect(error.stage).toBe("connect");
    expect(relay.connections).toBe(2);
    expect([...honest.received, ...thief.received]).toEqual([]);
  });

  test("without a pin a certificate nobody vouches for is refused", async () => {
    await using gateway = startStandIn({ tls: await certificate() });
    expect((await failureOf(connectGateway(options(gateway.url)))).code).toBe("UNREACHABLE");
    expect(gateway.received).toEqual([]);
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
});
