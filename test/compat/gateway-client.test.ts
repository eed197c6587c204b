/** The published client of the incumbent, unmodified, against this gateway; every frame against its published schema. */
import { describe, expect, test } from "bun:test";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { rmSync } from "node:fs";
import { GatewayClient } from "@openclaw/gateway-client";
import Ajv, { type ValidateFunction } from "ajv";
import published from "../../node_modules/@openclaw/gateway-protocol/protocol.schema.json" with { type: "json" };
import { startModelStandin } from "../standins/model.ts";
import { TOKEN as CHILD_TOKEN, createStateDir, startChild } from "../support/child.ts";
import { startGateway } from "../support/gateway.ts";
import { type Frame, startRecorder } from "../support/recorder.ts";

const ajv = new Ajv({ strict: false, allErrors: true });
const definitions: Record<string, object> = published.definitions;
const compiled = new Map<string, ValidateFunction>();
const against = (name: string) => {
  const known = compiled.get(name) ?? ajv.compile(definitions[name] ?? fail(`no definition ${name}`));
  compiled.set(name, known);
  return known;
};
const fail = (message: string): never => {
  throw new Error(message);
};

/** Payload definitions of the events that the schema file describes. */
const payloads: Record<string, string> = {
  chat: "ChatEvent",
  agent: "AgentEvent",
  tick: "TickEvent",
  shutdown: "ShutdownEvent",
  "device.pair.requested": "DevicePairRequestedEvent",
  "device.pair.resolved": "DevicePairResolvedEvent",
};

/** What is wrong with frames, as the published schema sees it. */
function violations(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => {
    const problems = problemsOf("GatewayFrame", frame);
    const { payload } = frame;
    if (isRecord(payload) && payload["type"] === "hello-ok") problems.push(...problemsOf("HelloOk", payload));
    const name = typeof frame["event"] === "string" ? payloads[frame["event"]] : undefined;
    if (name)
      problems.push(...problemsOf(name, name === "AgentEvent" && isRecord(payload) ? asPublished(payload) : payload));
    return problems;
  });
}

/** The file leaves out what its own gateway sends with `agent` events and its clients read (recorded vectors). */
function asPublished({ sessionKey: _k, agentId: _a, sessionId: _s, ...rest }: Frame): Frame {
  return rest;
}

function problemsOf(name: string, value: unknown): string[] {
  const check = against(name);
  return check(value) ? [] : [`${name}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(value).slice(0, 300)}`];
}

const isRecord = (value: unknown): value is Frame => typeof value === "object" && value !== null;

/** A device as a program of the incumbent keeps it, with its token store. */
function createDevice() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = (pem: string) => Buffer.from(createPublicKey(pem).export({ format: "der", type: "spki" }).subarray(12));
  const publicKeyPem = publicKey.export({ format: "pem", type: "spki" }).toString();
  const privateKeyPem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const tokens = new Map<string, { token: string; scopes: string[]; role: string; updatedAtMs: number }>();
  return {
    tokens,
    identity: { deviceId: createHash("sha256").update(raw(publicKeyPem)).digest("hex"), publicKeyPem, privateKeyPem },
    hostDeps: {
      signDevicePayload: (pem: string, payload: string) =>
        sign(null, Buffer.from(payload), createPrivateKey(pem)).toString("base64url"),
      publicKeyRawBase64UrlFromPem: (pem: string) => raw(pem).toString("base64url"),
      loadDeviceAuthToken: ({ role }: { role: string }) => tokens.get(role) ?? null,
      storeDeviceAuthToken: ({ role, token, scopes }: { role: string; token: string; scopes: string[] }) => {
        tokens.set(role, { role, token, scopes, updatedAtMs: 0 });
      },
      clearDeviceAuthToken: ({ role }: { role: string }) => void tokens.delete(role),
    },
  };
}

type Options = ConstructorParameters<typeof GatewayClient>[0];

/** Starts a client and resolves with its hello. */
async function start(options: Options) {
  const hello = Promise.withResolvers<Frame>();
  const waiting: { matches: (event: Frame) => boolean; resolve: (event: Frame) => void }[] = [];
  const events: Frame[] = [];
  const client = new GatewayClient({
    clientName: "gateway-client",
    mode: "backend",
    scopes: ["operator.admin"],
    ...options,
    onHelloOk: (value) => {
      hello.resolve(value as unknown as Frame);
      options.onHelloOk?.(value);
    },
    onConnectError: (error) => hello.reject(error),
    onEvent: (event) => {
      const frame = event as unknown as Frame;
      events.push(frame);
      for (const one of waiting) if (one.matches(frame)) one.resolve(frame);
    },
  });
  client.start();
  const until = (matches: (event: Frame) => boolean): Promise<Frame> => {
    const known = events.find(matches);
    if (known) return Promise.resolve(known);
    const { promise, resolve } = Promise.withResolvers<Frame>();
    waiting.push({ matches, resolve });
    return promise;
  };
  return { client, hello: await hello.promise, events, until, [Symbol.asyncDispose]: () => client.stopAndWait() };
}

const chatState = (runId: string, state: string) => (event: Frame) =>
  event["event"] === "chat" &&
  isRecord(event["payload"]) &&
  event["payload"]["runId"] === runId &&
  event["payload"]["state"] === state;

/** A gateway to connect to, whatever it runs in. */
interface Target extends AsyncDisposable {
  url: string;
  token: string;
  stateDir: string;
  /** Results of methods that their own declaration does not allow; only seen from inside. */
  badResults: readonly string[];
  stop(): Promise<unknown>;
}

