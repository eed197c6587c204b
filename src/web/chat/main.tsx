/** Starts the WebChat page: takes the token out of the address, opens this browser's identity, shows the chat. */
import { render } from "preact";
import { openCredentials } from "../shared/credentials.ts";
import { openIdentity } from "../shared/identity.ts";
import { openShelf, socketAddress, takeSecret, watchLife } from "../shared/page.ts";
import { browserClock, browserIds } from "../shared/platform.ts";
import { Chat } from "./chat.ts";
import { App } from "./view/app.tsx";

/** Put in by the build. */
declare const PAGE_VERSION: string;

const LAST_SESSION = "moltbot.lastSession";

async function start(root: HTMLElement): Promise<void> {
  const token = takeSecret("token");
  const browser = openShelf(() => localStorage);
  const credentials = openCredentials(location.origin, { tab: openShelf(() => sessionStorage), browser });
  if (token !== undefined) credentials.keepSharedToken(token);
  const address = socketAddress();
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
    const pasted = takeSecret("token");
    if (pasted !== undefined) chat.useToken(pasted);
  });
  watchLife({
    comeBack: () => {
      const { kind } = chat.state.connection;
      if (kind === "waiting" || kind === "pairing") chat.retryNow();
    },
    leave: () => chat.stop(),
  });
  chat.start();
  render(<App chat={chat} />, root);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
