/** The node page in a real browser with devices that are not real, at a real gateway. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { GatewayClient } from "../../src/client/client.ts";
import { connectGateway } from "../../src/client/connect.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { Secret } from "../../src/lib/secret.ts";
import { type Fields, fieldsOf, textOf } from "../../src/web/shared/wire.ts";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { hasChromium, INSECURE_HOST, openBrowser, type Visit, visit } from "./browser.ts";
import { StandIn } from "./stand-in-gateway.ts";

setDefaultTimeout(30_000);

/** A camera that shows a ball and a microphone that beeps. Without the second, nobody answers the browser's questions. */
const FAKE_DEVICES = "--use-fake-device-for-media-stream";
const ANSWER_QUESTIONS = "--use-fake-ui-for-media-stream";
const EVERYTHING: BrowserContextOptions = {
  permissions: ["camera", "microphone", "geolocation", "notifications"],
  geolocation: { latitude: 52.5163, longitude: 13.3777, accuracy: 12 },
};

let browser: Browser;
let gateway: TestGateway;
let model: ModelStandin;
beforeAll(async () => {
  if (!hasChromium) return;
  browser = await openBrowser([FAKE_DEVICES, ANSWER_QUESTIONS]);
  model = await startModelStandin();
  gateway = await startGateway({ config: configOf(model) });
});
afterAll(async () => {
  if (!hasChromium) return;
  await browser.close();
  await gateway[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  expect(gateway.badResults).toEqual([]);
});

const configOf = ({ url }: ModelStandin): object => ({
  models: { providers: { mock: { baseUrl: url, apiKey: "k", api: "openai-completions", models: [{ id: "m1" }] } } },
  agents: { defaults: { model: { primary: "mock/m1" } } },
  gateway: { allowedHosts: [INSECURE_HOST] },
});

const ownerOf = (at: TestGateway): Promise<GatewayClient> =>
  connectGateway({
    url: at.url,
    auth: { token: new Secret(at.token) },
    scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
    client: { version: "1", platform: "linux" },
    clock: systemClock,
    ids: systemIds,
  });

const status = (page: Page, text: string) => page.locator(".status", { hasText: text }).waitFor();
const heading = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor();

/** A page that is an approved node, and its owner. */
interface Node extends Visit {
  owner: GatewayClient;
  nodeId: string;
  /** Asks the node and gives the payload, or throws what the owner would see. */
  invoke(command: string, params?: Fields, timeoutMs?: number): Promise<Fields>;
}

async function openNode(
  options: { context?: BrowserContextOptions; at?: TestGateway; from?: Browser } = {},
): Promise<Node> {
  const { context = EVERYTHING, at = gateway, from = browser } = options;
  const visited = await visit(from, `${at.pageUrl}node#token=${at.token}`, context);
  const owner = await ownerOf(at);
  await heading(visited.page, "Waiting for approval");
  const command = (await visited.page.locator(".command code").textContent()) ?? "";
  const requestId = /^moltbot nodes approve (\S+)$/.exec(command)?.[1];
  const approved = fieldsOf(await owner.request("node.pair.approve", { requestId }));
  await status(visited.page, "Connected");
  const nodeId = `${fieldsOf(approved["node"])["nodeId"]}`;
  return {
    ...visited,
    owner,
    nodeId,
    invoke: (command, params = {}, timeoutMs = 15_000) => ask(owner, nodeId, { command, params, timeoutMs }),
    async [Symbol.asyncDispose]() {
      await owner[Symbol.asyncDispose]();
      await visited[Symbol.asyncDispose]();
    },
  };
}

async function ask(owner: GatewayClient, nodeId: string, call: Fields): Promise<Fields> {
  const answer = await owner.request("node.invoke", { ...call, nodeId, idempotencyKey: systemIds.uuid() });
  return fieldsOf(fieldsOf(answer)["payload"]);
}

/** Waits until the gateway knows of these permissions, and the node is there. */
async function told({ owner, nodeId, page }: Node, isMeant: (permissions: Fields) => boolean): Promise<void> {
  for (;;) {
    const { nodes } = (await owner.request("node.list", {})) as { nodes: Fields[] };
    const row = nodes.find((one) => one["nodeId"] === nodeId);
    if (row?.["connected"] === true && isMeant(fieldsOf(row["permissions"]))) return;
    await status(page, "Connected");
  }
}

/** The code of the error that a node gives. */
const refusal = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "done",
    (error: { details?: Fields }) => textOf(fieldsOf(error.details?.["nodeError"])["code"]) ?? `${error}`,
  );

const bytesOf = (payload: Fields) => Buffer.from(`${payload["base64"]}`, "base64");

/** The container that some bytes are. */
function containerOf(bytes: Buffer): string {
  if (bytes.subarray(0, 4).equals(Buffer.from([0x1a, 0x45, 0xdf, 0xa3]))) return "webm";
  return bytes.subarray(4, 8).toString() === "ftyp" ? "mp4" : "neither";
}

