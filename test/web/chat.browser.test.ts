/** The real page in a real browser: at a real gateway, and at a stand-in where a state is hard to bring about. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { connectGateway } from "../../src/client/connect.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { Secret } from "../../src/lib/secret.ts";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { hasChromium, INSECURE_HOST, openBrowser, type Visit, visit, watch } from "./browser.ts";
import { MAIN, StandIn } from "./stand-in-gateway.ts";

setDefaultTimeout(30_000);

if (!hasChromium) {
  console.warn("skipped: the page in a browser (apt-get install chromium)");
  test.if(process.env["CI"] === "true")("a browser is there", () => {
    throw new Error("chromium is missing: apt-get install chromium");
  });
}

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await openBrowser();
});
afterAll(() => browser?.close());

const status = (page: Page, text: string) => page.locator(".status", { hasText: text }).waitFor();
const say = async (page: Page, text: string) => {
  await page.getByLabel("Message").fill(text);
  await page.keyboard.press("Enter");
};
const answer = (page: Page, text: string) => page.locator(".turn", { hasText: text }).first().waitFor();

describe.if(hasChromium)("at a gateway", () => {
  let model: ModelStandin;
  let gateway: TestGateway;
  const config = (url: string, more = {}) => ({
    models: { providers: { mock: { baseUrl: url, apiKey: "k", api: "openai-completions", models: [{ id: "m1" }] } } },
    agents: { defaults: { model: { primary: "mock/m1" } } },
    ...more,
  });
  const open = (hash = `#token=${gateway.token}`): Promise<Visit> => visit(browser, gateway.pageUrl + hash);

  beforeAll(async () => {
    model = await startModelStandin();
    gateway = await startGateway({ config: config(model.url) });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    expect(gateway.badResults).toEqual([]);
  });

  test("a link with the token signs in, and the token is gone from the address and was never asked for", async () => {
    await using visited = await open();
    const { page, requests, incidents } = visited;
    await status(page, "Connected");
    expect(page.url()).toBe(gateway.pageUrl);
    expect(await page.evaluate(() => history.length)).toBe(2); // about:blank and the page: no entry with the token
    expect(requests.filter((address) => address.includes(gateway.token))).toEqual([]);
    const kept = await page.evaluate((token) => {
      const holds = (storage: Storage) => Object.values({ ...storage }).includes(token);
      return { tab: holds(sessionStorage), browser: holds(localStorage) };
    }, gateway.token);
    expect(kept).toEqual({ tab: true, browser: false });
    expect(incidents).toEqual([]);
  });

  test("a visit later the device token is enough", async () => {
    await using visited = await open();
    const { page } = visited;
    await status(page, "Connected");
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await status(page, "Connected");
    expect(await page.evaluate(() => Object.keys(localStorage).some((name) => name.includes("deviceSeed")))).toBe(
      false,
    );
  });

  test("without a token it asks, explains a wrong one, and lets in with the right one", async () => {
    await using visited = await open("");
    const { page } = visited;
    await page.getByRole("heading", { name: "Sign in to your gateway" }).waitFor();
    await page.getByLabel("Gateway token or password").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "That token is not the right one" }).waitFor();
    await page.getByLabel("Gateway token or password").fill(gateway.token);
    await page.getByRole("button", { name: "Connect" }).click();
    await status(page, "Connected");
  });

  test("a message is answered, and is still there after a reload and in another window", async () => {
    await using visited = await open();
    const { page, incidents } = visited;
    await page.getByLabel("Message").waitFor();
    await say(page, "**hello** you");
    await answer(page, "You said: hello you");
    expect(await page.locator(".turn strong").last().textContent()).toBe("hello");
    await page.waitForFunction(() => document.querySelector("[data-announcer]")?.textContent?.includes("You said"));
    await page.reload();
    await answer(page, "You said: hello you");
    expect(await page.locator(".user", { hasText: "hello" }).count()).toBe(1);

    const other = await page.context().newPage();
    await other.goto(gateway.pageUrl);
    await answer(other, "You said: hello you");
    await say(other, "from the other window");
    await page.locator(".user", { hasText: "from the other window" }).waitFor();
    await answer(page, "You said: from the other window");
    expect(await other.locator(".user", { hasText: "from the other window" }).count()).toBe(1);
    expect(incidents).toEqual([]);
  });

  test("an answer that is being written can be stopped", async () => {
    await using visited = await open();
    const { page } = visited;
    await page.getByLabel("Message").waitFor();
    await say(page, "slow-reply");
    model.gate.release(3);
    await answer(page, "part0");
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.locator(".turn.is-aborted", { hasText: "part0" }).waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).waitFor({ state: "detached" });
  });

  test("a failed answer says why", async () => {
    await using visited = await open();
    await visited.page.getByLabel("Message").waitFor();
    await say(visited.page, "fail-now");
    await visited.page.locator(".turn.is-error .problem").first().waitFor();
  });

  test("sessions are made and chosen", async () => {
    await using visited = await open();
    const { page } = visited;
    await page.getByLabel("Message").waitFor();
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
    await say(page, "only here");
    await answer(page, "You said: only here");
    await page.locator(".session-item", { hasText: "Main" }).first().click();
    await page.locator(".user", { hasText: "only here" }).waitFor({ state: "detached" });
  });

  test("whatever people and models write stays text", async () => {
    await using visited = await open();
    const { page, incidents } = visited;
    await page.getByLabel("Message").waitFor();
    const attacks = [
      "<img src=x onerror=alert(1)><script>alert(2)</script>",
      "[click](javascript:alert(3)) [data](data:text/html,<script>alert(4)</script>) <svg/onload=alert(5)>",
      "![x](https://evil.example/pixel.png) <iframe src=https://evil.example></iframe>",
    ];
    for (const attack of attacks) await say(page, attack);
    await answer(page, "<iframe src=https://evil.example>");
    await page.waitForFunction(() => document.querySelector(".is-waiting, .is-streaming") === null);
    const risky =
      "#app img, #app script, #app iframe, #app svg[onload], #app a:not([href^='https://']), #app [style*=url]";
    expect(await page.locator(risky).count()).toBe(0);
    expect(await page.locator(".user", { hasText: "<img src=x onerror" }).count()).toBe(1);
    expect(incidents).toEqual([]);
  });

  test("an address in the query is not connected to, and a token there is not read", async () => {
    let reached = 0;
    using evil = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch() {
        reached += 1;
        return new Response();
      },
    });
    const query = `?gatewayUrl=ws://127.0.0.1:${evil.port}&token=${gateway.token}&session=x#gatewayUrl=ws://127.0.0.1:${evil.port}`;
    await using visited = await visit(browser, gateway.pageUrl + query);
    await visited.page.getByRole("heading", { name: "Sign in to your gateway" }).waitFor();
    expect(reached).toBe(0);
  });

  test("no other site can frame the page", async () => {
    using frame = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        new Response(`<iframe src="${gateway.pageUrl}"></iframe>`, { headers: { "content-type": "text/html" } }),
    });
    const context = await browser.newContext();
    const page = await context.newPage();
    const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
    await page.goto(`${frame.url}`);
    await refused;
    await context.close();
  });

  test("a restart is waited for and survived", async () => {
    const first = await startGateway({ config: config(model.url) });
    const { stateDir, app } = first;
    await using visited = await visit(browser, `${first.pageUrl}#token=${first.token}`);
    const { page } = visited;
    await status(page, "Connected");
    await say(page, "before");
    await answer(page, "You said: before");
    await first.stop();
    await page.locator(".banner", { hasText: "restarting" }).waitFor();
    await using _again = await startGateway({ stateDir, overrides: { port: app.port } });
    await status(page, "Connected");
    await say(page, "after");
    await answer(page, "You said: after");
    expect(await page.locator(".user").count()).toBe(2);
  });

  test("where approval is asked for, the page shows the request and goes on when it is approved", async () => {
    await using strict = await startGateway({
      config: config(model.url, { gateway: { pairing: { autoApproveLocal: false } } }),
    });
    await using visited = await visit(browser, `${strict.pageUrl}#token=${strict.token}`);
    const { page } = visited;
    await page.getByRole("heading", { name: "Approve this browser" }).waitFor();
    const command = (await page.locator(".command code").textContent()) ?? "";
    const requestId = /^moltbot devices approve (\S+)$/.exec(command)?.[1];
    expect(requestId).toBeDefined();
    await using owner = await connectGateway({
      url: strict.url,
      auth: { token: new Secret(strict.token) },
      scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
      client: { version: "1", platform: "linux" },
      clock: systemClock,
      ids: systemIds,
    });
    await owner.request("device.pair.approve", { requestId });
    await status(page, "Connected");
  });
});

describe.if(hasChromium)("at a stand-in", () => {
  test("over plain http without WebCrypto the page still proves its device, and stays the same one", async () => {
    using standIn = new StandIn({ token: "right" });
    const address = standIn.url.replace("127.0.0.1", INSECURE_HOST);
    await using visited = await visit(browser, `${address}#token=right`);
    const { page, incidents } = visited;
    await status(page, "Connected");
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await page.reload();
    await status(page, "Connected");
    const devices = standIn.requests.flatMap(({ method, params }) => (method === "connect" ? [params["device"]] : []));
    expect(devices).toHaveLength(2);
    expect((devices[0] as { id: string }).id).toBe((devices[1] as { id: string }).id);
    // The browser notes that this header counts on trustworthy origins only.
    expect(incidents.filter((incident) => !incident.includes("Cross-Origin-Opener-Policy"))).toEqual([]);
  });

  test("two windows of one browser agree on one device", async () => {
    using standIn = new StandIn();
    const context = await browser.newContext();
    const open = async () => {
      const page = await context.newPage();
      watch(page, new URL(standIn.url).host, [], []);
      await page.goto(standIn.url);
      await status(page, "Connected");
    };
    await Promise.all([open(), open(), open()]);
    const ids = standIn.requests.flatMap(({ method, params }) =>
      method === "connect" ? [(params["device"] as { id: string }).id] : [],
    );
    expect(new Set(ids).size).toBe(1);
    await context.close();
  });

  test("the conversation follows new text only while one reads its end", async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      role: "user",
      content: `line ${index}`,
      idempotencyKey: `k${index}`,
    }));
    using standIn = new StandIn({ messages: () => rows });
    await using visited = await visit(browser, standIn.url);
    const { page } = visited;
    const fromEnd = () =>
      page
        .locator(".transcript")
        .evaluate((element) => Math.round(element.scrollHeight - element.scrollTop - element.clientHeight));
    await page.locator(".user", { hasText: "line 39" }).waitFor();
    expect(await fromEnd()).toBeLessThan(2);
    const long = (count: number) => Array.from({ length: count }, (_, index) => `paragraph ${index}`).join("\n\n");
    standIn.chat("r1", "delta", long(30));
    await answer(page, "paragraph 29");
    expect(await fromEnd()).toBeLessThan(2);
    await page.locator(".transcript").evaluate((element) => element.scrollTo(0, 100));
    await page.getByRole("button", { name: "Latest" }).waitFor();
    standIn.chat("r1", "delta", long(60));
    await answer(page, "paragraph 59");
    expect(await page.locator(".transcript").evaluate((element) => element.scrollTop)).toBe(100);
    await page.getByRole("button", { name: "Latest" }).click();
    await page.getByRole("button", { name: "Latest" }).waitFor({ state: "detached" });
    expect(await fromEnd()).toBeLessThan(2);
  });

  test("a tool call is one line that opens, and a failed message can be sent again", async () => {
    let isFull = true;
    using standIn = new StandIn({
      methods: {
        "chat.send": () => {
          if (isFull) throw { code: "UNAVAILABLE", message: "the lane is full" };
          return { status: "started" };
        },
      },
    });
    await using visited = await visit(browser, standIn.url);
    const { page } = visited;
    await status(page, "Connected");
    await say(page, "try");
    await page.getByText("Not sent: the lane is full.").waitFor();
    isFull = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".user.is-sent", { hasText: "try" }).waitFor();
    const sent = standIn.requests
      .filter(({ method }) => method === "chat.send")
      .map(({ params }) => params["idempotencyKey"]);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(sent[1]);
    standIn.tool(`${sent[0]}`, { phase: "start", name: "exec", toolCallId: "t", args: { command: "ls -l" } });
    standIn.tool(`${sent[0]}`, {
      phase: "result",
      name: "exec",
      toolCallId: "t",
      result: { content: [{ type: "text", text: "a\nb" }] },
    });
    await page.locator(".tool summary", { hasText: "ls -l" }).click();
    await page.getByText("a\nb").waitFor();
  });

  test("code can be copied", async () => {
    using standIn = new StandIn({ messages: () => [{ role: "assistant", content: "```sh\nls -l\n```" }] });
    await using visited = await visit(browser, standIn.url, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = visited;
    await page.locator(".code").getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("ls -l");
  });

  test("Shift+Enter starts a line, Enter sends, and everything is reached by keyboard", async () => {
    using standIn = new StandIn();
    await using visited = await visit(browser, standIn.url);
    const { page } = visited;
    await status(page, "Connected");
    await page.getByLabel("Message").waitFor();
    await page.keyboard.type("one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two");
    await page.keyboard.press("Enter");
    await standIn.received("chat.send");
    expect(standIn.requests.findLast(({ method }) => method === "chat.send")?.params["message"]).toBe("one\ntwo");
    await page.getByRole("button", { name: "New session" }).focus();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("session-item");
  });

  test.each([
    ["a phone", { width: 390, height: 844 }],
    ["a desktop", { width: 1280, height: 800 }],
  ])("on %s nothing is wider than the screen", async (_name, viewport) => {
    const wide = [
      "# Title",
      "x".repeat(300),
      `\`${"y".repeat(300)}\``,
      `\`\`\`\n${"z".repeat(300)}\n\`\`\``,
      `| a | b |\n|-|-|\n| ${"w ".repeat(200)} | c |`,
    ];
    using standIn = new StandIn({
      messages: () => [
        { role: "user", content: "u".repeat(300) },
        { role: "assistant", content: wide.join("\n\n") },
      ],
    });
    await using visited = await visit(browser, standIn.url, { viewport });
    const { page } = visited;
    await page.locator("table").waitFor();
    const tooWide = await page.evaluate(() => {
      const isOver = (element: Element) => element.scrollWidth > element.clientWidth + 1;
      return [document.documentElement, ...document.querySelectorAll(".transcript, .bubble, .entry")].filter(isOver)
        .length;
    });
    expect(tooWide).toBe(0);
  });

  test("on a phone the sessions are a drawer that closes behind a choice", async () => {
    using standIn = new StandIn({
      sessions: () => [
        { key: MAIN, isMain: true },
        { key: "agent:main:other", label: "Other" },
      ],
    });
    await using visited = await visit(browser, standIn.url, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const { page } = visited;
    const other = page.getByRole("button", { name: "Other" });
    await page.getByRole("button", { name: "Open the session list" }).click();
    await other.click();
    await other.waitFor({ state: "hidden" });
    await page.getByRole("heading", { name: "Other" }).waitFor();
  });
});
