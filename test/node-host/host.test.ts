/** A host on its way to a gateway that a test plays: who it says it is, how it comes back, and that it answers once. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openDeviceKey } from "../../src/cli/device-key.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { Secret } from "../../src/lib/secret.ts";
import { NodeHost } from "../../src/node-host/host.ts";
import type { GatewayAddress } from "../../src/node-host/link.ts";
import { StatusFile } from "../../src/node-host/status.ts";
import { hello, type Received, type Reply, type StandInOptions, startStandIn } from "../client/stand-in.ts";
import { FakeClock } from "../support/clock.ts";
import { createPlace, type Place } from "./harness.ts";

type Json = Record<string, unknown>;

/** A gateway that lets everybody in, or answers connect as it is told, and keeps what nodes tell it. */
function startGateway(answers: ((request: Received, reply: Reply) => void)[] = [], options: StandInOptions = {}) {
  const connects: Json[] = [];
  const told: Received[] = [];
  let line: Reply | undefined;
  let waiting: (() => void)[] = [];
  const standIn = startStandIn({
    challenge: { nonce: "n1", ts: 1_768_478_400_000 },
    ...options,
    onRequest(request, reply) {
      if (request.method === "connect") {
        connects.push(request.params);
        const answer = answers.shift();
        if (answer) answer(request, reply);
        else reply.ok({ ...hello, auth: { role: "node", scopes: [], deviceToken: `device-${connects.length}` } });
        line = reply;
      } else {
        told.push(request);
        reply.ok({ ok: true });
      }
      for (const wake of waiting.splice(0)) wake();
    },
  });
  const until = async (isThere: () => boolean) => {
    while (!isThere()) await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
  };
  return {
    url: standIn.url,
    connects,
    told,
    event: (event: string, payload: unknown) => line?.event(event, payload),
    hangUp: (code = 1012, reason = "restart") => line?.close(code, reason),
    connected: (times = 1) => until(() => connects.length >= times),
    toldSo: (count: number) => until(() => told.length >= count),
    results: () => told.filter(({ method }) => method === "node.invoke.result").map(({ params }) => params),
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  };
}

