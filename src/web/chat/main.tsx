/** Starts the WebChat page: takes the token out of the address, opens this browser's identity, shows the chat. */
import { render } from "preact";
import { Chat } from "./chat.ts";
import { memoryShelf, openCredentials, type Shelf, tokenInFragment } from "./credentials.ts";
import { openIdentity } from "./identity.ts";
import { browserClock, browserIds } from "./platform.ts";
import { App } from "./view/app.tsx";

/** Put in by the build. */
declare const PAGE_VERSION: string;

const LAST_SESSION = "moltbot.lastSession";

/** Reads `#token=…` and removes it from the address bar and the history before anything else can see it. */
function takeToken(): string | undefined {
  const token = tokenInFragment(location.hash);
  if (token !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** A storage area, or memory where the browser refuses. */
function shelf(open: () => Storage): Shelf {
  try {
    const storage = open();
    storage.getItem(LAST_SESSION);
    return storage;
  } catch (error) {
    console.info("storage is not usable here; this visit will be forgotten", error);
    return memoryShelf();
  }
}

async function start(root: HTMLElement): Promise<void> {
  const token = takeToken();
  const browser = shelf(() => localStorage);
  const credentials = openCredentials(location.origin, { tab: shelf(() => sessionStorage), browser });
  if (token !== undefined) credentials.keepSharedToken(token);
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
  const chat = new Chat({
    identity: await openIdentity(browser),
    credentials,
    clock: browserClock,
    ids: browserIds,
    openSocket: () => new WebSocket(address),
    version: PAGE_VERSION,
    instanceId: browserIds.uuid(),
    locale: navigator.language,
    lastSession: {
      read: () => browser.getItem(LAST_SESSION) ?? undefined,
      keep: (key) => browser.setItem(LAST_SESSION, key),
    },
  });
  addEventListener("hashchange", () => {
    const pasted = takeToken();
    if (pasted !== undefined) chat.useToken(pasted);
  });
  const comeBack = () => {
    if (chat.state.connection.kind === "waiting" && !document.hidden) chat.retryNow();
  };
  addEventListener("online", comeBack);
  document.addEventListener("visibilitychange", comeBack);
  addEventListener("pagehide", () => chat.stop());
  // Back from the browser's page cache: the connection was closed on the way out.
  addEventListener("pageshow", () => chat.retryNow());
  chat.start();
  render(<App chat={chat} />, root);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
