/** The pages of the canvas in a real browser: A2UI surfaces, taps, live reload, and what a page answers its frame's owner. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type CanvasRig, openCanvasRig } from "../canvas/harness.ts";
import { hasChromium, openBrowser, type Visit, visit } from "./browser.ts";

setDefaultTimeout(60_000);

if (!hasChromium) {
  console.warn("skipped: the canvas in a browser (apt-get install chromium)");
  test.if(process.env["CI"] === "true")("a browser is there", () => {
    throw new Error("chromium is missing: apt-get install chromium");
  });
}

const fixtures = join(import.meta.dir, "..", "fixtures", "a2ui");
const fixture = (name: string) => readFileSync(join(fixtures, name), "utf8");
const published = join(import.meta.dir, "..", "..", "node_modules", "@a2ui", "web_core", "src");

let browser: Browser;
let rig: CanvasRig;
let address: string;
beforeAll(async () => {
  if (hasChromium) browser = await openBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  rig = await openCanvasRig();
  address = rig.open();
});
afterEach(() => rig[Symbol.asyncDispose]());

const surfacesPage = (): Promise<Visit> => visit(browser, `${address}/__openclaw__/a2ui/`);

/** Pushes as an agent does, and hands the page what the node would get. */
async function push(page: Page, messages: unknown): Promise<unknown> {
  const { messagesToSend, errors } = rig.canvas.push("node-1", messages);
  expect(errors).toEqual([]);
  return await apply(page, messagesToSend);
}

function apply(page: Page, messages: unknown): Promise<unknown> {
  return page.evaluate((list) => (globalThis as unknown as PageGlobals).openclawA2UI.applyMessages(list), messages);
}

interface PageGlobals {
  openclawA2UI: { applyMessages(list: unknown): unknown; reset(): unknown; getSurfaces(): string[] };
  heard: {
    type?: string;
    id?: unknown;
    payload?: unknown;
    ok?: boolean;
    result?: unknown;
    error?: string;
    page?: string;
  }[];
  taps: unknown[];
}

/** What did not work, apart from pictures and sounds that are not there. */
const troubles = ({ incidents }: Visit) =>
  incidents.filter(
    (one) => !/^request: https:|Failed to load resource: (net::|the server responded with a status of 404)/.test(one),
  );