function startHost(
  place: Place,
  gateway: { url: string },
  more: { token?: string; invite?: string; find?: () => Promise<GatewayAddress | undefined>; clock?: FakeClock } = {},
) {
  const clock = more.clock ?? new FakeClock();
  const log: LogRecord[] = [];
  let waiting: (() => void)[] = [];
  const stop = new AbortController();
  const device = openDeviceKey(place.stateDir, "node");
  const auth = more.token === undefined ? {} : { token: new Secret(more.token) };
  const note = (one: LogRecord) => {
    log.push(one);
    for (const wake of waiting.splice(0)) wake();
  };
  const host = new NodeHost({
    findGateway: more.find ?? (async () => ({ url: gateway.url, allowInsecure: false, auth })),
    identity: {
      device,
      invite: more.invite === undefined ? undefined : new Secret(more.invite),
      name: "attic",
      version: "1.2.3",
      platform: "linux",
    },
    abilities: { run: true, notify: true },
    stateDir: place.stateDir,
    pid: 1,
    env: { PATH: `${place.bin}:/usr/bin:/bin`, MOLTBOT_GATEWAY_TOKEN: "canary" },
    homeDir: place.home,
    clock,
    ids: { ...systemIds, fraction: () => 0 },
    log: createLog({ clock, level: "debug", sinks: [note] }),
  });
  const ended = host.run(stop.signal).then(
    () => "stopped",
    (error: unknown) => error,
  );
  return {
    clock,
    log,
    nodeId: device.id,
    ended,
    said: () => log.filter(({ level }) => level !== "debug").map(({ message }) => message),
    /** Resolves when it has been connected so often. */
    async up(times = 1): Promise<void> {
      while (log.filter(({ message }) => message === "connected").length < times)
        await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
      // What it does next in the same breath.
      await Promise.resolve();
    },
    status: () => new StatusFile(place.stateDir).read(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

const letIn = (_request: Received, reply: Reply) =>
  reply.ok({ ...hello, auth: { role: "node", scopes: [], deviceToken: "device-1" } });
const refuse =
  (code: string, details: Json, more: Json = {}) =>
  (_request: Received, reply: Reply) => {
    reply.error({ code, message: "refused", details, ...more });
    reply.close(1008, "refused");
  };

describe("connecting", () => {
  test("as a node of v4, with its own key, and what works here", async () => {
    using place = createPlace();
    await using gateway = startGateway();
    await using host = startHost(place, gateway, { token: "secret" });
    await gateway.connected();
    expect(gateway.connects[0]).toMatchObject({
      minProtocol: 4,
      maxProtocol: 4,
      role: "node",
      scopes: [],
      client: {
        id: "node-host",
        mode: "node",
        displayName: "attic",
        version: "1.2.3",
        platform: "linux",
        deviceFamily: "Linux",
      },
      caps: ["system"],
      commands: [
        "system.run",
        "system.run.prepare",
        "system.which",
        "system.execApprovals.get",
        "system.execApprovals.set",
      ],
      pathEnv: `${place.bin}:/usr/bin:/bin`,
      auth: { token: "secret" },
      device: { id: host.nodeId, nonce: "n1" },
    });
    expect(existsSync(join(place.stateDir, "node-device.pem"))).toBe(true);
  });

  test("with its own token from the second time on, on the next life too; the secret stays away", async () => {
    using place = createPlace();
    await using gateway = startGateway();
    {
      await using host = startHost(place, gateway, { token: "secret" });
      await host.up();
      gateway.hangUp();
      await host.clock.waitsFor(250);
      host.clock.advance(250);
      await host.up(2);
    }
    await using _again = startHost(place, gateway, { token: "secret" });
    await gateway.connected(3);
    expect(gateway.connects.map(({ auth }) => auth)).toEqual([
      { token: "secret" },
      { deviceToken: "device-1" },
      { deviceToken: "device-2" },
    ]);
  });

  test("a token that counts no longer is forgotten, and the device introduced anew", async () => {
    using place = createPlace();
    const revoked = refuse("INVALID_REQUEST", { code: "AUTH_DEVICE_TOKEN_MISMATCH" });
    await using gateway = startGateway([letIn, revoked, letIn]);
    await using host = startHost(place, gateway, { token: "secret" });
    await host.up();
    gateway.hangUp(1008, "revoked");
    await host.clock.waitsFor(250);
    host.clock.advance(250);
    await gateway.connected(3);
    expect(gateway.connects.map(({ auth }) => auth)).toEqual([
      { token: "secret" },
      { deviceToken: "device-1" },
      { token: "secret" },
    ]);
  });

  test("no gateway yet: it waits, says so once, and longer each time", async () => {
    using place = createPlace();
    await using gateway = startGateway();
    let isThere = false;
    const find = async () => (isThere ? { url: gateway.url, allowInsecure: false, auth: {} } : undefined);
    await using host = startHost(place, gateway, { find });
    for (const waitMs of [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      await host.clock.waitsFor(waitMs);
      host.clock.advance(waitMs);
    }
    await host.clock.waitsFor(15_000);
    isThere = true;
    host.clock.advance(15_000);
    await gateway.connected();
    expect(host.said().filter((one) => one.startsWith("no gateway"))).toHaveLength(1);
  });

  test("a gateway that comes and goes is followed for ever, and quickly after a good connection", async () => {
    using place = createPlace();
    await using gateway = startGateway();
    await using host = startHost(place, gateway, { token: "secret" });
    for (let times = 1; times <= 5; times++) {
      await host.up(times);
      host.clock.advance(10_000);
      gateway.hangUp(times % 2 ? 1012 : 4001);
      await host.clock.waitsFor(250);
      host.clock.advance(250);
    }
    await gateway.connected(6);
    expect(gateway.connects).toHaveLength(6);
  });

  test("a connection that breaks at once is not tried without pause", async () => {
    using place = createPlace();
    await using gateway = startGateway(Array(3).fill((_request: Received, reply: Reply) => reply.close(1011, "oops")));
    await using host = startHost(place, gateway, { token: "secret" });
    for (const waitMs of [250, 500, 1_000]) {
      await host.clock.waitsFor(waitMs);
      host.clock.advance(waitMs);
    }
    await gateway.connected(4);
  });

  test("waiting for approval: said once with what to run, looked again, and let in", async () => {
    using place = createPlace();
    const pending = refuse("NOT_PAIRED", { code: "PAIRING_REQUIRED", requestId: "r-7" });
    await using gateway = startGateway([pending, pending, pending]);
    await using host = startHost(place, gateway, { invite: "code" });
    for (let times = 1; times <= 3; times++) {
      await host.clock.waitsFor(3_000);
      expect(host.status()).toMatchObject({
        state: "waiting-for-approval",
        note: "on the gateway's host: moltbot devices approve r-7",
      });
      host.clock.advance(3_000);
    }
    await gateway.connected(4);
    expect(gateway.connects.map(({ auth }) => auth)).toEqual(Array(4).fill({ bootstrapToken: "code" }));
    const said = host.log.filter(({ fields }) => String(fields["command"]).includes("devices approve"));
    expect(said.map(({ fields }) => fields)).toEqual([{ command: "moltbot devices approve r-7" }]);
  });

  test.each<[title: string, details: Json, message: string]>([
    ["the wrong secret", { code: "AUTH_TOKEN_MISMATCH" }, "refused"],
    ["an invite that is over", { code: "AUTH_BOOTSTRAP_TOKEN_INVALID" }, "moltbot nodes invite"],
    ["another protocol", { code: "PROTOCOL_MISMATCH" }, "refused"],
    ["an own token that it never had", { code: "AUTH_DEVICE_TOKEN_MISMATCH" }, "no longer approved"],
  ])("%s ends it, saying what to do", async (_title, details, message) => {
    using place = createPlace();
    await using gateway = startGateway([refuse("INVALID_REQUEST", details)]);
    await using host = startHost(place, gateway, { token: "secret" });
    const error = await host.ended;
    expect(error).toMatchObject({ code: "INVALID_REQUEST", stage: "connect" });
    expect(error instanceof Error && error.message).toContain(message);
    expect(host.status()?.state).toBe("refused");
    expect(gateway.connects).toHaveLength(1);
  });
});

describe("what it is asked", () => {
  async function setUp(place: Place) {
    const gateway = startGateway();
    const host = startHost(place, gateway, { token: "secret" });
    await host.up();
    const ask = (id: string, command: string, params?: unknown, more: Json = {}) =>
      gateway.event("node.invoke.request", {
        id,
        nodeId: host.nodeId,
        command,
        paramsJSON: params === undefined ? null : typeof params === "string" ? params : JSON.stringify(params),
        timeoutMs: 1_000,
        idempotencyKey: id,
        ...more,
      });
    return {
      gateway,
      host,
      ask,
      async [Symbol.asyncDispose]() {
        await host[Symbol.asyncDispose]();
        await gateway[Symbol.asyncDispose]();
      },
    };
  }

  test("every request is answered once, with the codes of the protocol", async () => {
    using place = createPlace();
    const stub = place.stub();
    await using scene = await setUp(place);
    scene.ask("i1", "system.which", { bins: ["stub", "nosuch", "/bin/ls"] });
    scene.ask("i2", "camera.snap", {});
    scene.ask("i3", "system.which");
    scene.ask("i4", "system.which", "{");
    scene.ask("i5", "system.which", { bins: "ls" });
    scene.ask("i6", "system.run", { command: ["stub"] });
    scene.ask("i7", "system.which", '{"bins":[],"__proto__":{}}');
    await scene.gateway.toldSo(8);
    const results = new Map(scene.gateway.results().map((one) => [one["id"], one]));
    const failed = (id: string, code: string, message: unknown) =>
      expect(results.get(id)).toEqual({ id, nodeId: scene.host.nodeId, ok: false, error: { code, message } });
    expect(results.get("i1")).toEqual({
      id: "i1",
      nodeId: scene.host.nodeId,
      ok: true,
      payloadJSON: JSON.stringify({ bins: { stub } }),
    });
    failed("i2", "UNAVAILABLE", "command not supported");
    failed("i3", "INVALID_REQUEST", "paramsJSON required");
    failed("i4", "INVALID_REQUEST", "paramsJSON cannot be read: syntax");
    failed("i5", "INVALID_REQUEST", expect.stringContaining("bins"));
    failed("i6", "UNAVAILABLE", "SYSTEM_RUN_DISABLED: security=deny");
    failed("i7", "INVALID_REQUEST", "paramsJSON cannot be read: forbidden key");
    const [denied] = scene.gateway.told.filter(({ method }) => method === "node.event");
    expect(denied?.params).toMatchObject({ event: "exec.denied", payload: { reason: "security=deny" } });
    expect(place.started()).toEqual([]);
  });

  test("threat(T11): what is for another node, comes twice or is malformed is passed over", async () => {
    using place = createPlace();
    await using scene = await setUp(place);
    scene.ask("i1", "system.which", { bins: [] }, { nodeId: "m".repeat(64) });
    scene.ask("i2", "system.which", { bins: [] });
    scene.ask("i2", "system.which", { bins: [] });
    scene.gateway.event("node.invoke.request", { id: 3 });
    scene.gateway.event("node.invoke.request", null);
    scene.gateway.event("node.invoke.request", "x");
    scene.ask("i4", "system.which", { bins: [] });
    await scene.gateway.toldSo(2);
    expect(scene.gateway.results().map(({ id }) => id)).toEqual(["i2", "i4"]);
  });

  test("the rules are read and replaced, with the version that was read", async () => {
    using place = createPlace();
    await using scene = await setUp(place);
    scene.ask("i1", "system.execApprovals.get");
    await scene.gateway.toldSo(1);
    const read = JSON.parse(String(scene.gateway.results()[0]?.["payloadJSON"]));
    expect(read).toMatchObject({ path: join(place.stateDir, "exec-approvals.json"), exists: true });
    expect(JSON.stringify(read)).not.toContain("token");
    const file = { version: 1, defaults: { security: "full", ask: "off" } };
    scene.ask("i2", "system.execApprovals.set", { file });
    scene.ask("i3", "system.execApprovals.set", { file, baseHash: "0" });
    scene.ask("i4", "system.execApprovals.set", { file: { version: 2 }, baseHash: read.hash });
    scene.ask("i5", "system.execApprovals.set", { file, baseHash: read.hash });
    await scene.gateway.toldSo(5);
    expect(scene.gateway.results().map(({ ok }) => ok)).toEqual([true, false, false, false, true]);
    expect(scene.gateway.results()[1]?.["error"]).toMatchObject({ code: "INVALID_REQUEST" });
    expect(JSON.parse(readFileSync(join(place.stateDir, "exec-approvals.json"), "utf8")).defaults).toEqual(
      file.defaults,
    );
  });

  test("nobody waits any more: the program is stopped; its end is reported all the same", async () => {
    using place = createPlace();
    await using scene = await setUp(place);
    const file = { version: 1, defaults: { security: "full", ask: "off" } };
    scene.ask("i0", "system.execApprovals.set", { file });
    await scene.gateway.toldSo(1);
    scene.ask("i1", "system.run", { command: ["sleep", "600"], runId: "r1", sessionKey: "main" });
    await scene.host.clock.waitsFor(1_800_000);
    scene.gateway.event("node.invoke.cancel", { invokeId: "other", nodeId: scene.host.nodeId });
    scene.gateway.event("node.invoke.cancel", { invokeId: "i1", nodeId: scene.host.nodeId });
    await scene.gateway.toldSo(3);
    const [finished] = scene.gateway.told.filter(({ method }) => method === "node.event");
    expect(finished?.params).toMatchObject({
      event: "exec.finished",
      payload: { runId: "r1", sessionKey: "main", success: false },
    });
  });

  test("a lost link does not end a run, and its end is told when the link is back", async () => {
    using place = createPlace();
    await using scene = await setUp(place);
    const go = join(place.dir, "go");
    place.script("wait", `while [ ! -e ${go} ]; do sleep 0.01; done; echo done`);
    scene.ask("i0", "system.execApprovals.set", { file: { version: 1, defaults: { security: "full", ask: "off" } } });
    await scene.gateway.toldSo(1);
    scene.ask("i1", "system.run", { command: ["wait"], runId: "r1" });
    await scene.host.clock.waitsFor(1_800_000);
    scene.gateway.hangUp();
    await scene.host.clock.waitsFor(250);
    await Bun.write(go, "");
    while (!existsSync(go)) await Bun.sleep(1);
    await Bun.sleep(50);
    expect(scene.gateway.told).toHaveLength(1);
    scene.host.clock.advance(250);
    await scene.gateway.toldSo(2);
    expect(scene.gateway.told[1]?.params).toMatchObject({
      event: "exec.finished",
      payload: { runId: "r1", exitCode: 0, output: "done\n" },
    });
  });

  test("threat(T22): programs do not see this process's secrets", async () => {
    using place = createPlace();
    place.stub();
    await using scene = await setUp(place);
    scene.ask("i0", "system.execApprovals.set", { file: { version: 1, defaults: { security: "full", ask: "off" } } });
    await scene.gateway.toldSo(1);
    scene.ask("i1", "system.run", { command: ["stub"] });
    await scene.gateway.toldSo(3);
    expect(place.started()[0]?.env).toEqual({ PATH: `${place.bin}:/usr/bin:/bin` });
  });

  test("approval: said once what waits; remembered when it is given or evident, forgotten when it is taken back", async () => {
    using place = createPlace();
    await using scene = await setUp(place);
    const { host, gateway } = scene;
    const told = () => host.log.filter(({ fields }) => String(fields["command"]).startsWith("moltbot nodes approve"));
    expect(told()).toHaveLength(1);
    expect(told()[0]?.fields["command"]).toBe(`moltbot nodes approve ${host.nodeId.slice(0, 12)}`);
    scene.ask("i1", "system.which", { bins: [] });
    await gateway.toldSo(1);
    expect(host.status()?.approved).toEqual(["system.which"]);
    gateway.event("node.pair.resolved", { nodeId: "other", decision: "approved" });
    gateway.event("node.pair.resolved", { nodeId: host.nodeId, decision: "approved" });
    scene.ask("i2", "system.which", { bins: [] });
    await gateway.toldSo(2);
    expect(host.status()).toMatchObject({ state: "connected", approved: { length: 5 } });
    expect(host.status()?.note).toBeUndefined();
    gateway.event("node.pair.resolved", { nodeId: host.nodeId, decision: "removed" });
    gateway.hangUp(4001, "device removed");
    await host.clock.waitsFor(250);
    expect(host.status()?.approved).toEqual([]);
    host.clock.advance(250);
    await host.up(2);
    expect(told()).toHaveLength(1);
  });
});
