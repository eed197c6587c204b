import { describe, expect, test } from "bun:test";
import { Line } from "../../../src/web/node/line.ts";
import { memoryShelf, openCredentials } from "../../../src/web/shared/credentials.ts";
import { openSeedIdentity } from "../../../src/web/shared/seed-identity.ts";
import { type Fields, fieldsOf } from "../../../src/web/shared/wire.ts";
import { FakeClock } from "../../support/clock.ts";
import { StandIn } from "../stand-in-gateway.ts";

/** A node's line at a stand-in, with everything that came through it. */
class Rig implements Disposable {
  readonly clock = new FakeClock();
  readonly line: Line;
  readonly credentials;
  readonly invokes: Fields[] = [];
  readonly cancelled: string[] = [];
  lost = 0;
  sockets = 0;
  claims: Fields = { caps: ["canvas"], commands: ["canvas.present"], permissions: {} };
  readonly #waiting = new Set<() => void>();

  constructor(standIn: Pick<StandIn, "url" | "socketUrl">, fraction = 0) {
    const shelf = memoryShelf();
    this.credentials = openCredentials(standIn.url, { tab: memoryShelf(), browser: shelf }, "node");
    this.line = new Line(
      {
        identity: openSeedIdentity(shelf),
        credentials: this.credentials,
        clock: this.clock,
        ids: { uuid: () => "uuid", fraction: () => fraction },
        openSocket: () => {
          this.sockets += 1;
          return new WebSocket(standIn.socketUrl);
        },
        version: "9.9.9",
        instanceId: "tab-1",
        displayName: "Firefox on Android",
        claims: () => this.claims,
      },
      {
        onState: () => this.#wake(),
        onConnected: () => undefined,
        onDisconnected: () => {
          this.lost += 1;
        },
        onInvoke: (request) => {
          this.invokes.push(request);
          this.#wake();
        },
        onCancel: (id) => this.cancelled.push(id),
        onChat: () => undefined,
      },
    );
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  become(kind: Line["state"]["kind"]): Promise<void> {
    return this.until(() => this.line.state.kind === kind);
  }

  [Symbol.dispose](): void {
    this.line.stop();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

const events = (standIn: StandIn) =>
  standIn.requests.filter(({ method }) => method === "node.event").map(({ params }) => params["event"]);

describe("the line of a node", () => {
  test("introduces itself as a node of the web, with what it can do", async () => {
    using standIn = new StandIn({ token: "right" });
    using rig = new Rig(standIn);
    rig.credentials.keepSharedToken("right");
    rig.line.start();
    await rig.become("connected");
    expect(standIn.requests[0]?.params).toMatchObject({
      minProtocol: 4,
      maxProtocol: 4,
      client: { id: "node-host", mode: "node", platform: "web", displayName: "Firefox on Android" },
      role: "node",
      scopes: [],
      caps: ["canvas"],
      commands: ["canvas.present"],
      permissions: {},
    });
  });

  test("keeps its token apart from the one of the chat at the same gateway", async () => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    const browser = memoryShelf();
    const shelves = { tab: memoryShelf(), browser };
    openCredentials("o", shelves, "node").keepDeviceToken("as node");
    openCredentials("o", shelves).keepDeviceToken("as operator");
    expect(openCredentials("o", shelves, "node").deviceToken()).toBe("as node");
    expect(rig.credentials.deviceToken()).toBe("issued");
  });

  test("an invite is shown alone, and forgotten for the token of its own that it brought", async () => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.credentials.keepDeviceToken("old");
    rig.credentials.keepSharedToken("shared");
    rig.line.useInvite("once");
    await rig.become("connected");
    expect(standIn.requests[0]?.params["auth"]).toEqual({ bootstrapToken: "once" });
    expect(rig.credentials.invite()).toBeUndefined();
    rig.line.reintroduce();
    await rig.until(() => standIn.requests.length === 2);
    expect(standIn.requests[1]?.params["auth"]).toEqual({ token: "shared", deviceToken: "issued" });
  });

  test("an invite is kept while the owner makes up their mind, and dropped when it is no longer good", async () => {
    let code = "PAIRING_REQUIRED";
    using standIn = new StandIn({
      refuse: () => ({ code: "NOT_PAIRED", message: "no", details: { code, requestId: "r1", reason: "not-paired" } }),
    });
    using rig = new Rig(standIn);
    rig.line.useInvite("once");
    await rig.become("pairing");
    expect(rig.credentials.invite()).toBe("once");
    code = "AUTH_BOOTSTRAP_TOKEN_INVALID";
    rig.clock.advance(3_000);
    await rig.become("refused");
    expect(rig.line.state).toMatchObject({ refusal: { title: "This invite no longer works", asksForToken: true } });
    expect(rig.credentials.invite()).toBeUndefined();
  });

  test("a restart of the gateway is met again in less than five seconds, however long it took", async () => {
    const first = new StandIn();
    const { socketUrl, url } = first;
    using rig = new Rig({ socketUrl, url }, 0.999);
    rig.line.start();
    await rig.become("connected");
    first.closeAll(1012, "service restart");
    first[Symbol.dispose]();
    await rig.become("waiting");
    // It stays away for long: each attempt fails, and the next is never further away than this.
    for (let attempt = 0; attempt < 12; attempt++) {
      const tried = rig.sockets;
      let waitedMs = 0;
      while (rig.sockets === tried) {
        rig.clock.advance(250);
        waitedMs += 250;
        expect(waitedMs).toBeLessThan(5_000);
      }
      await rig.become("waiting");
    }
    expect(rig.lost).toBe(1);
  });

  test("after a sleep a dead line is found out and replaced in two seconds", async () => {
    using standIn = new StandIn({ methods: { "node.event": () => ({ ok: true }) } });
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    standIn.hold("node.event");
    rig.clock.jump(3 * 60_000);
    rig.clock.advance(1_000);
    await standIn.received("node.event");
    expect(events(standIn)).toEqual(["node.presence.alive"]);
    rig.clock.advance(2_000);
    await rig.until(() => rig.sockets === 2);
    await rig.become("connected");
    expect(rig.lost).toBe(1);
  });

  test("after a sleep a line that still answers is kept", async () => {
    using standIn = new StandIn({ methods: { "node.event": () => ({ ok: true }) } });
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    rig.clock.jump(3 * 60_000);
    rig.clock.advance(1_000);
    await standIn.received("node.event");
    await rig.line.tell("settled", {}); // Its answer comes behind that to the question.
    rig.clock.advance(10_000);
    expect(rig.sockets).toBe(1);
    expect(events(standIn)).toEqual(["node.presence.alive", "settled"]);
  });

  test("a clock that goes as it should asks for nothing", async () => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    rig.clock.advance(50_000);
    expect(events(standIn)).toEqual([]);
  });

  test("waking up while it waits tries at once", async () => {
    const gone = new StandIn();
    const { socketUrl, url } = gone;
    gone[Symbol.dispose]();
    using rig = new Rig({ socketUrl, url });
    rig.line.start();
    await rig.become("waiting");
    const tried = rig.sockets;
    rig.line.comeBack();
    expect(rig.sockets).toBe(tried + 1);
  });

  test("what only a person can change is not tried again by waking up", async () => {
    using standIn = new StandIn({ token: "right" });
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("refused");
    rig.line.comeBack();
    expect(rig.sockets).toBe(1);
  });

  test("a page that left comes back with a new connection", async () => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    rig.line.stop();
    expect(rig.clock.pending).toBe(0);
    rig.line.comeBack();
    await rig.become("connected");
    expect(rig.sockets).toBe(2);
  });
});