describe.if(hasChromium)("the A2UI page", () => {
  test("says that it is empty, and offers itself under the names that apps know", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    const names = await page.evaluate(() => {
      const all = globalThis as unknown as Record<string, Record<string, unknown>>;
      const kinds = (value: object | undefined) =>
        Object.entries(value ?? {}).map(([key, one]) => `${key} ${typeof one}`);
      return {
        a2ui: kinds(all["openclawA2UI"]),
        open: kinds(all["OpenClaw"]),
        alias: [typeof all["openclawSendUserAction"], typeof all["openclawPostMessage"]],
      };
    });
    expect(names).toEqual({
      a2ui: ["applyMessages function", "reset function", "getSurfaces function"],
      open: ["postMessage function", "sendUserAction function"],
      alias: ["function", "function"],
    });
    expect(await page.evaluate("document.querySelector('#surfaces').classList.contains('empty')")).toBe(true);
    expect(await page.evaluate("origin")).toBe("null");
    expect(troubles(visited)).toEqual([]);
  });

  test("draws every component of v0.9, and what is typed goes with the tap", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    expect(await push(page, fixture("v0.9-components.json"))).toEqual({ ok: true, surfaces: ["trip"] });
    const taps = await hearTaps(page);
    await page.getByRole("heading", { name: "Weekend in Trieste" }).waitFor();
    await page.getByText("Nothing", { exact: true }).waitFor();
    await page.getByText("4 stars, €129.00 a night").waitFor();
    await page.getByAltText("A green square").waitFor();
    expect(await page.locator("canvas-icon svg path").count()).toBeGreaterThan(3);
    expect(await page.getByText("Please tell your name.").isVisible()).toBe(false);
    await page.getByLabel("Name").focus();
    await page.getByLabel("Wishes").focus();
    await page.getByText("Please tell your name.").waitFor();
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Guests").fill("4");
    await page.getByLabel("With breakfast").uncheck();
    await page.getByRole("button", { name: "Roof" }).click();
    await page.getByRole("button", { name: "Listen" }).click();
    await page.locator("audio").waitFor();
    await page.getByRole("button", { name: "Watch" }).click();
    await page.locator("video").waitFor();
    await page.getByRole("button", { name: "How does it work?" }).click();
    await page.getByRole("dialog").getByText("You choose").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Ask for a room" }).click();
    await page.getByRole("button", { name: "Sights" }).click();
    await page.getByRole("button", { name: "More" }).nth(1).click();
    const all = (await taps()) as { userAction: Record<string, unknown> }[];
    const [help, book, sight] = all.map(({ userAction }) => userAction);
    expect(help).toMatchObject({ name: "help_opened", surfaceId: "trip", sourceComponentId: "help-button" });
    expect(book).toMatchObject({
      name: "book",
      sourceComponentId: "book",
      context: {
        name: "Ada",
        guests: 4,
        room: ["roof"],
        dataModel: { form: { name: "Ada", breakfast: false, guests: 4 } },
      },
    });
    expect(sight).toMatchObject({ name: "show_sight", context: { name: "Molo Audace" } });
    expect(rig.canvas.act({ nodeId: "node-1", connectionId: "connection-1" }, all[1]).isAccepted).toBe(true);
    expect(troubles(visited)).toEqual([]);
  });

  test("draws every component of v0.8 in the same words, with the agent's own ids", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    expect(await push(page, fixture("v0.8-components.json"))).toEqual({ ok: true, surfaces: ["trip"] });
    const taps = await hearTaps(page);
    await page.getByRole("heading", { name: "Weekend in Trieste" }).waitFor();
    await page.getByText("Hotel Miramare").waitFor();
    expect(await page.getByLabel("Name").inputValue()).toBe("Ada");
    expect(await page.getByLabel("Born").getAttribute("type")).toBe("date");
    expect(await page.getByLabel("With breakfast").isChecked()).toBe(true);
    await page.getByLabel("With breakfast").uncheck();
    expect(await page.getByLabel("With breakfast").isChecked()).toBe(false);
    await page.getByLabel("Wishes").fill("Quiet");
    await page.getByRole("button", { name: "Court" }).click();
    await page.getByRole("button", { name: "More" }).nth(1).click();
    await page.getByRole("button", { name: "Ask for a room" }).click();
    await page.getByRole("button", { name: "How does it work?" }).click();
    await page.getByRole("dialog").getByText("You choose").waitFor();
    const actions = ((await taps()) as { userAction: Record<string, unknown> }[]).map(({ userAction }) => userAction);
    expect(actions.map(({ name, sourceComponentId, context }) => ({ name, sourceComponentId, context }))).toEqual([
      { name: "show_sight", sourceComponentId: "sight-more", context: { name: "Molo Audace" } },
      {
        name: "book",
        sourceComponentId: "book",
        context: { name: "Ada", guests: 2, rooms: ["court"], hotel: "miramare" },
      },
      { name: "help_opened", sourceComponentId: "help-button", context: {} },
    ]);
    // The component that the agent called root is not the root here.
    for (const userAction of actions)
      expect(rig.canvas.act({ nodeId: "node-1", connectionId: "connection-1" }, { userAction }).isAccepted).toBe(true);
    expect(troubles(visited)).toEqual([]);
  });

  test("runs every function of the catalog", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    await push(page, fixture("v0.9-functions.json"));
    for (const text of ["Hello Ada", "1,234.6", "€19.50", "2026-02-03", "several things"])
      await page.getByText(text, { exact: true }).waitFor();
    for (const name of ["required", "regex", "length", "numeric", "email", "and", "or", "not"]) {
      const field = page.getByLabel(name, { exact: true });
      await field.focus();
      await field.blur();
      await page.getByText(`${name} says no`).waitFor();
    }
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Open the page" }).click();
    await (await opened).close();
    expect(troubles(visited)).toEqual([]);
  });

  test("draws v1.0, and all versions side by side", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    for (const name of ["v1.0-inline.json", "v0.8-steps.jsonl", "v0.9-functions.json"]) await push(page, fixture(name));
    await page.getByRole("heading", { name: "Today" }).waitFor();
    await page.getByText("Call the dentist").waitFor();
    await page.getByText("Second").waitFor();
    await page.getByText("Hello Ada").waitFor();
    expect(await page.evaluate("openclawA2UI.getSurfaces()")).toEqual(["todo", "steps", "functions"]);
    expect(await page.evaluate("openclawA2UI.reset()")).toEqual({ ok: true, surfaces: [] });
    expect(await page.locator("#surfaces").textContent()).toBe("");
    expect(troubles(visited)).toEqual([]);
  });

  test.each(["v0_9/basic", "v0_9/minimal", "v1_0/basic"])("draws every published example of %s", async (where) => {
    const [version = "", catalog = ""] = where.split("/");
    const folder = join(published, version, "schemas", "catalogs", catalog, "examples");
    await using visited = await surfacesPage();
    const { page } = visited;
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const { messages } = JSON.parse(readFileSync(join(folder, name), "utf8"));
      const applied = await push(page, messages);
      expect({ name, applied }).toEqual({ name, applied: { ok: true, surfaces: [expect.any(String)] } });
      await page.waitForFunction("document.querySelector('#surfaces').innerText.trim() !== ''");
      const text = (await page.locator("#surfaces").textContent()) ?? "";
      expect({ name, isClean: !/\[object|undefined|unknown component|Loading/.test(text) }).toEqual({
        name,
        isClean: true,
      });
      rig.canvas.reset("node-1");
      await page.evaluate("openclawA2UI.reset()");
    }
    expect(troubles(visited)).toEqual([]);
  });

  test("shows what it showed when it is loaded again, without being told", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    rig.canvas.push("node-1", fixture("v0.8-components.json"));
    rig.canvas.push("node-1", [
      { version: "v0.9", createSurface: { surfaceId: "evil", catalogId: "basic" } },
      {
        version: "v0.9",
        updateComponents: {
          surfaceId: "evil",
          components: [
            { id: "root", component: "Text", text: "</script><script>alert(1)</script><img src=x onerror=alert(2)>" },
          ],
        },
      },
    ]);
    await page.reload();
    await page.getByRole("heading", { name: "Weekend in Trieste" }).waitFor();
    await page.getByText("</script><script>alert(1)</script>").waitFor();
    expect(await page.locator("#surfaces img[src=x], #surfaces script").count()).toBe(0);
    expect(troubles(visited)).toEqual([]);
  });

  test("keeps what somebody is typing while the agent changes the rest", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    await push(page, fixture("v0.9-components.json"));
    const field = page.getByLabel("Wishes");
    await field.focus();
    await page.keyboard.type("A quiet room");
    await page.keyboard.press("ArrowLeft");
    await push(page, [
      { version: "v0.9", updateDataModel: { surfaceId: "trip", path: "/hotel/name", value: "Hotel Duchi" } },
    ]);
    await push(page, [
      {
        version: "v0.9",
        updateComponents: { surfaceId: "trip", components: [{ id: "intro", component: "Text", text: "Almost done." }] },
      },
    ]);
    await page.getByText("Hotel Duchi").waitFor();
    await page.getByText("Almost done.").waitFor();
    await page.keyboard.type("X");
    expect(await field.inputValue()).toBe("A quiet rooXm");
  });

  test("survives what is no message, and goes on", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    for (const messages of [
      [7],
      [null],
      "x",
      [{ createSurface: { surfaceId: "a", catalogId: "none" } }],
      [{ updateComponents: { surfaceId: "none", components: [] } }],
    ]) {
      expect(await apply(page, messages)).toMatchObject({ ok: false, error: expect.any(String) });
    }
    expect(await push(page, fixture("v0.8-steps.jsonl"))).toEqual({ ok: true, surfaces: ["steps"] });
    await page.getByText("Second").waitFor();
  });

  test("opens no window because a screen was drawn", async () => {
    await using visited = await surfacesPage();
    const { page } = visited;
    let popups = 0;
    page.on("popup", () => popups++);
    const call = { call: "openUrl", args: { url: "https://example.org/" }, returnType: "string" };
    await push(page, [
      { version: "v0.9", createSurface: { surfaceId: "a", catalogId: "basic" } },
      {
        version: "v0.9",
        updateComponents: {
          surfaceId: "a",
          components: [
            { id: "root", component: "Column", children: ["a", "b"] },
            { id: "a", component: "Text", text: call },
            { id: "b", component: "Text", text: "Drawn" },
          ],
        },
      },
    ]);
    await page.getByText("Drawn").waitFor();
    expect(popups).toBe(0);
  });
});

