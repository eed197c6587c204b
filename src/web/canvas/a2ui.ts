/** The A2UI page: draws what an agent pushes, and offers itself to apps under the names they know. */
import { Context } from "@a2ui/lit/v0_9";
import { renderMarkdown } from "@a2ui/markdown-it";
import { onStatus, openActionBridge } from "./action-bridge.ts";
import { createCatalog } from "./catalog.ts";
import { tendFields } from "./fields.ts";
import { linkParent, offerSnapshot } from "./parent-link.ts";
import { later } from "./platform.ts";
import { Surfaces } from "./surfaces.ts";

/** How long a word about a tap stays. */
const STATUS_MS = 4_000;

function start(holder: HTMLElement): void {
  const bridge = openActionBridge(window);
  const status = openStatus();
  // The renderer asks for what turns text into markup; the answer has been cleaned.
  document.addEventListener("context-request", (event) => {
    const request = event as Event & { context?: unknown; callback?: (value: unknown) => void };
    if (request.context !== Context.markdown) return;
    event.stopPropagation();
    request.callback?.(renderMarkdown);
  });
  const surfaces = new Surfaces({
    holder,
    catalog: createCatalog(),
    onAction: ({ name, surfaceId, sourceComponentId, timestamp, context }) => {
      const all = surfaces.dataOf(surfaceId);
      const whole = all === undefined ? context : { ...context, dataModel: all };
      const id = bridge.sendUserAction({ name, surfaceId, sourceComponentId, timestamp, context: whole });
      if (id === undefined) status.say("Nobody is connected to this page.", true);
      else status.wait(id);
    },
  });
  onStatus((told) => status.settle(told));
  const api = {
    applyMessages: (messages: unknown) => surfaces.apply(messages),
    reset: () => surfaces.reset(),
    getSurfaces: () => surfaces.ids(),
  };
  Object.assign(window, { openclawA2UI: api });
  const state = document.getElementById("state")?.textContent;
  if (state) surfaces.apply(JSON.parse(state));
  tendFields(holder);
  linkParent("a2ui", {
    applyMessages: api.applyMessages,
    reset: api.reset,
    getSurfaces: api.getSurfaces,
    snapshot: offerSnapshot,
    js: () => {
      throw new Error("the A2UI page runs no script; navigate to a page of the canvas first");
    },
  });
}

/** A line at the edge of the page: on its way, arrived, or why not. */
function openStatus() {
  const line = document.createElement("div");
  line.className = "status";
  line.setAttribute("role", "status");
  document.body.append(line);
  let waiting: string | undefined;
  let shown = 0;
  const say = (text: string, isBad = false) => {
    line.textContent = text;
    line.classList.toggle("bad", isBad);
    const mine = ++shown;
    later(STATUS_MS, () => {
      if (shown === mine) line.textContent = "";
    });
  };
  return {
    say,
    wait(id: string) {
      waiting = id;
      say("Sending…");
    },
    settle({ id, ok, error }: { id?: string; ok?: boolean; error?: string }) {
      if (id !== undefined && id !== waiting) return;
      say(ok === false ? (error ?? "It did not arrive.") : "Sent.", ok === false);
    },
  };
}

const holder = document.getElementById("surfaces");
if (holder) start(holder);
