import { describe, expect, test } from "bun:test";
import { chatPersona } from "../../../src/web/chat/persona.ts";
import { memoryShelf, openCredentials } from "../../../src/web/shared/credentials.ts";
import { type ConnectionState, GatewayClient } from "../../../src/web/shared/gateway.ts";
import { openSeedIdentity } from "../../../src/web/shared/seed-identity.ts";
import { type Fields, fieldsOf } from "../../../src/web/shared/wire.ts";
import { FakeClock } from "../../support/clock.ts";
import { CHALLENGE_TS, type Refusal, StandIn } from "../stand-in-gateway.ts";

/** A client at a stand-in, with everything that happened to it. */
class Page implements Disposable {
  readonly clock = new FakeClock();
  readonly credentials;
  readonly client;
  readonly states: ConnectionState[] = [];
  readonly events: { event: string; payload: Fields }[] = [];
  gaps = 0;
  readonly #waiting = new Set<() => void>();

  constructor(standIn: Pick<StandIn, "url" | "socketUrl">, shelf = memoryShelf()) {
    this.credentials = openCredentials(standIn.url, { tab: memoryShelf(), browser: shelf });
    this.client = new GatewayClient(
      {
        persona: chatPersona,
        identity: openSeedIdentity(shelf),
        credentials: this.credentials,
        clock: this.clock,
        ids: { uuid: () => "uuid", fraction: () => 0 },
        openSocket: () => new WebSocket(standIn.socketUrl),
        version: "9.9.9",
        instanceId: "tab-1",
      },
      {
        onState: (state) => this.#note(() => this.states.push(state)),
        onEvent: (event, payload) => this.#note(() => this.events.push({ event, payload })),
        onGap: () => this.#note(() => (this.gaps += 1)),
      },
    );
  }