/** What a browser says of a file: whether it plays, how long it is, and how large its picture. */
const playIn = (page: Page, payload: Fields) =>
  page.evaluate(
    async ([format, base64]) => {
      const bytes = Uint8Array.from(atob(`${base64}`), (char) => char.charCodeAt(0));
      const video = document.createElement("video");
      const source = URL.createObjectURL(new Blob([bytes], { type: `video/${format}` }));
      video.muted = true;
      const played = new Promise<object>((resolve) => {
        video.onplaying = () => resolve({ width: video.videoWidth, height: video.videoHeight });
        video.onerror = () => resolve({ error: video.error?.message });
      });
      video.src = source;
      await video.play().catch(() => undefined);
      return await played;
    },
    [payload["format"], payload["base64"]] as const,
  );

const hide = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (hidden ? "hidden" : "visible"),
    });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

const writePage = (name: string, html: string) => {
  mkdirSync(join(gateway.stateDir, "canvas"), { recursive: true });
  writeFileSync(join(gateway.stateDir, "canvas", name), html);
};

describe.if(hasChromium)("becoming a node", () => {
  test("threat(T02): with an invite, no secret is needed, none stays in the address, and the owner decides twice", async () => {
    await using owner = await ownerOf(gateway);
    const { code } = (await owner.request("node.invite.create", {})) as { code: string };
    await using visited = await visit(browser, `${gateway.pageUrl}node#invite=${code}`, EVERYTHING);
    const { page, requests, incidents } = visited;
    await heading(page, "Approve this browser");
    expect(page.url()).toBe(`${gateway.pageUrl}node`);
    expect(requests.filter((address) => address.includes(code))).toEqual([]);
    const fingerprint = (await page.locator(".facts dd").first().textContent()) ?? "";
    const [, requestId] =
      /^moltbot devices approve (\S+)$/.exec((await page.locator(".command code").textContent()) ?? "") ?? [];
    const { device } = (await owner.request("device.pair.approve", { requestId })) as { device: { deviceId: string } };
    expect(device.deviceId.startsWith(fingerprint.replaceAll(" ", ""))).toBe(true);
    expect(fingerprint).toHaveLength(19);
    await heading(page, "Waiting for approval");
    expect(await refusal(ask(owner, device.deviceId, { command: "canvas.hide" }))).toContain("wait for approval");
    const kept = await page.evaluate(
      (secret) => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes(secret),
      code,
    );
    expect(kept).toBe(false);
    const { pending } = (await owner.request("node.pair.list", {})) as {
      pending: { nodeId: string; requestId: string }[];
    };
    const mine = pending.find(({ nodeId }) => nodeId === device.deviceId);
    await owner.request("node.pair.approve", { requestId: mine?.requestId });
    await status(page, "Connected");
    await ask(owner, device.deviceId, { command: "canvas.hide" });
    await page.reload();
    await status(page, "Connected");
    expect(incidents).toEqual([]);
  });

  test("an invite that was used elsewhere is refused, and the page says what to do", async () => {
    await using owner = await ownerOf(gateway);
    const { code } = (await owner.request("node.invite.create", {})) as { code: string };
    await using first = await visit(browser, `${gateway.pageUrl}node#invite=${code}`);
    await heading(first.page, "Approve this browser");
    await using second = await visit(browser, `${gateway.pageUrl}node#invite=${code}`);
    await heading(second.page, "This invite no longer works");
    await second.page.getByText("moltbot nodes invite").first().waitFor();
    await second.page.getByLabel("Gateway token or password").fill(gateway.token);
    await second.page.keyboard.press("Enter");
    await heading(second.page, "Waiting for approval");
  });

  test("a no of the owner is shown", async () => {
    await using visited = await visit(browser, `${gateway.pageUrl}node#token=${gateway.token}`);
    const { page } = visited;
    await using owner = await ownerOf(gateway);
    const [, requestId] = /approve (\S+)$/.exec((await page.locator(".command code").textContent()) ?? "") ?? [];
    await owner.request("node.pair.reject", { requestId });
    await heading(page, "Not approved");
    await status(page, "Not approved");
  });

  test("what it offers is what it can do, as a node of the web", async () => {
    await using node = await openNode();
    const { nodes } = (await node.owner.request("node.list", {})) as { nodes: Fields[] };
    const row = nodes.find(({ nodeId }) => nodeId === node.nodeId);
    expect(row).toMatchObject({
      platform: "web",
      displayName: "Chrome on Linux",
      connected: true,
      approvalState: "approved",
      permissions: { camera: true, microphone: true, location: true, notify: true },
    });
    expect(row?.["commands"]).toHaveLength(14);
    expect(node.incidents).toEqual([]);
  });
});