describe.if(hasChromium)("taps reach whoever shows the page", () => {
  const press = async (page: Page) => {
    await push(page, fixture("v0.9-components.json"));
    await page.getByRole("button", { name: "Ask for a room" }).click();
  };

  test.each<[title: string, script: string, isText: boolean]>([
    [
      "an app of Apple's",
      "globalThis.taps=[]; globalThis.webkit={messageHandlers:{openclawCanvasA2UIAction:{postMessage:(m)=>taps.push(m)}}}",
      false,
    ],
    [
      "an app of Android",
      "globalThis.taps=[]; globalThis.openclawCanvasA2UIAction={postMessage:(m)=>taps.push(m)}",
      true,
    ],
  ])("%s", async (_title, script, isText) => {
    await using visited = await visit(browser, "about:blank");
    const { page } = visited;
    await page.addInitScript(script);
    await page.goto(`${address}/__openclaw__/a2ui/?platform=any`);
    await press(page);
    const [tap] = (await page.evaluate("taps")) as unknown[];
    expect(typeof tap === "string").toBe(isText);
    const { userAction } = (typeof tap === "string" ? JSON.parse(tap) : tap) as { userAction: Record<string, unknown> };
    expect(userAction).toMatchObject({ name: "book", surfaceId: "trip", sourceComponentId: "book" });
    expect(userAction["id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Date(`${userAction["timestamp"]}`).getTime()).toBeGreaterThan(0);
    const status = page.getByRole("status");
    expect(await status.textContent()).toBe("Sending…");
    const tell = (detail: object) =>
      page.evaluate(
        (given) => dispatchEvent(new CustomEvent("openclaw:a2ui-action-status", { detail: given })),
        detail,
      );
    await tell({ id: "another", ok: false, error: "Not this one." });
    expect(await status.textContent()).toBe("Sending…");
    await tell({ id: userAction["id"], ok: false, error: "The gateway is away." });
    expect(await status.textContent()).toBe("The gateway is away.");
  });

  test("nobody: the page says so", async () => {
    await using visited = await surfacesPage();
    await press(visited.page);
    expect(await visited.page.getByRole("status").textContent()).toBe("Nobody is connected to this page.");
  });

  test("a page around the frame, which answers, and hears about nothing else", async () => {
    await using host = await openHost();
    const { page, frame, ask, heard } = await host.show(`${address}/__openclaw__/a2ui/`);
    expect(await heard(({ type }) => type === "openclaw:canvas-ready")).toMatchObject({ page: "a2ui" });
    const { messagesToSend } = rig.canvas.push("node-1", fixture("v0.9-components.json"));
    expect(await ask({ applyMessages: messagesToSend })).toMatchObject({
      ok: true,
      result: { ok: true, surfaces: ["trip"] },
    });
    expect(await ask({ getSurfaces: true })).toMatchObject({ ok: true, result: ["trip"] });
    await frame.getByRole("button", { name: "Ask for a room" }).click();
    const { payload } = await heard(({ type }) => type === "openclaw:a2ui-action");
    expect(payload).toMatchObject({ userAction: { name: "book", surfaceId: "trip" } });
    const { id } = (payload as { userAction: { id: string } }).userAction;
    await page.evaluate(
      (given) =>
        document.querySelector("iframe")?.contentWindow?.postMessage({ actionStatus: { id: given, ok: true } }, "*"),
      id,
    );
    await frame.getByRole("status").getByText("Sent.").waitFor();
    expect(await ask({ js: "1 + 1" })).toMatchObject({ ok: false, error: expect.stringContaining("runs no script") });
    expect(await ask({ reset: true })).toMatchObject({ ok: true, result: { surfaces: [] } });
  });
});

describe.if(hasChromium)("a page that an agent wrote", () => {
  const html = `<!doctype html><html><head><style>body{margin:0;background:rgb(0,128,0)} .box{width:200px;height:100px;background:rgb(255,0,0)}</style></head>
    <body><div class="box"></div><p>Hello</p><script>globalThis.answer = { a: [1, 2] };</script></body></html>`;

  test("is loaded again when it changes, without being asked", async () => {
    await rig.write("page.html", html);
    await using visited = await visit(browser, `${address}/__openclaw__/canvas/page.html`);
    const { page } = visited;
    await page.getByText("Hello").waitFor();
    await page.waitForFunction("document.readyState === 'complete'");
    // The socket is open when the host knows of it.
    await followed(rig);
    await rig.write("page.html", html.replace("Hello", "Good evening"));
    await rig.clock.waitsFor(75);
    rig.clock.advance(75);
    await page.getByText("Good evening").waitFor();
    expect(troubles(visited)).toEqual([]);
  });

  test("loads what lies beside it, modules and data too, and nothing above the canvas", async () => {
    await rig.write("app/data.json", '{"word":"beside"}');
    await rig.write("app/part.js", "export const part = 'module';");
    await rig.write(
      "app/main.js",
      "import { part } from './part.js'; const data = await (await fetch('data.json')).json(); document.body.append(part + ' ' + data.word);",
    );
    await rig.write("app/index.html", '<body><script type="module" src="main.js"></script></body>');
    await using visited = await visit(browser, `${address}/__openclaw__/canvas/app/`);
    await visited.page.getByText("module beside").waitFor();
    expect(troubles(visited)).toEqual([]);
  });

  test("gives values of script: text as it is, objects as JSON, promises when they are kept, errors as such", async () => {
    await rig.write("page.html", html);
    await using host = await openHost();
    const { ask, heard } = await host.show(`${address}/__openclaw__/canvas/page.html`);
    expect(await heard(({ type }) => type === "openclaw:canvas-ready")).toMatchObject({ page: "canvas" });
    for (const [js, result] of [
      ["document.querySelector('p').textContent", "Hello"],
      ["answer", '{"a":[1,2]}'],
      ["1 + 1", "2"],
      ["undefined", ""],
      ["null", "null"],
      ["let x = 2; x * 21", "42"],
      ["Promise.resolve('later')", "later"],
      ["(async () => ({ done: true }))()", '{"done":true}'],
      ["origin", "null"],
    ])
      expect(await ask({ js })).toMatchObject({ ok: true, result });
    expect(await ask({ js: "throw new TypeError('no')" })).toMatchObject({ ok: false, error: "TypeError: no" });
    expect(await ask({ js: "this is no script" })).toMatchObject({
      ok: false,
      error: expect.stringContaining("SyntaxError"),
    });
    expect(await ask({ js: "'x'.repeat(30000000)" })).toMatchObject({ ok: false, error: "the answer is too large" });
  });

  test("gives pictures of itself, with its colours, in the format and width that are asked for", async () => {
    await rig.write("page.html", html);
    await using host = await openHost();
    const { ask, heard, page } = await host.show(`${address}/__openclaw__/canvas/page.html`);
    await heard(({ type }) => type === "openclaw:canvas-ready");
    const take = async (snapshot: object) => (await ask({ snapshot })).result as Picture;
    const png = await take({ format: "png" });
    expect(Buffer.from(png.base64, "base64").subarray(0, 4).toString("hex")).toBe("89504e47");
    expect([png.format, png.width, png.height]).toEqual(["png", 400, 300]);
    expect(
      await pixels(page, png, [
        [20, 20],
        [350, 20],
        [20, 250],
      ]),
    ).toEqual([
      [255, 0, 0],
      [0, 128, 0],
      [0, 128, 0],
    ]);
    const jpeg = await take({ format: "jpeg", maxWidth: 100, quality: 0.5 });
    expect(Buffer.from(jpeg.base64, "base64").subarray(0, 2).toString("hex")).toBe("ffd8");
    expect([jpeg.format, jpeg.width, jpeg.height]).toEqual(["jpeg", 100, 75]);
    expect(jpeg.base64.length).toBeLessThan(png.base64.length);
  });

  test("is drawn as it is scrolled, with pictures, inputs and shadows, and passwords hidden", async () => {
    const green =
      "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='50' height='50'><rect width='50' height='50' fill='lime'/></svg>";
    await rig.write(
      "rich.html",
      `<style>body{margin:0} .tall{height:2000px;background:rgb(0,0,255)} #x::before{content:"";}</style>
      <div class="tall"></div><div style="display:flex;height:120px;background:white"><img width="50" height="50" src="${green}">
      <input style="width:60px" value="typed"><input style="width:60px" type="password" value="secret"><x-shadow></x-shadow></div>
      <script>document.querySelector("x-shadow").attachShadow({mode:"open"}).innerHTML = "<div style='width:40px;height:40px;background:rgb(255,0,255)'></div>"; onload = () => scrollTo(0, 2000);</script>`,
    );
    await using host = await openHost();
    const { ask, heard, page } = await host.show(`${address}/__openclaw__/canvas/rich.html`);
    await heard(({ type }) => type === "openclaw:canvas-ready");
    await ask({ js: "scrollTo(0, 5000); scrollY" });
    const { result } = await ask({
      js: "const r = (s) => { const b = document.querySelector(s).getBoundingClientRect(); return [Math.round(b.x + b.width / 2), Math.round(b.y + 10)]; }; ({ img: r('img'), shadow: r('x-shadow'), top: [10, 10] })",
    });
    const { img, shadow, top } = JSON.parse(`${result}`) as Record<"img" | "shadow" | "top", [number, number]>;
    const png = (await ask({ snapshot: { format: "png" } })).result as Picture;
    expect(await pixels(page, png, [img, shadow, top])).toEqual([
      [0, 255, 0],
      [255, 0, 255],
      [0, 0, 255],
    ]);
  });

  test("answers the page around it only", async () => {
    await rig.write("page.html", html);
    await rig.write(
      "inner.html",
      "<script>addEventListener('message', (event) => parent.postMessage({ type: 'leak', data: event.data }, '*')); parent.postMessage({ id: 1, js: 'answer' }, '*');</script>",
    );
    await using host = await openHost();
    const { ask, heard } = await host.show(`${address}/__openclaw__/canvas/page.html`);
    await heard(({ type }) => type === "openclaw:canvas-ready");
    const inner = `${new URL(address).pathname}/__openclaw__/canvas/inner.html`;
    await ask({
      js: `const frame = document.createElement("iframe"); frame.src = "${inner}"; document.body.append(frame); new Promise((done) => { frame.onload = () => done("loaded"); })`,
    });
    await ask({ js: "new Promise((done) => setTimeout(done, 100))" });
    expect(await ask({ js: "1" })).toMatchObject({ result: "1" });
    expect((await host.heardAll()).filter(({ type }) => type === "leak")).toEqual([]);
  });
});

interface Picture {
  format: string;
  base64: string;
  width: number;
  height: number;
}

/** Colours of a picture at some places of its page. */
function pixels(page: Page, picture: Picture, places: [number, number][]): Promise<number[][]> {
  return page.evaluate(
    async ({ picture: { format, base64 }, places: at }) => {
      const image = new Image();
      image.src = `data:image/${format};base64,${base64}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext("2d");
      context?.drawImage(image, 0, 0);
      return at.map(([x, y]) => [...(context?.getImageData(x, y, 1, 1).data ?? [])].slice(0, 3));
    },
    { picture, places },
  );
}

/** Collects what the page tells its host, as an app does. Gives the taps so far. */
async function hearTaps(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(() => {
    const taps: unknown[] = [];
    Object.assign(globalThis, {
      taps,
      openclawCanvasA2UIAction: { postMessage: (tap: string) => taps.push(JSON.parse(tap)) },
    });
  });
  return () => page.evaluate("taps");
}

/** Waits until a page has opened its reload socket. */
async function followed(canvas: CanvasRig): Promise<void> {
  while (canvas.canvas.host.openPages === 0) await new Promise((resolve) => setImmediate(resolve));
}

/** A page of another origin with one frame, as the web node's. */
async function openHost() {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      new Response(
        `<!doctype html><body style="margin:0"><iframe style="border:0;width:400px;height:300px" sandbox="allow-scripts allow-forms allow-popups"></iframe><script>
          const heard = []; const frame = document.querySelector("iframe");
          addEventListener("message", (event) => { if (event.source === frame.contentWindow) heard.push(event.data); });
          frame.src = ${JSON.stringify(new URL(url).searchParams.get("show"))};
        </script></body>`,
        { headers: { "content-type": "text/html" } },
      ),
  });
  const page = await browser.newPage({ deviceScaleFactor: 1 });
  page.setDefaultTimeout(10_000);
  let count = 0;
  type Heard = PageGlobals["heard"][number];
  const heardAll = (): Promise<Heard[]> => page.evaluate("heard");
  const heard = async (isMeant: (message: Heard) => boolean): Promise<Heard> => {
    for (let seen = 0; ; ) {
      const all = await heardAll();
      const found = all.find(isMeant);
      if (found) return found;
      seen = all.length;
      await page.waitForFunction(`heard.length > ${seen}`);
    }
  };
  const ask = async (question: object): Promise<Heard> => {
    const id = ++count;
    await page.evaluate((message) => document.querySelector("iframe")?.contentWindow?.postMessage(message, "*"), {
      id,
      ...question,
    });
    return await heard((message) => message.type === "openclaw:canvas-answer" && message.id === id);
  };
  return {
    heardAll,
    async show(address: string) {
      await page.goto(`http://127.0.0.1:${server.port}/?show=${encodeURIComponent(address)}`);
      return { page, frame: page.frameLocator("iframe"), ask, heard };
    },
    async [Symbol.asyncDispose]() {
      await page.close();
      await server.stop(true);
    },
  };
}
