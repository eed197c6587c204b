/**
 * A browser becomes a node and is used, as a person does it: the executable, its own command line, a real Chromium with
 * devices that are not real, and an agent that calls tools.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { sniffKind } from "../../src/media/kinds.ts";
import { eventually } from "../channels/networks.ts";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { BINARY, type Child, createStateDir, startChild, TOKEN } from "../support/child.ts";
import { hasChromium, openBrowser, type Visit, visit } from "../web/browser.ts";

setDefaultTimeout(60_000);

let model: ModelStandin;
let stateDir: string;
let gateway: Child;
let browser: Browser;
let node: Visit;
let page: Page;
let port: string;
let nodeId: string;

/** Runs the command line; its JSON, or its text where it prints no JSON. */
async function cli(...args: string[]) {
  const child = Bun.spawn([BINARY, ...args, "--json"], {
    env: { HOME: stateDir, MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: TOKEN },
    cwd: stateDir,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [text, problem] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`moltbot ${args.join(" ")}: ${problem}${text}`);
  return JSON.parse(text);
}

const saved = (name: string) => new Uint8Array(readFileSync(join(stateDir, name)));
const isLive = () => page.locator(".status", { hasText: "Connected" }).isVisible();

/** Opens an invite in a browser of its own storage, and does the owner's part: the device, then what it may be asked. */
async function becomeNode(by: (address: string) => string): Promise<{ node: Visit; nodeId: string }> {
  const invite = await cli("nodes", "invite", "--no-qr");
  const joined = await visit(browser, by(invite.url), {
    permissions: ["camera", "microphone", "geolocation", "notifications"],
    geolocation: { latitude: 52.5163, longitude: 13.3777, accuracy: 12 },
  });
  await eventually(async () => (await cli("devices")).pending.length > 0, "the device waits");
  const { pending } = await cli("devices");
  await cli("devices", "approve", pending[0].requestId);
  await eventually(async () => (await cli("nodes", "pending")).pending.length > 0, "its commands wait");
  const waiting = await cli("nodes", "pending");
  await cli("nodes", "approve", waiting.pending[0].requestId);
  return { node: joined, nodeId: waiting.pending[0].nodeId };
}

/** A way to the gateway whose connections can die without a word, as those of a sleeping laptop do. */
async function openWay() {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(socket));
    }
  });
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  return {
    port: (server.address() as AddressInfo).port,
    /** From now on nothing comes through what is open; what is opened later is as good as ever. */
    goSilent() {
      for (const socket of open) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

beforeAll(async () => {
  if (!hasChromium) return;
  model = await startModelStandin();
  stateDir = createStateDir({
    models: {
      providers: { mock: { baseUrl: model.url, apiKey: "k", api: "openai-completions", models: [{ id: "m1" }] } },
    },
    agents: { defaults: { model: { primary: "mock/m1" } } },
  });
  gateway = await startChild({ stateDir });
  ({ port } = new URL(gateway.url));
  browser = await openBrowser(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
  ({ node, nodeId } = await becomeNode((address) => address));
  page = node.page;
  await eventually(isLive, "the page says that it is connected");
});

afterAll(async () => {
  if (!hasChromium) return;
  await node[Symbol.asyncDispose]();
  await browser.close();
  await gateway[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  rmSync(stateDir, { recursive: true, force: true });
});

const inChromium = hasChromium ? test : test.skip; // Without Chromium: apt-get install chromium. CI has it.

inChromium("a photo is a JPEG, recordings are what their ending says, a place is the one that was set", async () => {
  const photo = await cli("nodes", "camera", "snap", nodeId, "--out", "photo");
  expect(sniffKind(saved(`${photo.path ?? photo.file}`.split("/").at(-1) ?? ""))?.mimeType).toBe("image/jpeg");
  const share = cli("nodes", "screen", "record", nodeId, "--duration", "500", "--out", "refused");
  expect(share.catch((error: Error) => error.message)).resolves.toContain("SCREEN_PERMISSION_REQUIRED");
  await share.catch(() => undefined);
  await page.getByRole("button", { name: "Share a screen" }).click();
  for (const [args, out] of [
    [["camera", "clip", "--duration", "800"], "clip"],
    [["screen", "record", "--duration", "800"], "screen"],
  ] as const) {
    const made = await cli("nodes", args[0], args[1], nodeId, ...args.slice(2), "--out", out);
    const name = `${made.path ?? made.file}`.split("/").at(-1) ?? "";
    const kind = sniffKind(saved(name));
    expect(kind?.mimeType).toMatch(/^video\/(webm|mp4)$/);
    expect(name.endsWith(`.${kind?.extension}`)).toBe(true);
  }
  const place = await cli("nodes", "location", "get", nodeId);
  expect(JSON.stringify(place)).toContain("52.5163");
});

inChromium("an agent writes a page and shows it, it reloads as it changes, and can be asked and pictured", async () => {
  const write = (text: string) =>
    `call canvas ${JSON.stringify({ action: "write", path: "/cake.html", content: `<!doctype html><title>${text}</title><h1>${text}</h1>` })}`;
  await cli("agent", "--message", `${write("Cake")}\ncall canvas {"action":"present","url":"/cake.html"}`);
  // While it is loaded anew a page has no answer.
  const title = async () =>
    JSON.stringify(await cli("nodes", "canvas", "eval", nodeId, "document.title").catch(() => ""));
  await eventually(async () => (await title()).includes("Cake"), "the page is shown");
  await cli("agent", "--message", write("Tea"));
  await eventually(async () => (await title()).includes("Tea"), "the page has reloaded by itself");
  const shot = await cli("nodes", "canvas", "snapshot", nodeId, "--format", "png", "--out", "page");
  expect(sniffKind(saved(`${shot.path ?? shot.file}`.split("/").at(-1) ?? ""))?.mimeType).toBe("image/png");
});

inChromium("an agent pushes a form, hears the tap in it, and answers", async () => {
  const basic = "https://a2ui.org/specification/v0_9/basic_catalog.json";
  const messages = [
    { version: "v0.9", createSurface: { surfaceId: "order", catalogId: basic } },
    {
      version: "v0.9",
      updateComponents: {
        surfaceId: "order",
        components: [
          { id: "root", component: "Column", children: ["title", "go"] },
          { id: "title", component: "Text", text: "One cup of tea?", variant: "h2" },
          {
            id: "go",
            component: "Button",
            child: "label",
            action: { event: { name: "order_tea", context: { cups: 1 } } },
          },
          { id: "label", component: "Text", text: "Order" },
        ],
      },
    },
  ];
  await cli("agent", "--message", `call canvas ${JSON.stringify({ action: "a2ui_push", messages })}`);
  const frame = page.frameLocator("iframe").first();
  await frame.getByText("One cup of tea?").waitFor();
  await frame.getByText("Order", { exact: true }).click();
  await eventually(
    () => model.requests.some(({ body }) => JSON.stringify(body).includes("action=order_tea")),
    "the tap is the agent's next turn",
  );
  const history = async () => JSON.stringify(await cli("call", "chat.history", "--params", '{sessionKey:"main"}'));
  await eventually(async () => (await history()).includes("You said: CANVAS_A2UI action=order_tea"), "it is answered");
  const folder = process.env["MOLTBOT_TEST_SCREENSHOTS"];
  if (folder) {
    await page.screenshot({ path: join(folder, "web-node-form.png") });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(folder, "web-node-form-phone.png") });
  }
  expect(node.incidents).toEqual([]);
});

inChromium("it is there again by itself after the gateway was killed and started, within five seconds", async () => {
  await gateway.kill();
  await eventually(async () => !(await isLive()), "the page notices");
  gateway = await startChild({ stateDir, args: ["--port", port] });
  const startMs = performance.now();
  await eventually(
    async () => (await cli("nodes", "location", "get", nodeId).catch(() => undefined)) !== undefined,
    "it answers",
  );
  expect(performance.now() - startMs).toBeLessThan(5_000);
  expect(existsSync(join(stateDir, "gateway.json"))).toBe(true);
});

inChromium(
  "it is there again within five seconds after it slept, though its connection died without a word",
  async () => {
    await using way = await openWay();
    const { node: sleeper, nodeId: sleeperId } = await becomeNode((url) => url.replace(`:${port}/`, `:${way.port}/`));
    await using _ = sleeper;
    let asked = 0;
    // With little patience: what went into the dead connection has no end but its own limit.
    const ask = () => {
      const params = {
        nodeId: sleeperId,
        command: "location.get",
        timeoutMs: 1_000,
        idempotencyKey: `asked-${asked++}`,
      };
      return cli("call", "node.invoke", "--params", JSON.stringify(params)).catch(() => undefined);
    };
    await eventually(async () => (await ask()) !== undefined, "it answers before it sleeps");
    way.goSilent();
    // No timer and no message of the page runs meanwhile, which is what a sleep is to it.
    await sleeper.page.evaluate(() => {
      const endMs = Date.now() + 6_000;
      while (Date.now() < endMs);
    });
    const wokenMs = performance.now();
    await eventually(async () => (await ask()) !== undefined, "it answers");
    expect(performance.now() - wokenMs).toBeLessThan(5_000);
  },
);