describe.if(hasChromium)("what it captures", () => {
  test("a photo is a JPEG no wider than asked, and the camera is off afterwards", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    await page.evaluate(() => {
      const tracks: MediaStreamTrack[] = [];
      Object.assign(globalThis, { tracks });
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await open(constraints);
        tracks.push(...stream.getTracks());
        return stream;
      };
    });
    const { devices } = (await invoke("camera.list")) as { devices: Fields[] };
    expect(devices[0]).toMatchObject({ name: expect.stringContaining("fake"), deviceType: "camera" });
    const photo = await invoke("camera.snap", { maxWidth: 320, deviceId: devices[0]?.["id"] });
    expect([...bytesOf(photo).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect(photo).toMatchObject({ format: "jpg", width: 320 });
    const both = await Promise.all([
      invoke("camera.snap", { facing: "front" }),
      invoke("camera.clip", { durationMs: 400 }),
    ]);
    expect(both.map(({ format }) => format)).toEqual(["jpg", expect.any(String)]);
    const states = await page.evaluate(() =>
      (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState }) => readyState),
    );
    expect(states.length).toBeGreaterThan(2);
    expect(new Set(states)).toEqual(new Set(["ended"]));
    await page.locator(".deed.is-done", { hasText: "Took a photo" }).first().waitFor();
    expect(node.incidents).toEqual([]);
  });

  test.each([
    [true, true],
    [false, false],
    [undefined, true],
  ])("a clip with includeAudio %p is what it says and plays; sound: %p", async (includeAudio, hasAudio) => {
    await using node = await openNode();
    const running = node.page.locator(".in-use", { hasText: "Camera in use" }).waitFor();
    const clip = await node.invoke("camera.clip", {
      durationMs: 1_000,
      ...(includeAudio !== undefined && { includeAudio }),
    });
    await running;
    expect(clip).toMatchObject({ format: containerOf(bytesOf(clip)), hasAudio });
    expect(Number(clip["durationMs"])).toBeGreaterThan(700);
    await node.page.goto("about:blank");
    expect(await playIn(node.page, clip)).toMatchObject({ width: 1280 });
  });

  test("the screen is recorded while it is shared, and not before or after", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    expect(await refusal(invoke("screen.record", { durationMs: 500 }))).toBe("SCREEN_PERMISSION_REQUIRED");
    await page.locator(".lend.is-wanted", { hasText: "Screen" }).waitFor();
    await page.getByRole("button", { name: "Share a screen" }).click();
    await page.getByText("You are sharing").waitFor();
    const recording = await invoke("screen.record", { durationMs: 800, fps: 10 });
    expect(recording).toMatchObject({ format: containerOf(bytesOf(recording)), screenIndex: 0 });
    expect(Number(recording["fps"])).toBeLessThanOrEqual(10);
    expect(await refusal(invoke("screen.record", { screenIndex: 1 }))).toBe("INVALID_REQUEST");
    // Behind what it shows, the page goes on: sharing is what the person sees and ends.
    await hide(page, true);
    expect(await refusal(invoke("screen.record", { durationMs: 500 }))).toBe("done");
    await hide(page, false);
    await page.getByRole("button", { name: "Stop sharing" }).click();
    await page.getByRole("button", { name: "Share a screen" }).waitFor();
    expect(await refusal(invoke("screen.record", { durationMs: 500 }))).toBe("SCREEN_PERMISSION_REQUIRED");
    expect(node.incidents).toEqual([]);
  });

  test("the location is where the browser says it is", async () => {
    await using node = await openNode();
    const place = await node.invoke("location.get", { desiredAccuracy: "precise" });
    expect(place).toMatchObject({ lat: 52.5163, lon: 13.3777, accuracyMeters: 12, isPrecise: true, source: "browser" });
    expect(Date.parse(`${place["timestamp"]}`)).toBeGreaterThan(Date.UTC(2025));
    await node.page.context().setGeolocation({ latitude: -33.86, longitude: 151.2, accuracy: 900 });
    expect(await node.invoke("location.get")).toMatchObject({ lat: -33.86, isPrecise: false });
  });

  test("a notification is the system's, or on the page when that is asked for", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    expect(await invoke("system.notify", { title: "Tea", body: "is ready" })).toEqual({ delivery: "system" });
    const attack = "<img src=x onerror=alert(1)>";
    expect(await invoke("system.notify", { title: "Tea", body: attack, delivery: "overlay" })).toEqual({
      delivery: "overlay",
    });
    await page.locator(".notice", { hasText: attack }).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.locator(".notice").waitFor({ state: "detached" });
    expect(await refusal(invoke("system.notify", {}))).toBe("INVALID_REQUEST");
    expect(node.incidents).toEqual([]);
  });

  test.each<[title: string, command: string, params: Fields, timeoutMs: number]>([
    ["a clip that is longer than the command may take", "camera.clip", { durationMs: 5_000 }, 3_000],
    ["a width that is no number", "camera.snap", { maxWidth: "wide" }, 5_000],
    ["a camera that is not there", "camera.snap", { deviceId: "nope" }, 5_000],
    ["a side that no camera has", "camera.snap", { facing: "up" }, 5_000],
    ["a format that nobody records", "camera.clip", { format: "avi" }, 5_000],
  ])("%s is refused at once", async (_title, command, params, timeoutMs) => {
    await using node = await openNode();
    const askedAtMs = performance.now();
    expect(await refusal(node.invoke(command, params, timeoutMs))).toBe("INVALID_REQUEST");
    expect(performance.now() - askedAtMs).toBeLessThan(2_000);
  });
});

