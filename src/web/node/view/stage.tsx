/** Where the canvas is shown. Its frame stays in the page while it is closed, so that what it shows is kept. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../shared/view/icon.tsx";
import type { NodeState, WebNode } from "../web-node.ts";

export function Stage({ canvas, node }: { canvas: NodeState["canvas"]; node: WebNode }) {
  const holder = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => holder.current?.append(node.canvas.frame.element), [node]);
  return (
    <section class={`stage ${canvas.isShown ? "" : "is-closed"}`} aria-label="Canvas">
      {canvas.isShown ? (
        <header key="bar" class="stage-bar">
          <Icon name="canvas" />
          <p class="ellipsis">{canvas.label}</p>
          <button
            type="button"
            class="icon-button"
            aria-label="Close the canvas"
            onClick={() => node.canvas.show(false)}
          >
            <Icon name="close" />
          </button>
        </header>
      ) : (
        <div key="empty" class="stage-empty">
          <Icon name="canvas" />
          <p>The canvas is closed. An agent opens it when it has something to show.</p>
          <button type="button" class="button" onClick={() => void node.openCanvas()}>
            Open it
          </button>
        </div>
      )}
      {/* By its key it stays the same element: moved, the frame would load anew. */}
      <div key="frame" class="stage-frame" ref={holder} />
    </section>
  );
}