describe("what the owner says", () => {
  test.each(["approved", "rejected"] as const)("is waited for and followed: %s", async (decision) => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    expect(rig.line.approval).toEqual({ kind: "approved" });
    standIn.emit("node.pair.requested", { requestId: "r1", nodeId: "n" });
    await rig.until(() => rig.line.approval.kind === "waiting");
    expect(rig.line.approval).toEqual({ kind: "waiting", requestId: "r1" });
    standIn.emit("node.pair.resolved", { requestId: "r1", nodeId: "n", decision, ts: 1 });
    await rig.until(() => rig.line.approval.kind === decision);
  });

  test("a request id that is no word of the protocol never becomes part of a command", async () => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    standIn.emit("node.pair.requested", { requestId: "x; rm -rf ~", nodeId: "n" });
    await rig.until(() => rig.line.approval.kind === "waiting");
    expect(rig.line.approval).toEqual({ kind: "waiting", requestId: undefined });
  });

  test("commands and their ends come through", async () => {
    using standIn = new StandIn();
    using rig = new Rig(standIn);
    rig.line.start();
    await rig.become("connected");
    standIn.emit("node.invoke.cancel", { invokeId: "i1", nodeId: "n" });
    standIn.emit("node.invoke.request", { id: "i2", nodeId: "n", command: "canvas.hide" });
    await rig.until(() => rig.invokes.length === 1);
    expect(rig.cancelled).toEqual(["i1"]);
    expect(fieldsOf(rig.invokes[0])["id"]).toBe("i2");
  });
});