describe.if(hasChromium)("what is allowed", () => {
  let strict: Browser;
  beforeAll(async () => {
    strict = await openBrowser([FAKE_DEVICES]);
  });
  afterAll(() => strict.close());

  test("what nobody allowed is refused at once, and works as soon as somebody does", async () => {
    await using node = await openNode({ from: strict, context: { geolocation: { latitude: 1, longitude: 2 } } });
    const { page, invoke } = node;
    const wishes = [
      ["camera.snap", {}, "CAMERA_PERMISSION_REQUIRED"],
      ["camera.clip", { includeAudio: true }, "CAMERA_PERMISSION_REQUIRED"],
      ["screen.record", {}, "SCREEN_PERMISSION_REQUIRED"],
      ["location.get", {}, "LOCATION_PERMISSION_REQUIRED"],
      ["system.notify", { title: "x", delivery: "system" }, "NOTIFICATION_PERMISSION_REQUIRED"],
    ] as const;
    const askedAtMs = performance.now();
    for (const [command, params, code] of wishes) expect(await refusal(invoke(command, params))).toBe(code);
    expect(performance.now() - askedAtMs).toBeLessThan(2_500);
    expect(await page.locator(".lend.is-wanted").count()).toBe(4);
    await page.locator(".deed.is-failed", { hasText: "Not allowed yet" }).first().waitFor();

    await page.context().grantPermissions(["camera"]);
    await page.getByRole("button", { name: "Allow the camera" }).waitFor({ state: "detached" });
    // The new permission is told to the gateway with a new connection.
    await told(node, (permissions) => permissions["camera"] === true);
    expect(await refusal(invoke("camera.clip", { durationMs: 400, includeAudio: true }))).toBe(
      "RECORD_AUDIO_PERMISSION_REQUIRED",
    );
    expect(await invoke("camera.clip", { durationMs: 400 })).toMatchObject({ hasAudio: false });
    expect(await invoke("camera.snap")).toMatchObject({ format: "jpg" });
  });

  test("a browser that does not tell what is allowed is asked by the button, and by nothing else", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    await page.evaluate(() => {
      const media = navigator.mediaDevices;
      const open = media.getUserMedia.bind(media);
      let asked = 0;
      media.getUserMedia = (constraints) => {
        asked += 1;
        return open(constraints);
      };
      navigator.permissions.query = () => Promise.reject(new TypeError("unknown permission"));
      Object.assign(globalThis, { asked: () => asked });
      media.dispatchEvent(new Event("devicechange"));
    });
    const asked = () => page.evaluate(() => (globalThis as unknown as { asked(): number }).asked());
    await page.getByRole("button", { name: "Allow the camera" }).waitFor();
    expect(await refusal(invoke("camera.snap"))).toBe("CAMERA_PERMISSION_REQUIRED");
    expect(await asked()).toBe(0);
    await page.getByRole("button", { name: "Allow the camera" }).click();
    await page.getByRole("button", { name: "Allow the camera" }).waitFor({ state: "detached" });
    expect(await asked()).toBe(1);
    await told(node, (permissions) => permissions["camera"] === true && permissions["microphone"] === false);
    expect(await invoke("camera.snap")).toMatchObject({ format: "jpg" });
  });

  test("what the person turned off stays off, and comes back with their click", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    const camera = page.getByRole("switch", { name: "Camera" });
    await camera.focus();
    await page.keyboard.press("Space");
    expect(await camera.getAttribute("aria-checked")).toBe("false");
    for (const command of ["camera.list", "camera.snap", "camera.clip"])
      expect(await refusal(invoke(command))).toBe("CAMERA_DISABLED");
    await page.getByRole("switch", { name: "Canvas" }).click();
    expect(await refusal(invoke("canvas.present"))).toBe("CANVAS_DISABLED");
    await page.reload();
    await status(page, "Connected");
    expect(await refusal(invoke("camera.snap"))).toBe("CAMERA_DISABLED");
    await page.getByRole("switch", { name: "Camera" }).click();
    expect(await invoke("camera.snap")).toMatchObject({ format: "jpg" });
  });

  test("a page that nobody sees captures nothing, and still shows and notifies", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    await hide(page, true);
    for (const command of ["camera.snap", "camera.clip", "location.get"])
      expect(await refusal(invoke(command))).toBe("NODE_BACKGROUND_UNAVAILABLE");
    await invoke("canvas.present");
    expect(await invoke("canvas.eval", { javaScript: "1 + 1" })).toEqual({ result: "2" });
    expect(await invoke("system.notify", { title: "x" })).toEqual({ delivery: "system" });
    await hide(page, false);
    expect(await invoke("camera.snap")).toMatchObject({ format: "jpg" });
  });
});

