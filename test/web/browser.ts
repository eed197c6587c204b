/** A headless Chromium for the page's tests. It never leaves this machine: names it does not know lead nowhere. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";

export const hasChromium = existsSync(EXECUTABLE);
/** Below a test's own limit, so that a wait that fails names what it waited for. */
const WAIT_MS = 10_000;
/** A host name that is no loopback address for the browser, so that it is no secure context either. */
export const INSECURE_HOST = "gateway.test";

/** Starts it; `more` are arguments besides the usual ones. */
export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      ...more,
    ],
  });
}

/** A window of its own storage, and everything in it that should not happen. */
export interface Visit extends AsyncDisposable {
  page: Page;
  /** Errors of scripts and of the content policy, dialogs, and requests to other hosts. */
  incidents: string[];
  /** Addresses asked for, with their query. */
  requests: string[];
}

export async function visit(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const incidents: string[] = [];
  const requests: string[] = [];
  watch(page, new URL(address).host, incidents, requests);
  await page.goto(address);
  return { page, incidents, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** Notes on a page what should not happen there. */
export function watch(page: Page, host: string, incidents: string[], requests: string[]): void {
  page.on("pageerror", (error) => incidents.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A lost connection is an error for the browser's console and a state for the page.
    const isLoss = message.text().includes("WebSocket connection to");
    if (message.type() === "error" && !isLoss) incidents.push(`console: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    incidents.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const see = (address: string) => {
    requests.push(address);
    if (new URL(address).host !== host) incidents.push(`request: ${address}`);
  };
  page.on("request", (request) => see(request.url()));
  page.on("websocket", (socket) => see(socket.url()));
}
