/** Starts the node page: takes secrets out of the address, opens this browser's identity, connects, shows. */
import { render } from "preact";
import { openCredentials } from "../shared/credentials.ts";
import { openIdentity } from "../shared/identity.ts";
import { openShelf, socketAddress, takeSecret, watchLife } from "../shared/page.ts";
import { browserClock, browserIds } from "../shared/platform.ts";
import { browserName } from "./browser-name.ts";
import { ScreenShare } from "./capture/screen.ts";
import { KeepAwake } from "./keep-awake.ts";
import { OneTab } from "./one-tab.ts";
import { BrowserPermits } from "./permits.ts";
import { App } from "./view/app.tsx";
import { WebNode } from "./web-node.ts";

/** Put in by the build. */
declare const PAGE_VERSION: string;

async function start(root: HTMLElement): Promise<void> {
  const invite = takeSecret("invite");
  const token = takeSecret("token");
  const browser = openShelf(() => localStorage);
  const shelves = { tab: openShelf(() => sessionStorage), browser };
  const credentials = openCredentials(location.origin, shelves, "node");
  if (token !== undefined) credentials.keepSharedToken(token);
  if (invite !== undefined) credentials.keepInvite(invite);
  const address = socketAddress();
  const share = new ScreenShare(() => void node.lends.refresh());
  const permits = new BrowserPermits(share);
  const node: WebNode = new WebNode({
    identity: await openIdentity(browser),
    credentials,
    clock: browserClock,
    ids: browserIds,
    openSocket: () => new WebSocket(address),
    version: PAGE_VERSION,
    instanceId: browserIds.uuid(),
    locale: navigator.language,
    displayName: browserName(navigator.userAgent),
    permits,
    share,
    shelf: browser,
    origin: location.origin,
  });
  addEventListener("hashchange", () => {
    const opened = takeSecret("invite");
    if (opened !== undefined) node.line.useInvite(opened);
    const pasted = takeSecret("token");
    if (pasted !== undefined) node.useToken(pasted);
  });
  watchLife({ comeBack: () => node.comeBack(), leave: () => node.stop() });
  const tabs = new OneTab(() => node.rest(true));
  tabs.claim();
  await node.start();
  await permits.watch(() => void node.lends.refresh());
  const useHere = () => {
    tabs.claim();
    node.rest(false);
  };
  const keepAwake = new KeepAwake(() => void node.lends.refresh());
  render(<App node={node} keepAwake={keepAwake} useHere={useHere} />, root);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
