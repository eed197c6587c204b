/** Goes into every page that agents write: reloads it when its folder changes, and links it with who shows it. */
import { openActionBridge } from "./action-bridge.ts";
import { linkParent, offerEval, offerSnapshot } from "./parent-link.ts";
import { later } from "./platform.ts";

/** How long to wait before the reload socket is opened again. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000];
/** What stands in the address before the canvas: nothing, or the capability. */
const PREFIX = /^((?:\/__openclaw__\/cap\/[^/]+)?)\/__openclaw__\//;

function followChanges(): void {
  const [, prefix] = PREFIX.exec(location.pathname) ?? [];
  if (prefix === undefined) return;
  let failures = 0;
  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${prefix}/__openclaw__/ws`);
    socket.onopen = () => {
      failures = 0;
    };
    socket.onmessage = ({ data }) => {
      if (data === "reload") location.reload();
    };
    socket.onclose = () => {
      const delayMs = RETRY_MS[failures++];
      // A capability that is over does not come back: whoever shows this page loads it anew.
      if (delayMs !== undefined) later(delayMs, open);
    };
  };
  open();
}

const isLive = document.currentScript?.hasAttribute("data-live") ?? false;
openActionBridge(window);
linkParent("canvas", { js: offerEval, snapshot: offerSnapshot });
if (isLive) followChanges();