  /** Resolves when the connection is in a state of this kind. */
  async become(kind: ConnectionState["kind"]): Promise<ConnectionState> {
    await this.until(() => this.client.state.kind === kind);
    return this.client.state;
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  [Symbol.dispose](): void {
    this.client.stop();
  }

  #note(record: () => void): void {
    record();
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

const refusal = (code: string, extras: Partial<Refusal> = {}): Refusal => ({
  code: "INVALID_REQUEST",
  message: "no",
  details: { code, ...extras.details },
  ...("retryAfterMs" in extras && { retryAfterMs: extras.retryAfterMs }),
});

describe("signing in", () => {
  test("a page introduces itself with a proof over the challenge", async () => {
    using standIn = new StandIn({ token: "right" });
    using page = new Page(standIn);
    page.client.useToken("right");
    await page.become("connected");
    expect(standIn.requests[0]?.params).toMatchObject({
      minProtocol: 4,
      maxProtocol: 4,
      client: { id: "openclaw-control-ui", mode: "webchat", version: "9.9.9", platform: "web", instanceId: "tab-1" },
      role: "operator",
      scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
      caps: ["tool-events"],
      auth: { token: "right" },
      device: { signedAt: CHALLENGE_TS, nonce: "nonce-1" },
    });
  });

  test("the issued device token is kept and used when the tab has no shared token any more", async () => {
    using standIn = new StandIn({ token: "right" });
    const shelf = memoryShelf();
    using first = new Page(standIn, shelf);
    first.client.useToken("right");
    await first.become("connected");
    using second = new Page(standIn, shelf);
    second.client.connectNow();
    await second.become("connected");
    const [one, other] = standIn.requests.filter(({ method }) => method === "connect").map(({ params }) => params);
    expect(other?.["auth"]).toEqual({ deviceToken: "issued" });
    expect(fieldsOf(other?.["device"])["id"]).toBe(fieldsOf(one?.["device"])["id"]);
  });

  test("without a token it is asked for one, and a wrong one is forgotten", async () => {
    using standIn = new StandIn({ token: "right" });
    using page = new Page(standIn);
    page.client.connectNow();
    expect(await page.become("refused")).toMatchObject({ refusal: { asksForToken: true } });
    page.client.useToken("wrong");
    await page.until(() => page.states.filter(({ kind }) => kind === "refused").length === 2);
    expect(page.credentials.sharedToken()).toBeUndefined();
    expect(page.clock.pending).toBe(0); // it does not try again by itself
    page.client.useToken("right");
    await page.become("connected");
    expect(page.credentials.sharedToken()).toBe("right");
  });

  test("a device token that does not count any more is forgotten, then the page asks", async () => {
    const isOld = (params: Fields) => fieldsOf(params["auth"])["deviceToken"] !== undefined;
    using standIn = new StandIn({
      refuse: (params) => refusal(isOld(params) ? "AUTH_DEVICE_TOKEN_MISMATCH" : "AUTH_TOKEN_MISSING"),
    });
    using page = new Page(standIn);
    page.credentials.keepDeviceToken("old");
    page.client.connectNow();
    await page.become("waiting");
    page.clock.advance(800);
    await page.become("refused");
    expect(page.credentials.deviceToken()).toBeUndefined();
  });

  test("a page that needs approval shows the request and looks again until it is let in", async () => {
    let isApproved = false;
    using standIn = new StandIn({
      refuse: () =>
        isApproved
          ? undefined
          : { ...refusal("PAIRING_REQUIRED", { details: { requestId: "req-1" } }), code: "NOT_PAIRED" },
    });
    using page = new Page(standIn);
    page.client.connectNow();
    expect(await page.become("pairing")).toMatchObject({ requestId: "req-1" });
    page.clock.advance(3_000);
    await page.until(() => page.states.filter(({ kind }) => kind === "pairing").length === 2);
    isApproved = true;
    page.clock.advance(3_000);
    await page.become("connected");
    expect(page.states.map(({ kind }) => kind)).toEqual(["connecting", "pairing", "pairing", "connected"]);
  });

  test("a request id that could not be typed into a shell is not shown", async () => {
    using standIn = new StandIn({
      refuse: () => refusal("PAIRING_REQUIRED", { details: { requestId: "x; rm -rf ~" } }),
    });
    using page = new Page(standIn);
    page.client.connectNow();
    expect(await page.become("pairing")).toMatchObject({ requestId: undefined });
  });
});

describe("staying connected", () => {
  test("a restart is announced, survived, and waited for longer each time", async () => {
    using standIn = new StandIn();
    using page = new Page(standIn);
    page.client.connectNow();
    await page.become("connected");
    standIn.emit("shutdown", { reason: "update" });
    standIn.closeAll(1012, "service restart");
    expect(await page.become("waiting")).toMatchObject({ reason: "restarting" });
    page.clock.advance(799);
    expect(standIn.connections).toBe(1);
    page.clock.advance(1);
    await page.become("connected");
    expect(standIn.connections).toBe(2);
  });

  test("the wait grows by 1.7 up to 15 seconds", async () => {
    using standIn = new StandIn({ refuse: () => ({ code: "UNAVAILABLE", message: "starting" }) });
    using page = new Page(standIn);
    page.client.connectNow();
    for (const [attempt, delayMs] of [800, 1_360, 2_312, 3_930.4, 6_681.68, 11_358.856, 15_000, 15_000].entries()) {
      await page.until(() => page.states.filter(({ kind }) => kind === "waiting").length === attempt + 1);
      page.clock.advance(delayMs - 1);
      expect(page.client.state.kind).toBe("waiting");
      page.clock.advance(1.001);
      expect(page.client.state.kind).toBe("connecting");
    }
  });

  test("a gateway that says when to come back is obeyed", async () => {
    using standIn = new StandIn({ refuse: () => ({ code: "UNAVAILABLE", message: "busy", retryAfterMs: 5_000 }) });
    using page = new Page(standIn);
    page.client.connectNow();
    await page.become("waiting");
    page.clock.advance(4_999);
    expect(page.client.state.kind).toBe("waiting");
    page.clock.advance(1);
    expect(page.client.state.kind).toBe("connecting");
  });

  test("a line without any frame for two ticks is given up", async () => {
    using standIn = new StandIn({ tickIntervalMs: 1_000 });
    using page = new Page(standIn);
    page.client.connectNow();
    await page.become("connected");
    page.clock.advance(1_500);
    standIn.emit("tick", { ts: 1 });
    await page.until(() => page.events.length === 1);
    page.clock.advance(1_999);
    expect(page.client.state.kind).toBe("connected");
    page.clock.advance(1);
    expect(page.client.state.kind).toBe("waiting");
  });

  test("a gap in the numbers is noticed, once", async () => {
    using standIn = new StandIn();
    using page = new Page(standIn);
    page.client.connectNow();
    await page.become("connected");
    standIn.emit("tick", {});
    standIn.skipEvents(3);
    standIn.emit("tick", {});
    standIn.emit("tick", {});
    await page.until(() => page.events.length === 3);
    expect(page.gaps).toBe(1);
  });

  test("a challenge that does not come is not waited for longer than the protocol says", async () => {
    using silent = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response()),
      websocket: { message: () => undefined },
    });
    const address = `127.0.0.1:${silent.port}/`;
    using page = new Page({ url: `http://${address}`, socketUrl: `ws://${address}` });
    page.client.connectNow();
    page.clock.advance(14_999);
    expect(page.client.state.kind).toBe("connecting");
    page.clock.advance(1);
    expect(page.client.state.kind).toBe("waiting");
  });
});

describe("requests", () => {
  test("fail when there is no line, when it breaks, when no answer comes, and with the gateway's words", async () => {
    using standIn = new StandIn({
      methods: {
        "chat.send": () => {
          throw { code: "UNAVAILABLE", message: "the lane is full", details: { code: "BUSY" }, retryAfterMs: 7 };
        },
      },
    });
    using page = new Page(standIn);
    await expect(page.client.request("health")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    page.client.connectNow();
    await page.become("connected");
    const failure = { code: "UNAVAILABLE", message: "the lane is full", details: { code: "BUSY" }, retryAfterMs: 7 };
    await expect(page.client.request("chat.send")).rejects.toMatchObject(failure);
    const failed = (request: Promise<unknown>) =>
      request.then(
        () => undefined,
        (error: unknown) => error,
      );
    const slow = failed(page.client.request("test.silent"));
    page.clock.advance(30_000);
    expect(await slow).toMatchObject({ message: "no answer to test.silent in time" });
    const broken = failed(page.client.request("test.silent"));
    page.client.stop();
    expect(await broken).toMatchObject({ message: "the connection to the gateway was lost" });
  });

  test("frames that are no frames are ignored", async () => {
    using standIn = new StandIn();
    using page = new Page(standIn);
    page.client.connectNow();
    await page.become("connected");
    for (const frame of ["", "{", "null", "[]", '{"type":"event"}', '{"type":"res","id":1,"ok":true}'])
      standIn.sendRaw(frame);
    standIn.emit("tick", {});
    await page.until(() => page.events.length > 0);
    expect(page.client.state.kind).toBe("connected");
  });
});
