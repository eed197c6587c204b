/**
 * A browser without a window, through the runtime's own view of one (`Bun.WebView`). It reaches the gateway and nothing
 * else, because what it shows was written by agents. One browser per process: the first view decides how it is started.
 */
import { findOnPath } from "./which.ts";

/** What shows pages here. */
export interface Browser {
  /** The program. */
  path: string;
  /** Off only where its owner says so: as root it would not start otherwise. */
  isSandboxed: boolean;
}

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const macPaths = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

/** The browser of a host; undefined when none is installed. */
export function findBrowser(platform: string, path: string): string | undefined {
  const onMac = platform === "darwin" ? macPaths.find((one) => Bun.file(one).size > 0) : undefined;
  return onMac ?? names.map((name) => findOnPath(name, path)).find((found) => found !== undefined);
}

/** Opens a view that reaches the server of this address only: no other host, and no other port of it (threats T20). */
export function openView(browser: Browser, address: string): Bun.WebView {
  const { protocol, hostname, port } = new URL(address);
  const server = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  return new Bun.WebView({
    backend: {
      type: "chrome",
      path: browser.path,
      argv: [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        `--host-resolver-rules=MAP ${server} ${server}, MAP * ~NOTFOUND`,
        ...(browser.isSandboxed ? [] : ["--no-sandbox"]),
      ],
      url: false,
      stdout: "ignore",
      stderr: "ignore",
    },
  });
}

/** Ends the browser; the next view starts it again. */
export function closeBrowser(): void {
  Bun.WebView.closeAll();
}