describe.if(hasChromium)("the canvas", () => {
  test("shows a page of the agent, runs script in it, and takes its picture", async () => {
    writePage("red.html", "<title>Red</title><style>body{margin:0;background:#f00}</style><h1>Hi</h1>");
    await using node = await openNode();
    const { page, invoke } = node;
    await invoke("canvas.present", { url: "/red.html" });
    await page.frameLocator("iframe").getByRole("heading", { name: "Hi" }).waitFor();
    const script = "document.title + ' ' + document.querySelectorAll('h1').length";
    expect(await invoke("canvas.eval", { javaScript: script })).toEqual({ result: "Red 1" });
    expect(await invoke("canvas.eval", { javaScript: "({ a: [1] })" })).toEqual({ result: '{"a":[1]}' });
    const png = await invoke("canvas.snapshot", { format: "png", maxWidth: 200 });
    expect(bytesOf(png).subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    const pixel = await page.evaluate(async (base64) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      return [image.naturalWidth, ...(canvas.getContext("2d")?.getImageData(150, 50, 1, 1).data ?? [])];
    }, `${png["base64"]}`);
    expect(pixel).toEqual([200, 255, 0, 0, 255]);
    const jpeg = await invoke("canvas.snapshot", { format: "jpg" });
    expect([jpeg["format"], ...bytesOf(jpeg).subarray(0, 2)]).toEqual(["jpeg", 0xff, 0xd8]);
    expect(node.incidents).toEqual([]);
  });

  test("a page that changes is shown anew, and one that is not there is refused", async () => {
    writePage("live.html", "<h1>before</h1>");
    await using node = await openNode();
    const { page, invoke } = node;
    await invoke("canvas.navigate", { url: "live.html" });
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "before" }).waitFor();
    writePage("live.html", "<h1>after</h1>");
    await frame.getByRole("heading", { name: "after" }).waitFor();
    expect(await invoke("canvas.eval", { javaScript: "document.body.innerText.trim()" })).toEqual({ result: "after" });
    expect(await refusal(invoke("canvas.navigate", { url: "missing.html" }))).toBe("INVALID_REQUEST");
    expect(await refusal(invoke("canvas.navigate", { url: "https://example.com/" }))).toBe("INVALID_REQUEST");
    expect(await refusal(invoke("canvas.eval", { javaScript: "nope()" }))).toBe("UNAVAILABLE");
    const askedAtMs = performance.now();
    expect(await refusal(invoke("canvas.eval", { javaScript: "new Promise(() => {})" }, 1_500))).toBe("TIMEOUT");
    expect(performance.now() - askedAtMs).toBeLessThan(1_500);
    expect(await invoke("canvas.eval", { javaScript: "'still here'" })).toEqual({ result: "still here" });
  });

  test("is hidden and comes back as it was; closed, its page can still be asked", async () => {
    writePage("state.html", "<h1>state</h1>");
    await using node = await openNode();
    const { page, invoke } = node;
    await invoke("canvas.present", { url: "state.html" });
    await invoke("canvas.eval", { javaScript: "globalThis.kept = 7" });
    await invoke("canvas.hide");
    await page.getByText("The canvas is closed").waitFor();
    expect(await invoke("canvas.eval", { javaScript: "kept" })).toEqual({ result: "7" });
    await invoke("canvas.present");
    await page.getByRole("button", { name: "Close the canvas" }).waitFor();
    expect(await invoke("canvas.eval", { javaScript: "kept" })).toEqual({ result: "7" });
  });

  test("threat(T19): a page of an agent reaches nothing around it and cannot tap for the person", async () => {
    const forged = {
      type: "openclaw:a2ui-action",
      payload: { userAction: { id: "1", name: "go", surfaceId: "main" } },
    };
    writePage(
      "evil.html",
      `<script>
        parent.postMessage({ type: "openclaw:canvas-ready", page: "a2ui" }, "*");
        setTimeout(() => parent.postMessage(${JSON.stringify(forged)}, "*"), 50);
      </script>`,
    );
    await using node = await openNode();
    const { page, invoke } = node;
    const said: string[] = [];
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => said.push(`${payload}`)));
    await page.reload();
    await status(page, "Connected");
    await invoke("canvas.present", { url: "evil.html" });
    // It says itself that it is loaded, beside the bridge: what is asked between the two is dropped, and asked again.
    const value = async (javaScript: string): Promise<unknown> => {
      for (let tries = 0; ; tries++) {
        try {
          return (await invoke("canvas.eval", { javaScript }))["result"];
        } catch (error) {
          if (tries === 3 || !`${error}`.includes("loaded anew")) throw error;
        }
      }
    };
    const attempt = (script: string) =>
      value(`(() => { try { return String(${script}) } catch (error) { return error.name } })()`);
    expect(await attempt("parent.document.title")).toBe("SecurityError");
    expect(await attempt("localStorage.length")).toBe("SecurityError");
    expect(await attempt("top.location.replace('about:blank')")).not.toBe("undefined");
    expect(await value("fetch('/health').then(() => 'reached', (error) => error.name)")).toBe("TypeError");
    expect(
      await value(
        "navigator.mediaDevices?.getUserMedia({ video: true }).then(() => 'seen', (error) => error.name) ?? 'none'",
      ),
    ).not.toBe("seen");
    await value("new Promise((resolve) => setTimeout(resolve, 100))");
    expect(said.filter((frame) => frame.includes("a2ui.action"))).toEqual([]);
    expect(page.url()).toBe(`${gateway.pageUrl}node`);
  });

  test("draws what is pushed, as messages and as lines, and clears it", async () => {
    await using node = await openNode();
    const { page, invoke } = node;
    const label = { id: "label", component: { Text: { text: { literalString: "Tea is ready" } } } };
    const messages = [
      { surfaceUpdate: { surfaceId: "main", components: [label] } },
      { beginRendering: { surfaceId: "main", root: "label" } },
    ];
    const frame = page.frameLocator("iframe");
    expect(await invoke("canvas.a2ui.push", { messages })).toEqual({ ok: true, surfaces: ["main"] });
    await frame.getByText("Tea is ready").waitFor();
    const jsonl = messages.map((message) => JSON.stringify(message)).join("\n");
    expect(await invoke("canvas.a2ui.pushJSONL", { jsonl })).toEqual({ ok: true, surfaces: ["main"] });
    expect(await refusal(invoke("canvas.eval", { javaScript: "1" }))).toBe("UNAVAILABLE");
    expect(
      bytesOf(await invoke("canvas.snapshot", { format: "png" }))
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
    expect(await invoke("canvas.a2ui.reset")).toEqual({ ok: true, surfaces: [] });
    await frame.getByText("Tea is ready").waitFor({ state: "detached" });
    expect(node.incidents).toEqual([]);
  });

  test("threat(T19): the tap of a person on an agent's form becomes a turn of the agent; a script's does not", async () => {
    await using node = await openNode();
    const { page, owner, nodeId } = node;
    const form = [
      { createSurface: { surfaceId: "tea", catalogId: "basic" } },
      {
        updateComponents: {
          surfaceId: "tea",
          components: [
            {
              id: "root",
              component: "Button",
              child: "label",
              action: { event: { name: "order", context: { cups: 2 } } },
            },
            { id: "label", component: "Text", text: "Order tea" },
          ],
        },
      },
    ].map((message) => ({ version: "v0.9", ...message }));
    const push = { action: "a2ui_push", node: nodeId, messages: form };
    const call = {
      message: `call canvas ${JSON.stringify(push)}`,
      sessionKey: "tea",
      idempotencyKey: systemIds.uuid(),
    };
    await owner.request("agent", call);
    const frame = page.frameLocator("iframe");
    const button = frame.getByText("Order tea");
    const taps = async () =>
      JSON.stringify(await owner.request("chat.history", { sessionKey: "main" })).match(/"CANVAS_A2UI action=\S+/g) ??
      [];

    const { isActive } = await page.evaluate(() => {
      const kept = navigator.userActivation;
      Object.defineProperty(navigator, "userActivation", { configurable: true, value: { isActive: false } });
      return { isActive: kept !== undefined };
    });
    expect(isActive).toBe(true);
    await button.click();
    await frame.locator(".status", { hasText: "nobody tapped there" }).waitFor();
    expect(await taps()).toEqual([]);

    // Nor does what another window says, however right it looks.
    await page.evaluate(() => {
      Reflect.deleteProperty(navigator, "userActivation");
      const userAction = { id: "forged", name: "order", surfaceId: "tea", sourceComponentId: "root", context: {} };
      postMessage({ type: "openclaw:a2ui-action", payload: { userAction } }, "*");
    });
    await page.evaluate(
      () => new Promise((resolve) => addEventListener("message", resolve, { once: true }) ?? postMessage("next", "*")),
    );
    expect(await taps()).toEqual([]);
    await button.click();
    await frame.locator(".status", { hasText: "Sent." }).waitFor();
    while ((await taps()).length === 0) await status(page, "Connected");
    expect(await taps()).toEqual(['"CANVAS_A2UI action=order']);
    expect(JSON.stringify(model.requests)).toContain(`instance=${nodeId}`);

    // A page that comes later shows the form again.
    await page.reload();
    await status(page, "Connected");
    await ask(owner, nodeId, { command: "canvas.navigate", params: { url: "/__openclaw__/a2ui/" } });
    await button.waitFor();
    expect(node.incidents).toEqual([]);
  });
});