type Launch = (options?: { config?: object; stateDir?: string; port?: number }) => Promise<Target>;

const launchers: Readonly<Record<string, Launch>> = {
  source: async ({ port, ...options } = {}) => {
    const gateway = await startGateway({ ...options, ...(port === undefined ? {} : { overrides: { port } }) });
    const { url, token, stateDir, badResults } = gateway;
    const dispose = () => gateway[Symbol.asyncDispose]();
    return { url, token, stateDir, badResults, stop: gateway.stop, [Symbol.asyncDispose]: dispose };
  },
  executable: async ({ config, stateDir = createStateDir(config), port } = {}) => {
    const child = await startChild({ stateDir, ...(port === undefined ? {} : { args: ["--port", String(port)] }) });
    return {
      url: child.url,
      token: CHILD_TOKEN,
      stateDir,
      badResults: [],
      stop: child.stop,
      async [Symbol.asyncDispose]() {
        await child[Symbol.asyncDispose]();
        rmSync(stateDir, { recursive: true, force: true });
      },
    };
  },
};

async function startAll(launch: Launch) {
  const model = await startModelStandin();
  const config = {
    models: {
      providers: {
        mock: {
          baseUrl: model.url,
          apiKey: "key",
          api: "openai-completions",
          models: [{ id: "m1", contextWindow: 128_000 }],
        },
      },
    },
    agents: { defaults: { model: { primary: "mock/m1" } } },
  };
  const gateway = await launch({ config });
  const recorder = startRecorder(gateway.url);
  return {
    model,
    config,
    gateway,
    recorder,
    async [Symbol.asyncDispose]() {
      await recorder[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

describe.each(Object.entries(launchers))("against the %s", (_name, launch) => {
  test("connects without a device, streams a chat turn, and every frame is as published", async () => {
    await using all = await startAll(launch);
    await using peer = await start({
      url: all.recorder.url,
      token: all.gateway.token,
      deviceIdentity: null,
      caps: ["tool-events"],
    });
    expect(peer.hello["protocol"]).toBe(4);
    for (const method of [
      "health",
      "status",
      "sessions.list",
      "models.list",
      "agents.list",
      "config.get",
      "system-presence",
    ]) {
      await peer.client.request(method, {});
    }
    await peer.client.request("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "turn-1" });
    const final = await peer.until(chatState("turn-1", "final"));
    expect(final["payload"]).toMatchObject({
      message: { content: [{ type: "text", text: "Hello from the mock model." }] },
    });
    expect(peer.events.filter(chatState("turn-1", "delta")).length).toBeGreaterThan(0);
    expect(violations(all.recorder.frames)).toEqual([]);
    expect(all.recorder.frames.length).toBeGreaterThan(15);
    expect(all.gateway.badResults).toEqual([]);
  });

  test("aborts a turn, and the model's request is closed", async () => {
    await using all = await startAll(launch);
    await using peer = await start({ url: all.recorder.url, token: all.gateway.token, deviceIdentity: null });
    await peer.client.request("chat.send", { sessionKey: "main", message: "slow-reply", idempotencyKey: "turn-2" });
    all.model.gate.release(2);
    await peer.until(chatState("turn-2", "delta"));
    const answer = await peer.client.request("chat.abort", { sessionKey: "main", runId: "turn-2" });
    expect(answer).toMatchObject({ ok: true, aborted: true, runIds: ["turn-2"] });
    const aborted = await peer.until(chatState("turn-2", "aborted"));
    expect(aborted["payload"]).toMatchObject({ stopReason: "rpc" });
    await all.model.untilAborted(1);
    expect(violations(all.recorder.frames)).toEqual([]);
  });

  test("a device keeps its token and comes back with it after a restart of the gateway", async () => {
    const model = await startModelStandin();
    const gateway = await launch();
    const device = createDevice();
    const hellos: Frame[] = [];
    const second = Promise.withResolvers<Frame>();
    const peer = await start({
      url: gateway.url,
      token: gateway.token,
      deviceIdentity: device.identity,
      hostDeps: device.hostDeps,
      onHelloOk: (hello) => {
        hellos.push(hello as unknown as Frame);
        if (hellos.length === 2) second.resolve(hello as unknown as Frame);
      },
    });
    const stored = device.tokens.get("operator");
    expect(stored?.token).toBeString();
    await gateway.stop();
    const again = await launch({ stateDir: gateway.stateDir, port: Number(new URL(gateway.url).port) });
    expect(await second.promise).toMatchObject({ protocol: 4, auth: { deviceToken: stored?.token, role: "operator" } });
    await peer.client.stopAndWait();

    // The stored token alone opens the door: no shared secret is given any more.
    await using alone = await start({ url: again.url, deviceIdentity: device.identity, hostDeps: device.hostDeps });
    expect(alone.hello).toMatchObject({ auth: { deviceToken: stored?.token } });
    expect(violations([{ type: "res", id: "x", ok: true, payload: alone.hello }])).toEqual([]);
    await again[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });
});

test("the schema check notices a frame that is not as published", () => {
  expect(
    violations([{ type: "event", event: "chat", payload: { runId: "r", sessionKey: "k", seq: 1, state: "delta" } }]),
  ).toHaveLength(1);
  expect(violations([{ type: "event", event: "tick", payload: { ts: 1 }, extra: true }])).toHaveLength(1);
});