describe.if(hasChromium)("being there", () => {
  test("after a restart of the gateway the node can be asked again within five seconds, and shows what it showed", async () => {
    const first = await startGateway({});
    await using node = await openNode({ at: first });
    await node.invoke("canvas.present");
    await node.owner[Symbol.asyncDispose]();
    await first.stop();
    await node.page.locator(".banner", { hasText: "comes back by itself" }).waitFor();
    await using again = await startGateway({ stateDir: first.stateDir, overrides: { port: first.app.port } });
    const upAtMs = performance.now();
    await using owner = await ownerOf(again);
    // It waits for the node instead of asking over and over.
    await ask(owner, node.nodeId, { command: "location.get", params: {}, queueMs: 5_000 });
    expect(performance.now() - upAtMs).toBeLessThan(5_000);
    await node.page.frameLocator("iframe").getByRole("heading", { name: "The canvas is empty" }).waitFor();
    const result = await ask(owner, node.nodeId, { command: "canvas.eval", params: { javaScript: "document.title" } });
    expect(result).toEqual({ result: "Canvas" });
  });

  test("of two tabs of one browser the newer is the node, and the older comes back on a click", async () => {
    await using node = await openNode();
    const { page } = node;
    const other = await page.context().newPage();
    await other.goto(`${gateway.pageUrl}node`);
    await status(other, "Connected");
    await heading(page, "Another tab is the node");
    await page.getByRole("button", { name: "Use this tab" }).click();
    await heading(other, "Another tab is the node");
    await status(page, "Connected");
    await node.invoke("system.notify", { title: "Here", delivery: "overlay" });
    await page.locator(".notice", { hasText: "Here" }).waitFor();
  });

  test("what is said to the agent is answered on the page", async () => {
    await using node = await openNode();
    const { page } = node;
    await page.getByRole("textbox", { name: "Say something to the agent" }).fill("hello from the kitchen");
    await page.keyboard.press("Enter");
    await page.locator(".talk-text", { hasText: "You said: hello from the kitchen" }).waitFor();
    expect(node.incidents).toEqual([]);
  });

  test("over plain http it offers the canvas, says what is missing, and what to do about it in order", async () => {
    const address = gateway.pageUrl.replace("127.0.0.1", INSECURE_HOST);
    await using owner = await ownerOf(gateway);
    const { code } = (await owner.request("node.invite.create", {})) as { code: string };
    await using visited = await visit(browser, `${address}node#invite=${code}`);
    const { page } = visited;
    await heading(page, "Approve this browser");
    const [, requestId] = /approve (\S+)$/.exec((await page.locator(".command code").textContent()) ?? "") ?? [];
    const { device } = (await owner.request("device.pair.approve", { requestId })) as { device: { deviceId: string } };
    await heading(page, "Waiting for approval");
    await heading(page, "Only the canvas works here");
    const ways = await page.locator(".ways li").allTextContents();
    expect(ways.map((way) => /127\.0\.0\.1|tailscale|ssh|tls/.exec(way)?.[0])).toEqual([
      "127.0.0.1",
      "tailscale",
      "ssh",
      "tls",
    ]);
    expect(await page.locator(".lend", { hasText: "Not over plain http." }).count()).toBe(4);
    const { pending } = (await owner.request("node.pair.list", {})) as {
      pending: { nodeId: string; requestId: string; caps: string[] }[];
    };
    const mine = pending.find(({ nodeId }) => nodeId === device.deviceId);
    expect(mine?.caps).toEqual(["canvas", "notify"]);
    await owner.request("node.pair.approve", { requestId: mine?.requestId });
    await status(page, "Connected");
    await ask(owner, device.deviceId, { command: "canvas.present", params: {} });
    await page.frameLocator("iframe").getByRole("heading", { name: "The canvas is empty" }).waitFor();
    const shown = await ask(owner, device.deviceId, { command: "system.notify", params: { title: "Hello" } });
    expect(shown).toEqual({ delivery: "overlay" });
  });
});

describe.if(hasChromium)("at a stand-in", () => {
  const policy = (maxPayload: number) => ({
    hello: (hello: Fields) => ({ ...hello, policy: { maxPayload, tickIntervalMs: 30_000 } }),
  });
  const asked = async (standIn: StandIn, command: string, params: Fields = {}): Promise<Fields> => {
    const connected = standIn.requests.find(({ method }) => method === "connect");
    const nodeId = fieldsOf(connected?.params["device"])["id"];
    const before = standIn.methodsCalled().filter((method) => method === "node.invoke.result").length;
    standIn.emit("node.invoke.request", {
      id: `i${before}`,
      nodeId,
      command,
      paramsJSON: JSON.stringify(params),
      timeoutMs: 10_000,
    });
    await standIn.received("node.invoke.result", before + 1);
    return standIn.requests.findLast(({ method }) => method === "node.invoke.result")?.params ?? {};
  };

  test("a photo and a clip are made to fit into the frames that the gateway takes", async () => {
    const maxPayload = 60_000;
    using standIn = new StandIn({ hello: (hello) => ({ ...hello, policy: { maxPayload, tickIntervalMs: 30_000 } }) });
    await using visited = await visit(browser, `${standIn.url}node`, EVERYTHING);
    await status(visited.page, "Connected");
    for (const [command, params] of [
      ["camera.snap", { maxWidth: 1280, quality: 1 }],
      ["camera.clip", { durationMs: 2_000 }],
    ] as const) {
      const result = await asked(standIn, command, params);
      expect([result["ok"], result["error"]]).toEqual([true, undefined]);
      const frame = JSON.stringify({ type: "req", id: "1000", method: "node.invoke.result", params: result });
      expect(frame.length).toBeLessThan(maxPayload);
      expect(JSON.parse(`${result["payloadJSON"]}`).base64.length).toBeGreaterThan(5_000);
    }
  });

  test.each<[command: string, params: Fields]>([
    ["canvas.a2ui.pushJSONL", { jsonl: "{" }],
    ["canvas.a2ui.push", { messages: [] }],
    ["canvas.a2ui.push", { messages: "x" }],
    ["canvas.eval", {}],
    ["canvas.navigate", { url: 7 }],
  ])("%s with %j is refused", async (command, params) => {
    using standIn = new StandIn(policy(1_000_000));
    await using visited = await visit(browser, `${standIn.url}node`);
    await status(visited.page, "Connected");
    expect(await asked(standIn, command, params)).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
  });

  test("a request for another node is nobody's", async () => {
    using standIn = new StandIn(policy(1_000_000));
    await using visited = await visit(browser, `${standIn.url}node`, EVERYTHING);
    await status(visited.page, "Connected");
    standIn.emit("node.invoke.request", {
      id: "x",
      nodeId: "somebody else",
      command: "camera.snap",
      timeoutMs: 10_000,
    });
    expect(await asked(standIn, "camera.list")).toMatchObject({ id: "i0", ok: true });
    expect(await visited.page.locator(".deed").count()).toBe(1);
  });

  test("a canvas address on another host is not followed", async () => {
    let reached = 0;
    using evil = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(`${++reached}`) });
    const canvas = `http://127.0.0.1:${evil.port}/__openclaw__/cap/abcdefghijklmnopqrstuvwx`;
    using standIn = new StandIn({
      hello: (hello) => ({ ...hello, pluginSurfaceUrls: { canvas } }),
      methods: { "node.pluginSurface.refresh": () => ({ pluginSurfaceUrls: { canvas } }) },
    });
    await using visited = await visit(browser, `${standIn.url}node`);
    await status(visited.page, "Connected");
    expect(await asked(standIn, "canvas.present")).toMatchObject({ ok: false });
    expect(reached).toBe(0);
    expect(standIn.paths).toContain("/__openclaw__/cap/abcdefghijklmnopqrstuvwx/__openclaw__/canvas/");
  });

  test.each([
    ["a phone", { width: 390, height: 844 }],
    ["a desktop", { width: 1280, height: 800 }],
  ])("on %s nothing is wider than the screen, and what can be pressed is large enough", async (_name, viewport) => {
    using standIn = new StandIn();
    await using visited = await visit(browser, `${standIn.url}node`, { ...EVERYTHING, viewport });
    const { page } = visited;
    await status(page, "Connected");
    standIn.emit("node.pair.requested", { requestId: "r".repeat(100), nodeId: "n" });
    await heading(page, "Waiting for approval");
    await asked(standIn, "system.notify", { title: "w".repeat(300), body: "y".repeat(300), delivery: "overlay" });
    await asked(standIn, "canvas.navigate", { url: `https://example.com/${"z".repeat(300)}` });
    const found = await page.evaluate(() => {
      const isOver = (element: Element) => element.scrollWidth > element.clientWidth + 1;
      const wide = [document.documentElement, ...document.querySelectorAll(".panel, .notice, .side, .lend")].filter(
        isOver,
      );
      const small = [...document.querySelectorAll("button")].filter((button) => {
        const { width, height } = button.getBoundingClientRect();
        return width > 0 && (width < 24 || height < 24);
      });
      return { wide: wide.length, small: small.map(({ className }) => className) };
    });
    expect(found).toEqual({ wide: 0, small: [] });
  });
});
